"""Who sees whose scores: what a therapist released, and what each partner says of their own."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from practice.models import Membership, PracticeModel, inside

#: What is never released, to nobody: screens for violence and series that speak of safety.
NEVER = ("hits", "ehits", "wast", "safety", "emotional_safety", "boundary_respect", "trust")


class Release(PracticeModel):
    """A therapist's word that scores of one partner are shown: to that partner, or to all partners of the couple.

    ``series`` is a measure or a series that exercises share; empty for every measure as its scores come, which
    also needs the practice's own consent to work like that, and each partner's. Others see scores only while this
    holds for every partner and every partner says yes (:class:`Showing`). Never changed, only ended.
    """

    couple = inside(Couple, related_name="releases")
    client = inside(Client, related_name="releases")
    series = models.CharField(max_length=60, blank=True)
    to_all = models.BooleanField(_("to all partners"), default=False)
    released_at = models.DateTimeField()
    released_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "couple", "client", "series"],
                condition=Q(withdrawn_at=None),
                name="release_one_in_force",
            ),
            models.CheckConstraint(condition=~Q(series__in=NEVER), name="release_never_of_safety"),
        ]
        indexes = [models.Index(fields=["practice", "couple"], name="release_of_couple")]

    def __str__(self) -> str:
        return f"release {self.pk}"


class Showing(PracticeModel):
    """A partner's own word on whether the others may see their scores of a series; empty: of all of them.

    The word on one series goes before the word on all. Without any word the answer is no. Never changed, only
    ended by the next word; no other partner reads it, and no message follows from it.
    """

    couple = inside(Couple, related_name="showings")
    client = inside(Client, related_name="showings")
    series = models.CharField(max_length=60, blank=True)
    shows = models.BooleanField()
    said_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "couple", "client", "series"],
                condition=Q(ended_at=None),
                name="showing_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"showing {self.pk}"
