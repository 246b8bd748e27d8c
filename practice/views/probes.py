"""For whoever watches the machines: does this process live, and can it work. Names of parts, and nothing else.

They are answered before anything looks at the host's name, at HTTPS, at a sign-in or at the database
(:class:`practice.middleware.Probes`): a probe comes from the machine itself or from what stands before it, by an
address and without a certificate. An answer repeats nothing of what was asked: by which name it was does not matter.
"""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from practice import metrics, readiness


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers. It asks nobody: a database that is away is no reason to start it anew."""
    return JsonResponse({"alive": True})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every part does that a request needs; 503, and which do not."""
    parts = readiness.kept.now()
    ready = all(parts.values())
    return JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)


@login_not_required
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for whoever holds the token; without one in the environment there is no such page."""
    if not settings.ATTUNE_METRICS_TOKEN:
        raise Http404
    said = request.headers.get("Authorization", "")
    if not hmac.compare_digest(said.encode(), f"Bearer {settings.ATTUNE_METRICS_TOKEN}".encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.told(), content_type="text/plain; version=1.0.0; charset=utf-8")
