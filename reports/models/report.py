"""Reports on paper."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class Report(PracticeModel):
    """A PDF for a couple and a period. Kept as issued, with its fingerprint."""

    class Audience(models.TextChoices):
        """For whom it is: called edition on screen."""

        CLINICAL = "clinical", _("Clinical: for you and the record")
        SHARED = "shared", _("Shared: for the couple, nothing private in it")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WORKING = "working", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Could not be made")

    class Paper(models.TextChoices):
        A4 = "a4", _("A4")
        LETTER = "letter", _("US Letter")

    couple = inside(Couple, related_name="reports")
    audience = models.CharField(_("edition"), max_length=10, choices=Audience, default=Audience.SHARED)
    paper = models.CharField(_("paper"), max_length=10, choices=Paper, default=Paper.A4)
    begins_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    summary = SealedTextField(_("your summary"))
    requested_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    requested_at = models.DateTimeField(auto_now_add=True)
    request_key = models.UUIDField()
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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "couple", "request_key"], name="report_asked_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("begins_on")),
                name="report_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "-requested_at"], name="report_of_couple")]

    def __str__(self) -> str:
        return f"report {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("report", args=[self.couple_id, self.pk])
