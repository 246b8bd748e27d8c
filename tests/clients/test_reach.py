"""How people are reached: what they switch on and off, when, and what the page says of it."""

from __future__ import annotations

import datetime

import pytest
from django.conf import settings
from django.utils import timezone

from clients import reach
from clients.models import AddressProof, Contact, PortalVisit, PushDevice, Reach
from clients.signals import contact_changed
from practice import outbox, suppression, tenancy
from practice.ids import uuid7
from practice.models import Message
from tests.factories import PASSWORD, acting_as, inside, make_client, signed_in, user_of

pytestmark = pytest.mark.django_db

HOURS = {"quiet_from": "22:00", "quiet_until": "07:00", "remind_at": ""}
EVERYTHING = {"email_reminders": "on", "email_news": "on"}
SENDER = "hello@attune.invalid"
NUMBER = "+447911123456"
HOUR = datetime.timedelta(hours=1)


def within(row):
    """Work as Attune itself in the practice of a row."""
    return tenancy.acting(tenancy.as_system(row.practice_id))


def chosen(client) -> set[tuple[str, str]]:
    with within(client):
        return reach.chosen(client)


def contact_of(client) -> Contact:
    with within(client):
        return Contact.objects.get(client=client)


def planned(client, *, kind: str = "reminder", channel: str = "email", **fields) -> Message:
    with within(client):
        one = outbox.plan(
            kind, person_id=client.pk, about_id=uuid7(), couple_id=None, occasion=f"x:{uuid7()}",
            due_at=timezone.now() + HOUR, fresh_for=HOUR, channel=channel,
        )  # fmt: skip
        assert one is not None
        if fields:
            for state in ("claimed", "handing_off", "accepted"):
                Message.objects.filter(pk=one.pk).update(**{**fields, "state": state})
                if state == fields.get("state"):
                    break
        return Message.objects.get(pk=one.pk)


def now_of(message: Message, practice) -> Message:
    with inside(practice):
        return Message.objects.get(pk=message.pk)


def page_of(client) -> str:
    return signed_in(client).get("/you/reach/").content.decode()


@pytest.fixture
def gateway(settings) -> None:
    """This installation can send text messages."""
    settings.ATTUNE_SMS_URL = "http://gateway.invalid"
    settings.ATTUNE_SMS_FROM = "+447000000001"


@pytest.fixture
def with_number(mara, gateway):
    with within(mara):
        contact = Contact.objects.get(client=mara)
        contact.phone = NUMBER
        contact.save()
    return mara


# ── choosing ─────────────────────────────────────────────────────────────────


def test_a_switch_that_goes_off_ends_a_choice_and_changes_none(practice, mara):
    browser = signed_in(mara)
    assert browser.post("/you/reach/", {**HOURS, "email_news": "on"}).status_code == 302
    assert chosen(mara) == {("email", "news")}
    with inside(practice):
        ended = Reach.objects.get(client=mara, topic="reminders")
    assert (ended.ended_by, bool(ended.ended_at)) == ("you", True)
    browser.post("/you/reach/", {**HOURS, **EVERYTHING})
    with inside(practice):
        rows = Reach.objects.filter(client=mara, topic="reminders").order_by("since")
        assert [bool(one.ended_at) for one in rows] == [True, False], "the old one stays as it was"


def test_saving_the_same_again_begins_and_ends_nothing(practice, mara):
    with inside(practice):
        before = list(Reach.objects.filter(client=mara).order_by("pk").values())
    signed_in(mara).post("/you/reach/", {**HOURS, **EVERYTHING})
    with inside(practice):
        assert list(Reach.objects.filter(client=mara).order_by("pk").values()) == before
    assert contact_of(mara).confirmed_at


