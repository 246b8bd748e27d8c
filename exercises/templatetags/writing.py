"""What the builder's templates need beside plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms, template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exercises.models import Edition, Exercise
from exercises.translations import language_name, languages
from exercises.vocabulary import Lane, QuestionType
from exercises.writing.adapting import offered

register = template.Library()

_T = QuestionType
_GROUPS: list[tuple[str | Promise, tuple[QuestionType, ...]]] = [
    (_("Choosing"), (_T.SCALE, _T.SLIDER, _T.YES_NO, _T.SINGLE, _T.MULTI, _T.CHECKLIST, _T.GRID, _T.MOOD)),
    (_("Writing"), (_T.SHORT_TEXT, _T.LONG_TEXT, _T.URL)),
    (_("Numbers and dates"), (_T.NUMBER, _T.QUANTITY, _T.DATE, _T.TIME, _T.DATETIME)),
    (_("Shown only"), (_T.SECTION, _T.INSTRUCTIONS, _T.IMAGE, _T.LINK)),
    (_("Several together"), (_T.GROUP,)),
]


@register.filter
def question_types(chosen: str) -> list[tuple[str | Promise, list[tuple[str, str | Promise, bool]]]]:
    """Every type there is, sorted by what people do; the chosen one is marked."""
    return [(name, [(one.value, one.label, one.value == chosen) for one in types]) for name, types in _GROUPS]


@register.filter
def get(found: Mapping[str, Any] | None, name: str) -> Any:
    """What a dictionary holds under a name that only the page knows."""
    return (found or {}).get(name, "")


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def field_of(form: forms.Form, name: str) -> forms.BoundField:
    return form[name]


@register.filter
def first_of(things: Sequence[Any], most: int | str) -> Sequence[Any]:
    """The first few; all of them without a number."""
    return things[: int(most)] if most else things


@register.filter
def lane_word(lane: str) -> str:
    return str(Lane(lane).label) if lane in Lane.values else lane


@register.filter
def languages_of(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The languages it is translated into, by their own names."""
    return [(tag, language_name(tag)) for tag in languages(content)[1:]]


@register.filter
def news_of_original(exercise: Exercise) -> Edition | None:
    """The newer edition of what it was adapted from, if there is one to look at."""
    return offered(exercise)


@register.filter
def among(value: object, things: Iterable[object]) -> bool:
    return value in things


@register.filter
def input_type(kind: str) -> str:
    """The kind of input for a moment."""
    return "datetime-local" if kind == _T.DATETIME else kind


@register.filter
def takes_alone(kind: str) -> bool:
    """Whether several options can be chosen, so that one may stand alone."""
    return kind in (_T.MULTI, _T.CHECKLIST)
