"""For whoever watches the machines: does this process live, and can it work. Names of parts, and nothing else.

They are answered before anything looks at the host's name, at HTTPS, at a sign-in or at the database
(:class:`practice.middleware.Probes`): a probe comes from the machine itself or from what stands before it, by an
address and without a certificate. An answer repeats nothing of what was asked: by which name it was does not matter.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from practice import readiness


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