def test_hours_and_an_own_time_are_kept(mara):
    told = {**EVERYTHING, "quiet_from": "21:30", "quiet_until": "08:00", "remind_at": "19:15"}
    signed_in(mara).post("/you/reach/", told)
    contact = contact_of(mara)
    assert (contact.quiet_from, contact.quiet_until) == (datetime.time(21, 30), datetime.time(8))
    assert contact.remind_at == datetime.time(19, 15)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quiet_from", "25:00"),
        ("quiet_until", "soon"),
        ("quiet_until", ""),
        ("remind_at", "late"),
        ("remind_at", "23:00"),
    ],
)
def test_bad_hours_are_explained_beside_their_field_and_everything_typed_is_kept(mara, field, value):
    answer = signed_in(mara).post("/you/reach/", {**HOURS, "email_news": "on", field: value})
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    page = answer.content.decode()
    assert f'id="id_{field}_error"' in page
    assert 'id="id_email_news" checked' in page.replace("aria-describedby", "")
    assert "id_email_reminders" in page
    assert 'id="id_email_reminders" checked' not in page
    assert chosen(mara) == {("email", "reminders"), ("email", "news")}


def test_on_these_pages_only_is_a_choice_of_its_own(practice, with_number):
    with inside(practice):
        reach.choose(with_number, "sms", "reminders")
    message = planned(with_number, channel="sms")
    browser = signed_in(with_number)
    browser.post("/you/reach/", {"only": "pages"})
    assert chosen(with_number) == set()
    assert now_of(message, practice).state == "cancelled"
    assert "This is what you have chosen." in browser.get("/you/reach/").content.decode()


def test_what_can_not_be_reached_by_is_not_switched_on(mara, gateway):
    """No number is proven yet: the switch is not there, and a forged form does not make it."""
    page = page_of(mara)
    assert "By text message" in page
    assert "sms_reminders" not in page
    signed_in(mara).post("/you/reach/", {**HOURS, **EVERYTHING, "sms_reminders": "on", "pigeon_news": "on"})
    assert chosen(mara) == {("email", "reminders"), ("email", "news")}


def test_only_what_this_practice_has_a_way_for_is_offered(mara):
    assert "By text message" not in page_of(mara)


def test_the_apps_above_hear_of_it_once_in_the_same_transaction(mara):
    heard = []

    def listen(client, **kwargs):
        heard.append((client.pk, reach.chosen(client)))

    contact_changed.connect(listen)
    try:
        signed_in(mara).post("/you/reach/", {**HOURS, "email_news": "on"})
    finally:
        contact_changed.disconnect(listen)
    assert heard == [(mara.pk, {("email", "news")})]


@pytest.mark.parametrize("state", ["planned", "claimed", "handing_off"])
def test_switching_off_calls_off_whatever_has_not_begun_to_leave(practice, mara, state):
    fields = {} if state == "planned" else {"state": state}
    message, other = planned(mara, **fields), planned(mara, kind="talk")
    signed_in(mara).post("/you/reach/", {**HOURS, "email_news": "on"})
    assert (now_of(message, practice).state, now_of(message, practice).reason) == ("cancelled", "switched off")
    assert now_of(other, practice).state == "planned", "the other switch is still on"


def test_the_partner_is_untouched_and_learns_nothing(practice, mara, theo):
    before, his = page_of(theo), chosen(theo)
    message = planned(theo)
    with inside(practice):
        contact = Contact.objects.get(client=mara)
        contact.phone = NUMBER
        contact.save()
        PushDevice.objects.create(client=mara, subscription="{}", endpoint_hash="0" * 64)
    signed_in(mara).post("/you/reach/", {"only": "pages"})
    assert chosen(theo) == his
    assert now_of(message, practice).state == "planned"
    after = page_of(theo)
    assert (
        after.split('<form class="stack')[1].split("csrf")[0] == before.split('<form class="stack')[1].split("csrf")[0]
    )
    assert NUMBER[3:] not in after


