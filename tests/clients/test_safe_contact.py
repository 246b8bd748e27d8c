"""Where somebody may be told that their account changed: the way and the hours that they named, and no other."""

from __future__ import annotations

import datetime
import threading
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import quiet, safe_contact
from clients.models import Contact
from exercises.desk import queue
from practice import outbox, unwaited
from practice.models import Message
from practice.unwaited import begin as in_the_background
from tests.factories import (
    PASSWORD,
    acting_as,
    inside,
    make_client,
    make_couple,
    make_practice,
    signed_in,
    user_of,
)
from tests.pages import plain
from tests.practice.test_sign_up import sign_up

LETTERS = ("/account/login/code/", "/account/password/reset/")

ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago"]
WAYS = ["portal", "email", "sms"]
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    said=st.sampled_from(WAYS),
    planned=st.sampled_from(["email", "sms", "push"]),
    start=TIMES,
    end=TIMES,
    zone=st.sampled_from(ZONES),
    at=st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2027, 12, 31), timezones=st.just(datetime.UTC)),
)
def test_b26_a_notice_leaves_by_the_chosen_way_in_the_chosen_hours_or_not_at_all(said, planned, start, end, zone, at):
    contact = Contact(safe_channel=said, quiet_from=start, quiet_until=end, time_zone=zone)
    verdict = safe_contact.verdict(Message(channel=planned), contact, at)
    windows = [quiet.Window(start, end)]
    if planned == "sms":
        windows += quiet.text_message_hours(ZoneInfo(zone))
    match verdict:
        case outbox.Send():
            assert said == planned
            assert not quiet.is_forbidden(at, windows, ZoneInfo(zone))
        case outbox.Wait(until):
            assert said == planned
            assert until > at
            assert not quiet.is_forbidden(until, windows, ZoneInfo(zone))
        case outbox.Skip(reason):
            assert (reason == safe_contact.ANOTHER_WAY) == (said != planned)


def notices(practice) -> list[Message]:
    with inside(practice):
        return list(Message.objects.filter(kind=safe_contact.KIND).order_by("planned_for"))


def said(client, practice, **fields) -> None:
    with inside(practice):
        Contact.objects.filter(client=client).update(**fields)


@pytest.mark.django_db
def test_b26_until_somebody_asked_nothing_leaves_their_own_pages(practice, mara):
    assert safe_contact.tell(user_of(mara), "password_changed")
    assert notices(practice) == []


@pytest.mark.django_db
def test_b26_who_is_nobody_in_care_is_somebody_elses_to_tell(practice, therapist):
    assert not safe_contact.tell(user_of(therapist), "password_changed")


@pytest.mark.django_db
@pytest.mark.parametrize("bound", [False, True])
def test_b26_a_notice_goes_by_the_way_they_named_and_says_what_every_letter_says(practice, couple, mara, bound):
    said(mara, practice, safe_channel="email", asked_on=timezone.localdate())
    if bound:
        with acting_as(mara):
            assert safe_contact.tell(user_of(mara), "factor_removed")
    else:
        assert safe_contact.tell(user_of(mara), "factor_removed")
    (one,) = notices(practice)
    assert (one.channel, one.person_id, one.couple_id) == ("email", mara.pk, couple.pk)
    with inside(practice):
        letter = safe_contact.SecurityNotice().compose(one)
    for word in ("password", "factor", "sign-in", "security", "Linden", "Theo", "Mara"):
        assert word.lower() not in f"{letter.subject} {letter.text}".lower()


@pytest.mark.django_db
@pytest.mark.parametrize(("way", "planned"), [("email", ["email"]), ("sms", ["sms"]), ("portal", [])])
def test_b26_b60_a_new_password_is_told_by_safe_contact_alone(practice, mara, way, planned):
    """Signing in hands its notices over to safe contact: no letter of its own leaves."""
    said(mara, practice, safe_channel=way, asked_on=timezone.localdate())
    browser = signed_in(mara)
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    new = "another long line of words"
    changed = browser.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert changed.status_code == 302
    assert [one.channel for one in notices(practice)] == planned
    assert mail.outbox == []
    browser.post("/account/reauthenticate/", {"password": new})
    assert "The password was changed." in browser.get("/account/sign-ins/").content.decode()


