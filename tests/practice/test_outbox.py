"""The outbox delivers what is due: never twice, never silently lost."""

from __future__ import annotations

import datetime
import random
import uuid
from collections import Counter
from contextlib import suppress
from itertools import chain, repeat

import psycopg.errors
import pytest
from django.db import ProgrammingError, connection
from django.utils import timezone

from practice import circuits, clock, delivery, dispatch, mail, moves, outbox, roles, sweeping, tenancy
from practice.handing_off import HandOff
from practice.ids import uuid7
from practice.models import Message
from practice.moves import Ending
from tests.factories import inside, make_practice
from tests.practice.carrying import HOUR, begins, change, hand_off, in_threads, lease_ends, now_of, plan
from tests.practice.mail_server import free_port

pytestmark = pytest.mark.django_db(transaction=True)

State = Message.State


# --- planning -----------------------------------------------------------------------------------


def test_an_occasion_has_one_message_for_ever(practice, note):
    first = plan(practice, occasion="once", person_id=(person := uuid7()))
    with inside(practice):
        again = {
            "person_id": person,
            "about_id": uuid7(),
            "couple_id": None,
            "due_at": timezone.now(),
            "fresh_for": HOUR,
        }
        assert outbox.plan("note", occasion="once", **again) is None
        outbox.cancel(first.about_id, reason="test")
        assert outbox.plan("note", occasion="once", **again) is None
        assert outbox.plan("note", occasion="twice", **again) is not None


def test_many_planners_plan_one(practice, note):
    person = uuid7()
    made = []

    def planner() -> None:
        with inside(practice):
            drafts = [
                outbox.draft(
                    "note",
                    person_id=person,
                    about_id=person,
                    couple_id=None,
                    occasion=f"day {day}",
                    due_at=timezone.now(),
                    fresh_for=HOUR,
                )
                for day in range(20)
            ]
            made.extend(outbox.add(drafts))

    in_threads(planner, 4)
    assert len(made) == 20


def test_a_kind_that_nobody_handles_can_not_be_planned(practice):
    with pytest.raises(LookupError):
        plan(practice)


def test_a_row_holds_no_words_and_no_address():
    kept = {field.name for field in Message._meta.fields}
    assert not kept & {"text", "subject", "body", "to", "email", "address"}


# --- delivering ---------------------------------------------------------------------------------


def test_what_is_due_arrives_once(practice, note, mail_server):
    due, later = plan(practice), plan(practice, due=HOUR)
    assert delivery.deliver() == {"accepted": 1}
    assert delivery.deliver() == {}
    assert now_of(due).state == State.ACCEPTED
    assert now_of(due).finished_at is not None
    assert now_of(later).state == State.PLANNED
    (letter,) = mail_server.taken
    assert letter["Message-ID"] == now_of(due).message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["To"] == f"{due.person_id}@example.org"
    assert {part.get_content_type() for part in letter.walk()} == {
        "multipart/alternative",
        "text/plain",
        "text/html",
    }


def test_four_at_once_deliver_each_letter_once(practice, neighbour, note, mail_server):
    planned = [plan(practice) for _ in range(30)] + [plan(neighbour) for _ in range(10)]
    in_threads(delivery.deliver, 4)
    assert Counter(mail_server.ids) == Counter(one.message_id for one in planned)
    assert {now_of(one).state for one in planned} == {State.ACCEPTED}


def test_no_transaction_is_open_while_the_server_is_talked_to(practice, note, mail_server, monkeypatch):
    plan(practice)
    seen = []
    send = mail.CarefulBackend.send_messages
    monkeypatch.setattr(
        mail.CarefulBackend,
        "send_messages",
        lambda self, letters: seen.append(connection.in_atomic_block) or send(self, letters),
    )
    delivery.deliver()
    assert seen == [False]


def test_what_is_not_wanted_any_more_is_skipped_with_its_reason(practice, note, mail_server):
    message = plan(practice)
    note.reason = "done"
    assert delivery.deliver() == {"skipped": 1}
    assert (now_of(message).state, now_of(message).reason) == (State.SKIPPED, "done")
    assert mail_server.taken == []


