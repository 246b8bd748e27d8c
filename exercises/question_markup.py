"""A question as it stands on a page, from its one template: rendered once for all, then filled for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from exercises.asking import Asked
from exercises.vocabulary import QuestionType
from practice.markup import Markup, Open

TEMPLATE = "exercises/portal/_question.html"
#: Where an answer shows as text, or as what is chosen, and as nothing else.
SIMPLE = frozenset(
    {
        *(QuestionType.SCALE, QuestionType.SLIDER, QuestionType.YES_NO, QuestionType.SINGLE, QuestionType.MULTI),
        *(QuestionType.CHECKLIST, QuestionType.MOOD, QuestionType.NUMBER, QuestionType.URL),
        *(QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT),
    }
)
_KEPT = "_markup"


@dataclass(frozen=True)
class _Unanswered(Asked):
    """A question whose answer stands open."""

    @property
    def value(self) -> Any:
        return Open("value")

    @property
    def chosen(self) -> Any:
        return Open("chosen")

    @property
    def declined(self) -> bool:
        return False


def markup_of(asked: Asked, heading: str = "") -> SafeString:
    """Return the fieldset of a question. ``heading`` is that of the page: a label that says the same is not shown."""
    if not _is_simple(asked):
        return render_to_string(TEMPLATE, {"asked": asked, "heading": heading})
    # With the question itself, and so with the form of its edition.
    kept: dict[tuple[Any, ...], Markup] = asked.question.__dict__.setdefault(_KEPT, {})
    key = (get_language(), asked.level, asked.count, asked.label == heading)
    markup = kept.get(key)
    if markup is None:
        bare = _Unanswered(asked.question, level=asked.level, count=asked.count)
        markup = kept[key] = Markup.of(render_to_string(TEMPLATE, {"asked": bare, "heading": heading}))
    return markup.filled({"value": asked.value, "chosen": asked.chosen}.__getitem__)


def _is_simple(asked: Asked) -> bool:
    question = asked.question
    if asked.error or asked.preview or question.type not in SIMPLE or question.other:
        return False
    return question.decline or not asked.declined
