"""Exercises while a practice writes them, and the shelves it keeps them on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from exercises.models.library import Exercise
from practice.models import Membership, PracticeModel, inside


class Manuscript(PracticeModel):
    """An exercise being written: what the next edition will say. One for an exercise, shared by colleagues.

    ``version`` counts saves. ``changed`` remembers for each part at which count it last changed, so that a
    save built on an older count cannot overwrite what a colleague wrote meanwhile. What came too late is kept in
    ``aside`` until somebody chooses. ``history`` holds what the last changes replaced, so that they can be
    taken back.
    """

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="manuscripts", db_constraint=False)
    content = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    changed = models.JSONField(default=dict)
    aside = models.JSONField(default=dict)
    history = models.JSONField(default=list)
    saved_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "exercise"], name="manuscript_once"),
        ]

    def __str__(self) -> str:
        return f"manuscript {self.pk}"


class Illustration(PracticeModel):
    """A picture in an exercise of the practice's own. Everybody who may read the exercise may see it."""

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="illustrations", db_constraint=False)
    content_type = models.CharField(max_length=40)
    data = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["practice", "exercise"], name="illustration_of_exercise")]

    def __str__(self) -> str:
        return f"illustration {self.pk}"


class Shelf(PracticeModel):
    """A place in the library: one person's favourites, what a practice hides, or a shelf with a name.

    Without a membership it belongs to the whole practice.
    """

    class Kind(models.TextChoices):
        FAVOURITES = "favourites", _("Favourites")
        HIDDEN = "hidden", _("Hidden")
        NAMED = "named", _("Shelf")

    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=60, blank=True)
    membership = inside(Membership, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "kind", "name", "membership"], name="shelf_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_kind_display())


class ShelfEntry(PracticeModel):
    """An exercise on a shelf."""

    shelf = inside(Shelf, related_name="entries")
    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "shelf", "exercise"], name="shelfentry_once"),
        ]

    def __str__(self) -> str:
        return f"shelf entry {self.pk}"
