"""The token of a form: Django's own, masked in a few steps instead of five hundred."""

from __future__ import annotations

import secrets

from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH, get_token

_COUNT = len(CSRF_ALLOWED_CHARS)
_PLACE = {letter: at for at, letter in enumerate(CSRF_ALLOWED_CHARS)}
#: Bytes from here on would make some letters likelier than others.
_FAIR = 256 - 256 % _COUNT


def token_of(request: HttpRequest) -> str:
    """Return what ``django.middleware.csrf.get_token`` returns, under a mask of its own each time."""
    secret = request.META.get("CSRF_COOKIE", "")
    if len(secret) != CSRF_SECRET_LENGTH:
        return get_token(request)
    request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True  # as there: the cookie lasts on from its last use
    mask = _places(CSRF_SECRET_LENGTH)
    masked = [(_PLACE[letter] + by) % _COUNT for letter, by in zip(secret, mask, strict=True)]
    return "".join([CSRF_ALLOWED_CHARS[at] for at in mask + masked])


def _places(count: int) -> list[int]:
    """Return so many places of letters, each as likely as any other."""
    found: list[int] = []
    while len(found) < count:
        found += [one % _COUNT for one in secrets.token_bytes(2 * count) if one < _FAIR]
    return found[:count]
