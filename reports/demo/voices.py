"""How a person of the demo answers a form: numbers that follow how they are, words from `words`.

Everything comes from one seed, so that the demo is the same on every machine on the same day.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from exercises.answers import QuestionError, clean
from exercises.questions import Form, Question
from exercises.vocabulary import METRICS, Better, QuestionType
from reports.demo import words
from reports.demo.people import Person

SEED = 20
GOOD_DAYS = ("calm", "content", "grateful", "hopeful", "tender", "playful", "relieved", "connected")
HARD_DAYS = ("tired", "tense", "lonely", "sad", "irritated", "overwhelmed", "restless", "disappointed")
#: Questions without a metric where less is better.
LESS_IS_BETTER = {"worry", "worried", "passed_by", "reminders", "hardest", "changed", "new"}
#: Around which number an answer lies on a hard day and on a good one.
NUMBERS = {
    "conflicts": (4, 1),
    "hours": (30, 2),
    "used": (0, 3),
    "minutes": (20, 20),
    "weeks": (6, 2),
    "people": (3, 6),
    "tasks": (1, 5),
    "reminders": (5, 1),
    "passed_by": (5, 2),
}
#: Who writes about something has done it.
DONE = "done"
ALWAYS_TICKED = {"steps"}


@dataclass
class Voice:
    """One person's way of answering."""

    person: Person
    chance: random.Random
    said: dict[str, dict[str, list[str]]]

    def answers(self, slug: str, form: Form, turn: int, through: float) -> dict[str, list[str]]:
        """Return what they type into a form the `turn`-th time, `through` (0 to 1) of their time in care."""
        well = self.how(through)
        fixed = self.said.get(slug, {})
        return {one.key: fixed.get(one.key) or self._answer(slug, one, turn, well) for one in form}

    def how(self, through: float) -> float:
        """Return how they are: a slow way from then to now, days better and worse, one hard week."""
        begun, now = self.person.well
        eased = through * through * (3 - 2 * through)
        hard_week = -0.18 if 0.42 < through < 0.5 else 0.0
        return min(0.98, max(0.04, begun + (now - begun) * eased + hard_week + self.chance.gauss(0, 0.07)))

    def joins_in(self, *, awaited: bool) -> bool:
        """Whether they answer this time: more often when the other one waits for it."""
        likely = self.person.answers
        return self.chance.random() < (1 - (1 - likely) / 6 if awaited else likely)

    def _answer(self, slug: str, question: Question, turn: int, well: float) -> list[str]:
        match question.type:
            case QuestionType.SHORT_TEXT | QuestionType.LONG_TEXT:
                said = words.said(self.person.name, slug, question.key, turn)
                return [said] if said else []
            case QuestionType.MOOD:
                return self._mood(well)
            case QuestionType.YES_NO:
                kept = question.key == DONE or self.chance.random() < 0.55 + 0.4 * well
                raw = ["yes" if kept else "no"]
            case QuestionType.NUMBER:
                raw = [self._number(question.key, well)]
            case QuestionType.SCALE:
                raw = [self._step(question, well)]
            case _:
                raw = self._chosen(question, well)
        return self._without_alarm(question, raw)

    def _mood(self, well: float) -> list[str]:
        valence = 1 + round(4 * well)
        feelings = GOOD_DAYS if valence >= 4 else HARD_DAYS if valence <= 2 else GOOD_DAYS[:3] + HARD_DAYS[:3]
        return [str(valence), *self.chance.sample(feelings, self.chance.choice((1, 1, 2)))]

    def _number(self, key: str, well: float) -> str:
        hard, good = NUMBERS.get(key, (1, 5))
        return str(max(0, round(hard + (good - hard) * well + self.chance.gauss(0, 0.6))))

    def _step(self, question: Question, well: float) -> str:
        metric = METRICS.get(question.metric or "")
        falls = metric.better == Better.DOWN if metric else question.key in LESS_IS_BETTER
        low, high = question.steps[0], question.steps[-1]
        # Nobody answers two questions alike: one is always a little harder, and every day has its own.
        leaning = random.Random(f"{self.person.email} {question.key}").uniform(-0.12, 0.12)  # noqa: S311
        here = min(1.0, max(0.0, well + leaning + self.chance.gauss(0, 0.05)))
        return str(round(low + (high - low) * (1 - here if falls else here)))

    def _chosen(self, question: Question, well: float) -> list[str]:
        values = [one.value for one in question.options]
        if question.type == QuestionType.SINGLE:
            return [self.chance.choice(values)]
        if question.key in ALWAYS_TICKED:
            return values[: 3 + round(well * (len(values) - 3))]
        few = 1 + round((1 - well) * 2) if question.type == QuestionType.CHECKLIST else 3
        return sorted(self.chance.sample(values, min(few, len(values))), key=values.index)

    def _without_alarm(self, question: Question, raw: list[str]) -> list[str]:
        """Nobody calls for help by chance: an answer that its question marks is taken to the harmless side."""
        if question.flag is None:
            return raw
        match question.type:
            case QuestionType.YES_NO:
                ways = [["no"], ["yes"]]
            case QuestionType.SCALE:
                ways = [raw, *([str(step)] for step in reversed(question.steps))]
            case _:
                ways = [raw, raw[:1]]
        return next((way for way in ways if not _alarms(question, way)), [])


def _alarms(question: Question, raw: list[str]) -> bool:
    try:
        return question.flag is not None and question.flag.holds(clean(question, raw))
    except QuestionError:
        return True


def voices(people: Iterable[Person], said: dict[str, dict[str, dict[str, list[str]]]]) -> dict[str, Voice]:
    """Return a voice for each person, by name, the same ones every time."""
    return {
        one.name: Voice(one, random.Random(f"{SEED} {one.email}"), said.get(one.name, {}))  # noqa: S311
        for one in people
    }
