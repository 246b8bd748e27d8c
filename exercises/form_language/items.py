"""Reading the items of a form, each by its type, with the items inside it."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import moments
from exercises.form_language.bounds import (
    ADDRESS_LIMIT,
    BODY_LIMIT,
    HELP_LIMIT,
    KEY,
    MAX_DECIMALS,
    MAX_REPEATS,
    NUMBER_BOUND,
    PATTERN_LIMIT,
    Errors,
    FormError,
    Limits,
)
from exercises.form_language.choices import (
    KEY_MESSAGE,
    read_codes,
    read_flag,
    read_options,
    read_rows,
    read_severity,
    read_stops,
    read_units,
)
from exercises.form_language.conditions import read_condition
from exercises.form_language.fitting import check_item
from exercises.form_language.parts import Parts
from exercises.form_language.whole import check_whole
from exercises.question import ASKED_TYPES, Question
from exercises.vocabulary import METRICS, Lane, QuestionType

LONGEST_TEXT = {QuestionType.SHORT_TEXT: 500, QuestionType.LONG_TEXT: 10_000}

_COMMON = {"key", "type", "label", "help", "prefix", "show_if", "lane", "each", "private", "link_id", "codes", "hidden"}
_ASKED = {"required", "decline", "risk", "repeats", "initial", "questions", "flag_if", "severity"}
_TEXT = {"least_length", "max_length", "pattern", "pattern_hint"}
_DATE = {"earliest", "latest"}
_NUMBER = {"min", "max", "decimals"}
_OWN: dict[QuestionType, set[str]] = {
    QuestionType.SCALE: {"min", "max", "low", "high", "metric"},
    QuestionType.YES_NO: {"metric"},
    QuestionType.SINGLE: {"options", "other"},
    QuestionType.MULTI: {"options", "other", "least", "most"},
    QuestionType.CHECKLIST: {"options"},
    QuestionType.SHORT_TEXT: _TEXT,
    QuestionType.LONG_TEXT: _TEXT,
    QuestionType.NUMBER: {*_NUMBER, "unit", "metric"},
    QuestionType.MOOD: {"metric"},
    QuestionType.DATE: _DATE,
    QuestionType.TIME: _DATE,
    QuestionType.DATETIME: _DATE,
    QuestionType.SLIDER: {"stops"},
    QuestionType.GRID: {"rows", "options"},
    QuestionType.URL: set(),
    QuestionType.QUANTITY: {*_NUMBER, "units"},
    QuestionType.INSTRUCTIONS: {"body"},
    QuestionType.IMAGE: {"attachment", "src", "alt"},
    QuestionType.LINK: {"url"},
    QuestionType.SECTION: set(),
    QuestionType.GROUP: {"questions", "repeats"},
}
_NEEDED: dict[QuestionType, set[str]] = {
    QuestionType.SCALE: {"min", "max", "low", "high"},
    QuestionType.SINGLE: {"options"},
    QuestionType.MULTI: {"options"},
    QuestionType.CHECKLIST: {"options"},
    QuestionType.SLIDER: {"stops"},
    QuestionType.GRID: {"rows", "options"},
    QuestionType.QUANTITY: {"units"},
    QuestionType.INSTRUCTIONS: {"body"},
    QuestionType.IMAGE: {"alt"},
    QuestionType.LINK: {"url"},
    QuestionType.GROUP: {"questions"},
}
_WITHOUT_LABEL = {QuestionType.GROUP, QuestionType.INSTRUCTIONS, QuestionType.IMAGE}
_LANES = set(Lane.values) - {Lane.JOINT.value}


def read_items(data: Any, limits: Limits) -> tuple[Question, ...]:
    """The items of a form. Raises FormError, with everything that is wrong at once."""
    if not isinstance(data, list):
        raise FormError({"form": [_("A form is a list of questions.")]})
    reader = _Reader(limits)
    items = reader.read(data, "", 1)
    if not reader.errors:
        items = check_whole(items, limits, reader.errors, reader.places)
    if reader.errors:
        raise FormError(reader.errors)
    return items


class _Reader:
    """Reads a tree of items; knows how many there were, and where each key stands."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.errors: Errors = {}
        self.places: dict[str, str] = {}
        self.count = 0

    def read(self, data: list[Any], above: str, depth: int) -> tuple[Question, ...]:
        self.count += len(data)
        if self.count > self.limits.items:
            self.errors["form"] = [format_lazy(_("A form has at most {n} questions."), n=self.limits.items)]
            return ()
        found = [self.item(item, f"{above}{index}", depth) for index, item in enumerate(data)]
        return tuple(item for item in found if item is not None)

    def item(self, data: Any, place: str, depth: int) -> Question | None:
        parts = Parts(data if isinstance(data, dict) else {}, place, self.errors)
        if not isinstance(data, dict):
            parts.wrong("question", _("A question is a set of named parts."))
            return None
        kind = data.get("type")
        if not isinstance(kind, str) or kind not in QuestionType.values:
            parts.wrong("type", _("There is no such type of question."))
            return None
        inside = self._inside(data, place, depth)
        key = parts.matching("key", KEY, KEY_MESSAGE)
        if key in self.places:
            parts.wrong("key", _("Another question already has this key."))
        self.places.setdefault(key, place)
        return read_item(parts, QuestionType(kind), key, inside, self.limits)

    def _inside(self, data: dict[str, Any], place: str, depth: int) -> tuple[Question, ...]:
        inside = data.get("questions")
        if inside is None:
            return ()
        if not isinstance(inside, list):
            self.errors[f"{place}.questions"] = [_("This is a list of questions.")]
        elif depth >= self.limits.depth:
            message = format_lazy(_("Groups lie at most {n} deep in each other."), n=self.limits.depth)
            self.errors[f"{place}.questions"] = [message]
        else:
            return self.read(inside, f"{place}.questions.", depth + 1)
        return ()


