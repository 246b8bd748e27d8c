"""One item as it stands in the builder's form: what is typed becomes data, right or wrong, and is kept as typed.

A question that is being written is often unfinished. So nothing is refused here: what does not fit yet is
stored as it was typed, and the gate says beside the field what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.text import slugify

from exercises.clauses import plain_number
from exercises.question import ASKED_TYPES
from exercises.vocabulary import METRICS, Lane, QuestionType
from exercises.writing.condition_fields import read_condition
from exercises.writing.flag_fields import raises_flag, read_flag, read_severity

#: Which fields a type has, besides those that all have. The names are those of the form language.
FIELDS: Mapping[QuestionType, tuple[str, ...]] = {
    QuestionType.SCALE: ("min", "max", "low", "high"),
    QuestionType.YES_NO: (),
    QuestionType.SINGLE: ("options", "other"),
    QuestionType.MULTI: ("options", "other", "least", "most"),
    QuestionType.CHECKLIST: ("options",),
    QuestionType.SHORT_TEXT: ("least_length", "max_length", "pattern", "pattern_hint"),
    QuestionType.LONG_TEXT: ("least_length", "max_length"),
    QuestionType.NUMBER: ("min", "max", "decimals", "unit"),
    QuestionType.MOOD: (),
    QuestionType.DATE: ("earliest", "latest"),
    QuestionType.TIME: ("earliest", "latest"),
    QuestionType.DATETIME: ("earliest", "latest"),
    QuestionType.SLIDER: ("stops",),
    QuestionType.GRID: ("rows", "options"),
    QuestionType.URL: (),
    QuestionType.QUANTITY: ("min", "max", "decimals", "units"),
    QuestionType.INSTRUCTIONS: ("body",),
    QuestionType.IMAGE: ("alt",),
    QuestionType.LINK: ("url",),
    QuestionType.SECTION: (),
    QuestionType.GROUP: (),
}
_TEXTS = ("low", "high", "unit", "body", "alt", "url", "pattern", "pattern_hint", "earliest", "latest")
_NUMBERS = ("min", "max", "decimals", "least", "most", "least_length", "max_length")
_LISTS = ("options", "rows", "stops", "units")
#: What the builder does not show and never touches.
_KEPT = ("key", "prefix", "link_id", "codes", "initial", "hidden", "attachment", "src")
_LONGEST = 12_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
MOST_LINES = 70


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields that a type has of its own."""
    return FIELDS.get(QuestionType(kind), ()) if kind in QuestionType.values else ()


def can_repeat(kind: str) -> bool:
    return kind == QuestionType.GROUP or kind in ASKED_TYPES


def metrics_for(kind: str) -> list[tuple[str, str]]:
    """The series that answers of this type may feed."""
    return [(one.key, str(one.label)) for one in METRICS.values() if one.type == kind]


def fresh_item(key: str, kind: str) -> dict[str, Any]:
    """A new item of this type, with as much filled in as everybody would."""
    item: dict[str, Any] = {"key": key, "type": kind}
    if kind in ASKED_TYPES or kind in (QuestionType.LINK, QuestionType.SECTION):
        item["label"] = ""
    match kind:
        case QuestionType.SCALE:
            item |= {"min": 0, "max": 10, "low": "", "high": ""}
        case QuestionType.SLIDER:
            item["stops"] = [{"value": value, "label": ""} for value in range(5)]
        case QuestionType.INSTRUCTIONS:
            item["body"] = ""
    return item


