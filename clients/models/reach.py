"""By which channels a person is reached, and what proves that a number or a browser is theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.person import Client
from practice.models import Message, PracticeModel, inside
from practice.vault import SealedTextField


class Reach(PracticeModel):
    """One channel that a person chose for one topic: a consent with a beginning and an end.

    Rows are never changed but ended, so that it can be shown at any time who agreed to what, and how it ended.
    The portal's own pages need no row: they are always there.
    """

    class Topic(models.TextChoices):
        REMINDERS = "reminders", _("Something is due")
        NEWS = "news", _("Something was said or changed")

    class Ended(models.TextChoices):
        YOU = "you", _("switched off on these pages")
        UNSUBSCRIBED = "unsubscribed", _("stopped from a message")
        STOP = "stop", _("stopped by a text message")
        BOUNCED = "bounced", _("messages came back")
        COMPLAINED = "complained", _("reported as unwanted")
        CLOSED = "closed", _("their care ended")

    client = inside(Client, related_name="reaches")
    channel = models.CharField(max_length=10, choices=Message.Channel)
    topic = models.CharField(max_length=10, choices=Topic)
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=14, choices=Ended, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client", "channel", "topic"],
                condition=Q(ended_at=None),
                name="reach_once_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"reach {self.pk}"


class AddressProof(PracticeModel):
    """A code sent to a number or address, to be typed in by whoever reads what arrives there."""

    client = inside(Client, related_name="+")
    channel = models.CharField(max_length=10, choices=Message.Channel)
    address = SealedTextField(sealed_for="client_id")
    code_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"proof {self.pk}"


class PushDevice(PracticeModel):
    """A browser in which a person switched notifications on: where to push, and the keys to seal for it."""

    client = inside(Client, related_name="+")
    #: The browser's own JSON: endpoint and keys. Whoever has it can push, so it is sealed.
    subscription = SealedTextField(sealed_for="client_id")
    endpoint_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    reached_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "endpoint_hash"], condition=Q(ended_at=None), name="pushdevice_once"
            )
        ]

    def __str__(self) -> str:
        return f"device {self.pk}"
