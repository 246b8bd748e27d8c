"""What of a device a page may use: nothing, unless the page itself says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

HEADER = "Permissions-Policy"
NONE = "camera=(), geolocation=(), microphone=(), payment=()"
MICROPHONE = "camera=(), geolocation=(), microphone=(self), payment=()"


def with_microphone(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a page record sound; the browser still asks the person, and only when they tap."""

    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers[HEADER] = MICROPHONE
        return response

    return shown