def read_item(data: QueryDict, before: Mapping[str, Any], items: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The item as posted. ``before`` is how it stood, ``items`` are all of the form by key (for its condition)."""
    kind = data.get("type", "")
    kind = kind if kind in QuestionType.values else str(before.get("type", QuestionType.SHORT_TEXT))
    item = {name: before[name] for name in _KEPT if name in before}
    item |= {"key": before["key"], "type": kind}
    if kind not in (QuestionType.IMAGE,):
        item.pop("attachment", None)
        item.pop("src", None)
    if kind != before.get("type"):
        item.pop("initial", None)
    for name in ("label", "help"):
        if (text := _text(data, name)) or (name == "label" and kind in ASKED_TYPES):
            item[name] = text
    _read_own(item, fields_of(kind), data, before)
    _read_common(item, kind, data, before)
    if condition := read_condition(data, before.get("show_if"), items):
        item["show_if"] = condition
    if kind in ASKED_TYPES and (flag := read_flag(data, item, str(before.get("flag_if", "")))):
        item["flag_if"] = flag
    if raises_flag(item) and (severity := read_severity(data, str(before.get("severity", "")))):
        item["severity"] = severity
    return item


def _read_own(item: dict[str, Any], names: Sequence[str], data: QueryDict, before: Mapping[str, Any]) -> None:
    for name in names:
        if name in _LISTS:
            item[name] = read_list(name, data, before)
        elif name == "other":
            if data.get("other"):
                item["other"] = True
        elif name in _TEXTS:
            if text := _text(data, name):
                item[name] = text
        elif name in _NUMBERS and (text := _text(data, name)):
            item[name] = number(text)
    if item["type"] in (QuestionType.SCALE,):
        item.setdefault("low", "")
        item.setdefault("high", "")


def _read_common(item: dict[str, Any], kind: str, data: QueryDict, before: Mapping[str, Any]) -> None:
    lane = data.get("lane", "")
    if lane in Lane.values and lane != Lane.JOINT:
        item["lane"] = lane
    if data.get("each"):
        item["each"] = True
    if can_repeat(kind) and (text := _text(data, "repeats")) and text != "1":
        item["repeats"] = number(text)
    if kind not in ASKED_TYPES:
        return
    if data.get("required"):
        item["required"] = True
    if not data.get("decline"):
        item["decline"] = False
    if data.get("risk") in ("yes", "no"):
        item["risk"] = data["risk"] == "yes"
    if (metric := data.get("metric", "")) in dict(metrics_for(kind)):
        item["metric"] = metric


def read_list(name: str, data: QueryDict, before: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Options, rows, stops or units. A line without words is none; names of lines stay as they were."""
    known = {str(part.get(_named(name))): part for part in before.get(name) or () if isinstance(part, dict)}
    values, labels = data.getlist(f"{name}-value")[:MOST_LINES], data.getlist(f"{name}-label")[:MOST_LINES]
    weights, alone = data.getlist(f"{name}-weight"), set(data.getlist(f"{name}-exclusive"))
    made: list[dict[str, Any]] = []
    taken = {value for value in values if value}
    for index, (value, label) in enumerate(zip(values, labels, strict=False)):
        label = label.replace("\x00", "").strip()[:_LONGEST]
        if not label and name != "stops":
            continue
        if name == "stops":
            if not label and not value.strip():
                continue
            made.append({"value": number(value), "label": label})
            continue
        if not value:
            value = _free_value(label, name, taken)
            taken.add(value)
        part: dict[str, Any] = {_named(name): value, "label": label}
        part |= {
            extra: known[value][extra] for extra in ("stands_for", "code", "flag_if") if extra in known.get(value, {})
        }
        weight = weights[index].strip() if index < len(weights) else ""
        if name == "options" and weight:
            part["weight"] = number(weight)
        if name == "options" and value in alone:
            part["exclusive"] = True
        made.append(part)
    return _shifted(made, data.get(f"{name}-shift", ""))


def _shifted(lines: list[dict[str, Any]], shift: str) -> list[dict[str, Any]]:
    """With one line moved up, when its button was pressed."""
    if shift.isdigit() and 0 < int(shift) < len(lines):
        index = int(shift)
        lines[index - 1], lines[index] = lines[index], lines[index - 1]
    return lines


def _named(name: str) -> str:
    return "key" if name == "rows" else "value"


def _free_value(label: str, name: str, taken: set[str]) -> str:
    start = slugify(label).replace("-", "_")[:30].strip("_") or "one"
    if not start[0].isalpha():
        start = f"o_{start}"
    value, number_ = start, 1
    while value in taken:
        number_ += 1
        value = f"{start}_{number_}"
    return value


def number(text: str) -> int | float | str:
    """The number that was typed; the text itself when it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text[:60]
    try:
        return plain_number(Decimal(text.replace(",", ".")))
    except InvalidOperation:
        return text[:60]


def _text(data: QueryDict, name: str) -> str:
    return data.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()[:_LONGEST]
