"""Who carries messages out of the house, how they are doing, and whom they may not carry to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from practice.ids import uuid7
from practice.models.base import PracticeModel
from practice.models.message import Message
from practice.vault import SealedTextField


class Provider(PracticeModel):
    """A mail server, mail service or text message gateway of a practice's own.

    A practice without one uses the installation's (see :mod:`practice.providers`). Several of one channel are
    tried by ``rank``: the next one is used only while the first is out of order, and never for a message that
    the first may already have taken.
    """

    class Kind(models.TextChoices):
        SMTP = "smtp", _("Mail server (SMTP)")
        SERVICE = "service", _("Mail service")
        GATEWAY = "gateway", _("Text message gateway (HTTP)")

    channel = models.CharField(
        max_length=10, choices=[(c, c.label) for c in (Message.Channel.EMAIL, Message.Channel.SMS)]
    )
    kind = models.CharField(max_length=10, choices=Kind)
    rank = models.PositiveSmallIntegerField(default=1)
    #: The address or number that messages come from.
    sender = models.CharField(max_length=254)
    #: JSON with what the kind needs: host, port, user, password, URL, token. Sealed with the practice's key.
    access = SealedTextField()
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "channel", "rank"], condition=Q(ended_at=None), name="provider_one_per_rank"
            )
        ]

    def __str__(self) -> str:
        return f"provider {self.pk}"


class Circuit(models.Model):
    """The health of a provider that failed lately. Belongs to the installation; holds no practice data.

    ``key`` is the provider's key (:mod:`practice.providers`). No row, or no failures: all is well.
    """

    key = models.CharField(primary_key=True, max_length=60)
    failures = models.PositiveSmallIntegerField(default=0)
    open_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Pace(models.Model):
    """How much of a ceiling is used up in one window of time. Belongs to the installation; counts, no people."""

    key = models.CharField(primary_key=True, max_length=100)
    window_start = models.DateTimeField()
    used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.key


class Suppression(models.Model):
    """An address or number that a sender must leave alone. Holds a keyed hash, never the address.

    It counts for every practice that sends under the same ``sender``: a number that said STOP is silent for
    all of them.
    """

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("messages came back")
        COMPLAINT = "complaint", _("reported as unwanted")
        STOP = "stop", _("asked for silence")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=10, choices=Message.Channel)
    sender = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=12, choices=Reason)
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "sender", "address_hash"],
                condition=Q(lifted_at=None),
                name="suppression_one_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"suppression {self.pk}"


class Pulse(models.Model):
    """One beat of the canary: planted by the scheduler, reached when the whole way through was gone.

    Belongs to the installation.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    planted_at = models.DateTimeField(db_index=True)
    reached_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"pulse {self.pk}"
