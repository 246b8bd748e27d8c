"""How useful a practice's couples find an exercise, once so many have said so that nobody can be told from it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Avg

from exercises.models import Feedback
from exercises.vocabulary import Lane
from practice.written import Written, together_elevated

#: An average of five couples or fewer might be read as what one of them said. The average says nothing of who.
MORE_THAN = 5
#: Averages are rounded to halves: one more answer moves them by too little to be read off.
_STEPS_IN_ONE = 2


@dataclass(frozen=True)
class Usefulness:
    """Averages from 0 to 10 over couples; every couple weighs the same, however often it answered.

    ``couples`` is rounded down to fives: a count that moves by one would tell who answered just now.
    """

    usefulness: float
    difficulty: float | None
    couples: int


class Rated(NamedTuple):
    """What one couple says of an exercise, on average."""

    exercise: uuid.UUID
    couple: uuid.UUID
    useful: float
    hard: float | None


_RATED: Written[Any] = Written(
    lambda exercises: (
        Feedback.objects.exclude(lane=Lane.OWN)
        .filter(occurrence__assignment__edition__exercise__in=exercises)
        .exclude(usefulness=None)
        .values_list("occurrence__assignment__edition__exercise_id", "couple_id")
        .annotate(useful=Avg("usefulness"), hard=Avg("difficulty"))
        .order_by()
    ),
    exercises=[uuid.UUID],
)


def usefulness(exercises: Collection[uuid.UUID]) -> dict[uuid.UUID, Usefulness]:
    """Return averages by exercise, all editions of it together, for those that more than five couples rated.

    Read as Attune itself, since no therapist sees the answers of all couples: what leaves here is an average
    alone. What partners keep for themselves does not count.
    """
    if not exercises:
        return {}
    [rows] = together_elevated(_RATED.of(exercises=list(exercises)))
    by_exercise: dict[uuid.UUID, list[Rated]] = {}
    for row in map(Rated._make, rows):
        by_exercise.setdefault(row.exercise, []).append(row)
    return {key: _averages(couples) for key, couples in by_exercise.items() if len(couples) > MORE_THAN}


def _averages(couples: list[Rated]) -> Usefulness:
    hard = [float(one.hard) for one in couples if one.hard is not None]
    return Usefulness(
        usefulness=_rounded([float(one.useful) for one in couples]),
        difficulty=_rounded(hard) if len(hard) > MORE_THAN else None,
        couples=len(couples) // MORE_THAN * MORE_THAN,
    )


def _rounded(numbers: list[float]) -> float:
    return round(sum(numbers) / len(numbers) * _STEPS_IN_ONE) / _STEPS_IN_ONE
