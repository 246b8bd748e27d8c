"""The quick exit: ends the session and shows another site, with or without script."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods


def neutral_address() -> str:
    """Where Leave leads: a site anybody might have open, that knows nothing of the reader."""
    return str(settings.ATTUNE_LEAVE_URL)


# Exempt on purpose: a beacon carries no token, and a forged one could only sign somebody out.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out; the link (GET) goes on to a neutral site, the script's beacon (POST) needs no page.

    Clearing the browser's stores takes time, so only the beacon asks for it: nobody waits for that answer.
    """
    if hasattr(request, "session"):
        logout(request)
    if request.method == "POST":
        response = HttpResponse(status=204)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response
    response = HttpResponseRedirect(neutral_address())
    response["Referrer-Policy"] = "no-referrer"
    return response
