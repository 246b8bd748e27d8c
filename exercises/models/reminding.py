"""When reminding somebody came to an end by itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from clients.models import Client, Couple
from exercises.models.assignment import Assignment
from practice.models import Membership, PracticeModel, inside


class ReminderStop(PracticeModel):
    """Reminders of one assignment ended for one person, because two weeks of them went by unanswered.

    The therapist is told instead, and may start them again; so does an answer.
    """

    couple = inside(Couple, related_name="+")
    assignment = inside(Assignment, related_name="+")
    client = inside(Client, related_name="+")
    stopped_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: Null when the person themselves came back.
    ended_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "assignment", "client"],
                condition=Q(ended_at=None),
                name="reminderstop_one_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"stop {self.pk}"
