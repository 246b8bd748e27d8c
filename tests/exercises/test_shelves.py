"""Shelves, what an exercise is used with, and how useful couples found it."""

from __future__ import annotations

import pytest

from exercises.models import Exercise, Feedback, Shelf
from exercises.usefulness import MORE_THAN, usefulness
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, inside, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db

ONE = "gratitude-log"


def shelve(member, **sent):
    return signed_in(member).post(f"/desk/library/{ONE}/shelf/", sent)


def library(member, query="") -> str:
    return signed_in(member).get(f"/desk/library/?q=appreciation+log{query}").content.decode()


def test_favourites_are_each_persons_own(therapist, colleague):
    shelve(therapist, act="favour", on="1")
    shelve(therapist, act="favour", on="1")
    assert "Among your favourites" in library(therapist)
    assert "Among your favourites" not in library(colleague)
    assert "Appreciation log" in library(therapist, "&place=favourites")
    shelve(therapist, act="favour", on="0")
    assert "Among your favourites" not in library(therapist)


def test_a_named_shelf_is_the_whole_practices_and_a_filter(therapist, colleague, neighbour):
    browser = signed_in(therapist)
    browser.post("/desk/library/shelves/", {"act": "make", "name": "First weeks"})
    browser.post("/desk/library/shelves/", {"act": "make", "name": "first weeks"})
    with acting_as(therapist):
        shelf = Shelf.objects.get()
    shelve(colleague, act="put", shelf=str(shelf.pk), on="1")
    assert "Appreciation log" in library(therapist, f"&place={shelf.pk}")
    assert "Appreciation log" in browser.get("/desk/library/shelves/").content.decode()
    far = make_member(neighbour)
    assert "First weeks" not in signed_in(far).get("/desk/library/shelves/").content.decode()
    assert shelve(far, act="put", shelf=str(shelf.pk), on="1").status_code == 404
    browser.post("/desk/library/shelves/", {"act": "remove", "shelf": str(shelf.pk)})
    with acting_as(therapist):
        assert not Shelf.objects.exists()


def test_a_shelf_without_a_name_is_none(therapist):
    answer = signed_in(therapist).post("/desk/library/shelves/", {"act": "make", "name": " "})
    assert answer.status_code == 422


def test_what_is_hidden_is_out_of_the_library_and_can_be_shown_again(therapist, colleague):
    shelve(therapist, act="hide", on="1")
    assert "Appreciation log" not in library(colleague)
    assert "Appreciation log" in library(colleague, "&place=hidden")
    assert signed_in(colleague).get(f"/desk/library/{ONE}/").status_code == 200
    shelve(colleague, act="hide", on="0")
    assert "Appreciation log" in library(therapist)


def test_nobody_is_sent_elsewhere_by_the_way_back(therapist):
    assert shelve(therapist, act="hide", on="1", back="https://example.org/").url == f"/desk/library/{ONE}/"


def rated(practice, therapist, count, value=8, lane="private"):
    """Feedback of so many couples on one exercise; return its id."""
    edition = None
    for _one in range(count):
        couple = make_couple(practice, therapist=therapist)
        (occurrence, *_rest) = give(couple, therapist, "private")
        with as_attune(couple):
            if edition is None:
                edition = occurrence.assignment.edition
            occurrence.assignment.edition = edition
            occurrence.assignment.save(update_fields=["edition"])
            Feedback.objects.create(
                couple=couple,
                occurrence=occurrence,
                author=couple.clients[0],
                lane=lane,
                usefulness=value,
                difficulty=3,
            )
    return edition.exercise_id


def test_averages_appear_above_five_couples_only(practice, therapist):
    exercise = rated(practice, therapist, MORE_THAN)
    with acting_as(therapist):
        assert usefulness([exercise]) == {}


def test_averages_weigh_couples_alike_and_round_what_could_tell_on_somebody(practice, therapist, colleague):
    exercise = rated(practice, therapist, MORE_THAN + 1)
    # A colleague with another caseload sees the average of the whole practice, and nothing else.
    with acting_as(colleague):
        assert not Feedback.objects.exists()
        found = usefulness([exercise])[exercise]
    assert (found.usefulness, found.difficulty, found.couples) == (8.0, 3.0, 5)


def test_what_partners_keep_for_themselves_counts_nowhere(practice, therapist):
    exercise = rated(practice, therapist, MORE_THAN + 1, lane="own")
    with acting_as(therapist):
        assert usefulness([exercise]) == {}


def test_a_neighbours_couples_do_not_make_up_the_number(practice, neighbour, therapist):
    far = make_member(neighbour)
    exercise = rated(neighbour, far, MORE_THAN + 1)
    with acting_as(therapist):
        assert usefulness([exercise]) == {}


def test_used_with_names_the_couples_of_ones_own_caseload(practice, therapist, colleague, couple):
    with inside(practice):
        edition = Exercise.objects.get(slug=ONE).newest
    (occurrence, *_rest) = give(couple, therapist)
    with as_attune(couple):
        occurrence.assignment.edition = edition
        occurrence.assignment.save(update_fields=["edition"])
    assert "Used with 1 couple" in library(therapist)
    assert "Mara" in signed_in(therapist).get(f"/desk/library/{ONE}/").content.decode()
    assert "Mara" not in signed_in(colleague).get(f"/desk/library/{ONE}/").content.decode()
    assert "Used with" not in library(colleague)
