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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Appointment, Couple
from clients.status import ENDED
from practice.models import Membership, Practice
from practice.zones import instant, start_of_day
from reports import days, making
from reports.models import Report, StandingOrder
from reports.models.report import Audience, Kind

log = logging.getLogger(__name__)

READY_AT = time(5)
#: Sessions among which the next one of each order is looked for.
NEAREST = 20
#: No order looks further ahead than this.
HORIZON = timedelta(days=16)
#: What can be made for a session without asking anything else about it.
KINDS = (Kind.PROGRESS, Kind.SHEET)
#: Orders that are looked at together, with a fixed number of queries.
A_BATCH = 200


class NotPlaced(Exception):
    """There are no more sessions to make it for; ``message`` says so."""

    message = _("They are not in care any more: there is no session that it could be made for.")


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


def ahead_of(couples: Sequence[Couple], now: datetime) -> list[Ahead]:
    """For several couples: every session up to :data:`HORIZON` whose report is ordered and not there yet.

    Needs ``with_partners``. The number of queries is the same for any number of couples.
    """
    active = {one.pk: one for one in couples if one.status == Couple.Status.ACTIVE}
    rows = StandingOrder.objects.filter(couple__in=active, ended_at=None, made_by__ended_at=None).order_by("pk")
    orders = list(rows)
    if not orders:
        return []
    sessions, made = _sessions(active, now), _made(orders)
    return [
        Ahead(order, session, due_at(order, session, active[order.couple_id]), None)
        for order in orders
        for session in sessions.get(order.couple_id, [])
        if _is_known(session, order, active[order.couple_id]) and (order.pk, session.pk) not in made
    ]


def _readers(order: StandingOrder, couple: Couple) -> set[uuid.UUID]:
    """The partners who may come to read what an order makes; nobody for a clinical edition."""
    if order.audience == Audience.CLINICAL:
        return set()
    if order.partner_id is not None:
        return {order.partner_id}
    return {one.client_id for one in couple.partners.all() if one.left_at is None}


def _is_known(session: Appointment, order: StandingOrder, couple: Couple) -> bool:
    """Whether all readers come to a session: a paper's dates tell nobody of one that they know nothing of.

    A session sheet is for a session of everybody.
    """
    if order.kind == Kind.SHEET:
        return not session.audience
    return not session.audience or _readers(order, couple) <= set(session.audience)


def due_at(order: StandingOrder, session: Appointment, couple: Couple) -> datetime:
    """The moment from which a session's report is due, and never after the session itself."""
    day = timezone.localtime(session.starts_at, couple.zone).date() - timedelta(days=order.days_before)
    moment = instant(day, READY_AT, couple.zone) or start_of_day(day, couple.zone)
    return min(moment, session.starts_at - timedelta(hours=1))


def place(couple: Couple, *, by: Membership, **contents: object) -> StandingOrder:
    """Order reports before each session of a couple. The same order twice is one. Raises :class:`NotPlaced`."""
    with transaction.atomic():
        if Couple.objects.select_for_update(no_key=True).get(pk=couple.pk).status in ENDED:
            raise NotPlaced
        same = StandingOrder.objects.filter(couple=couple, ended_at=None, **contents).first()
        return same or StandingOrder.objects.create(couple=couple, made_by=by, **contents)


def end(order: StandingOrder) -> None:
    """Let no more reports be made. Those that there are stay."""
    StandingOrder.objects.filter(pk=order.pk, ended_at=None).update(ended_at=timezone.now())


# ── making what is due ───────────────────────────────────────────────────────


def make_due(practice: Practice, now: datetime) -> list[Report]:
    """Ask for every report of the bound practice that is due and not there; return those that are new."""
    _end_where_care_ended(now)
    rows = StandingOrder.objects.filter(ended_at=None, made_by__ended_at=None, couple__status=Couple.Status.ACTIVE)
    orders = list(rows.select_related("made_by").order_by("pk"))
    found: list[Report] = []
    for at in range(0, len(orders), A_BATCH):
        found += _made_of(orders[at : at + A_BATCH], practice, now)
    return found


@dataclass(frozen=True)
class _Due:
    """A session whose report is due, and the day from which it was."""

    order: StandingOrder
    session: Appointment
    couple: Couple
    day: date

    @property
    def key(self) -> uuid.UUID:
        return uuid.uuid5(self.order.pk, f"{self.session.pk}:{self.day}")


