"""Forms in a practice's library, their safety questions, and answers from elsewhere in a couple's record."""

from __future__ import annotations

import datetime
import json

import pytest
from django.utils import timezone

from exercises import assigning
from exercises.fhir.exporting import questionnaire_of
from exercises.fhir.findings import Refused
from exercises.fhir.planning import Choices, plan_file
from exercises.fhir.responses import prepare, take_response
from exercises.fhir.taking import mark, take
from exercises.models import Answer, Assignment, Exercise, Manuscript, Occurrence, QuestionnaireFile, Response
from exercises.writing.editions import publish_edition
from exercises.writing.starting import adapt
from practice.models import Message
from reports.models import Alert, Score
from tests.exercises.fhir.samples import sample
from tests.exercises.test_assigning import giving, today_at_end
from tests.factories import acting_as, inside, make_couple

pytestmark = pytest.mark.django_db

MARKED = Choices(
    add_up=True,
    marks={"h1_t1_q9": "any:Several-days,More-than-half-the-days,Nearly-every-day"},
    licence_confirmed=True,
)


@pytest.fixture
def take_form(practice, therapist):
    def taken(name, choices=None):
        with acting_as(therapist):
            return take(plan_file(sample(name))[0], choices or Choices(), therapist)

    return taken


def test_the_file_is_kept_word_for_word_and_goes_out_as_it_came(practice, take_form):
    exercise = take_form("phq9-lforms")
    with inside(practice):
        file = QuestionnaireFile.objects.get(exercise=exercise)
        assert file.text.encode() == sample("phq9-lforms")
        assert questionnaire_of(exercise.newest).resource == json.loads(file.text)
        assert (exercise.measure, exercise.locked) == ("phq9", True)


def test_the_same_file_twice_is_one_exercise(practice, take_form):
    assert take_form("gad7-researchkit") == take_form("gad7-researchkit")
    with inside(practice):
        assert Exercise.objects.filter(practice=practice).count() == 1


def test_another_practice_sees_nothing_of_it(take_form, neighbour):
    take_form("gad7-researchkit")
    with inside(neighbour):
        assert not QuestionnaireFile.objects.exists()
        assert not Exercise.objects.exclude(practice=None).exists()


def give(exercise, couple, therapist, mara):
    chosen = {**today_at_end(couple), "lane": "private", "clients": (mara.pk,)}
    with acting_as(therapist):
        return assigning.give(giving(couple, exercise.slug, **chosen), by=therapist)


def test_an_unmarked_form_is_given_to_nobody(take_form, couple, therapist, mara):
    exercise = take_form("phq9-researchkit")
    with pytest.raises(assigning.Refused) as refused:
        give(exercise, couple, therapist, mara)
    assert "safety" in refused.value.errors


def test_a_marked_form_and_a_recognised_measure_are_given(take_form, couple, therapist, mara):
    assert give(take_form("phq9-researchkit", MARKED), couple, therapist, mara)
    assert give(take_form("phq9-lforms"), couple, therapist, mara)


def test_marking_later_makes_the_next_edition(practice, take_form, couple, therapist, mara):
    exercise = take_form("phq9-researchkit")
    with acting_as(therapist):
        edition = mark(exercise, MARKED.marks, none=False)
    assert edition.number == 2
    assert edition.form["h1_t1_q9"].flag is not None
    assert give(exercise, couple, therapist, mara)
    with inside(practice):
        assert questionnaire_of(edition).resource == json.loads(sample("phq9-researchkit"))


def test_a_copy_of_an_unmarked_form_is_as_unmarked(practice, take_form, couple, therapist, mara):
    exercise = take_form("phq9-researchkit")
    with acting_as(therapist):
        copy = adapt(exercise.newest, therapist)
        content = Manuscript.objects.get(exercise=copy).content
        publish_edition(copy, {**content, "slug": copy.slug})
    with pytest.raises(assigning.Refused) as refused:
        give(copy, couple, therapist, mara)
    assert "safety" in refused.value.errors
    with acting_as(therapist):
        mark(copy, MARKED.marks, none=False)
    assert give(copy, couple, therapist, mara)


def test_saying_that_none_asks_about_safety_is_enough(take_form, couple, therapist, mara):
    assert give(take_form("gad7-researchkit", Choices(no_safety_questions=True)), couple, therapist, mara)


