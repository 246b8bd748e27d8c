"""Where browsers are switched on and off for notifications, and what an installed page needs."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients import devices
from clients.access import for_consenting_clients
from clients.models import Reach
from practice.access import PortalRequest, read_or_send
from practice.channels import push

LARGEST = 8 * 1024


@read_or_send
@for_consenting_clients
def portal_devices(request: PortalRequest) -> HttpResponse:
    """Show in which browsers somebody has notifications, and take in what a browser gave their script (POST)."""
    if request.method != "POST":
        return render(request, "clients/portal_devices.html", {"offered": push.public_key() != ""})
    try:
        device = devices.switch_on(request.person, _said(request))
    except devices.NoDevice:
        return JsonResponse({}, status=400)
    devices.remember(request, device)
    return JsonResponse({}, status=201)


@read_or_send
@for_consenting_clients
def portal_device_here(request: PortalRequest) -> HttpResponse:
    """Tell a browser that is subscribed whether it is this person's: 204, or 404 and it should forget.

    A GET tells a worker what it needs to subscribe anew.
    """
    if request.method != "POST":
        return JsonResponse({"key": push.public_key(), "token": get_token(request)})
    said = _said(request)
    endpoint = said.get("endpoint") if isinstance(said, dict) else None
    device = devices.is_here(request.person, str(endpoint)) if push.allowed(endpoint) else None
    if device is None:
        return HttpResponse(status=404)
    devices.remember(request, device)
    return HttpResponse(status=204)


@require_POST
@for_consenting_clients
def portal_device_end(request: PortalRequest, pk: uuid.UUID) -> HttpResponse:
    """Switch one of a person's own browsers off."""
    device = get_object_or_404(devices.of(request.person), pk=pk)
    devices.end(device, by=Reach.Ended.YOU)
    messages.success(request, _("Switched off."))
    return redirect("portal_devices")


def _said(request: HttpRequest) -> Any:
    try:
        return json.loads(request.read(LARGEST))
    except (ValueError, RecursionError):
        return {}


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows notifications. It stands at the root, so that its scope is everything."""
    return render(request, "clients/sw.js", content_type="text/javascript")


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to keep the portal on its home screen: a name and icons that say nothing of anybody."""
    icons = [
        {"src": static(f"practice/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    words = {
        "id": "/",
        "name": "Attune",
        "short_name": "Attune",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#7f7667",
        "theme_color": "#7f7667",
        "icons": icons,
    }
    return JsonResponse(words, content_type="application/manifest+json")