@dataclass(frozen=True)
class _Past:
    """What the days of reports follow from, by couple."""

    sessions: dict[uuid.UUID, list[days.Before]] = field(default_factory=dict)
    beginnings: dict[uuid.UUID, date] = field(default_factory=dict)


def _made_of(orders: Sequence[StandingOrder], practice: Practice, now: datetime) -> list[Report]:
    """What is due of some orders, in a fixed number of queries however many reports it comes to."""
    couples = Couple.objects.with_partners().in_bulk({one.couple_id for one in orders})
    due = list(_due(orders, couples, _sessions(couples, now), now))
    if not due:
        return []
    with transaction.atomic():
        # Whoever else is at an order right now makes its reports; and nobody ends it in between.
        free = StandingOrder.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        held = set(free.filter(pk__in={one.order.pk for one in due}, ended_at=None).values_list("pk", flat=True))
        missing = _without_report([one for one in due if one.order.pk in held])
        if not missing:
            return []
        here = {one.couple.pk for one in missing}
        past = _Past(days.sessions_before(here, now), days.beginnings(here))
        asked = [(one.couple, wish, one.order.made_by) for one in missing if (wish := _wish(one, past, now))]
        return _written(making.drafted_all(asked, practice=practice))


def _due(
    orders: Iterable[StandingOrder],
    couples: dict[uuid.UUID, Couple],
    sessions: dict[uuid.UUID, list[Appointment]],
    now: datetime,
) -> Iterator[_Due]:
    for order in orders:
        couple = couples[order.couple_id]
        for session in sessions.get(couple.pk, []):
            if _is_known(session, order, couple) and (moment := due_at(order, session, couple)) <= now:
                yield _Due(order, session, couple, timezone.localtime(moment, couple.zone).date())


def _without_report(due: Sequence[_Due]) -> list[_Due]:
    """Those that have no report yet, or one for a day that their session has moved away from."""
    made = _made({one.order for one in due})
    stale, missing = [], []
    for one in due:
        known = made.get((one.order.pk, one.session.pk))
        if known is None or known.ends_on < one.day:
            missing.append(one)
        if known is not None and known.ends_on < one.day:
            stale.append(known.pk)
    if stale:  # each stays, for no session
        Report.objects.filter(pk__in=stale).update(appointment=None)
    keys = Report.objects.filter(request_key__in=[one.key for one in missing]).values_list("request_key", flat=True)
    asked = set(keys) if missing else set()
    return [one for one in missing if one.key not in asked]


def _wish(due: _Due, past: _Past, now: datetime) -> making.Wish | None:
    """What is asked for. One that cannot be asked for holds up no other; the next run tries it again."""
    order, today = due.order, timezone.localtime(now, due.couple.zone).date()
    try:
        return making.Wish(
            kind=order.kind,
            begins_on=_begins_on(order, due.couple, past, today),
            ends_on=today,
            audience=order.audience,
            partner_id=order.partner_id,
            paper=order.paper,
            parts=tuple(order.parts),
            appointment_id=due.session.pk,
            standing_order_id=order.pk,
            key=due.key,
        )
    except Exception as error:
        log.error("The report of order %s cannot be asked for: %s", order.pk, type(error).__name__)
        return None


def _written(reports: list[Report]) -> list[Report]:
    """Write reports down together; where one of them cannot be, each by itself, so that it alone is left out."""
    try:
        with transaction.atomic():
            return Report.objects.bulk_create(reports)
    except DatabaseError:
        return [one for one in reports if _is_written(one)]


def _is_written(report: Report) -> bool:
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except DatabaseError as error:
        log.error("The report of order %s cannot be asked for: %s", report.standing_order_id, type(error).__name__)
        return False
    return True


def _begins_on(order: StandingOrder, couple: Couple, past: _Past, today: date) -> date:
    before = past.sessions.get(couple.pk, ())
    if order.kind == Kind.SHEET:
        last, otherwise = days.last_of_all(before), couple.started_on
    elif order.weeks:
        return today - timedelta(weeks=order.weeks) + timedelta(days=1)
    else:
        last = days.last_with(before, _readers(order, couple))
        otherwise = days.usual_first(today, past.beginnings.get(couple.pk))
    first = timezone.localtime(last, couple.zone).date() if last else otherwise
    return max(min(first, today), today - days.LONGEST_PERIOD)


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