def test_what_is_called_off_after_the_claim_is_not_sent(practice, note, mail_server):
    message = plan(practice)
    assert moves.claim(practice.pk, "me") == [message.pk]
    with inside(practice):
        assert outbox.cancel(message.about_id, reason="done") == 1
    assert hand_off(message, "me") == []
    assert now_of(message).state == State.CANCELLED


def test_what_is_called_off_while_it_is_read_again_is_not_sent(practice, note, mail_server):
    message = plan(practice)

    def cancel_meanwhile(message) -> None:
        def cancel() -> None:
            with inside(practice):
                outbox.cancel(message.about_id, reason="done")

        in_threads(cancel, 1)

    note.on_wanted = cancel_meanwhile
    delivery.deliver()
    assert mail_server.taken == []
    assert now_of(message).state == State.CANCELLED


def test_who_lost_the_lease_sends_nothing(practice, note, mail_server):
    message = plan(practice)
    moves.claim(practice.pk, "slow")
    lease_ends(message)
    assert hand_off(message, "slow") == []
    sweeping.sweep()
    moves.claim(practice.pk, "quick")
    assert hand_off(message, "slow") == []
    assert [one.message_id for one in hand_off(message, "quick")] == [message.pk]


def test_who_lost_the_lease_after_the_hand_off_begins_nothing(practice, note, mail_server):
    message = plan(practice)
    moves.claim(practice.pk, "slow")
    (departure,) = hand_off(message, "slow")
    lease_ends(message)
    assert not begins(practice, "slow", departure)
    sweeping.sweep()
    assert now_of(message).state == State.PLANNED
    assert not begins(practice, "slow", departure)


def test_what_is_called_off_after_the_hand_off_does_not_begin(practice, note, mail_server):
    message = plan(practice)
    moves.claim(practice.pk, "me")
    (departure,) = hand_off(message, "me")
    with inside(practice):
        assert outbox.cancel(message.about_id, reason="done") == 1
    assert not begins(practice, "me", departure)
    assert now_of(message).state == State.CANCELLED


def test_what_has_begun_is_not_called_off_any_more(practice, note, mail_server):
    message = plan(practice)
    moves.claim(practice.pk, "me")
    (departure,) = hand_off(message, "me")
    assert begins(practice, "me", departure)
    with inside(practice):
        assert outbox.cancel(message.about_id, reason="done") == 0
    assert not begins(practice, "me", departure)
    assert now_of(message).state == State.HANDING_OFF


def test_couples_and_persons_are_called_off_as_a_whole(practice, note, mail_server):
    couple, person = uuid7(), uuid7()
    theirs = [plan(practice, couple_id=couple) for _ in range(2)]
    hers = plan(practice, person_id=person)
    other = plan(practice, couple_id=uuid7())
    with inside(practice):
        assert outbox.cancel_for_couple(couple, "separated") == 2
        assert outbox.cancel_for_person(person, "left") == 1
    assert delivery.deliver() == {"accepted": 1}
    assert {now_of(one).reason for one in theirs} == {"separated"}
    assert now_of(hers).state == State.CANCELLED
    assert now_of(other).state == State.ACCEPTED


def test_one_person_of_several_is_called_off(practice, note):
    about = uuid7()
    mine, yours = plan(practice, about_id=about), plan(practice, about_id=about)
    with inside(practice):
        assert outbox.cancel(about, reason="sent", person_id=mine.person_id) == 1
    assert now_of(mine).state == State.CANCELLED
    assert now_of(yours).state == State.PLANNED


# --- time ---------------------------------------------------------------------------------------


def test_what_has_to_wait_is_planned_later_untried(practice, note, mail_server):
    message = plan(practice)
    note.wait = HOUR / 2
    assert delivery.deliver() == {"planned": 1}
    waiting = now_of(message)
    assert waiting.due_at > timezone.now() + HOUR / 3
    assert (waiting.attempts, waiting.worker) == (0, "")


def test_what_would_have_to_wait_too_long_is_skipped(practice, note, mail_server):
    message = plan(practice)
    note.wait = 2 * HOUR
    assert delivery.deliver() == {"skipped": 1}
    assert now_of(message).reason == "stale"


