"""Imported forms are answered like any other, and the answers go out in FHIR as their form says."""

from __future__ import annotations

import pytest

from exercises import answering
from exercises.fhir.planning import Choices, plan_file
from exercises.fhir.reading import written
from exercises.fhir.received import check_response, read_response
from exercises.fhir.record import record_of
from exercises.models import Occurrence
from tests.exercises.fhir.samples import sample
from tests.exercises.fhir.test_record import resources
from tests.exercises.fhir.test_taking import give, take_form  # noqa: F401
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db

TAKEN = [
    "phq9-lforms",
    "gad7-researchkit",
    "branching-128-items",
    "repeating-groups",
    "initial-values",
    "enablewhen-numeric",
    "apgar-item-weight",
    "registration-translated",
    "items-under-answers",
]


@pytest.fixture
def occurrence(request, take_form, couple, therapist, mara) -> Occurrence:  # noqa: F811
    exercise = take_form(request.param, Choices(no_safety_questions=True))
    (given,) = give(exercise, couple, therapist, mara)
    with acting_as(mara):
        return Occurrence.objects.filter(assignment=given).select_related("assignment__edition").earliest("due_at")


@pytest.mark.parametrize("occurrence", TAKEN, indirect=True)
def test_every_page_of_a_form_opens(occurrence, mara):
    browser = signed_in(mara)
    for page in ("", "1/", "check/"):
        answer = browser.get(f"/do/{occurrence.pk}/{page}", follow=True)
        assert answer.status_code == 200


def chosen(question) -> list[str]:
    match question.type.value:
        case "single" | "multi":
            return [question.options[0].value]
        case "yes_no":
            return ["yes"]
        case "quantity":
            return ["1.2345", question.units[0].value]
        case "date":
            return ["2026-03-04"]
        case "time":
            return ["18:30"]
        case "datetime":
            return ["2026-03-04T18:30"]
        case "url":
            return ["https://example.org/"]
        case "number":
            return ["1"]
    return ["Some words"]


@pytest.mark.parametrize("occurrence", TAKEN, indirect=True)
def test_what_is_sent_goes_out_and_fits_its_form_again(request, occurrence, couple, therapist, mara):
    name = request.node.callspec.params["occurrence"]
    form = occurrence.assignment.edition.form
    raw = {question.key: chosen(question) for question in form.instances([]) if question.is_asked}
    with acting_as(mara):
        answering.submit(occurrence, author=mara, raw=raw)
    with acting_as(therapist):
        (response,) = resources(record_of(couple, mara), "QuestionnaireResponse")
    plan = plan_file(sample(name))[0]
    del response["questionnaire"]
    checked = check_response(read_response(written(response).encode()), plan)
    assert checked.values
    assert not [notice for notice in checked.notices if notice.code in ("flat", "nested")]