@pytest.mark.django_db
def test_b26_what_they_said_since_decides_when_it_is_about_to_leave(practice, mara):
    said(mara, practice, safe_channel="email", quiet_from="00:00", quiet_until="00:00")
    safe_contact.tell(user_of(mara), "password_changed")
    (one,) = notices(practice)
    with inside(practice):
        assert safe_contact.SecurityNotice().decide([one], timezone.now()) == {one.pk: outbox.Send()}
    said(mara, practice, safe_channel="portal")
    with inside(practice):
        decided = safe_contact.SecurityNotice().decide([one], timezone.now())
    assert decided == {one.pk: outbox.Skip(safe_contact.ANOTHER_WAY)}


@pytest.mark.django_db
def test_b26_what_cannot_leave_becomes_the_therapists_to_say(practice, therapist, couple, mara):
    said(mara, practice, safe_channel="email", asked_on=timezone.localdate())
    safe_contact.tell(user_of(mara), "password_changed")
    with inside(practice):
        rows = Message.objects.filter(kind=safe_contact.KIND)
        rows.update(state="skipped", reason="stale", finished_at=timezone.now())
    with acting_as(therapist):
        assert [one.what for one in queue(therapist, [couple.pk]) if "in person" in one.what] == [
            "To be told in person"
        ]


SAYS = {"safe_channel": "email", "call_when": "mornings", "call_as": "the library", "asked_apart": "on"}


@pytest.mark.django_db
def test_it_is_written_down_in_person_and_asked_again_after_three_months(practice, therapist, couple, mara, theo):
    page = f"/desk/couples/{couple.pk}/partners/{mara.pk}/safe-contact/"
    browser = signed_in(therapist)
    assert "Ask each of them apart" in browser.post(page, {**SAYS, "asked_apart": ""}).content.decode()
    assert browser.post(page, SAYS).status_code == 302
    with inside(practice):
        kept = Contact.objects.get(client=mara)
        assert (kept.safe_channel, str(kept.call_as), kept.asked_on) == ("email", "the library", timezone.localdate())
        assert kept.asked_by_id == therapist.pk
    with acting_as(therapist):
        assert [one.client_id for one in safe_contact.to_ask([couple.pk], timezone.localdate())] == [theo.pk]
        later = timezone.localdate() + datetime.timedelta(days=91)
        assert [one.client_id for one in safe_contact.to_ask([couple.pk], later)] == [mara.pk, theo.pk]
    assert "How may they be reached safely" in browser.get(f"/desk/couples/{couple.pk}/").content.decode()
    assert "How may they be reached safely" not in browser.get("/desk/").content.decode()


@pytest.mark.django_db
def test_who_is_never_called_has_no_hour_for_it(practice, therapist, couple, mara):
    page = f"/desk/couples/{couple.pk}/partners/{mara.pk}/safe-contact/"
    browser = signed_in(therapist)
    browser.post(page, {**SAYS, "never_call": "on"})
    with inside(practice):
        kept = Contact.objects.get(client=mara)
        assert kept.never_call
        assert not kept.call_when
    assert "Never call" in browser.get(f"/desk/couples/{couple.pk}/").content.decode()


@pytest.mark.django_db
def test_no_partner_and_no_other_therapist_comes_to_it(practice, couple, mara, theo, colleague, coordinator):
    page = f"/desk/couples/{couple.pk}/partners/{mara.pk}/safe-contact/"
    for who in (mara, theo, colleague, coordinator):
        assert signed_in(who).get(page).status_code == 404
    with acting_as(theo):
        assert not Contact.objects.filter(client=mara).exists()
    other = make_couple(practice, ("Ada", "Ruth"))
    assert signed_in(colleague).get(f"/desk/couples/{other.pk}/partners/{mara.pk}/safe-contact/").status_code == 404


