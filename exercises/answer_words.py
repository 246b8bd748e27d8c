"""An answer as a reader sees it, in their language; the form's own words come from the form."""

from __future__ import annotations

import datetime

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext

from exercises.question import CHOICE_TYPES, Question
from exercises.values import Value, without_idle_zeros
from exercises.vocabulary import MOOD_SCALE, MOOD_WORDS, QuestionType


def words(question: Question, value: Value) -> str:
    """The answer in words. Empty when the question was left out."""
    if value.declined:
        return gettext("Rather not say")
    if not value.answered:
        return ""
    if question.type in CHOICE_TYPES:
        chosen = [question.option_label(choice) for choice in value.choices]
        return ", ".join([*chosen, value.text] if value.text else chosen) or gettext("None of these")
    match question.type:
        case QuestionType.YES_NO:
            return gettext("Yes") if value.number == 1 else gettext("No")
        case QuestionType.MOOD:
            return _mood(value)
        case QuestionType.DATE | QuestionType.TIME | QuestionType.DATETIME:
            return _moment(value.text)
        case QuestionType.SCALE | QuestionType.SLIDER | QuestionType.NUMBER | QuestionType.QUANTITY:
            return _number(question, value)
    return value.text


def _number(question: Question, value: Value) -> str:
    figure = "" if value.number is None else number_format(without_idle_zeros(value.number))
    if question.type is QuestionType.SLIDER:
        return (question.stop_label(int(value.number)) if value.number is not None else "") or figure
    if question.type is QuestionType.SCALE:
        return gettext("%(number)s of %(highest)s") % {"number": figure, "highest": question.max}
    if question.type is QuestionType.QUANTITY:
        return " ".join([figure, *(question.unit_label(unit) for unit in value.choices)])
    # "1 times" reads badly, and the question itself says what is counted.
    return f"{figure} {question.unit}" if question.unit and value.number != 1 else figure


def _mood(value: Value) -> str:
    feelings = ", ".join(str(MOOD_WORDS.get(word, word)) for word in value.choices)
    level = "" if value.number is None else str(MOOD_SCALE.get(int(value.number), value.number))
    if level and feelings:
        return gettext("%(level)s: %(feelings)s") % {"level": level, "feelings": feelings.lower()}
    return level or feelings


def _moment(text: str) -> str:
    """The day as it is written here. What cannot be read is shown as it is."""
    try:
        if "T" in text:
            moment = datetime.datetime.fromisoformat(text)
            return f"{date_format(moment, 'DATE_FORMAT')} {time_format(moment.time(), 'H:i')}"
        if ":" in text:
            return time_format(datetime.time.fromisoformat(text), "H:i")
        return date_format(datetime.date.fromisoformat(text), "DATE_FORMAT")
    except ValueError:
        return text
