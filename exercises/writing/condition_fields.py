"""When a question is shown: lines of 'question, operator, answer', of which all must hold or any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exercises.question import ASKED_TYPES, CHOICE_TYPES, DATE_TYPES, NUMBER_TYPES, STEP_TYPES, TEXT_TYPES
from exercises.vocabulary import MOOD_SCALE, Operator, QuestionType
from exercises.writing.condition_words import condition_words

MOST_LINES = 20
_ORDERED = {*STEP_TYPES, *NUMBER_TYPES, *DATE_TYPES, *TEXT_TYPES, QuestionType.CHECKLIST}
_ORDERINGS = (Operator.ABOVE, Operator.BELOW, Operator.AT_LEAST, Operator.AT_MOST)
_INPUTS: Mapping[str, str] = {
    QuestionType.DATE: "date", QuestionType.TIME: "time", QuestionType.DATETIME: "datetime-local",
}  # fmt: skip
YES_NO: list[tuple[str, str | Promise]] = [("true", _("Yes")), ("false", _("No"))]


@dataclass(frozen=True)
class Source:
    """An earlier question that a condition may look at."""

    key: str
    label: str
    item: Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """One line of controls. ``choices`` are the answers to choose from; else an input of ``input`` type.

    ``words``: a condition with brackets, which stands here in words and is kept as it is.
    """

    number: int
    question: str = ""
    operator: str = ""
    answer: str = ""
    operators: list[tuple[str, str | Promise]] = field(default_factory=list)
    choices: list[tuple[str, str | Promise]] = field(default_factory=list)
    input: str = "text"
    unit: str = ""
    words: str = ""
    gone: bool = False


@dataclass(frozen=True)
class ConditionFields:
    """All lines of a condition, and the earlier questions there are."""

    every: bool
    lines: list[Line]
    sources: list[Source]


def sources_before(
    key: str, order: list[str], items: Mapping[str, Mapping[str, Any]], around: set[str]
) -> list[Source]:
    """The questions that come before this one, each row of a grid as one of its own. Groups it lies in are none."""
    made: list[Source] = []
    for number, one in enumerate(order, start=1):
        if one == key:
            break
        item = items[one]
        if item.get("type") not in ASKED_TYPES or one in around:
            continue
        made.append(Source(one, f"{number}. {item.get('label') or ''}", item))
        if item.get("type") == QuestionType.GRID:
            for row in item.get("rows") or ():
                label = f"{number}. {item.get('label') or ''} – {row.get('label', '')}"
                made.append(Source(f"{one}.{row.get('key')}", label, {**item, "type": QuestionType.SINGLE.value}))
    return made


def condition_fields(condition: Any, sources: list[Source], labels: Mapping[str, str]) -> ConditionFields:
    """The controls for a condition, with an empty line behind it."""
    condition = condition if isinstance(condition, Mapping) else {}
    every = "any" not in condition
    parts = condition.get("all") or condition.get("any") or []
    known = {source.key: source for source in sources}
    lines = [_line(number, part, known, labels) for number, part in enumerate(parts[:MOST_LINES])]
    return ConditionFields(every, [*lines, Line(len(lines))], sources)


def _line(number: int, part: Any, known: Mapping[str, Source], labels: Mapping[str, str]) -> Line:
    if not isinstance(part, Mapping) or "all" in part or "any" in part:
        return Line(number, words=condition_words(part, labels))
    key, operator, answer = str(part.get("question", "")), str(part.get("operator", "")), part.get("answer")
    source = known.get(key)
    if source is None:
        return Line(number, key, operator, _as_text(answer), words=condition_words(part, labels), gone=True)
    kind = str(source.item.get("type", ""))
    if operator == Operator.EXISTS and answer is False:
        operator = "missing"
    unit = str(answer.get("unit", "")) if isinstance(answer, Mapping) else ""
    choices = _answers(source.item, operator)
    text = _as_text(answer)
    if choices and text not in dict(choices):
        choices = [("", "…"), *choices]
    return Line(number, key, operator, text, operators_for(source.item), choices, _INPUTS.get(kind, "text"), unit)


def operators_for(item: Mapping[str, Any]) -> list[tuple[str, str | Promise]]:
    """The operators that fit a question, 'has no answer' among them."""
    made: list[tuple[str, str | Promise]] = [
        (Operator.EXISTS.value, Operator.EXISTS.label),
        ("missing", _("has no answer")),
    ]
    if item.get("type") == QuestionType.GRID:
        return made
    made = [(one.value, one.label) for one in (Operator.IS, Operator.IS_NOT)] + made
    options = item.get("options") or ()
    stands = bool(options) and all(isinstance(one, Mapping) and "stands_for" in one for one in options)
    if item.get("type") in _ORDERED or stands:
        made += [(one.value, one.label) for one in _ORDERINGS]
    return made


def _answers(item: Mapping[str, Any], operator: str) -> list[tuple[str, str | Promise]]:
    """What to choose from; nothing where the answer is typed."""
    kind = item.get("type")
    if operator in (Operator.EXISTS, "missing"):
        return []
    if kind == QuestionType.YES_NO:
        return YES_NO
    if kind == QuestionType.MOOD:
        return [(str(step), label) for step, label in MOOD_SCALE.items()]
    if kind == QuestionType.SLIDER:
        return [(str(one.get("value")), str(one.get("label", ""))) for one in item.get("stops") or ()]
    plain = operator in ("", Operator.IS, Operator.IS_NOT)
    if kind in CHOICE_TYPES and plain:
        return [(str(one.get("value")), str(one.get("label", ""))) for one in item.get("options") or ()]
    return []


def _as_text(answer: Any) -> str:
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, Mapping):
        return str(answer.get("number", ""))
    return "" if answer is None else str(answer)


def read_condition(data: QueryDict, before: Any, items: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The condition as posted; None for 'always'. Lines in brackets are taken over from ``before``."""
    if data.get("shown") != "when":
        return None
    before = before if isinstance(before, Mapping) else {}
    old = before.get("all") or before.get("any") or []
    parts: list[Any] = []
    for number in range(MOST_LINES + 1):
        if data.get(f"when-{number}-drop"):
            continue
        if data.get(f"when-{number}-kept"):
            parts += [old[number]] if number < len(old) else []
            continue
        key = data.get(f"when-{number}-question", "")
        if key:
            parts.append(_read_line(data, number, key, items))
    return {"any" if data.get("mode") == "any" else "all": parts} if parts or data.get("shown") == "when" else None


