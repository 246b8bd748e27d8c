"""Proving a number or an address with a code, without telling anybody anything about anybody else."""

from __future__ import annotations

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from clients import proving, reach
from clients.models import AddressProof, Contact
from practice import handing_off, outbox, suppression, tenancy
from practice.models import Message
from tests.clients.test_reach import HOUR, NUMBER, SENDER, contact_of, gateway, with_number, within  # noqa: F401
from tests.factories import acting_as, inside, make_couple, signed_in, user_of
from tests.pages import plain

pytestmark = pytest.mark.django_db

#: What people type, and what it means in Britain.
TYPED = "07911 123456"


def ask(client, number: str = TYPED):
    browser = signed_in(client)
    return browser, browser.post("/you/reach/number/", {"number": number})


def newest(client) -> AddressProof:
    with within(client):
        return AddressProof.objects.filter(client=client).order_by("-made_at")[0]


def code_for(client) -> str:
    return proving.code_of(newest(client))


def proofs_planned(client) -> list[Message]:
    with within(client):
        return list(Message.objects.filter(kind="proof", person_id=client.pk).order_by("pk"))


def decided(message: Message) -> str:
    with tenancy.acting(tenancy.as_system(message.practice_id)):
        return outbox.handler_of("proof").wanted(message)


# ── a number ─────────────────────────────────────────────────────────────────


def test_a_number_is_kept_only_once_its_code_was_typed_in(mara, gateway):  # noqa: F811
    browser, answer = ask(mara)
    assert answer["Location"] == "/you/reach/code/"
    assert contact_of(mara).phone == ""
    assert "+44 7911 123456" in browser.get("/you/reach/code/").content.decode()
    done = browser.post("/you/reach/code/", {"code": code_for(mara)})
    assert done["Location"] == "/you/reach/"
    assert contact_of(mara).phone == NUMBER
    assert ("sms", "reminders") not in reach_of(mara), "nothing comes until it is switched on"


def reach_of(client) -> set:
    with within(client):
        return reach.chosen(client)


def test_the_message_is_the_code_and_nothing_that_tells(mara, gateway):  # noqa: F811
    ask(mara)
    (message,) = proofs_planned(mara)
    assert message.channel == "sms"
    assert message.due_at - timezone.now() < datetime.timedelta(seconds=5), "no quiet hours"
    with within(mara):
        letter = outbox.handler_of("proof").compose(message)
        assert letter.short == f"Your code: {code_for(mara)}"
        assert (letter.link, letter.unsubscribe, letter.html) == ("", "", "")
        assert letter.to_address == NUMBER
        assert outbox.handler_of("proof").repeats is False


def test_the_code_stands_nowhere_in_the_database(mara, gateway):  # noqa: F811
    ask(mara)
    code = code_for(mara)
    with within(mara), connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM clients_addressproof t")
        row = cursor.fetchone()[0]
        cursor.execute("SELECT t::text FROM practice_message t")
        assert not any(code in one for (one,) in cursor.fetchall() if one)
    assert f",{code}," not in row
    assert "7911123456" not in row


@pytest.mark.parametrize(
    "typed", ["", "hello", "12", "020 7946 0018", "+49", "\x00", "9" * 500, "999", "+1 900 555 0100"]
)
def test_what_is_no_mobile_number_is_explained_beside_the_field_and_kept(mara, gateway, typed):  # noqa: F811
    _browser, answer = ask(mara, typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"number"}
    assert proofs_planned(mara) == []


@pytest.mark.parametrize("typed", ["07911 123456", "+447911123456", "0044 7911 123456", "(07911) 123-456"])
def test_a_number_is_read_as_people_of_the_country_write_it(typed):
    assert proving.number_of(typed, "GB") == NUMBER


def test_a_number_from_abroad_is_read_with_its_country(mara):
    assert proving.number_of("+49 1512 3456789", "GB") == "+4915123456789"


