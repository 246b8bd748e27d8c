"""The decision about one reminder, whatever is true of it: when it may leave, when it waits, when it never leaves."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.quiet import Window, is_forbidden, text_message_hours
from exercises import reminding
from exercises.reminding import GAP, GAP_OF_ONE, IGNORED, MOST_A_DAY, TWO_WEEKS, Facts, Person, verdict
from practice.outbox import Send, Skip, Wait
from tests.properties import in_zone, quiet_hours, thorough

MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
HALF_HOUR = HOUR / 2
DAY = datetime.timedelta(days=1)
NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
STEPS = frozenset({"opens", "due", "follow_up"})

#: Everything that forbids a reminder for good, and the reason it is skipped with.
FORBIDDEN = [
    ("no longer there", {"is_there": False}),
    ("paused", {"couple_status": "paused"}),
    ("separated", {"couple_status": "separated"}),
    ("closed", {"couple_status": "closed"}),
    ("left the couple", {"in_couple": False}),
    ("withdrawn", {"withdrawn": True}),
    ("without reminders", {"steps": frozenset()}),
    ("step not wanted", {"steps": frozenset({"opens", "follow_up"})}),
    ("done", {"state": "done"}),
    ("skipped", {"state": "skipped"}),
    ("paused", {"state": "paused"}),
    ("not asked any more", {"is_asked": False}),
    ("answered", {"has_answered": True}),
    ("a newer one is due", {"newer_is_due": True}),
    (IGNORED, {"is_stopped": True}),
]
FORBIDDEN_FOR_PERSON = [
    ("no sign-in", {"is_there": False}),
    ("no sign-in", {"has_sign_in": False}),
    ("account closed", {"is_locked_out": True}),
    ("no consent", {"consents": False}),
    ("wants none", {"channel_chosen": False}),
    ("enough for today", {"today": MOST_A_DAY}),
]
SMALL = st.integers(0, 10_000)


@st.composite
def cases(draw):
    """Facts that forbid nothing, as they may be at any moment in any zone, and that moment."""
    zone, now = draw(in_zone)
    n = draw(SMALL)
    ago = [None, *(n % k * MINUTE for k in (7, 90, 700))]
    last, last_of_one = ago[n % 4], ago[(n // 4) % 4]
    planned_for = now - (n % 1500) * MINUTE
    person = Person(
        zone=zone,
        quiet=draw(quiet_hours),
        today=n % MOST_A_DAY,
        last_at=None if last is None else now - last,
    )
    said = None if last_of_one is None else min(now - last_of_one, planned_for - MINUTE)
    facts = Facts(
        planned_for=planned_for,
        fresh_until=planned_for + datetime.timedelta(hours=24),
        step="due",
        steps=STEPS,
        opens_at=now + ((n // 16) % 3 - 2) * 6 * HOUR,
        closes_at=now + (1 + n % 3000) * MINUTE,
        last_of_assignment_at=said,
        person=person,
    )
    return facts, now


def plain(**changes) -> Facts:
    person = Person(**changes.pop("person", {}))
    return replace(
        Facts(planned_for=NOON, fresh_until=NOON + DAY, step="due", steps=STEPS, closes_at=NOON + DAY, person=person),
        **changes,
    )


def test_what_nothing_forbids_leaves():
    assert verdict(plain(), NOON) == Send()


@pytest.mark.parametrize(("reason", "fact"), FORBIDDEN)
def test_each_thing_that_forbids_it_says_so(reason, fact):
    assert verdict(plain(**fact), NOON) == Skip(reason)


@pytest.mark.parametrize(("reason", "fact"), FORBIDDEN_FOR_PERSON)
def test_each_thing_about_the_person_that_forbids_it_says_so(reason, fact):
    assert verdict(plain(person=fact), NOON) == Skip(reason)


@thorough
@given(cases(), st.sampled_from(FORBIDDEN), SMALL)
def test_r11_r23_r25_what_is_forbidden_never_leaves_and_never_waits(case, forbidden, n):
    facts, now = case
    if n % 3 == 0:
        reason, fact = FORBIDDEN_FOR_PERSON[n % len(FORBIDDEN_FOR_PERSON)]
        facts = replace(facts, person=replace(facts.person, **fact))
    else:
        reason, fact = forbidden
        facts = replace(facts, **fact)
    assert verdict(facts, now) == Skip(reason)


@thorough
@given(cases())
def test_r6_it_leaves_only_outside_quiet_hours_by_the_clock_of_who_gets_it(case):
    facts, now = case
    match verdict(facts, now):
        case Send():
            assert not is_forbidden(now, facts.person.quiet, facts.person.zone)
            assert now < facts.fresh_until
            assert facts.opens_at <= now < facts.closes_at
        case Wait(until):
            assert now < until < min(facts.fresh_until, facts.closes_at)
            assert not is_forbidden(until, facts.person.quiet, facts.person.zone)
        case Skip(reason):
            assert reason in ("stale", "quiet all day")


@thorough
@given(
    st.lists(st.integers(0, 14 * 48), min_size=1, max_size=12, unique=True),
    st.integers(0, 14 * 48),
    st.integers(0, 10 * 48),
    st.integers(0, 72),
)
def test_r10_r21_in_a_pause_nothing_leaves_and_after_it_or_after_any_time_off_the_newest_alone_while_fresh(
    slots, begins, lasts, later
):
    """Slots, the beginning and the length of a pause, and what passes after it, in half hours."""
    due = sorted(NOON + n * HALF_HOUR for n in slots)
    pause = NOON + begins * HALF_HOUR
    resumed = pause + lasts * HALF_HOUR
    for moment in (pause, pause + lasts // 2 * HALF_HOUR):
        if moment < resumed:
            assert {verdict(of_slot(slot, due, moment, "paused"), moment) for slot in due} == {Skip("paused")}
    now = resumed + later * HALF_HOUR
    there = [slot for slot in due if slot <= now]
    left = [slot for slot in there if verdict(of_slot(slot, due, now, "active"), now) == Send()]
    assert left == [slot for slot in there[-1:] if now < slot + DAY]


def of_slot(slot: datetime.datetime, due: list[datetime.datetime], now: datetime.datetime, status: str) -> Facts:
    """What is true at a moment of the reminder of one slot among others of the same assignment."""
    newer = any(slot < other <= now for other in due)
    times = {"planned_for": slot, "fresh_until": slot + DAY, "opens_at": slot - HOUR, "closes_at": slot + 2 * DAY}
    return plain(couple_status=status, newer_is_due=newer, **times)


@thorough
@given(in_zone, quiet_hours)
def test_r6_a_text_message_keeps_to_the_law_whatever_the_settings(place, own):
    zone, now = place
    windows = (*own, *text_message_hours(zone, "+1 202 555 0100"))
    facts = plain(
        planned_for=now, fresh_until=now + DAY, closes_at=now + 2 * DAY, person={"zone": zone, "quiet": windows}
    )
    found = verdict(facts, now)
    moment = now if found == Send() else getattr(found, "until", None)
    if moment is not None:
        assert 8 <= moment.astimezone(zone).hour < 21
        assert not is_forbidden(moment, own, zone)


@thorough
@given(cases())
def test_r4_the_next_one_is_a_minimum_gap_away_wherever_they_moved_meanwhile(case):
    facts, now = case
    found = verdict(facts, now)
    moment = now if found == Send() else getattr(found, "until", None)
    if moment is None:
        return
    if facts.person.last_at is not None:
        assert moment - facts.person.last_at >= GAP
    if facts.last_of_assignment_at is not None:
        assert moment - facts.last_of_assignment_at >= GAP_OF_ONE


@thorough
@given(cases(), SMALL)
def test_r13_waiting_comes_to_an_end_before_it_is_stale(case, n):
    """Who asks again when they were told to, and is busy now and then, hears 'send' or 'skip' in a few rounds."""
    facts, now = case
    busy = n % 4
    for turn in range(40):
        found = verdict(replace(facts, busy=turn < busy), now)
        if not isinstance(found, Wait):
            break
        assert found.until > now
        now = found.until
    assert isinstance(found, Send | Skip)
    assert turn <= busy + 4


@thorough
@given(cases(), SMALL)
def test_what_somebody_else_is_changing_is_asked_again_in_a_moment(case, n):
    facts, now = case
    _reason, fact = FORBIDDEN[n % len(FORBIDDEN)]
    assert verdict(replace(facts, busy=True, **fact), now) == Wait(now + reminding.BUSY)


@thorough
@given(in_zone, quiet_hours, st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=12))
def test_r19_nobody_gets_more_than_the_days_share_nor_two_within_the_gap(place, quiet, minutes):
    """Several assignments over three days, each asked when it is due and when it was told to ask again."""
    zone, start = place
    waiting = [(start + minute * MINUTE, start + minute * MINUTE) for minute in minutes]
    left: list[datetime.datetime] = []
    while waiting:
        now, planned = min(waiting)
        waiting.remove((now, planned))
        midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        person = Person(
            zone=zone, quiet=quiet, today=sum(one >= midnight for one in left), last_at=max(left, default=None)
        )
        facts = Facts(planned, planned + DAY, step="due", steps=STEPS, closes_at=planned + 5 * DAY, person=person)
        match verdict(facts, now):
            case Send():
                left.append(now)
            case Wait(until):
                waiting.append((until, planned))
    days = [one.astimezone(zone).date() for one in left]
    assert all(days.count(day) <= MOST_A_DAY for day in days)
    assert all(later - earlier >= GAP for earlier, later in itertools.pairwise(left))


@thorough
@given(cases(), st.integers(0, 40 * 24 * 60), st.integers(0, 5))
def test_after_two_ignored_weeks_it_stops_and_not_before(case, minutes, rounds):
    facts, now = case
    since = now - minutes * MINUTE
    found = verdict(replace(facts, ignored_since=since, ignored_rounds=rounds), now)
    ignored = now - since >= TWO_WEEKS and rounds >= reminding.ROUNDS_IGNORED
    assert (found == Skip(IGNORED)) == ignored


def test_a_follow_up_is_not_said_twice_when_one_left_after_it_was_meant_to():
    said = plain(step="follow_up", last_of_assignment_at=NOON + MINUTE)
    assert verdict(said, NOON + HOUR) == Skip("said already")


def test_a_letter_waits_for_a_reminder_that_says_the_same():
    assert reminding.when(Person(reminder_due=True), NOON, NOON + DAY, NOON) == Wait(NOON + reminding.SOON)


def test_hours_that_leave_no_time_forbid_it():
    noon, midnight = datetime.time(12), datetime.time()
    never = (Window(midnight, noon), Window(noon, midnight))
    assert verdict(plain(person={"quiet": never}), NOON) == Skip("quiet all day")
