"""The part of a page about notifications."""

from __future__ import annotations

from typing import Any

from django import template

from clients import devices
from clients.models import Contact
from practice.channels import push

register = template.Library()


@register.inclusion_tag("clients/_push.html", takes_context=True)
def push_part(context: dict[str, Any]) -> dict[str, Any]:
    """Show where a person has notifications, and let them switch on this browser; nothing where there are none."""
    request = context["request"]
    key = push.public_key()
    if not key:
        return {}
    sits_at = request.session.get(devices.OF_SESSION) or ("", "")
    found = list(devices.of(request.person).defer("subscription"))
    return {
        "key": key,
        "devices": found,
        "this": next((one.pk for one in found if str(one.pk) == sits_at[1]), None),
        "lost": not found and devices.were_lost(request.person),
        "zone": Contact.objects.values_list("time_zone", flat=True).get(client=request.person),
        "csrf_token": context.get("csrf_token"),
        "request": request,
    }
