"""Recognising a measure in a form from elsewhere, by its codes alone: wording proves nothing.

A form is a measure when its own code says so *and* every item is there, each once, by its code. A form that
carries the code and lacks an item is not that measure: it gets no name, no score and no bands of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from exercises.measures.definition import LOINC, SYSTEM, Measure
from exercises.measures.reading import all as all_measures
from exercises.measures.reading import find

Coded = Iterable[tuple[str | None, str | None]]


@dataclass(frozen=True)
class Recognition:
    """What a form with a measure's code holds. Keys are the names that the caller gave its items."""

    measure: Measure
    items: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[int, ...] = ()
    doubled: tuple[int, ...] = ()
    #: Asked or computed beside the score: {"…": "difficulty" | "total"}.
    not_scored: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether it is that measure: every item, each once."""
        return not self.missing and not self.doubled


def by_code(system: str | None, code: str | None) -> Measure | None:
    """The measure that a form's own code names. A code without a system counts; one of another system does not."""
    if system in (SYSTEM, "", None) and code and (found := find(code)):
        return found
    if system in (LOINC, "", None):
        return next((one for one in all_measures() if one.codes.panel and one.codes.panel == code), None)
    return None


def recognise(panel: Coded, items: Mapping[str, Coded]) -> Recognition | None:
    """Match a form's items to the measure that its own codes name. None when they name none of ours.

    ``items`` are the form's items by whatever name the caller likes, each with its codes.
    """
    measure = next((found for system, code in panel if (found := by_code(system, code))), None)
    if measure is None:
        return None
    numbers = {measure.item_code(item.number): item.number for item in measure.items}
    beside = {measure.total_code: "total"}
    beside |= {(LOINC, code): name for name, code in measure.codes.not_scored.items()}
    known_items: dict[str, int] = {}
    aside: dict[str, str] = {}
    for name, codes in items.items():
        for system, code in codes:
            # The panel matched, so a code without a system can mean nothing else.
            for known in (LOINC, SYSTEM):
                if system in (known, "", None) and (number := numbers.get((known, code or ""))):
                    known_items[name] = number
                elif system in (known, "", None) and (what := beside.get((known, code or ""))):
                    aside[name] = what
    there = list(known_items.values())
    return Recognition(
        measure=measure,
        items=known_items,
        missing=tuple(item.number for item in measure.items if item.number not in there),
        doubled=tuple(sorted({number for number in there if there.count(number) > 1})),
        not_scored=aside,
    )


def is_safety_item(system: str | None, code: str | None) -> bool:
    """Whether a code is that of an item about safety, in whatever form it stands."""
    return any(
        (known_system, known) == (system or known_system, code)
        for measure in all_measures()
        for known_system, known in map(measure.item_code, measure.safety_items)
    )
