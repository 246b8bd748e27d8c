"""What somebody answered to a question: from what a browser sends to a value we can keep, and back to words.

Nothing is ever required: a question left out is `BLANK`, and 'rather not say' is an answer of its own kind,
neither counted nor flagged. Every question has one input name. A browser sends under it what was typed or
chosen; `DECLINED` and `NONE_OF_THESE` stand for the two choices that belong to no list of options.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.questions import CHOICE_TYPES, NUMBER_LIMIT, TEXT_TYPES, Form, Question
from exercises.vocabulary import MOOD_SCALE, MOOD_WORDS, QuestionType

# No option may hold a colon, so neither can be mistaken for one.
DECLINED = "::rather-not-say"
NONE_OF_THESE = "::none"

SHORT_TEXT_LIMIT = 500
LONG_TEXT_LIMIT = 10_000

_WHOLE = re.compile(r"-?\d{1,4}")
# Two decimals at most: so that 1,000 is asked about and not taken for one.
_NUMBER = re.compile(r"(\d{1,9})(?:[.,٫](\d{1,2}))?")


class QuestionError(ValueError):
    """The answer cannot be kept as it is; `message` says in kind words what would help."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Value:
    """A cleaned answer. Which part is filled depends on the type of the question:

    number: scale, number, a mood's valence, 1 or 0 for yes or no, how many were ticked in a checklist
    choices: single, multi, checklist, a mood's words, in the order of the form
    text: short and long text
    """

    number: Decimal | None = None
    choices: tuple[str, ...] = ()
    text: str = ""
    declined: bool = False

    @property
    def answered(self) -> bool:
        """False when it was left out, and when the person would rather not say."""
        return self.number is not None or bool(self.choices) or bool(self.text)

    @property
    def blank(self) -> bool:
        return not self.answered and not self.declined

    def as_data(self) -> dict[str, Any]:
        """For JSON, only what is said. The number is text, so that no digit is lost."""
        data: dict[str, Any] = {}
        if self.number is not None:
            data["number"] = str(self.number)
        if self.choices:
            data["choices"] = list(self.choices)
        if self.text:
            data["text"] = self.text
        if self.declined:
            data["declined"] = True
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Value:
        number = data.get("number")
        return cls(
            number=None if number is None else Decimal(number),
            choices=tuple(data.get("choices", ())),
            text=data.get("text", ""),
            declined=bool(data.get("declined", False)),
        )


BLANK = Value()


def text_limit(question: Question) -> int | None:
    """How many characters (code points, composed) a text answer may have."""
    return {QuestionType.SHORT_TEXT: SHORT_TEXT_LIMIT, QuestionType.LONG_TEXT: LONG_TEXT_LIMIT}.get(question.type)


def clean(question: Question, raw: Sequence[str]) -> Value:
    """The answer in what a browser sent for this question. Raises QuestionError, and nothing else."""
    if not all(isinstance(part, str) for part in raw):
        raise QuestionError(_("This answer did not arrive as it should. Please give it once more."))
    given = [part for part in raw if part.strip()]
    said = [part for part in given if part != DECLINED]
    if not given:
        return BLANK
    if len(said) < len(given):
        if said:
            # Keeping either would lose words or say what the person would rather not.
            raise QuestionError(_("Here is an answer and also “I would rather not say”. Please keep one of the two."))
        return Value(declined=True)
    if question.type in TEXT_TYPES:
        return _text(question, said)
    if question.type in CHOICE_TYPES:
        return _choice(question, said)
    match question.type:
        case QuestionType.YES_NO:
            return _yes_no(said)
        case QuestionType.SCALE:
            return Value(number=_step(question, _only(said)))
        case QuestionType.MOOD:
            return _mood(question, said)
    return _number(question, _only(said))


def clean_form(
    form: Form, raw: Mapping[str, Sequence[str]], keys: Iterable[str] | None = None
) -> tuple[dict[str, Value], dict[str, QuestionError]]:
    """The answers to a form (or to `keys` of it), and what cannot be kept. Unknown names are ignored."""
    wanted = None if keys is None else set(keys)
    values: dict[str, Value] = {}
    errors: dict[str, QuestionError] = {}
    for question in form:
        if wanted is None or question.key in wanted:
            try:
                values[question.key] = clean(question, raw.get(question.key, ()))
            except QuestionError as error:
                errors[question.key] = error
    return values, errors


def _only(said: Sequence[str]) -> str:
    if len(said) > 1:
        raise QuestionError(_("Please give one answer here."))
    return said[0].strip()


