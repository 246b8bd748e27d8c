"""The library for a program."""

from __future__ import annotations

import pytest
from django.utils import timezone

from exercises import shelves
from exercises.library import find_exercise
from exercises.models import Exercise
from exercises.writing.editions import publish_edition
from exercises.writing.starting import blank, start_new
from practice.api.scopes import Scope
from practice.models import Practice
from tests.factories import acting_as, inside, make_member
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

LIBRARY = "/api/v1/library/"
ONE = f"{LIBRARY}weekly-state-of-us/"


@pytest.fixture
def program(therapist):
    return program_of(therapist)


def found(program, query):
    answer = program.get(f"{LIBRARY}?limit=200&{query}")
    assert answer.status_code == 200, answer.json()
    return [one["slug"] for one in answer.json()["results"]]


def test_what_the_page_finds_is_found(program, therapist):
    assert len(found(program, "")) == 166
    assert "weekly-state-of-us" in found(program, "q=state+of+us&kind=check_in&lane=reveal&language=en")
    assert found(program, "kind=ritual&kind=repair&minutes=15&level=gentle")
    with acting_as(therapist):
        shelves.favour(find_exercise("weekly-state-of-us"), therapist, True)
        shelves.hide(find_exercise("touch-menu"), True)
    assert found(program, "shelf=favourites") == ["weekly-state-of-us"]
    assert found(program, "shelf=hidden") == ["touch-menu"]
    assert "touch-menu" not in found(program, "")


def test_what_there_is_not_is_refused(program):
    for query in ("kind=dance", "shelf=nowhere", "lane=all", "minutes=7", "colour=red", "q=%00"):
        assert program.get(f"{LIBRARY}?{query}").status_code == 400, query
    assert program.get(f"{LIBRARY}nothing/").status_code == 404


def test_an_exercise_comes_with_its_edition_as_data(program):
    one = program.get(ONE).json()
    edition = program.get(f"/api/v1/editions/{one['newest_edition_id']}/").json()
    assert one["edition"] == edition
    assert edition["lanes"] == ["own", "private", "reveal"]
    assert edition["steps"][0] == "Fix one day and hour and keep to it."
    assert [question["key"] for question in edition["questions"]][:2] == ["good", "hard"]
    assert edition["content"]["cadence"]["rule"].startswith("FREQ=WEEKLY")
    assert program.get(f"{ONE}editions/").json()["results"][0]["id"] == edition["id"]


def test_a_practice_without_secrets_offers_no_private_lane(program, practice):
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(secrets_policy=Practice.Secrets.NO_SECRETS)
    assert program.get(ONE).json()["edition"]["lanes"] == ["own", "reveal"]


def test_what_a_practice_wrote_is_its_own(program, practice, neighbour, therapist):
    with acting_as(therapist):
        exercise = start_new("Our walk", "ritual", by=therapist)
        publish_edition(exercise, {**blank("Our walk", "ritual"), "summary": "Out and back."})
    ours = program.get(f"{LIBRARY}our-walk/").json()
    assert ours["own"] is True
    far = program_of(make_member(neighbour, "owner", "Far"))
    assert far.get(f"{LIBRARY}our-walk/").status_code == 404
    assert far.get(f"/api/v1/editions/{ours['newest_edition_id']}/").status_code == 404
    with inside(practice):
        Exercise.objects.filter(slug="our-walk").update(retired_at=timezone.now())
    assert program.get(f"{LIBRARY}our-walk/").status_code == 404
    assert program.get(f"/api/v1/editions/{ours['newest_edition_id']}/").json()["is_newest"] is False


def test_the_office_and_other_tokens_read_no_library(coordinator, therapist):
    assert program_of(coordinator).get(LIBRARY).status_code == 404
    assert program_of(coordinator).get(ONE).status_code == 404
    assert program_of(therapist, Scope.COUPLES_READ).get(LIBRARY).status_code == 403


def test_the_library_asks_the_database_as_often_for_many_as_for_one(program, django_assert_max_num_queries):
    for query, n in (("shelf=own", 0), ("limit=1", 1), ("limit=200", 166)):
        with django_assert_max_num_queries(22):
            assert len(program.get(f"{LIBRARY}?{query}").json()["results"]) == n