def test_what_is_stale_is_skipped_by_delivery_and_by_sweep(practice, note, mail_server):
    stale = [plan(practice, due=-3 * HOUR) for _ in range(2)]
    assert dispatch.practices_to_sweep() == [practice.pk]
    delivery.deliver()
    assert mail_server.taken == []
    plan(practice, due=-3 * HOUR)
    assert sweeping.sweep()["skipped"] == 1
    assert {now_of(one).reason for one in stale} == {"stale"}


def test_the_clock_is_the_databases():
    assert abs(clock.now() - timezone.now()) < datetime.timedelta(seconds=5)
    assert clock.now().tzinfo is datetime.UTC


# --- troubles of the mail server ----------------------------------------------------------------


def test_a_temporary_refusal_is_tried_again_later_with_the_same_id(practice, note, mail_server):
    message = plan(practice)
    mail_server.answers = ["451 greylisted"]
    assert delivery.deliver() == {"planned": 1}
    waiting = now_of(message)
    assert (waiting.attempts, waiting.reason) == (1, "reply 451")
    assert waiting.handed_off_at is None
    change(message, due_at=timezone.now())
    assert delivery.deliver() == {"accepted": 1}
    assert mail_server.ids == [message.message_id]


@pytest.mark.parametrize("answer", ["RCPT hang up", "RCPT 450 busy", "421 closing"])
def test_what_certainly_did_not_arrive_is_tried_again(practice, note, mail_server, answer):
    message = plan(practice)
    mail_server.answers = [answer]
    assert delivery.deliver() == {"planned": 1}
    change(message, due_at=timezone.now())
    assert delivery.deliver() == {"accepted": 1}
    assert mail_server.ids == [message.message_id]


@pytest.mark.parametrize("answer", ["RCPT 550 nobody of this name", "554 not this letter"])
def test_a_permanent_refusal_ends_it(practice, note, mail_server, answer):
    message = plan(practice)
    mail_server.answers = [answer]
    assert delivery.deliver() == {"dead": 1}
    assert now_of(message).reason.startswith("reply 55")
    with inside(practice):
        assert [one.pk for one in outbox.troubled()] == [message.pk]
    assert delivery.deliver() == {}


def test_a_server_that_takes_it_and_hangs_up_leaves_it_unknown_for_good(practice, note, mail_server):
    message = plan(practice)
    mail_server.answers = ["take and hang up"]
    assert delivery.deliver() == {"unknown": 1}
    sweeping.sweep()
    assert delivery.deliver() == {}
    assert now_of(message).state == State.UNKNOWN
    assert mail_server.ids == [message.message_id]
    with inside(practice):
        assert outbox.troubled().count() == 1


def test_without_a_server_what_is_due_waits_untried(practice, note, settings):
    settings.EMAIL_BACKEND = "practice.mail.CarefulBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    message = plan(practice)
    assert delivery.deliver() == {}
    assert (now_of(message).state, now_of(message).attempts) == (State.PLANNED, 0)


def test_a_connection_that_died_between_two_letters_is_made_again(practice, note, mail_server):
    with delivery.Courier(until=float("inf")) as courier:
        plan(practice)
        courier.goes_round()
        courier.carriers["email"].backend.connection.sock.close()
        plan(practice)
        courier.goes_round()
    assert len(mail_server.taken) == 2


def test_a_server_that_takes_few_letters_over_one_connection_gets_the_next_over_another(practice, note, mail_server):
    mail_server.letters_per_connection = 2
    for _ in range(5):
        plan(practice)
    assert delivery.deliver() == {"accepted": 5}
    assert len(set(mail_server.ids)) == 5


def test_a_server_that_takes_no_letter_over_any_connection_is_not_asked_again_at_once(practice, note, mail_server):
    mail_server.letters_per_connection = 0
    message = plan(practice)
    assert delivery.deliver() == {"planned": 1}
    assert now_of(message).reason == "reply 421"
    assert mail_server.announced == 1


