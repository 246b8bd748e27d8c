"""What the rules look at, by couple: plain values, read for all couples of a page together."""

from __future__ import annotations

import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.formats import date_format

from clients.models import Partner
from exercises import measures
from exercises.models import Answer, Feedback, MeasureEntry, Occurrence
from exercises.vocabulary import Lane
from practice.written import Written, together
from reports.models import Baseline, Score
from reports.signs.sign import DRIFT, HIGH, LOW, NOT_FREE, SILENCE

State = Occurrence.State

METRICS = ("closeness", "felt_heard", "pressure")
#: Questions in which "no" says that somebody was not free.
FREE = ("felt_free", "consent")
#: An obstacle that says the same.
OBSTACLE = "not_free"
LONGEST = max(LOW.within, DRIFT.within, SILENCE.within, HIGH.within, NOT_FREE.within)


class Number(NamedTuple):
    value: Decimal
    at: datetime


class Measured(NamedTuple):
    """A total of a measure, by the version of its definition."""

    client_id: uuid.UUID
    measure: str
    version: str
    total: Decimal
    on: date
    known_at: datetime


class Round(NamedTuple):
    """One thing that was asked of somebody and is over."""

    due_at: datetime
    answered: bool


@dataclass
class CoupleFacts:
    """All of one couple; days are those of its ``zone``. ``starts`` are therapists' baselines by client and measure.

    ``numbers`` are by client and series, ``rounds`` by client, of the weeks in which silence counts; oldest first.
    """

    zone: zoneinfo.ZoneInfo = field(default_factory=lambda: zoneinfo.ZoneInfo("UTC"))
    partners: list[uuid.UUID] = field(default_factory=list)
    numbers: dict[tuple[uuid.UUID, str], list[Number]] = field(default_factory=dict)
    measured: list[Measured] = field(default_factory=list)
    rounds: dict[uuid.UUID, list[Round]] = field(default_factory=dict)
    too_much: list[tuple[uuid.UUID, datetime]] = field(default_factory=list)
    not_free: list[tuple[uuid.UUID, datetime]] = field(default_factory=list)
    starts: dict[tuple[uuid.UUID, str], date] = field(default_factory=dict)

    def of(self, client_id: uuid.UUID, series: str) -> list[Number]:
        """One partner's numbers of a series, oldest first."""
        return self.numbers.get((client_id, series), [])


Facts = dict[uuid.UUID, CoupleFacts]

_PARTNERS: Written[Any] = Written(
    lambda couples: (
        Partner.objects.filter(couple_id__in=couples, left_at=None)
        .order_by("position")
        .values_list("couple_id", "client_id", "couple__time_zone")
    ),
    couples=[uuid.UUID],
)
_STARTS: Written[Any] = Written(
    lambda couples: Baseline.objects.filter(couple_id__in=couples, ended_at=None).values_list(
        "couple_id", "client_id", "measure", "begins_on"
    ),
    couples=[uuid.UUID],
)
#: Each partner's numbers of one series in one row: a caseload has thousands.
_NUMBERS: Written[Any] = Written(
    lambda couples, since: (
        Score.objects.filter(couple_id__in=couples, series__in=METRICS, at__gte=since)
        .exclude(lane=Lane.OWN)
        .values_list("couple_id", "client_id", "series")
        .annotate(
            numbers=ArrayAgg("value", order_by=["at", "pk"]),
            moments=ArrayAgg("at", order_by=["at", "pk"]),
        )
    ),
    couples=[uuid.UUID],
    since=datetime,
)
_SCORES: Written[Any] = Written(
    lambda couples: (
        Score.objects.filter(couple_id__in=couples, series__in=_reliable(), scored=True)
        .exclude(lane=Lane.OWN)
        .order_by("at")
        .values_list("couple_id", "client_id", "series", "rule", "value", "at")
    ),
    couples=[uuid.UUID],
)
#: In the order of :class:`Measured`.
_ENTRIES: Written[Any] = Written(
    lambda couples: MeasureEntry.objects.filter(
        couple_id__in=couples, taken_back_at=None, prorated=False, total__isnull=False
    ).values_list("couple_id", "client_id", "measure", "definition_version", "total", "taken_on", "entered_at"),
    couples=[uuid.UUID],
)
#: 'Not this week' is an answer: whoever says so is not silent.
_ROUNDS: Written[Any] = Written(
    lambda couples, since, now: (
        Occurrence.objects.filter(
            couple_id__in=couples,
            client__isnull=False,
            state__in=[State.DONE, State.MISSED, State.SKIPPED],
            skipped_by=None,  # what the practice left out says nothing about anybody
            due_at__gte=since,
            due_at__lte=now,
        )
        .values_list("couple_id", "client_id")
        .annotate(
            due=ArrayAgg("due_at", order_by=["due_at", "pk"]),
            answered=ArrayAgg(ExpressionWrapper(~Q(state=State.MISSED), BooleanField()), order_by=["due_at", "pk"]),
        )
    ),
    couples=[uuid.UUID],
    since=datetime,
    now=datetime,
)
_WEIGHED: Written[Any] = Written(
    lambda couples, since: (
        Feedback.objects.filter(couple_id__in=couples, given_at__gte=since)
        .exclude(lane=Lane.OWN)
        .filter(Q(too_much=True) | Q(obstacles__contains=[OBSTACLE]))
        .order_by("given_at")
        .values_list("couple_id", "author_id", "too_much", "obstacles", "given_at")
    ),
    couples=[uuid.UUID],
    since=datetime,
)
_NOT_FREE: Written[Any] = Written(
    lambda couples, since: (
        Answer.objects.filter(
            couple_id__in=couples, response__submitted_at__gte=since, number__isnull=False, declined=False
        )
        .exclude(lane=Lane.OWN)
        .filter(Q(key__in=FREE, number=0) | Q(key="too_much", number=1))
        .order_by("response__revision")
        .values_list("couple_id", "author_id", "key", "response__occurrence_id", "response__submitted_at")
    ),
    couples=[uuid.UUID],
    since=datetime,
)


