"""Reports on paper: what was asked for, what came of it, and whom it was handed to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clients.models import Appointment, Client, Couple
from exercises.models import ProgramRun, Response
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class Kind(models.TextChoices):
    """What a report is about."""

    PROGRESS = "progress", _("Progress report")
    SHEET = "sheet", _("Session sheet")
    CLOSING = "closing", _("Summary at the end")
    RESPONSE = "response", _("One set of answers")
    MEASURE = "measure", _("History of a measure")
    PROGRAM = "program", _("Whole program")


class Audience(models.TextChoices):
    """For whom it is: called edition on screen."""

    CLINICAL = "clinical", _("Clinical: for you and the record")
    SHARED = "shared", _("Shared: for the couple, nothing private in it")
    PARTNER = "partner", _("For one partner: what they may read")


class Paper(models.TextChoices):
    A4 = "a4", _("A4")
    LETTER = "letter", _("US Letter")


class Contents(models.Model):
    """What may be chosen about a report before there is one."""

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PROGRESS)
    audience = models.CharField(_("edition"), max_length=10, choices=Audience, default=Audience.SHARED)
    paper = models.CharField(_("paper"), max_length=10, choices=Paper, default=Paper.A4)
    #: Keys of the parts that were chosen (reports.layout); empty for all there are.
    parts = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    class Meta:
        abstract = True


class CaseloadOrder(Contents, PracticeModel):
    """Reports for many couples, asked for at once."""

    begins_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    requested_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    requested_at = models.DateTimeField(auto_now_add=True)
    request_key = models.UUIDField()
    #: How many couples it is for; their reports are made one after the other.
    couples = ArrayField(models.UUIDField())
    #: Couples that got none, as {couple: reason}.
    refused = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "requested_by", "request_key"], name="caseloadorder_once"),
        ]

    def __str__(self) -> str:
        return f"caseload order {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("caseload_order", args=[self.pk])


class StandingOrder(Contents, PracticeModel):
    """A report that is made by itself before each appointment of a couple, until somebody ends it."""

    couple = inside(Couple, related_name="standing_orders")
    #: For an edition of one partner.
    partner = inside(Client, null=True, blank=True, related_name="+")
    days_before = models.PositiveSmallIntegerField(
        _("days before the appointment"), default=2, validators=[MinValueValidator(0), MaxValueValidator(14)]
    )
    #: How far it looks back; null: to the appointment before.
    weeks = models.PositiveSmallIntegerField(
        _("weeks"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(104)]
    )
    made_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(audience=Audience.PARTNER, partner__isnull=False)
                | (~Q(audience=Audience.PARTNER) & Q(partner=None)),
                name="standingorder_partner_named",
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "couple"], condition=Q(ended_at=None), name="standingorder_of_couple")
        ]

    def __str__(self) -> str:
        return f"standing order {self.pk}"


class Report(Contents, PracticeModel):
    """A PDF for a couple and a period. Kept as issued, with its fingerprint."""

    Kind = Kind
    Audience = Audience
    Paper = Paper

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WORKING = "working", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Could not be made")

    couple = inside(Couple, related_name="reports")
    #: Whom an edition for one partner is for, or whose answers or measure it is about.
    partner = inside(Client, null=True, blank=True, related_name="+")
    response = inside(Response, null=True, blank=True, related_name="+")
    measure = models.CharField(max_length=20, blank=True)
    run = inside(ProgramRun, null=True, blank=True, related_name="+")
    appointment = inside(Appointment, null=True, blank=True, related_name="+")
    #: Of its reader, as Django names it; empty for the practice's own.
    language = models.CharField(_("language"), max_length=10, blank=True)
    begins_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    summary = SealedTextField(_("your summary"))
    requested_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    requested_at = models.DateTimeField(auto_now_add=True)
    request_key = models.UUIDField()
    caseload_order = inside(CaseloadOrder, null=True, blank=True, related_name="reports")
    standing_order = inside(StandingOrder, null=True, blank=True, related_name="reports")
    reference = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=80, blank=True)
    failure = models.CharField(max_length=80, blank=True)
    #: Times somebody began to make it, and when they last gave a sign: what lets a lost one be taken up again.
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveSmallIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=20, blank=True)
    #: The PDF in base64, sealed like any text.
    pdf = SealedTextField()
    #: The clients whose words and numbers it may hold, its reader's own among them. Once one of them is not in care
    #: with its readers any more, it lies in no portal.
    people = ArrayField(models.UUIDField(), default=list, blank=True)
    #: When somebody last stopped seeing a score that it may print: what was read before that is not handed over.
    narrowed_at = models.DateTimeField(null=True, blank=True)
    #: The clients in whose portal it lies, from when, and until when; never those of a clinical edition.
    readers = ArrayField(models.UUIDField(), default=list, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "couple", "request_key"], name="report_asked_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("begins_on")),
                name="report_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            models.CheckConstraint(
                condition=~Q(audience=Audience.PARTNER) | Q(partner__isnull=False), name="report_partner_named"
            ),
            models.CheckConstraint(
                condition=~Q(audience=Audience.CLINICAL) | Q(readers=[]), name="report_clinical_stays_here"
            ),
            models.UniqueConstraint(
                fields=["practice", "standing_order", "appointment"],
                condition=Q(standing_order__isnull=False),
                name="report_once_per_appointment",
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "-requested_at"], name="report_of_couple")]

    def __str__(self) -> str:
        return f"report {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("report", args=[self.couple_id, self.pk])
