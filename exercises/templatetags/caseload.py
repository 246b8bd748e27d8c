"""The rows of Today's tables, and what happened with a couple."""

from __future__ import annotations

from collections.abc import Collection

from django import template
from django.utils.safestring import SafeString

from clients.models import Client, Couple
from exercises import caseload_markup, event_markup
from exercises.record import Event

register = template.Library()
register.simple_tag(caseload_markup.row, name="caseload_row")
register.simple_tag(caseload_markup.item, name="queue_item")


@register.simple_tag
def events_listed(events: Collection[Event], couple: Couple, client: Client | None) -> SafeString:
    """What happened, in its order: with all partners, or with one of them alone."""
    return event_markup.listed(events, couple, apart=client is not None)
