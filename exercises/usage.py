"""Which couples an exercise is used with now, as far as the asker's walls let them see."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from clients.models import Couple
from exercises.models import Assignment
from practice.written import Written

_PAIRS: Written[tuple[uuid.UUID, uuid.UUID]] = Written(
    lambda exercises: (
        Assignment.objects.running()
        .filter(edition__exercise__in=exercises)
        .values_list("edition__exercise_id", "couple_id")
    ),
    exercises=[uuid.UUID],
)


def used_with(exercises: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Couple]]:
    """Return the couples of one's caseload that have each exercise now, all editions together."""
    pairs = set(_PAIRS.all(exercises=list(exercises)))
    couples = {one.pk: one for one in Couple.objects.with_partners().filter(pk__in={couple for _one, couple in pairs})}
    found: dict[uuid.UUID, list[Couple]] = {}
    for exercise_id, couple_id in pairs:
        if couple_id in couples:
            found.setdefault(exercise_id, []).append(couples[couple_id])
    return {key: sorted(those, key=lambda one: str(one).casefold()) for key, those in found.items()}
