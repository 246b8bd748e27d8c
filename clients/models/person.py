"""A person in care, how they may be reached, and that they were there."""

from __future__ import annotations

import datetime
import zoneinfo

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice.models import Membership, Message, PracticeModel, User, inside
from practice.vault import SealedTextField


class Client(PracticeModel):
    """A person in care. Has a portal login once they accepted their invitation."""

    name = models.CharField(_("name"), max_length=80)
    pronouns = models.CharField(_("pronouns"), max_length=40, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="client_of", editable=False
    )
    made_at = models.DateTimeField(auto_now_add=True)
    #: Nothing is kept of them any more (see clients/erasing.py): the row stays for the sake of others.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "user"], condition=Q(user__isnull=False), name="client_once_per_practice"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Contact(PracticeModel):
    """How one client may be reached: read by the client and the staff, never by a partner.

    ``remind_at`` is wall time in ``time_zone``; nothing is sent between ``quiet_from`` and ``quiet_until``,
    which may span midnight. By which channels is said by :class:`Reach`.
    """

    client = inside(Client, related_name="contacts")
    email = models.EmailField(_("e-mail"), blank=True)
    #: For text messages: in the international form; empty until the person proved that it is theirs.
    phone = SealedTextField(sealed_for="client_id")
    time_zone = models.CharField(_("time zone"), max_length=64)
    #: What exercises are read in, where they are translated; empty: the practice's own language.
    language = models.CharField(_("language"), max_length=10, blank=True)
    #: Where they live, for numbers to call; empty: the practice's country. They say it, nobody guesses it.
    country = models.CharField(_("country"), max_length=2, blank=True)
    #: Their own time of day for what is due; null: the time that the exercise was given for.
    remind_at = models.TimeField(_("remind me at"), null=True, blank=True)
    quiet_from = models.TimeField(_("quiet from"), default=datetime.time(22, 0))
    quiet_until = models.TimeField(_("quiet until"), default=datetime.time(7, 0))
    #: What the client changed last by themselves; staff ask again when it is old.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    #: Where it is safe to tell them that something changed in how they sign in, or that their data got out. Their own
    #: pages alone until somebody has asked them, in person and apart.
    safe_channel = models.CharField(
        _("safe for letters about their account"),
        max_length=10,
        choices=[
            (Message.Channel.PORTAL, _("Only their own pages: nothing is sent")),
            (Message.Channel.EMAIL, Message.Channel.EMAIL.label),
            (Message.Channel.SMS, Message.Channel.SMS.label),
        ],
        default=Message.Channel.PORTAL,
    )
    never_call = models.BooleanField(_("never call"), default=False)
    #: When a call is safe, and by what name to ask or speak to a machine.
    call_when = SealedTextField(_("when a call is safe"), sealed_for="client_id", blank=True)
    call_as = SealedTextField(_("who to say is calling"), sealed_for="client_id", blank=True)
    #: When somebody asked in person last, and who: what is safe changes.
    asked_on = models.DateField(null=True, blank=True)
    asked_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "client"], name="contact_once_per_client"),
            models.UniqueConstraint(
                fields=["practice", "email"], condition=~Q(email=""), name="contact_one_address_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"contact {self.pk}"

    def save(self, *args, **kwargs) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Pin(PracticeModel):
    """A short code of one client's own, for a phone that is handed over. Stored as a password hash."""

    client = inside(Client, related_name="pins")
    hashed = models.CharField(max_length=128)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "client"], name="pin_once_per_client"),
        ]

    def __str__(self) -> str:
        return f"pin {self.pk}"


class PortalVisit(PracticeModel):
    """That a person signed in, and when: what tells 'never saw it' from 'saw it and did not answer'."""

    client = inside(Client, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["practice", "client", "at"], name="visit_of_client")]

    def __str__(self) -> str:
        return f"visit {self.pk}"
