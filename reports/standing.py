"""Reports that are made by themselves before each session of a couple.

A report is due at five in the morning of its day, by the couple's own clock, so many days before the session.
The session is looked at anew each time: a report follows one that moves, none is made for one that is called
off, and a session has exactly one, however often and from how many sides this runs (the database says so).
What partners may read goes by the sessions that all its readers come to; nothing tells them of another.
Where a session moves on after its report was made, that report stays as it was issued, and the new day gets its own.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from clients.models import Appointment, Couple
from clients.status import ENDED
from practice.models import Membership, Practice
from practice.zones import instant, start_of_day
from reports import making
from reports.forms import LONGEST_PERIOD
from reports.models import Report, StandingOrder
from reports.models.report import Audience
from reports.progress import usual_period

log = logging.getLogger(__name__)

READY_AT = time(5)
#: Sessions among which the next one of each order is looked for.
NEAREST = 20
#: No order looks further ahead than this.
HORIZON = timedelta(days=16)


@dataclass(frozen=True)
class Ahead:
    """A session that a report is made for, when it is due, and the report once it is there."""

    order: StandingOrder
    session: Appointment
    due_at: datetime
    report: Report | None


def in_force(couple: Couple) -> list[StandingOrder]:
    rows = StandingOrder.objects.filter(couple=couple, ended_at=None).select_related("partner", "made_by")
    return list(rows.order_by("made_at", "pk"))


def next_sessions(couple: Couple, now: datetime) -> list[Ahead]:
    """For each order of a couple: the next session, and what stands of its report."""
    orders = in_force(couple)
    if not orders:
        return []
    sessions, made, found = list(Appointment.objects.filter(couple=couple).ahead(now)[:NEAREST]), _made(orders), []
    for one in orders:
        session = next((session for session in sessions if _is_known(session, one, couple)), None)
        if session is not None:
            found.append(Ahead(one, session, due_at(one, session, couple), made.get((one.pk, session.pk))))
    return found


def _readers(order: StandingOrder, couple: Couple) -> set[uuid.UUID]:
    """The partners who may come to read what an order makes; nobody for a clinical edition."""
    if order.audience == Audience.CLINICAL:
        return set()
    if order.partner_id is not None:
        return {order.partner_id}
    return {one.client_id for one in couple.partners.all() if one.left_at is None}


def _is_known(session: Appointment, order: StandingOrder, couple: Couple) -> bool:
    """Whether all readers come to a session: a paper's dates tell nobody of one that they know nothing of."""
    return not session.audience or _readers(order, couple) <= set(session.audience)


def due_at(order: StandingOrder, session: Appointment, couple: Couple) -> datetime:
    """The moment from which a session's report is due, and never after the session itself."""
    day = timezone.localtime(session.starts_at, couple.zone).date() - timedelta(days=order.days_before)
    moment = instant(day, READY_AT, couple.zone) or start_of_day(day, couple.zone)
    return min(moment, session.starts_at - timedelta(hours=1))


def place(couple: Couple, *, by: Membership, **contents: object) -> StandingOrder:
    """Order reports before each session of a couple. The same order twice is one."""
    with transaction.atomic():
        Couple.objects.select_for_update(no_key=True).get(pk=couple.pk)
        same = StandingOrder.objects.filter(couple=couple, ended_at=None, **contents).first()
        return same or StandingOrder.objects.create(couple=couple, made_by=by, **contents)


def end(order: StandingOrder) -> None:
    """Let no more reports be made. Those that there are stay."""
    StandingOrder.objects.filter(pk=order.pk, ended_at=None).update(ended_at=timezone.now())


# ── making what is due ───────────────────────────────────────────────────────


def make_due(practice: Practice, now: datetime) -> list[Report]:
    """Ask for every report of the bound practice that is due and not there; return those that are new."""
    _end_where_care_ended(now)
    orders = list(
        StandingOrder.objects.filter(ended_at=None, made_by__ended_at=None, couple__status=Couple.Status.ACTIVE)
        .select_related("made_by")
        .order_by("pk")
    )
    if not orders:
        return []
    couples = Couple.objects.with_partners().in_bulk({one.couple_id for one in orders})
    sessions = _sessions(couples, now)
    found = []
    for order in orders:
        couple = couples[order.couple_id]
        known = [one for one in sessions.get(couple.pk, []) if _is_known(one, order, couple)]
        for session in known:
            if due_at(order, session, couple) <= now and (made := _tried(order, session, couple, practice, now)):
                found.append(made)
    return found


def _tried(
    order: StandingOrder, session: Appointment, couple: Couple, practice: Practice, now: datetime
) -> Report | None:
    """One that cannot be asked for holds up no other; the next run tries it again."""
    try:
        return _make(order, session, couple, practice, now)
    except Exception as error:
        log.error("The report of order %s cannot be asked for: %s", order.pk, type(error).__name__)
        return None


def _make(
    order: StandingOrder, session: Appointment, couple: Couple, practice: Practice, now: datetime
) -> Report | None:
    with transaction.atomic():
        # Whoever else is at this order right now makes it; and nobody ends it in between.
        held = StandingOrder.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=order.pk)
        if not held.filter(ended_at=None).exists():
            return None
        due = due_at(order, session, couple)
        day = timezone.localtime(due, couple.zone).date()
        known = Report.objects.filter(standing_order=order, appointment=session).defer("pdf", "summary").first()
        if known is not None:
            if known.ends_on >= day:
                return None
            # It was made for a day that the session has moved away from: it stays, for no session.
            Report.objects.filter(pk=known.pk).update(appointment=None)
        today = timezone.localtime(now, couple.zone).date()
        wish = making.Wish(
            kind=order.kind,
            begins_on=_begins_on(order, session, couple, today, now),
            ends_on=today,
            audience=order.audience,
            partner_id=order.partner_id,
            paper=order.paper,
            parts=tuple(order.parts),
            appointment_id=session.pk,
            standing_order_id=order.pk,
            key=uuid.uuid5(order.pk, f"{session.pk}:{day}"),
        )
        return making.ask(couple, wish, by=order.made_by, practice=practice)


def _begins_on(order: StandingOrder, session: Appointment, couple: Couple, today: date, now: datetime) -> date:
    if order.weeks:
        return today - timedelta(weeks=order.weeks) + timedelta(days=1)
    before = Appointment.objects.filter(couple=couple, cancelled_at=None, starts_at__lt=min(session.starts_at, now))
    last = before.attended_by(_readers(order, couple)).order_by("-starts_at").first()
    first = timezone.localtime(last.starts_at, couple.zone).date() if last else usual_period(couple, today)[0]
    return max(min(first, today), today - LONGEST_PERIOD)


def _sessions(couples: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, list[Appointment]]:
    found: dict[uuid.UUID, list[Appointment]] = {}
    rows = Appointment.objects.filter(couple__in=list(couples), starts_at__lt=now + HORIZON)
    for one in rows.ahead(now):
        found.setdefault(one.couple_id, []).append(one)
    return found


def _made(orders: Iterable[StandingOrder]) -> dict[tuple[uuid.UUID, uuid.UUID], Report]:
    rows = Report.objects.filter(standing_order__in=list(orders), appointment__isnull=False).defer("pdf", "summary")
    return {(one.standing_order_id, one.appointment_id): one for one in rows}


def _end_where_care_ended(now: datetime) -> None:
    StandingOrder.objects.filter(ended_at=None, couple__status__in=ENDED).update(ended_at=now)
