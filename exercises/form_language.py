"""Reading the form language: from plain lists and dictionaries to questions, or to a list of what is wrong.

    - {key: closeness, type: scale, label: How close I feel, min: 0, max: 10, low: Apart, high: Very close}
    - {key: kept, type: yes_no, label: I kept my promise, private: true, flag_if: 'no'}
    - key: signs
      type: checklist
      label: What applies
      options: [{value: pattern, label: Harmful patterns return}, {value: silenced, label: I hold back}]

Parts that a type does not know are refused, so that a slip of the pen cannot quietly drop a flag or a limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.flags import FlagError, FlagRule
from exercises.questions import NUMBER_LIMIT, Option, Question
from exercises.vocabulary import METRICS, QuestionType

Message = str | Promise

MAX_QUESTIONS = 60
MAX_OPTIONS = 60
MAX_STEPS = 101  # of a scale, both ends included
LABEL_LIMIT = 300

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
OPTION_VALUE = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")

_FOR_EVERY_TYPE = frozenset({"key", "type", "label", "each", "private"})
_BY_TYPE = {
    QuestionType.SCALE: {"min", "max", "low", "high", "metric", "flag_if"},
    QuestionType.YES_NO: {"metric", "flag_if"},
    QuestionType.SINGLE: {"options", "flag_if"},
    QuestionType.MULTI: {"options", "flag_if"},
    QuestionType.CHECKLIST: {"options", "flag_if"},
    QuestionType.SHORT_TEXT: set[str](),
    QuestionType.LONG_TEXT: set[str](),
    QuestionType.NUMBER: {"min", "max", "unit", "metric", "flag_if"},
    QuestionType.MOOD: {"metric", "flag_if"},
}
_NEEDED = {
    QuestionType.SCALE: {"min", "max", "low", "high"},
    QuestionType.SINGLE: {"options"},
    QuestionType.MULTI: {"options"},
    QuestionType.CHECKLIST: {"options"},
}


class FormError(ValueError):
    """The data is not a form. `errors` says what is wrong where ("2.label": the third question's label)."""

    def __init__(self, errors: Mapping[str, list[Message]]) -> None:
        self.errors = dict(errors)
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "; ".join(f"{place}: {', '.join(str(one) for one in found)}" for place, found in self.errors.items())


def read_questions(data: Any) -> tuple[Question, ...]:
    """The questions of a form. Raises FormError, with everything that is wrong at once."""
    if not isinstance(data, list):
        raise FormError({"form": [_("A form is a list of questions.")]})
    if len(data) > MAX_QUESTIONS:
        raise FormError({"form": [format_lazy(_("A form has at most {n} questions."), n=MAX_QUESTIONS)]})
    errors: dict[str, list[Message]] = {}
    questions: list[Question] = []
    keys: set[str] = set()
    for index, item in enumerate(data):
        reader = _QuestionReader(item)
        question = reader.read()
        if question and question.key in keys:
            reader.wrong("key", _("Another question already has this key."))
        for place, found in reader.errors.items():
            errors[f"{index}.{place}"] = found
        if question:
            keys.add(question.key)
            questions.append(question)
    if errors:
        raise FormError(errors)
    return tuple(questions)


@dataclass
class _QuestionReader:
    """Reads one question and notes everything that is wrong with it."""

    data: Any
    errors: dict[str, list[Message]] = field(default_factory=dict)

    def wrong(self, place: str, message: Message) -> None:
        self.errors.setdefault(place, []).append(message)

    def read(self) -> Question | None:
        if not isinstance(self.data, dict):
            self.wrong("question", _("A question is a set of named parts."))
            return None
        kind = self.data.get("type")
        if not isinstance(kind, str) or kind not in QuestionType.values:
            self.wrong("type", _("There is no such type of question."))
            return None
        type_ = QuestionType(kind)
        self._check_names(type_)
        options = self._options()
        question = Question(
            key=self._matching("key", KEY),
            type=type_,
            label=self._text("label", needed=True),
            min=self._whole("min"),
            max=self._whole("max"),
            low=self._text("low"),
            high=self._text("high"),
            unit=self._text("unit"),
            options=options,
            metric=self._metric(type_),
            each=self._truth("each"),
            private=self._truth("private"),
            flag_if=self._flag(type_, tuple(option.value for option in options)),
        )
        self._check_bounds(question)
        return None if self.errors else question

    def _check_names(self, type_: QuestionType) -> None:
        known = _FOR_EVERY_TYPE | _BY_TYPE[type_]
        for name in self.data:
            if name not in known:
                self.wrong(str(name)[:40], _("This type of question has no such part."))
        for name in sorted(_NEEDED.get(type_, set()) - set(self.data)):
            self.wrong(name, _("This is needed."))

    def _text(self, name: str, *, needed: bool = False) -> str:
        return self._label(name, self.data.get(name, ""), needed=needed)

    def _label(self, place: str, value: Any, *, needed: bool) -> str:
        if not isinstance(value, str):
            self.wrong(place, _("This is a line of text."))
            return ""
        try:
            text = wording.tidy(value[: LABEL_LIMIT * 4], lines=False)
        except wording.UnkeepableText as refusal:
            self.wrong(place, refusal.message)
            return ""
        if needed and not text:
            self.wrong(place, _("This is needed."))
        if len(text) > LABEL_LIMIT:
            self.wrong(place, format_lazy(_("There is room for {n} characters."), n=LABEL_LIMIT))
        return text

    def _matching(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self.data.get(name)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.wrong(name, _("A key is small letters, digits and underscores, and starts with a letter."))
        return ""

    def _whole(self, name: str) -> int | None:
        value = self.data.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.wrong(name, _("This is a whole number."))
        return None

    def _truth(self, name: str) -> bool:
        value = self.data.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, _("This is either true or false."))
            return False
        return value

    def _options(self) -> tuple[Option, ...]:
        raw = self.data.get("options")
        if raw is None:
            return ()
        if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_OPTIONS:
            self.wrong("options", format_lazy(_("There are between 1 and {n} options."), n=MAX_OPTIONS))
            return ()
        options: list[Option] = []
        for index, item in enumerate(raw):
            place = f"options.{index}"
            if not isinstance(item, dict) or set(item) != {"value", "label"}:
                self.wrong(place, _("An option has a value and a label."))
                continue
            value = item["value"]
            if not isinstance(value, str) or not OPTION_VALUE.fullmatch(value):
                self.wrong(place, _("The value of an option is small letters, digits and underscores."))
            elif value in {option.value for option in options}:
                self.wrong(place, _("Another option already has this value."))
            else:
                options.append(Option(value, self._label(place, item["label"], needed=True)))
        return tuple(options)

    def _metric(self, type_: QuestionType) -> str:
        name = self.data.get("metric", "")
        if name == "":
            return ""
        metric = METRICS.get(name) if isinstance(name, str) else None
        if metric is None:
            self.wrong("metric", _("There is no such series."))
            return ""
        if metric.type is not type_:
            self.wrong("metric", _("This series is fed by another type of question."))
        return metric.key

    def _flag(self, type_: QuestionType, options: tuple[str, ...]) -> str:
        text = self.data.get("flag_if", "")
        if text == "":
            return ""
        try:
            if not isinstance(text, str):
                raise FlagError(_("A rule is written as text."))
            FlagRule.parse(text).check(type_, options)
        except FlagError as refusal:
            self.wrong("flag_if", refusal.message)
            return ""
        return text

    def _check_bounds(self, question: Question) -> None:
        low, high = question.min, question.max
        if question.type is QuestionType.SCALE and low is not None and high is not None:
            if not low < high:
                self.wrong("max", _("The highest number is above the lowest."))
            elif high - low >= MAX_STEPS or max(abs(low), abs(high)) > 1000:
                self.wrong("max", format_lazy(_("A scale has at most {n} steps."), n=MAX_STEPS))
            if question.metric and (low, high) != (0, 10):
                self.wrong("metric", _("Scales that feed a series run from 0 to 10."))
        if question.type is QuestionType.NUMBER:
            if not 0 <= (low or 0) <= NUMBER_LIMIT or not 0 <= (0 if high is None else high) <= NUMBER_LIMIT:
                self.wrong("max", format_lazy(_("Numbers lie between 0 and {n}."), n=NUMBER_LIMIT))
            elif high is not None and (low or 0) > high:
                self.wrong("max", _("The highest number is above the lowest."))
