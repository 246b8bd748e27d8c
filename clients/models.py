"""People in care: clients, couples, who looks after them, and when they meet."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.signals import together_changed
from practice.models import Membership, Message, PracticeModel, User, inside
from practice.models.base import BoundManager
from practice.models.practice import in_two_weeks, random_nonce
from practice.vault import SealedTextField


class Client(PracticeModel):
    """A person in care. Has a portal login once they accepted their invitation."""

    name = models.CharField(_("name"), max_length=80)
    pronouns = models.CharField(_("pronouns"), max_length=40, blank=True)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="client_of", editable=False
    )
    made_at = models.DateTimeField(auto_now_add=True)

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


class PortalVisit(PracticeModel):
    """That a person signed in, and when: what tells 'never saw it' from 'saw it and did not answer'."""

    client = inside(Client, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["practice", "client", "at"], name="visit_of_client")]

    def __str__(self) -> str:
        return f"visit {self.pk}"


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
        return reverse("couple", args=[self.pk])

    @property
    def clients(self) -> list[Client]:
        """The partners as people, by position."""
        return [partner.client for partner in self.partners.all()]


class Partner(PracticeModel):
    """A client's place in a couple. The position gives shape and colour, and never changes."""

    couple = inside(Couple, related_name="partners")
    client = inside(Client, related_name="partnerships")
    position = models.PositiveSmallIntegerField()
    left_at = models.DateTimeField(null=True, blank=True)

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


class CaseloadEntry(PracticeModel):
    """A couple on a therapist's caseload."""

    membership = inside(Membership, related_name="caseload")
    couple = inside(Couple, related_name="caseload")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "membership", "couple"], name="caseload_once"),
        ]

    def __str__(self) -> str:
        return f"caseload entry {self.pk}"


class Absence(PracticeModel):
    """Days on which somebody of the practice is away, and who looks after what is urgent meanwhile.

    Whole days in the practice's zone, the last one included. Never changed, only called off.
    """

    membership = inside(Membership, related_name="absences", on_delete=models.DO_NOTHING)
    begins_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    covered_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    made_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    made_at = models.DateTimeField(default=timezone.now)
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("begins_on")), name="absence_days"),
            models.CheckConstraint(condition=~Q(covered_by=models.F("membership")), name="absence_by_another"),
        ]
        indexes = [models.Index(fields=["practice", "begins_on"], name="absence_by_day")]

    def __str__(self) -> str:
        return f"absence {self.pk}"


class Cover(PracticeModel):
    """That somebody looks after a couple for a while, without it being theirs.

    While it runs the couple is within their walls. It is no caseload: no partner learns of it.
    """

    membership = inside(Membership, related_name="covers", on_delete=models.DO_NOTHING)
    couple = inside(Couple, related_name="covers")
    since = models.DateTimeField(default=timezone.now)
    #: Known ahead where it is for an absence; empty: until what it is for is closed.
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "membership", "couple"], condition=Q(ended_at=None), name="cover_once"
            ),
        ]

    def __str__(self) -> str:
        return f"cover {self.pk}"


class Clearance(PracticeModel):
    """A therapist's record that joint work is safe for a couple. Withdrawn, it stops counting."""

    couple = inside(Couple, related_name="clearances")
    recorded_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    recorded_at = models.DateTimeField(auto_now_add=True)
    note = SealedTextField(_("how you know"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"clearance {self.pk}"


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


class ConsentText(PracticeModel):
    """The very words that somebody agreed to, as they stood on the page. Never changed.

    ``version`` is that of our words; a practice's name, hours and policy make more than one text of it.
    """

    about = models.CharField(max_length=10)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    words = models.TextField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "about", "version", "language", "digest"], name="consenttext_once"
            )
        ]

    def __str__(self) -> str:
        return f"text {self.about} {self.version}"


class SecretsPolicy(PracticeModel):
    """How the practice handles secrets between partners, as it was published: a numbered version from a moment on."""

    number = models.PositiveSmallIntegerField()
    policy = models.CharField(max_length=20)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["practice", "number"], name="secretspolicy_once")]

    def __str__(self) -> str:
        return f"policy {self.number}"


class Consent(PracticeModel):
    """What one adult agreed to, in which version of the words. Never changed, only added to and ended."""

    class About(models.TextChoices):
        CARE = "care", _("using the portal between sessions")
        LANES = "lanes", _("who reads what")
        SECRETS = "secrets", _("how secrets between partners are handled")

    class Ended(models.TextChoices):
        YOU = "you", _("taken back")
        NEW_WORDS = "new_words", _("asked anew")

    client = inside(Client, related_name="consents")
    about = models.CharField(max_length=10, choices=About)
    version = models.CharField(max_length=20)
    #: The words themselves; empty for what was agreed to before they were kept.
    text = inside(ConsentText, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    #: The number of the practice's policy, where it is about secrets.
    policy = models.PositiveSmallIntegerField(null=True, blank=True)
    given_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=10, choices=Ended, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client", "about", "version"],
                condition=Q(withdrawn_at=None),
                name="consent_once_per_version",
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class AppointmentQuerySet(models.QuerySet):
    def ahead(self, now: datetime.datetime) -> AppointmentQuerySet:
        """Kept appointments from ``now`` on, the next one first."""
        return self.filter(cancelled_at=None, starts_at__gte=now).order_by("starts_at", "pk")

    def attended_by(self, clients: Iterable[uuid.UUID]) -> AppointmentQuerySet:
        """Those to which all of ``clients`` come."""
        return self.filter(Q(audience=[]) | Q(audience__contains=list(clients)))


class Appointment(PracticeModel):
    """A meeting of therapist and couple. To people it is called a session."""

    couple = inside(Couple, related_name="appointments")
    starts_at = models.DateTimeField(_("date and time"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    place = models.CharField(_("room or kind of call"), max_length=120, blank=True)
    #: A link to a call, for those who come.
    link = models.CharField(_("link to the call"), max_length=500, blank=True)
    #: Who comes, when it is not everybody. The others see nothing of it.
    audience = ArrayField(models.UUIDField(), default=list, blank=True)
    #: Appointments made in one go share a series.
    series = models.UUIDField(null=True, blank=True)
    #: Counts the times it was moved (RFC 5545).
    sequence = models.PositiveSmallIntegerField(default=0)
    moved_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = BoundManager.from_queryset(AppointmentQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["practice", "couple", "starts_at"], name="appointment_of_couple")]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=10) & Q(minutes__lte=480), name="appointment_minutes")
        ]

    def __str__(self) -> str:
        return f"appointment {self.pk}"

    @property
    def ends_at(self) -> datetime.datetime:
        return self.starts_at + datetime.timedelta(minutes=self.minutes)


__all__ = [
    "Absence",
    "AddressProof",
    "Appointment",
    "CaseloadEntry",
    "Clearance",
    "Client",
    "ClientInvitation",
    "Consent",
    "ConsentText",
    "Contact",
    "Couple",
    "Cover",
    "Parting",
    "Partner",
    "Pin",
    "PortalVisit",
    "PushDevice",
    "Reach",
    "SecretsPolicy",
]
