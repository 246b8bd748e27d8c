"""When a practice sends nothing."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from practice.models.base import PracticeModel, inside
from practice.models.practice import Membership
from practice.vault import SealedTextField


class SendingHold(PracticeModel):
    """A time in which nothing is sent from here (see :mod:`practice.held`); without ``released_at`` it lasts."""

    class Because(models.TextChoices):
        IMPORTED = "imported", _("The practice was brought here")
        MOVED = "moved", _("The practice moved elsewhere")

    because = models.CharField(max_length=10, choices=Because)
    #: What the owner said who put it on; empty after an import.
    why = SealedTextField(_("why"))
    #: By the database's clock, as are the messages.
    began_at = models.DateTimeField()
    began_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice"], condition=Q(released_at=None), name="sendinghold_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(because="imported", began_by=None) | Q(because="moved", began_by__isnull=False),
                name="sendinghold_by_import_or_owner",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False),
                name="sendinghold_released_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["practice", "-began_at"], name="sendinghold_newest")]

    def __str__(self) -> str:
        return f"hold {self.pk}"
