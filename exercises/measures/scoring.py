"""From answers to a score: what adds up, what was missing, what the number means and what must be looked at.

All of it in decimal arithmetic, rounded half up: no binary fraction decides over a cut-off.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.measures.definition import Band, Item, Measure, Scale

Number = Decimal | int
Safety = Literal["raised", "clear", "not_answered"]

#: Scales this short are never made up from what is left of them.
SHORT = 4
#: At least this share of the items, in fifths.
FIFTHS = 4

POSITIVE = "positive"


class ScoreError(ValueError):
    """What was given cannot be a score; ``errors`` says what is wrong with which part, in kind words."""

    def __init__(self, errors: Mapping[str, str | Promise]) -> None:
        super().__init__(dict(errors))
        self.errors = dict(errors)

    def __str__(self) -> str:
        return "; ".join(f"{part}: {message}" for part, message in self.errors.items())


@dataclass(frozen=True)
class MeasureScore:
    """One score. ``total`` is None where too much was left out, and for a measure that has parts alone.

    prorated: some items were left out and made up for. safety: the state of each item that asks about it,
    apart from the total; an item left out is "not_answered", never clear.
    """

    measure: Measure
    total: Decimal | None
    unrounded: Decimal | None
    subscales: Mapping[str, Decimal | None] = field(default_factory=dict)
    answered: int | None = None
    of: int = 0
    prorated: bool = False
    safety: Mapping[int, Safety] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    @property
    def bands(self) -> dict[str, Band]:
        """The band in each of the measure's sets."""
        if self.total is None:
            return {}
        found = {one.key: one.of(self.total) for one in self.measure.band_sets}
        return {key: band for key, band in found.items() if band is not None}

    @property
    def band(self) -> Band | None:
        """The band of the set that is shown first."""
        sets = self.measure.band_sets
        return self.bands.get(sets[0].key) if sets else None

    @property
    def past_cut(self) -> bool | None:
        """Whether the total is beyond the measure's cut-off, of whichever kind; None where there is none."""
        if self.total is None or self.measure.cut is None:
            return None
        return self.measure.cut.holds(self.total)

    @property
    def clinical(self) -> bool | None:
        """Whether the total is in the clinical range; None where the measure has none."""
        cut = self.measure.cut
        return self.past_cut if cut is not None and cut.kind == "clinical" else None


def score(measure: Measure, values: Mapping[int, Number | None], switched_off: Collection[int] = ()) -> MeasureScore:
    """Score answers: item number to the weight of what was chosen, as printed. None or absent: left out.

    ``switched_off`` are items that a condition hid: they are not missing, and add nothing.
    Raises :class:`ScoreError` for a weight that an item cannot have.
    """
    given = _given(measure, values, switched_off)
    asked = [item for item in measure.items if item.number not in switched_off]
    whole = _on(measure, measure.total, given, switched_off) if measure.total else None
    parts = {part.key: _on(measure, part, given, switched_off) for part in measure.subscales}
    total = measure.total.rounded(whole) if measure.total and whole is not None else None
    left_out = {item.number for item in asked if item.number not in given}
    safety = {item.number: _safety(item, given) for item in asked if item.safety}
    made = MeasureScore(
        measure=measure,
        total=total,
        unrounded=whole,
        subscales={
            part.key: None if (found := parts[part.key]) is None else part.rounded(found) for part in measure.subscales
        },
        answered=len(asked) - len(left_out),
        of=len(asked),
        prorated=any(
            value is not None and not left_out.isdisjoint(scale.items)
            for scale, value in [(measure.total, whole), *((part, parts[part.key]) for part in measure.subscales)]
            if scale is not None
        ),
        safety=safety,
    )
    return _with_flags(made, given)


def read(
    measure: Measure,
    total: Number | None,
    subscales: Mapping[str, Number | None] | None = None,
    safety: Mapping[int, Number | None] | None = None,
    prorated: bool = False,
) -> MeasureScore:
    """Take a score that was added up elsewhere. Raises :class:`ScoreError` for what the measure cannot give.

    ``safety`` are the answers to its safety items, where they are known. A mean of all items need not be given.
    """
    parts = {key: Decimal(value) for key, value in (subscales or {}).items() if value is not None}
    items = {number: Decimal(value) for number, value in (safety or {}).items() if value is not None}
    whole = None if total is None else Decimal(total)
    errors = _errors(measure, whole, parts, items, prorated)
    if errors:
        raise ScoreError(errors)
    for part in measure.subscales:
        if whole is not None and measure.total and part not in measure.parts:
            parts[part.key] = part.rounded(_brought(whole - measure.total.low, measure.total, part))
    total = measure.total.rounded(whole) if measure.total and whole is not None else None
    made = MeasureScore(
        measure=measure,
        total=total,
        unrounded=total,
        subscales={
            part.key: part.rounded(parts[part.key]) if part.key in parts else None for part in measure.subscales
        },
        answered=None if prorated else len(measure.items),
        of=len(measure.items),
        prorated=prorated,
        safety={number: _safety(measure.item(number), items) for number in measure.safety_items},
    )
    return _with_flags(made, items)


# ── adding up ────────────────────────────────────────────────────────────────