def test_b16_one_partner_reads_no_row_of_how_the_other_is_reached(practice, mara, theo):
    with inside(practice):
        PushDevice.objects.create(client=mara, subscription="{}", endpoint_hash="0" * 64)
        AddressProof.objects.create(client=mara, channel="sms", address=NUMBER, code_hash="0" * 64)
        PortalVisit.objects.create(client=mara)
    with acting_as(theo):
        assert set(Reach.objects.values_list("client_id", flat=True)) == {theo.pk}
        assert list(AddressProof.objects.all()) == []
        assert list(PushDevice.objects.all()) == []
    with acting_as(mara):
        assert Reach.objects.count() == 2
        assert AddressProof.objects.get().address == NUMBER
        assert PushDevice.objects.count() == 1
        assert Reach.objects.filter(client=mara).update(ended_by="") == 2
        assert Reach.objects.filter(client=theo).update(ended_at=timezone.now()) == 0


# ── what the page says ───────────────────────────────────────────────────────


def test_the_page_shows_the_very_words_of_a_locked_phone(with_number):
    page = page_of(with_number)
    assert "You have something to look at. Stop: reply STOP" in page
    assert "It takes a few minutes." in page
    assert "+44 7911 123456" in page


@pytest.mark.parametrize(
    ("reason", "words", "code"),
    [
        ("bounce", "came back", True),
        ("complaint", "reported as unwanted", True),
    ],
)
def test_b26_an_address_that_is_left_alone_says_so_kindly_and_how_to_mend_it(mara, reason, words, code):
    with within(mara):
        suppression.suppress("email", SENDER, user_of(mara).email, reason)
    page = page_of(mara)
    assert words in page
    assert ('form="mend"' in page) is code


def test_r18_a_number_that_said_stop_is_told_that_only_start_helps(with_number):
    with within(with_number):
        suppression.suppress("sms", "+447000000001", NUMBER, "stop")
    page = page_of(with_number)
    assert "send START from it to +447000000001" in page
    assert "Prove the number with a code" not in page


def test_the_page_costs_the_same_for_one_channel_or_many(with_number, django_assert_max_num_queries):
    browser = signed_in(with_number)
    with django_assert_max_num_queries(25):
        browser.get("/you/reach/")


def test_looking_at_the_page_writes_nothing(practice, mara):
    browser = signed_in(mara)
    with inside(practice):
        before = (Reach.objects.count(), Message.objects.count(), PortalVisit.objects.count())
    for path in ("/you/reach/", "/you/reach/number/", "/you/reach/code/", "/you/arrived/"):
        browser.get(path)
        browser.head(path)
    with inside(practice):
        assert (Reach.objects.count(), Message.objects.count(), PortalVisit.objects.count()) == before


# ── visits ───────────────────────────────────────────────────────────────────


def test_one_sign_in_is_one_visit_however_much_is_looked_at(client, practice, mara, theo):
    from django.core.cache import cache

    cache.clear()
    signed = client.post("/account/login/", {"login": user_of(mara).email, "password": PASSWORD})
    assert signed.status_code == 302
    client.get("/today/")
    client.get("/you/")
    with inside(practice):
        assert list(PortalVisit.objects.values_list("client_id", flat=True)) == [mara.pk]


def test_visits_are_forgotten_after_ninety_days(practice, mara, theo):
    with inside(practice):
        for days in (91, 89):
            PortalVisit.objects.create(client=theo, at=timezone.now() - datetime.timedelta(days=days))
    signed_in(mara)
    with inside(practice):
        assert PortalVisit.objects.filter(client=theo).count() == 1
        assert PortalVisit.objects.filter(client=mara).count() == 1


def test_staff_leave_no_visits(practice, therapist, neighbour):
    signed_in(therapist)
    make_client(neighbour, "Una")
    for one in (practice, neighbour):
        with inside(one):
            assert PortalVisit.objects.count() == 0


def test_links_in_letters_begin_with_the_configured_address(mara):
    from clients import letters

    with within(mara):
        message = planned(mara)
        assert letters.opening(message).startswith(settings.ATTUNE_URL + "/open/")
