"""Lane × person at the level of PostgreSQL: what each role reads when no code filters for it."""

from __future__ import annotations

import datetime

import pytest
from django.db import DatabaseError, ProgrammingError, transaction
from django.utils import timezone

from clients.models import Client, Couple
from exercises.models import Answer, Assignment, Draft, Edition, Exercise, Occurrence, Response
from exercises.vocabulary import Lane
from practice import tenancy
from practice.models import Membership
from tests.factories import acting_as, inside, make_couple, make_member, takes_part

pytestmark = pytest.mark.django_db

SENT = "what Mara wrote"


def make_response(
    couple: Couple,
    author: Client,
    given_by: Membership,
    lane: str,
    *,
    readers: tuple[Client, ...] = (),
    opens_at: datetime.datetime | None = None,
) -> Response:
    """Write one response straight into the tables, whatever the code would have done."""
    now = timezone.now()
    everyone = [client.pk for client in couple.clients]
    audience = everyone if lane in (Lane.REVEAL, Lane.SHARED, Lane.JOINT) else [author.pk]
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        edition = Edition.objects.get(exercise__slug="weekly-state-of-us")
        assignment = Assignment.objects.create(
            couple=couple, edition=edition, given_by=given_by, audience=audience, lane=lane,
            why=f"why {lane}", starts_on=now.date(), at=datetime.time(18),
        )  # fmt: skip
        occurrence = Occurrence.objects.create(
            couple=couple, assignment=assignment, client=author, audience=[author.pk],
            slot=f"{now:%Y-%m-%dT%H:%M}", opens_at=now, due_at=now, closes_at=now + datetime.timedelta(days=7),
        )  # fmt: skip
        response = Response.objects.create(
            couple=couple, occurrence=occurrence, author=author, edition=edition, lane=lane,
            readers=[one.pk for one in readers], opens_at=opens_at, submitted_at=now,
        )  # fmt: skip
        Answer.objects.create(
            couple=couple, response=response, author=author, lane=lane, key="good", text=SENT,
            readers=[one.pk for one in readers], opens_at=opens_at,
        )  # fmt: skip
        return response


def reads(who: Membership | Client, response: Response) -> bool:
    """Tell whether a person finds the response and its answer without any filter, and can open the text."""
    with acting_as(who):
        found = Response.objects.filter(pk=response.pk).exists()
        answers = list(Answer.objects.filter(response_id=response.pk))
        assert found == bool(answers)
        assert all(answer.text == SENT for answer in answers)
        return found


PAST = timezone.now() - datetime.timedelta(days=400)
FUTURE = timezone.now() + datetime.timedelta(days=400)


@pytest.mark.parametrize(
    ("lane", "opened", "partner", "clinicians"),
    [
        (Lane.OWN, None, False, False),
        (Lane.PRIVATE, None, False, True),
        (Lane.REVEAL, None, False, True),
        (Lane.REVEAL, FUTURE, False, True),
        (Lane.REVEAL, PAST, True, True),
        (Lane.SHARED, PAST, True, True),
        (Lane.JOINT, PAST, True, True),
    ],
)
def test_b16_each_lane_opens_exactly_its_cells(
    practice, couple, mara, theo, therapist, owner, colleague, neighbour, lane, opened, partner, clinicians
):
    takes_part(couple, owner)
    readers = (theo,) if lane not in (Lane.OWN, Lane.PRIVATE) else ()
    response = make_response(couple, mara, therapist, lane, readers=readers, opens_at=opened)
    stranger = make_couple(practice, ("Ada", "Ruth")).clients[0]
    abroad = make_member(neighbour, "owner")
    assert {
        "author": reads(mara, response),
        "partner": reads(theo, response),
        "therapist": reads(therapist, response),
        "owner": reads(owner, response),
        "colleague off the caseload": reads(colleague, response),
        "another couple's partner": reads(stranger, response),
        "neighbour": reads(abroad, response),
    } == {
        "author": True,
        "partner": partner,
        "therapist": clinicians,
        "owner": clinicians,
        "colleague off the caseload": False,
        "another couple's partner": False,
        "neighbour": False,
    }


