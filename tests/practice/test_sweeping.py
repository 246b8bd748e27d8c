"""What dead workers left behind, riddles that solve themselves, and states that only go forward."""

from __future__ import annotations

import itertools

import pytest
from django.db import IntegrityError, transaction

from practice import delivery, moves, outbox, sweeping
from practice.models import Message
from tests.databases import superuser
from tests.factories import inside
from tests.practice.carrying import HOUR, all_of, begins, change, hand_off, lease_ends, now_of, plan, plan_many
from tests.practice.fake_provider import FakeProvider, use

State = Message.State

#: What may follow what. All other steps are refused.
FORWARD = {
    State.PLANNED: {State.CLAIMED, State.SKIPPED, State.CANCELLED, State.DEAD},
    State.CLAIMED: {State.PLANNED, State.HANDING_OFF, State.SKIPPED, State.CANCELLED, State.DEAD},
    State.HANDING_OFF: set(State) - {State.CLAIMED},
    State.ACCEPTED: {State.DELIVERED, State.BOUNCED, State.COMPLAINED},
    State.DELIVERED: {State.BOUNCED, State.COMPLAINED},
    State.BOUNCED: {State.COMPLAINED},
    State.COMPLAINED: set(),
    State.SKIPPED: set(),
    State.CANCELLED: {State.PLANNED},
    State.UNKNOWN: {
        State.PLANNED, State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED, State.DEAD,
    },
    State.DEAD: set(),
}  # fmt: skip


@pytest.fixture
def provider(monkeypatch) -> FakeProvider:
    fake = FakeProvider()
    use(monkeypatch, fake)
    return fake


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_every_step_back(practice, note):
    message = plan(practice)
    from django.db import connection

    with superuser(connection.settings_dict["NAME"]) as server:
        for origin, target in itertools.product(State, State):
            server.execute("SET session_replication_role = replica")
            server.execute("UPDATE practice_message SET state = %s", [origin])
            server.execute("SET session_replication_role = origin")
            allowed = target == origin or target in FORWARD[origin]
            try:
                change(message, state=target)
            except IntegrityError:
                assert not allowed, f"{origin} to {target} is refused"
            else:
                assert allowed, f"{origin} to {target} is allowed"


def begun(practice) -> Message:
    message = plan(practice, fresh_for=100 * HOUR)
    moves.claim(practice.pk, "dead")
    (departure,) = hand_off(message, "dead")
    assert begins(practice, "dead", departure)
    lease_ends(message)
    return message


def test_r13_what_had_not_begun_is_planned_again_and_free(practice, note, provider):
    messages = plan_many(practice, 4)
    moves.claim(practice.pk, "dead")
    hand_off(messages[0], "dead", messages[1])
    for one in messages:
        lease_ends(one)
    assert sweeping.sweep() == {"planned": 4}
    assert {(one.state, one.provider, one.attempts) for one in all_of(practice)} == {(State.PLANNED, "", 1)}


def test_r12_what_had_begun_is_a_riddle_unless_its_provider_takes_a_repeat_for_a_repeat(practice, note, provider):
    message = begun(practice)
    assert sweeping.sweep() == {"unknown": 1}
    provider.repeats_safely = True
    again = begun(practice)
    assert sweeping.sweep() == {"planned": 1}
    assert (now_of(message).state, now_of(again).provider) == (State.UNKNOWN, "email")


def test_alerts_choose_rather_twice_than_never_but_not_for_ever(practice, note, provider):
    note.repeats = True
    message = begun(practice)
    assert sweeping.sweep() == {"planned": 1}
    moves.claim(practice.pk, "dead")
    (departure,) = hand_off(message, "dead")
    assert begins(practice, "dead", departure)
    lease_ends(message)
    assert sweeping.sweep() == {"unknown": 1}


def test_a_kind_that_nobody_handles_any_more_holds_up_no_sweep(practice, note, provider, monkeypatch):
    message = begun(practice)
    monkeypatch.delitem(outbox._handlers, "note")
    assert sweeping.sweep() == {"unknown": 1}
    assert now_of(message).state == State.UNKNOWN


def test_sweeping_twice_changes_nothing(practice, note, provider):
    begun(practice)
    sweeping.sweep()
    before = [one.__dict__ | {"_state": None} for one in all_of(practice)]
    assert sweeping.sweep() == {}
    assert [one.__dict__ | {"_state": None} for one in all_of(practice)] == before


def test_r12_a_log_that_says_taken_settles_a_riddle(practice, note, provider):
    message = begun(practice)
    sweeping.sweep()
    provider.repeats_safely = True
    provider.taken.add(message.reference)
    assert sweeping.resolve(practice.pk) == {"accepted": 1}
    assert now_of(message).state == State.ACCEPTED


def test_r12_a_log_that_says_not_taken_is_believed_once_nothing_can_be_under_way(practice, note, provider, time_passes):
    message = begun(practice)
    sweeping.sweep()
    provider.repeats_safely = True
    assert sweeping.resolve(practice.pk) == {}
    time_passes(sweeping.SETTLED)
    assert sweeping.resolve(practice.pk) == {"planned": 1}
    assert delivery.deliver() == {"accepted": 1}
    assert provider.ledger.arrived == {message.reference: 1}


def test_a_log_that_does_not_answer_changes_nothing_and_holds_up_no_other(practice, note, provider, monkeypatch):
    begun(practice), begun(practice)
    sweeping.sweep()
    provider.repeats_safely = True

    def fate_of(message):
        raise TimeoutError

    monkeypatch.setattr(provider, "fate_of", fate_of)
    assert sweeping.resolve(practice.pk) == {}
    assert {one.state for one in all_of(practice)} == {State.UNKNOWN}


def test_ids_of_another_practice_are_not_resolved(practice, neighbour, note, provider):
    begun(practice)
    sweeping.sweep()
    provider.repeats_safely = True
    assert sweeping.resolve(neighbour.pk) == {}
    with inside(practice), transaction.atomic():
        assert outbox.troubled().count() == 1


def test_all_practices_are_asked_about_and_a_fault_of_one_holds_up_no_other(
    practice, neighbour, note, provider, monkeypatch
):
    riddles = [begun(practice), begun(neighbour)]
    sweeping.sweep()
    provider.repeats_safely = True
    provider.taken.update(one.reference for one in riddles)
    asked = sweeping.resolve

    def faulty(practice_id):
        if practice_id == practice.pk:
            raise RuntimeError
        return asked(practice_id)

    monkeypatch.setattr(sweeping, "resolve", faulty)
    assert sweeping.resolve_all() == {"accepted": 1}
    assert [now_of(one).state for one in riddles] == [State.UNKNOWN, State.ACCEPTED]
