"""Keeping and erasing: who asked for it, what forbids it, and the proof that it was done."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.couple import Couple
from clients.models.person import Client
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class LegalHold(PracticeModel):
    """That nothing of a person, or of nobody in a couple, may be erased: a court, an inquiry, a claim.

    While it is in force it wins over everything. Never changed, only lifted.
    """

    client = inside(Client, null=True, blank=True, related_name="holds")
    couple = inside(Couple, null=True, blank=True, related_name="holds")
    why = SealedTextField(_("why nothing may be erased"))
    set_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    set_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(client=None, couple__isnull=False) | Q(client__isnull=False, couple=None),
                name="legalhold_on_one_thing",
            ),
            models.UniqueConstraint(
                fields=["practice", "client", "couple"],
                condition=Q(lifted_at=None),
                name="legalhold_one_in_force",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class ErasureRequest(PracticeModel):
    """That a person asked for what is kept of them to be erased, and what the practice answered.

    ``noted_by``: a member wrote it down for them. ``keeps_until``: the day until which a law makes the practice keep
    the record of care.
    """

    class Answer(models.TextChoices):
        ERASED = "erased", _("erased")
        KEPT = "kept", _("kept for now, because a law or a claim asks for it")
        WITHDRAWN = "withdrawn", _("taken back")

    client = inside(Client, related_name="erasure_requests")
    asked_at = models.DateTimeField(default=timezone.now)
    noted_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    keeps_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client"], condition=Q(answer=""), name="erasurerequest_one_open"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="erasurerequest_answered_at",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}"

    @property
    def is_their_own_word(self) -> bool:
        """Whether the person asked from their own sign-in; else a member says that they did."""
        return self.noted_by_id is None


class KeptLonger(PracticeModel):
    """That the practice looked at a record whose time was over, and keeps it until a day."""

    client = inside(Client, related_name="kept_longer")
    until = models.DateField(_("keep until"))
    why = SealedTextField(_("why it is still needed"))
    decided_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["practice", "client", "until"], name="keptlonger_of_client")]

    def __str__(self) -> str:
        return f"kept longer {self.pk}"


class Erasure(PracticeModel):
    """The proof that something was erased: what kind of rows and how many, by whom, on what ground. No content.

    The database takes rows in and never changes or removes one. ``digest`` is the SHA-256 of :meth:`canonical`.
    """

    class Extent(models.TextChoices):
        WHOLE = "whole", _("all that is kept of a person")
        OWN = "own", _("what they alone could read")

    class Ground(models.TextChoices):
        REQUEST = "request", _("they asked for it")
        RETENTION = "retention", _("the time for which it was kept is over")
        RESTORED = "restored", _("a back-up had brought it back")

    client = inside(Client, related_name="erasures", on_delete=models.DO_NOTHING)
    extent = models.CharField(max_length=6, choices=Extent)
    ground = models.CharField(max_length=10, choices=Ground)
    at = models.DateTimeField(default=timezone.now)
    asked_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    confirmed_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    #: Who signed on the command line, where nobody else works in the practice.
    operator = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2)
    years = models.PositiveSmallIntegerField()
    ended_on = models.DateField(null=True, blank=True)
    #: {table: how many rows}.
    removed = models.JSONField(default=dict)
    emptied = models.JSONField(default=dict)
    #: Keys that were destroyed.
    keys = ArrayField(models.UUIDField(), default=list)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["practice", "-at"], name="erasure_in_order")]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    def canonical(self) -> dict[str, object]:
        """What the digest covers."""
        names = ("asked_by_id", "confirmed_by_id")
        people: dict[str, uuid.UUID | None] = {name: getattr(self, name) for name in names}
        return {
            "practice": str(self.practice_id),
            "client": str(self.client_id),
            "extent": self.extent,
            "ground": self.ground,
            "at": self.at.isoformat(),
            "operator": self.operator,
            "country": self.country,
            "years": self.years,
            "ended_on": self.ended_on.isoformat() if self.ended_on else None,
            "removed": self.removed,
            "emptied": self.emptied,
            "keys": sorted(str(one) for one in self.keys),
            **{name: str(one) if one else None for name, one in people.items()},
        }
