"""Browsers with notifications: one person at a time, let go with the session, and what happens when one is gone."""

from __future__ import annotations

import datetime
import json

import pytest
from django.db import ProgrammingError
from django.urls import reverse

from clients import devices, reach
from clients.models import PushDevice, Reach
from practice import clock, delivery, outbox, providers, tenancy
from practice.channels import push
from practice.channels.base import Letter
from practice.ids import uuid7
from practice.models import Message
from tests.factories import acting_as, inside, make_client, signed_in
from tests.practice.push_server import Phone
from tests.practice.test_outbox import now_of

pytestmark = pytest.mark.django_db

FCM = "https://fcm.googleapis.com/fcm/send/"
PUSH, EMAIL = Message.Channel.PUSH, Message.Channel.EMAIL


@pytest.fixture(autouse=True)
def _key(settings):
    settings.ATTUNE_VAPID_KEY = push.fresh_key()


def switch_on(browser, phone: Phone, status: int = 201):
    answer = browser.post(reverse("portal_devices"), json.dumps(phone.subscription), content_type="application/json")
    assert answer.status_code == status
    return answer


def asks(browser, phone: Phone) -> int:
    words = json.dumps({"endpoint": phone.endpoint})
    return browser.post(reverse("portal_device_here"), words, content_type="application/json").status_code


def in_force(person) -> list[PushDevice]:
    with acting_as(person):
        return list(devices.of(person))


def chosen(person, topic: str = Reach.Topic.REMINDERS) -> set[str]:
    with acting_as(person):
        return set(reach.channels([person.pk], topic)[person.pk])


def test_switching_on_keeps_the_subscription_sealed_and_chooses_the_channel(mara):
    phone = Phone(FCM + "a")
    switch_on(signed_in(mara), phone)
    (device,) = in_force(mara)
    assert json.loads(device.subscription) == phone.subscription
    assert phone.endpoint not in device.endpoint_hash
    assert PUSH in chosen(mara)
    assert PUSH in chosen(mara, Reach.Topic.NEWS)
    with acting_as(mara):
        assert [one.id for one in devices.for_people([mara.pk])[mara.pk]] == [device.pk]


def test_the_same_browser_has_one_row(mara):
    phone, browser = Phone(FCM + "a"), signed_in(mara)
    switch_on(browser, phone)
    switch_on(browser, phone)
    assert len(in_force(mara)) == 1


def test_the_oldest_of_many_browsers_makes_room(mara):
    browser = signed_in(mara)
    for number in range(devices.MOST + 2):
        switch_on(browser, Phone(f"{FCM}{number}"))
    assert len(in_force(mara)) == devices.MOST


def test_b24_a_shared_phone_never_shows_one_persons_notices_to_the_other(mara, theo):
    phone = Phone(FCM + "shared")
    switch_on(signed_in(mara), phone)
    switch_on(signed_in(theo), phone)
    assert in_force(mara) == []
    assert len(in_force(theo)) == 1
    assert PUSH not in chosen(mara)


def test_b24_signing_in_on_somebody_elses_phone_ends_their_notices_there(mara, theo):
    phone = Phone(FCM + "shared")
    switch_on(signed_in(mara), phone)
    assert asks(signed_in(mara), phone) == 204
    assert asks(signed_in(theo), phone) == 404
    assert in_force(mara) == []


@pytest.mark.parametrize("door", ["/account/logout/", "/leave/"])
def test_b23_signing_out_switches_them_off_on_that_phone_alone(mara, door):
    here, there = signed_in(mara), signed_in(mara)
    switch_on(here, Phone(FCM + "here"))
    switch_on(there, Phone(FCM + "there"))
    here.post(door)
    assert [json.loads(one.subscription)["endpoint"] for one in in_force(mara)] == [FCM + "there"]


