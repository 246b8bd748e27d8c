"""The books would show it: each way of being wrong is made on purpose."""

from __future__ import annotations

from collections import Counter

import pytest

from practice import clock
from practice.models import Message
from tests.chaos import books
from tests.practice.carrying import HOUR, change, plan

pytestmark = pytest.mark.django_db(transaction=True)

State = Message.State
WAYS = {
    State.ACCEPTED: ("claimed", "handing_off", "accepted"),
    State.UNKNOWN: ("claimed", "handing_off", "unknown"),
    State.SKIPPED: ("claimed", "skipped"),
}


@pytest.fixture
def ended(practice, note):
    """Return a message that came to an end."""

    def end(state: str, reason: str = "") -> Message:
        message = plan(practice)
        for step in WAYS[state]:
            change(message, state=step)
        change(message, reason=reason, finished_at=clock.now())
        return message

    return end


def closed(practice, *taken: Message | str) -> books.Books:
    return books.close([practice.pk], Counter(getattr(one, "message_id", one) for one in taken))


def test_books_balance_when_all_is_sent_explained_or_unknown(practice, ended):
    sent, lost_sight_of = ended(State.ACCEPTED), ended(State.UNKNOWN, "worker ended")
    ended(State.UNKNOWN, "no answer"), ended(State.SKIPPED, "stale")
    found = closed(practice, sent, lost_sight_of)
    assert found.balance
    assert (found.due, found.sent, found.explained, found.unknown, found.unknown_taken) == (4, 1, 1, 2, 1)


def test_r12_a_letter_that_was_taken_twice_shows(practice, ended):
    sent = ended(State.ACCEPTED)
    found = closed(practice, sent, sent)
    assert (found.duplicates, found.balance) == (1, False)


def test_r12_a_letter_of_an_unknown_message_that_was_taken_twice_shows(practice, ended):
    riddle = ended(State.UNKNOWN, "no answer")
    assert closed(practice, riddle, riddle).duplicates == 1


@pytest.mark.parametrize("reason", ["stale", "paused"])
def test_a_letter_of_a_skipped_message_shows(practice, ended, reason):
    found = closed(practice, ended(State.SKIPPED, reason))
    assert (found.unexpected, found.balance) == (1, False)


def test_a_letter_that_nobody_planned_shows(practice, ended):
    found = closed(practice, ended(State.ACCEPTED), "<other@attune.invalid>")
    assert (found.unexpected, found.balance) == (1, False)


def test_r13_what_only_seems_sent_shows(practice, ended):
    ended(State.ACCEPTED)
    found = closed(practice)
    assert (found.lost, found.balance) == (1, False)


def test_r13_what_still_waits_shows(practice, note):
    plan(practice)
    found = closed(practice)
    assert (found.waiting, found.balance) == (1, False)


def test_r13_what_did_not_leave_and_says_no_reason_shows(practice, ended):
    ended(State.SKIPPED)
    found = closed(practice)
    assert (found.unexplained, found.balance) == (1, False)


def test_what_is_planned_for_later_is_not_due(practice, note):
    later = plan(practice, due=HOUR)
    assert closed(practice).due == 0
    assert closed(practice, later).unexpected == 1
