"""The commands: exit codes, reasons on standard error, and nothing saved when refused or tried."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command

from exercises.models import Exercise, QuestionnaireFile, Response
from tests.exercises.fhir.samples import FOLDER, sample
from tests.exercises.fhir.test_taking import MARKED, take_form  # noqa: F401
from tests.factories import inside

pytestmark = pytest.mark.django_db


def run(name: str, *words: str, **options) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(name, *words, stdout=out, stderr=err, **options)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def bring(practice, name: str, *words: str) -> tuple[int, str, str]:
    return run("import_questionnaire", str(FOLDER / f"{name}.json"), "--practice", practice.slug, *words)


def test_a_form_is_taken_with_zero(practice):
    code, out, err = bring(practice, "phq9-lforms")
    assert (code, err) == (0, "")
    assert "recognised as PHQ-9" in out
    with inside(practice):
        assert QuestionnaireFile.objects.get().text.encode() == sample("phq9-lforms")


def test_a_dry_run_saves_nothing(practice):
    code, out, _err = bring(practice, "gad7-researchkit", "--dry-run")
    assert code == 0
    assert "0–21" in out
    with inside(practice):
        assert not Exercise.objects.filter(practice=practice).exists()


def test_a_refusal_ends_with_one_and_a_line_for_each_reason(practice):
    code, out, err = bring(practice, "enablewhen-all-operators")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 5
    assert "Q10-ewe" in err
    with inside(practice):
        assert not QuestionnaireFile.objects.exists()


def test_broken_json_says_where(practice):
    code, _out, err = bring(practice, "broken-json-response")
    assert code == 1
    assert "line 11, column 9" in err


def test_a_wrong_practice_or_file_ends_with_one(practice):
    assert run("import_questionnaire", str(FOLDER / "phq9-lforms.json"), "--practice", "nowhere")[0] == 1
    assert run("import_questionnaire", "/nowhere.json", "--practice", practice.slug)[0] == 1


def test_a_form_goes_out_again(practice, take_form):  # noqa: F811
    exercise = take_form("initial-values")
    code, out, _err = run("export_questionnaire", exercise.slug, "--practice", practice.slug)
    assert code == 0
    assert json.loads(out) == json.loads(sample("initial-values"))
    assert "1.2345" in out


def test_answers_come_in_for_a_named_person(practice, couple, mara, therapist, take_form):  # noqa: F811
    take_form("phq9-researchkit", MARKED)
    file = str(FOLDER / "phq9-researchkit-response.json")
    words = [file, "--practice", practice.slug, "--client", str(mara.pk)]
    assert run("import_response", *words, "--dry-run")[0] == 0
    with inside(practice):
        assert not Response.objects.exists()
    code, out, _err = run("import_response", *words)
    assert code == 0
    assert "Taken." in out
    assert run("import_response", file, "--practice", practice.slug, "--client", "nobody")[0] == 1
