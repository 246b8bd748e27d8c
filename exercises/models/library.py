"""The library: exercises, their editions, and programs made of them.

Rows without a practice are the shipped catalogue, which every practice reads; rows with one are its own.
"""

from __future__ import annotations

from functools import cached_property

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exercises.kept_forms import form_of
from exercises.questions import Form
from exercises.vocabulary import Lane
from practice import tenancy
from practice.ids import uuid7
from practice.models import Practice


class SharedOrOwnManager(models.Manager):
    """The catalogue's rows and the bound practice's own."""

    def get_queryset(self) -> models.QuerySet:
        asker = tenancy.current()
        rows = super().get_queryset()
        if asker is None or asker.practice_id is None:
            return rows
        return rows.filter(Q(practice=None) | Q(practice_id=asker.practice_id))


class LibraryModel(models.Model):
    """A row of the catalogue (no practice) or of one practice's own library."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    practice = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )

    objects = SharedOrOwnManager()

    class Meta:
        abstract = True


class Exercise(LibraryModel):
    """An entry of the library. Its words live in its editions; the newest one is offered."""

    slug = models.SlugField(max_length=80)
    kind = models.CharField(_("kind"), max_length=20)
    title = models.CharField(_("title"), max_length=160)
    summary = models.TextField(_("summary"))
    themes = ArrayField(models.CharField(max_length=30), default=list)
    participation = models.CharField(_("who does it"), max_length=20)
    level = models.CharField(_("level"), max_length=10)
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    lane = models.CharField(max_length=10, choices=Lane)
    needs_clearance = models.BooleanField(default=False)
    core = models.BooleanField(default=False)
    newest = models.ForeignKey(
        "exercises.Edition", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    search = SearchVectorField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)
    #: The edition that a practice's own copy began as.
    adapted_from = models.ForeignKey(
        "exercises.Edition", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    #: The newer edition of the original that the practice chose not to take.
    update_declined = models.ForeignKey(
        "exercises.Edition", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    #: The measure it was recognised as (a key of exercises.measures), whose wording may not be changed.
    measure = models.CharField(max_length=20, blank=True)
    locked = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "slug"], name="exercise_slug", nulls_distinct=False),
        ]
        indexes = [GinIndex(fields=["search"], name="exercise_search")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("exercise", args=[self.slug])


class Edition(LibraryModel):
    """An immutable published state of an exercise. Assignments and responses point at it for ever."""

    exercise = models.ForeignKey(Exercise, on_delete=models.PROTECT, related_name="editions", db_constraint=False)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField(auto_now_add=True)

    #: The language that its words were translated into (see exercises/languages.py); empty: as it was written.
    said_in = ""

    class Meta:
        ordering = ["exercise", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "exercise", "number"], name="edition_number", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @cached_property
    def form(self) -> Form:
        """The questions of this edition."""
        return form_of(self.practice_id, self.pk, self.said_in, self.content.get("questions", []))

    @property
    def neutral_title(self) -> str:
        """A title that may be seen by somebody over the shoulder."""
        return self.content.get("reminder_title") or self.title

    @property
    def is_discreet(self) -> bool:
        """Whether lists say only the neutral title: no summary, no kind."""
        return bool(self.content.get("reminder_title"))


class Program(LibraryModel):
    """A plan over several weeks, made of exercises."""

    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=160)
    for_whom = models.TextField()
    weeks = models.PositiveSmallIntegerField()
    needs_clearance = models.BooleanField(default=False)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    #: The program that a practice's own copy began as.
    adapted_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "slug"], name="program_slug", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("program", args=[self.slug])
