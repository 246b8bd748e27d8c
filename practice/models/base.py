"""What every row with practice data has in common."""

from __future__ import annotations

from typing import Any

from django.db import models

from practice import tenancy
from practice.ids import uuid7


def bound_practice_id() -> Any:
    asker = tenancy.current()
    return asker.practice_id if asker else None


def inside(to: Any, **kwargs: Any) -> models.ForeignKey:
    """Return a foreign key to another row of the same practice.

    The constraint itself is the composite one that :class:`practice.walls.Wall` writes, so that a row can
    never point into another practice.
    """
    kwargs.setdefault("on_delete", models.CASCADE)
    return models.ForeignKey(to, db_constraint=False, **kwargs)


class BoundManager(models.Manager):
    """Adds the practice by hand as well: the wall stands, and the planner finds the index."""

    def get_queryset(self) -> models.QuerySet:
        asker = tenancy.current()
        rows = super().get_queryset()
        if asker is None or asker.practice_id is None:
            return rows
        return rows.filter(practice_id=asker.practice_id)


class PracticeModel(models.Model):
    """A row with practice data: a random-looking id, its practice, and the walls around it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey(
        "practice.Practice",
        on_delete=models.CASCADE,
        default=bound_practice_id,
        editable=False,
        related_name="+",
        db_index=False,
    )

    objects = BoundManager()

    class Meta:
        abstract = True
