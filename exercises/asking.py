"""One question as it stands on a page: its controls, what is in them, and what there is to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify

from exercises.answers import DECLINED, NONE_OF_THESE, text_limit
from exercises.questions import Question
from exercises.vocabulary import MOOD_SCALE, MOOD_WORDS, QuestionType

#: Controls that let one thing be chosen: 'rather not say' is then one more of them.
ONE_OF_A_FEW = frozenset({QuestionType.SCALE, QuestionType.YES_NO, QuestionType.SINGLE, QuestionType.MOOD})


@dataclass(frozen=True)
class Asked:
    """A question with the raw input that fills it, right or wrong.

    ``name`` is the input name, the question's key. With ``preview`` nothing is sent and several questions
    share a page, so headings are smaller.
    """

    question: Question
    raw: tuple[str, ...] = ()
    error: str = ""
    preview: bool = False

    @property
    def name(self) -> str:
        return self.question.key

    @property
    def spot(self) -> str:
        """The id that an error leads to."""
        return f"q-{slugify(self.question.key)}"

    @property
    def kind(self) -> str:
        return self.question.type.value

    @property
    def value(self) -> str:
        """What stands in the one control of a text, a number or a choice among a few."""
        if self.question.type is QuestionType.MOOD:
            return next((part for part in self.raw if part.isdigit()), "")
        return next((part for part in self.raw if part not in (DECLINED, NONE_OF_THESE)), "")

    @property
    def declined(self) -> bool:
        return DECLINED in self.raw

    @property
    def decline_control(self) -> str:
        return "radio" if self.question.type in ONE_OF_A_FEW else "checkbox"

    @property
    def decline_value(self) -> str:
        return DECLINED

    @property
    def none_value(self) -> str:
        return NONE_OF_THESE

    @property
    def limit(self) -> int | None:
        return text_limit(self.question)

    @property
    def stops(self) -> list[int]:
        return list(self.question.steps)

    @property
    def options(self) -> list[dict[str, Any]]:
        """What there is to choose from; for a mood, its five stops."""
        if self.question.type is QuestionType.MOOD:
            return [{"value": str(step), "label": MOOD_SCALE[step]} for step in self.question.steps]
        return [{"value": one.value, "label": one.label} for one in self.question.options]

    @property
    def feelings(self) -> list[dict[str, Any]]:
        return [{"value": value, "label": label} for value, label in MOOD_WORDS.items()]


def ask(question: Question, raw: Sequence[str] = (), error: object = "", preview: bool = False) -> Asked:
    """Return the question ready for ``exercises/portal/_question.html``."""
    return Asked(question, tuple(raw), str(error or ""), preview)
