"""That couples were brought in from elsewhere, all at once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from practice.models import Membership, PracticeModel, inside


class BroughtIn(PracticeModel):
    """One import: who, when, of which file, and how many. It names nobody."""

    brought_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    brought_at = models.DateTimeField(default=timezone.now)
    #: SHA-256 of the file, in hexadecimal digits.
    fingerprint = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    couples = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField()
    invited = models.BooleanField()
    #: The couples that came in and were not taken back.
    made = ArrayField(models.UUIDField(), default=list)
    taken_back = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        indexes = [models.Index(fields=["practice", "-brought_at"], name="broughtin_newest")]

    def __str__(self) -> str:
        return f"import {self.pk}"