def bring(name, couple, client, therapist, named=None):
    with acting_as(therapist):
        ready = prepare(sample(name) if isinstance(name, str) else name, couple, client, named=named)
        return ready, take_response(ready, couple=couple, client=client, by=therapist)


def test_answers_from_elsewhere_are_private_history(practice, take_form, couple, therapist, mara):
    take_form("phq9-researchkit", MARKED)
    ready, response = bring("phq9-researchkit-response", couple, mara, therapist)
    with inside(practice):
        response.refresh_from_db()
        assert (response.lane, response.readers) == ("private", [])
        assert response.submitted_at.date() == datetime.date(2026, 2, 19)
        assert response.imported_at is not None
        assert Answer.objects.filter(response=response).count() == 9
        assert Score.objects.get(response=response).value == 27
        assert Alert.objects.get(response=response).key == "h1_t1_q9"
        assignment = Assignment.objects.get()
        assert assignment.ended_at is not None
        assert Occurrence.objects.get().state == "done"
        # Nobody in care hears of it; that an old answer asks for a look is told to staff alone.
        assert set(Message.objects.values_list("kind", "person_id")) == {("alert", therapist.pk)}
    assert {notice.code for notice in ready.notices} >= {"flat", "no_version", "safety"}


def test_bringing_them_in_twice_keeps_them_once(take_form, couple, therapist, mara):
    take_form("phq9-researchkit", MARKED)
    first = bring("phq9-researchkit-response", couple, mara, therapist)[1]
    assert bring("phq9-researchkit-response", couple, mara, therapist)[1] == first


def test_the_other_partner_learns_nothing(take_form, couple, therapist, mara, theo):
    take_form("phq9-researchkit", MARKED)
    bring("phq9-researchkit-response", couple, mara, therapist)
    with acting_as(theo):
        assert not Response.objects.exists()
        assert not Occurrence.objects.exists()
        assert not Assignment.objects.exists()


def test_answers_without_a_link_need_a_named_form(practice, take_form, couple, therapist, mara):
    exercise = take_form("repeating-groups", Choices(no_safety_questions=True))
    with pytest.raises(Refused) as refused:
        bring("repeating-groups-response", couple, mara, therapist)
    assert refused.value.findings[0].code == "no_form"
    ready, response = bring("repeating-groups-response", couple, mara, therapist, named=exercise)
    assert {notice.code for notice in ready.notices} == {"no_link", "no_authored"}
    with inside(practice):
        assert [str(one.text) for one in Answer.objects.filter(response=response).order_by("key")] == [
            "2024-06-03",
            "2026-02-11",
        ]


def test_answers_to_an_unknown_form_or_version_are_refused(take_form, couple, therapist, mara):
    with pytest.raises(Refused) as refused:
        bring("phq9-researchkit-response", couple, mara, therapist)
    assert refused.value.findings[0].code == "unknown_form"
    take_form("phq9-researchkit", MARKED)
    other = json.loads(sample("phq9-researchkit-response"))
    other["questionnaire"] += "|2.0.0"
    with pytest.raises(Refused) as refused:
        bring(json.dumps(other).encode(), couple, mara, therapist)
    assert refused.value.findings[0].code == "other_version"


def test_answers_to_an_unmarked_form_wait_for_the_marking(take_form, couple, therapist, mara):
    take_form("phq9-researchkit")
    with pytest.raises(Refused) as refused:
        bring("phq9-researchkit-response", couple, mara, therapist)
    assert refused.value.findings[0].code == "not_marked"


def test_a_stranger_is_no_partner(take_form, couple, therapist, practice):
    take_form("phq9-researchkit", MARKED)
    stranger = make_couple(practice, ("Ada", "Ruth")).clients[0]
    with pytest.raises(Refused):
        bring("phq9-researchkit-response", couple, stranger, therapist)


def test_the_future_is_refused(take_form, couple, therapist, mara):
    take_form("phq9-researchkit", MARKED)
    later = json.loads(sample("phq9-researchkit-response"))
    later["authored"] = (timezone.now() + datetime.timedelta(days=2)).isoformat()
    with pytest.raises(Refused) as refused:
        bring(json.dumps(later).encode(), couple, mara, therapist)
    assert refused.value.findings[0].code == "in_future"
