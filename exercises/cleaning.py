"""From what a browser sends for one question to a value we can keep, by type of question."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

import regex
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import moments, wording
from exercises.form_language.fitting import is_address
from exercises.question import CHOICE_TYPES, NUMBER_LIMIT, TEXT_TYPES, Question
from exercises.question_parts import Number
from exercises.values import (
    BLANK,
    DECLINED,
    LONG_TEXT_LIMIT,
    MARKS,
    NONE_OF_THESE,
    OTHER,
    SHORT_TEXT_LIMIT,
    QuestionError,
    Value,
    without_idle_zeros,
)
from exercises.vocabulary import MOOD_WORDS, QuestionType

ADDRESS_LIMIT = 2_000
PATTERN_SECONDS = 0.1

_WHOLE = re.compile(r"-?\d{1,4}")
_NUMBER = re.compile(r"([-−]?)(\d{1,10})(?:([.,٫])(\d{1,6}))?")


def text_limit(question: Question) -> int | None:
    """How many characters (code points, composed) a text answer may have."""
    most = {
        QuestionType.SHORT_TEXT: SHORT_TEXT_LIMIT,
        QuestionType.LONG_TEXT: LONG_TEXT_LIMIT,
        QuestionType.URL: ADDRESS_LIMIT,
    }.get(question.type)
    return most if most is None or question.max_length is None else min(most, question.max_length)


def clean(question: Question, raw: Sequence[str]) -> Value:
    """The answer in what a browser sent for this question. Raises QuestionError, and nothing else."""
    if not all(isinstance(part, str) for part in raw):
        raise QuestionError(_("This answer did not arrive as it should. Please give it once more."))
    given = [part for part in raw if part.strip()]
    said = [part for part in given if part != DECLINED]
    if not given:
        return BLANK
    if len(said) < len(given):
        if said and _answers_something(question, said):
            # Keeping either would lose words or say what the person would rather not.
            raise QuestionError(_("Here is an answer and also “I would rather not say”. Please keep one of the two."))
        if not question.decline:
            raise QuestionError(_("Please answer this one, or leave it out."))
        return Value(declined=True)
    read = _READERS.get(question.type)
    return read(question, said) if read else BLANK


def _answers_something(question: Question, said: Sequence[str]) -> bool:
    """A unit alone, which a list of them always sends, is no answer."""
    units = {unit.value for unit in question.units}
    return any(part.strip() not in units for part in said)


def _only(said: Sequence[str]) -> str:
    if len(said) > 1:
        raise QuestionError(_("Please give one answer here."))
    return said[0].strip()


def _tidied(text: str, limit: int, *, lines: bool) -> str:
    # Composing shortens a letter by three marks at most; more than that is over the limit without counting.
    if len(text) <= limit * 4:
        try:
            text = wording.tidy(text, lines=lines)
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
    return "" if wording.is_blank(text) else text


def _text(question: Question, said: Sequence[str]) -> Value:
    text = _tidied(_only(said), text_limit(question) or 0, lines=question.type is QuestionType.LONG_TEXT)
    if not text:
        return BLANK
    if question.least_length is not None and len(text) < question.least_length:
        raise QuestionError(format_lazy(_("Please write at least {n} characters."), n=question.least_length))
    if question.pattern and not _fits_pattern(question.pattern, text):
        raise QuestionError(question.pattern_hint or _("This is not quite in the form that is asked for."))
    return Value(text=text)


def _fits_pattern(pattern: str, text: str) -> bool:
    """Whether the text fits. A pattern that takes too long decides nothing: the words are kept."""
    try:
        return bool(regex.fullmatch(pattern, text, timeout=PATTERN_SECONDS))
    except (TimeoutError, regex.error, MemoryError):
        return True


def _choice(question: Question, said: Sequence[str]) -> Value:
    chosen = {part.strip() for part in said}
    if question.type is QuestionType.CHECKLIST and NONE_OF_THESE in chosen:
        if len(chosen) > 1:
            raise QuestionError(_("Here are ticks and also “none of these”. Please keep one of the two."))
        return Value(number=Decimal(0))
    choices = tuple(option.value for option in question.options if option.value in chosen)
    words = _other_words(question, [part for part in said if part.strip() not in choices])
    if len(choices) + bool(words) > 1:
        if question.type is QuestionType.SINGLE:
            raise QuestionError(_("Please choose one of the answers."))
        _check_together(question, choices)
    return Value(_number_of(question, choices), choices, words)


def _other_words(question: Question, rest: Sequence[str]) -> str:
    """What was written beside the options; whatever is neither is refused."""
    words = [part for part in rest if part.strip() not in MARKS]
    marked = any(part.strip() == OTHER for part in rest)
    if not question.other or any(part.strip() == NONE_OF_THESE for part in rest):
        if rest:
            raise QuestionError(_("Please choose from the answers shown."))
        return ""
    if marked and not words:
        raise QuestionError(_("Please write your own answer, or choose another one."))
    return _tidied(_only(words), SHORT_TEXT_LIMIT, lines=False) if words else ""


def _check_together(question: Question, choices: Sequence[str]) -> None:
    for value in choices:
        option = question.option(value)
        if option is not None and option.exclusive:
            raise QuestionError(
                format_lazy(_("“{option}” stands alone. Please keep it, or the others."), option=option.label)
            )


def _number_of(question: Question, choices: Sequence[str]) -> Decimal | None:
    """How many were ticked in a checklist; elsewhere what the chosen options weigh, if they weigh anything."""
    if question.type is QuestionType.CHECKLIST:
        return Decimal(len(choices))
    weights = [weight for value in choices if (weight := question.weight(value)) is not None]
    return sum(weights, Decimal(0)) if weights else None


def _several(question: Question, said: Sequence[str]) -> Value:
    value = _choice(question, said)
    count = len(value.choices) + bool(value.text)
    if question.least is not None and count < question.least:
        raise QuestionError(format_lazy(_("Please choose at least {n}."), n=question.least))
    if question.most is not None and count > question.most:
        raise QuestionError(format_lazy(_("Please choose at most {n}."), n=question.most))
    return value


def _yes_no(question: Question, said: Sequence[str]) -> Value:
    word = _only(said)
    if word not in ("yes", "no"):
        raise QuestionError(_("Please choose yes or no, or leave this out."))
    return Value(number=Decimal(word == "yes"))


def _scale(question: Question, said: Sequence[str]) -> Value:
    return Value(number=_step(question, _only(said)))


def _step(question: Question, said: str) -> Decimal:
    steps = question.steps
    if _WHOLE.fullmatch(said) and int(said) in steps:
        return Decimal(int(said))
    raise QuestionError(
        format_lazy(_("Please choose a number from {low} to {high}."), low=steps.start, high=steps.stop - 1)
    )


def _slider(question: Question, said: Sequence[str]) -> Value:
    word = _only(said)
    if _WHOLE.fullmatch(word) and int(word) in question.steps:
        return Value(number=Decimal(int(word)))
    raise QuestionError(_("Please choose one of the places on the line."))


def _mood(question: Question, said: Sequence[str]) -> Value:
    parts = {part.strip() for part in said}
    steps = [part for part in parts if part not in MOOD_WORDS]
    number = _step(question, _only(steps)) if steps else None
    return Value(number=number, choices=tuple(word for word in MOOD_WORDS if word in parts))


def _number(question: Question, said: Sequence[str]) -> Value:
    return Value(number=_read_number(question, _only(said)))


def _read_number(question: Question, said: str) -> Decimal:
    found = _NUMBER.fullmatch(said)
    decimals = 2 if question.decimals is None else question.decimals
    low, high = question.min or 0, NUMBER_LIMIT if question.max is None else question.max
    if not found or (found[1] and low >= 0):
        raise QuestionError(_("Please write a plain number, such as 1000 or 2.5."))
    if found[4] and (len(found[4]) > decimals or (len(found[4]) == 3 and found[3] != ".")):
        # "1,000" may mean a thousand or one: so it is asked about, and not taken for either.
        if not decimals:
            raise QuestionError(_("Please write a whole number, such as 1000."))
        raise QuestionError(_("Please write a plain number, such as 1000 or 2.5."))
    sign = "-" if found[1] else ""
    number = without_idle_zeros(Decimal(f"{sign}{int(found[2])}.{found[4] or '0'}")) + 0
    if not low <= number <= high:
        raise QuestionError(
            format_lazy(_("Please write a number from {low} to {high}."), low=_plain(low), high=_plain(high))
        )
    return number


def _plain(number: Number) -> str:
    return f"{number:,}".replace(",", " ")


def _quantity(question: Question, said: Sequence[str]) -> Value:
    parts = {part.strip() for part in said}
    units = [unit.value for unit in question.units if unit.value in parts]
    numbers = [part for part in parts if part not in units]
    if not numbers:
        return BLANK  # a list of units always sends one
    if not units and len(question.units) == 1:
        units = [question.units[0].value]
    number = _read_number(question, _only(numbers))
    if len(units) != 1:
        raise QuestionError(_("Please choose one unit."))
    return Value(number=number, choices=(units[0],))


def _address(question: Question, said: Sequence[str]) -> Value:
    text = _tidied(_only(said), ADDRESS_LIMIT, lines=False)
    if not text:
        return BLANK
    if not is_address(text, ("https", "http")):
        raise QuestionError(_("Please write a web address that begins with https://."))
    return Value(text=text)


def _moment(read: Callable[[str], str | None], message: str | Promise) -> Callable[[Question, Sequence[str]], Value]:
    def clean_moment(question: Question, said: Sequence[str]) -> Value:
        text = "T".join(part.strip() for part in said[:3])
        found = None if question.type is QuestionType.DATETIME and ":" not in text else read(text)
        if found is None:
            raise QuestionError(message)
        if question.earliest and found < question.earliest:
            raise QuestionError(format_lazy(_("Please choose {moment} or later."), moment=question.earliest))
        if question.latest and found > question.latest:
            raise QuestionError(format_lazy(_("Please choose {moment} or earlier."), moment=question.latest))
        return Value(text=found)

    return clean_moment


_READERS: dict[QuestionType, Callable[[Question, Sequence[str]], Value]] = {
    **dict.fromkeys(TEXT_TYPES, _text),
    **dict.fromkeys(CHOICE_TYPES, _choice),
    QuestionType.MULTI: _several,
    QuestionType.YES_NO: _yes_no,
    QuestionType.SCALE: _scale,
    QuestionType.SLIDER: _slider,
    QuestionType.MOOD: _mood,
    QuestionType.NUMBER: _number,
    QuestionType.QUANTITY: _quantity,
    QuestionType.URL: _address,
    QuestionType.DATE: _moment(moments.iso_date, _("Please write a day that there is, such as 2026-05-21.")),
    QuestionType.TIME: _moment(moments.iso_time, _("Please write a time of day, such as 18:30.")),
    QuestionType.DATETIME: _moment(moments.iso_datetime, _("Please write a day and a time, such as 2026-05-21 18:30.")),
}
