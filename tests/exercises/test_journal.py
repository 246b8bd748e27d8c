"""A partner's own pages: theirs alone, released one by one, taken back until somebody has read them."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exercises import journal
from exercises.models import Attachment, JournalEntry
from exercises.vocabulary import Lane
from practice.ids import uuid7
from tests.exercises.given import as_attune
from tests.factories import acting_as, make_couple, signed_in
from tests.world_kept import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


THOUGHT = "I sat in the kitchen for an hour and said nothing."


def write(author, couple, text: str = THOUGHT) -> JournalEntry:
    with acting_as(author):
        return journal.begin(author, couple.pk, text, uuid7())


def hand_over(author, page, lane, couple) -> JournalEntry:
    with acting_as(author):
        return journal.release(page, lane, [one.pk for one in couple.clients])


def read_by(who, page) -> bool:
    with acting_as(who):
        return JournalEntry.objects.filter(pk=page.pk).exists()


# ── who reads it ─────────────────────────────────────────────────────────────


def test_a_page_is_its_authors_alone(couple, mara, theo, therapist, owner):
    page = write(mara, couple)
    assert read_by(mara, page)
    assert not any(read_by(who, page) for who in (theo, therapist, owner))


def test_a_page_handed_to_the_therapist_stays_hidden_from_the_partner(couple, mara, theo, therapist):
    page = hand_over(mara, write(mara, couple), Lane.PRIVATE, couple)
    assert read_by(therapist, page)
    assert not read_by(theo, page)
    html = signed_in(theo).get("/together/").content.decode()
    assert "Handed to you" not in html


def test_a_page_handed_to_everybody_is_read_by_everybody(couple, mara, theo, therapist):
    page = hand_over(mara, write(mara, couple), Lane.SHARED, couple)
    assert read_by(theo, page)
    assert read_by(therapist, page)
    assert THOUGHT not in signed_in(theo).get(f"/space/{page.pk}/shared/").content.decode()
    assert THOUGHT in signed_in(theo).post(f"/space/{page.pk}/shared/", follow=True).content.decode()
    assert THOUGHT in signed_in(therapist).get(f"/desk/couples/{couple.pk}/kept/").content.decode()


def test_a_colleague_without_the_couple_reads_nothing(couple, mara, colleague):
    page = hand_over(mara, write(mara, couple), Lane.SHARED, couple)
    assert not read_by(colleague, page)
    assert signed_in(colleague).get(f"/desk/couples/{couple.pk}/kept/").status_code == 404


def test_a_private_page_stands_on_the_private_view_and_not_on_the_couples(couple, mara, therapist):
    page = hand_over(mara, write(mara, couple), Lane.PRIVATE, couple)
    browser = signed_in(therapist)
    browser.post(f"/desk/couples/{couple.pk}/kept/pages/{page.pk}/open/")
    assert THOUGHT not in browser.get(f"/desk/couples/{couple.pk}/kept/").content.decode()
    assert THOUGHT in browser.get(f"/desk/couples/{couple.pk}/private/{mara.pk}/kept/").content.decode()


def test_what_mara_writes_for_herself_changes_no_byte_of_what_theo_sees(couple, mara, theo):
    browser = signed_in(theo)
    paths = ("/today/", "/together/", "/space/", "/you/")

    def seen() -> list[str]:
        pages = [browser.get(path).content.decode() for path in paths]
        return [re.sub(r'nonce="[^"]+"|value="[\w-]{30,}"|"X-CSRFToken": ?"[^"]+"', "", page) for page in pages]

    before = seen()
    page = write(mara, couple)
    hand_over(mara, page, Lane.PRIVATE, couple)
    assert seen() == before


# ── taking back ──────────────────────────────────────────────────────────────


def test_an_unread_page_can_be_taken_back(couple, mara, theo):
    page = hand_over(mara, write(mara, couple), Lane.SHARED, couple)
    with acting_as(mara):
        assert journal.take_back(page)
    assert not read_by(theo, page)


@pytest.mark.parametrize("reader", ["therapist", "theo"])
def test_what_somebody_has_read_stays_where_it_is(couple, mara, theo, therapist, reader):
    page = hand_over(mara, write(mara, couple), Lane.SHARED, couple)
    if reader == "therapist":
        signed_in(therapist).post(f"/desk/couples/{couple.pk}/kept/pages/{page.pk}/open/")
    else:
        signed_in(theo).post(f"/space/{page.pk}/shared/")
    browser = signed_in(mara)
    assert "stays where it is" in browser.post(f"/space/{page.pk}/take-back/", follow=True).content.decode()
    assert "stays in your record" in browser.post(f"/space/{page.pk}/tear-out/", follow=True).content.decode()
    assert read_by(theo, page)


def test_seeing_that_there_is_a_page_is_not_reading_it(couple, mara, theo, therapist):
    page = hand_over(mara, write(mara, couple), Lane.SHARED, couple)
    assert THOUGHT not in signed_in(theo).get(f"/space/{page.pk}/shared/").content.decode()
    assert THOUGHT not in signed_in(therapist).get(f"/desk/couples/{couple.pk}/kept/").content.decode()
    with acting_as(mara):
        assert journal.take_back(page)


def test_looking_at_ones_own_page_is_not_reading_it(couple, mara):
    page = hand_over(mara, write(mara, couple), Lane.SHARED, couple)
    signed_in(mara).get(f"/space/{page.pk}/")
    with acting_as(mara):
        assert journal.take_back(page)


def test_a_torn_out_page_is_gone_with_its_files(couple, mara):
    page = write(mara, couple)
    browser = signed_in(mara)
    browser.post(f"/space/{page.pk}/files/", {"file": a_picture()})
    assert "can't be undone" in browser.get(f"/space/{page.pk}/tear-out/").content.decode().replace("&#x27;", "'")
    browser.post(f"/space/{page.pk}/tear-out/")
    assert browser.get(f"/space/{page.pk}/").status_code == 404
    with as_attune(couple):
        assert not JournalEntry.objects.exists()
        assert not Attachment.objects.exists()


# ── writing ──────────────────────────────────────────────────────────────────


def test_a_page_is_written_without_script(couple, mara):
    browser = signed_in(mara)
    page = browser.get("/space/new/")
    key = page.context["form"]["key"].value()
    answer = browser.post("/space/new/", {"key": key, "text": THOUGHT, "base_version": 0}, follow=True)
    assert THOUGHT in answer.content.decode()
    assert "Only you can read it" in answer.content.decode()


def test_a_double_click_writes_one_page(couple, mara):
    browser, key = signed_in(mara), str(uuid.uuid4())
    for _ in range(2):
        browser.post("/space/new/", {"key": key, "text": THOUGHT, "base_version": 0})
    with acting_as(mara):
        assert JournalEntry.objects.count() == 1


def test_two_phones_never_overwrite_each_other(couple, mara):
    page = write(mara, couple)
    phone, tablet = signed_in(mara), signed_in(mara)
    assert phone.post(f"/space/{page.pk}/", {"text": "From the phone", "base_version": 1}).status_code == 302
    answer = tablet.post(f"/space/{page.pk}/", {"text": "From the tablet", "base_version": 1})
    assert answer.status_code == 409
    assert "From the phone" in answer.content.decode()
    assert "From the tablet" in answer.content.decode()
    with acting_as(mara):
        assert JournalEntry.objects.get().text == "From the phone"


def test_a_script_hears_what_became_of_its_save(couple, mara):
    browser, page = signed_in(mara), write(mara, couple)
    saved = browser.post(
        f"/space/{page.pk}/", {"text": "More", "base_version": 1}, headers={"accept": "application/json"}
    )
    assert (saved.status_code, saved.json()["state"], saved.json()["version"]) == (200, "saved", 2)
    late = browser.post(
        f"/space/{page.pk}/", {"text": "Late", "base_version": 1}, headers={"accept": "application/json"}
    )
    assert (late.status_code, late.json()["state"], late.json()["there"]) == (409, "changed", "More")


def test_a_page_that_was_handed_over_is_not_written_on(couple, mara):
    page = hand_over(mara, write(mara, couple), Lane.PRIVATE, couple)
    answer = signed_in(mara).post(f"/space/{page.pk}/", {"text": "Changed", "base_version": 1})
    assert answer.status_code == 422
    with acting_as(mara):
        assert JournalEntry.objects.get().text == THOUGHT


@pytest.mark.parametrize(
    ("text", "says"), [("", "nothing on this page"), ("a\x00b", "null characters"), ("x" * 20_001, "room for 20000")]
)
def test_what_cannot_be_kept_is_said_beside_the_field(couple, mara, text, says):
    answer = signed_in(mara).post("/space/new/", {"key": uuid.uuid4(), "text": text, "base_version": 0})
    assert answer.status_code == 422
    assert says.lower() in answer.content.decode().lower()


def test_the_list_costs_the_same_for_one_page_and_for_many(couple, mara):
    browser = signed_in(mara)
    write(mara, couple)
    browser.get("/space/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get("/space/")
    for _ in range(8):
        write(mara, couple)
    with CaptureQueriesContext(connection) as many:
        browser.get("/space/")
    assert len(many) == len(one)


def test_anothers_page_is_as_unknown_as_no_page(couple, mara, theo, practice):
    page = write(mara, couple)
    stranger = make_couple(practice, ("Una", "Vic")).clients[0]
    for who in (theo, stranger):
        browser = signed_in(who)
        for path in ("", "release/", "take-back/", "tear-out/", "shared/"):
            there = browser.post(f"/space/{page.pk}/{path}", {"lane": "shared", "text": "x"})
            nowhere = browser.post(f"/space/{uuid.uuid4()}/{path}", {"lane": "shared", "text": "x"})
            assert there.status_code == nowhere.status_code in (404, 405)
