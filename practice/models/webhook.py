"""Addresses of other systems that are told of what happens, and what became of each telling."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice.models.base import PracticeModel, inside
from practice.models.practice import Membership
from practice.vault import SealedTextField


class Webhook(PracticeModel):
    """An address that owners registered (see :mod:`practice.webhooks`). Read by Attune itself alone."""

    address = SealedTextField(_("address"))
    events = ArrayField(models.CharField(max_length=40))
    #: What calls are signed with. For a while after a renewal they are signed with both.
    secret = SealedTextField()
    former_secret = SealedTextField()
    former_until = models.DateTimeField(null=True, blank=True)
    #: Hash of the form that it was made with: sent twice, it makes one.
    draft = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING, db_index=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    #: Since when it has been switched off, because it failed for too long.
    off_at = models.DateTimeField(null=True, blank=True)
    #: Failures in a row, since when, and until when it is left alone. By the database's clock.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "draft"], name="webhook_once_for_form")]

    #: Set where it is shown: whether its address and secret open.
    is_readable = True

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def is_left_behind(self) -> bool:
        """Whether whoever made it, and so knew its secret and where it leads, is no owner here any more."""
        return self.made_by is not None and not (self.made_by.runs_practice and self.made_by.ended_at is None)

    @property
    def is_told(self) -> bool:
        return self.paused_at is None and self.off_at is None


class WebhookDelivery(PracticeModel):
    """One event for one address: ids and times, and how the calls ended. No body and no answer is kept."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        GIVEN_UP = "given_up", _("given up")
        DROPPED = "dropped", _("not sent")

    webhook = inside(Webhook, related_name="deliveries")
    #: The same for every address and every call: receivers tell a repeat by it.
    event_id = models.UUIDField()
    event = models.CharField(max_length=40)
    happened_at = models.DateTimeField()
    #: Ids of what it is about, by name; empty once somebody of the couple was erased.
    about = models.JSONField(default=dict)
    #: Whose erasing calls it off. Not told where ``about`` does not name it.
    couple_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    #: What the last call was answered; None where nothing came back.
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    #: Who makes a call now, and until when nobody else does.
    worker = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "webhook", "event_id"], name="webhookdelivery_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", finished_at=None) | ~Q(state="waiting") & Q(finished_at__isnull=False),
                name="webhookdelivery_waits_or_is_over",
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "next_at"], condition=Q(state="waiting"), name="webhookdelivery_due"),
            models.Index(fields=["webhook", "-id"], name="webhookdelivery_newest"),
            models.Index(fields=["practice", "couple_id"], name="webhookdelivery_of_couple"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"
