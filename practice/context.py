"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from practice import csrf_tokens, narrow, tenancy


def surroundings(request: HttpRequest) -> dict[str, Any]:
    asker = tenancy.current()
    return {
        "csrf_token": SimpleLazyObject(lambda: csrf_tokens.token_of(request)),
        "practice": getattr(request, "practice", None),
        "membership": getattr(request, "membership", None),
        "person": getattr(request, "person", None),
        "demo": settings.DEMO,
        "sign_in_rests": int(settings.SIGN_IN_RESTS.total_seconds()),
        "sign_in_closed": getattr(request, "is_closed", False),
        "narrow": narrow.of(request) is not None,
        "emergencies": bool(asker and asker.emergencies),
    }
