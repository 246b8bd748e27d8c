"""What a page may load, and from where (Content-Security-Policy): written once, only the nonce is each page's own."""

from __future__ import annotations

from typing import Any

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: Where a nonce goes.
_NONCE = "the nonce of the page"


class PagePolicy(CSPMiddleware):
    """Does what django-csp does; where a view says nothing of its own it does not write the same words anew."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.without_nonce, self.with_nonce = build_policy(), build_policy(nonce=_NONCE)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        nonce = getattr(request, "_csp_nonce", None)
        if nonce is None:
            # A nonce that is asked for from now on would open nothing.
            request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        policy = self.with_nonce.replace(_NONCE, nonce) if nonce else self.without_nonce
        response.headers.setdefault(HEADER, policy)
        return response
