"""What goes out: forms written here, answers in their form's shape, and one person's record without the other."""

from __future__ import annotations

import json

import pytest

from exercises.fhir.answering import AnswerWriter
from exercises.fhir.exporting import questionnaire_of
from exercises.fhir.parsing import parse_questionnaire
from exercises.fhir.planning import Choices, plan_file
from exercises.fhir.reading import written
from exercises.fhir.received import check_response, read_response
from exercises.fhir.record import NotAuthorised, record_of, record_of_couple
from exercises.fhir.writing import questionnaire_from
from exercises.models import Edition, Exercise
from exercises.questions import Form
from exercises.writing.editions import publish_edition
from practice import tenancy
from tests.exercises.fhir.samples import sample
from tests.exercises.fhir.test_taking import MARKED, bring, take_form  # noqa: F401
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import acting_as, inside

pytestmark = pytest.mark.django_db


def round_trip(form: str, response: str) -> tuple[list, list]:
    plan = plan_file(sample(form))[0]
    received = read_response(sample(response))
    checked = check_response(received, plan)
    raw = plan.one.questionnaire.raw
    writer = AnswerWriter(plan.form, plan.content(Choices()), checked.values, plan)
    return writer.items(raw["item"]), received.raw["item"]


def bare(items: list) -> list:
    """Items without their words and without an order of names."""
    return [
        {
            "linkId": one["linkId"],
            "item": bare(one.get("item", [])),
            "answer": [
                {
                    **{name: value for name, value in answer.items() if name != "item"},
                    "item": bare(answer.get("item", [])),
                }
                for answer in one.get("answer", [])
            ],
        }
        for one in items
    ]


@pytest.mark.parametrize(
    ("form", "response"),
    [
        ("items-under-answers", "items-under-answers-response"),
        ("repeating-groups", "repeating-groups-response"),
        ("enablewhen-numeric", "enablewhen-numeric-response"),
    ],
)
def test_answers_go_out_in_the_shape_they_came(form, response):
    ours, theirs = round_trip(form, response)
    assert bare(ours) == bare(theirs)


def test_flat_answers_go_out_nested_as_the_form_says():
    ours, theirs = round_trip("phq9-researchkit", "phq9-researchkit-response")
    assert [one["linkId"] for one in ours] == ["H1/T1"]
    assert [one["answer"] for one in ours[0]["item"]] == [one["answer"] for one in theirs]


def test_every_question_of_ours_becomes_an_item_that_comes_in_again():
    content = {"title": "Looking back", "questions": EVERY_TYPE, "summary": "A look back."}
    resource, dropped = questionnaire_from(content, "looking-back", 1)
    assert dropped == []
    form, findings = parse_questionnaire(json.loads(written(resource)))
    assert findings.refusals == []
    assert {item.link_id for item in form.walk()} >= {one["key"] for one in EVERY_TYPE}


def test_the_whole_catalogue_can_go_out_and_come_in():
    from exercises.catalogue import load_catalogue

    for entry in load_catalogue().entries.values():
        resource, _dropped = questionnaire_from(entry.as_data(), entry.slug, 1)
        plan_file(written(resource).encode())


def test_an_edit_keeps_what_was_not_touched(practice, take_form):  # noqa: F811
    exercise = take_form("phq9-lforms")
    with inside(practice):
        exercise = Exercise.objects.select_related("newest").get(pk=exercise.pk)
        content = json.loads(json.dumps(exercise.newest.content))
        content["questions"] = content["questions"][1:]
        content["questions"][0]["label"] = "Other words"
        exported = questionnaire_of(publish_edition(exercise, content))
    items = {item["linkId"]: item for item in exported.resource["item"]}
    original = {item["linkId"]: item for item in json.loads(sample("phq9-lforms"))["item"]}
    assert "/44250-9" not in items
    assert items["/44255-8"]["text"] == "Other words"
    assert items["/44259-0"] == original["/44259-0"]
    assert "/44261-6" not in items  # the total named an item that is gone
    assert {"item_gone", "expression_gone", "extension_gone"} <= {one.code for one in exported.dropped}
    form, findings = parse_questionnaire(exported.resource)
    assert (findings.refusals, len(form.items)) == ([], 9)


