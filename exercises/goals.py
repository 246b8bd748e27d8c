"""Goals in a couple's own words, rated from 0 to 10 by those whose goals they are.

A goal is everybody's (its ratings are shared at once) or one partner's alone (then it is between them and the
therapist, and the others know of neither the goal nor a number). Where somebody begins is their first rating.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from clients.models import Client, Couple, Partner
from exercises.caseload import APART
from exercises.lanes import readers_of
from exercises.models import Assignment, Goal, GoalRating
from exercises.vocabulary import Lane
from practice import tenancy
from practice.models import Membership
from practice.written import Written, together

LONGEST = 200
LOWEST, HIGHEST = 0, 10
STOPS = range(LOWEST, HIGHEST + 1)
#: Goals that stand beside everything else.
A_FEW = 4


@dataclass(frozen=True)
class Course:
    """One partner's way with a goal: where they began and where they are. Empty while they have not rated."""

    partner: Partner
    ratings: tuple[GoalRating, ...] = ()

    @property
    def first(self) -> int | None:
        return self.ratings[0].value if self.ratings else None

    @property
    def now(self) -> int | None:
        return self.ratings[-1].value if self.ratings else None


@dataclass(frozen=True)
class Standing:
    """A goal with everybody's course and what was given for it."""

    goal: Goal
    courses: tuple[Course, ...]
    served_by: tuple[Assignment, ...] = ()

    @property
    def is_private(self) -> bool:
        return self.goal.lane == Lane.PRIVATE

    @property
    def is_over(self) -> bool:
        return bool(self.goal.reached_at or self.goal.dropped_at)

    @property
    def is_rated(self) -> bool:
        return any(course.ratings for course in self.courses)


# ── setting ──────────────────────────────────────────────────────────────────


def set_goal(
    couple: Couple,
    audience: Collection[uuid.UUID],
    words: str,
    *,
    by: Membership | None,
    review_on: date | None = None,
    key: uuid.UUID | None = None,
) -> Goal:
    """Write a goal down; with the same key again, return the one that is there. ``by`` None: a partner's own."""
    fields = {
        "couple": couple,
        "audience": sorted(audience),
        "words": words,
        # One partner's alone is private, everybody's is shared.
        "lane": Lane.SHARED if len(audience) > 1 else Lane.PRIVATE,
        "started_on": timezone.localdate(timezone=couple.zone),
        "review_on": review_on,
        "set_by": by,
    }
    if key is None:
        return Goal.objects.create(**fields)
    goal = Goal(pk=uuid.uuid5(couple.pk, f"goal:{by.pk if by else sorted(audience)}:{key}"), **fields)
    Goal.objects.bulk_create([goal], ignore_conflicts=True)
    return Goal.objects.get(pk=goal.pk)


def propose(person: Client, couple: Couple, words: str, *, alone: bool, key: uuid.UUID) -> Goal:
    """Write down a goal in a partner's own words: theirs alone, or for all partners.

    Partners may not write goals by themselves in the database; this is the one way, for themselves.
    """
    audience = [person.pk] if alone else [p.client_id for p in couple.partners.all() if p.left_at is None]
    with tenancy.elevated():
        return set_goal(couple, audience, words, by=None, key=uuid.uuid5(person.pk, str(key)))


class Overtaken(Exception):
    """Somebody changed the goal meanwhile. ``current`` is how it stands; nothing was overwritten."""

    def __init__(self, current: Goal) -> None:
        super().__init__("the goal was changed meanwhile")
        self.current = current


def change(goal: Goal, words: str, review_on: date | None, *, was: str) -> Goal:
    """Change the words (which were ``was`` when they were read) or the day to look again. Whose it is stays.

    Raises :class:`Overtaken`.
    """
    current = Goal.objects.select_for_update(of=("self",)).get(pk=goal.pk)
    if current.words not in (was, words):
        raise Overtaken(current)
    current.words, current.review_on = words, review_on
    current.save(update_fields=["words", "review_on"])
    return current


def end(goal: Goal, *, reached: bool) -> None:
    """Close a goal as reached or let go; it stays in the record."""
    moment = timezone.now()
    Goal.objects.filter(pk=goal.pk).update(
        reached_at=moment if reached else None, dropped_at=None if reached else moment
    )


def take_up_again(goal: Goal) -> None:
    Goal.objects.filter(pk=goal.pk).update(reached_at=None, dropped_at=None)


def set_phase(couple: Couple, phase: str) -> None:
    """Say where the work stands."""
    couple.phase = Couple.Phase(phase)
    couple.save(update_fields=["phase"])


# ── rating ───────────────────────────────────────────────────────────────────


