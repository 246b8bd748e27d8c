"""Two or more partners on one measure, side by side. Each person's own score comes first; nothing is averaged alone.

What is said here of several tells each of them the others' scores. A partner may read it only while every partner
has let all the others see that measure: whoever calls this for a partner's page has made sure of that before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from exercises.measures import Measure, MeasureScore
from exercises.vocabulary import Direction
from reports.reliable_change import State

BETTER = frozenset({State.RECOVERED, State.IMPROVED})


class NotForCouples(ValueError):
    """A screen that is for one person alone is compared with nobody's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The totals of one measure by position. ``lower`` is that of whoever is worse off.

    Where low is better that is the higher number. ``mean`` never stands alone: it hides whom it is about.
    """

    measure: Measure
    totals: Mapping[int, Decimal]
    #: The same before rounding: what a computed threshold is held against.
    unrounded: Mapping[int, Decimal]

    @property
    def lower(self) -> Decimal:
        ends = min if self.measure.direction is Direction.HIGHER_BETTER else max
        return ends(self.totals.values())

    @property
    def gap(self) -> Decimal:
        return max(self.totals.values()) - min(self.totals.values())

    @property
    def mean(self) -> Decimal:
        return sum(self.totals.values(), Decimal(0)) / len(self.totals)

    @property
    def is_different(self) -> bool | None:
        """Whether they live through different things: further apart than a reliable change.

        None where the measure has no threshold of reliable change, so that nothing can be said.
        """
        reliable = self.measure.reliable
        if reliable is None:
            return None
        values = (self.totals if reliable.inclusive else self.unrounded).values()
        return max(values) - min(values) > reliable.threshold


def compare(scores: Mapping[int, MeasureScore], measure: Measure) -> Compared | None:
    """Return what partners' scores say together, by position; None where fewer than two have a total.

    Raises :class:`NotForCouples` for a screen that is for one person alone.
    """
    if measure.person_only:
        raise NotForCouples(measure.key)
    there = {position: one for position, one in sorted(scores.items()) if one.total is not None}
    if len(there) < 2:
        return None
    totals = {position: one.total for position, one in there.items() if one.total is not None}
    exact = {position: one.unrounded for position, one in there.items() if one.unrounded is not None}
    return Compared(measure, totals, totals | exact)


# ── what became of them together ─────────────────────────────────────────────


class CoupleState(TextChoices):
    """What became of all partners since their own baselines. For therapists."""

    ALL_BETTER = "all_better", _("All better")
    SOME_BETTER = "some_better", _("One better")
    DIVERGING = "diverging", _("Diverging: one better, one worse")
    NONE = "none", _("No reliable change")
    SOME_WORSE = "some_worse", _("One worse")
    ALL_WORSE = "all_worse", _("All worse")

    @property
    def looks_like(self) -> str:
        """The kind of the design's mark: never alarming, since a score is no judgement."""
        return {"all_better": "done", "some_better": "done", "none": "hold"}.get(self.value, "ask")


def couple_state(states: Sequence[State | None]) -> CoupleState | None:
    """Return what partners' own states come to together; None where one is not known, or there is only one.

    Diverging goes before everything else: the better of one never hides the worse of another.
    """
    if len(states) < 2 or None in states:
        return None
    better = sum(one in BETTER for one in states)
    worse = sum(one is State.WORSENED for one in states)
    if better and worse:
        return CoupleState.DIVERGING
    if better:
        return CoupleState.ALL_BETTER if better == len(states) else CoupleState.SOME_BETTER
    if worse:
        return CoupleState.ALL_WORSE if worse == len(states) else CoupleState.SOME_WORSE
    return CoupleState.NONE
