"""What a couple was given, and when each of them is asked."""

from __future__ import annotations

import datetime
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Appointment, Client, Couple
from exercises.models.library import Edition
from exercises.recurrence import Recurrence
from exercises.vocabulary import Lane
from practice.models import Membership, PracticeModel, Step, inside
from practice.models.base import BoundManager
from practice.vault import SealedTextField

#: The due moment of what waits for a session that nobody has planned yet.
SOMEDAY = datetime.datetime(2199, 12, 31, tzinfo=datetime.UTC)


class AssignmentQuerySet(models.QuerySet):
    def running(self) -> AssignmentQuerySet:
        """Assignments that were not withdrawn and may still ask for something."""
        return self.filter(withdrawn_at=None, ended_at=None)


class Assignment(PracticeModel):
    """An edition given to a couple: to whom, on what rhythm, under which lane, with the therapist's words.

    ``audience`` holds the clients it is for; the database shows it to nobody else. Under the lanes ``own``
    and ``private`` it always holds exactly one, so that no row tells a partner about the other.
    ``starts_on`` and ``at`` are wall time in each partner's own zone.
    """

    class OpensBy(models.TextChoices):
        """When a reveal opens."""

        DATE = "date", _("at a stated date and time")
        APPOINTMENT = "appointment", _("at the next session")
        ALL = "all", _("when all have answered")
        TOGETHER = "together", _("when all of them say they are ready")
        THERAPIST = "therapist", _("when you open it")

    class Due(models.TextChoices):
        """What decides when it is due."""

        RHYTHM = "rhythm", _("on its dates")
        APPOINTMENT = "appointment", _("before the next session")
        ON_DEMAND = "on_demand", _("whenever they need it")
        FOLLOW_UP = "follow_up", _("after another one")

    class FollowUp(models.TextChoices):
        """When what follows is offered."""

        EACH = "each", _("after each time")
        LAST = "last", _("after the last time")

    couple = inside(Couple, related_name="assignments")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    given_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    given_at = models.DateTimeField(auto_now_add=True)
    audience = ArrayField(models.UUIDField())
    lane = models.CharField(_("who reads"), max_length=10, choices=Lane)
    #: Whether an answer may call for help: then it may be private in a practice without secrets, too.
    asks_about_safety = models.BooleanField(default=False, editable=False)
    why = SealedTextField(_("one line, in your own words"))
    starts_on = models.DateField(_("first date"))
    at = models.TimeField(_("time"))
    rule = models.CharField(_("rhythm"), max_length=200, blank=True)
    #: The first date is a time of its own, and the rule tells what follows it.
    reviews = models.BooleanField(default=False)
    opens_by = models.CharField(max_length=12, choices=OpensBy, blank=True)
    opens_at = models.DateTimeField(null=True, blank=True)
    remind = models.BooleanField(_("reminder"), default=True)
    #: When to remind; null: as the practice does.
    reminder_steps = ArrayField(models.CharField(max_length=12, choices=Step), null=True, blank=True)
    #: One act of giving, so that a double click gives nothing twice.
    given_key = models.UUIDField(default=uuid.uuid4)
    due = models.CharField(_("due"), max_length=12, choices=Due, default=Due.RHYTHM)
    #: Hours between the due moment and the session it waits for; empty: the evening before, at ``at``.
    due_hours_before = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Hours before the due moment at which it opens; empty: at the start of that day.
    opens_hours_before = models.PositiveSmallIntegerField(null=True, blank=True)
    #: Hours after the due moment in which it does not count as late yet.
    grace_hours = models.PositiveSmallIntegerField(default=0)
    #: Hours after the due moment at which it closes; empty: by its rhythm.
    closes_hours_after = models.PositiveSmallIntegerField(null=True, blank=True)
    accept_late = models.BooleanField(_("late answers are welcome"), default=True)
    whole_page = models.BooleanField(_("all questions on one page"), default=False)
    #: What was chosen for these people: {"left_out": [card, …], "adaptations": [key, …]}.
    tailoring = models.JSONField(default=dict, blank=True)
    #: What is offered afterwards, after which times, and how many hours later.
    follow_up = models.ForeignKey(
        Edition, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    follow_up_when = models.CharField(max_length=4, choices=FollowUp, default=FollowUp.EACH)
    follow_up_hours = models.PositiveSmallIntegerField(default=24)
    goal = inside("exercises.Goal", null=True, blank=True, related_name="assignments", on_delete=models.SET_NULL)
    run = inside("exercises.ProgramRun", null=True, blank=True, related_name="assignments")
    run_week = models.PositiveSmallIntegerField(null=True, blank=True)
    #: The assignment that this one carries on from a day on, with other dates or words.
    continues = inside("self", null=True, blank=True, related_name="continued_by")
    planned_until = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = BoundManager.from_queryset(AssignmentQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["practice", "couple", "-given_at"], name="assignment_of_couple")]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "couple", "given_key", "audience"], name="assignment_given_once"
            ),
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(audience__len=1),
                name="assignment_private_alone",
            ),
            models.CheckConstraint(condition=Q(audience__len__gte=1), name="assignment_for_somebody"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"

    @property
    def is_joint(self) -> bool:
        return self.lane == Lane.JOINT

    @property
    def recurrence(self) -> Recurrence:
        return Recurrence.parse(self.rule or "once", reviews=self.reviews)


class OccurrenceQuerySet(models.QuerySet):
    def open(self) -> OccurrenceQuerySet:
        return self.filter(state=Occurrence.State.OPEN)

    def available(self, now: datetime.datetime) -> OccurrenceQuerySet:
        """Open ones that may be answered now, soonest due first."""
        return self.open().filter(opens_at__lte=now, closes_at__gt=now).order_by("due_at", "pk")

    def later(self, now: datetime.datetime) -> OccurrenceQuerySet:
        return self.open().filter(opens_at__gt=now).order_by("due_at", "pk")


class Occurrence(PracticeModel):
    """One due date of an assignment for one person, or for all together when it is joint.

    ``slot`` is the wall time it stands for (``2026-11-29T18:00``), or the number of its round
    (``round-0003``) where no calendar decides, or what it follows (``a20261129T1800``): siblings of one slot
    belong together, and a slot is never planned twice, whatever happens to clocks, zones and sessions.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Still open")
        DONE = "done", _("Sent")
        MISSED = "missed", _("Closed")
        SKIPPED = "skipped", _("Skipped")
        WITHDRAWN = "withdrawn", _("Taken back")
        PAUSED = "paused", _("Resting")

    couple = inside(Couple, related_name="occurrences")
    assignment = inside(Assignment, related_name="occurrences")
    client = inside(Client, null=True, blank=True, related_name="occurrences")
    audience = ArrayField(models.UUIDField())
    slot = models.CharField(max_length=16)
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    #: When a reveal opens for all who sent; empty while nobody can know it yet.
    reveals_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    #: When this person said they are ready to open the sealed answers, and when they opened them for themselves.
    ready_at = models.DateTimeField(null=True, blank=True)
    unfolded_at = models.DateTimeField(null=True, blank=True)
    skip_reason = SealedTextField(_("what got in the way"), sealed_for="client_id")
    #: Who of the practice left it out; empty when the partner did.
    skipped_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    #: Until when it does not count as late; empty: until it is due.
    grace_until = models.DateTimeField(null=True, blank=True)
    #: Moved by hand: the planner leaves its times alone.
    moved_at = models.DateTimeField(null=True, blank=True)
    #: The session it is due before. Without one it waits: it is open, and nobody can say until when.
    appointment = inside(Appointment, null=True, blank=True, related_name="+")
    #: Who began it, when it may be begun at any time.
    begun_by = inside(Client, null=True, blank=True, related_name="+")
    #: The occurrence after which it was offered.
    follows = inside("self", null=True, blank=True, related_name="followed_by")

    objects = BoundManager.from_queryset(OccurrenceQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "assignment", "slot", "client"],
                name="occurrence_once_per_slot",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "couple", "due_at"], name="occurrence_of_couple"),
            models.Index(fields=["practice", "closes_at"], condition=Q(state="open"), name="occurrence_closing"),
        ]

    def __str__(self) -> str:
        return f"occurrence {self.pk}"

    @property
    def has_no_date(self) -> bool:
        """Whether it waits for a session that is not planned yet."""
        return self.due_at >= SOMEDAY

    @property
    def on_time_until(self) -> datetime.datetime:
        return self.grace_until or self.due_at

    @property
    def came_late(self) -> bool:
        """Whether it was done after its time, which is welcome and worth a mark."""
        return self.state == self.State.DONE and self.done_at is not None and self.done_at > self.on_time_until
