"""Reading what there is to choose from: options, rows, stops, units; and codes."""

from __future__ import annotations

from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from exercises import moments
from exercises.flags import FlagError, FlagRule, Severity
from exercises.form_language.bounds import (
    KEY,
    MAX_CODES,
    MAX_ROWS,
    MAX_STOPS,
    MAX_UNITS,
    OPTION_VALUE,
    UNIT_VALUE,
    Limits,
)
from exercises.form_language.parts import Parts, as_number
from exercises.question_parts import Code, Number, Option, Row, Stop, Unit
from exercises.vocabulary import QuestionType

KEY_MESSAGE = _("A key is small letters, digits and underscores, and starts with a letter.")
_VALUE_MESSAGE = _("The value of an option is letters, digits, underscores, dots and hyphens.")
_CODE_LIMIT = 255


def read_options(parts: Parts, limits: Limits) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    for one in parts.list_of("options", 1, limits.options):
        one.only({"value", "label", "weight", "exclusive", "stands_for", "code"}, {"value", "label"})
        value = one.matching("value", OPTION_VALUE, _VALUE_MESSAGE)
        if value in found:
            one.wrong("value", _("Another option already has this value."))
        found[value] = Option(
            value,
            one.text("label", limits.label, needed=True),
            one.number("weight", 10_000),
            one.truth("exclusive"),
            _stands_for(one),
            read_code(one, "code"),
        )
    return tuple(found.values())


def _stands_for(one: Parts) -> Number | str | None:
    said = one.data.get("stands_for")
    if said is None:
        return None
    known = as_number(said) if not isinstance(said, str) else moments.any_moment(said)
    if known is None:
        one.wrong("stands_for", _("An option stands for a number, a date or a time."))
    return known


def read_rows(parts: Parts, limits: Limits, options: tuple[Option, ...]) -> tuple[Row, ...]:
    found: dict[str, Row] = {}
    for one in parts.list_of("rows", 1, MAX_ROWS):
        one.only({"key", "label", "flag_if"}, {"key", "label"})
        key = one.matching("key", KEY, KEY_MESSAGE)
        if key in found:
            one.wrong("key", _("Another row already has this key."))
        rule = read_flag(one, QuestionType.SINGLE, options)
        found[key] = Row(key, one.text("label", limits.label, needed=True), rule)
    return tuple(found.values())


def read_stops(parts: Parts, limits: Limits) -> tuple[Stop, ...]:
    stops = []
    for one in parts.list_of("stops", 2, MAX_STOPS):
        one.only({"value", "label"}, {"value", "label"})
        value = one.whole("value", -1000, 1000)
        stops.append(Stop(value or 0, one.text("label", limits.label, needed=True)))
    gaps = {later.value - earlier.value for earlier, later in pairwise(stops)}
    if len(gaps) > 1 or any(gap < 1 for gap in gaps):
        parts.wrong("stops", _("The stops of a slider rise in equal steps."))
    return tuple(stops)


def read_units(parts: Parts, limits: Limits) -> tuple[Unit, ...]:
    found: dict[str, Unit] = {}
    for one in parts.list_of("units", 1, MAX_UNITS):
        one.only({"value", "label", "code"}, {"value", "label"})
        value = one.matching("value", UNIT_VALUE, _("The value of a unit is letters, digits and underscores."))
        if value in found:
            one.wrong("value", _("Another unit already has this value."))
        found[value] = Unit(value, one.text("label", limits.label, needed=True), read_code(one, "code"))
    return tuple(found.values())


def read_code(parts: Parts, name: str) -> Code | None:
    said = parts.data.get(name)
    if said is None:
        return None
    if not isinstance(said, dict):
        parts.wrong(name, _("This is a set of named parts."))
        return None
    return _code(parts.inside(said, name))


def read_codes(parts: Parts) -> tuple[Code, ...]:
    return tuple(_code(one) for one in parts.list_of("codes", 0, MAX_CODES))


def _code(one: Parts) -> Code:
    one.only({"system", "code", "display"}, {"code"})
    return Code(
        one.text("code", _CODE_LIMIT, needed=True), one.text("system", _CODE_LIMIT), one.text("display", _CODE_LIMIT)
    )


def read_flag(parts: Parts, type_: QuestionType, options: tuple[Option, ...], other: bool = False) -> str:
    """A rule that fits the question, as text. Weighted options count as numbers."""
    text = parts.data.get("flag_if", "")
    if text == "":
        return ""
    try:
        if not isinstance(text, str):
            raise FlagError(_("A rule is written as text."))
        weighted = any(option.weight is not None for option in options)
        FlagRule.parse(text).check(type_, tuple(option.value for option in options), weighted=weighted, other=other)
    except FlagError as refusal:
        parts.wrong("flag_if", refusal.message)
        return ""
    return text


def read_severity(parts: Parts) -> str:
    """How soon its flag has to be looked at; empty, and so urgent, where nothing is said."""
    said = parts.data.get("severity", "")
    if said == "":
        return ""
    if not isinstance(said, str) or said not in Severity.values:
        parts.wrong("severity", _("A flag is urgent, soon or a note."))
        return ""
    return said
