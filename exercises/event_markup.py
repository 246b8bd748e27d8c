"""What happened, as a couple's page lists it: rendered once for all events that look alike, filled for each."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from clients.models import Couple
from exercises.record import Event, Said
from practice import times
from practice.markup import Markup, Open, shortened

EVENT = "exercises/desk/_event.html"
#: Of one event, and of one quotation in characters; the rest stands on a page of its own.
MOST_QUOTES, MOST_FIGURES, LONGEST = 2, 4, 280
#: What differs from event to event, besides what was said.
_TEXTS = ("day", "moment", "time", "name", "address", "title", "opens", "reason")

At = Callable[[str], object]
"""What stands in a place: an event's own value, or nothing yet."""


class _Look(NamedTuple):
    """All by which the markup of one event differs from that of another, and nothing that is anybody's."""

    language: str | None
    begins_day: bool
    #: The place of whose it is; None: the practice's.
    position: int | None
    lane: str
    is_sent: bool
    is_new: bool
    is_sealed: bool
    has_reason: bool
    quotes: int
    figures: int


def listed(events: Collection[Event], couple: Couple, *, apart: bool) -> SafeString:
    """Return events in their order, each day before the first of it. ``apart``: they lie on a private view."""
    address_of = _addresses(couple, apart)
    made, day = [], None
    for event in events:
        local = times.there(event.at)
        made.append((_filled(event, local, address_of, begins_day=local.date() != day),))
        day = local.date()
    return format_html_join("", "{}", made)


def _addresses(couple: Couple, apart: bool) -> Callable[[uuid.UUID], str]:
    """The address of each response, looked up once."""
    before, _couple, after = reverse(
        "response_private" if apart else "response", args=(couple.pk, couple.pk)
    ).rpartition(str(couple.pk))
    return lambda response: f"{before}{response}{after}"


def _filled(event: Event, local: datetime, address_of: Callable[[uuid.UUID], str], *, begins_day: bool) -> SafeString:
    quotes, figures = event.quotes[:MOST_QUOTES], event.figures[:MOST_FIGURES]
    look = _Look(
        language=get_language(),
        begins_day=begins_day,
        position=event.position if event.client else None,
        lane=event.lane,
        is_sent=event.response is not None,
        is_new=event.is_new,
        is_sealed=event.opens_at is not None,
        has_reason=bool(event.reason),
        quotes=len(quotes),
        figures=len(figures),
    )
    values = {
        **_said(quotes, figures),
        "day": times.weekday_date(local) if begins_day else "",
        "moment": local.isoformat(),
        "time": f"{local:%H:%M}",
        "address": address_of(event.response.pk) if event.response else "",
        "name": event.client.name if event.client else "",
        "title": event.title,
        "opens": times.near_time(event.opens_at),
        "reason": event.reason,
    }
    return _event(look).filled(values.__getitem__)


def _said(quotes: Collection[Said], figures: Collection[Said]) -> dict[str, object]:
    values: dict[str, object] = {}
    for place, one in enumerate(quotes):
        values[f"quote {place}"] = shortened(one.words, LONGEST)
    for place, one in enumerate(figures):
        values[f"label {place}"], values[f"figure {place}"] = one.label, one.words
    return values


@lru_cache(maxsize=1024)
def _event(look: _Look) -> Markup:
    return Markup.of(render_to_string(EVENT, context(look, Open)))


def context(look: _Look, at: At) -> dict[str, object]:
    """What the template of an event is rendered with."""
    return {
        "at": {name: at(name) for name in _TEXTS},
        "look": look,
        "quotes": [at(f"quote {place}") for place in range(look.quotes)],
        "figures": [(at(f"label {place}"), at(f"figure {place}")) for place in range(look.figures)],
    }
