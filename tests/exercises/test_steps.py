"""The steps in which somebody hears of a round: by their own clock, once a day at most (R1–R6, R9)."""

from __future__ import annotations

import datetime
from datetime import date, time, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clients.quiet import Window, is_forbidden
from exercises.schedule import instant
from exercises.steps import Clock, Planned, Round, steps, worth_saying
from practice.models import Step
from practice.zones import start_of_day
from tests import tz_trees
from tests.properties import DAY, changed, in_zone, on_the_wall, quiet_hours, thorough, wall_times, zones

OSLO = ZoneInfo("Europe/Oslo")
HOUR = timedelta(hours=1)
NIGHT = Window(time(22), time(7))
ALL = frozenset(Step)


def at(zone: ZoneInfo, *wall: int) -> datetime.datetime:
    return datetime.datetime(*wall, tzinfo=zone)  # type: ignore[misc]


def due_on(wall: datetime.datetime, zone: ZoneInfo, *, open_before: int = 0, open_after: timedelta = 7 * DAY) -> Round:
    """A round as the planner writes it: open from the start of a day, so many days before it is due."""
    due = instant(wall.date(), wall.time(), zone) or wall.replace(tzinfo=zone).astimezone(datetime.UTC)
    opens = min(start_of_day(wall.date() - open_before * DAY, zone), due)
    return Round(f"{wall:%Y-%m-%dT%H:%M}", opens, due, due + open_after)


def sunday(**fields) -> Round:
    return due_on(datetime.datetime(2026, 11, 22, 18), OSLO, **fields)


def said(planned: list[Planned], zone: ZoneInfo = OSLO) -> list[tuple[str, str]]:
    return [(one.step.value, f"{one.due_at.astimezone(zone):%a %H:%M}") for one in planned]


# ── what a plan looks like ───────────────────────────────────────────────────


def test_it_opens_is_due_and_follows_up_on_three_days():
    assert said(steps(sunday(open_before=2), Clock(OSLO, quiet=(NIGHT,)), ALL)) == [
        ("opens", "Fri 07:00"),
        ("due", "Sun 18:00"),
        ("follow_up", "Mon 18:00"),
    ]


def test_what_opens_on_the_day_it_is_due_is_said_once():
    assert said(steps(sunday(), Clock(OSLO), ALL)) == [("due", "Sun 18:00"), ("follow_up", "Mon 18:00")]
    assert said(steps(sunday(), Clock(OSLO), {Step.OPENS})) == [("opens", "Sun 00:00")]


def test_only_what_was_chosen_is_said():
    assert said(steps(sunday(open_before=2), Clock(OSLO), {"due"})) == [("due", "Sun 18:00")]
    assert steps(sunday(), Clock(OSLO), ()) == []


def test_the_time_they_like_replaces_that_of_the_plan_on_the_same_date():
    clock = Clock(OSLO, remind_at=time(8, 15), quiet=(NIGHT,))
    assert said(steps(sunday(), clock, ALL)) == [("due", "Sun 08:15"), ("follow_up", "Mon 08:15")]


@pytest.mark.parametrize(
    ("liked", "opens", "closes"),
    [(time(9), (2026, 11, 22, 12), (2026, 11, 24, 0)), (time(23), (2026, 11, 22, 0), (2026, 11, 22, 22))],
)
def test_a_time_they_like_before_the_opening_or_after_the_closing_gives_way_to_that_of_the_plan(liked, opens, closes):
    asked = Round("2026-11-22T18:00", at(OSLO, *opens), at(OSLO, 2026, 11, 22, 18), at(OSLO, *closes))
    assert said(steps(asked, Clock(OSLO, remind_at=liked), {Step.DUE})) == [("due", "Sun 18:00")]


def test_quiet_hours_move_a_step_to_their_end():
    clock = Clock(OSLO, remind_at=time(23), quiet=(NIGHT,))
    assert said(steps(sunday(), clock, {Step.DUE, Step.FOLLOW_UP})) == [
        ("due", "Mon 07:00"),
        ("follow_up", "Tue 07:00"),
    ]


def test_quiet_all_day_means_no_reminders():
    clock = Clock(OSLO, quiet=(NIGHT, Window(time(7), time(22))))
    assert steps(sunday(open_before=2), clock, ALL) == []


@pytest.mark.parametrize(("minutes", "comes"), [(24 * 60, False), (25 * 60 - 1, False), (25 * 60, True)])
def test_a_follow_up_needs_an_hour_that_is_left(minutes, comes):
    planned = steps(sunday(open_after=timedelta(minutes=minutes)), Clock(OSLO), ALL)
    assert (Step.FOLLOW_UP in [one.step for one in planned]) == comes


def test_a_step_is_fresh_for_a_day_and_never_after_the_closing():
    due, follow_up = steps(sunday(open_after=30 * HOUR), Clock(OSLO), ALL)
    assert due.fresh_until == due.due_at + 24 * HOUR
    assert follow_up.fresh_until == due.due_at + 30 * HOUR


