"""What other systems are told about giving and answering: what all of a couple know, and nothing one has alone."""

from __future__ import annotations

import pytest

from exercises.models import Occurrence
from practice import webhooks
from tests.exercises.api.test_responses import send
from tests.exercises.given import TWO_SCALES, give
from tests.factories import inside
from tests.practice.hooked import lines, make_hook, told

pytestmark = pytest.mark.django_db

CREATED, SUBMITTED = "assignment.created", "response.submitted"
FOR_THE_THERAPIST = [{"key": "note", "type": "long_text", "label": "For my therapist", "private": True}]


def of_mara(rounds: list[Occurrence], mara) -> Occurrence:
    return next(one for one in rounds if one.client_id in (mara.pk, None))


@pytest.mark.parametrize("lane", ["own", "private", "reveal"])
def test_what_one_partner_sends_alone_is_told_to_nobody(practice, couple, therapist, mara, lane):
    make_hook(practice, SUBMITTED)
    send(of_mara(give(couple, therapist, lane, TWO_SCALES), mara), mara, near="5")
    assert told(practice) == []


def test_answers_to_questions_for_the_therapist_alone_are_not_told_of(practice, couple, therapist, mara):
    make_hook(practice, SUBMITTED)
    send(of_mara(give(couple, therapist, "shared", FOR_THE_THERAPIST), mara), mara, note="x")
    assert told(practice) == []


def test_answers_that_both_read_as_they_are_sent_are_told_of_without_whose_they_are(practice, couple, therapist, mara):
    make_hook(practice, SUBMITTED)
    response = send(of_mara(give(couple, therapist, "shared", TWO_SCALES), mara), mara, near="5")
    (line,) = lines(practice)
    assert line.about == {"couple_id": str(couple.pk), "response_id": str(response.pk)}
    assert str(mara.pk) not in str(vars(line))


def test_what_one_partner_was_given_alone_is_told_to_nobody(practice, couple, therapist, mara):
    make_hook(practice, CREATED)
    for lane in ("own", "private"):
        give(couple, therapist, lane, TWO_SCALES)
    give(couple, therapist, "shared", TWO_SCALES, to=[mara])
    assert told(practice) == []
    given = give(couple, therapist, "reveal", TWO_SCALES)[0].assignment
    (line,) = lines(practice)
    assert line.about == {"couple_id": str(couple.pk), "assignment_id": str(given.pk)}


def test_where_nobody_is_told_it_costs_one_question(practice, couple, django_assert_num_queries):
    about = {"couple_id": couple.pk, "response_id": couple.pk}
    with inside(practice), django_assert_num_queries(1):
        assert webhooks.tell(SUBMITTED, occasion="x", about=about) == 0
