"""What has to be looked at: alerts, their steps, and softer signs that were set aside."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.flags import Severity
from exercises.models import MeasureEntry, Response
from practice.models import Membership, PracticeModel, inside
from practice.models.base import BoundManager
from practice.vault import SealedTextField


class Rung(models.TextChoices):
    """Where an alert is on the ladder of those who are told."""

    THERAPIST = "therapist", _("Therapist")
    COVER = "cover", _("Covering colleague")
    LEAD = "lead", _("Lead of the practice")


class Judgement(models.TextChoices):
    """What somebody judged who spoke with the person, or read it in its context."""

    NONE = "none", _("No danger now")
    WATCH = "watch", _("Some concern: keep an eye on it")
    RAISED = "raised", _("Raised: it needs a plan")
    ACUTE = "acute", _("Acute danger")
    UNCLEAR = "unclear", _("Cannot be judged yet")


class Act(models.TextChoices):
    """What was done. At least one of them stands beside each judgement."""

    SPOKE = "spoke", _("Spoke with this person alone")
    TRIED = "tried", _("Tried to reach this person")
    SESSION = "session", _("Arranged a session")
    PLAN = "plan", _("Made a safety plan, or looked at it again")
    HELP = "help", _("Named places to turn to")
    CONSULTED = "consulted", _("Consulted a colleague or supervisor")
    SERVICES = "services", _("Called emergency or protective services")
    STOPPED = "stopped", _("Took back or paused what was given")
    READ = "read", _("Read it in its context; nothing more was needed")


class AlertQuerySet(models.QuerySet):
    def open(self) -> AlertQuerySet:
        """Those that nobody has closed: whether or not somebody has taken them."""
        return self.filter(closed_at=None)

    def urgent(self) -> AlertQuerySet:
        """Those that people are told of, one after another, until somebody takes them."""
        return self.filter(severity=Severity.URGENT)

    def to_look_at(self) -> AlertQuerySet:
        """Open ones that somebody has to look at: at once, or by the next session."""
        return self.open().exclude(severity=Severity.NOTE)

    def untaken(self) -> AlertQuerySet:
        """Urgent ones that nobody has said of that they look after it."""
        return self.urgent().filter(closed_at=None, acknowledged_at=None)


class Alert(PracticeModel):
    """Something a therapist must look at. No client ever learns of it, and nobody can remove it.

    The row says how it stands; what happened, by whom and when, are its steps (:class:`AlertStep`).
    """

    class Source(models.TextChoices):
        ANSWER = "answer", _("Sent on these pages")
        PAPER = "paper", _("From a paper form, entered by staff")
        IMPORTED = "imported", _("From another system, answered earlier")

    couple = inside(Couple, related_name="alerts")
    client = inside(Client, related_name="alerts")
    #: What it is about: the response that raised it, or else the score that staff entered.
    response = inside(Response, null=True, related_name="alerts")
    entry = inside(MeasureEntry, null=True, related_name="alerts")
    source = models.CharField(max_length=10, choices=Source, default=Source.ANSWER)
    key = models.CharField(max_length=60)
    rule = models.CharField(max_length=120)
    #: How soon somebody looks. Only what is urgent climbs the ladder, with letters.
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.URGENT)
    raised_at = models.DateTimeField(auto_now_add=True)
    #: Counts from 1 each time it is open anew, and the steps of the ladder taken since: 1 therapist, 2 covering
    #: colleague, 3 lead, and the lead again after that.
    round = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveSmallIntegerField(default=0)
    #: When the next step is due: unless somebody takes it before, or has judged it anew or closed it by then.
    next_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    assessed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    #: What was written last about what was done; each step keeps its own.
    note = SealedTextField(_("what you did"))

    objects = BoundManager.from_queryset(AlertQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "response", "key"], name="alert_once"),
            models.UniqueConstraint(fields=["practice", "entry", "key"], name="alert_once_for_entry"),
            models.CheckConstraint(
                condition=Q(response=None, entry__isnull=False) | Q(response__isnull=False, entry=None),
                name="alert_about_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(acknowledged_at__isnull=False), name="alert_taken_before_closed"
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "couple"], condition=Q(closed_at=None), name="alert_open"),
            models.Index(
                fields=["practice", "next_at"], condition=Q(closed_at=None, severity="urgent"), name="alert_to_climb"
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.pk}"

    @property
    def rung(self) -> Rung:
        """Who is to look at it now."""
        return rung_of(self.number)

    @property
    def is_urgent(self) -> bool:
        return self.severity == Severity.URGENT

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


def rung_of(number: int) -> Rung:
    """Who is told at which step: the third and all later ones are the lead's."""
    return (Rung.THERAPIST, Rung.COVER, Rung.LEAD)[min(max(number, 1), 3) - 1]


class AlertStep(PracticeModel):
    """One thing that happened to an alert. Only ever added: the database takes no change and no removal."""

    class Kind(models.TextChoices):
        TOLD = "told", _("Told")
        ACKNOWLEDGED = "acknowledged", _("Took it on")
        ASSESSED = "assessed", _("Judged it")
        CLOSED = "closed", _("Closed it")
        REOPENED = "reopened", _("Opened it again")
        RETURNED = "returned", _("Does not look after it any more")

    class By(models.TextChoices):
        PERSON = "person", _("by themselves")
        LADDER = "ladder", _("by the ladder")
        ABSENCE = "absence", _("because somebody is away")
        CHANGED = "changed", _("because somebody left, or the couple’s therapists changed")
        UNREACHED = "unreached", _("because a message could not be delivered")
        UNCLOSED = "unclosed", _("because it was taken, and is still open")

    alert = inside(Alert, related_name="steps")
    couple = inside(Couple, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    by = models.CharField(max_length=10, choices=By, default=By.PERSON)
    #: Who was told, or who did it.
    member = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    round = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    #: When it was to happen at the latest, for steps of the ladder.
    due_at = models.DateTimeField(null=True)
    at = models.DateTimeField(default=timezone.now)
    judgement = models.CharField(max_length=10, choices=Judgement, blank=True)
    acts = ArrayField(models.CharField(max_length=10, choices=Act), default=list)
    note = SealedTextField(_("note"))

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "alert", "round", "number", "member"],
                condition=Q(kind="told"),
                name="alertstep_told_once",
            ),
        ]
        indexes = [models.Index(fields=["practice", "alert", "at"], name="alertstep_of_alert")]

    def __str__(self) -> str:
        return f"step {self.pk}"

    @property
    def rung(self) -> Rung:
        return rung_of(self.number)

    @property
    def act_words(self) -> list[str]:
        return [str(Act(one).label) for one in self.acts]


class SetAside(PracticeModel):
    """That somebody looked at a softer sign and leaves it for now: until there is newer data of the same kind."""

    couple = inside(Couple, related_name="+")
    #: Whose it is; empty for what is about all of them.
    client = inside(Client, null=True, related_name="+")
    rule = models.CharField(max_length=40)
    #: The newest thing it was seen in: whatever is later shows it again.
    seen_until = models.DateTimeField()
    set_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    set_at = models.DateTimeField(default=timezone.now)
    note = SealedTextField(_("why"))

    class Meta:
        indexes = [models.Index(fields=["practice", "couple"], name="setaside_of_couple")]

    def __str__(self) -> str:
        return f"set aside {self.pk}"
