"""A sign, and the rules there are, with their thresholds as data."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Rule:
    """A rule as staff read it: what it is called, and when it speaks."""

    key: str
    label: Promise
    when: Promise


@dataclass(frozen=True)
class Sign:
    """One rule that speaks, about one partner or (``client_id`` empty) all of them; ``data`` is what it saw."""

    rule: str
    client_id: uuid.UUID | None
    seen_at: datetime
    data: tuple[str, ...]

    @property
    def label(self) -> str:
        return str(RULES[self.rule].label)

    @property
    def when(self) -> str:
        return str(RULES[self.rule].when)


@dataclass(frozen=True)
class Low:
    """Several low numbers on a scale from 0 to 10."""

    at_most: int = 3
    times: int = 3
    of_last: int = 4
    within: timedelta = timedelta(days=42)


@dataclass(frozen=True)
class Drift:
    """Two partners' weekly medians that lie further apart than they did."""

    gap: float = 3
    wider_by: float = 2
    weeks_now: int = 2
    weeks_before: int = 3
    within: timedelta = timedelta(days=84)


@dataclass(frozen=True)
class Silence:
    """Rounds that were left unanswered after a steady run."""

    missed: int = 2
    run: int = 5
    answered: int = 4
    within: timedelta = timedelta(days=56)


@dataclass(frozen=True)
class High:
    """Pressure from 0 to 10, or 'too much' said outright."""

    at_least: int = 7
    of_last: int = 3
    said: int = 2
    within: timedelta = timedelta(days=42)


@dataclass(frozen=True)
class Repeated:
    times: int = 2
    within: timedelta = timedelta(days=60)


LOW, DRIFT, SILENCE, HIGH, NOT_FREE = Low(), Drift(), Silence(), High(), Repeated()
#: A score that fell long ago is no news.
FALL_WITHIN = timedelta(days=90)

RULES = {
    one.key: one
    for one in (
        Rule(
            "fall",
            _("A measure changed for the worse"),
            _("The newest score differs from the first by more than chance, in the direction that is harder to live."),
        ),
        Rule(
            "low_closeness",
            _("Several low closeness scores"),
            _("Three of the last four are 3 or lower, within six weeks."),
        ),
        Rule(
            "drift",
            _("Partners are drifting apart"),
            _("For two weeks the gap is 3 or more, and at least 2 wider than in the weeks before."),
        ),
        Rule(
            "silence",
            _("Silence after a steady run"),
            _("The last two or more were not answered, after four of the five before were."),
        ),
        Rule(
            "too_much",
            _("It may be too much"),
            _("Pressure was 7 or more in the middle of the last three, or “too much” was said twice in six weeks."),
        ),
        Rule("not_free", _("Not free to stop, more than once"), _("It was said twice or more within sixty days.")),
    )
}
