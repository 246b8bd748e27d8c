"""Pictures, voice notes and files by a program: added, fetched, taken away, in the lanes of the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from exercises.models import Response
from practice.api.scopes import Scope
from tests.exercises.api.test_me import ME, Phone, of
from tests.exercises.api.test_responses import looked
from tests.exercises.given import NEAR, as_attune, give
from tests.factories import make_member
from tests.practice.api.callers import Program, program_of
from tests.world_kept import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


def put(phone: Phone, one: Any, file: Any, words: str = "") -> Any:
    return phone.browser.post(f"{ME}occurrences/{one.pk}/files/", {"file": file, "words": words})


def send_form(program: Program, path: str, **fields: Any) -> Any:
    return program.browser.generic(
        "POST", path, encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT,
        headers={"Authorization": f"Bearer {program.text}"},
    )  # fmt: skip


def test_what_is_added_goes_along_with_the_answer_and_no_wider(couple, therapist, mara, theo, practice):
    one, phone = of(give(couple, therapist, "shared"), mara), Phone(mara)
    added = put(phone, one, a_picture(), "Our bench")
    assert added.status_code == 201, added.content
    file = added.json()
    assert (file["kind"], file["content_type"], file["name"]) == ("image", "image/png", "Our bench")
    assert put(phone, one, a_picture(), "Our bench").json() == file, "sent again, it is the one that is there"
    assert phone.read(f"occurrences/{one.pk}/files/") == {"files": [file]}
    fetched = phone.browser.get(added["Location"])
    assert (fetched.status_code, fetched["Content-Type"], len(fetched.content)) == (200, "image/png", file["size"])
    assert Phone(theo).get(f"files/{file['id']}/").status_code == 404
    theirs, here = program_of(therapist), f"/api/v1/couples/{couple.pk}/files/{file['id']}/"
    assert theirs.get(here).status_code == 404, "not sent yet"

    assert phone.submit(one, NEAR).status_code == 200
    [response] = theirs.get(f"/api/v1/couples/{couple.pk}/responses/").json()["results"]
    assert response["files"] == [file]
    assert theirs.get(here, Range="bytes=0-3").content == b"\x89PNG"
    assert ("downloaded", "exercises_attachment", "shared") in looked(practice)
    assert theirs.call("DELETE", here).status_code == 404, "it is Mara's"
    [together] = Phone(theo).read("together/")["opened"]
    Phone(theo).post(f"together/{together['id']}/unfold/")
    assert Phone(theo).read(f"together/{together['id']}/")["files"] == [{"name": "Mara", "files": [file]}]
    assert Phone(theo).get(f"files/{file['id']}/").status_code == 200
    assert phone.send("DELETE", f"files/{file['id']}/").status_code == 404, "it was sent"
    assert put(phone, one, a_picture("other.png")).json()["code"] == "sent"


def test_what_went_with_a_private_answer_stands_on_the_private_list_alone(couple, therapist, mara, theo, practice):
    one, phone = of(give(couple, therapist, "private", to=[mara]), mara), Phone(mara)
    file = put(phone, one, a_picture()).json()
    phone.submit(one, NEAR)
    theirs, at = program_of(therapist), f"/api/v1/couples/{couple.pk}/"
    assert theirs.get(f"{at}responses/").json()["results"] == []
    [response] = theirs.get(f"{at}partners/{mara.pk}/private/responses/").json()["results"]
    assert response["files"] == [file]
    with as_attune(couple):
        sent = Response.objects.get()
    assert theirs.get(f"{at}partners/{mara.pk}/private/responses/{sent.pk}/").json()["files"] == [file]
    open_alone = program_of(therapist, Scope.RESPONSES_READ).get(f"{at}files/{file['id']}/")
    assert (open_alone.status_code, open_alone.json()["code"]) == (403, "scope_missing")
    assert Phone(theo).get(f"files/{file['id']}/").status_code == 404
    assert program_of(make_member(practice, "therapist", "Dr Osei")).get(f"{at}files/{file['id']}/").status_code == 404


def test_what_was_added_is_taken_away_before_it_is_sent(couple, therapist, mara):
    one, phone = of(give(couple, therapist, "shared"), mara), Phone(mara)
    file = put(phone, one, a_picture()).json()
    assert phone.send("DELETE", f"files/{file['id']}/").status_code == 204
    assert phone.read(f"occurrences/{one.pk}/files/") == {"files": []}


def test_the_therapist_puts_files_with_what_they_give(couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "shared")
    program = program_of(therapist)
    here = f"/api/v1/couples/{couple.pk}/assignments/{hers.assignment_id}/files/"
    added = send_form(program, here, file=a_picture(), words="A drawing")
    assert added.status_code == 201, added.content
    assert program.get(here).json() == {"files": [added.json()]}
    for occurrence, who in ((hers, mara), (his, theo)):
        assert Phone(who).read(f"occurrences/{occurrence.pk}/")["exercise"]["files"] == [added.json()]
        assert Phone(who).get(f"files/{added.json()['id']}/").status_code == 200
    assert program.call("DELETE", added["Location"]).status_code == 204
    assert program.get(here).json() == {"files": []}


def test_what_can_not_be_kept_is_said(couple, therapist, mara):
    one, phone = of(give(couple, therapist, "shared"), mara), Phone(mara)
    path = f"{ME}occurrences/{one.pk}/files/"
    for answer, status, pointer in (
        (put(phone, one, SimpleUploadedFile("us.png", b"<svg onload='x'>", "image/png")), 400, "/file"),
        (put(phone, one, SimpleUploadedFile("us.png", b"", "image/png")), 400, "/file"),
        (phone.browser.post(path, {"words": "Nothing"}), 400, "/file"),
        (phone.browser.post(path, {"file": a_picture(), "word": "Our bench"}), 400, "/word"),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer), answer.content
    json = phone.post(f"occurrences/{one.pk}/files/", {"file": "x"})
    assert (json.status_code, "multipart/form-data" in json.json()["detail"]) == (415, True)
    broken = phone.browser.generic("POST", path, "--x", content_type="multipart/form-data")
    assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
    large = SimpleUploadedFile("us.png", b"x" * 12_000_001, "image/png")
    too_large = put(phone, one, large)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    for number in range(4):
        assert put(phone, one, a_picture(), f"No. {number}").status_code == 201
    assert put(phone, one, a_picture(), "one more").status_code == 400
