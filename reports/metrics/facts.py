"""What metrics are counted from, as plain values: nothing here knows a row, a lane or who may read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from reports.material import Aim, Period
from reports.paper import Partner


@dataclass(frozen=True, slots=True)
class Fact:
    """One answer that is a number or a choice, or one score of an exercise.

    ``position`` is None for what they answered together. ``exercise`` is the slug of the library's original, also
    where the practice works with a copy of its own. ``key`` is the question's, empty for a score; ``series`` is the
    metric that the question feeds, or the series of the score.
    """

    position: int | None
    on: date
    exercise: str
    key: str = ""
    series: str = ""
    number: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that fell due for one partner. ``days_late`` is None unless it was sent."""

    position: int
    on: date
    exercise: str
    title: str
    state: str
    days_late: float | None = None
    is_ritual: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What one partner said about an exercise after it: how useful, from 0 to 10, and whether it was too much."""

    position: int
    on: date
    title: str
    usefulness: int | None
    too_much: bool


@dataclass(frozen=True, slots=True)
class Agreed:
    """An agreement that runs: whether all have said yes to its words, and whether its review is over its day."""

    is_clear: bool
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one edition's metrics may be counted from, from the couple's beginning to the period's end.

    ``dues``, ``said`` and ``minutes`` (a week, by position) belong to the clinical edition and are empty in others.
    """

    partners: tuple[Partner, ...]
    period: Period
    shared: bool
    facts: tuple[Fact, ...] = ()
    dues: tuple[Due, ...] = ()
    said: tuple[Said, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    aims: tuple[Aim, ...] = ()
    minutes: Mapping[int, int] = field(default_factory=dict)
    rituals_running: int = 0

    @property
    def positions(self) -> tuple[int | None, ...]:
        """Every partner, and None for what they answered together."""
        return (*(partner.position for partner in self.partners), None)

    def of(
        self,
        position: int | None,
        *,
        series: str = "",
        exercises: Collection[str] = (),
        key: str = "",
        scored: bool | None = None,
    ) -> list[Fact]:
        """Return one partner's facts of a series or of a question, oldest first, those before the period too."""
        return [
            one
            for one in self.facts
            if one.position == position
            and (not series or one.series == series)
            and (not exercises or one.exercise in exercises)
            and (not key or one.key == key)
            and (scored is None or scored == (not one.key))
        ]

    def inside(self, facts: Iterable[Fact]) -> list[Fact]:
        """Return those of the period itself."""
        return [one for one in facts if self.period.holds(one.on)]
