"""A program takes records out: what the pages let its owner take, no more, and once for each wish."""

from __future__ import annotations

import io
import zipfile

import pytest

from practice.api.scopes import Scope
from practice.models import Archive
from practice.tasks import make_archive
from tests.clients.test_parting import freshly
from tests.exercises.api.test_responses import send
from tests.exercises.given import TWO_SCALES, give
from tests.factories import inside, signed_in, takes_part
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

ALL = "/api/v1/exports/"


@pytest.fixture(autouse=True)
def bells(monkeypatch) -> list[dict[str, str]]:
    rings: list[dict[str, str]] = []
    monkeypatch.setattr(make_archive, "delay", lambda **ids: rings.append(ids))
    return rings


@pytest.fixture
def answered(couple, therapist, mara, theo):
    for who, occurrence in zip((mara, theo), give(couple, therapist, "shared", TWO_SCALES), strict=True):
        send(occurrence, who, near="5")
    return couple


def at(couple, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/exports/{rest}"


def make(couple, export: str) -> None:
    make_archive(practice_id=str(couple.practice_id), archive_id=export)


def test_a_record_is_asked_for_watched_and_fetched(
    answered, therapist, colleague, bells, django_capture_on_commit_callbacks
):
    program = program_of(therapist, Scope.EXPORT_READ)
    with django_capture_on_commit_callbacks(execute=True):
        asked = program.post(at(answered), {"formats": ["csv"]}, Idempotency_Key="one")
        again = program.post(at(answered), {"formats": ["csv"]}, Idempotency_Key="one")
    said = asked.json()
    assert (asked.status_code, said["state"], said["file"], said["couples"]) == (202, "waiting", None, 1)
    assert (again.json(), len(bells)) == (said, 1)
    assert asked["Location"] == at(answered, f"{said['id']}/")
    assert program.get(asked["Location"] + "file/").status_code == 404, "it is not there yet"
    make(answered, said["id"])
    there = program.get(asked["Location"]).json()
    assert (there["state"], there["percent"], there["formats"]) == ("done", 100, ["csv"])
    fetched = program.get(there["file"], Accept="text/csv")
    body = b"".join(fetched.streaming_content)
    assert (fetched.status_code, fetched["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert (len(body), body[:6]) == (there["size"], b"\xef\xbb\xbfrow")
    other = program_of(colleague)
    for path in (asked["Location"], there["file"]):
        assert other.get(path).status_code == 404
    assert other.post(at(answered), {"formats": ["csv"]}).status_code == 404
    assert program_of(therapist, Scope.REPORTS_READ).post(at(answered), {"formats": ["csv"]}).status_code == 403


def test_what_partners_told_the_therapist_alone_needs_its_own_scope(couple, therapist, mara):
    for lane in ("private", "shared"):
        (one, *_rest) = give(couple, therapist, lane, to=[mara] if lane == "private" else None, questions=TWO_SCALES)
        send(one, mara, near="5", good=f"said in {lane}")
    every = ["csv", "json", "fhir"]
    bodies = {}
    for scopes in ((Scope.EXPORT_READ,), (Scope.EXPORT_READ, Scope.PRIVATE_RESPONSES_READ)):
        program = program_of(therapist, *scopes)
        asked = program.post(at(couple), {"formats": every}).json()
        assert asked["private"] == (len(scopes) == 2)
        make(couple, asked["id"])
        answer = program.get(at(couple, f"{asked['id']}/file/"))
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as whole:
            bodies[len(scopes)] = {
                name: whole.read(name) for name in whole.namelist() if "answers" in name or "fhir" in name
            }
    assert all(b"said in shared" in one for both in bodies.values() for one in both.values())
    assert not any(b"said in private" in one for one in bodies[1].values())
    assert all(b"said in private" in one for one in bodies[2].values())
    refused = program_of(therapist, Scope.EXPORT_READ).get(at(couple, f"{asked['id']}/file/"))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


def test_what_the_form_refuses_is_pointed_at(answered, therapist):
    program = program_of(therapist)
    for body, pointer in (
        ({}, "/formats"),
        ({"formats": []}, "/formats"),
        ({"formats": ["doc"]}, "/formats/0"),
        ({"formats": ["csv"], "ends_on": "2999-01-01"}, "/ends_on"),
        ({"formats": ["csv"], "begins_on": "2026-03-09", "ends_on": "2026-03-02"}, "/ends_on"),
    ):
        answer = program.post(at(answered), body)
        assert answer.status_code == 400, body
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer], body


def test_an_owner_takes_out_all_that_they_read(answered, owner, therapist, practice):
    program = program_of(owner)
    asked = program.post(ALL, {"formats": ["json"], "names": True}).json()
    assert asked["couples"] == 0, "none is theirs"
    takes_part(answered, owner)
    asked = program.post(ALL, {"formats": ["json"], "names": True}).json()
    assert asked["couples"] == 1
    make(answered, asked["id"])
    there = program.get(f"{ALL}{asked['id']}/").json()
    assert there["file"] == f"{ALL}{asked['id']}/file/"
    assert program.get(there["file"])["Content-Type"] == "application/zip"
    assert program_of(therapist).post(ALL, {"formats": ["json"]}).status_code == 404
    with inside(practice):
        owner.caseload.all().delete()
    for path in (there["file"], f"{ALL}{asked['id']}/"):
        assert program.get(path).status_code == 404, "a couple in it is theirs no more"


def test_in_a_browser_it_needs_a_fresh_sign_in(answered, therapist, practice):
    browser = signed_in(therapist)
    asked = {"data": {"formats": ["csv"]}, "content_type": "application/json"}
    refused = browser.post(at(answered), **asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign_in_again")
    assert freshly(browser).post(at(answered), **asked).status_code == 202
    with inside(practice):
        assert Archive.objects.count() == 1
