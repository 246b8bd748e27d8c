"""The unit of care: who is in it, how somebody comes in and leaves, and that joint work is safe."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.person import Client
from clients.signals import together_changed
from practice.links import address_of
from practice.models import Membership, PracticeModel, inside
from practice.models.base import BoundManager
from practice.models.practice import in_two_weeks, random_nonce
from practice.vault import SealedTextField


class CoupleQuerySet(models.QuerySet):
    def in_care(self) -> CoupleQuerySet:
        """Couples that therapists work with now: active and paused ones."""
        return self.filter(status__in=[Couple.Status.ACTIVE, Couple.Status.PAUSED])

    def with_partners(self) -> CoupleQuerySet:
        """Fetch partners and their clients in position order, in one query for all couples."""
        partners = Partner.objects.select_related("client").order_by("position")
        return self.prefetch_related(models.Prefetch("partners", partners))


class Couple(PracticeModel):
    """The unit of care: two or more clients, or one in individual work."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        SEPARATED = "separated", _("Separated")
        CLOSED = "closed", _("Closed")

    class Phase(models.TextChoices):
        ASSESSMENT = "assessment", _("Getting to know them")
        GOALS = "goals", _("Goals")
        SKILLS = "skills", _("Skills")
        KEEPING = "keeping", _("Keeping at it")
        REASSESSMENT = "reassessment", _("Looking again")

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    #: Where the work stands.
    phase = models.CharField(_("phase"), max_length=12, choices=Phase, default=Phase.ASSESSMENT)
    started_on = models.DateField(_("in care since"), default=datetime.date.today)
    time_zone = models.CharField(_("time zone"), max_length=64)
    #: Since when they are not in care any more: from here on the time runs for which the record is kept.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BoundManager.from_queryset(CoupleQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["practice", "status"], name="couple_by_status")]

    def __str__(self) -> str:
        """The partners' names in their fixed order. Needs ``with_partners`` to cost no query."""
        return " & ".join(partner.client.name for partner in self.partners.all())

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def get_absolute_url(self) -> str:
        return address_of("couple", self.pk)

    def keeping(self, partners: list[Partner]) -> Couple:
        """Keep partners that were fetched already, by position, as ``with_partners`` does. Returns the couple."""
        rows: Any = self.partners.all()
        rows._result_cache, rows._prefetch_done = partners, True
        self._prefetched_objects_cache = {"partners": rows}
        for one in partners:
            one.couple = self
        return self

    @property
    def clients(self) -> list[Client]:
        """The partners as people, by position."""
        return [partner.client for partner in self.partners.all()]


class PartnerQuerySet(models.QuerySet):
    def of_the_kept(self) -> PartnerQuerySet:
        """With their clients, and without those who were erased: nobody can do anything with them any more."""
        return self.filter(client__erased_at=None).select_related("client")


class Partner(PracticeModel):
    """A client's place in a couple. The position gives shape and colour, and never changes."""

    couple = inside(Couple, related_name="partners")
    client = inside(Client, related_name="partnerships")
    position = models.PositiveSmallIntegerField()
    left_at = models.DateTimeField(null=True, blank=True)

    objects = BoundManager.from_queryset(PartnerQuerySet)()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "couple", "position"], name="partner_position"),
            models.UniqueConstraint(fields=["practice", "couple", "client"], name="partner_once"),
            models.CheckConstraint(condition=Q(position__lt=6), name="partner_at_most_six"),
        ]

    def __str__(self) -> str:
        return f"partner {self.position}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Coming or leaving changes what the partners see of each other, in the same transaction."""
        super().save(*args, **kwargs)
        together_changed.send(sender=Partner, couple_id=self.couple_id)


class Parting(PracticeModel):
    """That two or more are not in care together any more, and who decided it. For their therapists alone.

    ``client`` left by a decision of their own, or of the practice where ``decided_by`` says so; without a client the
    practice ended it for all of them. No partner ever learns who it was.
    """

    couple = inside(Couple, related_name="partings")
    client = inside(Client, null=True, blank=True, related_name="+")
    decided_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    at = models.DateTimeField(default=timezone.now)
    noted_at = models.DateTimeField(null=True, blank=True)
    noted_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        indexes = [models.Index(fields=["practice", "couple", "-at"], name="parting_of_couple")]

    def __str__(self) -> str:
        return f"parting {self.pk}"


class Clearance(PracticeModel):
    """A therapist's record that joint work is safe for a couple. Withdrawn, it stops counting."""

    couple = inside(Couple, related_name="clearances")
    recorded_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    recorded_at = models.DateTimeField(auto_now_add=True)
    note = SealedTextField(_("how you know"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"clearance {self.pk}"


class ClientInvitation(PracticeModel):
    """A partner's own door to the portal: single use, expiring, bound to client and address."""

    client = inside(Client, related_name="invitations")
    couple = inside(Couple, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    nonce = models.CharField(max_length=64, default=random_nonce, editable=False)
    invited_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    invited_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=in_two_weeks)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="clientinvitation_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def is_open(self) -> bool:
        return not self.accepted_at and not self.withdrawn_at and self.expires_at > timezone.now()