def test_five_wrong_tries_use_a_code_up(mara, gateway):  # noqa: F811
    browser, _answer = ask(mara)
    code = code_for(mara)
    wrong = "000000" if code != "000000" else "111111"
    for _time in range(4):
        assert browser.post("/you/reach/code/", {"code": wrong}).status_code == 422
    assert browser.post("/you/reach/code/", {"code": wrong})["Location"] == "/you/reach/"
    assert browser.post("/you/reach/code/", {"code": code})["Location"] == "/you/reach/"
    assert contact_of(mara).phone == ""


def test_a_code_is_good_for_ten_minutes_and_once(mara, gateway):  # noqa: F811
    browser, _answer = ask(mara)
    proof, code = newest(mara), code_for(mara)
    with within(mara):
        AddressProof.objects.filter(pk=proof.pk).update(made_at=timezone.now() - datetime.timedelta(minutes=11))
    browser.post("/you/reach/code/", {"code": code})
    assert contact_of(mara).phone == ""
    with within(mara):
        AddressProof.objects.filter(pk=proof.pk).update(made_at=timezone.now())
    browser.post("/you/reach/code/", {"code": code})
    browser.post("/you/reach/number/forget/")
    browser.post("/you/reach/code/", {"code": code})
    assert contact_of(mara).phone == ""


def test_a_newer_code_kills_the_older_one(mara, gateway):  # noqa: F811
    browser, _answer = ask(mara)
    first = code_for(mara)
    browser.post("/you/reach/number/", {"number": "07911 123457"})
    if first != code_for(mara):
        assert browser.post("/you/reach/code/", {"code": first}).status_code == 422
    first_message, second_message = proofs_planned(mara)
    assert decided(first_message) == "no longer asked for"
    assert decided(second_message) == ""


def test_b99_no_more_than_three_codes_an_hour(mara, gateway):  # noqa: F811
    browser, _answer = ask(mara)
    for _time in range(4):
        browser.post("/you/reach/number/", {"number": TYPED})
    assert len(proofs_planned(mara)) == 3
    page = browser.get("/you/reach/").content.decode()
    assert "three codes within an hour" in page


@pytest.mark.parametrize(("served", "number", "taken"), [
    ("GB,IE", "+447400123456", True), ("GB,IE", "+447911123456", False),
    ("GB,IE", "+353851234567", True), ("GB,IE", "+4915112345678", False),
    ("GB,IE", "+14155550132", False), ("", "+4915112345678", True),
])  # fmt: skip
def test_b99_texts_go_to_the_countries_that_are_named(settings, served, number, taken):
    settings.ATTUNE_SMS_COUNTRIES = frozenset(served.split(",")) if served else frozenset()
    if taken:
        assert proving.number_of(number, "GB") == number
    else:
        with pytest.raises(ValueError, match="country"):
            proving.number_of(number, "GB")


def test_b99_one_number_is_not_pestered_by_many_people(practice, gateway):  # noqa: F811
    people = [person for _n in range(3) for person in make_couple(practice).clients]
    for person in people:
        with acting_as(person):
            proving.begin(person, "sms", NUMBER)
            proving.begin(person, "sms", NUMBER)
    assert sum(len(proofs_planned(person)) for person in people) == proving.A_DAY


