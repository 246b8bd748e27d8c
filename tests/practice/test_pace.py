"""Ceilings are never exceeded, whoever takes from them at once."""

from __future__ import annotations

import datetime
import random
from collections import Counter

import pytest
from django.conf import settings as site
from hypothesis import given
from hypothesis import strategies as st

from practice import delivery, moves, pace, tenancy
from practice.models import Message
from tests.factories import make_practice
from tests.practice.carrying import all_of, in_threads, plan_many
from tests.practice.fake_provider import FakeProvider, use
from tests.properties import thorough

State = Message.State
START = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


@thorough
@given(st.integers(0, 200), st.lists(st.integers(0, 60), max_size=30))
def test_r19_numbers_drawn_one_after_the_other_are_good_up_to_the_ceiling(limit, wishes):
    used, given_out = 0, 0
    for wanted in wishes:
        used += wanted
        got = pace.granted(used, wanted, limit)
        assert 0 <= got <= wanted
        given_out += got
    assert given_out == min(limit, sum(wishes))


@thorough
@given(
    st.datetimes(datetime.datetime(2021, 1, 1), datetime.datetime(2099, 1, 1)), st.sampled_from([pace.MINUTE, pace.DAY])
)
def test_r19_every_moment_lies_in_one_window(moment, window):
    moment = moment.replace(tzinfo=datetime.UTC)
    begins = pace.window_of(moment, window)
    assert begins <= moment < begins + window
    assert pace.window_of(begins, window) == begins


def test_r19_a_ceiling_holds_in_every_window_whatever_the_askers_think_it_is(db):
    """Two thousand draws by askers whose look at the clock is up to a minute old."""
    chance = random.Random(19)
    out: Counter[datetime.datetime] = Counter()
    now = START
    with tenancy.acting(delivery.DISPATCH):
        for _ in range(2000):
            now += datetime.timedelta(seconds=chance.random() * 3)
            seen = now - datetime.timedelta(seconds=chance.choice([0, 0, 1, 30, 60]))
            got, again = pace.take("key", chance.randrange(0, 6), limit=20, window=pace.MINUTE, now=seen)
            out[again] += got
    assert max(out.values()) == 20


@pytest.mark.django_db(transaction=True)
def test_r19_eight_workers_take_exactly_what_there_is_and_what_is_rolled_back_is_there_again():
    taken = []

    def worker() -> None:
        chance = random.Random()
        for _ in range(25):
            try:
                with tenancy.acting(delivery.DISPATCH):
                    got, _again = pace.take("key", chance.randrange(1, 8), limit=300, window=pace.DAY, now=START)
                    if chance.random() < 0.2:
                        raise RuntimeError
            except RuntimeError:
                continue
            taken.append(got)

    in_threads(worker, 8)
    assert sum(taken) == 300


@pytest.mark.django_db(transaction=True)
def test_r19_workers_at_once_keep_to_a_providers_and_a_practices_ceiling(practice, note, monkeypatch, settings):
    provider = FakeProvider()
    use(monkeypatch, provider, per_minute=37)
    monkeypatch.setattr(pace, "MINUTE", pace.DAY)
    settings.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY = 30
    other = make_practice("Harbour Rooms")
    plan_many(practice, 60), plan_many(other, 60)
    in_threads(delivery.deliver, 4)
    left = [Counter(one.state for one in all_of(where))[State.ACCEPTED] for where in (practice, other)]
    assert max(left) <= 30
    assert sum(left) == len(provider.ledger.requests) == 37


def test_r19_what_was_granted_in_one_window_does_not_leave_in_the_next(practice, note, monkeypatch):
    provider = FakeProvider()
    use(monkeypatch, provider, per_minute=50)
    plan_many(practice, 20)
    with delivery.Courier(float("inf")) as courier:
        departures = courier.prepares(practice.pk, moves.claim(practice.pk, courier.name))
        monkeypatch.setattr(delivery.time, "monotonic", lambda: departures[0].until + 1)
        courier.hands_over(practice.pk, departures)
    assert provider.ledger.requests == []
    assert {(one.state, one.attempts) for one in all_of(practice)} == {(State.PLANNED, 0)}


def test_a_practice_has_a_ceiling_unless_it_is_told_otherwise():
    assert site.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY > 0
