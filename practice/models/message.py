"""One thing to be delivered to one person: a row of the outbox."""

from __future__ import annotations

from email.utils import parseaddr
from functools import lru_cache

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
        SMS = "sms", _("Text message")
        PUSH = "push", _("Notification")
        PORTAL = "portal", _("On these pages")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        CLAIMED = "claimed", _("being prepared")
        HANDING_OFF = "handing_off", _("being handed over")
        ACCEPTED = "accepted", _("sent")
        DELIVERED = "delivered", _("arrived")
        BOUNCED = "bounced", _("came back")
        COMPLAINED = "complained", _("reported as unwanted")
        SKIPPED = "skipped", _("not needed")
        CANCELLED = "cancelled", _("cancelled")
        UNKNOWN = "unknown", _("not known whether it arrived")
        DEAD = "dead", _("could not be delivered")

    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    #: Which of an occasion's steps: 'opens', 'due', 'follow_up'; empty for kinds that have none.
    step = models.CharField(max_length=20, blank=True)
    occasion = models.CharField(max_length=120)
    person_id = models.UUIDField()
    about_id = models.UUIDField()
    couple_id = models.UUIDField(null=True)
    #: When it was meant to leave; ``due_at`` moves on while it waits for quiet hours to end or a server to mend.
    planned_for = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    fresh_until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    handed_off_at = models.DateTimeField(null=True)
    #: Set right before the first byte goes to the provider: without it nothing has left the house.
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: Who carried it (see :mod:`practice.providers`), and under which name the provider knows it.
    provider = models.CharField(max_length=60, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    #: The message that said it for this one.
    merged_into = models.UUIDField(null=True)

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
            models.Index(fields=["practice", "person_id", "handed_off_at"], name="message_of_person"),
            models.Index(fields=["practice", "planned_for"], name="message_by_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def message_id(self) -> str:
        """The Message-ID header, the same on every try."""
        return f"<{self.pk.hex}@{_domain_of(settings.DEFAULT_FROM_EMAIL)}>"

    @property
    def reference(self) -> str:
        """What a provider knows it by, the same on every try: the key that makes a repeat harmless."""
        return self.pk.hex


@lru_cache(maxsize=8)
def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
