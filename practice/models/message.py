"""One thing to be delivered to one person: a row of the outbox."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from practice.models.base import PracticeModel


class Message(PracticeModel):
    """A planned, running or finished delivery. See :mod:`practice.outbox` for its life.

    A row holds no words and no address: both are made when it is handed off, from what is true then.
    ``occasion`` says what it is about, once per person and channel for ever.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        CLAIMED = "claimed", _("being prepared")
        HANDING_OFF = "handing_off", _("being handed over")
        ACCEPTED = "accepted", _("sent")
        SKIPPED = "skipped", _("not needed")
        CANCELLED = "cancelled", _("cancelled")
        UNKNOWN = "unknown", _("not known whether it arrived")
        DEAD = "dead", _("could not be delivered")

    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    occasion = models.CharField(max_length=120)
    person_id = models.UUIDField()
    about_id = models.UUIDField()
    couple_id = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    fresh_until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    handed_off_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "person_id", "channel", "occasion"], name="message_once_per_occasion"
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "due_at"], condition=Q(state="planned"), name="message_due"),
            models.Index(
                fields=["practice", "lease_until"],
                condition=Q(state__in=["claimed", "handing_off"]),
                name="message_leased",
            ),
            models.Index(fields=["practice", "about_id"], name="message_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def message_id(self) -> str:
        """The Message-ID header, the same on every try."""
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        return f"<{self.pk.hex}@{domain}>"