def resources(bundle: dict, kind: str) -> list[dict]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def test_a_record_has_the_form_the_answers_the_score_and_the_task(take_form, couple, therapist, mara):  # noqa: F811
    take_form("phq9-researchkit", MARKED)
    bring("phq9-researchkit-response", couple, mara, therapist)
    with acting_as(therapist):
        bundle = record_of(couple, mara)
    assert bundle["type"] == "collection"
    (person,) = resources(bundle, "Patient")
    assert "name" not in person
    assert person["id"] != str(mara.pk)
    (response,) = resources(bundle, "QuestionnaireResponse")
    assert response["questionnaire"].endswith("PHQ9|3.0.0")
    assert response["authored"].startswith("2026-02-19T21:09:14+00:00")
    assert response["item"][0]["item"][0]["text"]
    (score,) = resources(bundle, "Observation")
    assert score["valueQuantity"] == {"value": 27}
    assert score["derivedFrom"] == [{"reference": f"urn:uuid:{response['id']}"}]
    (task,) = resources(bundle, "Task")
    assert "focus" not in task
    assert task["output"][0]["valueReference"]["reference"] == f"urn:uuid:{response['id']}"
    assert task["code"]["coding"][0]["code"] == "complete-questionnaire"


def test_a_native_score_has_its_loinc_code(take_form, couple, therapist, mara):  # noqa: F811
    take_form("phq9-lforms")
    items = [
        {"linkId": link_id, "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA6569-3"}}]}
        for link_id in (
            "/44250-9", "/44255-8", "/44259-0", "/44254-1", "/44251-7", "/44258-2", "/44252-5", "/44253-3", "/44260-8",
        )
    ]  # fmt: skip
    data = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items}
    exercise = take_form("phq9-lforms")
    bring(json.dumps(data).encode(), couple, mara, therapist, named=exercise)
    with acting_as(therapist):
        (score,) = resources(record_of(couple, mara), "Observation")
    assert score["code"]["coding"][0]["code"] == "44261-6"
    assert score["valueQuantity"]["value"] == 9


def test_a_record_tells_nothing_of_the_partner(take_form, couple, therapist, mara, theo):  # noqa: F811
    take_form("phq9-researchkit", MARKED)
    with acting_as(therapist):
        before = record_of(couple, mara)
    bring("phq9-researchkit-response", couple, theo, therapist)
    give(couple, therapist, "private", to=[theo])
    with acting_as(therapist):
        after = record_of(couple, mara)
        text = json.dumps(record_of(couple, mara, with_name=True), default=str)
    assert before["entry"] == after["entry"]
    assert "Mara" in text
    assert "Theo" not in text
    assert str(theo.pk) not in text


def test_a_group_needs_every_partners_word(couple, therapist, mara, theo):
    with acting_as(therapist):
        with pytest.raises(NotAuthorised):
            record_of_couple(couple, authorised_by=[mara.pk])
        bundle = record_of_couple(couple, authorised_by=[mara.pk, theo.pk])
    (group,) = resources(bundle, "Group")
    assert (group["type"], group["actual"], len(group["member"])) == ("person", True, 2)


def test_what_is_private_is_in_no_couples_record(take_form, couple, therapist, mara, theo):  # noqa: F811
    take_form("phq9-researchkit", MARKED)
    bring("phq9-researchkit-response", couple, mara, therapist)
    with acting_as(therapist):
        bundle = record_of_couple(couple, authorised_by=[mara.pk, theo.pk])
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {"Group", "Patient"}


def test_an_edition_without_a_file_is_written_anew(practice):
    with inside(practice):
        exercise = Exercise.objects.create(
            practice_id=tenancy.current_practice_id(), slug="ours", kind="check_in", title="Ours", summary="",
            participation="each_alone", level="gentle", minutes=1, lane="shared",
        )  # fmt: skip
        content = {"title": "Ours", "questions": EVERY_TYPE}
        edition = Edition.objects.create(practice_id=exercise.practice_id, exercise=exercise, number=1, title="Ours",
                                         content=content, digest="x")  # fmt: skip
        resource = questionnaire_of(edition).resource
    assert Form.from_data(EVERY_TYPE)
    assert resource["item"][0]["linkId"] == EVERY_TYPE[0]["key"]
