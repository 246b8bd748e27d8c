"""By which name an exercise of this practice is known elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exercises.models import Exercise
from exercises.sharing.portable import checksum


def came_as(exercise: Exercise, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the file said of it, while its content is still what came; nothing once it was changed or written here."""
    shared = dict(content.get("shared") or {})
    is_copy = exercise.adapted_from_id is not None
    return shared if shared and not is_copy and shared.get("checksum") == checksum(content) else {}


def identity(exercise: Exercise) -> str:
    """Its stable id: the one that it came with, while nobody changed it here; else its own."""
    content = exercise.newest.content if exercise.newest else {}
    return str(came_as(exercise, content).get("id") or exercise.pk)
