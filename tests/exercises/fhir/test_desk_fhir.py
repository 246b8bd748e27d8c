"""Bringing in a form in the browser: looked at, reviewed, taken; and by machines with the same list."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from exercises.fhir.forms import packed, unpacked
from exercises.fhir.reading import LARGEST_FILE
from exercises.models import Exercise, QuestionnaireFile, Response
from reports.models import Alert
from tests.exercises.fhir.samples import sample
from tests.exercises.fhir.test_taking import MARKED, bring, take_form  # noqa: F401
from tests.factories import inside, signed_in

pytestmark = pytest.mark.django_db

ADDRESS = "/desk/library/import/"
REVIEW = "/desk/library/import/review/"

SAID = {"title": "How it was", "lane": "private", "licence": "", "licence_reference": "", "licence_confirmed": "on"}


def upload(name: str) -> dict:
    return {"file": SimpleUploadedFile("form.json", sample(name), "application/json")}


def answers(name: str, **more) -> dict:
    return {"packed": packed(sample(name)), "number": "0", **SAID, **more}


def test_a_refusal_names_every_reason_and_saves_nothing(practice, therapist):
    answer = signed_in(therapist).post(ADDRESS, upload("all-item-types"))
    page = answer.content.decode()
    assert answer.status_code == 422
    for part in ("Item-reference", "Item-attachment", "ValueSet/ARE", "ValueSet/COU", "Nothing was saved"):
        assert part in page
    with inside(practice):
        assert not QuestionnaireFile.objects.exists()


def test_the_review_shows_what_is_kept_and_not_used_and_saves_nothing(practice, therapist):
    answer = signed_in(therapist).post(ADDRESS, upload("apgar-item-weight"))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Kept, not used" in page
    assert "a sum lies between 0 and 10" in page
    with inside(practice):
        assert not Exercise.objects.filter(practice=practice).exists()


def test_without_an_answer_about_safety_it_is_not_taken(practice, therapist):
    answer = signed_in(therapist).post(REVIEW, answers("phq9-researchkit", title="My own title"))
    assert answer.status_code == 422
    assert "My own title" in answer.content.decode()
    with inside(practice):
        assert not Exercise.objects.filter(practice=practice).exists()


def test_a_marked_question_needs_the_answers_that_raise_the_flag(therapist):
    said = answers("phq9-researchkit", asks="yes", **{"mark-h1_t1_q9": "on"})
    answer = signed_in(therapist).post(REVIEW, said)
    assert answer.status_code == 422
    assert "Tick at least one" in answer.content.decode()


def test_what_was_decided_is_kept(practice, therapist):
    chosen = {"mark-h1_t1_q9": "on", "rule-h1_t1_q9": ["Several-days", "Nearly-every-day"]}
    said = answers("phq9-researchkit", asks="yes", add_up="on", direction="lower_better", **chosen)
    answer = signed_in(therapist).post(REVIEW, said)
    assert answer.status_code == 302
    with inside(practice):
        file = QuestionnaireFile.objects.select_related("exercise__newest").get()
        assert file.text.encode() == sample("phq9-researchkit")
        assert file.marked == {"h1_t1_q9": "any:Several-days,Nearly-every-day"}
        assert (file.licence_confirmed, file.imported_by_id) == (True, therapist.pk)
        assert file.exercise.newest.content["scoring"]["method"] == "sum"
        assert file.exercise.title == "How it was"


def test_a_recognised_measure_asks_no_question_about_safety(practice, therapist):
    page = signed_in(therapist).post(ADDRESS, upload("phq9-lforms")).content.decode()
    assert "this is PHQ-9" in page
    assert 'name="asks"' not in page
    assert signed_in(therapist).post(REVIEW, answers("phq9-lforms")).status_code == 302
    with inside(practice):
        assert Exercise.objects.get(practice=practice).locked


def test_machines_get_the_same_list(practice, therapist):
    browser = signed_in(therapist)
    refused = browser.post(
        ADDRESS, sample("all-item-types"), content_type="application/fhir+json", headers={"Accept": "application/json"}
    )
    assert refused.status_code == 422
    issues = refused.json()["issue"]
    assert len(issues) == 4
    assert "Item-reference" in issues[0]["details"]["text"]
    taken = browser.post(ADDRESS, sample("gad7-researchkit"), content_type="application/fhir+json")
    assert taken.status_code == 201
    with inside(practice):
        assert Exercise.objects.get(practice=practice).newest.content["fhir"]["cleared"] is False


def test_a_form_taken_by_a_machine_is_marked_later(practice, therapist, take_form):  # noqa: F811
    exercise = take_form("gad7-researchkit")
    browser = signed_in(therapist)
    assert "Not ready to be given" in browser.get(f"/desk/library/{exercise.slug}/").content.decode()
    assert browser.post(f"/desk/library/{exercise.slug}/safety/", {}).status_code == 422
    assert browser.post(f"/desk/library/{exercise.slug}/safety/", {"asks": "no"}).status_code == 302
    assert "Not ready to be given" not in browser.get(f"/desk/library/{exercise.slug}/").content.decode()


def test_a_form_goes_out_as_it_came(therapist, take_form):  # noqa: F811
    exercise = take_form("registration-translated")
    answer = signed_in(therapist).get(f"/desk/library/{exercise.slug}/fhir/")
    assert answer["Content-Type"] == "application/fhir+json"
    assert answer.json() == json.loads(sample("registration-translated"))


def test_b71_b84_an_oversized_file_is_refused_kindly(therapist):
    file = SimpleUploadedFile("form.json", b" " * (LARGEST_FILE + 10))
    answer = signed_in(therapist).post(ADDRESS, {"file": file})
    assert answer.status_code == 422
    assert "larger than 2 MB" in answer.content.decode()


def test_what_is_carried_between_the_pages_is_bounded():
    assert unpacked(packed(b"{ }\r\n")) == b"{ }\r\n"
    assert unpacked("nonsense") is None
    bomb = packed(b" " * (LARGEST_FILE * 20))
    assert len(unpacked(bomb) or b"") <= LARGEST_FILE + 1


def test_answers_from_elsewhere_are_looked_at_and_then_kept(practice, therapist, couple, mara, take_form):  # noqa: F811
    take_form("phq9-researchkit", MARKED)
    browser = signed_in(therapist)
    address = f"/desk/couples/{couple.pk}/record/{mara.pk}/"
    looked = browser.post(address, upload("phq9-researchkit-response"))
    assert looked.status_code == 200
    assert "marked as historical" in looked.content.decode()
    with inside(practice):
        assert not Response.objects.exists()
    kept = browser.post(f"{address}answers/", {"packed": packed(sample("phq9-researchkit-response")), "named": ""})
    assert kept.status_code == 302
    with inside(practice):
        assert Response.objects.get().imported_at is not None
    record = browser.post(f"{address}fhir/", {})
    assert record.json()["type"] == "collection"
    assert "Mara" not in record.content.decode()
    assert "Mara" in browser.post(f"{address}fhir/", {"with_name": "on"}).content.decode()


def test_broken_answers_are_refused_with_their_place(therapist, couple, mara):
    answer = signed_in(therapist).post(f"/desk/couples/{couple.pk}/record/{mara.pk}/", upload("broken-json-response"))
    assert answer.status_code == 422
    assert "line 11, column 9" in answer.content.decode()


def test_a_colleague_without_the_couple_finds_nothing(colleague, couple, mara):
    assert signed_in(colleague).post(f"/desk/couples/{couple.pk}/record/{mara.pk}/fhir/", {}).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "phq9-lforms",
        "branching-128-items",
        "repeating-groups",
        "initial-values",
        "registration-translated",
        "items-under-answers",
        "enablewhen-numeric",
        "apgar-item-weight",
    ],
)
def test_every_form_taken_can_be_opened_and_previewed(therapist, take_form, name):  # noqa: F811
    exercise = take_form(name)
    browser = signed_in(therapist)
    for page in ("", "preview/"):
        assert browser.get(f"/desk/library/{exercise.slug}/{page}").status_code == 200


def test_an_old_answer_that_needs_a_look_is_shown_as_old(practice, therapist, couple, mara, take_form):  # noqa: F811
    take_form("phq9-researchkit", MARKED)
    bring("phq9-researchkit-response", couple, mara, therapist)
    with inside(practice):
        alert = Alert.objects.get()
        address = reverse("alert", args=[couple.pk, alert.pk])
    page = signed_in(therapist).get(address).content.decode()
    assert "From another system: answered 19 February" in page


@pytest.mark.parametrize("words", ["nul \x00", "\u202eevil\u202c", "x" * 5000, " \t\n"])
def test_b84_odd_words_are_kept_or_refused_kindly(therapist, couple, mara, words):
    browser = signed_in(therapist)
    for name in ("title", "summary", "licence", "licence_reference", "number", "packed", "asks", "lane"):
        said = answers("gad7-researchkit", asks="no")
        assert browser.post(REVIEW, {**said, name: words}).status_code in (302, 422)
    address = f"/desk/couples/{couple.pk}/record/{mara.pk}/answers/"
    said = {"packed": packed(sample("phq9-researchkit-response")), "named": words}
    assert browser.post(address, said).status_code == 422
