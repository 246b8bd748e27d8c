"""Partners drifting apart: weekly medians of closeness or feeling heard that lie further apart than they did."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from statistics import fmean, median
from uuid import UUID

from django.utils.translation import gettext as _

from reports.signs.facts import WEEK, CoupleFacts
from reports.signs.sign import DRIFT, Sign


def drift(facts: CoupleFacts, now: datetime) -> list[Sign]:
    names = {"closeness": _("closeness"), "felt_heard": _("feeling heard")}
    found = []
    for series, name in names.items():
        gaps = _gaps(facts, series, now)
        if len(gaps) < DRIFT.weeks_now + DRIFT.weeks_before:
            continue
        late, early = gaps[-DRIFT.weeks_now :], gaps[: -DRIFT.weeks_now]
        was, is_now = fmean(gap for _at, gap in early), fmean(gap for _at, gap in late)
        if min(gap for _at, gap in late) >= DRIFT.gap and is_now - was >= DRIFT.wider_by:
            said = {"what": name, "was": f"{was:.1f}", "now": f"{is_now:.1f}"}
            data = _("Gap in %(what)s: %(now)s of 10, before that %(was)s") % said
            found.append(Sign("drift", None, late[-1][0], (data,)))
    return found


def _gaps(facts: CoupleFacts, series: str, now: datetime) -> list[tuple[datetime, float]]:
    """The gap of each week in which at least two partners answered, oldest first, with its newest answer."""
    weeks: dict[int, dict[UUID, list[float]]] = defaultdict(lambda: defaultdict(list))
    newest: dict[int, datetime] = {}
    for client_id in facts.partners:
        for one in facts.of(client_id, series):
            if now - one.at <= DRIFT.within:
                week = (now - one.at) // WEEK
                weeks[week][client_id].append(float(one.value))
                newest[week] = max(newest.get(week, one.at), one.at)
    gaps = []
    for week in sorted(weeks, reverse=True):
        medians = [median(values) for values in weeks[week].values()]
        if len(medians) > 1:
            gaps.append((newest[week], max(medians) - min(medians)))
    return gaps
