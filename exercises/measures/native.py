"""A form of ours that refers to a measure: which question is which item, and what its answers come to.

    {"measure": "phq9", "version": 1, "items": {"<question>": <item number>}}

An edition keeps the version of the definition that it was published with (the first where it names none), and
its scores keep it too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.flags import Flag
from exercises.measures.definition import Item, Measure
from exercises.measures.reading import find
from exercises.measures.scoring import POSITIVE, MeasureScore, score
from exercises.question import Question
from exercises.questions import Form
from exercises.scoring import NativeNumber, ScoringError, number_of, register_measures
from exercises.values import BLANK, Value
from exercises.vocabulary import QuestionType


class MeasureScoringError(ScoringError):
    """The data does not make that form the measure."""


@dataclass(frozen=True)
class MeasureScoring:
    """Which question of a form is which item of a measure."""

    measure: Measure
    items: Mapping[str, int]
    form: Form

    @classmethod
    def from_data(cls, data: Any, form: Form) -> MeasureScoring:
        """Raises MeasureScoringError unless every item is there once, with weights that it may have."""
        if not isinstance(data, dict) or not {"measure", "items"} <= set(data) <= {"measure", "version", "items"}:
            raise MeasureScoringError(_("A form of a measure names the measure, its version and its items."))
        measure = find(str(data["measure"]), data.get("version", 1))
        if measure is None:
            raise MeasureScoringError(_("There is no such measure."))
        items = data["items"]
        if not isinstance(items, dict) or any(type(number) is not int for number in items.values()):
            raise MeasureScoringError(_("The items of a measure are given as numbers."))
        if sorted(items.values()) != [item.number for item in measure.items]:
            raise MeasureScoringError(
                format_lazy(_("{measure} needs every item, each of them once."), measure=measure.name)
            )
        for key, number in items.items():
            if key not in form:
                raise MeasureScoringError(format_lazy(_("There is no question “{key}”."), key=key))
            _check(form, form[key], measure.item(number))
        return cls(measure, dict(items), form)

    def as_data(self) -> dict[str, Any]:
        return {"measure": self.measure.key, "version": self.measure.version, "items": dict(self.items)}

    @property
    def keys(self) -> tuple[str, ...]:
        """The questions in the order of their items."""
        return tuple(sorted(self.items, key=lambda key: self.items[key]))

    def score(self, answers: Mapping[str, Value], hidden: Collection[str] = ()) -> MeasureScore:
        """What the answers come to. ``hidden`` are questions that a condition switched off: they are not missing."""
        values = {number: number_of(self.form[key], answers.get(key, BLANK)) for key, number in self.items.items()}
        return score(self.measure, values, [number for key, number in self.items.items() if key in hidden])

    def numbers(self, answers: Mapping[str, Value], hidden: Collection[str] = ()) -> list[NativeNumber]:
        """The total and the parts that there are, for series of scores."""
        found = self.score(answers, hidden)
        values = {self.measure.key: found.total}
        values |= {f"{self.measure.key}.{part.key}": found.subscales[part.key] for part in self.measure.subscales}
        return [
            NativeNumber(series, value, found.answered or 0, found.of, found.prorated, self.measure.rule)
            for series, value in values.items()
            if value is not None
        ]

    def raised(self, answers: Mapping[str, Value], hidden: Collection[str] = ()) -> list[Flag]:
        """What a therapist must look at, whatever the total is and whatever the form itself marks.

        A safety item is named by its question. A screen that is positive as a whole is named by its measure.
        """
        found = self.score(answers, hidden)
        keys = {number: key for key, number in self.items.items()}
        flags = [Flag(keys[number], SAFETY_RULE) for number, state in found.safety.items() if state == "raised"]
        if POSITIVE in found.flags:
            flags.append(Flag(self.measure.key, POSITIVE))
        return flags


def scoring_in(content: Mapping[str, Any], form: Form) -> MeasureScoring | None:
    """How an edition's content is a measure, if it is one."""
    plan = content.get("scoring")
    for one in plan if isinstance(plan, list) else [plan]:
        if isinstance(one, dict) and "measure" in one:
            return MeasureScoring.from_data(one, form)
    return None


#: Kinds of questions whose answer is one number, by itself or by the weight of the option chosen.
ONE_NUMBER = (QuestionType.SINGLE, QuestionType.SCALE, QuestionType.SLIDER, QuestionType.NUMBER)

#: The rule of a safety item, where other questions say ">=7": any answer but the lowest.
SAFETY_RULE = "safety"


def _check(form: Form, question: Question, item: Item) -> None:
    """Refuses a question whose answers could not be the item's."""
    if question.type not in ONE_NUMBER or form.spots[question.base.partition(".")[0]].levels:
        raise MeasureScoringError(
            format_lazy(_("“{label}”: an item of a measure is answered once, with one number."), label=question.label)
        )
    ends = question.ends
    if ends is None or min(ends) < item.low or max(ends) > item.high or not _all_weighted(question):
        words = _("“{label}”: the answers to item {n} have weights from {low} to {high}.")
        raise MeasureScoringError(format_lazy(words, label=question.label, n=item.number, low=item.low, high=item.high))


def _all_weighted(question: Question) -> bool:
    return all(question.weight(option.value) is not None for option in question.options)


register_measures(MeasureScoring.from_data)