class TestSeveralCommandsInOneTrip:
    """Most servers take sender, recipient and DATA together. Each answer counts all the same."""

    @pytest.fixture(autouse=True)
    def pipelines(self, mail_server):
        mail_server.pipelines = True

    def test_letters_arrive_whole_and_dots_are_kept(self, practice, note, mail_server):
        for _ in range(3):
            plan(practice)
        assert delivery.deliver() == {"accepted": 3}
        assert len(set(mail_server.ids)) == 3
        assert len(mail_server.recipients) == 3

    @pytest.mark.parametrize("answer", ["RCPT 550 nobody of this name", "554 not this letter"])
    def test_a_refusal_ends_it_though_the_server_went_on(self, practice, note, mail_server, answer):
        message = plan(practice)
        mail_server.answers = [answer]
        assert delivery.deliver() == {"dead": 1}
        assert now_of(message).reason == f"reply {answer.removeprefix('RCPT ')[:3]}"
        assert mail_server.taken == []

    @pytest.mark.parametrize("answer", ["RCPT hang up", "RCPT 450 busy", "421 closing"])
    def test_what_certainly_did_not_arrive_is_tried_again(self, practice, note, mail_server, answer):
        message = plan(practice)
        mail_server.answers = [answer]
        assert delivery.deliver() == {"planned": 1}
        change(message, due_at=timezone.now())
        assert delivery.deliver() == {"accepted": 1}
        assert mail_server.ids == [message.message_id]

    def test_a_server_that_goes_on_with_data_for_nobody_gets_no_letter(self, practice, note, mail_server):
        refused, next_one = plan(practice), plan(practice)
        mail_server.answers = ["RCPT 550 nobody of this name"]
        mail_server.goes_on = True
        assert delivery.deliver() == {"dead": 1, "accepted": 1}
        assert mail_server.ids == [next_one.message_id]
        assert now_of(refused).reason == "reply 550"


def test_after_many_tries_it_is_given_up_and_shown(practice, note, mail_server):
    message = plan(practice)
    change(message, attempts=moves.MOST_ATTEMPTS - 1)
    mail_server.answers = ["451 not now"]
    assert delivery.deliver() == {"dead": 1}
    assert now_of(message).attempts == moves.MOST_ATTEMPTS


def test_pauses_grow_with_jitter_and_are_bounded():
    for attempts in range(1, 40):
        for _ in range(20):
            pause = moves.pause_after(attempts).total_seconds()
            assert 0 <= pause <= min(moves.LONGEST_PAUSE, moves.FIRST_PAUSE * 2 ** (attempts - 1))
    assert len({moves.pause_after(5) for _ in range(10)}) > 5


def test_lines_of_dots_arrive_as_they_were(practice, note, mail_server, monkeypatch):
    words = ".\n..\nnot the end\n.\nthe end: £"
    monkeypatch.setattr(note, "compose", lambda message: outbox.Letter("S", words, to_address="a@example.org"))
    plan(practice)
    delivery.deliver()
    assert mail_server.taken[0].get_content().replace("\r\n", "\n").rstrip("\n") == words


# --- workers that die ---------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process ended here: nothing of ours catches it."""


def kill(*args, **kwargs):
    raise Killed


def test_killed_between_hand_off_and_answer_it_is_unknown_and_never_sent_again(
    practice, note, mail_server, monkeypatch
):
    message = plan(practice)
    send = mail.CarefulBackend.send_messages

    def send_and_die(self, letters):
        send(self, letters)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(mail.CarefulBackend, "send_messages", send_and_die)
        with pytest.raises(Killed):
            delivery.deliver()
    assert now_of(message).state == State.HANDING_OFF
    assert sweeping.sweep() == {}  # its lease still runs: it might be alive
    lease_ends(message)
    assert sweeping.sweep()["unknown"] == 1
    assert now_of(message).reason == "worker ended"
    assert delivery.deliver() == {}
    assert mail_server.ids == [message.message_id]


