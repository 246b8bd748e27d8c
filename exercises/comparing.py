"""Answers side by side: what everybody said to one question, as words and, for steps, on one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from clients.models import Partner
from exercises import saying
from exercises.answers import BLANK, Value, words
from exercises.lanes import OPEN_LANES, is_personal
from exercises.models import Answer
from exercises.questions import TEXT_TYPES, Form, Question
from exercises.together import Opened
from exercises.vocabulary import MOOD_SCALE, QuestionType

#: Up to this part of the scale apart, two answers count as close.
CLOSE = Decimal("0.2")
LEFT, RIGHT, MIDDLE = 12, 338, 14
APART = 16


@dataclass(frozen=True)
class Voice:
    """What one person said. Left out and 'rather not say' look the same to a partner: ``words`` is empty."""

    name: str
    position: int
    words: str
    number: Decimal | None = None


@dataclass(frozen=True)
class Mark:
    """A partner's mark on the line, at ``x`` of 350."""

    position: int
    x: float


@dataclass(frozen=True)
class Compared:
    """One question, or one row of a grid, and everybody's answer to it."""

    question: Question
    voices: tuple[Voice, ...]
    marks: tuple[Mark, ...] = ()
    label: str = ""

    @property
    def is_text(self) -> bool:
        return self.question.type in TEXT_TYPES

    @property
    def said(self) -> tuple[Voice, ...]:
        return tuple(voice for voice in self.voices if voice.words)

    @property
    def close(self) -> bool:
        """Whether everybody is about in the same place; only asked when at least two have answered."""
        numbers = [voice.number for voice in self.said if voice.number is not None]
        if len(numbers) == len(self.said) and self.question.steps:
            steps = self.question.steps
            return (max(numbers) - min(numbers)) / Decimal(max(steps[-1] - steps[0], 1)) <= CLOSE
        return len({voice.words for voice in self.said}) == 1

    @property
    def low(self) -> str:
        return _end(self.question, self.question.steps[0], self.question.low)

    @property
    def high(self) -> str:
        return _end(self.question, self.question.steps[-1], self.question.high)

    @property
    def span(self) -> tuple[float, float]:
        """From the first mark to the last: the line that joins them."""
        places = [mark.x for mark in self.marks]
        return (min(places), max(places))

    @property
    def described(self) -> str:
        return ", ".join(f"{voice.name}: {voice.words}" for voice in self.said)


def _end(question: Question, number: int, anchor: str) -> str:
    if question.type is QuestionType.MOOD:
        return str(MOOD_SCALE[number])
    if question.type is QuestionType.SLIDER:
        return question.stop_label(number)
    return f"{number} {anchor}".strip()


@dataclass(frozen=True)
class SideBySide:
    """A whole page: words first, then where people are close, then where they saw it differently."""

    first: Compared | None
    close: tuple[Compared, ...]
    different: tuple[Compared, ...]
    words: tuple[Compared, ...]
    alone: tuple[Compared, ...]
    agreed: tuple[Compared, ...]


def side_by_side(group: Opened, partners: Iterable[Partner]) -> SideBySide:
    """Put the open answers of a slot side by side; the database leaves out whatever is not for this reader."""
    answers = Answer.objects.filter(response__in=group.responses, lane__in=OPEN_LANES).order_by("pk")
    by_question: dict[str, dict] = {}
    for answer in answers:
        by_question.setdefault(answer.key, {})[answer.author_id] = answer
    senders = {one.author_id for one in group.responses}
    people = [one for one in partners if one.client_id in senders]
    together, personal = [], []
    for question, label in _asked(group.edition.form, by_question):
        there = by_question[question.key]
        if is_personal(question, group.lane):
            personal.append(_compared(question, label, there, people))
        else:
            here = [one for one in people if one.client_id in there]
            together.append(_compared(question, label, there, here))
    return _arranged([one for one in personal if one.said], [one for one in together if one.said])


def _asked(form: Form, keys: Iterable[str]) -> list[tuple[Question, str]]:
    """What these answers are to, in the order of the form, with what it is called; rows of grids each for itself."""
    nothing = dict.fromkeys(keys, BLANK)
    found = []
    for line in saying.lines(form, nothing, saying.by_question(form, nothing)):
        head = f"{line.head}: {line.label}" if line.head else line.label
        rows = [(row.question, f"{head}: {row.label}") for row in line.rows] or [(line.question, head)]
        found += [(question, label) for question, label in rows if question.key in nothing]
    return found


def _arranged(personal: list[Compared], together: list[Compared]) -> SideBySide:
    texts = [one for one in personal if one.is_text]
    others = [one for one in personal if not one.is_text]
    both = [one for one in others if len(one.said) > 1]
    return SideBySide(
        first=texts[0] if texts else None,
        close=tuple(one for one in both if one.close),
        different=tuple(one for one in both if not one.close),
        words=tuple(texts[1:]),
        alone=tuple(one for one in others if len(one.said) == 1),
        agreed=tuple(together),
    )


def _compared(question: Question, label: str, answers: Mapping, people: list[Partner]) -> Compared:
    voices = []
    for partner in people:
        answer: Answer | None = answers.get(partner.client_id)
        value = Value() if answer is None or answer.declined else value_of(answer)
        voices.append(Voice(partner.client.name, partner.position, words(question, value), value.number))
    return Compared(question, tuple(voices), _marks(question, voices), label)


def value_of(answer: Answer) -> Value:
    """The answer as it was cleaned when it was sent."""
    return answer.value


def _marks(question: Question, voices: list[Voice]) -> tuple[Mark, ...]:
    """Place each on one line; those on the same step stand beside each other."""
    steps = question.steps
    if len(steps) < 2:
        return ()
    at: dict[Decimal, list[Voice]] = {}
    for voice in voices:
        if voice.number is not None:
            at.setdefault(voice.number, []).append(voice)
    marks = []
    for number, here in at.items():
        middle = LEFT + float(number - steps[0]) / (steps[-1] - steps[0]) * (RIGHT - LEFT)
        begin = middle - APART * (len(here) - 1) / 2
        begin = min(max(begin, LEFT), RIGHT - APART * (len(here) - 1))
        marks += [Mark(voice.position, round(begin + APART * n, 1)) for n, voice in enumerate(here)]
    return tuple(sorted(marks, key=lambda mark: mark.position))
