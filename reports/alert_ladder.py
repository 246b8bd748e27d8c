"""The ladder of an alert: who is told at once, who when nobody has taken it, and with whom it ends.

    1 the therapists      at once, whatever the hour
    2 who covers          when `answer_within` of the practice's working time has passed
    3 the lead            `pass_on_after` later, and again once a working day until somebody takes it

What somebody took stays theirs, and is passed on all the same when it is still open after `close_within` of working
time since they took it or last judged it: to the next steps, in the same way, until it is judged anew or closed.

Only urgent alerts climb; the others wait on a list.

Whoever is away is stood in for; where nobody can be told at a step, the next ones are, so that each step names
somebody. A step is due by when the one before was due, not by when it happened: a run that comes late tells all
who should know by then. Nothing here looks at whether somebody muted anything.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from clients import duty
from clients.duty import Call, Roster
from practice import clock, outbox, tenancy
from practice.models import Membership, Message, Practice
from reports.models import Alert, AlertStep, Rung
from reports.models.alert import rung_of

log = logging.getLogger(__name__)

KIND = "alert"
#: Working minutes after which the lead is told again: a day.
AGAIN = 480
LAST = 3
#: A letter about an alert is worth sending for as long as nobody has taken it.
FRESH_FOR = timedelta(days=14)

#: What a message ends as when nobody got it, or nobody can know.
NOT_REACHED = (Message.State.DEAD, Message.State.BOUNCED, Message.State.SKIPPED, Message.State.UNKNOWN)

By, Kind = AlertStep.By, AlertStep.Kind


# ── the rules ────────────────────────────────────────────────────────────────


def due_after(roster: Roster, number: int, due: datetime) -> datetime:
    """When the step after ``number`` is due, which itself was due at ``due``."""
    practice = roster.practice
    minutes = practice.answer_within if number <= 1 else practice.pass_on_after if number < LAST else AGAIN
    return practice.hours.after(due, minutes)


def kept_until(alert: Alert, practice: Practice) -> datetime | None:
    """Until when what somebody took, and judged since or not, may stay open without anybody else being told."""
    moments = [one for one in (alert.acknowledged_at, alert.assessed_at) if one is not None]
    return practice.hours.after(max(moments), practice.close_within) if alert.acknowledged_at is not None else None


def calls(roster: Roster, couple_id: uuid.UUID, number: int, told: Collection[uuid.UUID] = ()) -> list[Call]:
    """Who is to be told at a step; ``told`` are those who were told at earlier ones. Never nobody."""
    rung = rung_of(number)
    if rung is Rung.THERAPIST:
        found = roster.therapists(couple_id) or roster.cover(couple_id)
    elif rung is Rung.COVER:
        found = [one for one in roster.cover(couple_id) if one.member_id not in told]
    else:
        found = []
    return found or roster.lead()


# ── climbing ─────────────────────────────────────────────────────────────────


def begin(alerts: Iterable[Alert], now: datetime) -> None:
    """Take the first step for new alerts that are urgent, in the transaction that raised them, as Attune itself."""
    new = [one for one in alerts if one.is_urgent]
    if not new:
        return
    roster = Roster.read(now, {one.couple_id for one in new})
    for alert in new:
        _advance(alert, roster, now, due=now)


def climb(practice_id: uuid.UUID) -> int:
    """Take every step that is due in a practice; return how many alerts moved. Safe to repeat, late or at once."""
    system = tenancy.as_system(practice_id)
    with tenancy.acting(system):
        waiting = _waiting(clock.now())
    moved = 0
    for alert_id in waiting:
        # One transaction each: an alert that cannot be moved on takes no other with it.
        try:
            with tenancy.acting(system):
                moved += _climb_one(alert_id, clock.now())
        except Exception as error:
            log.error("Alert %s cannot be passed on: %s", alert_id, type(error).__name__)
    return moved


def pass_on_from(member: Membership, now: datetime) -> None:
    """Somebody has just left, as Attune itself: what they had taken begins anew, others are told."""
    rows = Alert.objects.open().urgent().select_for_update(of=("self",)).order_by("raised_at", "pk")
    mine = Q(acknowledged_by=member) | Q(pk__in=AlertStep.objects.filter(member=member).values("alert_id"))
    for alert in list(rows.filter(mine)):
        roster = Roster.read(now, [alert.couple_id])
        if alert.acknowledged_by_id == member.pk:
            _stand_in_for_keeper(alert, roster, now)
        elif alert.acknowledged_by_id is None:
            tell(alert, roster, _missing(alert, roster, _told([alert])[alert.pk]), due=now, now=now, by=By.CHANGED)


def _waiting(now: datetime) -> list[uuid.UUID]:
    """Alerts that may have to move: read for all together, in a fixed number of queries."""
    alerts = list(Alert.objects.open().urgent().defer("note").order_by("raised_at", "pk"))
    if not alerts:
        return []
    roster = Roster.read(now, {one.couple_id for one in alerts})
    told, unreached = _told(alerts), _unreached(alerts)
    return [one.pk for one in alerts if _reason(one, roster, told[one.pk], unreached, now)]


def _climb_one(alert_id: uuid.UUID, now: datetime) -> bool:
    alert = Alert.objects.open().urgent().select_for_update(of=("self",), skip_locked=True).filter(pk=alert_id).first()
    if alert is None:  # closed meanwhile, or in somebody else's hands
        return False
    roster = Roster.read(now, [alert.couple_id])
    told = _told([alert])[alert.pk]
    by = _reason(alert, roster, told, _unreached([alert]), now)
    if by is None:
        return False
    if by == By.UNCLOSED:
        _advance(alert, roster, now, due=_kept_until(alert, roster) or now, by=by)
    elif alert.acknowledged_by_id is not None:
        _stand_in_for_keeper(alert, roster, now)
    elif by in (By.ABSENCE, By.CHANGED):
        tell(alert, roster, _missing(alert, roster, told), due=now, now=now, by=by)
    else:
        due = alert.next_at if by == By.LADDER and alert.next_at else now
        _advance(alert, roster, now, due=due, by=by)
    return True


def _reason(
    alert: Alert,
    roster: Roster,
    told: Collection[uuid.UUID],
    unreached: Collection[uuid.UUID],
    now: datetime,
) -> str | None:
    """Why an open alert has to move now; None when it need not."""
    if alert.acknowledged_by_id is not None:
        keeper = alert.acknowledged_by_id
        call = roster.stand_in(keeper) if roster.sees(keeper, alert.couple_id) else None
        if call is None:
            return By.CHANGED
        if call.instead_of and call.member_id not in told:
            return By.ABSENCE
        until = _kept_until(alert, roster)
        return By.UNCLOSED if until is not None and until <= now else None
    if alert.next_at is None or alert.next_at <= now:
        return By.LADDER
    if alert.pk in unreached:
        return By.UNREACHED
    if not _missing(alert, roster, told):
        return None
    seeing = [one for one in told if roster.sees(one, alert.couple_id)]
    if not seeing:
        return By.CHANGED
    return None if any(roster.is_there(one) for one in seeing) else By.ABSENCE


def _kept_until(alert: Alert, roster: Roster) -> datetime | None:
    return alert.next_at or kept_until(alert, roster.practice)


def _missing(alert: Alert, roster: Roster, told: Collection[uuid.UUID]) -> list[Call]:
    return [one for one in calls(roster, alert.couple_id, alert.number) if one.member_id not in told]


def _advance(alert: Alert, roster: Roster, now: datetime, *, due: datetime, by: str = By.LADDER) -> None:
    """Take the next step, and those after it that are due by now as well: none is left out."""
    before: set[uuid.UUID] = set(_told([alert], whole_round=True)[alert.pk]) if alert.number else set()
    if alert.acknowledged_by_id is not None:
        before.add(alert.acknowledged_by_id)
    while True:
        alert.number += 1
        those = calls(roster, alert.couple_id, alert.number, before)
        tell(alert, roster, those, due=due, now=now, by=by)
        before |= {one.member_id for one in those}
        # The lead is not told about every day that a server was down.
        due = due_after(roster, alert.number, max(due, now) if alert.number >= LAST else due)
        if due > now:
            break
    alert.next_at = due
    alert.save(update_fields=["number", "next_at"])


def _stand_in_for_keeper(alert: Alert, roster: Roster, now: datetime) -> None:
    """Whoever had taken it is away; or left, or the couple is not theirs any more: then it begins anew."""
    keeper = alert.acknowledged_by_id
    call = roster.stand_in(keeper) if keeper and roster.sees(keeper, alert.couple_id) else None
    if call is not None:
        tell(alert, roster, [call], due=now, now=now, by=By.ABSENCE)
        return
    step(alert, Kind.RETURNED, member_id=keeper, by=By.CHANGED, now=now)
    alert.acknowledged_at = alert.acknowledged_by = alert.assessed_at = alert.next_at = None
    alert.round, alert.number = alert.round + 1, 0
    alert.save(update_fields=["acknowledged_at", "acknowledged_by", "assessed_at", "next_at", "round", "number"])
    _advance(alert, roster, now, due=now)


# ── telling ──────────────────────────────────────────────────────────────────


def tell(
    alert: Alert, roster: Roster, those: Iterable[Call], *, due: datetime, now: datetime, by: str = By.LADDER
) -> None:
    """Write down who is told, let them see the couple, and plan a letter to each: all of it or nothing."""
    duty.in_turn(alert.couple_id)
    for call in those:
        why = By.ABSENCE if call.instead_of else by
        step(alert, Kind.TOLD, member_id=call.member_id, by=why, now=now, due_at=due)
        until = roster.until(call.instead_of) if call.instead_of else None
        duty.let_in(roster.members[call.member_id], alert.couple_id, until=until)
        outbox.plan(
            KIND,
            person_id=call.member_id,
            about_id=alert.pk,
            # No couple: what is called off for one that parts or rests must not be.
            couple_id=None,
            occasion=occasion(alert),
            due_at=now,
            fresh_for=FRESH_FOR,
        )


def occasion(alert: Alert) -> str:
    """One letter for all that one form raised, at each step."""
    return f"alert:{alert.response_id or alert.entry_id}:{alert.round}:{alert.number}"


def step(
    alert: Alert,
    kind: str,
    *,
    member_id: uuid.UUID | None,
    now: datetime,
    by: str = By.PERSON,
    due_at: datetime | None = None,
    judgement: str = "",
    acts: Iterable[str] = (),
    note: str = "",
) -> None:
    """Add a line to the trail of an alert."""
    row = AlertStep(
        alert=alert,
        couple_id=alert.couple_id,
        kind=kind,
        by=by,
        member_id=member_id,
        round=alert.round,
        number=alert.number,
        due_at=due_at,
        at=now,
        judgement=judgement,
        acts=list(acts),
        note=note,
    )
    AlertStep.objects.bulk_create([row], ignore_conflicts=kind == Kind.TOLD)


# ── what is known ────────────────────────────────────────────────────────────


def _told(alerts: Iterable[Alert], *, whole_round: bool = False) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Who was told of each alert at its present step, or in its present round."""
    at = {one.pk: (one.round, one.number) for one in alerts}
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    rows = AlertStep.objects.filter(alert_id__in=at, kind=Kind.TOLD).order_by()
    for alert_id, round_, number, member_id in rows.values_list("alert_id", "round", "number", "member_id"):
        if round_ == at[alert_id][0] and (whole_round or number == at[alert_id][1]):
            found[alert_id].add(member_id)
    return found


def _unreached(alerts: Iterable[Alert]) -> set[uuid.UUID]:
    """Alerts whose letters all failed at the present step. The lead's own are the end of it."""
    by_occasion: dict[str, list[uuid.UUID]] = defaultdict(list)
    for one in alerts:
        if one.acknowledged_at is None and 0 < one.number < LAST:
            by_occasion[occasion(one)].append(one.pk)
    states: dict[str, set[str]] = defaultdict(set)
    rows = Message.objects.filter(kind=KIND, occasion__in=by_occasion)
    for said, state in rows.values_list("occasion", "state"):
        states[said].add(state)
    failed = {said for said, found in states.items() if found <= set(NOT_REACHED)}
    return {alert_id for said in failed for alert_id in by_occasion[said]}