def _text(question: Question, said: Sequence[str]) -> Value:
    limit = text_limit(question) or 0
    text = _only(said)
    # Composing shortens a letter by three marks at most; more than that is over the limit without counting.
    if len(text) <= limit * 4:
        try:
            text = wording.tidy(text, lines=question.type is QuestionType.LONG_TEXT)
        except wording.UnkeepableText as refusal:
            raise QuestionError(refusal.message) from None
    if len(text) > limit:
        raise QuestionError(
            format_lazy(
                _("This has {length} characters, and there is room for {limit}. Please shorten it a little."),
                length=len(text),
                limit=limit,
            )
        )
    return BLANK if wording.is_blank(text) else Value(text=text)


def _choice(question: Question, said: Sequence[str]) -> Value:
    chosen = {part.strip() for part in said}
    if question.type is QuestionType.CHECKLIST and NONE_OF_THESE in chosen:
        if len(chosen) > 1:
            raise QuestionError(_("Here are ticks and also “none of these”. Please keep one of the two."))
        return Value(number=Decimal(0))
    choices = tuple(option.value for option in question.options if option.value in chosen)
    if len(choices) != len(chosen):
        raise QuestionError(_("Please choose from the answers shown."))
    if question.type is QuestionType.SINGLE and len(choices) > 1:
        raise QuestionError(_("Please choose one of the answers."))
    counted = Decimal(len(choices)) if question.type is QuestionType.CHECKLIST else None
    return Value(number=counted, choices=choices)


def _yes_no(said: Sequence[str]) -> Value:
    word = _only(said)
    if word not in ("yes", "no"):
        raise QuestionError(_("Please choose yes or no, or leave this out."))
    return Value(number=Decimal(word == "yes"))


def _step(question: Question, said: str) -> Decimal:
    steps = question.steps
    if _WHOLE.fullmatch(said) and int(said) in steps:
        return Decimal(int(said))
    raise QuestionError(
        format_lazy(_("Please choose a number from {low} to {high}."), low=steps.start, high=steps.stop - 1)
    )


def _mood(question: Question, said: Sequence[str]) -> Value:
    parts = {part.strip() for part in said}
    steps = [part for part in parts if part not in MOOD_WORDS]
    number = _step(question, _only(steps)) if steps else None
    return Value(number=number, choices=tuple(word for word in MOOD_WORDS if word in parts))


def _number(question: Question, said: str) -> Value:
    found = _NUMBER.fullmatch(said)
    if not found:
        raise QuestionError(_("Please write a plain number, such as 1000 or 2.5."))
    number = Decimal(f"{int(found[1])}.{found[2] or '0'}")
    number = number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
    low, high = question.min or 0, NUMBER_LIMIT if question.max is None else question.max
    if not low <= number <= high:
        raise QuestionError(
            format_lazy(_("Please write a number from {low} to {high}."), low=low, high=f"{high:,}".replace(",", " "))
        )
    return Value(number=number)


def words(question: Question, value: Value) -> str:
    """The answer as a reader sees it, translated. Empty when the question was left out."""
    if value.declined:
        return gettext("Rather not say")
    if not value.answered:
        return ""
    if question.type in TEXT_TYPES:
        return value.text
    if question.type in CHOICE_TYPES:
        return ", ".join(question.option_label(choice) for choice in value.choices) or gettext("None of these")
    if question.type is QuestionType.YES_NO:
        return gettext("Yes") if value.number == 1 else gettext("No")
    if question.type is QuestionType.MOOD:
        return _mood_words(value)
    figure = "" if value.number is None else number_format(_without_idle_zeros(value.number))
    if question.type is QuestionType.SCALE:
        return gettext("%(number)s of %(highest)s") % {"number": figure, "highest": question.max}
    # "1 times" reads badly, and the question itself says what is counted.
    return f"{figure} {question.unit}" if question.unit and value.number != 1 else figure


def _without_idle_zeros(number: Decimal) -> Decimal:
    """7.000, as a column with three decimals gives it back, is 7."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def _mood_words(value: Value) -> str:
    feelings = ", ".join(str(MOOD_WORDS.get(word, word)) for word in value.choices)
    level = "" if value.number is None else str(MOOD_SCALE.get(int(value.number), value.number))
    if level and feelings:
        return gettext("%(level)s: %(feelings)s") % {"level": level, "feelings": feelings.lower()}
    return level or feelings