def test_b17_a_private_answer_can_not_even_be_stored_with_a_second_reader(couple, mara, theo, therapist):
    with pytest.raises(DatabaseError, match="answer_private_alone"), transaction.atomic():
        make_response(couple, mara, therapist, Lane.PRIVATE, readers=(mara, theo))


def test_a_private_assignment_can_not_be_stored_for_two(practice, couple, mara, therapist):
    response = make_response(couple, mara, therapist, Lane.PRIVATE)
    with inside(practice), pytest.raises(DatabaseError, match="assignment_private_alone"):
        Assignment.objects.filter(pk=response.occurrence.assignment_id).update(
            audience=[client.pk for client in couple.clients]
        )


def test_what_one_partner_was_given_privately_leaves_no_row_for_the_other(couple, mara, theo, therapist):
    make_response(couple, mara, therapist, Lane.PRIVATE)
    with acting_as(mara):
        assert Assignment.objects.count() == 1
        assert Occurrence.objects.count() == 1
    with acting_as(theo):
        assert not Assignment.objects.exists()
        assert not Occurrence.objects.exists()
        assert not Response.objects.exists()


def test_a_draft_is_its_authors_alone(practice, couple, mara, theo, therapist, owner):
    response = make_response(couple, mara, therapist, Lane.SHARED, readers=(theo,), opens_at=PAST)
    with acting_as(mara):
        Draft.objects.create(occurrence_id=response.occurrence_id, author=mara, answers="not yet")
        assert Draft.objects.get().answers == "not yet"
    with acting_as(theo):
        assert not Draft.objects.exists()
    for who in (therapist, owner):
        with acting_as(who), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Draft.objects.exists()
    with inside(practice), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Draft.objects.exists()


def test_nobody_writes_as_somebody_else(couple, mara, theo, therapist):
    response = make_response(couple, mara, therapist, Lane.SHARED, readers=(theo,), opens_at=PAST)
    with acting_as(theo):
        for values in ({"author": mara}, {"author": theo, "couple": make_far_couple(couple)}):
            with pytest.raises(DatabaseError), transaction.atomic():
                Answer.objects.create(**{
                    "couple": couple, "response": response, "lane": Lane.SHARED, "key": "hard", **values
                })  # fmt: skip
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Response.objects.filter(pk=response.pk).update(lane=Lane.SHARED)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Answer.objects.filter(response=response).delete()


def make_far_couple(couple: Couple) -> Couple:
    """A couple that is none of the asker's, as an object only."""
    return Couple(id=couple.practice_id, practice_id=couple.practice_id)


def test_b17_staff_do_not_rewrite_what_was_sent(couple, mara, therapist, owner):
    response = make_response(couple, mara, therapist, Lane.PRIVATE)
    for who in (therapist, owner):
        with acting_as(who):
            for act in (
                lambda: Response.objects.filter(pk=response.pk).update(lane=Lane.SHARED),
                lambda: Answer.objects.filter(response=response).update(readers=[]),
                lambda: Answer.objects.filter(response=response).delete(),
            ):
                with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                    act()


def test_a_practice_can_not_touch_the_catalogue(practice):
    with inside(practice):
        before = Edition.objects.get(exercise__slug="mood-log").title
        assert Edition.objects.filter(title=before).update(title="x") == 0
        assert Edition.objects.get(exercise__slug="mood-log").title == before


def test_a_published_edition_never_changes(practice):
    with inside(practice):
        exercise = Exercise.objects.create(
            practice=practice, slug="ours", title="Ours", kind="ritual", summary="", participation="together",
            level="gentle", minutes=5, lane="joint",
        )  # fmt: skip
        edition = Edition.objects.create(
            practice=practice, exercise=exercise, number=1, title="Ours", content={}, digest="x"
        )
        with pytest.raises(DatabaseError, match="an edition never changes"):
            Edition.objects.filter(pk=edition.pk).update(content={"steps": []})