def test_b23_a_later_session_on_that_phone_switches_them_off_too(mara):
    phone = Phone(FCM + "here")
    switch_on(signed_in(mara), phone)
    later = signed_in(mara)
    assert asks(later, phone) == 204
    later.post("/account/logout/")
    assert in_force(mara) == []


def test_switching_off_by_hand_ends_the_choice_with_the_last_one(mara, theo):
    browser = signed_in(mara)
    switch_on(browser, Phone(FCM + "a"))
    switch_on(browser, Phone(FCM + "b"))
    for device in in_force(mara):
        assert signed_in(theo).post(reverse("portal_device_end", args=[device.pk])).status_code == 404
        assert PUSH in chosen(mara)
        assert browser.post(reverse("portal_device_end", args=[device.pk])).status_code == 302
    assert in_force(mara) == []
    assert PUSH not in chosen(mara)


@pytest.mark.parametrize(
    "said",
    [{}, [], "x", None, {"endpoint": FCM}, {"endpoint": "https://127.0.0.1/x", "keys": Phone("").subscription["keys"]},
     {"endpoint": FCM, "keys": {"p256dh": "AAAA", "auth": "AAAA"}}, {"endpoint": FCM, "keys": {"p256dh": 1, "auth": 2}},
     {"endpoint": FCM, "keys": {**Phone("").subscription["keys"], "auth": "AA"}},
     {"endpoint": {}, "keys": Phone("").subscription["keys"]}],
)  # fmt: skip
def test_b134_what_is_no_subscription_is_refused(mara, said):
    browser = signed_in(mara)
    answer = browser.post(reverse("portal_devices"), json.dumps(said), content_type="application/json")
    assert answer.status_code == 400
    assert asks(browser, Phone("https://127.0.0.1/x")) == 404
    assert in_force(mara) == []


def test_switching_on_needs_a_token(mara):
    browser = signed_in(mara, enforce_csrf_checks=True)
    phone = json.dumps(Phone(FCM + "a").subscription)
    assert browser.post(reverse("portal_devices"), phone, content_type="application/json").status_code == 403
    token = browser.get(reverse("portal_device_here")).json()["token"]
    headers = {"X-CSRFToken": token}
    answer = browser.post(reverse("portal_devices"), phone, content_type="application/json", headers=headers)
    assert answer.status_code == 201


def test_nobody_reads_another_persons_devices(mara, theo, therapist):
    switch_on(signed_in(mara), Phone(FCM + "a"))
    with acting_as(theo):
        assert not PushDevice.objects.exists()
    with pytest.raises(ProgrammingError), acting_as(therapist):
        PushDevice.objects.exists()


# ── a browser that is gone ───────────────────────────────────────────────────


class Note(outbox.Handler):
    """Goes by the channel that its row says, to whom it says."""

    def compose(self, message):
        found = devices.for_people([message.person_id])[message.person_id] if message.channel == PUSH else ()
        address = "" if message.channel == PUSH else "mara@example.org"
        return Letter(
            "Something", "Words", short="Something", link="https://x.test/", to_address=address, devices=found
        )


@pytest.fixture
def note(monkeypatch, push_server):
    monkeypatch.setitem(outbox._handlers, "note", Note())
    carrier = push_server.carrier()
    monkeypatch.setattr(push, "installation", lambda: carrier)


def plan(person, **fields) -> Message:
    with inside(person.practice):
        planned = outbox.plan(
            "note", person_id=person.pk, about_id=uuid7(), couple_id=None,
            due_at=clock.now() - datetime.timedelta(minutes=1), fresh_for=datetime.timedelta(hours=1),
            **{"occasion": f"note:{uuid7()}", "channel": PUSH, **fields},
        )  # fmt: skip
    assert planned is not None
    return planned


def all_of(person) -> list[tuple[str, str]]:
    with tenancy.acting(tenancy.as_system(person.practice_id)):
        return list(Message.objects.filter(person_id=person.pk).order_by("channel").values_list("channel", "state"))