def rate(goal: Goal, person: Client, value: int, *, key: uuid.UUID) -> GoalRating:
    """Write down how near this person feels a goal is; the same key, or the same number on one day, adds nothing."""
    now = timezone.now()
    last = GoalRating.objects.filter(goal=goal, author=person).order_by("-rated_at", "-pk").first()
    if last is not None and last.value == value and timezone.localdate(last.rated_at) == timezone.localdate(now):
        return last
    reach = readers_of(goal.lane, author=person.pk, audience=goal.audience, now=now)
    rating = GoalRating(
        pk=uuid.uuid5(person.pk, f"rating:{goal.pk}:{key}"),
        couple_id=goal.couple_id,
        goal=goal,
        author=person,
        value=value,
        lane=goal.lane,
        readers=list(reach.readers),
        opens_at=reach.opens_at,
    )
    GoalRating.objects.bulk_create([rating], ignore_conflicts=True)
    return GoalRating.objects.get(pk=rating.pk)


def is_due(goal: Goal, mine: Iterable[GoalRating], today: date) -> bool:
    """Whether this person is asked now: never rated, or the day to look again has come and they have not since."""
    days = [timezone.localdate(one.rated_at) for one in mine]
    if not days:
        return True
    return goal.review_on is not None and goal.review_on <= today and max(days) < goal.review_on


OF_CLIENT: Written[Goal] = Written(
    lambda person, couples: running(couples).filter(audience__contains=[person]),
    person=uuid.UUID,
    couples=[uuid.UUID],
)
_RATED: Written[GoalRating] = Written(
    lambda author, goals: GoalRating.objects.filter(goal__in=goals, author=author),
    author=uuid.UUID,
    goals=[uuid.UUID],
)


def due_for(person: Client, couples: Collection[uuid.UUID]) -> list[Goal]:
    """Return the goals that this person is asked about now. Nobody else's ratings play a part."""
    goals = OF_CLIENT.all(person=person.pk, couples=couples)
    mine: dict[uuid.UUID, list[GoalRating]] = defaultdict(list)
    for one in _RATED.all(author=person.pk, goals=[goal.pk for goal in goals]):
        mine[one.goal_id].append(one)
    return [goal for goal in goals if is_due(goal, mine[goal.pk], timezone.localdate())]


# ── looking ──────────────────────────────────────────────────────────────────


def running(couples: Collection[uuid.UUID]) -> QuerySet[Goal]:
    """Return goals that are neither reached nor let go, the oldest first."""
    return Goal.objects.filter(couple_id__in=couples, reached_at=None, dropped_at=None).order_by("started_on", "pk")


def goal_or_404(couples: Collection[uuid.UUID], goal_id: uuid.UUID) -> Goal:
    goal = Goal.objects.filter(couple_id__in=couples, pk=goal_id).exclude(lane=Lane.OWN).first()
    if goal is None:
        raise Http404
    return goal


_RATINGS: Written[GoalRating] = Written(
    lambda goals: GoalRating.objects.filter(goal__in=goals).exclude(lane=Lane.OWN).order_by("rated_at", "pk"),
    goals=[uuid.UUID],
)
_SERVING: Written[Assignment] = Written(
    lambda goals: (
        Assignment.objects.filter(goal__in=goals, withdrawn_at=None)
        .select_related("edition", "goal")
        .order_by("starts_on", "pk")
    ),
    goals=[uuid.UUID],
)


def standings(couple: Couple, goals: Collection[Goal]) -> list[Standing]:
    """Return goals with ratings and what served them: one trip. The couple comes ``with_partners``.

    Whose ratings are there is decided by who asks: the database shows a partner what is theirs to read.
    """
    ids = [one.pk for one in goals]
    rated, given = together(_RATINGS.of(goals=ids), _SERVING.of(goals=ids))
    ratings: dict[tuple[uuid.UUID, uuid.UUID], list[GoalRating]] = defaultdict(list)
    for one in rated:
        ratings[one.goal_id, one.author_id].append(one)
    served: dict[uuid.UUID, list[Assignment]] = defaultdict(list)
    for given_one in given:
        # What one partner does alone stays off everybody's page, also where it serves everybody's goal.
        goal = given_one.goal
        if goal is not None and (given_one.lane not in APART or goal.lane == Lane.PRIVATE):
            served[goal.pk].append(given_one)
    return [
        Standing(
            goal,
            tuple(
                Course(partner, tuple(ratings[goal.pk, partner.client_id]))
                for partner in couple.partners.all()
                if partner.client_id in goal.audience
            ),
            tuple(served[goal.pk]),
        )
        for goal in goals
    ]


def for_all(couple: Couple | uuid.UUID) -> QuerySet[Goal]:
    """Return the goals that nobody keeps from anybody, for the desk."""
    return Goal.objects.filter(couple=couple, lane=Lane.SHARED).order_by("started_on", "pk")


#: What stands beside everything else: the first of those that are neither reached nor let go.
A_FEW_FOR_ALL: Written[Goal] = Written(
    lambda couple: for_all(couple).filter(reached_at=None, dropped_at=None)[:A_FEW], couple=uuid.UUID
)


def private_of(couple: Couple, client: Client) -> QuerySet[Goal]:
    """Return what one partner has as a goal between themselves and the therapist."""
    rows = Goal.objects.filter(couple=couple, lane=Lane.PRIVATE, audience__contains=[client.pk])
    return rows.order_by("started_on", "pk")
