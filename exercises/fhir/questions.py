"""The parts of one question in our language: answers, limits, units, initial values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exercises.fhir import showing, wording
from exercises.fhir.findings import Findings
from exercises.fhir.spots import Spot
from exercises.fhir.structure import Choice, Item

MOST_REPEATS = 20
MOST_OPTIONS = 300
NUMBER_LIMIT = 1_000_000_000
SHORT, LONG = 500, 10_000
LONGEST_PATTERN = 200


def repeats_of(item: Item, spot: Spot, most: int) -> int:
    """How often a repeating item may be there: what the file says, within what our forms can do.

    Answers to choose from can each be given once.
    """
    if spot.type == "single" and item.type == "choice":
        most = min(most, len(spot.values))
    return max(1, min(item.often or most, most))


def question_data(
    item: Item, spot: Spot, ends: tuple[str, str], notices: Findings, most: int = MOST_REPEATS
) -> dict[str, Any]:
    """Everything about a question but its words. ``most`` is how often anything may repeat."""
    data: dict[str, Any] = {}
    match spot.type:
        case "single" | "multi":
            data = _choice(item, spot, notices)
        case "scale":
            data = _scale(item, ends)
        case "slider":
            data = _slider(item, ends)
        case "number" | "quantity":
            data = _number(item, spot, notices)
        case "short_text" | "long_text":
            data = _text(item, spot)
        case "date" | "time" | "datetime":
            data = _moment(item, spot)
    if item.required or (item.fewest or 0) > 0:
        data["required"] = True
    if item.repeats and spot.type != "multi":
        data["repeats"] = repeats_of(item, spot, most)
    if (item.often or 0) > most:
        notices.notice("bounded", item.link_id, "maxOccurs", name="maxOccurs", limit=most)
    initial = _initial(item, spot)
    if initial:
        data["initial"] = initial
    return data


def _choice(item: Item, spot: Spot, notices: Findings) -> dict[str, Any]:
    options = [_option(value, choice, spot) for value, choice in spot.values.items()]
    if len(options) > MOST_OPTIONS:
        notices.refuse("too_many_options", item.link_id, "answerOption", count=len(options), limit=MOST_OPTIONS)
    data: dict[str, Any] = {"options": options}
    if item.type == "open-choice":
        data["other"] = True
    if spot.type == "multi":
        most = len(options) + (item.type == "open-choice")
        if item.fewest and 1 < item.fewest <= most:
            data["least"] = item.fewest
        if item.often and item.often >= (item.fewest or 1) and item.often <= most:
            data["most"] = item.often
    return data


def _option(value: str, choice: Choice, spot: Spot) -> dict[str, Any]:
    label = wording.line(choice.label, wording.OPTION) or str(choice.datum.value)
    data: dict[str, Any] = {"value": value, "label": label}
    if choice.prefix and not label.startswith(choice.prefix):
        data["label"] = wording.line(f"{choice.prefix} {label}" if choice.prefix[-1:] in ".):" else label)
    if choice.weight is not None:
        data["weight"] = plain(choice.weight)
    if choice.exclusive and spot.type == "multi":
        data["exclusive"] = True
    stands_for = showing.stands_for(choice.datum)
    if stands_for is not None:
        data["stands_for"] = stands_for
    if choice.datum.kind == "Coding":
        code = {"system": choice.datum.system, "code": str(choice.datum.value)[:500], "display": choice.datum.display}
        data["code"] = {name: part for name, part in code.items() if part}
    return data


def _scale(item: Item, ends: tuple[str, str]) -> dict[str, Any]:
    least, most = int(item.least or 0), int(item.most or 0)
    return {"min": least, "max": most, "low": ends[0] or str(least), "high": ends[1] or str(most)}


def _slider(item: Item, ends: tuple[str, str]) -> dict[str, Any]:
    step = int(item.step or 1)
    numbers = range(int(item.least or 0), int(item.most or 0) + 1, step)
    labels = {numbers[0]: ends[0], numbers[-1]: ends[1]}
    stops = [{"value": one, "label": labels.get(one) or str(one)} for one in numbers]
    return {"stops": stops}


def _number(item: Item, spot: Spot, notices: Findings) -> dict[str, Any]:
    data: dict[str, Any] = {"min": -NUMBER_LIMIT, "max": NUMBER_LIMIT}
    for name, limit in (("min", item.least), ("max", item.most)):
        if isinstance(limit, Decimal):
            if abs(limit) > NUMBER_LIMIT:
                notices.notice("bounded", item.link_id, name, name=f"{name}Value", limit=NUMBER_LIMIT)
            data[name] = plain(max(Decimal(-NUMBER_LIMIT), min(Decimal(NUMBER_LIMIT), limit)))
    data["decimals"] = 0 if item.type == "integer" else min(4, 4 if item.decimals is None else max(0, item.decimals))
    if spot.type == "quantity":
        data["units"] = [_unit(value, unit) for value, unit in spot.units.items()]
    elif item.unit:
        data["unit"] = wording.line(item.unit, 40)
    return data


def _unit(value: str, unit: Any) -> dict[str, Any]:
    code = {"system": unit.system, "code": str(unit.value), "display": unit.display}
    return {
        "value": value,
        "label": wording.line(unit.display or unit.unit or str(unit.value), 80),
        "code": {name: part for name, part in code.items() if part},
    }


def _text(item: Item, spot: Spot) -> dict[str, Any]:
    data: dict[str, Any] = {}
    room = SHORT if spot.type == "short_text" else LONG
    if item.longest is not None and 0 < item.longest <= room:
        data["max_length"] = item.longest
    if item.shortest is not None and 0 < item.shortest <= room:
        data["least_length"] = item.shortest
    if item.pattern and len(item.pattern) <= LONGEST_PATTERN:
        data["pattern"] = item.pattern
        if item.placeholder:
            data["pattern_hint"] = wording.line(item.placeholder, 300)
    return data


def _moment(item: Item, spot: Spot) -> dict[str, Any]:
    data = {}
    for name, limit in (("earliest", item.least), ("latest", item.most)):
        if isinstance(limit, str):
            written = showing.moment(spot.type, limit)
            if written:
                data[name] = written
    return data


def _initial(item: Item, spot: Spot) -> list[str]:
    """What stands in the question beforehand, as a browser would send it."""
    if spot.type in ("single", "multi"):
        chosen = [value for value, choice in spot.values.items() if choice.selected]
        for datum in item.initial:
            value = spot.value_of(datum)
            if value is not None:
                chosen.append(value)
            elif item.type == "open-choice" and isinstance(datum.value, str):
                chosen.append(datum.display or datum.value)
        chosen = list(dict.fromkeys(chosen))
        words = [one for one in chosen if one not in spot.values]
        # There is room for words of one's own once.
        chosen = [one for one in chosen if one in spot.values or one == words[0]]
        return chosen if spot.type == "multi" else chosen[:1]
    for datum in item.initial[:1]:
        return showing.raw(spot, datum)
    return []


def plain(number: Decimal) -> int | float:
    """A number for JSON: whole where it is whole."""
    return int(number) if number == number.to_integral_value() else float(number)
