"""A row of the caseload, and a row of what there is to look at: rendered once for all alike, filled for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language

from clients.models import Client, Couple
from exercises import adherence
from exercises.caseload import Row
from exercises.desk import QueueItem
from practice import times
from practice.markup import Markup, Open

ROW, ITEM = "exercises/desk/_caseload_row.html", "exercises/desk/_queue_item.html"

At = Callable[[str], object]
"""What stands in a place: a row's own value, or nothing yet."""


class _Partner(NamedTuple):
    """How one partner's part of a row looks."""

    position: int
    kind: str
    was_due: bool


class _Look(NamedTuple):
    """All by which the markup of one row differs from that of another, and nothing that is anybody's."""

    language: str | None
    people: int
    partners: tuple[_Partner, ...]
    #: Each scale, and the places of the partners who have a score on it.
    scales: tuple[tuple[str, tuple[int, ...]], ...]
    programs: int
    has_status: bool
    has_practice: bool
    has_unread: bool
    is_calm: bool
    is_due: bool
    has_session: bool


# ── the caseload ─────────────────────────────────────────────────────────────


def row(of: Row, *, calm: bool) -> SafeString:
    """Return the row of one couple. ``calm``: something about them is worth a thought."""
    look = _look(of, calm)
    values = _values(of, look)
    return _row(look).filled(values.__getitem__)


def _look(of: Row, calm: bool) -> _Look:
    is_active = of.couple.status == Couple.Status.ACTIVE
    places = {partner.client.pk: place for place, partner in enumerate(of.partners)}
    return _Look(
        language=get_language(),
        people=len(of.people),
        partners=tuple(_Partner(one.position, one.kind, bool(one.adherence.due)) for one in of.partners),
        scales=tuple(
            (name, tuple(places[partner.client.pk] for partner, _value in values)) for name, values in of.last_scores
        ),
        programs=len(of.programs) if is_active else 0,
        has_status=not is_active,
        has_practice=is_active and bool(of.titles),
        has_unread=bool(of.unread),
        is_calm=calm,
        is_due=of.next_due is not None,
        has_session=of.session is not None,
    )


def _values(of: Row, look: _Look) -> dict[str, object]:
    values: dict[str, object] = {
        "address": of.couple.get_absolute_url(),
        "status": of.couple.get_status_display() if look.has_status else "",
        "unread": of.unread,
        "practice": of.practice,
        "minutes": of.minutes,
        "next_due": times.near_time(of.next_due, of.couple),
        "session": times.near_time(of.session.starts_at) if of.session else "",
    }
    for place, person in enumerate(of.people):
        values[f"person {place}"] = person
    for place, one in enumerate(of.partners):
        values[f"name {place}"], values[f"words {place}"] = one.client.name, one.words
        values[f"sent {place}"], values[f"due {place}"] = one.adherence.sent, one.adherence.due
    for (name, scores), (_name, places) in zip(of.last_scores, look.scales, strict=True):
        for (_partner, value), place in zip(scores, places, strict=True):
            values[f"{name} {place}"] = value
    for place, words in enumerate(of.programs):
        values[f"program {place}"] = capfirst(words)
    return values


@lru_cache(maxsize=1024)
def _row(look: _Look) -> Markup:
    return Markup.of(render_to_string(ROW, context(look, Open)))


def context(look: _Look, at: At) -> dict[str, Any]:
    """What the template of a row is rendered with."""
    partners = [
        {
            **one._asdict(),
            "name": at(f"name {place}"),
            "words": at(f"words {place}"),
            "sent": at(f"sent {place}"),
            "due": at(f"due {place}"),
        }
        for place, one in enumerate(look.partners)
    ]
    return {
        "at": {
            name: at(name) for name in ("address", "status", "unread", "practice", "minutes", "next_due", "session")
        },
        "look": look,
        "people": [at(f"person {place}") for place in range(look.people)],
        "partners": partners,
        "was_due": any(one.was_due for one in look.partners),
        "scales": [(name, [(partners[one], at(f"{name} {one}")) for one in places]) for name, places in look.scales],
        "programs": [at(f"program {place}") for place in range(look.programs)],
        "adherence_days": adherence.DAYS,
    }


# ── what there is to look at ─────────────────────────────────────────────────


def item(of: QueueItem, people: Sequence[Client]) -> SafeString:
    """Return the row of one thing to look at, of a couple of these people."""
    values = {
        "what": of.what,
        "detail": of.detail,
        "since": times.near_time(of.since),
        "address": of.url,
        "action": of.action,
        **{f"person {place}": person for place, person in enumerate(people)},
    }
    return _item(get_language(), of.kind, len(people)).filled(values.__getitem__)


@lru_cache(maxsize=256)
def _item(_language: str | None, kind: str, people: int) -> Markup:
    texts = {name: Open(name) for name in ("what", "detail", "since", "address", "action")}
    named = [Open(f"person {place}") for place in range(people)]
    return Markup.of(render_to_string(ITEM, {**texts, "kind": kind, "people": named}))