def test_b24_a_number_of_the_partner_is_refused_and_nobody_learns_why(practice, with_number, theo):  # noqa: F811
    """Theo sees the same pages for Mara's number as for any other; the code is never sent."""
    browser = signed_in(theo)

    def seen(number: str) -> list[tuple[int, str, bytes]]:
        answers = [browser.post("/you/reach/number/", {"number": number}), browser.get("/you/reach/code/")]
        answers.append(browser.post("/you/reach/code/", {"code": "12"}))
        answers.append(browser.get("/you/arrived/"))
        spelled = proving.spelled(proving.number_of(number, "GB")).encode()
        return [(one.status_code, one.get("Location", ""), plain(one.content).replace(spelled, b"")) for one in answers]

    assert seen(TYPED) == seen("07911 123457")
    hers, _other = proofs_planned(theo)
    assert decided(hers) == "no longer asked for"
    with acting_as(theo):
        AddressProof.objects.filter(client=theo).update(made_at=timezone.now() - 2 * HOUR)
        proving.begin(theo, "sms", NUMBER)
    assert decided(proofs_planned(theo)[-1]) == "cannot be used"
    done = browser.post("/you/reach/code/", {"code": code_for(theo)})
    assert done["Location"] == "/you/reach/number/"
    assert "This number cannot be used here." in browser.get("/you/reach/number/").content.decode()
    assert contact_of(theo).phone == ""


def test_people_of_other_couples_may_have_any_number(practice, with_number, therapist):  # noqa: F811
    """Who is nobody's partner here learns nothing, because nothing differs."""
    other = make_couple(practice, ("Ada", "Ruth"), therapist=therapist).clients[0]
    with acting_as(other):
        assert proving.is_taken(other, "sms", NUMBER) is False


def test_forgetting_a_number_stops_what_would_go_there(practice, with_number):  # noqa: F811
    with inside(practice):
        reach.choose(with_number, "sms", "news")
    signed_in(with_number).post("/you/reach/number/forget/")
    assert contact_of(with_number).phone == ""
    assert ("sms", "news") not in reach_of(with_number)


# ── an address that is left alone ────────────────────────────────────────────


@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_r16_an_address_is_written_to_again_only_after_its_owner_proved_it(mara, reason):
    address = user_of(mara).email
    with within(mara):
        suppression.suppress("email", SENDER, address, reason)
    browser = signed_in(mara)
    assert browser.post("/you/reach/address/")["Location"] == "/you/reach/code/"
    assert address in browser.get("/you/reach/code/").content.decode()
    browser.post("/you/reach/code/", {"code": code_for(mara)})
    with within(mara):
        assert suppression.reasons("email", SENDER, [address]) == {}


def test_a_code_goes_to_an_address_that_is_left_alone_and_nothing_else_does(mara):
    address = user_of(mara).email
    with within(mara):
        suppression.suppress("email", SENDER, address, "bounce")
    browser = signed_in(mara)
    browser.post("/you/reach/address/")
    browser.post("/you/reach/try/", {"channel": "email"})
    assert left(mara) == {"proof": "handing_off", "test": "skipped"}


def test_r18_no_code_goes_to_a_number_that_said_stop(mara, gateway):  # noqa: F811
    with within(mara):
        suppression.suppress("sms", "+447000000001", NUMBER, "stop")
    ask(mara)
    assert left(mara) == {"proof": "skipped"}


def test_an_address_that_is_not_left_alone_needs_no_code(mara):
    assert signed_in(mara).post("/you/reach/address/")["Location"] == "/you/reach/"
    assert proofs_planned(mara) == []


def left(client) -> dict[str, str]:
    """Hand everything off that is due for a person, and return what became of it by kind."""
    lease = timezone.now() + HOUR
    with within(client):
        rows = Message.objects.filter(person_id=client.pk)
        rows.update(state="claimed", worker="w", lease_until=lease)
        ids = list(rows.values_list("pk", flat=True))
    hand_off = handing_off.HandOff(client.practice_id, "w", frozenset(), lambda route: route.build())
    hand_off.run(ids)
    with within(client):
        return dict(Message.objects.filter(person_id=client.pk).values_list("kind", "state"))


# ── at once ──────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_three_codes(practice, mara):
    made: list[bool] = []

    def run() -> None:
        try:
            with acting_as(mara):
                proving.begin(mara, "sms", NUMBER)
            made.append(True)
        except proving.TooMany:
            made.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(made) == [False] * 3 + [True] * 3
    with inside(practice):
        assert Contact.objects.get(client=mara).phone == ""
