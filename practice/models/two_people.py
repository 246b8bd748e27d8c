"""Acts that nobody does alone."""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice.models.base import BoundManager, PracticeModel, inside
from practice.models.practice import Membership
from practice.vault import SealedTextField


def in_three_days() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=3)


class TwoPersonActQuerySet(models.QuerySet):
    def waiting(self) -> TwoPersonActQuerySet:
        """Asked for, not decided, and not too old."""
        return self.filter(outcome="", expires_at__gt=timezone.now())


class TwoPersonAct(PracticeModel):
    """One act that one person asked for and another one decides (see :mod:`practice.two_people`).

    The database holds that whoever asked does not decide; it is never changed once it is decided.
    """

    class Act(models.TextChoices):
        PRACTICE_EXPORT = "practice_export", _("Take out everything that the practice keeps")
        PRACTICE_DELETION = "practice_deletion", _("Delete the practice")
        ERASURE = "erasure", _("Erase what is kept of one person")
        KEY_DESTRUCTION = "key_destruction", _("Destroy a key, and with it every text that it opens")

    class Outcome(models.TextChoices):
        DONE = "done", _("confirmed and done")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    act = models.CharField(max_length=20, choices=Act)
    #: Whom or what it is about, where it is not the practice as a whole.
    about_id = models.UUIDField(null=True, blank=True)
    #: Ids and choices that the act needs; never a name, never a text.
    details = models.JSONField(default=dict, blank=True)
    why = SealedTextField(_("why"))
    asked_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=in_three_days)
    decided_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    #: Who signed on the command line of the installation, where nobody else works in the practice.
    operator = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)

    objects = BoundManager.from_queryset(TwoPersonActQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None, decided_by=None, operator="")
                | Q(outcome="withdrawn", decided_at__isnull=False)
                | Q(outcome__in=["done", "declined"], decided_at__isnull=False)
                & (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")) | Q(decided_by=None) & ~Q(operator="")),
                name="twopersonact_two_people",
            ),
            models.UniqueConstraint(
                fields=["practice", "act", "about_id"],
                condition=Q(outcome=""),
                name="twopersonact_one_open",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.pk}"

    @property
    def is_waiting(self) -> bool:
        return not self.outcome and self.expires_at > timezone.now()
