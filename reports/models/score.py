"""Numbers out of what was answered."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clients.models import Client, Couple
from exercises.models import Response
from exercises.vocabulary import Lane
from practice.models import PracticeModel, inside


class Score(PracticeModel):
    """A number computed from a response. Derived: it can be thrown away and made again.

    It carries the narrowest lane of the answers it was made from. In the portal it is seen by its ``readers``
    alone: nobody, its own client, or all partners (reports.releases decides).
    """

    couple = inside(Couple, related_name="scores")
    client = inside(Client, related_name="scores")
    response = inside(Response, related_name="scores")
    series = models.CharField(max_length=60)
    #: The questions it was made from, joined by commas: one answer may feed a series more than once.
    questions = models.CharField(max_length=400)
    #: True for an exercise's own scoring, False for a series that several exercises share.
    scored = models.BooleanField(default=False)
    #: What made it of the answers: "phq9@1", "sum@" and the fingerprint of the edition's scoring, or "answer@1".
    #: The edition stands on the response.
    rule = models.CharField(max_length=60, default="")
    value = models.DecimalField(max_digits=12, decimal_places=3)
    at = models.DateTimeField()
    lane = models.CharField(max_length=10, choices=Lane)
    readers = ArrayField(models.UUIDField(), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "response", "series", "scored", "questions"], name="score_once"
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "series", "at"], name="score_of_couple")]

    def __str__(self) -> str:
        return f"score {self.pk}"