def read_item(parts: Parts, type_: QuestionType, key: str, inside: tuple[Question, ...], limits: Limits) -> Question:
    """One item from its parts. What is wrong is noted in `parts`."""
    asked = type_ in ASKED_TYPES
    needed = set() if type_ in _WITHOUT_LABEL else {"label"}
    parts.only(_COMMON | _OWN[type_] | (_ASKED if asked else set()), needed | _NEEDED.get(type_, set()))
    options = read_options(parts, limits)
    other = parts.truth("other")
    item = Question(
        key=key,
        type=type_,
        label=parts.text("label", limits.label, needed=bool(needed)),
        help=parts.text("help", HELP_LIMIT, lines=True),
        prefix=parts.text("prefix", 20),
        show_if=read_condition(parts),
        lane=_lane(parts),
        each=parts.truth("each"),
        required=parts.truth("required"),
        decline=parts.truth("decline", default=True),
        risk=parts.truth("risk") if "risk" in parts.data else None,
        metric=_metric(parts, type_),
        flag_if=read_flag(parts, type_, options, other),
        severity=read_severity(parts),
        repeats=parts.whole("repeats", 1, MAX_REPEATS) or 1,
        initial=_initial(parts),
        hidden=parts.truth("hidden"),
        min=parts.number("min", NUMBER_BOUND),
        max=parts.number("max", NUMBER_BOUND),
        low=parts.text("low", limits.label),
        high=parts.text("high", limits.label),
        unit=parts.text("unit", limits.label),
        decimals=parts.whole("decimals", 0, MAX_DECIMALS),
        units=read_units(parts, limits),
        stops=read_stops(parts, limits),
        options=options,
        rows=read_rows(parts, limits, options),
        other=other,
        least=parts.whole("least", 1, limits.options),
        most=parts.whole("most", 1, limits.options),
        least_length=parts.whole("least_length", 0, LONGEST_TEXT.get(type_, 0)),
        max_length=parts.whole("max_length", 1, LONGEST_TEXT.get(type_, 0)),
        pattern=parts.text("pattern", PATTERN_LIMIT),
        pattern_hint=parts.text("pattern_hint", limits.label),
        earliest=_moment(parts, "earliest", type_),
        latest=_moment(parts, "latest", type_),
        body=parts.text("body", BODY_LIMIT, needed=True, lines=True),
        attachment=_attachment(parts),
        src=parts.text("src", 200),
        alt=parts.text("alt", HELP_LIMIT, needed=True),
        url=parts.text("url", ADDRESS_LIMIT),
        link_id=parts.text("link_id", 255),
        codes=read_codes(parts),
        questions=inside,
    )
    check_item(item, parts)
    return item


def _lane(parts: Parts) -> Lane | None:
    said = parts.word("lane", _LANES)
    # Editions from before a question could name its lane say `private: true`.
    if parts.truth("private") and said != Lane.OWN:
        return Lane.PRIVATE
    return Lane(said) if said else None


def _metric(parts: Parts, type_: QuestionType) -> str:
    name = parts.data.get("metric", "")
    if name == "":
        return ""
    metric = METRICS.get(name) if isinstance(name, str) else None
    if metric is None:
        parts.wrong("metric", _("There is no such series."))
        return ""
    if metric.type is not type_:
        parts.wrong("metric", _("This series is fed by another type of question."))
    return metric.key


def _initial(parts: Parts) -> tuple[str, ...]:
    said = parts.data.get("initial", [])
    fits = isinstance(said, list) and len(said) <= MAX_REPEATS and all(isinstance(one, str) for one in said)
    if not fits or sum(map(len, said)) > BODY_LIMIT:
        parts.wrong("initial", _("What is filled in beforehand is a short list of texts."))
        return ()
    return tuple(said)


def _moment(parts: Parts, name: str, type_: QuestionType) -> str:
    said = parts.data.get(name, "")
    if said == "":
        return ""
    read = {QuestionType.DATE: moments.iso_date, QuestionType.TIME: moments.iso_time}.get(type_, moments.iso_datetime)
    found = read(said) if isinstance(said, str) else None
    if found is None:
        parts.wrong(name, _("This is a date or a time, such as 2026-05-21 or 18:30."))
    return found or ""


def _attachment(parts: Parts) -> str:
    said = parts.data.get("attachment", "")
    if said == "":
        return ""
    try:
        return str(uuid.UUID(said))
    except (ValueError, TypeError, AttributeError):
        parts.wrong("attachment", _("There is no such picture."))
        return ""
