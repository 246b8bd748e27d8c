"""Who looks after whom, and who does while somebody is away."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.couple import Couple
from practice.models import Membership, PracticeModel, inside


class CaseloadEntry(PracticeModel):
    """A couple on a therapist's caseload."""

    membership = inside(Membership, related_name="caseload")
    couple = inside(Couple, related_name="caseload")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "membership", "couple"], name="caseload_once"),
        ]

    def __str__(self) -> str:
        return f"caseload entry {self.pk}"


class Absence(PracticeModel):
    """Days on which somebody of the practice is away, and who looks after what is urgent meanwhile.

    Whole days in the practice's zone, the last one included. Never changed, only called off.
    """

    membership = inside(Membership, related_name="absences", on_delete=models.DO_NOTHING)
    begins_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    covered_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    made_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    made_at = models.DateTimeField(default=timezone.now)
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("begins_on")), name="absence_days"),
            models.CheckConstraint(condition=~Q(covered_by=models.F("membership")), name="absence_by_another"),
        ]
        indexes = [models.Index(fields=["practice", "begins_on"], name="absence_by_day")]

    def __str__(self) -> str:
        return f"absence {self.pk}"


class Cover(PracticeModel):
    """That somebody looks after a couple for a while, without it being theirs.

    While it runs the couple is within their walls. It is no caseload: no partner learns of it.
    """

    membership = inside(Membership, related_name="covers", on_delete=models.DO_NOTHING)
    couple = inside(Couple, related_name="covers")
    since = models.DateTimeField(default=timezone.now)
    #: Known ahead where it is for an absence; empty: until what it is for is closed.
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "membership", "couple"], condition=Q(ended_at=None), name="cover_once"
            ),
        ]

    def __str__(self) -> str:
        return f"cover {self.pk}"