def _read_line(data: QueryDict, number: int, key: str, items: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    operator, text = data.get(f"when-{number}-operator", ""), data.get(f"when-{number}-answer", "").strip()[:500]
    item = items.get(key.partition(".")[0], {})
    kind = QuestionType.SINGLE if "." in key else item.get("type")
    known = [value for value, _label in operators_for({**item, "type": kind})]
    operator = operator if operator in known else known[0]
    if operator in (Operator.EXISTS, "missing"):
        return {"question": key, "operator": Operator.EXISTS.value, "answer": operator == Operator.EXISTS}
    choices = dict(_answers({**item, "type": kind}, operator))
    if choices and text not in choices:
        # Another question was chosen just now: its first answer stands there until somebody chooses.
        text = next(iter(choices))
    answer = _answer(kind, operator, text)
    if kind == QuestionType.QUANTITY and (unit := data.get(f"when-{number}-unit", "")):
        answer = {"number": answer, "unit": unit}
    return {"question": key, "operator": operator, "answer": answer}


def _answer(kind: Any, operator: str, text: str) -> Any:
    from exercises.writing.item_fields import number  # which reads conditions with this module

    if kind == QuestionType.YES_NO:
        return text == "true"
    counted = kind == QuestionType.CHECKLIST and operator not in (Operator.IS, Operator.IS_NOT)
    if kind in STEP_TYPES or kind in NUMBER_TYPES or counted:
        return number(text)
    return text
