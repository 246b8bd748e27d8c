"""Looking over what was typed before it is sent: by who will read it, each answer with a way back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises import lanes, saying
from exercises.answers import clean_form
from exercises.asking import spot_of
from exercises.lane_words import Said, question_numbers
from exercises.questions import Question
from exercises.saying import SaidAnswer

if TYPE_CHECKING:
    from exercises.doing import Doing


@dataclass(frozen=True)
class LaneBox:
    """A lane, and the numbers of the questions it is about; ``numbered`` where people see those numbers."""

    said: Said
    numbers: tuple[int, ...]
    numbered: bool = True

    @property
    def title(self) -> str:
        return self.said.line

    @property
    def which(self) -> str:
        return question_numbers(self.numbers) if self.numbered else _("Some of the questions")

    @property
    def count(self) -> str:
        return ngettext("%(count)s question", "%(count)s questions", len(self.numbers)) % {"count": len(self.numbers)}


@dataclass(frozen=True)
class Line:
    """One answer on the check page, and the page it is changed on."""

    number: int
    answer: SaidAnswer
    error: str = ""
    raw: str = ""

    @property
    def label(self) -> str:
        return f"{self.answer.head}: {self.answer.label}" if self.answer.head else self.answer.label

    @property
    def spot(self) -> str:
        return spot_of(self.answer.key)

    @property
    def words(self) -> str:
        return self.answer.words

    @property
    def is_text(self) -> bool:
        return self.answer.is_text

    @property
    def declined(self) -> bool:
        return self.answer.declined

    @property
    def left_out(self) -> bool:
        return self.answer.blank and not self.error


def by_lane(doing: Doing) -> list[tuple[LaneBox, list[Line]]]:
    """Return the answers as they stand, by who will read them: what is asked, and nothing that is hidden."""
    found = lanes.groups(doing.asked, doing.assignment.lane)
    every = lines(doing)
    boxes = [LaneBox(doing.said_in(one.lane), one.numbers) for one in found]
    return [(box, [every[number - 1] for number in box.numbers]) for box in boxes]


def lines(doing: Doing) -> list[Line]:
    """Return a line for everything that is asked, with what keeps it from being sent."""
    raw = doing.kept.raw
    _values, errors = clean_form(doing.form, raw, sending=True, known=doing.known)
    made = []
    for one in saying.lines(doing.form, doing.values, doing.asked):
        keys = _keys(one.question)
        wrong = [str(errors[key]) for key in keys if key in errors]
        typed = " ".join(part for key in keys for part in raw.get(key, ()))
        made.append(Line(doing.page_of(one.question), one, wrong[0] if wrong else "", typed))
    return made


def _keys(question: Question) -> list[str]:
    return [one.key for one in question.row_questions] or [question.key]
