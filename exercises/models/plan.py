"""Plans over weeks: running programs, pauses, goals."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.models.library import Program
from exercises.vocabulary import Lane
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class ProgramRun(PracticeModel):
    """A program given to a couple, tailored before it began. Its assignments carry ``run`` and ``run_week``.

    ``content`` is the tailored plan: the program's own content as it stood that day, with what was changed.
    """

    couple = inside(Couple, related_name="program_runs")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    audience = ArrayField(models.UUIDField())
    content = models.JSONField()
    starts_on = models.DateField(_("first day"))
    at = models.TimeField(_("time"))
    #: The week that is open now, from 1; 0 before the first.
    week = models.PositiveSmallIntegerField(default=0)
    week_opened_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    resumes_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    given_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    given_at = models.DateTimeField(auto_now_add=True)
    #: One act of giving, so that a double click gives nothing twice.
    given_key = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "couple", "given_key"], name="programrun_given_once"),
        ]

    def __str__(self) -> str:
        return f"program run {self.pk}"


class Pause(PracticeModel):
    """A time in which nothing falls due: for a couple, or for one assignment.

    A partner may ask for one. That stays between them and the therapist: the others only see that things rest.
    """

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("Holiday")
        CRISIS = "crisis", _("Hard times")
        REST = "rest", _("A rest from deep talks")
        OTHER = "other", _("Something else")

    couple = inside(Couple, related_name="pauses")
    assignment = inside("exercises.Assignment", null=True, blank=True, related_name="pauses")
    kind = models.CharField(_("what for"), max_length=10, choices=Kind, default=Kind.OTHER)
    #: Only exercises of the deep level rest.
    deep_only = models.BooleanField(default=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    reason = SealedTextField(_("reason"))
    set_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    asked_by = inside(Client, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")), name="pause_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "starts_on"], name="pause_of_couple")]

    def __str__(self) -> str:
        return f"pause {self.pk}"


class Goal(PracticeModel):
    """What a couple, or one partner, wants to reach, in their own words. Rated from 0 to 10.

    ``audience`` holds whose goal it is. Under the lane ``private`` that is one person alone.
    """

    couple = inside(Couple, related_name="goals")
    audience = ArrayField(models.UUIDField())
    words = SealedTextField(_("in their own words"))
    lane = models.CharField(_("who reads the ratings"), max_length=10, choices=Lane, default=Lane.SHARED)
    started_on = models.DateField(_("since"))
    review_on = models.DateField(_("look at it again on"), null=True, blank=True)
    set_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    reached_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(audience__len=1), name="goal_private_alone"
            ),
            models.CheckConstraint(condition=Q(audience__len__gte=1), name="goal_of_somebody"),
        ]
        indexes = [models.Index(fields=["practice", "couple"], name="goal_of_couple")]

    def __str__(self) -> str:
        return f"goal {self.pk}"


class GoalRating(PracticeModel):
    """How near one partner feels a goal is, from 0 to 10."""

    couple = inside(Couple, related_name="+")
    goal = inside(Goal, related_name="ratings")
    author = inside(Client, related_name="+")
    value = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=10, choices=Lane)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    rated_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__lte=10), name="goalrating_at_most_ten"),
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(readers__len__lte=1), name="goalrating_private_alone"
            ),
        ]
        indexes = [models.Index(fields=["practice", "goal", "rated_at"], name="goalrating_of_goal")]

    def __str__(self) -> str:
        return f"goal rating {self.pk}"