# ── letters that somebody asks for to get in ─────────────────────────────────

NOON = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)
DAY, NIGHT = {"quiet_from": "09:00", "quiet_until": "17:00"}, {"quiet_from": "22:00", "quiet_until": "07:00"}
ASKED = {"asked_on": NOON.date()}


def asks(path: str, address: str) -> tuple[int, str, bytes]:
    """Ask for a letter as a stranger does; return what they see, without the address that they typed."""
    browser = Browser()
    answer = browser.post(path, {"email": address}, follow=True)
    return answer.status_code, answer.request["PATH_INFO"], plain(answer.content).replace(address.encode(), b"")


@pytest.mark.django_db
def test_b26_b33_no_letter_to_get_in_leaves_to_a_mailbox_or_at_an_hour_that_is_not_safe(practice):
    """Whoever knows the address can ask for it. What they see is what they see for an address that nobody has."""
    cases = {
        "nobody asked yet": ({**DAY}, True),
        "in her hours": ({**ASKED, **NIGHT, "safe_channel": "email"}, True),
        "outside of them": ({**ASKED, **DAY, "safe_channel": "email"}, False),
        "another mailbox": ({**ASKED, **NIGHT, "safe_channel": "email", "email": "other@example.org"}, False),
        "her own pages": ({**ASKED, **NIGHT, "safe_channel": "portal"}, False),
        "her phone": ({**ASKED, **NIGHT, "safe_channel": "sms"}, False),
    }
    with time_machine.travel(NOON, tick=False):
        strangers = {path: asks(path, "nobody@example.org") for path in LETTERS}
        mail.outbox.clear()
        for case, (fields, leaves) in cases.items():
            client = make_client(practice, case)
            said(client, practice, **fields)
            for path in LETTERS:
                assert asks(path, user_of(client).email) == strangers[path], (case, path)
                assert [one.to for one in mail.outbox] == [[user_of(client).email]] * leaves, (case, path)
                mail.outbox.clear()


@pytest.mark.django_db
def test_b26_signing_up_with_the_address_of_somebody_in_care_writes_to_no_mailbox_that_is_not_safe(practice, mara):
    for asked_on, letters in ((None, 1), (NOON.date(), 0)):
        said(mara, practice, asked_on=asked_on, safe_channel="portal")
        mail.outbox.clear()
        assert sign_up(email=user_of(mara).email).url == "/account/confirm-email/"
        assert len(mail.outbox) == letters


@pytest.mark.django_db(transaction=True)
def test_b26_what_is_safe_is_known_where_nobody_is_signed_in_and_no_transaction_is_open():
    practice = make_practice()
    mara = make_client(practice, "Mara")
    for path in LETTERS:
        for asked_on, letters in ((None, 1), (NOON.date(), 0)):
            said(mara, practice, asked_on=asked_on, safe_channel="portal")
            mail.outbox.clear()
            asks(path, user_of(mara).email)
            assert len(mail.outbox) == letters, (path, asked_on)
    assert safe_contact.tell(user_of(mara), "recovered")


def test_b33_nobody_waits_for_a_letter_to_leave_and_none_that_fails_is_told_of(caplog):
    let_go, left = threading.Event(), threading.Event()
    in_the_background(lambda: left.set() if let_go.wait(10) else None)
    assert not left.is_set()
    let_go.set()
    assert left.wait(10)
    with mock.patch.object(EmailMessage, "send", side_effect=OSError("to mara@example.org")):
        unwaited.carry(EmailMessage(to=["mara@example.org"]))
    assert "OSError" in caplog.text
    assert "mara" not in caplog.text