def _given(measure: Measure, values: Mapping[int, Number | None], switched_off: Collection[int]) -> dict[int, Decimal]:
    given = {number: Decimal(value) for number, value in values.items() if value is not None}
    errors: dict[str, str | Promise] = {}
    for number, value in given.items():
        if number not in measure:
            errors[str(number)] = _("The measure has no such item.")
        elif not _fits(value, measure.item(number)):
            errors[str(number)] = _between(measure.item(number))
    if errors:
        raise ScoreError(errors)
    return {number: value for number, value in given.items() if number not in switched_off}


def _on(measure: Measure, scale: Scale, given: Mapping[int, Decimal], switched_off: Collection[int]) -> Decimal | None:
    """The items' sum brought to the scale's range; None when too many are missing."""
    items = [measure.item(number) for number in scale.items]
    there = [item for item in items if item.number in given or item.number in switched_off]
    missing = [item for item in items if item not in there]
    if missing and not _may_make_up(measure, scale, missing):
        return None
    gained = sum((item.scored(given[item.number]) - item.low for item in there if item.number in given), Decimal(0))
    possible = sum((item.high - item.low for item in there), Decimal(0))
    return scale.low + gained * (scale.high - scale.low) / possible


def _may_make_up(measure: Measure, scale: Scale, missing: Collection[Item]) -> bool:
    if measure.person_only or len(scale.items) <= SHORT or any(item.safety for item in missing):
        return False
    if scale is measure.total and measure.most_missing is not None:
        return len(missing) <= measure.most_missing
    return (len(scale.items) - len(missing)) * 5 >= len(scale.items) * FIFTHS


def _brought(gained: Decimal, source: Scale, target: Scale) -> Decimal:
    return target.low + gained * (target.high - target.low) / (source.high - source.low)


# ── what must be looked at ───────────────────────────────────────────────────


def _safety(item: Item, given: Mapping[int, Decimal]) -> Safety:
    if item.number not in given:
        return "not_answered"
    return "raised" if given[item.number] > item.low else "clear"


def _with_flags(made: MeasureScore, given: Mapping[int, Decimal]) -> MeasureScore:
    measure = made.measure
    flags = [f"item_{number}" for number, state in made.safety.items() if state == "raised"]
    extreme = measure.all_highest and all(given.get(n) == measure.item(n).high for n in measure.all_highest)
    if measure.person_only and (made.past_cut or extreme):
        flags.append(POSITIVE)
    return MeasureScore(**{**vars(made), "flags": tuple(flags)})


# ── what cannot be ───────────────────────────────────────────────────────────


def _errors(
    measure: Measure,
    total: Decimal | None,
    parts: Mapping[str, Decimal],
    items: Mapping[int, Decimal],
    prorated: bool,
) -> dict[str, str | Promise]:
    errors: dict[str, str | Promise] = {}
    if measure.total is None and total is not None:
        errors["total"] = _("This measure has no total, only its parts.")
    if measure.total is not None and total is not None and not _fits(total, measure.total):
        errors["total"] = _between(measure.total)
    for key, value in parts.items():
        part = measure.part(key)
        if part is None:
            errors[key] = _("The measure has no such part.")
        elif not _fits(value, part):
            errors[key] = _between(part)
    for number, value in items.items():
        if number not in measure.safety_items:
            errors[f"item_{number}"] = _("The measure has no such item.")
        elif not _fits(value, measure.item(number)):
            errors[f"item_{number}"] = _between(measure.item(number))
    if measure.total is not None and total is None:
        errors["total"] = _("Please enter the total.")
    if measure.total is None and not parts:
        errors.update({part.key: _("Please enter at least one part.") for part in measure.parts[:1]})
    return errors or _sum_errors(measure, total, parts, items, prorated)


def _sum_errors(
    measure: Measure,
    total: Decimal | None,
    parts: Mapping[str, Decimal],
    items: Mapping[int, Decimal],
    prorated: bool,
) -> dict[str, str | Promise]:
    """What is possible one by one but not together."""
    if total is None or measure.total is None:
        return {}
    whole = all(part.key in parts for part in measure.parts)
    if measure.parts_add_up and whole and not prorated and sum(parts.values()) != total:
        words = _("The parts add up to {parts}, and the total says {total}. Please check both.")
        return {"total": format_lazy(words, parts=sum(parts.values()), total=total)}
    if sum(items.values()) > total:
        return {f"item_{number}": _("This answer alone is more than the total.") for number in items}
    return {}


def _fits(value: Decimal, range_: Item | Scale) -> bool:
    if not value.is_finite():
        return False
    exponent = value.normalize().as_tuple().exponent
    return range_.low <= value <= range_.high and isinstance(exponent, int) and -exponent <= range_.decimals


def _between(range_: Item | Scale) -> Promise:
    low, high = (f"{end.normalize():f}" for end in (range_.low, range_.high))
    if range_.decimals:
        words = _("Please write a number from {low} to {high}, with at most {n} decimals.")
        return format_lazy(words, low=low, high=high, n=range_.decimals)
    return format_lazy(_("Please write a whole number from {low} to {high}."), low=low, high=high)
