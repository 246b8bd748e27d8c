"""The signs of many couples at once, without those that somebody has set aside."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime

from clients.models import Client, Couple
from practice.models import Membership
from practice.written import Written
from reports.models import SetAside
from reports.signs import divergence, facts, falls, pressure, silence
from reports.signs.facts import CoupleFacts
from reports.signs.sign import Sign

EVERY: tuple[Callable[[CoupleFacts, datetime], list[Sign]], ...] = (
    falls.worsened,
    falls.low_closeness,
    divergence.drift,
    silence.silence,
    pressure.too_much,
    pressure.not_free,
)


def signs_of(
    couples: Collection[uuid.UUID], now: datetime, *, all_of_them: bool = False
) -> dict[uuid.UUID, list[Sign]]:
    """Return what speaks, by couple, in a fixed number of queries; ``all_of_them``: what was set aside, too."""
    if not couples:
        return {}
    read = facts.read(couples, now)
    aside = {} if all_of_them else _set_aside(couples)
    found: dict[uuid.UUID, list[Sign]] = defaultdict(list)
    for couple_id, about in read.items():
        for rule in EVERY:
            for sign in rule(about, now):
                until = aside.get((couple_id, sign.rule, sign.client_id))
                if until is None or sign.seen_at > until:
                    found[couple_id].append(sign)
    return dict(found)


_ASIDE: Written[tuple[uuid.UUID, str, uuid.UUID | None, datetime]] = Written(
    lambda couples: (
        SetAside.objects.filter(couple_id__in=couples)
        .order_by("seen_until")
        .values_list("couple_id", "rule", "client_id", "seen_until")
    ),
    couples=[uuid.UUID],
)


def _set_aside(couples: Collection[uuid.UUID]) -> dict[tuple[uuid.UUID, str, uuid.UUID | None], datetime]:
    rows = _ASIDE.all(couples=couples)
    return {(couple_id, rule, client_id): until for couple_id, rule, client_id, until in rows}


def set_aside(couple: Couple, sign: Sign, client: Client | None, *, by: Membership, note: str) -> SetAside:
    """Leave a sign for now, with a word about why: it comes back with newer data."""
    return SetAside.objects.create(
        couple=couple, client=client, rule=sign.rule, seen_until=sign.seen_at, set_by=by, note=note
    )