@pytest.mark.parametrize("slot", ["round-0003", "a202611221800"])
def test_what_has_no_wall_time_is_due_at_its_moment(slot):
    moment = at(OSLO, 2026, 11, 22, 16, 30)
    asked = Round(slot, moment - HOUR, moment, moment + 7 * DAY)
    assert steps(asked, Clock(OSLO, remind_at=time(8)), {Step.DUE})[0].due_at == moment
    tokyo = Clock(ZoneInfo("Asia/Tokyo"))
    assert steps(asked, tokyo, {Step.DUE})[0].due_at == moment


def test_what_was_moved_by_hand_is_due_at_its_moment():
    moved = at(OSLO, 2026, 11, 24, 20)
    asked = Round("2026-11-22T18:00", moved - DAY, moved, moved + 7 * DAY, by_hand=True)
    assert said(steps(asked, Clock(OSLO, remind_at=time(8)), {Step.DUE})) == [("due", "Tue 20:00")]


def test_what_waits_for_a_session_only_opens():
    someday = datetime.datetime(2199, 12, 31, tzinfo=datetime.UTC)
    asked = Round("round-0001", at(OSLO, 2026, 11, 22, 12), someday, someday)
    assert said(steps(asked, Clock(OSLO), ALL)) == [("opens", "Sun 12:00")]


# ── partners who do one thing together, far from each other ──────────────────


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("America/New_York", [("opens", "Fri 07:00"), ("due", "Sun 18:00"), ("follow_up", "Mon 18:00")]),
        ("Asia/Tokyo", [("opens", "Fri 08:00"), ("due", "Sun 18:00"), ("follow_up", "Mon 18:00")]),
        ("Pacific/Pago_Pago", [("opens", "Fri 07:00"), ("due", "Sun 18:00"), ("follow_up", "Mon 18:00")]),
        ("Pacific/Kiritimati", [("opens", "Fri 13:00"), ("due", "Sun 18:00"), ("follow_up", "Mon 18:00")]),
    ],
)
def test_each_hears_of_what_they_do_together_at_the_planned_wall_time_of_their_own_clock(name, when):
    planned = sunday(open_before=2)
    asked = Round(planned.slot, planned.opens_at, planned.due_at, planned.closes_at, zone=OSLO)
    zone = ZoneInfo(name)
    assert said(steps(asked, Clock(zone, quiet=(NIGHT,)), ALL), zone) == when


def test_a_wall_time_after_the_closing_elsewhere_falls_back_to_the_moment():
    planned = sunday(open_after=2 * HOUR)
    asked = Round(planned.slot, planned.opens_at, planned.due_at, planned.closes_at, zone=OSLO)
    zone = ZoneInfo("America/Los_Angeles")
    assert said(steps(asked, Clock(zone), {Step.DUE}), zone) == [("due", "Sun 09:00")]


def test_nobody_hears_that_it_opens_after_they_heard_that_it_is_due():
    east, west = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")
    opens, due, closes = (2026, 11, 22, 12), (2026, 11, 22, 18), (2026, 11, 23, 14)
    asked = Round("2026-11-22T18:00", at(east, *opens), at(east, *due), at(east, *closes), zone=east)
    assert said(steps(asked, Clock(west), {Step.OPENS}), west) == [("opens", "Sun 12:00")]
    assert said(steps(asked, Clock(west), {Step.OPENS, Step.DUE}), west) == [("due", "Sat 17:00")]


# ── properties ───────────────────────────────────────────────────────────────

clocks = st.builds(Clock, zones, st.none() | wall_times, quiet_hours)
lengths = st.integers(0, 20 * 24).map(lambda hours: hours * HOUR)
choices = st.sampled_from([ALL, {Step.DUE}, {Step.OPENS, Step.DUE}, {Step.DUE, Step.FOLLOW_UP}, {Step.OPENS}, set()])


@st.composite
def planned_for(draw: st.DrawFn) -> tuple[Round, Clock]:
    zone, wall = draw(on_the_wall)
    asked = due_on(wall, zone, open_before=draw(st.integers(0, 3)), open_after=draw(lengths))
    return asked, Clock(zone, draw(st.none() | wall_times), draw(quiet_hours))


@thorough
@given(on_the_wall, clocks, lengths, choices)
def test_r3_at_most_one_step_on_a_local_date_and_none_outside_the_opening_hours_of_its_round(
    case, clock, length, chosen
):
    zone, wall = case
    base = due_on(wall, zone, open_before=2, open_after=length)
    asked = Round(base.slot, base.opens_at, base.due_at, base.closes_at, zone=zone)
    found = steps(asked, clock, chosen)
    days = [clock.day(one.due_at) for one in found]
    assert days == sorted(set(days))
    assert {one.step for one in found} <= set(chosen)
    for one in found:
        assert asked.opens_at <= one.due_at < asked.closes_at
        assert one.due_at < one.fresh_until <= min(one.due_at + 24 * HOUR, asked.closes_at)


@thorough
@given(changed(forward=True), st.none() | wall_times)
def test_r1_a_due_step_inside_a_gap_comes_once_on_its_date(case, liked):
    zone, _change, wall = case
    assume(instant(wall.date(), wall.time(), zone) is not None)
    found = steps(due_on(wall, zone), Clock(zone, liked), {Step.DUE})
    assert [one.due_at.astimezone(zone).date() for one in found] == [wall.date()]