def _reliable() -> list[str]:
    """The measures of which it is known how much is a change."""
    return [one.key for one in measures.all() if one.reliable is not None]


def read(couples: Collection[uuid.UUID], now: datetime) -> Facts:
    """Read the facts of all couples in one trip, however many they are."""
    since, of = now - LONGEST, {"couples": couples}
    partners, numbers, scores, entries, rounds, weighed, not_free, starts = together(
        _PARTNERS.of(**of),
        _NUMBERS.of(**of, since=since),
        _SCORES.of(**of),
        _ENTRIES.of(**of),
        _ROUNDS.of(**of, since=now - SILENCE.within, now=now),
        _WEIGHED.of(**of, since=since),
        _NOT_FREE.of(**of, since=since),
        _STARTS.of(**of),
    )
    found: Facts = defaultdict(CoupleFacts)
    for couple_id, client_id, zone in partners:
        found[couple_id].partners.append(client_id)
        found[couple_id].zone = zoneinfo.ZoneInfo(zone)
    for couple_id, client_id, series, values, moments in numbers:
        found[couple_id].numbers[client_id, series] = list(map(Number, values, moments))
    _take_scores(found, scores)
    for couple_id, *entered in entries:
        found[couple_id].measured.append(Measured(*entered))
    for couple_id, client_id, due, answered in rounds:
        found[couple_id].rounds[client_id] = list(map(Round, due, answered))
    _take_feedback(found, weighed)
    _take_not_free(found, not_free)
    for couple_id, client_id, measure, day in starts:
        found[couple_id].starts[client_id, measure] = day
    return found


Rows = Iterable[tuple[Any, ...]]


def _take_scores(found: Facts, rows: Rows) -> None:
    for couple_id, client_id, measure, rule, value, at in rows:
        version = rule.rpartition("@")[2] or "1"
        day = at.astimezone(found[couple_id].zone).date()
        found[couple_id].measured.append(Measured(client_id, measure, version, value, day, at))


def _take_feedback(found: Facts, rows: Rows) -> None:
    for couple_id, author_id, too_much, obstacles, at in rows:
        if too_much:
            found[couple_id].too_much.append((author_id, at))
        if OBSTACLE in obstacles:
            found[couple_id].not_free.append((author_id, at))


def _take_not_free(found: Facts, rows: Rows) -> None:
    # What was amended was said once.
    once = {(author, occurrence, key): (couple, at) for couple, author, key, occurrence, at in rows}
    for (author_id, _occurrence, key), (couple_id, at) in sorted(once.items(), key=lambda one: one[1][1]):
        facts = found[couple_id]
        (facts.too_much if key == "too_much" else facts.not_free).append((author_id, at))


def days(moments: Iterable[datetime], zone: zoneinfo.ZoneInfo) -> str:
    """'3 May, 9 May': the days of what was seen where the couple is, in order."""
    return ", ".join(dict.fromkeys(date_format(one.astimezone(zone), "j F") for one in sorted(moments)))


WEEK = timedelta(days=7)
