"""What partners answered."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.models.assignment import Occurrence
from exercises.models.library import Edition
from exercises.values import Value
from exercises.vocabulary import Lane
from practice.models import Membership, PracticeModel, inside
from practice.models.base import BoundManager
from practice.vault import SealedTextField


class Draft(PracticeModel):
    """What one person typed and has not sent. Only its author's own sign-in can read or write it.

    ``answers`` is JSON of raw input per question, kept as typed, right or wrong. ``version`` counts saves:
    a save that builds on an older version does not overwrite a newer one.
    """

    occurrence = inside(Occurrence, related_name="drafts")
    author = inside(Client, related_name="+")
    answers = SealedTextField(sealed_for="author_id")
    version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "occurrence", "author"], name="draft_once"),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk}"


#: Of what was sent and not amended.
FIRST_REVISION = 1


class ResponseQuerySet(models.QuerySet):
    def newest(self) -> ResponseQuerySet:
        """Without what its author has amended since: the newest revision stands for all of them."""
        later = Response.objects.filter(
            practice_id=OuterRef("practice_id"),
            occurrence=OuterRef("occurrence_id"),
            author=OuterRef("author_id"),
            revision__gt=OuterRef("revision"),
        )
        # Most was never amended: said so, the walls are asked about few rows.
        return self.filter(~Exists(later.filter(revision__gt=FIRST_REVISION)))


class Response(PracticeModel):
    """What one partner sent for an occurrence (in a joint one: what each sent, one row a person).

    The lane is the one the person was told before sending and never widens. ``readers`` holds the clients
    who may read it besides the therapists; :mod:`exercises.lanes` is the only place that fills it.
    A response is never overwritten: an amendment is a new row with the next ``revision``.
    """

    couple = inside(Couple, related_name="responses")
    occurrence = inside(Occurrence, related_name="responses")
    author = inside(Client, related_name="responses")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    lane = models.CharField(max_length=10, choices=Lane)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    revision = models.PositiveSmallIntegerField(default=FIRST_REVISION)
    submitted_at = models.DateTimeField()
    #: Whether its author can read it again. Sent without a copy it is for the therapist alone: the database says so.
    author_keeps = models.BooleanField(default=True)
    #: When it came in from another system; its ``submitted_at`` is the moment it was given there.
    imported_at = models.DateTimeField(null=True, blank=True)

    objects = BoundManager.from_queryset(ResponseQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "occurrence", "author", "revision"], name="response_once_per_revision"
            ),
            models.CheckConstraint(condition=Q(author_keeps=True) | Q(lane="private"), name="response_without_a_copy"),
        ]
        indexes = [models.Index(fields=["practice", "couple", "-submitted_at"], name="response_of_couple")]

    def __str__(self) -> str:
        return f"response {self.pk}"


class Answer(PracticeModel):
    """The answer to one question. Numbers and choices stay open for charts; what was written is sealed.

    A question may be narrower than its form: the answer carries its own lane and readers.
    """

    couple = inside(Couple, related_name="+")
    response = inside(Response, related_name="answers")
    author = inside(Client, related_name="+")
    lane = models.CharField(max_length=10, choices=Lane)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=200)
    number = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    choices = ArrayField(models.CharField(max_length=200), default=list)
    text = SealedTextField(sealed_for="author_id", lane="lane")
    declined = models.BooleanField(_("I would rather not say"), default=False)
    #: As on its response.
    author_keeps = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "response", "key"], name="answer_once_per_question"),
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(readers__len__lte=1),
                name="answer_private_alone",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"

    @property
    def value(self) -> Value:
        """The answer as it was cleaned when it was sent; the database's idle decimals are not part of it."""
        number = self.number
        if number is not None:
            number = number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
        return Value(number, tuple(self.choices), str(self.text), self.declined)


class Reading(PracticeModel):
    """That a member of staff has read a response. Staff only: nobody in the portal learns of it.

    What a partner keeps from the others is read ``apart``, on a page of its own: reading one part says
    nothing about the other.
    """

    couple = inside(Couple, related_name="+")
    response = inside(Response, related_name="readings")
    membership = inside(Membership, related_name="+")
    apart = models.BooleanField(default=False)
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "response", "membership", "apart"], name="reading_once"),
        ]

    def __str__(self) -> str:
        return f"reading {self.pk}"
