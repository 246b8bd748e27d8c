"""Providers that are out of order are left alone, and tried again with one message by one worker."""

from __future__ import annotations

import datetime
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practice import circuits, delivery, moves, tenancy
from practice.models import Circuit, Message
from tests.factories import inside
from tests.practice.carrying import HOUR, all_of, change, in_threads, now_of, plan, plan_many, shifted_clock
from tests.practice.fake_provider import FakeProvider, Ledger, use
from tests.properties import thorough

State = Message.State
EXAMPLES = thorough.max_examples
KEYS, STEPS = 20, 5

few = settings(
    max_examples=max(1, EXAMPLES // (KEYS * STEPS)),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# --- how long ---------------------------------------------------------------------------------------

asked = st.one_of(st.just(0.0), st.floats(0, 1e9), st.just(float("inf")))


@thorough
@given(st.integers(-5, 10**6), asked)
def test_r14_a_provider_rests_longer_each_time_within_bounds_and_as_long_as_it_asks(failures, after):
    rest = circuits.rest_after(failures, after).total_seconds()
    expected = min(circuits.LONGEST, circuits.FIRST * 2 ** min(max(failures - 1, 0), 10))
    granted = min(after, circuits.LONGEST_ASKED)
    assert max(granted, 0.8 * expected) - 1e-5 <= rest <= max(granted, 1.2 * expected) + 1e-5


@thorough
@given(st.integers(-5, 10**6), asked)
def test_r14_a_message_waits_longer_each_time_with_full_jitter_within_bounds(attempts, after):
    pause = moves.pause_after(attempts, after).total_seconds()
    longest = min(moves.LONGEST_PAUSE, moves.FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 20))
    granted = min(after, circuits.LONGEST_ASKED)
    assert granted - 1e-5 <= pause <= max(granted, longest) + 1e-5


# --- the state machine ------------------------------------------------------------------------------


def dispatching():
    return tenancy.acting(delivery.DISPATCH)


class Model:
    """What a circuit should be like, told without a database."""

    def __init__(self) -> None:
        self.failures = 0
        self.open_until = 0.0

    def state(self, now: float) -> str:
        if not self.failures:
            return "well"
        return "resting" if self.open_until > now else "half open"

    def fails(self, now: float, rest: float, *, tried: bool) -> None:
        if tried or self.state(now) != "resting":
            self.failures += 1
            self.open_until = now + rest


@few
@given(st.integers(0, 2**32))
def test_r15_a_breaker_opens_rests_is_tried_once_and_closes(db, monkeypatch, seed):
    """Many providers at once, each with its own luck; compared with a model after every step."""
    chance = random.Random(seed)
    monkeypatch.setattr(circuits.random, "uniform", lambda low, high: 1.0)
    keys = [f"provider-{seed}-{number}" for number in range(KEYS)]
    models = {key: Model() for key in keys}
    now = 0.0
    with shifted_clock() as passes, dispatching():
        for _ in range(STEPS):
            step = chance.choice([0, 1, 7, 16, 31, 130, 700])
            passes(datetime.timedelta(seconds=step))
            now += step
            for key, model in models.items():
                _live(chance, key, model, now)
            health = circuits.health()
            for key, model in models.items():
                found = "resting" if key in health.resting else "half open" if key in health.half_open else "well"
                assert found == model.state(now), (key, model.failures)


def _live(chance: random.Random, key: str, model: Model, now: float) -> None:
    match chance.choice(["fails", "is tried and fails", "is tried and works", "nothing"]):
        case "fails":
            circuits.failed(key, "silent")
            model.fails(now, _rest(model.failures + 1), tried=False)
        case "nothing":
            pass
        case what:
            may = circuits.may_try(key)
            assert may == (model.state(now) == "half open")
            assert not circuits.may_try(key), "only one may try it"
            if may and what.endswith("works"):
                circuits.works(key)
                model.failures = 0
            elif may:
                circuits.failed(key, "silent", tried=True)
                model.fails(now, _rest(model.failures + 1), tried=True)


def _rest(failures: int) -> float:
    return min(circuits.LONGEST, circuits.FIRST * 2 ** min(failures - 1, 10))


@pytest.mark.django_db(transaction=True)
def test_r15_of_eight_workers_one_may_try_a_provider():
    with dispatching():
        circuits.failed("email", "silent")
        Circuit.objects.update(open_until="2020-01-01T00:00Z")
    told = []

    def ask() -> None:
        with dispatching():
            told.append((circuits.may_try("email"), circuits.begin_probing()))

    in_threads(ask, 8)
    assert sorted(may for may, _probes in told) == [False] * 7 + [True]
    assert sorted(probes for _may, probes in told) == [False] * 7 + [True]


# --- what that does to messages ---------------------------------------------------------------------


@pytest.fixture
def provider(monkeypatch) -> FakeProvider:
    fake = FakeProvider()
    use(monkeypatch, fake)
    return fake


def test_r15_a_provider_that_is_not_there_costs_no_message_an_attempt(practice, note, provider, time_passes):
    plan_many(practice, 30)
    provider.is_there = False
    for _ in range(20):
        delivery.deliver()
        delivery.probe()
        time_passes(HOUR / 4)
    assert {(one.state, one.attempts) for one in all_of(practice)} == {(State.PLANNED, 0)}
    provider.is_there = True
    assert delivery.deliver() == {}, "it is left to the probe"
    assert delivery.probe() == {"accepted": 1}
    assert delivery.deliver() == {"accepted": 29}


def test_r14_a_provider_that_says_not_now_to_all_is_left_alone_after_some(practice, note, provider):
    plan_many(practice, 30)
    provider.ways = ("says not now",)
    assert delivery.deliver() == {"planned": circuits.STRIKES}
    assert sum(one.attempts for one in all_of(practice)) == circuits.STRIKES


def test_r14_a_message_is_tried_no_more_often_than_that(practice, note, provider, time_passes, monkeypatch):
    monkeypatch.setattr(circuits, "STRIKES", 10**6)
    provider.ways = ("says not now",)
    plan_many(practice, 5)
    for _ in range(moves.MOST_ATTEMPTS + 5):
        delivery.deliver()
        time_passes(2 * HOUR)
    assert {(one.state, one.attempts) for one in all_of(practice)} == {(State.DEAD, moves.MOST_ATTEMPTS)}
    assert len(provider.ledger.requests) == 5 * moves.MOST_ATTEMPTS


@pytest.mark.parametrize("way", ["refuses it", "refuses the address"])
def test_r14_what_is_refused_for_good_is_never_tried_again(practice, note, provider, time_passes, way):
    provider.ways = (way,)
    plan_many(practice, 5)
    for _ in range(5):
        delivery.deliver()
        time_passes(HOUR)
    assert len(provider.ledger.requests) == 5
    assert {one.state for one in all_of(practice)} == {State.DEAD}


def test_r14_nothing_is_tried_once_it_is_stale(practice, note, provider, time_passes):
    provider.ways = ("says not now",)
    plan_many(practice, 3, fresh_for=HOUR)
    delivery.deliver()
    time_passes(2 * HOUR)
    delivery.deliver()
    assert {(one.state, one.reason) for one in all_of(practice)} == {(State.SKIPPED, "stale")}
    assert len(provider.ledger.requests) == 3


def test_r15_one_probe_is_one_message_and_a_failed_one_rests_longer(practice, note, provider, time_passes):
    plan_many(practice, 10)
    provider.ways = ("takes it and is silent",)
    assert delivery.deliver() == {"unknown": 1}
    rests = []
    for _ in range(4):
        assert delivery.probe() == {}, "it rests"
        time_passes(HOUR / 4)
        assert delivery.probe() == {"unknown": 1}
        with dispatching():
            circuit = Circuit.objects.get(key="email")
            rests.append(circuit.open_until - circuit.changed_at)
    assert rests == sorted(rests)
    assert rests[-1] > 4 * rests[0]


def test_r15_the_second_provider_gets_what_never_began_and_the_first_keeps_its_riddles(
    practice, note, monkeypatch, time_passes
):
    ledger = Ledger()
    first = FakeProvider("first", ledger=ledger, repeats_safely=True, ways=("says not now",))
    second = FakeProvider("second", ledger=ledger)
    use(monkeypatch, first, second)
    plan_many(practice, 20)
    assert delivery.deliver()["planned"] == circuits.STRIKES
    time_passes(HOUR)
    riddles = {one.pk for one in all_of(practice) if one.state == State.PLANNED and one.attempts}
    assert len(riddles) == circuits.STRIKES
    assert delivery.deliver()["accepted"] == 0, "what began at the first waits for it; all others left already"
    assert {reference for key, reference, _way in ledger.requests if key == "second"} == {
        one.reference for one in all_of(practice) if one.pk not in riddles
    }
    assert ledger.strayed() == []


def test_r15_what_a_careless_server_certainly_did_not_take_may_go_another_way(practice, note, monkeypatch, time_passes):
    first = FakeProvider("first", ways=("says not now",))
    second = FakeProvider("second", ledger=first.ledger)
    use(monkeypatch, first, second)
    plan_many(practice, 8)
    delivery.deliver()
    time_passes(HOUR)
    delivery.deliver()
    assert {(one.state, one.provider) for one in all_of(practice)} == {(State.ACCEPTED, "second")}
    assert first.ledger.strayed() == []


def test_a_riddle_whose_provider_is_gone_goes_to_nobody(practice, note, monkeypatch):
    gone = FakeProvider("gone", repeats_safely=True)
    other = FakeProvider("other", ledger=gone.ledger)
    use(monkeypatch, other)
    message = plan(practice)
    change(message, provider="gone", attempts=1)
    assert delivery.deliver() == {"dead": 1}
    assert now_of(message).reason == "its provider is gone"
    with inside(practice):
        assert gone.ledger.requests == []
