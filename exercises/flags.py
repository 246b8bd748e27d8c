"""Which answers ask a therapist to look.

A rule stands beside its question (`flag_if`) and looks at the structured answer alone: what somebody writes
in words can neither raise nor silence it. A question that was left out or declined raises nothing.

    yes, no                 of a yes-or-no question
    >=7, <=3, >7, <3, 0     of a number: a scale, a slider, a mood, a number, a quantity, how many were ticked in a
                            checklist, what the chosen options weigh
    any:one,two             at least one of these options was chosen
    none:one,two            the question was answered, and none of these options was chosen
    other                   something was written beside the options
    answered                anything at all

In a grid the rule holds for each row, unless the row has its own.

How soon somebody has to look is its `severity`: a question that says nothing is urgent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.vocabulary import QuestionType
from practice.saying_why import SaysWhy

if TYPE_CHECKING:
    from exercises.answers import Value
    from exercises.questions import Form

_LONGEST_RULE = 2_000
_NUMBER_RULE = re.compile(r"(>=|<=|>|<|)(-?[0-9]{1,9}(?:\.[0-9]{1,4})?)")
_OPTION_RULE = re.compile(r"(any|none):([A-Za-z0-9_.-]+(?:,[A-Za-z0-9_.-]+)*)")

#: Types whose answer has a number to compare, and those whose options can be named.
COUNTED = frozenset(
    {
        QuestionType.SCALE,
        QuestionType.SLIDER,
        QuestionType.NUMBER,
        QuestionType.QUANTITY,
        QuestionType.MOOD,
        QuestionType.CHECKLIST,
    },
)
CHOSEN = frozenset({QuestionType.SINGLE, QuestionType.MULTI, QuestionType.CHECKLIST, QuestionType.GRID})


class Severity(TextChoices):
    """How soon somebody has to look at an answer. Whatever says nothing of it is urgent."""

    URGENT = "urgent", _("At once: people are told, one after another, until somebody takes it")
    SOON = "soon", _("By the next session: it stands in the list to look at")
    NOTE = "note", _("No hurry: it stands on the couple’s page")

    @property
    def rank(self) -> int:
        """0 for what has to be looked at first."""
        return list(Severity).index(self)


class FlagError(SaysWhy):
    """The text is not a rule, or the rule does not fit its question."""


@dataclass(frozen=True)
class FlagRule:
    """One parsed rule. `word` is yes, no, >=, <=, >, <, =, any, none, other or answered."""

    text: str
    word: str
    number: Decimal | None = None
    options: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> FlagRule:
        if text in ("yes", "no", "other", "answered"):
            return cls(text, text)
        if found := _NUMBER_RULE.fullmatch(text):
            return cls(text, found[1] or "=", number=Decimal(found[2]))
        if len(text) <= _LONGEST_RULE and (found := _OPTION_RULE.fullmatch(text)):
            return cls(text, found[1], options=tuple(found[2].split(",")))
        raise FlagError(
            format_lazy(
                _(
                    "“{rule}” is not a rule: use yes, no, a number, >=7, <=3, any:option, none:option, other"
                    " or answered."
                ),
                rule=text[:40],
            )
        )

    def check(
        self, type: QuestionType, options: tuple[str, ...], *, weighted: bool = False, other: bool = False
    ) -> None:
        """Raises FlagError when no answer to such a question could ever meet the rule."""
        if self.word in ("yes", "no"):
            fits = type is QuestionType.YES_NO
        elif self.word == "answered":
            fits = True
        elif self.word == "other":
            fits = other
        elif self.number is not None:
            fits = type in COUNTED or (type in CHOSEN and weighted)
        else:
            fits = type in CHOSEN and set(self.options) <= set(options)
        if not fits:
            raise FlagError(format_lazy(_("The rule “{rule}” does not fit this question."), rule=self.text))

    def holds(self, value: Value) -> bool:
        """Whether the answer meets the rule. Never for an answer left out or declined."""
        if not value.answered:
            return False
        if self.word == "answered":
            return True
        if self.word == "other":
            return bool(value.text)
        if self.word == "any":
            return any(option in value.choices for option in self.options)
        if self.word == "none":
            return not any(option in value.choices for option in self.options)
        if value.number is None:
            return False
        match self.word:
            case "yes":
                return value.number == 1
            case "no":
                return value.number == 0
            case ">=":
                return value.number >= self._limit
            case "<=":
                return value.number <= self._limit
            case ">":
                return value.number > self._limit
            case "<":
                return value.number < self._limit
        return value.number == self._limit

    @property
    def _limit(self) -> Decimal:
        return self.number if self.number is not None else Decimal(0)


@dataclass(frozen=True)
class Flag:
    """A rule that an answer met. It names the question and the rule, never the answer."""

    key: str  # of the answer: an instance, or a row of a grid
    rule: str
    severity: Severity = Severity.URGENT


def raised(form: Form, answers: Mapping[str, Value]) -> list[Flag]:
    """Every flag that these answers raise, in the order of the form.

    What was hidden cannot raise one: give it what was asked (conditions.asked_answers), or what was sent.
    """
    return [
        Flag(question.key, question.flag.text, Severity(question.severity or Severity.URGENT))
        for question in form.in_order(key for key, value in answers.items() if value.answered)
        if question.flag is not None and question.flag.holds(answers[question.key])
    ]
