"""What was agreed since the last session, and what came of it for each partner."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client, Couple
from exercises.caseload import APART
from exercises.feedback import obstacle_words
from exercises.models import Assignment, Feedback, Occurrence
from exercises.vocabulary import Lane
from practice.written import Written
from reports.editions import given_to_all, readable_by_all

State = Occurrence.State

MOST_ROWS = 8
MOST_OBSTACLES = 4
#: What is open at the session and due this soon after it belongs to it.
SOON = timedelta(days=7)


@dataclass(frozen=True)
class Cell:
    """How it went for one partner: a state of the design, with its words and a reason if they gave one."""

    position: int
    name: str
    kind: str
    words: str
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One thing that was given. ``together`` says it for all of them where nothing is said of each."""

    title: str
    lane: str
    cells: tuple[Cell, ...] = ()
    together: str = ""
    missed: int = 0


@dataclass(frozen=True)
class Obstacle:
    """What somebody said got in the way."""

    name: str
    position: int
    title: str
    words: str


def _inside(since: datetime, until: datetime) -> Q:
    return Q(due_at__gte=since, due_at__lt=until) | Q(done_at__gte=since, done_at__lt=until)


def _given(couple: uuid.UUID, since: datetime, until: datetime) -> QuerySet[Assignment]:
    fell_due = Occurrence.objects.filter(
        _inside(since, until), assignment=OuterRef("pk"), practice_id=OuterRef("practice_id")
    )
    new = Q(given_at__gte=since, given_at__lt=until)
    found = Assignment.objects.filter(new | Exists(fell_due), couple=couple, withdrawn_at=None)
    return found.select_related("edition").order_by("given_at", "pk")


GIVEN: Written[Assignment] = Written(
    lambda couple, since, until: _given(couple, since, until).exclude(lane__in=APART),
    couple=uuid.UUID,
    since=datetime,
    until=datetime,
)
_GIVEN_ALONE: Written[Assignment] = Written(
    lambda couple, since, until, client: _given(couple, since, until).filter(lane=Lane.PRIVATE, audience=[client]),
    couple=uuid.UUID,
    since=datetime,
    until=datetime,
    client=uuid.UUID,
)
_ROUNDS: Written[Occurrence] = Written(
    lambda assignments, since, until, soon, now: (
        Occurrence.objects.filter(
            _inside(since, until) | Q(opens_at__lt=until, due_at__gte=until, due_at__lt=soon),
            assignment__in=assignments,
            opens_at__lte=now,
        )
        .exclude(state__in=[State.WITHDRAWN, State.PAUSED])
        .order_by("due_at", "pk")
    ),
    assignments=[uuid.UUID],
    since=datetime,
    until=datetime,
    soon=datetime,
    now=datetime,
)


def rows(couple: Couple, since: datetime, until: datetime, now: datetime, *, client: Client | None = None) -> list[Row]:
    """Return what was given or fell due in between: for all, or what ``client`` has with the therapist alone."""
    between = {"couple": couple.pk, "since": since, "until": until}
    found = GIVEN.all(**between) if client is None else _GIVEN_ALONE.all(**between, client=client.pk)
    shown = found[-MOST_ROWS:]
    rounds: dict[uuid.UUID, list[Occurrence]] = defaultdict(list)
    ids = [one.pk for one in shown]
    for one in _ROUNDS.all(assignments=ids, since=since, until=until, soon=until + SOON, now=now):
        rounds[one.assignment_id].append(one)
    return [_row(one, rounds[one.pk], couple, now) for one in shown]


def _row(assignment: Assignment, rounds: list[Occurrence], couple: Couple, now: datetime) -> Row:
    if not rounds:
        return Row(assignment.edition.title, assignment.lane, together=_("given, not due yet"))
    if assignment.is_joint:
        return Row(assignment.edition.title, assignment.lane, together=counted(rounds, now)[1], missed=_missed(rounds))
    cells = []
    for partner in couple.partners.all():
        theirs = [one for one in rounds if one.client_id == partner.client_id]
        if theirs:
            kind, words = counted(theirs, now)
            cells.append(Cell(partner.position, partner.client.name, kind, words, _reason(theirs)))
    return Row(assignment.edition.title, assignment.lane, tuple(cells), missed=_missed(rounds))