@pytest.mark.django_db(transaction=True)
class TestGone:
    @pytest.fixture(autouse=True)
    def _home(self, note, practice, mail_server):
        self.person = make_client(practice, "Mara")
        self.mails = mail_server

    def test_a_notification_reaches_the_phone(self, push_server):
        assert "push" in [one.channel for one in providers.installation()]
        phone = push_server.phone()
        switch_on(signed_in(self.person), phone)
        message = plan(self.person)
        delivery.deliver(5)
        assert now_of(message).state == Message.State.ACCEPTED
        assert phone.opened(push_server.taken[0].body)["title"] == "Something"

    def test_the_last_phone_gone_falls_back_to_mail(self, push_server):
        switch_on(signed_in(self.person), push_server.phone())
        push_server.answers["/one"] = 410
        plan(self.person)
        delivery.deliver(5)
        delivery.deliver(5)
        assert all_of(self.person) == [("email", "accepted"), ("push", "dead")]
        assert len(self.mails.taken) == 1
        assert in_force(self.person) == []
        assert PUSH not in chosen(self.person)

    def test_it_is_told_on_the_page(self, push_server):
        browser = signed_in(self.person)
        switch_on(browser, push_server.phone())
        push_server.answers["/one"] = 410
        plan(self.person)
        delivery.deliver(5)
        page = reverse("portal_devices")
        assert "takes no notifications any more" in browser.get(page).content.decode()
        switch_on(browser, push_server.phone("/two"))
        assert "takes no notifications any more" not in browser.get(page).content.decode()

    def test_one_phone_of_two_gone_needs_no_mail(self, push_server):
        for path in ("/one", "/two"):
            switch_on(signed_in(self.person), push_server.phone(path))
        push_server.answers["/one"] = 404
        plan(self.person)
        delivery.deliver(5)
        assert all_of(self.person) == [("push", "accepted")]
        assert len(in_force(self.person)) == 1

    def test_nobody_gets_a_mail_who_wants_none(self, push_server):
        with acting_as(self.person):
            reach.end(self.person.pk, by=Reach.Ended.YOU, channel=EMAIL)
        switch_on(signed_in(self.person), push_server.phone())
        push_server.answers["/one"] = 410
        plan(self.person)
        delivery.deliver(5)
        assert all_of(self.person) == [("push", "dead")]

    def test_r12_what_comes_by_mail_anyway_is_not_sent_twice(self, push_server):
        switch_on(signed_in(self.person), push_server.phone())
        push_server.answers["/one"] = 410
        for channel in (PUSH, EMAIL):
            plan(self.person, channel=channel, occasion="the same")
        delivery.deliver(5)
        delivery.deliver(5)
        assert all_of(self.person) == [("email", "accepted"), ("push", "dead")]
        assert len(self.mails.taken) == 1

    def test_a_phone_without_an_answer_is_not_told_again(self, push_server, monkeypatch):
        carrier = push_server.carrier(answer_seconds=0.5)
        monkeypatch.setattr(push, "installation", lambda: carrier)
        switch_on(signed_in(self.person), push_server.phone())
        push_server.answers["/one"] = "hang"
        message = plan(self.person)
        delivery.deliver(3)
        assert now_of(message).state == Message.State.UNKNOWN


# ── what an installed page needs ─────────────────────────────────────────────


def test_the_worker_and_the_manifest_say_nothing_of_anybody(client, mara):
    for browser in (client, signed_in(mara)):
        worker = browser.get("/sw.js")
        assert worker["Content-Type"].startswith("text/javascript")
        assert "no-store" in worker["Cache-Control"]
        assert "caches" not in worker.content.decode()
        manifest = browser.get("/manifest.webmanifest")
        words = manifest.content.decode()
        assert manifest.json()["display"] == "standalone"
        for word in ("Linden", "Mara", "couple", "therap", "practice house"):
            assert word.lower() not in (words + worker.content.decode()).lower()
    assert client.get("/sw.js").content == signed_in(mara).get("/sw.js").content
