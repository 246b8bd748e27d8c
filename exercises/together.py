"""What has opened for everybody in a couple: side by side, one slot of an assignment at a time.

A person's own sign-in decides what is readable; only *which rows belong to the same slot* is looked up as
Attune itself, for answers that may be read anyway.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from clients.models import Client, Partner
from exercises.lanes import OPEN_LANES
from exercises.languages import language_of, spoken
from exercises.models import Assignment, Edition, Occurrence, Response, Win
from exercises.rhythm import sentence
from exercises.vocabulary import Lane
from practice import tenancy
from practice.written import Written

#: After so long it is no ceremony any more, only something to look up.
FOLDED_FOR = datetime.timedelta(days=14)


@dataclass
class Opened:
    """One slot of which this person may read something. ``at`` is the occurrence that stands for it."""

    assignment: Assignment
    slot: str
    at: uuid.UUID
    moment: datetime.datetime
    responses: list[Response] = field(default_factory=list)
    #: Whether this person has looked at it. What was sealed stays folded until they do, for a while.
    unfolded: bool = True

    @property
    def edition(self) -> Edition:
        return self.assignment.edition

    @property
    def lane(self) -> str:
        return self.assignment.lane


def readable(person: Client, couples: list[uuid.UUID], now: datetime.datetime) -> QuerySet[Response]:
    """Responses that are open for this person: their own, and those of others that a lane lets through."""
    return _readable(person.pk, couples, now)


def _readable(person_id: uuid.UUID, couples: list[uuid.UUID], now: datetime.datetime) -> QuerySet[Response]:
    return Response.objects.newest().filter(
        Q(author=person_id) | Q(readers__contains=[person_id]),
        couple__in=couples,
        lane__in=OPEN_LANES,
        opens_at__lte=now,
    )


def opened(person: Client, couples: list[uuid.UUID], now: datetime.datetime, limit: int = 60) -> list[Opened]:
    """Return the slots with something open, what opened last first."""
    responses = list(readable(person, couples, now).order_by("-opens_at", "-pk")[:limit])
    return by_slot(person, responses)


#: Responses on a first page, of which a few slots are shown.
LATELY = 12
LATELY_OPENED: Written[Response] = Written(
    lambda person, couples, now: _readable(person, couples, now).order_by("-opens_at", "-pk")[:LATELY],
    person=uuid.UUID,
    couples=[uuid.UUID],
    now=datetime.datetime,
)
_ASKED: Written[Occurrence] = Written(
    lambda occurrences: Occurrence.objects.filter(pk__in=occurrences).select_related("assignment__edition"),
    occurrences=[uuid.UUID],
)


def lately_opened(person: Client, couples: list[uuid.UUID], now: datetime.datetime) -> list[Opened]:
    """Return what opened last, for a first page."""
    return by_slot(person, LATELY_OPENED.all(person=person.pk, couples=couples, now=now))


def by_slot(person: Client, responses: list[Response]) -> list[Opened]:
    """Put responses that this person may read together by slot, in the order given."""
    if not responses:
        return []
    with tenancy.elevated():
        rows = {one.pk: one for one in _ASKED.all(occurrences={one.occurrence_id for one in responses})}
    translated = [row for row in rows.values() if row.assignment.edition.content.get("translations")]
    language = language_of(person, person.practice) if translated else ""
    for row in translated:
        row.assignment.edition = spoken(row.assignment.edition, language)
    found: dict[tuple[uuid.UUID, str], Opened] = {}
    for response in responses:
        row = rows[response.occurrence_id]
        group = found.get((row.assignment_id, row.slot))
        if group is None:
            group = Opened(row.assignment, row.slot, row.pk, response.opens_at or response.submitted_at)
            found[row.assignment_id, row.slot] = group
        group.responses.append(response)
        if response.author_id == person.pk:
            group.at = row.pk
            group.unfolded = _is_unfolded(row, group.moment)
    return list(found.values())


def _is_unfolded(own: Occurrence, moment: datetime.datetime) -> bool:
    if own.assignment.lane != Lane.REVEAL or own.unfolded_at is not None:
        return True
    return moment < timezone.now() - FOLDED_FOR


SEALED: Written[Response] = Written(
    lambda person, couples, now: (
        Response.objects.newest()
        .filter(Q(opens_at=None) | Q(opens_at__gt=now), author=person, couple__in=couples, lane=Lane.REVEAL)
        .select_related("occurrence__assignment__edition")
        .order_by("-submitted_at")[:6]
    ),
    person=uuid.UUID,
    couples=[uuid.UUID],
    now=datetime.datetime,
)


def sealed(person: Client, couples: list[uuid.UUID], now: datetime.datetime) -> list[Response]:
    """Return what this person has sent that waits for its moment. Nothing here tells of anybody else."""
    return SEALED.all(person=person.pk, couples=couples, now=now)


@dataclass(frozen=True)
class Running:
    """Something that all partners do now: in words, and how often it was kept lately."""

    assignment: Assignment
    rhythm: str
    kept: int
    of: int


#: Rounds that are looked back on, and the fewest that say anything.
LOOKED_BACK, ENOUGH = 6, 3


def running(person: Client, couples: list[uuid.UUID]) -> list[Running]:
    """Return what was agreed for all to do: only what nobody could be blamed or betrayed by.

    Counts are told of joint work alone: there, a round was kept by all or by nobody.
    """
    given = list(
        Assignment.objects.running()
        .filter(couple__in=couples, lane__in=OPEN_LANES, audience__contains=[person.pk])
        .filter(audience__len__gt=1)
        .exclude(Q(rule__in=["", "once"]) & ~Q(due=Assignment.Due.ON_DEMAND) & ~Exists(_not_over()))
        .select_related("edition")
        .order_by("-given_at", "pk")[:12]
    )
    rounds: dict[uuid.UUID, list[str]] = {}
    past = Occurrence.objects.filter(
        assignment__in=[one for one in given if one.is_joint], state__in=["done", "missed"]
    )
    for row in past.order_by("-due_at").values_list("assignment_id", "state"):
        rounds.setdefault(row[0], []).append(row[1])
    return [_running(one, rounds.get(one.pk, [])[:LOOKED_BACK]) for one in given]


def _not_over() -> QuerySet[Occurrence]:
    """By the calendar alone: whether anybody has done it must not show here."""
    return Occurrence.objects.filter(assignment=OuterRef("pk"), closes_at__gt=timezone.now())


def _running(assignment: Assignment, states: list[str]) -> Running:
    words = sentence(assignment.recurrence, assignment.starts_on, assignment.at)
    if assignment.due != Assignment.Due.RHYTHM:
        words = str(assignment.get_due_display()).capitalize()
    enough = len(states) >= ENOUGH
    return Running(assignment, words, states.count("done") if enough else 0, len(states) if enough else 0)


@dataclass(frozen=True)
class SmallWin:
    """A win that this person may read, with its author's place."""

    win: Win
    position: int


