"""What a report is made of, as plain values: nothing here knows a row, a lane or who may read.

:mod:`reports.editions` fills it, for one edition at a time; everything else in this app only counts,
orders and words what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone

from practice.zones import start_of_day
from reports.courses import Course
from reports.paper import Better, Partner
from reports.side_by_side import Beside

Round = tuple[str, str]
"""One act of giving and one slot of it: what everybody was asked at the same time."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days a report is about, both included, in the couple's zone."""

    starts: date
    ends: date
    zone: ZoneInfo

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """From the first moment of the first day up to the first one after the last."""
        return start_of_day(self.starts, self.zone), start_of_day(self.ends + timedelta(days=1), self.zone)

    def day(self, moment: datetime) -> date:
        return timezone.localtime(moment, self.zone).date()

    def holds(self, day: date) -> bool:
        return self.starts <= day <= self.ends


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that was sent. ``position`` is None for what they gave together.

    ``edition`` is the number of the exercise's edition that was answered.
    """

    position: int | None
    round: Round
    what: str
    kind: str
    joint: bool
    on: date
    edition: int = 1


@dataclass(frozen=True, slots=True)
class Number:
    """One number: a series, a day and a value. ``position`` is None for what they answered together."""

    series: str
    position: int | None
    on: date
    value: float
    round: Round


@dataclass(frozen=True, slots=True)
class ExerciseScale:
    """What an exercise's own score says: scores with the same one stand on one scale. ``exercise`` is its slug.

    ``high`` is None where its questions have no end.
    """

    exercise: str
    series: str
    method: str
    what: str
    better: Better
    low: float
    high: float | None
    #: What stands beside a chart of it: a measure's cut-off and its credit line.
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExerciseScore:
    """One of an exercise's own scores. ``position`` is None for what they answered together."""

    scale: ExerciseScale
    title: str
    position: int | None
    on: date
    value: float


@dataclass(frozen=True, slots=True)
class Shown:
    """One score of a measure (or of a part of it) that a partner may see in their portal."""

    series: str
    position: int
    on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote. ``position`` is None for words they wrote together."""

    text: str
    position: int | None
    on: date
    what: str
    private: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Clinical edition only: where one partner stands with one round of something given."""

    round: Round
    what: str
    kind: str
    due: date
    private: bool
    states: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Running:
    """Something that goes on. ``positions`` are those it was given to."""

    what: str
    positions: tuple[int, ...]
    joint: bool
    private: bool
    rule: str
    reviews: bool
    starts_on: date
    at: time
    why: str
    #: In words, where it goes by sessions or by need and not by the calendar.
    when: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal: its words, the ratings up to the last day as (position, value), oldest first, and what served it."""

    words: str
    private: bool
    ratings: tuple[tuple[int, float], ...]
    served_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Everything an edition may say, with nothing left to decide about who may read it."""

    partners: tuple[Partner, ...]
    period: Period
    #: For the couple's eyes, and not a therapist's: all of them, or the one of them who is named as ``reader``.
    shared: bool
    reader: int | None = None
    sent: tuple[Sent, ...] = ()
    numbers: tuple[Number, ...] = ()
    scores: tuple[ExerciseScore, ...] = ()
    #: Courses up to the period's last day: what a score is compared with may be older than the period.
    measures: tuple[Beside, ...] = ()
    #: For partners: by position, the scores of measures that those who read it see in their portal as well.
    courses: tuple[tuple[int, Course], ...] = ()
    words: tuple[Words, ...] = ()
    asked: tuple[Asked, ...] = ()
    running: tuple[Running, ...] = ()
    aims: tuple[Aim, ...] = ()

    @property
    def names(self) -> dict[int, str]:
        return {partner.position: partner.name for partner in self.partners}

    def week(self, day: date) -> int:
        """The week of the period that a day belongs to, from 1."""
        return (day - self.period.starts).days // 7 + 1