def test_killed_after_the_claim_it_is_sent_by_the_next(practice, note, mail_server, monkeypatch):
    message = plan(practice)
    with monkeypatch.context() as patch:
        patch.setattr(HandOff, "run", kill)
        with pytest.raises(Killed):
            delivery.deliver()
    assert now_of(message).state == State.CLAIMED
    lease_ends(message)
    assert sweeping.sweep()["planned"] == 1
    assert delivery.deliver() == {"accepted": 1}
    assert mail_server.ids == [message.message_id]


def test_one_that_kills_workers_is_isolated_after_two_and_harms_no_other(practice, note, mail_server):
    innocent = [plan(practice) for _ in range(3)]
    poison = plan(practice, due=-HOUR / 30)

    def die_of_poison(message) -> None:
        if message.pk == poison.pk:
            raise Killed

    note.on_wanted = die_of_poison
    for _ in range(8):
        try:
            delivery.deliver()
        except Killed:
            for message in [*innocent, poison]:
                if now_of(message).state == State.CLAIMED:
                    lease_ends(message)
            sweeping.sweep()
    assert now_of(poison).state == State.DEAD
    assert {now_of(one).state for one in innocent} == {State.ACCEPTED}
    assert len(mail_server.taken) == 3


def test_one_that_can_not_be_written_stops_after_some_tries_and_blocks_no_other(practice, note, mail_server, caplog):
    poison, other = plan(practice, due=-HOUR / 30), plan(practice)

    def refuse(message) -> None:
        if message.pk == poison.pk:
            raise ValueError("Mara wrote: secret")

    note.on_wanted = refuse
    for _ in range(moves.MOST_ATTEMPTS):
        change(poison, due_at=timezone.now())
        delivery.deliver()
    assert (now_of(poison).state, now_of(poison).reason) == (State.DEAD, "ValueError")
    assert now_of(other).state == State.ACCEPTED
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_a_slow_worker_that_lives_after_all_resolves_its_own_unknown(practice, note, mail_server):
    message = plan(practice)
    moves.claim(practice.pk, "slow")
    (departure,) = hand_off(message, "slow")
    assert begins(practice, "slow", departure)
    lease_ends(message)
    sweeping.sweep()
    moves.turn_over(practice.pk, "other", [Ending(departure, State.ACCEPTED)], [])
    assert now_of(message).state == State.UNKNOWN
    moves.turn_over(practice.pk, "slow", [Ending(departure, State.ACCEPTED)], [])
    assert now_of(message).state == State.ACCEPTED


def now_and_then(chance: random.Random, share: float, trouble: type[BaseException], work):
    """Let ``work`` fail before it begins, in that share of its calls."""

    def unreliable(*args):
        if chance.random() < share:
            raise trouble("now and then")
        return work(*args)

    return unreliable


def sends_unreliably(chance: random.Random, send):
    """A server that asks to wait, and workers that die before and after it takes a letter."""
    busy_or_sent = now_and_then(chance, 0.1, mail.NotNow, send)

    def unreliable(self, letters):
        sent = now_and_then(chance, 0.05, Killed, busy_or_sent)(self, letters)
        if chance.random() < 0.08:
            raise Killed
        return sent

    return unreliable


@pytest.fixture
def chance(monkeypatch) -> random.Random:
    """A world in which anything fails now and then, and nobody waits."""
    chance = random.Random(20261122)
    send, reread, write_down = mail.CarefulBackend.send_messages, HandOff.run, moves.turn_over
    monkeypatch.setattr(mail.CarefulBackend, "send_messages", sends_unreliably(chance, send))
    monkeypatch.setattr(HandOff, "run", now_and_then(chance, 0.05, Killed, reread))
    monkeypatch.setattr(moves, "turn_over", now_and_then(chance, 0.02, Killed, write_down))
    monkeypatch.setattr(circuits, "STRIKES", 1000)
    monkeypatch.setattr(moves, "FIRST_PAUSE", 0.0)
    return chance


def deliver_mortally() -> None:
    with suppress(Killed):
        delivery.deliver(seconds=30)


def end_leases(planned: list[Message]) -> None:
    for message in planned:
        if now_of(message).lease_until:
            lease_ends(message)


