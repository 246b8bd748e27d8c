"""What a therapist does with something given: move one, skip one, lighten it, carry it on otherwise, end it.

All of it leaves what was done, and what is open now, as it is. Each act may be undone while that still means
something. An act names a round by its slot; where partners must not learn of each other, each has an
assignment of their own, so nothing done to one shows in the other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exercises import assigning, following_up, occurrences, pausing, reminders, rounds, timing
from exercises.assigning import Refused
from exercises.giving import Giving
from exercises.models import Assignment, Occurrence
from exercises.recurrence import MAX_INTERVAL, Freq, Recurrence
from exercises.reveals import set_reveals
from exercises.rounds import State
from exercises.schedule import dates, instant
from exercises.vocabulary import Lane
from practice import tenancy
from practice.models import Membership
from practice.zones import start_of_day

Due = Assignment.Due
WAITING = (State.OPEN, State.PAUSED)


# ── one round ────────────────────────────────────────────────────────────────


def move(assignment: Assignment, slot: str, day: date, at: time) -> int:
    """Let one round be due at another local time, each in their own zone; the series stays. Return how many rows.

    Who has sent already is not concerned. Raises :class:`Refused` for a time that has passed.
    """
    now = timezone.now()
    with transaction.atomic(), tenancy.elevated():
        rows = _locked(assignment, slot, WAITING)
        zones = rounds.zones_of(assignment.couple, [one.client_id for one in rows if one.client_id])
        for one in rows:
            zone = zones.get(one.client_id, assignment.couple.zone) if one.client_id else assignment.couple.zone
            due = instant(day, at, zone)
            if due is None or due <= now:
                raise Refused({"at": _("This time has passed already. Choose a later one.")})
            _move_row(assignment, one, due, start_of_day(day, zone), now)
        _after_moving(assignment, rows, now)
    return len(rows)


def _move_row(assignment: Assignment, one: Occurrence, due: datetime, day: datetime, now: datetime) -> None:
    stays = timing.STAYS_OPEN if one.has_no_date else one.closes_at - one.due_at
    when = timing.shaped(assignment, one.slot, due, opens=day, closes=due + max(stays, timedelta(hours=1)))
    opens = min(one.opens_at, when.opens_at) if one.opens_at <= now else when.opens_at
    one.opens_at, one.due_at, one.closes_at = opens, when.due_at, when.closes_at
    one.grace_until, one.moved_at = when.grace_until, now


def put_back(assignment: Assignment, slot: str) -> None:
    """Undo :func:`move`: the round stands again where its dates or its session put it."""
    now = timezone.now()
    with transaction.atomic(), tenancy.elevated():
        rows = [one for one in _locked(assignment, slot, WAITING) if one.moved_at is not None]
        zones = rounds.zones_of(assignment.couple, [one.client_id for one in rows if one.client_id])
        for one in rows:
            zone = zones.get(one.client_id, assignment.couple.zone) if one.client_id else assignment.couple.zone
            when = timing.times_of_slot(assignment, slot, zone) if assignment.due == Due.RHYTHM else None
            if when is not None:
                rounds.put(one, when)
            one.moved_at = None
        _after_moving(assignment, rows, now)
        occurrences.plan(assignment, now)


def _after_moving(assignment: Assignment, rows: list[Occurrence], now: datetime) -> None:
    rounds.save_moved(rows)
    if assignment.lane == Lane.REVEAL:
        set_reveals(assignment.couple, now, assignments=[assignment.pk])
    pausing.settle(assignment.couple, now)
    reminders.plan_for(*rows)


def skip(assignment: Assignment, slot: str, *, by: Membership, reason: str) -> int:
    """Leave one round out, with a reason that stays with the practice. It never counts as left undone."""
    with transaction.atomic():
        rows = _locked(assignment, slot, WAITING)
        for one in rows:
            one.state, one.skipped_by, one.skip_reason = State.SKIPPED, by, reason
            one.save(update_fields=["state", "skipped_by", "skip_reason"])
        reminders.call_off([one.pk for one in rows], reason="skipped")
    return len(rows)


def unskip(assignment: Assignment, slot: str) -> None:
    """Undo :func:`skip`. What a partner put aside stays put aside."""
    now = timezone.now()
    with transaction.atomic():
        rows = [one for one in _locked(assignment, slot, (State.SKIPPED,)) if one.skipped_by_id is not None]
        for one in rows:
            one.state, one.skipped_by, one.skip_reason = State.OPEN, None, ""
            one.save(update_fields=["state", "skipped_by", "skip_reason"])
        with tenancy.elevated():
            pausing.settle(assignment.couple, now)
        reminders.plan_for(*Occurrence.objects.open().filter(pk__in=[one.pk for one in rows]))


def _locked(assignment: Assignment, slot: str, states: tuple[str, ...]) -> list[Occurrence]:
    found = Occurrence.objects.select_for_update(of=("self",)).filter(assignment=assignment, slot=slot)
    return list(found.filter(state__in=states).select_related("assignment__couple").order_by("pk"))


# ── the whole of it ──────────────────────────────────────────────────────────


def end(assignment: Assignment) -> None:
    """Let nothing more come. What is open now may still be answered. Doing it again changes nothing."""
    now = timezone.now()
    with transaction.atomic():
        known = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
        if known.ended_at is None and known.withdrawn_at is None:
            _leave(known, now)


def _leave(known: Assignment, now: datetime) -> None:
    known.ended_at = now
    known.save(update_fields=["ended_at"])
    ahead = [known.pk]
    if known.follow_up_id and known.follow_up_when == Assignment.FollowUp.LAST:
        reviews = Assignment.objects.filter(given_key=following_up.key_of(known))
        ahead += reviews.values_list("pk", flat=True)
    rows = Occurrence.objects.filter(assignment__in=ahead, state__in=WAITING, opens_at__gt=now)
    ids = list(rows.values_list("pk", flat=True))
    Occurrence.objects.filter(pk__in=ids).update(state=State.WITHDRAWN)
    reminders.call_off(ids, reason="withdrawn")


def go_on(assignment: Assignment) -> bool:
    """Undo :func:`end`; return False when something else carries it on, or it was taken back."""
    now = timezone.now()
    with transaction.atomic(), tenancy.elevated():
        known = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
        if known.withdrawn_at is not None or Assignment.objects.filter(continues=known).exists():
            return False
        known.ended_at = None
        known.save(update_fields=["ended_at"])
        back = Occurrence.objects.filter(assignment=known, state=State.WITHDRAWN, closes_at__gt=now)
        ids = list(back.values_list("pk", flat=True))
        Occurrence.objects.filter(pk__in=ids).update(state=State.OPEN)
        occurrences.plan(known, now)
        reminders.plan_for(*Occurrence.objects.open().filter(pk__in=ids).defer("skip_reason"))
    return True


def carry_on(assignment: Assignment, draft: Giving, *, by: Membership) -> Assignment:
    """Give ``draft`` in the place of an assignment from the next round on; return what carries it on.

    What is done or open stays with the old one and its words. Raises :class:`Refused`.
    """
    now = timezone.now()
    with transaction.atomic():
        known = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
        following = Assignment.objects.filter(continues=known).first()
        if following is not None:
            return following
        if known.withdrawn_at is not None or known.ended_at is not None:
            raise Refused({"assignment": _("This has ended already. Give it anew.")})
        _leave(known, now)
        first = max(draft.starts_on, _day_after_kept(known, draft))
        draft = replace(draft, starts_on=first, clients=tuple(known.audience), lane=known.lane, continues=known)
        (given,) = assigning.give(draft, by=by)
    return given


def _day_after_kept(known: Assignment, draft: Giving) -> date:
    """The first day that no round of the old one stands for: a day is never asked for twice."""
    if draft.due != Due.RHYTHM or known.due != Due.RHYTHM:
        return draft.starts_on
    slots = Occurrence.objects.filter(assignment=known).exclude(state=State.WITHDRAWN).values_list("slot", flat=True)
    return max((date.fromisoformat(slot[:10]) for slot in slots), default=date.min) + timedelta(days=1)


def lighten(assignment: Assignment, *, by: Membership, how: str) -> Assignment:
    """Ask for it less often (``less``), or for a smaller measure of it (``smaller``), from the next round on."""
    draft = draft_of(assignment)
    if how == "less":
        lighter = less_often(draft.recurrence)
        if lighter is None or assignment.due != Due.RHYTHM:
            raise Refused({"how": _("This cannot come less often. Ask for a smaller measure, or end it.")})
        draft = replace(draft, recurrence=lighter)
    else:
        draft = replace(draft, smaller=True)
    return carry_on(assignment, draft, by=by)


def less_often(recurrence: Recurrence) -> Recurrence | None:
    """Return a rhythm about half as dense; None when there is none."""
    if recurrence.freq is Freq.WEEKLY and len(recurrence.weekdays) > 1:
        return replace(recurrence, weekdays=recurrence.weekdays[::2])
    if recurrence.freq in (Freq.DAILY, Freq.WEEKLY, Freq.MONTHLY) and recurrence.interval * 2 <= MAX_INTERVAL:
        return replace(recurrence, interval=recurrence.interval * 2)
    return None


def draft_of(assignment: Assignment) -> Giving:
    """Return an assignment as an act of giving that would carry it on from today: with the times that are left."""
    couple = assignment.couple
    today = timezone.localdate(timezone=couple.zone)
    tailoring = assignment.tailoring
    return Giving(
        couple=couple,
        edition=assignment.edition,
        clients=tuple(assignment.audience),
        lane=assignment.lane,
        why=assignment.why,
        starts_on=_next_day(assignment, today),
        at=assignment.at,
        recurrence=_what_is_left(assignment),
        opens_by=assignment.opens_by,
        opens_at=assignment.opens_at,
        remind=assignment.remind,
        reminder_steps=None if assignment.reminder_steps is None else tuple(assignment.reminder_steps),
        due=assignment.due,
        due_hours_before=assignment.due_hours_before,
        opens_hours_before=assignment.opens_hours_before,
        grace_hours=assignment.grace_hours,
        closes_hours_after=assignment.closes_hours_after,
        accept_late=assignment.accept_late,
        whole_page=assignment.whole_page,
        left_out=tuple(tailoring.get("left_out", ())),
        adaptations=tuple(tailoring.get("adaptations", ())),
        smaller=bool(tailoring.get("smaller")),
        follow_up=assignment.follow_up,
        follow_up_when=assignment.follow_up_when,
        follow_up_hours=assignment.follow_up_hours,
        goal_id=assignment.goal_id,
        run_id=assignment.run_id,
        run_week=assignment.run_week,
        continues=assignment,
    )


def _next_day(assignment: Assignment, today: date) -> date:
    """The next date of its rhythm that is not open yet, so that intervals are kept when it is carried on."""
    if assignment.due != Due.RHYTHM:
        return today
    start = max(today + timedelta(days=1), assignment.starts_on)
    coming = dates(assignment.recurrence, assignment.starts_on, start=start, limit=1)
    return coming[0] if coming else start


def _what_is_left(assignment: Assignment) -> Recurrence:
    recurrence = replace(assignment.recurrence, reviews=False)
    if not recurrence.count:
        return recurrence
    now = timezone.now()
    kept = Occurrence.objects.filter(assignment=assignment, opens_at__lte=now).exclude(state=State.WITHDRAWN)
    used = len(set(kept.values_list("slot", flat=True)))
    if assignment.due == Due.RHYTHM:
        today = timezone.localdate(timezone=assignment.couple.zone)
        used = len(dates(recurrence, assignment.starts_on, end=today))
    return replace(recurrence, count=max(1, recurrence.count - used))
