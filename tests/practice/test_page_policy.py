"""What a page may load is what django-csp says of it, whether it is written anew or not."""

from __future__ import annotations

import re

import pytest
from csp.constants import HEADER
from csp.decorators import csp_replace, csp_update
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from practice.page_policy import PagePolicy


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


def with_script(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))  # type: ignore[attr-defined]


framed = csp_replace({"frame-ancestors": ["'self'"]})(plain)
more = csp_update({"img-src": ["https://example.org"]})(with_script)


def already(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x", headers={HEADER: "default-src 'none'"})


def parts(by: type[CSPMiddleware], view: object) -> tuple[set[str], str]:
    response = by(view)(RequestFactory().get("/"))  # type: ignore[arg-type]
    said = response[HEADER]
    nonce = re.search(r"'nonce-([^']+)'", said)
    assert nonce is None or nonce[1] == response.content.decode()
    return set(re.sub(r"'nonce-[^']+'", "'nonce'", said).split("; ")), "nonce" if nonce else ""


@pytest.mark.parametrize("view", [plain, with_script, framed, more, already])
def test_it_says_what_django_csp_says(view: object) -> None:
    assert parts(PagePolicy, view) == parts(CSPMiddleware, view)


def test_a_nonce_is_each_pages_own() -> None:
    every = {PagePolicy(with_script)(RequestFactory().get("/"))[HEADER] for _ in range(3)}
    assert len(every) == 3


def test_a_nonce_that_comes_too_late_is_refused() -> None:
    request = RequestFactory().get("/")
    PagePolicy(plain)(request)
    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)  # type: ignore[attr-defined]
