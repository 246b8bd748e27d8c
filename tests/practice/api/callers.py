"""Programs that call the API in tests."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone

from practice.api import tokens
from practice.api.scopes import Scope
from practice.models import AccessToken, Membership
from tests.factories import acting_as


class Program:
    """Calls as a program does: JSON, a token, no cookie."""

    def __init__(self, text: str, token: AccessToken | None = None) -> None:
        self.text, self.token, self.browser = text, token, Browser(enforce_csrf_checks=True)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        given = {
            "Authorization": f"Bearer {self.text}",
            **{name.replace("_", "-"): one for name, one in headers.items()},
        }
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.browser.generic(method, path, headers=given, **data)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        """Change what is there: reads it first, as a program must."""
        if "If_Match" not in headers:
            headers["If_Match"] = self.get(path)["ETag"]
        return self.call("PATCH", path, body, **headers)


def program_of(member: Membership, *scopes: Scope, days: int = 30) -> Program:
    """Return a program with a fresh token of a member; without scopes, with all of them."""
    with acting_as(member):
        token, text = tokens.issue(
            member,
            name="Spreadsheet",
            scopes=list(scopes or Scope.values),
            expires_at=timezone.now() + datetime.timedelta(days=days),
        )
    return Program(text, token)
