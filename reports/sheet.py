"""The session sheet: what a therapist needs on one screen and one printed page before a session.

Three views of it. *Yours* holds what is for both, sealed answers included, with what waits and what you noted;
*one partner's private part* comes on top of that when it is asked for, never two partners' at once; and *the
table's* holds only what every partner may read at this moment, so that it can lie between all of you. What a
view may not show is not read for it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from clients import clearing
from clients.models import Appointment, Clearance, Client, Couple
from exercises import agenda, decks, goals, measured, notes, reviewing, unreached
from exercises.desk import QueueItem
from exercises.goals import Standing
from exercises.models import AgendaItem, Response, StaffNote
from exercises.record import Event
from practice.models import Membership
from practice.written import Asked, Written, ahead
from practice.zones import start_of_day
from reports import baselines, sheet_next, sheet_numbers, sheet_rounds
from reports.models import Alert
from reports.sheet_numbers import Compared, ScoreRow
from reports.sheet_private import PrivatePart, private_part
from reports.sheet_rounds import Obstacle, Row

MOST_LINES = 5
MOST_NOTES = 4
MOST_QUOTES = 3


@dataclass(frozen=True)
class Span:
    """From the session before up to this one, or up to now when it is still ahead."""

    since: datetime
    until: datetime
    appointment: Appointment | None
    before: Appointment | None
    number: int


@dataclass
class Sheet:
    """Everything on the sheet. What a view leaves out is empty."""

    couple: Couple
    span: Span
    for_table: bool
    rows: list[Row] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    far: list[Compared] = field(default_factory=list)
    near: list[Compared] = field(default_factory=list)
    goals: list[Standing] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    clearance: Clearance | None = None
    agenda: list[AgendaItem] = field(default_factory=list)
    notes: list[StaffNote] = field(default_factory=list)
    #: Prompts of cards that the partners kept for talking.
    cards: list[str] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    to_review: int = 0
    quotes: list[Event] = field(default_factory=list)
    unreached: list[QueueItem] = field(default_factory=list)
    next: list[str] = field(default_factory=list)
    private: PrivatePart | None = None


_SESSIONS: Written[Appointment] = Written(
    lambda couple: Appointment.objects.filter(couple=couple, cancelled_at=None, audience=[]).order_by(
        "starts_at", "pk"
    ),
    couple=uuid.UUID,
)


def span_of(couple: Couple, appointment: Appointment | None, now: datetime) -> Span:
    """Return what a session looks back on. Without one, it is the next, or everything since the last one."""
    kept = _SESSIONS.all(couple=couple.pk)
    if appointment is None:
        appointment = next((one for one in kept if _ends_at(one) > now), None)
    moment = appointment.starts_at if appointment else now
    earlier = [one for one in kept if one.starts_at < moment and one != appointment]
    before = earlier[-1] if earlier else None
    started = start_of_day(couple.started_on, couple.zone)
    return Span(before.starts_at if before else started, min(moment, now), appointment, before, len(earlier) + 1)


def _ends_at(appointment: Appointment) -> datetime:
    """A session that is going on is still the present one."""
    return appointment.starts_at + timedelta(minutes=appointment.minutes)


_ALERTS: Written[Alert] = Written(
    lambda couple: Alert.objects.to_look_at().filter(couple=couple).defer("note").order_by("raised_at", "pk"),
    couple=uuid.UUID,
)
_NOTES: Written[StaffNote] = Written(
    lambda couple: notes.notes_of(couple).filter(for_session=True)[:MOST_NOTES], couple=uuid.UUID
)
_WAITING: Written[Response] = Written(lambda couples: reviewing.to_review(couples)[:MOST_QUOTES], couples=[uuid.UUID])


def yours(couple: Couple, span: Span, membership: Membership, now: datetime, *, with_notes: bool = True) -> Sheet:
    """Return the therapist's own sheet, with nothing of what one partner keeps from the others.

    Staff notes are no part of the record: what is printed and kept is made without them.
    """
    with ahead(*_whatever_there_is(couple.pk, span, with_notes)):
        return _yours(Sheet(couple, span, for_table=False), membership, now, with_notes)


def _whatever_there_is(couple: uuid.UUID, span: Span, with_notes: bool) -> list[Asked[list[Any]]]:
    """Return what a sheet asks in any case."""
    between = {"couple": couple, "since": span.since, "until": span.until}
    of_couple: list[Written[Any]] = [
        _ALERTS,
        clearing.CURRENT,
        measured.ENTERED,
        measured.SENT,
        baselines.STARTS,
        goals.A_FEW_FOR_ALL,
        agenda.WAITING,
        *([_NOTES] if with_notes else []),
    ]
    return [
        *(one.of(couple=couple) for one in of_couple),
        *(one.of(**between) for one in (sheet_rounds.GIVEN, sheet_rounds.SAID, sheet_numbers.SENT)),
        decks.KEPT_BY_SEVERAL.of(couple=couple, since=span.since),
        _WAITING.of(couples=[couple]),
        reviewing.COUNTS.of(couples=[couple]),
    ]


def _yours(sheet: Sheet, membership: Membership, now: datetime, with_notes: bool) -> Sheet:
    couple, span = sheet.couple, sheet.span
    sheet.alerts = _ALERTS.all(couple=couple.pk)
    sheet.clearance = clearing.current(couple)
    sheet.rows = sheet_rounds.rows(couple, span.since, span.until, now)
    sheet.scores = sheet_numbers.new_scores(couple, span.since)
    sheet.far, sheet.near = sheet_numbers.compared(couple, span.since, span.until, now)
    sheet.goals = _goals(couple)
    items = [one for one in agenda.WAITING.all(couple=couple.pk) if not one.apart]
    sheet.agenda = items[:MOST_LINES]
    if with_notes:
        sheet.notes = _NOTES.all(couple=couple.pk)
    sheet.cards = decks.kept_for_talking(couple.pk, span.since)[-MOST_LINES:]
    sheet.obstacles = sheet_rounds.obstacles(couple, span.since, span.until)
    sheet.to_review = reviewing.counts([couple.pk]).get(couple.pk, 0)
    waiting = _WAITING.all(couples=[couple.pk])
    sheet.quotes = [one.event for one in reviewing.in_full(waiting, [couple], membership)]
    sheet.unreached = unreached.not_reached(membership, [couple.pk])
    sheet.next = sheet_next.suggestions(sheet)
    return sheet


def for_the_table(couple: Couple, span: Span, now: datetime) -> Sheet:
    """Return what all partners may look at together: nothing in it is counted from more than they may read."""
    sheet = Sheet(couple, span, for_table=True)
    sheet.rows = sheet_rounds.rows_for_all(couple, span.since, span.until, now)
    sheet.far, sheet.near = sheet_numbers.compared_for_all(couple, span.since, span.until, now)
    sheet.goals = _goals(couple)
    return sheet


def with_private(sheet: Sheet, client: Client) -> Sheet:
    """Put one partner's private part on the therapist's own sheet."""
    sheet.private = private_part(sheet.couple, client, sheet.span.since, sheet.span.until)
    return sheet


def _goals(couple: Couple) -> list[Standing]:
    return goals.standings(couple, goals.A_FEW_FOR_ALL.all(couple=couple.pk))
