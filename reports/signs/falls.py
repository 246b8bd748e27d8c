"""Falls: a measure that changed for the worse by more than chance, and several low closeness scores."""

from __future__ import annotations

import uuid
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from exercises import measures
from exercises.measures import MeasureScore, ScoreError
from exercises.measures.explaining import figure
from reports.reliable_change import State, change
from reports.signs.facts import CoupleFacts, Measured, days
from reports.signs.sign import FALL_WITHIN, LOW, Sign


def worsened(facts: CoupleFacts, now: datetime) -> list[Sign]:
    """Each partner's newest score of each measure, beside the first that counts."""
    found = []
    rows = sorted(facts.measured, key=lambda one: (str(one.client_id), one.measure, one.on, one.known_at))
    for (client_id, key), group in groupby(rows, key=lambda one: (one.client_id, one.measure)):
        start = facts.starts.get((client_id, key))
        scores = [one for one in group if start is None or one.on >= start]
        sign = _worsened(client_id, scores, now) if client_id in facts.partners else None
        if sign is not None:
            found.append(sign)
    return found


def _worsened(client_id: uuid.UUID, scores: list[Measured], now: datetime) -> Sign | None:
    if len(scores) < 2 or now - scores[-1].known_at > FALL_WITHIN:
        return None
    first, newest = _score(scores[0]), _score(scores[-1])
    if first is None or newest is None:
        return None
    moved = change(first, newest)
    if moved is None or moved.state is not State.WORSENED:
        return None
    said = {"name": newest.measure.name, "was": figure(scores[0].total), "now": figure(scores[-1].total)}
    return Sign("fall", client_id, scores[-1].known_at, (_("%(name)s: %(was)s, now %(now)s") % said,))


def _score(one: Measured) -> MeasureScore | None:
    measure = measures.get(one.measure, one.version)
    try:
        return measures.read(measure, one.total) if measure.total is not None and not measure.person_only else None
    except ScoreError:
        return None


def low_closeness(facts: CoupleFacts, now: datetime) -> list[Sign]:
    found = []
    for client_id in facts.partners:
        last = [one for one in facts.of(client_id, "closeness") if now - one.at <= LOW.within][-LOW.of_last :]
        low = [one for one in last if one.value <= LOW.at_most]
        if len(low) >= LOW.times:
            data = _("Closeness %(values)s of 10, on %(days)s")
            on = days((one.at for one in low), facts.zone)
            said = {"values": ", ".join(figure(one.value) for one in low), "days": on}
            found.append(Sign("low_closeness", client_id, low[-1].at, (data % said,)))
    return found
