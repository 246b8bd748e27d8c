"""Who may look at a couple that is not theirs: a supervisor, and whoever opens it in an emergency."""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.couple import Couple
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


def in_a_while() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(hours=1)


class Supervision(PracticeModel):
    """That a supervisor sees the couples of one therapist, until the owner ends it or its day has come."""

    supervisor = inside(Membership, related_name="supervises", on_delete=models.DO_NOTHING)
    therapist = inside(Membership, related_name="supervised_by", on_delete=models.DO_NOTHING)
    granted_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "supervisor", "therapist"], condition=Q(ended_at=None), name="supervision_once"
            ),
            models.CheckConstraint(condition=~Q(supervisor=models.F("therapist")), name="supervision_of_another"),
        ]

    def __str__(self) -> str:
        return f"supervision {self.pk}"

    @property
    def last_moment(self) -> datetime.datetime | None:
        """The last second in which it holds: on the day that the owner named, not on the one after."""
        return self.until - datetime.timedelta(seconds=1) if self.until else None


class EmergencyAccess(PracticeModel):
    """That somebody opened a couple that is not theirs: why, until when, and who looked at it afterwards.

    The row is what the walls read; it ends by itself. ``what`` says whether it opens the record, or the
    psychotherapy notes of its authors.
    """

    class What(models.TextChoices):
        RECORD = "record", _("The couple’s record")
        NOTES = "notes", _("Psychotherapy notes")

    membership = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    couple = inside(Couple, related_name="+")
    what = models.CharField(max_length=6, choices=What, default=What.RECORD)
    why = SealedTextField(_("why"))
    opened_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(default=in_a_while)
    ended_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    finding = SealedTextField(_("what you found"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None)
                | Q(reviewed_at__isnull=False) & ~Q(reviewed_by=models.F("membership")),
                name="emergencyaccess_reviewed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(until__lte=models.F("opened_at") + datetime.timedelta(hours=24)),
                name="emergencyaccess_ends",
            ),
        ]
        indexes = [models.Index(fields=["practice", "membership", "until"], name="emergency_of_member")]

    def __str__(self) -> str:
        return f"emergency access {self.pk}"

    @property
    def is_running(self) -> bool:
        return self.ended_at is None and self.until > timezone.now()
