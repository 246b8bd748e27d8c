"""Whether a change is more than chance: Jacobson and Truax, and the states that follow from it.

A published threshold counts from its number on; a computed one counts beyond it, on scores before rounding.
A measure without a threshold has no state at all: only the difference is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from exercises.measures import MeasureScore
from exercises.vocabulary import Direction

#: 95 of 100 differences that are chance alone are smaller than this many standard errors of the difference.
Z = Decimal("1.96")

Number = Decimal | int | float


class State(TextChoices):
    """What became of somebody since the first score. For therapists: partners read other words."""

    RECOVERED = "recovered", _("Recovered")
    IMPROVED = "improved", _("Improved")
    UNCHANGED = "unchanged", _("About the same")
    WORSENED = "worsened", _("Worsened")


class Note(TextChoices):
    """What else is true of a change and easily overlooked."""

    CROSSED = "crossed", _("The cut-off was crossed, by a change that may be chance.")
    NEVER_INSIDE = "never_inside", _("The score was never in the clinical range.")
    STILL_OUTSIDE = "still_outside", _("The score is still outside the clinical range.")
    STILL_INSIDE = "still_inside", _("The score is still in the clinical range.")
    PRORATED = "prorated", _("Some items were left out, so this does not count as recovered.")


# ── the formulas ─────────────────────────────────────────────────────────────


def standard_error(sd: Number, reliability: Number) -> Decimal:
    """How far a single score lies off by chance: SD · √(1 − r)."""
    return _decimal(sd) * (1 - _decimal(reliability)).sqrt()


def error_of_difference(sem: Number) -> Decimal:
    """The same for the difference of two scores: √2 · SEM."""
    return Decimal(2).sqrt() * _decimal(sem)


def index(before: Number, after: Number, s_diff: Number) -> Decimal:
    """The reliable change index; beyond 1.96 either way it is more than chance."""
    return (_decimal(after) - _decimal(before)) / _decimal(s_diff)


def threshold(s_diff: Number) -> Decimal:
    """The change that must be exceeded: 1.96 · Sdiff."""
    return Z * _decimal(s_diff)


def cut_off(functional: tuple[Number, Number], clinical: tuple[Number, Number]) -> Decimal:
    """Where a score is as likely in one group as in the other, from each group's mean and standard deviation."""
    mean_0, sd_0 = map(_decimal, functional)
    mean_1, sd_1 = map(_decimal, clinical)
    return (sd_0 * mean_1 + sd_1 * mean_0) / (sd_0 + sd_1)


def _decimal(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


# ── the states ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Change:
    """From the baseline to a later score. ``state`` and ``note`` are None for a measure without a threshold."""

    difference: Decimal
    state: State | None = None
    note: Note | None = None

    @property
    def words(self) -> str:
        """'+6', '−2' or '±0', with a real minus sign."""
        sign = "+" if self.difference > 0 else "−" if self.difference < 0 else "±"
        return f"{sign}{abs(self.difference).normalize():f}"


def change(baseline: MeasureScore, now: MeasureScore) -> Change | None:
    """Return what changed, or None when either has no total. Both are of one measure."""
    if baseline.total is None or now.total is None:
        return None
    difference = now.total - baseline.total
    reliable = now.measure.reliable
    if reliable is None:
        return Change(difference)
    size = abs(difference)
    if not reliable.inclusive and baseline.unrounded is not None and now.unrounded is not None:
        size = abs(now.unrounded - baseline.unrounded)
    if not reliable.holds(size):
        crossed = baseline.clinical is not None and baseline.clinical != now.clinical
        return Change(difference, State.UNCHANGED, Note.CROSSED if crossed else None)
    if (difference > 0) != (now.measure.direction is Direction.HIGHER_BETTER):
        return Change(difference, State.WORSENED, Note.STILL_OUTSIDE if now.clinical is False else None)
    return Change(difference, *_better(baseline, now))


def _better(baseline: MeasureScore, now: MeasureScore) -> tuple[State, Note | None]:
    """Recovered is more than improved: out of the clinical range, from scores with nothing made up."""
    if baseline.clinical is None:
        return State.IMPROVED, None
    if not baseline.clinical:
        return State.IMPROVED, Note.NEVER_INSIDE
    if now.clinical:
        return State.IMPROVED, Note.STILL_INSIDE
    if now.prorated or baseline.prorated:
        return State.IMPROVED, Note.PRORATED
    return State.RECOVERED, None


# ── the baseline ─────────────────────────────────────────────────────────────


class Dated(Protocol):
    """A score and the day it is about."""

    @property
    def taken_on(self) -> date: ...

    @property
    def score(self) -> MeasureScore: ...


_Dated = TypeVar("_Dated", bound=Dated)


def baseline(scores: Iterable[_Dated], since: date | None = None) -> _Dated | None:
    """Return the first complete score of the episode: with a total, and with nothing made up.

    ``since`` begins a new episode; whoever sets it says why.
    """
    complete = [
        one
        for one in scores
        if one.score.total is not None and not one.score.prorated and (since is None or one.taken_on >= since)
    ]
    return min(complete, key=lambda one: one.taken_on, default=None)
