"""Who asks: the middleware has found out; here the API's framework is told."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class Token(BaseAuthentication):
    """``Authorization: Bearer attune_…`` (see :mod:`practice.api.middleware`)."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        asked = request._request
        if getattr(asked, "token_refused", False):
            raise AuthenticationFailed("This token opens nothing: it is wrong, over or withdrawn.")
        token = getattr(asked, "token", None)
        return (asked.user, token) if token is not None else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Attune"'


class Browser(SessionAuthentication):
    """The sign-in of the pages, with their CSRF token in ``X-CSRFToken`` for whatever writes."""


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = Token
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token of a member of staff, made under Your account, Access for programs.",
        }


class BrowserScheme(OpenApiAuthenticationExtension):
    target_class = Browser
    name = "browser"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "session",
            "description": "The sign-in of the pages. Writes need the CSRF token in X-CSRFToken, too.",
        }
