"""What partners keep besides their answers, by a program of their own: pages of a journal, agreements."""

from __future__ import annotations

from typing import Any

import pytest

from practice.api.scopes import Scope
from practice.models import DoneOnce
from tests.exercises.api.test_me import Phone
from tests.factories import inside
from tests.practice.api.callers import program_of
from tests.world_kept import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_page_is_ones_own_until_it_is_handed_over(couple, mara, theo, therapist, practice):
    phone, his = Phone(mara), Phone(theo)
    made = phone.post("pages/", {"text": "We laughed today."}, Idempotency_Key="k")
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert phone.post("pages/", {"text": "We laughed today."}, Idempotency_Key="k").json() == made.json()
    here = f"pages/{made.json()['id']}/"
    written = phone.send("PATCH", here, {"text": "We laughed twice.", "version": 1})
    assert written.json()["version"] == 2
    elsewhere = phone.send("PATCH", here, {"text": "We cried.", "version": 1})
    assert (code(elsewhere), elsewhere.json()["kept"]) == ((409, "changed_elsewhere"), "We laughed twice.")
    put = phone.browser.post(f"/api/v1/me/{here}files/", {"file": a_picture(), "words": "Us"})
    assert put.status_code == 201, put.content
    page = phone.read(here)
    assert (page["text"], page["lane"]["key"], page["files"]) == ("We laughed twice.", "own", [put.json()])
    assert page["may_release_to"] == ["private", "shared"]
    assert his.get(here).status_code == 404
    assert his.read("pages/shared/")["results"] == []

    assert phone.post(f"{here}release/", {"to": "shared"}).json()["lane"]["key"] == "shared"
    assert code(phone.send("PATCH", here, {"text": "x", "version": 2})) == (409, "handed_over")
    assert phone.post(f"{here}take-back/").json()["lane"]["key"] == "own"
    phone.post(f"{here}release/", {"to": "shared"})
    theirs, at = program_of(therapist), f"/api/v1/couples/{couple.pk}/"
    [handed] = theirs.get(f"{at}pages/").json()["results"]
    assert (handed["opened"], handed["text"], handed["files"]) == (False, "", [])
    assert theirs.get(f"{at}partners/{mara.pk}/private/pages/").json()["results"] == []
    [shared] = his.read("pages/shared/")["results"]
    assert his.read(f"pages/shared/{shared['id']}/")["text"] == ""
    assert his.post(f"pages/shared/{shared['id']}/").json()["text"] == "We laughed twice."
    opened = theirs.post(f"{at}pages/{handed['id']}/open/").json()
    assert (opened["text"], opened["files"]) == ("We laughed twice.", [put.json()])
    assert code(phone.post(f"{here}take-back/")) == (409, "was_read")
    assert code(phone.send("DELETE", here)) == (409, "was_read")
    with inside(practice):
        kept = [one.answer for one in DoneOnce.objects.all()]
    assert kept
    assert not [one for one in kept if "laughed" in one]


def test_a_page_is_torn_out_and_a_file_taken_off_it(couple, mara):
    phone = Phone(mara)
    page = phone.post("pages/", {"text": "Only mine."}).json()
    file = phone.browser.post(f"/api/v1/me/pages/{page['id']}/files/", {"file": a_picture()}).json()
    assert phone.send("DELETE", f"files/{file['id']}/").status_code == 204
    assert phone.send("DELETE", f"pages/{page['id']}/").status_code == 204
    assert phone.read("pages/")["results"] == []
    assert phone.post("pages/", {"text": " "}).status_code == 400


def test_a_page_for_the_therapist_alone_stands_under_its_author(couple, mara, theo, therapist):
    page = Phone(mara).post("pages/", {"text": "Only you."}).json()
    Phone(mara).post(f"pages/{page['id']}/release/", {"to": "private"})
    theirs, at = program_of(therapist), f"/api/v1/couples/{couple.pk}/"
    assert theirs.get(f"{at}pages/").json()["results"] == []
    [found] = theirs.get(f"{at}partners/{mara.pk}/private/pages/").json()["results"]
    assert (found["id"], found["lane"]) == (page["id"], "private")
    assert theirs.get(f"{at}partners/{theo.pk}/private/pages/").json()["results"] == []


def test_who_may_mark_and_not_read_neither_reads_a_page_nor_keeps_it_from_being_taken_back(couple, mara, therapist):
    phone, at = Phone(mara), f"/api/v1/couples/{couple.pk}/pages/"
    for lane, missing in (("shared", Scope.RESPONSES_READ), ("private", Scope.PRIVATE_RESPONSES_READ)):
        here = phone.post("pages/", {"text": "Our secret."}).json()["id"]
        phone.post(f"pages/{here}/release/", {"to": lane})
        other = {Scope.RESPONSES_READ, Scope.PRIVATE_RESPONSES_READ} - {missing}
        refused = program_of(therapist, Scope.RESPONSES_WRITE, *other).post(f"{at}{here}/open/")
        assert (code(refused), missing in refused.json()["detail"]) == ((403, "scope_missing"), True), lane
        assert b"secret" not in refused.content
        assert phone.post(f"pages/{here}/take-back/").status_code == 200, "it was read by nobody"
        phone.post(f"pages/{here}/release/", {"to": lane})
        opened = program_of(therapist, Scope.RESPONSES_WRITE, missing).post(f"{at}{here}/open/")
        assert (opened.status_code, opened.json()["text"]) == (200, "Our secret.")


def test_an_agreement_holds_once_everybody_has_said_yes(couple, mara, theo, therapist):
    phone, his = Phone(mara), Phone(theo)
    made = phone.post("agreements/", {"title": "Phones", "text": "None at table.", "review_on": "2030-01-20"})
    assert made.status_code == 201, made.content
    here = f"agreements/{made.json()['id']}/"
    proposed = his.read(here)
    assert (proposed["holds"], proposed["my_yes_waits"], proposed["proposed"]["waits_for"]) == (None, True, ["Theo"])
    words = f"agreements/words/{proposed['proposed']['id']}/"
    holds = his.post(f"{words}yes/").json()
    assert (holds["holds"]["text"], holds["proposed"], holds["my_yes_stands"]) == ("None at table.", None, True)
    changed = his.post(f"{here}words/", {"text": "None in bed either."}).json()
    assert (changed["holds"]["text"], changed["proposed"]["proposed_by"]) == ("None at table.", "Theo")
    assert changed["review_on"] == "2030-01-20", "what is left out stays"
    assert phone.post(f"{here}put-away/").status_code == 404, "it is Theo's proposal"
    assert his.post(f"{here}put-away/").status_code == 204
    [seen] = program_of(therapist).get(f"/api/v1/couples/{couple.pk}/agreements/").json()["agreements"]
    assert (seen["title"], seen["holds"]["text"], seen["proposed"]) == ("Phones", "None at table.", None)
    gone = f"agreements/words/{changed['proposed']['id']}/yes/"
    assert code(phone.post(gone)) == (409, "let_go")
    assert phone.post(f"{words}not-any-more/").json()["holds"] is None
    assert [one["title"] for one in his.read("agreements/")["agreements"]] == ["Phones"]
    assert phone.post("agreements/", {"title": "", "text": "x"}).status_code == 400