@thorough
@given(changed(forward=False))
def test_r2_a_due_step_inside_an_overlap_comes_once_at_its_first(case):
    zone, change, wall = case
    found = steps(due_on(wall, zone), Clock(zone), {Step.DUE})
    assert [one.due_at for one in found] == [instant(wall.date(), wall.time(), zone)]
    assert found[0].due_at < change.at


@thorough
@given(planned_for(), st.lists(st.tuples(zones, st.integers(-72, 200)), max_size=3))
def test_r4_whoever_moves_hears_of_each_step_of_a_slot_once(case, moves):
    """What is due leaves while it is fresh; what is planned and not due follows the person."""
    asked, clock = case
    sent: dict[Step, datetime.datetime] = {}
    now = asked.opens_at - 3 * DAY
    plan = {one.step: one for one in steps(asked, clock, ALL)}
    for zone, hours in [*sorted(moves, key=lambda move: move[1]), (clock.zone, 600)]:
        until = max(now, asked.due_at + hours * HOUR)
        for one in worth_saying(plan.values(), now):
            if one.step not in sent and max(one.due_at, now) < until:
                sent[one.step] = max(one.due_at, now)
        now = until
        kept = {step: one for step, one in plan.items() if step in sent or one.due_at <= now}
        again = steps(asked, Clock(zone, clock.remind_at, clock.quiet), ALL)
        plan = {one.step: one for one in worth_saying([*again, *kept.values()], now)} | kept
    assert all(asked.opens_at <= moment < asked.closes_at for moment in sent.values())
    assert len(set(sent.values())) == len(sent), "never two in one moment"


def test_whoever_comes_late_hears_of_the_newest_alone():
    opens, due, follow_up = planned = steps(sunday(open_before=2), Clock(OSLO), ALL)
    assert worth_saying(planned, opens.due_at - HOUR) == planned
    assert worth_saying(planned, opens.due_at) == planned
    assert worth_saying(planned, opens.fresh_until) == [due, follow_up]
    assert worth_saying(planned, due.due_at) == [due, follow_up]
    assert worth_saying(planned, follow_up.due_at) == [follow_up]
    assert worth_saying(planned, follow_up.fresh_until) == []


@thorough
@given(planned_for(), zones)
def test_r4_a_slot_has_the_same_due_step_at_the_same_wall_time_in_every_zone(case, zone):
    asked, clock = case
    wide = Round(asked.slot, asked.opens_at - 3 * DAY, asked.due_at, asked.closes_at + 3 * DAY)
    for here in (clock.zone, zone):
        (found,) = steps(wide, Clock(here), {Step.DUE})
        wall = datetime.datetime.fromisoformat(asked.slot)
        expected = instant(wall.date(), wall.time(), here)
        assert found.due_at == (asked.due_at if expected is None else expected)


@pytest.fixture(scope="module")
def releases(tmp_path_factory) -> tuple[ZoneInfo, ZoneInfo]:
    folder = tmp_path_factory.mktemp("zoneinfo")
    since = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    return tz_trees.release(folder, "Europe/Oslo", since, timedelta(hours=3))


@thorough
@given(st.integers(-90 * 24 * 12, 300 * 24 * 12), st.integers(0, 3), lengths, st.none() | wall_times, quiet_hours)
def test_r5_another_release_of_the_zone_data_moves_only_steps_under_its_new_rules(
    releases, fives, before, length, liked, quiet
):
    old, new = releases
    wall = datetime.datetime(2027, 1, 1) + timedelta(minutes=5 * fives)
    then, now = (due_on(wall, zone, open_before=before, open_after=length) for zone in releases)
    planned = steps(then, Clock(old, liked, quiet), ALL)
    coming = steps(now, Clock(new, liked, quiet), ALL)
    edge = datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)
    if then.closes_at < edge - 3 * DAY:
        assert coming == planned
    if now.opens_at > edge + 3 * DAY and not quiet:
        walls = [(one.step, one.due_at.astimezone(new).replace(tzinfo=None)) for one in coming]
        gaps = {date(2027, 3, 28), date(2027, 10, 31)}
        if not gaps & {(wall + n * DAY).date() for n in range(-4, 4)}:
            assert walls == [(one.step, one.due_at.astimezone(old).replace(tzinfo=None)) for one in planned]


@thorough
@given(planned_for(), clocks)
def test_r6_no_step_lies_in_quiet_hours_of_the_recipients_own_zone(case, clock):
    asked, _own = case
    for one in steps(asked, clock, ALL):
        assert not is_forbidden(one.due_at, clock.quiet, clock.zone)


@thorough
@given(planned_for(), in_zone)
def test_r9_the_same_steps_whatever_the_order_and_whoever_asks(case, elsewhere):
    asked, clock = case
    whole = steps(asked, clock, ALL)
    for chosen in permutations(Step):
        steps(asked, Clock(elsewhere[0]), chosen)  # somebody else's, in between
        assert steps(asked, clock, chosen) == whole
    assert whole == sorted(whole, key=lambda one: one.due_at)
