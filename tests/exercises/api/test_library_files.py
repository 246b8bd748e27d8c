"""Libraries as files, for a program."""

from __future__ import annotations

import pytest

from exercises.models import Manuscript
from practice.api.scopes import Scope
from tests.exercises.sharing.test_libraries import written
from tests.factories import inside, make_member
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

MAKE, TAKE = "/api/v1/library-files/make/", "/api/v1/library-files/take/"


def test_a_library_goes_from_one_practice_to_another(therapist, neighbour):
    written(therapist)
    written(therapist, "Bought", rights={"licence": "use-only"})
    program = program_of(therapist)
    made = program.post(MAKE, {"licence": "CC-BY-4.0", "author": "The team"})
    assert made.status_code == 200, made.json()
    file = made.json()
    assert [one["title"] for one in file["left_out"]] == ["Bought"]
    friend = make_member(neighbour, name="Dr Noor Haddad")
    other = program_of(friend)
    looked = other.post(TAKE, {"text": file["text"], "look_only": True}).json()
    assert [one["state"] for one in looked["entries"]] == ["new"]
    assert other.post(TAKE, {"text": file["text"]}).status_code == 400
    for drafts in (["tea-at-nine"], []):
        taken = other.post(TAKE, {"text": file["text"], "confirmed": True})
        assert (taken.status_code, taken.json()["drafts"]) == (200, drafts)
    with inside(neighbour):
        assert Manuscript.objects.get().content["rights"]["author"] == "The team"


def test_what_is_wrong_is_told_beside_its_field(therapist):
    program = program_of(therapist)
    for path, sent, field in (
        (MAKE, {"licence": "mine"}, "licence"),
        (MAKE, {"licence": "CC0-1.0"}, "ids"),  # there is nothing yet
        (TAKE, {"text": "attune: library"}, "text"),
    ):
        answer = program.post(path, sent)
        assert answer.status_code == 400
        assert field in str(answer.json()["errors"])


def test_taking_needs_a_token_for_writing(therapist):
    reader = program_of(therapist, Scope.LIBRARY_READ)
    assert reader.post(TAKE, {"text": "x"}).status_code == 403
