"""Stopping messages from a message: one click, no sign-in, at once, and nothing by a mere look (RFC 8058)."""

from __future__ import annotations

import threading
import time

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from clients import letters, reach, stopping
from clients.models import Reach
from practice import delivery, moves, outbox
from practice.channels.base import Letter
from practice.envelopes import enclose
from practice.models import Message
from tests.clients.test_reach import chosen, now_of, planned, within
from tests.factories import inside, signed_in, user_of

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path_of(client, channel: str = "email", topic: str = "reminders") -> str:
    return f"/stop/{stopping.token(stopping.Stop(client.practice_id, client.pk, channel, topic))}/"


def test_b132_one_click_acts_without_sign_in_cookie_or_token_page(practice, mara):
    message = planned(mara)
    answer = Browser(enforce_csrf_checks=True).post(path_of(mara), ONE_CLICK)
    assert answer.status_code == 200
    assert answer.cookies == {}
    assert chosen(mara) == {("email", "news")}
    with inside(practice):
        assert Reach.objects.get(client=mara, topic="reminders").ended_by == "unsubscribed"
    assert now_of(message, practice).state == "cancelled"


@pytest.mark.parametrize("state", ["claimed", "handing_off"])
def test_r17_it_holds_for_what_is_claimed_and_has_not_begun_to_leave(practice, mara, state):
    message, left = planned(mara, state=state), planned(mara, state="accepted")
    Browser().post(path_of(mara), ONE_CLICK)
    assert now_of(message, practice).state == "cancelled"
    assert now_of(left, practice).state == "accepted"


def test_b132_a_replay_gets_the_same_answer_and_changes_nothing(practice, mara):
    browser = Browser()
    first = browser.post(path_of(mara), ONE_CLICK)
    with inside(practice):
        rows = list(Reach.objects.order_by("pk").values())
    again = browser.post(path_of(mara), ONE_CLICK)
    assert (again.status_code, again.content.count(b"have stopped")) == (first.status_code, 1)
    with inside(practice):
        assert list(Reach.objects.order_by("pk").values()) == rows


def test_b132_looking_changes_nothing_and_tells_nothing(practice, mara):
    for method in ("get", "head"):
        answer = getattr(Browser(), method)(path_of(mara))
        assert answer.status_code == 200
        page = answer.content.decode()
        assert not any(word in page for word in ("Mara", "Linden", "@", "therap"))
    assert len(chosen(mara)) == 2


@pytest.mark.parametrize("body", [{}, {"stop": ""}, {"List-Unsubscribe": "x"}, {"csrfmiddlewaretoken": "x"}])
def test_b132_a_scanner_that_sends_the_form_untouched_stops_nothing(mara, body):
    """Some open a link, and press the button they find. The page asks which of two; none is chosen for them."""
    answer = Browser().post(path_of(mara), body)
    assert answer.status_code == 422
    assert b"Please choose one of the two." in answer.content
    assert len(chosen(mara)) == 2


def test_on_the_page_one_topic_or_the_whole_way_can_be_chosen(practice, mara):
    Browser().post(path_of(mara), {"stop": "these"})
    assert chosen(mara) == {("email", "news")}
    with within(mara):
        reach.choose(mara, "sms", "news")
    Browser().post(path_of(mara), {"stop": "all"})
    assert chosen(mara) == {("sms", "news")}


def test_b132_a_token_works_for_the_person_it_was_made_for_whoever_is_signed_in(practice, mara, theo, neighbour):
    before = chosen(theo)
    assert signed_in(theo).post(path_of(mara), ONE_CLICK).status_code == 200
    assert chosen(theo) == before
    assert chosen(mara) == {("email", "news")}


