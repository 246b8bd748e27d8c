"""Measures from elsewhere: files that brought a form in, licences, and scores entered by hand."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.models.library import Edition, Exercise
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class QuestionnaireFile(PracticeModel):
    """A FHIR Questionnaire as it was received, word for word, and what was said about it when it was taken."""

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="files", db_constraint=False)
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="files", db_constraint=False)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    url = models.CharField(max_length=500, blank=True)
    version = models.CharField(max_length=100, blank=True)
    #: What was kept but is not used: [{"link_id", "element", "reason"}, …].
    notices = models.JSONField(default=list)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    licence_reference = models.CharField(_("where the licence is written down"), max_length=300, blank=True)
    licence_confirmed = models.BooleanField(_("we may use this form"), default=False)
    #: Which questions ask about safety, and which answers call for help: {key: rule}.
    marked = models.JSONField(default=dict)
    no_safety_questions = models.BooleanField(default=False)
    imported_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    imported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["practice", "exercise"], name="questionnaire_of_exercise")]

    def __str__(self) -> str:
        return f"questionnaire {self.pk}"

    @property
    def is_cleared(self) -> bool:
        """Whether somebody said which questions ask about safety, or that none does."""
        return self.no_safety_questions or bool(self.marked)


class LicenceConfirmation(PracticeModel):
    """Somebody of the practice confirmed that it holds a licence for a measure."""

    measure = models.CharField(max_length=20)
    reference = models.CharField(_("where the licence is written down"), max_length=300)
    confirmed_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    confirmed_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "measure"],
                condition=models.Q(withdrawn_at=None),
                name="licence_once_per_measure",
            ),
        ]

    def __str__(self) -> str:
        return f"licence {self.pk}"


class MeasureEntry(PracticeModel):
    """The score of a measure that was filled in elsewhere, written down by staff. About one person alone."""

    couple = inside(Couple, related_name="+")
    client = inside(Client, related_name="measure_entries")
    measure = models.CharField(max_length=20)
    definition_version = models.CharField(max_length=20)
    taken_on = models.DateField(_("filled in on"))
    #: Empty for a measure that has subscales alone.
    total = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    #: {subscale: "12.5"}, numbers as text.
    subscales = models.JSONField(default=dict, blank=True)
    #: Answers to items that ask about safety: {item number: "1"}. What is not there was not entered.
    safety = models.JSONField(default=dict, blank=True)
    #: Some answers were missing, and the score was made up from the others.
    prorated = models.BooleanField(default=False)
    note = SealedTextField(_("note"), sealed_for="client_id")
    entered_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    entered_at = models.DateTimeField(auto_now_add=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    #: Partners who see the score, never the note, in their portal: nobody, until it is released.
    readers = ArrayField(models.UUIDField(), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client", "measure", "taken_on"],
                condition=models.Q(taken_back_at=None),
                name="measureentry_once_per_day",
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "measure"], name="measureentry_of_couple")]

    def __str__(self) -> str:
        return f"measure entry {self.pk}"
