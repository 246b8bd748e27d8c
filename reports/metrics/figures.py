"""How a metric is said: figures for each partner, each with how much stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from reports.findings import number
from reports.metrics.facts import Fact, Facts
from reports.paper import ENOUGH

#: Somebody's first weeks with a question are what later answers are held against.
BASELINE = timedelta(weeks=2)
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one partner, or of what they did together (``position`` None).

    ``n`` is how many answers stand behind it, ``gaps`` how many weeks between the first and the last have none.
    ``text`` says it where a bare number would not ('kept 9 of 12'); ``trend`` are weekly values for a small line.
    """

    position: int | None
    value: float | None
    n: int
    label: Words = ""
    unit: Words = ""
    text: Words = ""
    baseline: float | None = None
    gaps: int = 0
    note: Words = ""
    trend: tuple[float | None, ...] = ()
    #: A count is what it is; a median of two answers is not.
    is_count: bool = False
    #: Added up over several people: nobody's own, and nothing that they did together.
    adds_people_up: bool = False

    @property
    def is_early(self) -> bool:
        return not self.is_count and self.n < ENOUGH

    @property
    def words(self) -> str:
        if self.text:
            return str(self.text)
        if self.value is None:
            return "–"
        return f"{number(self.value)} {self.unit}".strip()


def of_ten() -> str:
    return _("of 10")


def baseline_of(facts: Sequence[Fact]) -> float | None:
    """Return the median of the first two weeks, once there are later answers. ``facts`` are oldest first."""
    if not facts:
        return None
    early = [one.number for one in facts if one.on < facts[0].on + BASELINE and one.number is not None]
    return float(median(early)) if early and len(early) < len(facts) else None


def by_week(facts: Iterable[Fact], first: date) -> tuple[float | None, ...]:
    """Return the median of each week from the first with an answer to the last; None for a week without."""
    weeks: dict[int, list[float]] = {}
    for one in facts:
        if one.number is not None:
            weeks.setdefault((one.on - first).days // 7, []).append(one.number)
    if not weeks:
        return ()
    return tuple(float(median(weeks[at])) if at in weeks else None for at in range(min(weeks), max(weeks) + 1))


def medians(
    facts: Facts,
    series: str = "",
    *,
    label: Words = "",
    unit: Words = "",
    exercises: Sequence[str] = (),
    key: str = "",
    scored: bool | None = False,
    latest: bool = False,
) -> Iterator[Figure]:
    """Give everybody's median over the period; ``latest``, that of the last week with an answer instead."""
    for position in facts.positions:
        mine = facts.of(position, series=series, exercises=exercises, key=key, scored=scored)
        mine = [one for one in mine if one.number is not None]
        now = facts.inside(mine)
        if not now:
            continue
        weekly = by_week(now, facts.period.starts)
        whole = float(median(one.number for one in now if one.number is not None))
        yield Figure(
            position,
            weekly[-1] if latest else whole,
            len(now),
            label,
            unit or of_ten(),
            baseline=baseline_of(mine),
            gaps=sum(one is None for one in weekly),
            trend=weekly,
        )


def first_and_last(
    facts: Facts, series: str = "", *, label: Words = "", unit: Words = "", exercises: Sequence[str] = (), key: str = ""
) -> Iterator[Figure]:
    """Give everybody's last answer of the period beside their first one ever."""
    for position in facts.positions:
        mine = [
            one for one in facts.of(position, series=series, exercises=exercises, key=key) if one.number is not None
        ]
        now = facts.inside(mine)
        if now:
            began = mine[0].number if len(mine) > 1 else None
            yield Figure(position, now[-1].number, len(mine), label, unit or of_ten(), baseline=began, is_count=True)


def share(
    facts: Facts, position: int | None, hits: int, of: int, *, label: Words = "", text: Words = "", note: Words = ""
) -> Figure:
    """Say 'how many of how many', which needs no least number of answers to be true."""
    words = text or _("%(hits)d of %(of)d") % {"hits": hits, "of": of}
    return Figure(position, hits / of if of else None, of, label, text=words, note=note, is_count=True)