@pytest.mark.parametrize("how", ["cut", "letter", "swapped", "empty", "nul", "long"])
def test_b132_a_forged_token_is_a_page_that_does_not_exist(mara, theo, how):
    ours, his = path_of(mara), path_of(theo)
    forged = {
        "cut": f"{ours[:-3]}/",
        "letter": ours.replace("er.", "en."),
        "swapped": ours.rpartition(".")[0] + his[his.rindex(".") :],
        "empty": "/stop/x/",
        "nul": "/stop/%00/",
        "long": f"/stop/{'A' * 5000}/",
    }[how]
    for answer in (Browser().get(forged), Browser().post(forged, ONE_CLICK)):
        assert answer.status_code == 404
    assert len(chosen(mara)) == len(chosen(theo)) == 2


def test_a_person_who_is_gone_gets_the_same_answer(practice, mara):
    from practice.ids import uuid7

    stop = stopping.Stop(practice.pk, uuid7(), "email", "news")
    answer = Browser().post(f"/stop/{stopping.token(stop)}/", ONE_CLICK)
    assert answer.content.count(b"have stopped") == 1


def test_b132_security_mails_still_come(mara, mailoutbox):
    from django.core.cache import cache

    Browser().post(path_of(mara), {"stop": "all"})
    cache.clear()
    Browser().post("/account/password/reset/", {"email": user_of(mara).email})
    assert [mail.to for mail in mailoutbox] == [[user_of(mara).email]]


def test_r17_letters_carry_both_headers_and_their_own_address(practice, mara):
    message = planned(mara)
    with inside(practice):
        letter: Letter = outbox.handler_of(message.kind).compose(message)
        mail = enclose(Message.objects.get(pk=message.pk), letter, "x@example.org")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail.extra_headers["List-Unsubscribe"]
    assert address == f"<{settings.ATTUNE_URL}{path_of(mara)}>"
    assert letter.unsubscribe in letter.text
    assert letter.unsubscribe in letter.html


def test_each_way_and_topic_has_a_token_of_its_own(mara):
    made = {path_of(mara, channel, topic) for channel in ("email", "sms", "push") for topic in ("reminders", "news")}
    assert len(made) == 6
    for path in made:
        assert stopping.read(path.split("/")[2]) is not None
        assert len(path) < 110


# ── at every moment of a message's way ───────────────────────────────────────


class Willing(outbox.Handler):
    """A reminder that nothing forbids; ``meanwhile`` happens while its letter is written."""

    def __init__(self, client) -> None:
        self.client = client
        self.meanwhile = lambda: None

    def compose(self, message):
        self.meanwhile()
        return letters.write(message, self.client, "reminder")


@pytest.fixture
def reminder(mara, monkeypatch) -> Willing:
    handler = Willing(mara)
    monkeypatch.setitem(outbox._handlers, "reminder", handler)
    return handler


def due(client) -> Message:
    message = planned(client)
    with within(client):
        Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
    return message


def elsewhere(job) -> None:
    """Do something on a connection of its own, and wait until it is done."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            job()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not failed, failed
    assert not thread.is_alive()


def stop_of(client) -> stopping.Stop:
    return stopping.Stop(client.practice_id, client.pk, "email", "reminders")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before it is claimed", "claimed", "while it is written", "before its first byte"])
def test_r17_a_stop_holds_at_each_moment_before_the_first_byte(practice, mara, reminder, mailoutbox, moment):
    message = due(mara)

    def stop() -> None:
        elsewhere(lambda: stopping.obey(stop_of(mara)))

    with delivery.Courier(time.monotonic() + 30) as courier:
        if moment == "before it is claimed":
            stop()
        claimed = moves.claim(practice.pk, courier.name, most=5)
        if moment == "claimed":
            stop()
        if moment == "while it is written":
            reminder.meanwhile = stop
        departures = courier.prepares(practice.pk, claimed) if claimed else []
        if moment == "before its first byte":
            assert len(departures) == 1
            stop()
        courier.hands_over(practice.pk, departures)
    assert mailoutbox == []
    assert now_of(message, practice).state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_without_a_stop_the_same_message_leaves(practice, mara, reminder, mailoutbox):
    message = due(mara)
    delivery.deliver(5)
    assert [mail.to for mail in mailoutbox] == [[user_of(mara).email]]
    assert now_of(message, practice).state == "accepted"