def wins(person: Client, couples: list[uuid.UUID], now: datetime.datetime, limit: int = 20) -> list[SmallWin]:
    """Return small wins: one's own, and those the others showed. Nobody's are counted."""
    rows = (
        Win.objects.filter(Q(author=person) | Q(readers__contains=[person.pk], opens_at__lte=now), couple__in=couples)
        .select_related("author")
        .order_by("-marked_at")[:limit]
    )
    places = dict(Partner.objects.filter(couple__in=couples).values_list("client_id", "position"))
    return [SmallWin(one, places.get(one.author_id, 0)) for one in rows]


def one(person: Client, couples: list[uuid.UUID], occurrence_id: uuid.UUID, now: datetime.datetime) -> Opened:
    """Return the slot that an occurrence stands for. With nothing to read in it: the same 404 as unknown."""
    with tenancy.elevated():
        row = Occurrence.objects.filter(pk=occurrence_id, couple__in=couples).first()
        slot = (
            list(Occurrence.objects.filter(assignment_id=row.assignment_id, slot=row.slot).values_list("pk", flat=True))
            if row is not None and row.assignment_id is not None
            else []
        )
    groups = by_slot(person, list(readable(person, couples, now).filter(occurrence__in=slot).order_by("pk")))
    if not groups:
        raise Http404
    return groups[0]
