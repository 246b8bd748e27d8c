"""One assignment as the desk shows it: its plan, its rounds in each partner's own time, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Couple
from exercises import pausing, plans, rounds, stops
from exercises.models import Assignment, Occurrence, Pause
from exercises.reminder_facts import steps_of, usual_steps
from exercises.rounds import State
from exercises.when_words import Moment, People, said
from practice.models import Step

#: No more rounds of the past than this are shown; the reports count them all.
PAST_SHOWN = 30


@dataclass(frozen=True)
class Cell:
    """One partner in one round: when it is due for them, and how it stands."""

    client: Client
    position: int
    due: Moment | None
    kind: str
    words: str


@dataclass(frozen=True)
class Round:
    """One round, with what may still be done to it."""

    slot: str
    cells: list[Cell]
    is_now: bool
    is_past: bool
    moved: bool
    skipped_here: bool
    waits: bool
    reason: str
    can_change: bool
    #: When it is due for the first of them, in their own time; None while it waits for a session.
    local: datetime | None = None


@dataclass
class Plan:
    """The page."""

    assignment: Assignment
    sentence: str
    people: list[tuple[Client, int, str]]
    zones_differ: bool
    ahead: list[Round] = field(default_factory=list)
    past: list[Round] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    earlier: int = 0
    can_less: bool = False
    can_smaller: bool = False
    #: When they are reminded, in words, and of whom reminders have stopped by themselves.
    reminded: str = ""
    stopped: list[Client] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        return self.assignment.withdrawn_at is None and self.assignment.ended_at is None


def read(assignment: Assignment, couple: Couple, now: datetime) -> Plan:
    """Return the page in a fixed number of queries, however many rounds there are."""
    clients = [one for one in couple.clients if one.pk in assignment.audience]
    zones = rounds.zones_of(couple, [one.pk for one in clients])
    people = People(tuple(clients), zones)
    places = {partner.client_id: partner.position for partner in couple.partners.all()}
    made = [_round(slot, rows, people, places, now) for slot, rows in _rows(assignment).items()]
    recurrence = assignment.recurrence
    past = [one for one in reversed(made) if one.is_past]
    stopped = stops.of_assignment(assignment)
    return Plan(
        assignment=assignment,
        sentence=said(assignment, timezone.localtime(now, couple.zone).date()),
        people=[(one, places[one.pk], zone_words(str(zones[one.pk]))) for one in clients],
        zones_differ=len({now.astimezone(zone).utcoffset() for zone in zones.values()}) > 1,
        ahead=[one for one in made if not one.is_past],
        past=past[:PAST_SHOWN],
        earlier=len(past[PAST_SHOWN:]),
        pauses=[one for one in pausing.of_couple(couple, now) if not one.lifted_at and pausing.covers(one, assignment)],
        can_less=assignment.due == Assignment.Due.RHYTHM and plans.less_often(recurrence) is not None,
        can_smaller=not assignment.tailoring.get("smaller"),
        reminded=_reminded(assignment),
        stopped=[one for one in clients if one.pk in stopped],
    )


def _reminded(assignment: Assignment) -> str:
    """'When it opens, once more the day after', or 'never'."""
    chosen = steps_of(assignment, usual_steps())
    labels = [str(step.label) for step in Step if step in chosen]
    return ", ".join([labels[0], *(label[:1].lower() + label[1:] for label in labels[1:])]) if labels else _("never")


def zone_words(name: str) -> str:
    """'London' for 'Europe/London'."""
    return name.rpartition("/")[2].replace("_", " ")


def _rows(assignment: Assignment) -> dict[str, list[Occurrence]]:
    found: dict[str, list[Occurrence]] = {}
    rows = Occurrence.objects.filter(assignment=assignment).exclude(state=State.WITHDRAWN).order_by("due_at", "pk")
    for one in rows:
        found.setdefault(one.slot, []).append(one)
    return found


def _round(slot: str, rows: list[Occurrence], people: People, places: dict[Any, int], now: datetime) -> Round:
    cells = [
        _cell(one, client, places[client.pk], people, now)
        for client in people.clients
        for one in rows
        if client.pk in one.audience
    ]
    waiting = [one for one in rows if one.state in plans.WAITING]
    by_us = [one for one in rows if one.skipped_by_id is not None]
    may_ask_again = any(one.closes_at > now for one in by_us)
    return Round(
        slot=slot,
        cells=cells,
        is_now=any(one.opens_at <= now < one.closes_at for one in waiting),
        is_past=not waiting and not may_ask_again,
        moved=any(one.moved_at is not None for one in rows),
        skipped_here=may_ask_again,
        waits=all(one.has_no_date for one in rows),
        reason=by_us[0].skip_reason if by_us else "",
        can_change=bool(waiting),
        local=_local(rows, people),
    )


def _local(rows: list[Occurrence], people: People) -> datetime | None:
    first = next((one for one in people.clients for row in rows if one.pk in row.audience), None)
    if first is None or rows[0].has_no_date:
        return None
    due = next(row.due_at for row in rows if first.pk in row.audience)
    return timezone.localtime(due, people.zones[first.pk])


def _cell(one: Occurrence, client: Client, position: int, people: People, now: datetime) -> Cell:
    due = None if one.has_no_date else people.moment(one.due_at, client)
    return Cell(client, position, due, *state_words(one, now))


def state_words(one: Occurrence, now: datetime) -> tuple[str, str]:
    """How an occurrence stands: a kind of the design, and its words for the desk."""
    match one.state:
        case State.DONE:
            return "done", _("Sent, late") if one.came_late else _("Sent")
        case State.SKIPPED:
            return "skipped", _("Left out by you") if one.skipped_by_id else _("Left out")
        case State.PAUSED:
            return "hold", _("Resting")
        case State.MISSED:
            return "hold", _("Not sent")
    if one.started_at:
        return "started", _("Started")
    if one.opens_at > now:
        return "", _("Not open yet")
    return ("open", _("Still open, late")) if one.on_time_until < now else ("open", _("Still open"))
