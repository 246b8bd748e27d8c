"""Where the answers to an item of a file are kept: the key, the type, and which answer is which option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from exercises.fhir.names import Names
from exercises.fhir.structure import CHOICES, Choice, Datum, Item

#: Scales and sliders are drawn step by step.
MOST_STEPS = 101
MOST_STOPS = 11


@dataclass(frozen=True)
class Spot:
    """The place of one item in our form. ``values`` are its options, ``units`` its units, by our names."""

    key: str
    type: str
    item: Item
    values: Mapping[str, Choice] = field(default_factory=dict)
    units: Mapping[str, Datum] = field(default_factory=dict)

    @property
    def holds_children(self) -> bool:
        """Several answers in one question leave no place for what belongs under each of them."""
        return self.type != "multi"

    @property
    def can_be_constant(self) -> bool:
        return self.type not in ("single", "multi") or bool(self.values)

    def value_of(self, datum: Datum) -> str | None:
        """Our name of an answer that the file offers."""
        return next((value for value, choice in self.values.items() if choice.datum.is_like(datum)), None)

    def unit_of(self, datum: Datum) -> str | None:
        return next((value for value, unit in self.units.items() if same_unit(unit, datum)), None)


def same_unit(unit: Datum, quantity: Datum) -> bool:
    """Tell whether a quantity is in that unit, by its code or its words."""
    return bool({unit.value, unit.display} & {quantity.unit, quantity.display} - {""})


def make_spot(item: Item, names: Names) -> Spot | None:
    key = names.key(item.link_id)
    if item.type == "display":
        return Spot(key, "instructions", item)
    if item.type == "group":
        return Spot(key, "group", item)
    if item.choices or item.type in CHOICES:
        return Spot(key, _choice_type(item), item, values=_values(item))
    if item.type == "quantity":
        units = _units(item)
        return Spot(key, "quantity" if units else "number", item, units=units)
    return Spot(key, _plain_type(item), item)


def _choice_type(item: Item) -> str:
    """Repeating choices are ticks, unless something belongs under each answer."""
    if item.repeats and not any(one.is_question for child in item.children for one in child.walk()):
        return "multi"
    return "single"


def _values(item: Item) -> dict[str, Choice]:
    names = Names()
    found = {}
    for choice in item.choices:
        found[names.value(str(choice.datum.value))] = choice
    if not found and item.is_hidden_away:
        for datum in item.initial:
            found[names.value(str(datum.value))] = Choice(datum, datum.display or str(datum.value))
    return found


def _units(item: Item) -> dict[str, Datum]:
    """The units offered; the unit of an initial value joins them, so that it can stand."""
    names = Names()
    found: list[Datum] = list(item.units)
    unit = next((one for one in (item.raw.get("extension") or []) if _is_unit(one)), None)
    if not found and unit is not None:
        coding = unit["valueCoding"]
        code = coding.get("code") or coding.get("display")
        if isinstance(code, str) and code:
            found.append(Datum("Coding", code, coding.get("system") or "", coding.get("display") or "", item.unit))
    for datum in item.initial:
        if datum.kind == "Quantity" and datum.unit and not any(same_unit(one, datum) for one in found):
            found.append(Datum("Coding", datum.unit, datum.system, datum.display, datum.display))
    return {names.unit(one.unit or str(one.value)): one for one in found[:40]}


def _is_unit(extension: object) -> bool:
    return (
        isinstance(extension, dict)
        and str(extension.get("url", "")).endswith("questionnaire-unit")
        and isinstance(extension.get("valueCoding"), dict)
    )


def _plain_type(item: Item) -> str:
    match item.type:
        case "boolean":
            return "yes_no"
        case "integer":
            return _steps_type(item)
        case "decimal":
            return "number"
        case "string":
            return "long_text" if (item.longest or 0) > 500 else "short_text"
        case "text":
            return "long_text"
        case "dateTime":
            return "datetime"
    return item.type


def _steps_type(item: Item) -> str:
    """A whole number with a slider becomes steps, where there are few enough of them."""
    least, most, step = item.least or Decimal(0), item.most, item.step or Decimal(1)
    if "slider" not in item.control or not isinstance(least, Decimal) or not isinstance(most, Decimal):
        return "number"
    if least != int(least) or most != int(most) or not least < most or step != int(step) or step < 1:
        return "number"
    if max(abs(least), abs(most)) > 1000:
        return "number"
    if step == 1:
        return "scale" if most - least < MOST_STEPS else "number"
    stops = (most - least) / step
    return "slider" if stops == int(stops) and 2 <= stops + 1 <= MOST_STOPS else "number"
