"""The newest scores of each couple of a caseload: where each partner stands on closeness and on measures.

The caseload is one page of many couples, open on a desk that others come to. So it shows what a couple's page for
both would: what was sent for more than its author, and what every partner sees of the others by their own word. What
one of them tells the therapist alone stands on that partner's page, and so do screens for violence and other series
that speak of safety.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from exercises import measures
from exercises.caseload import LastScores, register_scores
from exercises.measures.explaining import figure
from exercises.models import MeasureEntry
from exercises.vocabulary import Lane
from practice.written import Written, together
from reports.measure_series import ORDER
from reports.models import Score
from reports.series import FIRST

#: What is older says little of how somebody is.
REACH = timedelta(weeks=26)
#: Scales of one couple: a caseload is looked over, not read.
MOST = 4
#: What each answered for themselves and not for the therapist alone. What they answered together is nobody's own score.
LANES = (Lane.SHARED, Lane.REVEAL)

_SENT: Written[tuple[uuid.UUID, uuid.UUID, str, Decimal, datetime]] = Written(
    lambda couples, since: (
        Score.objects.filter(
            Q(lane__in=LANES) | Q(readers__len__gt=1),
            Q(series=FIRST, scored=False) | Q(series__in=_measures(), scored=True),
            couple_id__in=couples,
            at__gte=since,
        )
        .order_by("couple_id", "client_id", "series", "-at", "-pk")
        .distinct("couple_id", "client_id", "series")
        .values_list("couple_id", "client_id", "series", "value", "at")
    ),
    couples=[uuid.UUID],
    since=datetime,
)
_ENTERED: Written[Any] = Written(
    lambda couples, since: (
        MeasureEntry.objects.filter(
            couple_id__in=couples,
            measure__in=_measures(),
            readers__len__gt=1,
            taken_back_at=None,
            total__isnull=False,
            taken_on__gte=since,
        )
        .order_by("couple_id", "client_id", "measure", "-taken_on", "-pk")
        .distinct("couple_id", "client_id", "measure")
        .values_list("couple_id", "client_id", "measure", "total", "taken_on")
    ),
    couples=[uuid.UUID],
    since=date,
)


def _measures() -> list[str]:
    """The measures that may be spoken of before both."""
    return [one.key for one in measures.all() if one.total is not None and not one.person_only]


@register_scores
def last_scores(couples: Collection[uuid.UUID], now: datetime) -> Mapping[uuid.UUID, list[LastScores]]:
    """Return the newest score of each partner on each scale, closeness first. One trip."""
    since = now - REACH
    sent, entered = together(
        _SENT.of(couples=couples, since=since),
        _ENTERED.of(couples=couples, since=timezone.localtime(since).date()),
    )
    found: list[tuple[date, uuid.UUID, uuid.UUID, str, Decimal]] = [
        (timezone.localtime(at).date(), *rest) for *rest, at in sent
    ]
    found += [(taken_on, *rest) for *rest, taken_on in entered]
    newest: dict[uuid.UUID, dict[str, dict[uuid.UUID, str]]] = defaultdict(lambda: defaultdict(dict))
    for _on, couple_id, client_id, series, value in sorted(found, key=itemgetter(0)):
        newest[couple_id][series][client_id] = figure(value)
    return {couple_id: _named(scales) for couple_id, scales in newest.items()}


def _named(scales: Mapping[str, Mapping[uuid.UUID, str]]) -> list[LastScores]:
    names = _names()
    return [LastScores(names[series], scales[series]) for series in names if series in scales][:MOST]


def _names() -> dict[str, str]:
    """What each series is called, in the order in which they stand."""
    found = [one for one in measures.all() if one.about in ORDER]
    found.sort(key=lambda one: ORDER.index(one.about))
    return {FIRST: _("Closeness"), **{one.key: one.name for one in found}}