def test_the_ledger_balances_whatever_happens(practice, neighbour, note, mail_server, chance):
    """Workers die at random points, servers answer at random, three deliver at once."""
    planned = [plan(chance.choice([practice, neighbour])) for _ in range(60)]
    over = {State.ACCEPTED, State.UNKNOWN, State.DEAD}
    for _ in range(60):
        in_threads(deliver_mortally, 3)
        end_leases(planned)
        sweeping.sweep()
        if {now_of(one).state for one in planned} <= over:
            break
    ended = {one.message_id: now_of(one).state for one in planned}
    arrived = Counter(mail_server.ids)
    assert set(ended.values()) <= over
    assert max(arrived.values()) == 1
    assert all(arrived[one] == 1 for one, state in ended.items() if state == State.ACCEPTED)
    assert all(arrived[one] == 0 for one, state in ended.items() if state == State.DEAD)


# --- between practices --------------------------------------------------------------------------


def test_practices_take_turns(practice, neighbour, note, mail_server):
    many = [plan(practice, due=-HOUR / 2) for _ in range(moves.PER_TURN + 15)]
    one = plan(neighbour)
    delivery.deliver()
    assert len(mail_server.ids) == len(many) + 1
    assert mail_server.ids.index(one.message_id) <= moves.PER_TURN


def test_a_practice_with_a_fault_steps_aside(practice, neighbour, note, mail_server, monkeypatch):
    faulty, fine = plan(practice), plan(neighbour)
    claim = moves.claim

    def claim_unless_faulty(practice_id, worker, **how):
        if practice_id == practice.pk:
            raise RuntimeError("torn")
        return claim(practice_id, worker, **how)

    monkeypatch.setattr(moves, "claim", claim_unless_faulty)
    assert delivery.deliver() == {"accepted": 1}
    assert now_of(fine).state == State.ACCEPTED
    assert now_of(faulty).state == State.PLANNED


def test_who_runs_out_of_time_gives_the_rest_back(practice, note, mail_server, monkeypatch):
    planned = [plan(practice) for _ in range(4)]
    courier = delivery.Courier(until=float("inf"))
    monkeypatch.setattr(courier, "has_time", chain([True], repeat(False)).__next__)
    assert courier.takes_turn(practice.pk) == 4
    courier.carriers["email"].close()
    states = Counter(now_of(one).state for one in planned)
    assert states == {State.ACCEPTED: 1, State.PLANNED: 3}
    assert all(now_of(one).attempts == 0 for one in planned if now_of(one).state == State.PLANNED)


def test_dispatch_finds_due_rows_of_all_and_reads_nothing_else(practice, neighbour, note):
    plan(practice), plan(neighbour)
    make_practice("Nothing due")
    assert set(dispatch.practices_with_due()) == {practice.pk, neighbour.pk}
    assert len(dispatch.practices()) == 3
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        assert Message.objects.values_list("pk", "state").count() == 2
    for column in ("person_id", "occasion", "about_id", "couple_id", "reason"):
        with pytest.raises(ProgrammingError) as refused, tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
            list(Message.objects.values_list(column))
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_ids_of_another_practice_move_nothing(practice, neighbour, note):
    message = plan(practice)
    moves.claim(practice.pk, "me")
    assert hand_off(message, "me", practice=neighbour) == []
    (departure,) = hand_off(message, "me")
    assert not begins(neighbour, "me", departure)
    assert begins(practice, "me", departure)
    moves.turn_over(neighbour.pk, "me", [Ending(departure, State.ACCEPTED)], [])
    moves.recall(neighbour.pk, [departure], "me")
    moves.release(neighbour.pk, [message.pk], "me")
    with inside(neighbour):
        assert outbox.cancel(message.about_id, reason="not mine") == 0
    assert now_of(message).state == State.HANDING_OFF


def test_b102_logs_hold_ids_and_no_addresses(practice, note, mail_server, caplog):
    caplog.set_level("DEBUG", logger="practice")
    person = uuid.uuid4()
    plan(practice, person_id=person)
    plan(practice, person_id=person)
    mail_server.answers = ["RCPT 550 no", "451 later"]
    delivery.deliver()
    assert "@" not in caplog.text
    assert str(person) not in caplog.text
