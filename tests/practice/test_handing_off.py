"""What leaves, in whose stead, and that nothing does twice: against a provider that behaves badly."""

from __future__ import annotations

import datetime
import random
import time
from collections import Counter
from contextlib import suppress

import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practice import circuits, delivery, handing_off, moves, outbox, sweeping
from practice.channels.base import Unreachable
from practice.ids import uuid7
from practice.models import Message
from tests.factories import inside, make_practice
from tests.practice.carrying import (
    HOUR,
    Note,
    all_of,
    begins,
    change,
    hand_off,
    in_threads,
    now_of,
    plan,
    plan_many,
    shifted_clock,
)
from tests.practice.fake_provider import WORST, FakeProvider, Ledger, use
from tests.properties import thorough

State = Message.State
MINUTE = HOUR / 60
MESSAGES = 200
UNDER_WAY = (State.PLANNED, State.CLAIMED, State.HANDING_OFF)

few = settings(
    max_examples=max(1, thorough.max_examples // MESSAGES),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def provider(monkeypatch) -> FakeProvider:
    fake = FakeProvider()
    use(monkeypatch, fake)
    return fake


class Killed(BaseException):
    """As if the process ended here: nothing of ours catches it."""


# --- never twice, never silently lost ---------------------------------------------------------------


class Troubles:
    """Several workers, two providers and everything that can happen, one thing after or inside the other."""

    def __init__(self, practice, seed: int, passes) -> None:
        self.practice, self.passes = practice, passes
        self.chance = random.Random(seed)
        self.ledger = Ledger()
        self.providers = [
            FakeProvider(key, ledger=self.ledger, repeats_safely=safe, ways=WORST, chance=self.chance)
            for key, safe in (("first", self.chance.random() < 0.5), ("second", self.chance.random() < 0.5))
        ]
        for one in self.providers:
            one.meanwhile = self.meanwhile
        self.workers: list[tuple[delivery.Courier, list]] = []
        self.called_off: set[str] = set()
        self.depth = 0

    def meanwhile(self) -> None:
        """While a request is under way the world goes on, and the worker may end."""
        if self.depth < 2 and self.chance.random() < 0.3:
            self.step()
        if self.chance.random() < 0.05:
            raise Killed

    def step(self) -> None:
        steps = [self.claims] * 4 + [self.hands_over] * 4 + [self.sweeps, self.waits, self.calls_off, self.dies]
        self.depth += 1
        try:
            self.chance.choice(steps)()
        finally:
            self.depth -= 1

    def claims(self) -> None:
        courier = delivery.Courier(float("inf"), probing=self.chance.random() < 0.2)
        courier.health = self.health()
        most = self.chance.choice([1, 5, 30])
        claimed = moves.claim(self.practice.pk, courier.name, most=most)
        if self.chance.random() > 0.1:  # else it ends right here
            self.workers.append((courier, courier.prepares(self.practice.pk, claimed)))
            moves.release(self.practice.pk, claimed, courier.name)

    def health(self) -> circuits.Health:
        return circuits.Health(frozenset(one.key for one in self.providers if self.chance.random() < 0.2))

    def hands_over(self) -> None:
        if self.workers:
            courier, departures = self.workers.pop(self.chance.randrange(len(self.workers)))
            with suppress(Killed):
                courier.hands_over(self.practice.pk, departures)

    def dies(self) -> None:
        if self.workers:
            self.workers.pop(self.chance.randrange(len(self.workers)))

    def waits(self) -> None:
        self.passes(self.chance.choice([MINUTE, 7 * MINUTE, HOUR]))

    def sweeps(self) -> None:
        sweeping.sweep()
        sweeping.resolve(self.practice.pk)

    def calls_off(self) -> None:
        message = self.chance.choice(all_of(self.practice))
        with inside(self.practice):
            outbox.cancel(message.about_id, reason="done")

    def ends_well(self) -> None:
        """Everybody dies once more, then all is healthy, and time passes until nothing is left."""
        self.workers.clear()
        for one in self.providers:
            one.ways, one.meanwhile = ("takes it",), lambda: None
        for _ in range(40):
            self.passes(2 * HOUR)
            sweeping.sweep()
            delivery.deliver()
            delivery.probe()
            running = [one for one in all_of(self.practice) if one.state in UNDER_WAY]
            if not running:
                return
        raise AssertionError(f"still on its way: {[(one.state, one.reason, one.provider) for one in running]}")


@few
@given(st.integers(0, 2**32))
def test_r12_r13_nothing_arrives_twice_and_all_is_accounted_for_whatever_happens(db, monkeypatch, seed):
    """B131: accepting and hanging, losing, refusing for now and for good, dying workers, sweeps, calls off."""
    practice = make_practice()
    monkeypatch.setitem(outbox._handlers, "note", Note())
    monkeypatch.setattr(circuits, "STRIKES", 3)
    with shifted_clock() as passes:
        world = Troubles(practice, seed, passes)
        use(monkeypatch, *world.providers)
        plan_many(practice, MESSAGES)
        for _ in range(60):
            world.step()
        world.ends_well()
        _balances(practice, world.ledger)


def _balances(practice, ledger: Ledger) -> None:
    messages = {one.reference: one for one in all_of(practice)}
    assert max(ledger.arrived.values()) == 1, "nobody gets anything twice"
    assert set(ledger.arrived) <= set(messages)
    assert ledger.strayed() == [], "what one provider may have goes to no other"
    for reference, message in messages.items():
        arrived = ledger.arrived[reference]
        if message.state == State.ACCEPTED:
            assert arrived == 1
        elif message.state == State.UNKNOWN:
            assert message.begun_at
            assert message.reason
        else:
            assert message.state in (State.DEAD, State.CANCELLED)
            assert message.reason
            # Called off while nobody knew: its provider is still named, so that it can be seen.
            assert not arrived or message.provider


@pytest.mark.django_db(transaction=True)
def test_r12_r26_many_workers_sweepers_and_probes_at_once_send_each_message_once(practice, neighbour, note, provider):
    planned = plan_many(practice, 120) + plan_many(neighbour, 30)
    jobs = [delivery.deliver, sweeping.sweep, delivery.probe, delivery.deliver, delivery.deliver]
    in_threads(lambda: jobs.pop()(), 5)
    delivery.deliver()
    assert provider.ledger.arrived == Counter(one.reference for one in planned)
    assert {one.state for one in all_of(practice) + all_of(neighbour)} == {State.ACCEPTED}


def test_r26_none_for_hours_then_one_gives_what_a_healthy_one_gives(practice, note, provider, time_passes):
    planned = plan_many(practice, 20) + plan_many(practice, 5, fresh_for=HOUR)
    time_passes(6 * HOUR)
    sweeping.sweep()
    delivery.deliver()
    assert provider.ledger.arrived == Counter(one.reference for one in planned[:20])
    assert {one.reason for one in all_of(practice) if one.state == State.SKIPPED} == {"stale"}


def test_an_ending_is_written_down_although_the_database_was_away(practice, note, provider, monkeypatch):
    plan_many(practice, 3)
    write_down, away = moves.turn_over, iter([False, True, True])

    def turn_over(*args):
        if args[2] and next(away, False):
            raise OperationalError("the connection is lost")
        return write_down(*args)

    monkeypatch.setattr(moves, "turn_over", turn_over)
    monkeypatch.setattr(delivery, "INSIST", (0, 0, 0))
    monkeypatch.setattr(delivery.connection, "close", lambda: None)
    monkeypatch.setattr(delivery, "MOST_AT_ONCE", 1)
    delivery.deliver()
    assert {one.state for one in all_of(practice)} == {State.ACCEPTED}
    assert max(provider.ledger.arrived.values()) == 1


# --- what commits first wins ------------------------------------------------------------------------

STEPS = ("planned", "claimed", "handed off", "begun", "accepted")


def bring(message: Message, practice, step: str) -> None:
    """Bring a message as far as ``step``."""
    if step == "planned":
        return
    assert moves.claim(practice.pk, "me") == [message.pk]
    if step == "claimed":
        return
    (departure,) = hand_off(message, "me")
    if step == "handed off":
        return
    assert begins(practice, "me", departure)
    if step == "accepted":
        moves.turn_over(practice.pk, "me", [moves.Ending(departure, State.ACCEPTED)], [])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "call_off",
    [
        lambda one: outbox.cancel(one.about_id, reason="done"),
        lambda one: outbox.cancel_all([one.about_id], reason="done"),
        lambda one: outbox.cancel_for_couple(one.couple_id, "separated"),
        lambda one: outbox.cancel_for_person(one.person_id, "erased"),
        lambda one: outbox.cancel_channel(one.person_id, "email", kinds=["note"], reason="wants none"),
    ],
    ids=["done", "withdrawn", "separated", "erased", "wants none"],
)
def test_r11_r25_what_is_called_off_before_its_first_byte_never_leaves(practice, note, provider, step, call_off):
    message = plan(practice, couple_id=uuid7())
    bring(message, practice, step)
    with inside(practice):
        called_off = call_off(now_of(message))
    assert called_off == (step in ("planned", "claimed", "handed off"))
    delivery.deliver()
    assert bool(called_off) == (now_of(message).state == State.CANCELLED)
    assert not provider.ledger.requests


def test_r25_an_erasure_that_is_taken_back_calls_nothing_off(practice, note, provider):
    message = plan(practice)
    with suppress(RuntimeError), inside(practice):
        outbox.cancel_for_person(message.person_id, "erased")
        raise RuntimeError
    assert delivery.deliver() == {"accepted": 1}


def test_r10_while_paused_nothing_leaves_and_afterwards_the_newest_if_it_is_fresh(
    practice, note, provider, time_passes
):
    """A pause is a verdict of the kind: what falls due in it is skipped, whoever asks."""
    note.merges = True
    person = uuid7()
    note.reason = "paused"
    plan_many(practice, 3, people=[person] * 3)
    assert delivery.deliver() == {"skipped": 3}
    note.reason = ""
    assert delivery.deliver() == {}
    late = plan_many(practice, 2, people=[person] * 2)
    assert delivery.deliver()["accepted"] == 1
    assert list(provider.ledger.arrived) == [max(late, key=lambda one: one.pk).reference]


# --- one for several --------------------------------------------------------------------------------


def due_at_times(practice, person, *minutes_ago: int) -> list[Message]:
    return [plan(practice, person_id=person, due=-ago * MINUTE, fresh_for=24 * HOUR) for ago in minutes_ago]


def test_r21_of_what_was_held_one_person_gets_the_newest_and_the_others_are_explained(practice, note, provider):
    note.merges = True
    *older, newest = due_at_times(practice, uuid7(), 50, 40, 30, 2)
    assert delivery.deliver()["accepted"] == 1
    assert list(provider.ledger.arrived) == [newest.reference]
    assert {(now_of(one).state, now_of(one).reason, now_of(one).merged_into) for one in older} == {
        (State.SKIPPED, "merged", newest.pk)
    }


@few
@given(st.integers(0, 2**32))
def test_r21_after_any_time_off_each_person_gets_at_most_one_and_that_is_the_newest(db, monkeypatch, seed):
    chance = random.Random(seed)
    practice, note = make_practice(), Note()
    note.merges = True
    monkeypatch.setitem(outbox._handlers, "note", note)
    provider = FakeProvider()
    use(monkeypatch, provider)
    monkeypatch.setattr(moves, "PER_TURN", chance.choice([3, 10, 50]))
    people = [uuid7() for _ in range(MESSAGES // 4)]
    with shifted_clock() as passes:
        now = timezone_now()
        for fresh_for in (HOUR, 24 * HOUR):
            for _ in range(3):
                due = now - chance.random() * 5 * HOUR
                some = chance.sample(people, len(people) // 2)
                plan_many(practice, len(some), people=some, due_at=due, fresh_for=fresh_for)
        passes(chance.choice([0, 6, 24 * 6]) * HOUR)
        for _ in range(4):
            delivery.deliver()
            passes(MINUTE)
        messages = all_of(practice)
    left = Counter(one.person_id for one in messages if one.state == State.ACCEPTED)
    assert not left or max(left.values()) == 1
    assert {one.state for one in messages} <= {State.ACCEPTED, State.SKIPPED}
    for one in messages:
        if one.state == State.ACCEPTED:
            said = [each for each in messages if each.merged_into == one.pk]
            assert all((each.planned_for, each.pk) < (one.planned_for, one.pk) for each in said)


def timezone_now() -> datetime.datetime:
    from practice import clock

    return clock.now()


def test_r21_two_workers_who_hold_one_each_let_one_leave(practice, note, provider, time_passes):
    note.merges = True
    older, newest = due_at_times(practice, uuid7(), 5, 2)
    moves.claim(practice.pk, "one", most=1), moves.claim(practice.pk, "two", most=1)
    assert hand_off(older, "one") == []
    (departure,) = hand_off(newest, "two")
    assert begins(practice, "two", departure)
    moves.turn_over(practice.pk, "two", [moves.Ending(departure, State.ACCEPTED)], [])
    time_passes(MINUTE)
    assert delivery.deliver() == {"skipped": 1}
    assert now_of(older).merged_into == newest.pk


def test_r21_what_falls_due_while_another_is_on_its_way_waits_and_is_said_by_it(practice, note, provider, time_passes):
    note.merges = True
    person = uuid7()
    (first,) = due_at_times(practice, person, 2)
    with delivery.Courier(float("inf")) as courier:
        departures = courier.prepares(practice.pk, moves.claim(practice.pk, courier.name))
        (second,) = due_at_times(practice, person, 1)
        assert delivery.deliver() == {"planned": 1}, "it waits"
        courier.hands_over(practice.pk, departures)
    time_passes(MINUTE)
    assert delivery.deliver() == {"skipped": 1}
    assert (now_of(second).reason, now_of(second).merged_into) == ("merged", first.pk)
    (later,) = due_at_times(practice, person, 0)
    assert delivery.deliver() == {"accepted": 1}, "what falls due afterwards is news"
    assert now_of(later).state == State.ACCEPTED


def test_r13_when_the_newest_is_called_off_the_next_one_leaves_instead(practice, note, provider, time_passes):
    note.merges = True
    older, newest = due_at_times(practice, uuid7(), 5, 2)
    with delivery.Courier(float("inf")) as courier:
        departures = courier.prepares(practice.pk, moves.claim(practice.pk, courier.name))
        with inside(practice):
            outbox.cancel(newest.about_id, reason="done")
        courier.hands_over(practice.pk, departures)
    assert delivery.deliver() == {}
    time_passes(MINUTE)
    assert delivery.deliver() == {"accepted": 1}
    assert list(provider.ledger.arrived) == [older.reference]


def test_r13_one_that_is_nearly_stale_is_not_lost_by_waiting_for_another(practice, note, provider, time_passes):
    note.merges = True
    person = uuid7()
    older = plan(practice, person_id=person, due=-5 * MINUTE, fresh_for=5 * MINUTE + datetime.timedelta(seconds=10))
    newest = plan(practice, person_id=person, due=-MINUTE)
    with delivery.Courier(float("inf")) as courier:
        courier.prepares(practice.pk, moves.claim(practice.pk, courier.name))
    with inside(practice):
        outbox.cancel(newest.about_id, reason="done")
    assert now_of(older).due_at < now_of(older).fresh_until
    time_passes(now_of(older).due_at - timezone_now())
    assert delivery.deliver() == {"accepted": 1}


# --- fairness ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_r20_one_row_leaves_within_a_minute_although_another_practice_has_a_thousand_times_more(
    practice, neighbour, note, provider
):
    plan_many(practice, 1000)
    one = plan(neighbour)
    began = time.monotonic()
    provider.meanwhile = lambda: time.sleep(0.002)
    delivery.deliver(seconds=60)
    place = [reference for _key, reference, _way in provider.ledger.requests].index(one.reference)
    assert place <= moves.PER_TURN
    assert time.monotonic() - began < 60


def test_r20_a_provider_that_takes_its_time_is_given_some_seconds_a_turn(
    practice, neighbour, note, provider, monkeypatch
):
    clock = [0.0]
    monkeypatch.setattr(delivery.time, "monotonic", lambda: clock[0])

    def takes_nine_seconds() -> None:
        clock[0] += 9

    provider.meanwhile = takes_nine_seconds
    plan_many(practice, 30)
    one = plan(neighbour)
    delivery.deliver(seconds=60)
    place = [reference for _key, reference, _way in provider.ledger.requests].index(one.reference)
    assert place <= 1, "after one or none of the other practice's"


def test_r20_a_provider_that_stalls_stalls_once_and_holds_up_nobody_else(practice, neighbour, note, monkeypatch):
    from practice import providers, tenancy

    stalls = Counter()
    broken, healthy = FakeProvider("broken"), FakeProvider("healthy")

    def stall() -> None:
        stalls["times"] += 1
        raise Unreachable("no connection: TimeoutError")

    monkeypatch.setattr(broken, "open", stall)
    monkeypatch.setattr(
        providers,
        "routes",
        lambda: {"email": [(broken if tenancy.current_practice_id() == practice.pk else healthy).route()]},
    )
    plan_many(practice, 100), plan_many(neighbour, 100)
    for _ in range(5):
        delivery.deliver()
    assert stalls["times"] == 1
    assert {one.state for one in all_of(neighbour)} == {State.ACCEPTED}
    assert {(one.state, one.attempts) for one in all_of(practice)} == {(State.PLANNED, 0)}


def test_r20_practices_that_wait_for_the_installations_provider_are_not_even_asked(
    practice, neighbour, note, django_assert_max_num_queries, monkeypatch
):
    from practice import dispatch

    plan(practice), plan(neighbour)
    assert len(dispatch.practices_with_due()) == 2
    assert dispatch.practices_with_due(without=["email"]) == []
    plan(practice, channel="portal")
    assert dispatch.practices_with_due(without=["email"]) == [practice.pk]


# --- poison -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["wanted", "compose", "prepare", "send"])
def test_r22_b143_a_row_that_fails_for_its_own_reason_stops_and_blocks_no_other(
    practice, note, provider, time_passes, monkeypatch, where
):
    poison, *others = plan_many(practice, 20)
    target = provider if where in ("prepare", "send") else note
    right = getattr(target, where)

    def wrong(first, *rest):
        if poison.pk in (getattr(first, "pk", None),) or first == poison.reference:
            raise ValueError("its own reason")
        return right(first, *rest)

    monkeypatch.setattr(target, where, wrong)
    for _ in range(moves.MOST_ATTEMPTS + 2):
        delivery.deliver()
        delivery.probe()
        time_passes(2 * HOUR)
    assert now_of(poison).state == (State.UNKNOWN if where == "send" else State.DEAD)
    assert {now_of(one).state for one in others} == {State.ACCEPTED}


@pytest.mark.parametrize("where", ["wanted", "compose", "prepare", "send"])
def test_r22_b143_a_row_that_kills_its_worker_is_alone_after_one_death_and_isolated_after_two(
    practice, note, provider, time_passes, monkeypatch, where
):
    poison, *others = plan_many(practice, 20)
    provider.repeats_safely = True
    target = provider if where in ("prepare", "send") else note
    right, deaths = getattr(target, where), []

    def deadly(first, *rest):
        if poison.pk in (getattr(first, "pk", None),) or first == poison.reference:
            deaths.append(where)
            raise Killed
        return right(first, *rest)

    monkeypatch.setattr(target, where, deadly)
    for _ in range(6):
        with suppress(Killed):
            delivery.deliver()
        time_passes(HOUR)
        sweeping.sweep()
    assert len(deaths) == 2
    assert now_of(poison).state == (State.UNKNOWN if where == "send" else State.DEAD)
    assert {now_of(one).state for one in others} == {State.ACCEPTED}


def test_what_this_worker_never_gave_is_given_back_untried_and_free(practice, note, provider):
    messages = plan_many(practice, 5)
    provider.ways = ("takes it and is silent",)
    with delivery.Courier(float("inf")) as courier:
        courier.seconds["email"] = 0.001  # a quick one: all five begin at once
        courier.hands_over(practice.pk, courier.prepares(practice.pk, moves.claim(practice.pk, courier.name)))
    rows = [now_of(one) for one in messages]
    assert Counter(one.state for one in rows) == {State.UNKNOWN: 1, State.PLANNED: 4}
    assert {(one.attempts, one.provider, one.begun_at) for one in rows if one.state == State.PLANNED} == {(0, "", None)}


def test_a_riddle_that_is_tried_again_and_again_stays_a_riddle(practice, note, provider, time_passes):
    provider.repeats_safely, provider.ways = True, ("says not now",)
    message = plan(practice, fresh_for=1000 * HOUR)
    change(message, attempts=moves.MOST_ATTEMPTS - 1)
    delivery.deliver()
    assert now_of(message).state == State.UNKNOWN
    assert datetime.timedelta(minutes=5) < handing_off.LEASE
