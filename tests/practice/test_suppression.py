"""Addresses that bounced, complained or said STOP are left alone until their owner proves them anew."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practice import delivery, suppression, tenancy
from practice.models import Message, Suppression
from tests.practice.carrying import all_of, plan, plan_many
from tests.practice.fake_provider import FakeProvider, use
from tests.properties import thorough

State = Message.State
ADDRESSES = [f"person{number}@example.org" for number in range(20)]
SENDERS = ["hello@one.example", "hello@two.example"]
STEPS = 100

few = settings(
    max_examples=max(1, thorough.max_examples // STEPS),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def written(address: str, chance: random.Random) -> str:
    """The same address as somebody else would write it."""
    return chance.choice([address, address.upper(), address.title(), f" {address} "])


@few
@given(st.integers(0, 2**32))
def test_r16_whatever_comes_in_whatever_order_an_address_is_silent_from_its_first_event_until_it_is_lifted(db, seed):
    chance = random.Random(seed)
    silent: set[tuple[str, str]] = set()
    with tenancy.acting(delivery.DISPATCH):
        Suppression.objects.all().delete()
        for _ in range(STEPS):
            sender, address = chance.choice(SENDERS), chance.choice(ADDRESSES)
            if chance.random() < 0.3:
                lifted = suppression.lift("email", sender, written(address, chance))
                assert lifted == ((sender, address) in silent)
                silent.discard((sender, address))
            else:
                reason = chance.choice(Suppression.Reason.values)
                new = suppression.suppress("email", sender, written(address, chance), reason)
                assert new == ((sender, address) not in silent)
                silent.add((sender, address))
        for sender in SENDERS:
            asked = {written(one, chance): one for one in ADDRESSES for _ in range(2)}
            found = suppression.suppressed("email", sender, list(asked))
            assert found == {one for one, plain in asked.items() if (sender, plain) in silent}
            assert suppression.suppressed("sms", sender, list(asked)) == set()


def test_r16_passing_troubles_count_in_a_window_and_silence_an_address_at_the_fifth(db):
    with tenancy.acting(delivery.DISPATCH):
        told = [suppression.came_back_for_now("email", "s@one.example", "a@example.org") for _ in range(5)]
        assert told == [False] * 4 + [True]
        assert suppression.suppressed("email", "s@one.example", ["a@example.org", "b@example.org"]) == {"a@example.org"}
        assert suppression.suppressed("email", "s@two.example", ["a@example.org"]) == set()


def test_r16_an_address_that_was_refused_for_good_is_written_to_no_more(practice, neighbour, note, monkeypatch):
    provider = FakeProvider(ways=("refuses the address",))
    use(monkeypatch, provider)
    first = plan(practice)
    assert delivery.deliver() == {"dead": 1}
    provider.ways = ("takes it",)
    plan(practice, person_id=first.person_id), plan(neighbour, person_id=first.person_id)
    plan_many(practice, 3)
    assert delivery.deliver() == {"skipped": 2, "accepted": 3}
    assert {one.reason for one in all_of(practice) + all_of(neighbour) if one.state == State.SKIPPED} == {"suppressed"}
    with tenancy.acting(delivery.DISPATCH):
        assert suppression.lift("email", "from@example.org", f"{first.person_id}@example.org")
    plan(practice, person_id=first.person_id)
    assert delivery.deliver() == {"accepted": 1}


def test_no_address_is_kept(db):
    with tenancy.acting(delivery.DISPATCH):
        suppression.suppress("email", "s@one.example", "secret@example.org", "bounce")
        row = Suppression.objects.values().get()
    assert "secret" not in str(row)
    assert row["address_hash"] != suppression.hash_of("sms", "secret@example.org")