def counted(rounds: list[Occurrence], now: datetime) -> tuple[str, str]:
    """'sent', 'sent, late', 'left out', 'still open', or for many '4 of 7, 1 left out'."""
    if len(rounds) == 1:
        return _one(rounds[0], now)
    done = [one for one in rounds if one.state == State.DONE]
    parts = [_("%(done)s of %(all)s") % {"done": len(done), "all": len(rounds)}]
    late, skipped = sum(map(_is_late, done)), sum(one.state == State.SKIPPED for one in rounds)
    if late:
        parts.append(ngettext("%(n)s late", "%(n)s late", late) % {"n": late})
    if skipped:
        parts.append(ngettext("%(n)s left out", "%(n)s left out", skipped) % {"n": skipped})
    return ("done" if len(done) == len(rounds) else "started" if done else "open"), ", ".join(parts)


def _one(one: Occurrence, now: datetime) -> tuple[str, str]:
    if one.state == State.DONE:
        return "done", _("sent, late") if _is_late(one) else _("sent")
    if one.state == State.SKIPPED:
        return "skipped", _("left out")
    if one.state == State.MISSED or one.closes_at <= now:
        return "hold", _("not sent")
    return ("started", _("started")) if one.started_at else ("open", _("still open"))


def _is_late(one: Occurrence) -> bool:
    return bool(one.done_at and one.done_at > (one.grace_until or one.due_at))


def _missed(rounds: Iterable[Occurrence]) -> int:
    """How often it was left out or not sent by the end of its time."""
    return sum(one.state in (State.SKIPPED, State.MISSED) for one in rounds)


def _reason(rounds: Iterable[Occurrence]) -> str:
    return next((str(one.skip_reason) for one in rounds if one.state == State.SKIPPED and one.skip_reason), "")


def rows_for_all(couple: Couple, since: datetime, until: datetime, now: datetime) -> list[Row]:
    """Return what all were given, and how often it came back openly. Who did what is not said."""
    given = list(given_to_all(couple).filter(withdrawn_at=None, given_at__lt=until).select_related("edition"))
    responses, _answers = readable_by_all(couple, now)
    inside = responses.filter(submitted_at__gte=since, submitted_at__lt=until)
    slots: dict[uuid.UUID, set[str]] = defaultdict(set)
    for assignment_id, slot in inside.values_list("occurrence__assignment_id", "occurrence__slot"):
        slots[assignment_id].add(slot)
    shown = [one for one in given if slots[one.pk]]
    return [
        Row(
            one.edition.title,
            one.lane,
            together=ngettext(
                "done together or shared, once", "done together or shared, %(n)s times", len(slots[one.pk])
            )
            % {"n": len(slots[one.pk])},
        )
        for one in shown[:MOST_ROWS]
    ]


def _said(couple: uuid.UUID, since: datetime, until: datetime) -> QuerySet[Feedback]:
    said = Feedback.objects.filter(couple=couple, given_at__gte=since, given_at__lt=until)
    return said.select_related("occurrence__assignment__edition").order_by("-given_at", "pk")


SAID: Written[Feedback] = Written(
    lambda couple, since, until: _said(couple, since, until).exclude(lane__in=APART),
    couple=uuid.UUID,
    since=datetime,
    until=datetime,
)
_SAID_ALONE: Written[Feedback] = Written(
    lambda couple, since, until, client: _said(couple, since, until).filter(lane=Lane.PRIVATE, author=client),
    couple=uuid.UUID,
    since=datetime,
    until=datetime,
    client=uuid.UUID,
)


def obstacles(couple: Couple, since: datetime, until: datetime, *, client: Client | None = None) -> list[Obstacle]:
    """Return what got in the way, as far as it was said for all, or by ``client`` to the therapist alone."""
    between = {"couple": couple.pk, "since": since, "until": until}
    said = SAID.all(**between) if client is None else _SAID_ALONE.all(**between, client=client.pk)
    places = {partner.client_id: partner for partner in couple.partners.all()}
    found = []
    for one in said:
        words = ", ".join([*obstacle_words(one.obstacles), *([str(one.words)] if one.words else [])])
        if one.too_much:
            words = ", ".join(filter(None, [_("it was too much"), words]))
        if words and one.author_id in places:
            partner = places[one.author_id]
            title = one.occurrence.assignment.edition.title
            found.append(Obstacle(partner.client.name, partner.position, title, words))
    return found[:MOST_OBSTACLES]
