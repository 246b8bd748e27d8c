"""What one client finds on their first page: the one thing to do now, and what else there is.

Only this person's own rows and facts of the couple's calendar are read. Whether a partner has answered,
begun or put something aside changes nothing here.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from clients import arrived
from clients.models import Appointment, Client
from exercises import goals, lane_words, news, on_demand, programs, reviewing, together
from exercises.doing import Doing
from exercises.lane_words import Circle, Said, circles, said
from exercises.languages import language_of
from exercises.models import Draft, Occurrence, Response
from exercises.news import News
from exercises.on_demand import Offered
from exercises.program_days import Along, along
from exercises.together import Opened
from exercises.vocabulary import Lane
from practice.models import Message, Practice
from practice.written import Asked, Written, ahead

DONE_TOGETHER = 3


@dataclass(frozen=True)
class Item:
    """Something that can be answered now."""

    doing: Doing
    started: bool
    late: bool

    @property
    def occurrence(self) -> Occurrence:
        return self.doing.occurrence

    @property
    def said(self) -> Said:
        return self.doing.lane_boxes[0].said


@dataclass(frozen=True)
class Waiting:
    """What this person sent and that opens later."""

    response: Response
    circle: Circle


@dataclass
class Today:
    lead: Item | None = None
    now: list[Item] = field(default_factory=list)
    still_open: list[Item] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    later: list[Occurrence] = field(default_factory=list)
    session: Appointment | None = None
    therapist: str = ""
    whenever: list[Offered] = field(default_factory=list)
    resting: list[Occurrence] = field(default_factory=list)
    together: list[Opened] = field(default_factory=list)
    news: News | None = None
    along: list[Along] = field(default_factory=list)
    arrived: list[Message] = field(default_factory=list)

    @property
    def next_opening(self) -> datetime.datetime | None:
        return self.later[0].opens_at if self.later else None


_AVAILABLE: Written[Occurrence] = Written(
    lambda couples, now: (
        Occurrence.objects.available(now).filter(couple__in=couples).select_related("assignment__edition")[:40]
    ),
    couples=[uuid.UUID],
    now=datetime.datetime,
)
_JOINT: Written[Response] = Written(
    lambda occurrences: Response.objects.filter(occurrence__in=occurrences), occurrences=[uuid.UUID]
)
_BEGUN: Written[uuid.UUID] = Written(
    lambda author, occurrences: Draft.objects.filter(author_id=author, occurrence__in=occurrences).values_list(
        "occurrence_id", flat=True
    ),
    author=uuid.UUID,
    occurrences=[uuid.UUID],
)
#: The next one of each assignment.
_LATER: Written[Occurrence] = Written(
    lambda couples, now: (
        Occurrence.objects.later(now)
        .filter(couple__in=couples)
        .select_related("assignment__edition")
        .order_by("assignment_id", "due_at", "pk")
        .distinct("assignment_id")
    ),
    couples=[uuid.UUID],
    now=datetime.datetime,
)
_RESTING: Written[Occurrence] = Written(
    lambda couples, now: (
        Occurrence.objects.filter(couple__in=couples, state=Occurrence.State.PAUSED)
        .filter(opens_at__lte=now, closes_at__gt=now)
        .select_related("assignment__edition")
        .order_by("assignment_id", "due_at", "pk")
        .distinct("assignment_id")
    ),
    couples=[uuid.UUID],
    now=datetime.datetime,
)
_NEXT_SESSION: Written[Appointment] = Written(
    lambda couples, now: Appointment.objects.filter(couple__in=couples).ahead(now)[:1],
    couples=[uuid.UUID],
    now=datetime.datetime,
)


def today(person: Client, practice: Practice, couples: list[uuid.UUID], now: datetime.datetime) -> Today:
    """Read the page. The number of queries does not grow with what there is on it."""
    with ahead(*_whatever_there_is(person, couples, now)):
        return _today(person, practice, couples, now)


def _whatever_there_is(person: Client, couples: list[uuid.UUID], now: datetime.datetime) -> list[Asked[list[Any]]]:
    """Return what the page asks in any case."""
    mine = {"person": person.pk, "couples": couples}
    return [
        lane_words.PARTNERS.of(couples=couples),
        lane_words.STAFF.of(couples=couples),
        *(one.of(couples=couples, now=now) for one in (_AVAILABLE, _LATER, _RESTING, _NEXT_SESSION)),
        together.SEALED.of(**mine, now=now),
        together.LATELY_OPENED.of(**mine, now=now),
        on_demand.ON_DEMAND.of(couples=couples),
        news.NEW.of(**mine),
        goals.OF_CLIENT.of(**mine),
        reviewing.LATELY_REVIEWED.of(author=person.pk, couples=couples, since=now - reviewing.TOLD_FOR),
        programs.RUNNING.of(couples=couples),
        arrived.SENT_HERE.of(person=person.pk),
    ]


def _today(person: Client, practice: Practice, couples: list[uuid.UUID], now: datetime.datetime) -> Today:
    around = circles(person, practice, couples)
    items = _items(person, practice, couples, around, now)
    page = Today(
        now=[one for one in items if not one.late],
        still_open=[one for one in items if one.late],
        waiting=[
            Waiting(one, around[one.couple_id].among(one.occurrence.assignment.audience))
            for one in together.sealed(person, couples, now)
        ],
        session=_NEXT_SESSION.first(couples=couples, now=now),
        together=together.lately_opened(person, couples, now)[:DONE_TOGETHER],
    )
    started = [one for one in items if one.started]
    page.lead = started[0] if started else page.now[0] if page.now else None
    page.now = [one for one in page.now if one is not page.lead]
    page.still_open = [one for one in page.still_open if one is not page.lead]
    page.later = _later(person, couples, items, now)
    page.whenever = on_demand.offered(person, couples, now)
    page.news = news.news(person, couples, now)
    page.resting = _resting(person, couples, now)
    page.along = along(couples)
    page.arrived = arrived.on_today(person)
    if page.session is not None:
        page.therapist = around[page.session.couple_id].therapist
    return page


def _items(
    person: Client,
    practice: Practice,
    couples: list[uuid.UUID],
    around: dict[uuid.UUID, Circle],
    now: datetime.datetime,
) -> list[Item]:
    rows = [one for one in _AVAILABLE.all(couples=couples, now=now) if one.client_id in (None, person.pk)]
    told = _JOINT.all(occurrences=[one.pk for one in rows if one.client_id is None])
    mine = {one.occurrence_id for one in told if one.author_id == person.pk}
    together = {one.occurrence_id for one in told if one.lane == Lane.JOINT}
    drafts = set(_BEGUN.all(author=person.pk, occurrences=[one.pk for one in rows]))
    zone = timezone.get_current_timezone()
    first_of_today = now.astimezone(zone).date()
    language = language_of(person, practice) if rows else practice.language
    found = []
    for row in rows:
        doing = Doing(row, person, practice, now)
        # What was read for all at once need not be asked again for each.
        doing.circle = around[row.couple_id].among(row.assignment.audience)
        doing.sent, doing.language = None, language
        doing.joint_part_sent = row.pk in together
        if row.pk in mine or (row.pk in together and doing.nothing_left):
            continue
        late = row.on_time_until.astimezone(zone).date() < first_of_today
        found.append(Item(doing, row.pk in drafts, late))
    return found


def _later(person: Client, couples: list[uuid.UUID], items: list[Item], now: datetime.datetime) -> list[Occurrence]:
    """The next one of each assignment that asks for nothing at the moment."""
    asking = {one.occurrence.assignment_id for one in items}
    rows = [one for one in _LATER.all(couples=couples, now=now) if one.assignment_id not in asking]
    mine = [one for one in rows if one.client_id in (None, person.pk)]
    return sorted(mine, key=lambda one: (one.due_at, one.pk))[:8]


def _resting(person: Client, couples: list[uuid.UUID], now: datetime.datetime) -> list[Occurrence]:
    """What would be open now and rests, once for each thing; the same words whoever let it rest."""
    return [one for one in _RESTING.all(couples=couples, now=now) if one.client_id in (None, person.pk)]


__all__ = ["Item", "Today", "Waiting", "said", "today"]
