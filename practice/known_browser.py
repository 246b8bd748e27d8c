"""Browsers that somebody has fully signed in with before, so that strangers' tries do not lock the owner out.

A cookie holds a random number and, for each account that signed in here, a keyed hash over both: it names nobody
and lets nobody in. It only has tries of its own (see :mod:`practice.limits`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from practice import mailboxes, vault

#: Several people may share a tablet; the one who signed in longest ago makes way.
MOST = 4
AGE = 180 * 86400


def whose(request: HttpRequest, address: str) -> str:
    """Return whose tries a sign-in with ``address`` uses up: this browser's own, or those of everybody else."""
    number, proofs = _read(request)
    if number and any(hmac.compare_digest(one, _proof(number, address)) for one in proofs):
        return f"account {address} from {number}"
    return f"account {address}"


def remember(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Let the browser show next time that this account has signed in with it."""
    number, proofs = _read(request)
    number = number or secrets.token_urlsafe(18)
    mine = _proof(number, mailboxes.normal(address))
    kept = [mine, *[one for one in proofs if one != mine]][:MOST]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE,
        ".".join([number, *kept]),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    number, *proofs = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, "").split(".")
    fits = len(number) == 24 and len(proofs) <= MOST and all(len(one) == 32 and one.isascii() for one in proofs)
    return (number, proofs) if fits and number.isascii() else ("", [])


def _proof(number: str, address: str) -> str:
    key = vault.secret_for("known browser")
    raw = hmac.new(key, f"{number}|{address}".encode(), hashlib.sha256).digest()[:24]
    return base64.urlsafe_b64encode(raw).decode()
