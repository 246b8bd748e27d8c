"""Scores of measures from forms that were sent: kept, raised as alerts, and shown to the therapist alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from clients.models import Couple
from exercises import answering, measured, measures
from exercises.giving import lanes_on_offer
from exercises.models import Answer, Exercise, Response
from exercises.vocabulary import Lane
from practice.models import Practice
from reports import progress
from reports.alerts import told
from reports.material import Period
from reports.models import Alert, Score
from reports.scores import write_scores
from tests.exercises.given import as_attune, give
from tests.exercises.measures.forms import questions_of, raw, scoring_of
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db


def send(couple, therapist, author, key: str, answers: str, lane: str = "private") -> Response:
    """Give a measure's form to one partner, who answers it."""
    given = give(
        couple, therapist, lane, questions_of(key), to=[author] if lane == "private" else None,
        scoring=scoring_of(key), title=f"Form {key}", kind="measure",
    )  # fmt: skip
    mine = next(one for one in given if one.client_id == author.pk)
    with as_attune(couple):
        Exercise.objects.filter(editions=mine.assignment.edition_id).update(measure=key, locked=True)
    with acting_as(author):
        return answering.submit(mine, author=author, raw=raw(answers))


def scores_of(couple: Couple) -> dict[str, Score]:
    with as_attune(couple):
        return {one.series: one for one in Score.objects.all()}


def test_a_form_of_a_measure_keeps_its_score(couple, therapist, mara):
    send(couple, therapist, mara, "phq9", "2 2 1 1 1 1 1 1 0")
    found = scores_of(couple)
    assert (found["phq9"].value, found["phq9"].scored, found["phq9"].lane) == (10, True, "private")
    shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    for words in ("10 of 27", "Moderate", "In the clinical range", "Item 9: the lowest answer", "a form that was sent"):
        assert words in shown


def test_scores_can_be_thrown_away_and_made_again(couple, therapist, mara):
    response = send(couple, therapist, mara, "phq4", "1 2 1 1")
    before = {series: one.value for series, one in scores_of(couple).items()}
    assert before == {"phq4": 5, "phq4.anxiety": 3, "phq4.depression": 2}
    with as_attune(couple):
        Score.objects.all().delete()
        sent = Response.objects.select_related("edition").get(pk=response.pk)
        write_scores(sent, {answer.key: answer for answer in Answer.objects.filter(response=sent)})
    assert {series: one.value for series, one in scores_of(couple).items()} == before


@pytest.mark.parametrize(
    ("answers", "raised"),
    [("0 0 0 0 0 0 0 0 1", True), ("3 3 3 3 3 3 3 3 0", False), ("1 1 1 1 1 1 1 1 –", False)],
)
def test_the_safety_item_raises_an_alert_whatever_the_total_is(couple, therapist, mara, answers, raised):
    send(couple, therapist, mara, "phq9", answers)
    with acting_as(therapist):
        alerts = list(Alert.objects.select_related("response__edition"))
        assert [one.key for one in alerts] == (["item_9"] if raised else [])
        if raised:
            words = told(alerts[0])
            assert (words.question, words.answer) == ("Question 9", "Answer 1")
            assert "whatever the score is" in words.rule


def test_a_safety_item_left_out_is_said_so_and_gives_no_score(couple, therapist, mara):
    send(couple, therapist, mara, "phq9", "1 1 1 1 1 1 1 1 –")
    assert scores_of(couple) == {}
    with acting_as(therapist):
        (one,) = measured.results(couple, mara)
    assert (one.score.total, one.score.safety, one.source) == (None, {9: "not_answered"}, "form")
    shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    assert "no score" in shown
    assert "8 of 9 answered" in shown
    assert "Item 9: not answered" in shown


def test_a_made_up_score_is_marked(couple, therapist, mara):
    send(couple, therapist, mara, "gad7", "1 2 1 1 – 1 1")
    shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    assert "8 of 21" in shown
    assert "6 of 7 answered, prorated" in shown


def test_forms_and_entered_scores_stand_in_one_line(couple, therapist, mara):
    response = send(couple, therapist, mara, "gad7", "1 0 1 1 0 1 1")
    entered = {"taken_on": "2026-01-05", "total": "14", "note": ""}
    signed_in(therapist).post(f"/desk/couples/{couple.pk}/measures/{mara.pk}/gad7/", entered)
    with acting_as(therapist):
        first, second = measured.results(couple, mara)
    assert (first.score.total, first.source) == (14, "entered")
    assert (second.score.total, second.source, second.id) == (5, "form", response.pk)
    shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    assert "Recovered" in shown
    assert "−9" in shown


def test_a_positive_screen_is_an_alert_and_its_score_stays_private(couple, therapist, mara):
    send(couple, therapist, mara, "hits", "3 3 3 3", lane="shared")
    assert scores_of(couple)["hits"].lane == Lane.PRIVATE
    with acting_as(therapist):
        (alert,) = Alert.objects.select_related("response__edition")
        assert (alert.key, told(alert).question) == ("hits", "HITS")
        assert "asks for a closer look" in told(alert).rule
    assert signed_in(therapist).get(f"/desk/couples/{couple.pk}/to-look-at/{alert.pk}/").status_code == 200


@pytest.mark.parametrize("shared", [True, False])
def test_reports_draw_measures_for_the_therapist_alone_and_screens_for_nobody(couple, therapist, mara, shared):
    send(couple, therapist, mara, "phq9", "2 2 1 1 1 1 1 1 0", lane="shared")
    send(couple, therapist, mara, "hits", "3 3 3 3", lane="shared")
    today = timezone.localtime(timezone.now(), couple.zone).date()
    with acting_as(therapist):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        period = Period(today, today, couple.zone)
        material = progress.material_for(fresh, period, shared=shared, now=timezone.now())
        assert material.scores == ()
        assert [one.measure.key for one in material.measures] == ([] if shared else ["phq9"])
        practice = Practice.objects.get(pk=couple.practice_id)
        said = progress.compose(material, practice, today=today, reference="R", prepared_by="")
        assert [one.label for one in said.series] == ([] if shared else ["PHQ-9"])
        if not shared:
            [series] = said.series
            assert (series.low, series.high, series.better) == (0, 27, "down")
            assert "No permission required" in series.note


def test_sums_with_weights_have_their_own_ends(couple, therapist, mara):
    plan = {"method": "sum", "questions": ["item_1", "item_2"], "direction": "higher_better", "series": "both"}
    (mine,) = give(couple, therapist, "private", questions_of("phq2"), to=[mara], scoring=[plan], title="Two")
    with acting_as(mara):
        answering.submit(mine, author=mara, raw=raw("2 3"))
    assert scores_of(couple)["both"].value == Decimal(5)
    today = timezone.localtime(timezone.now(), couple.zone).date()
    with acting_as(therapist):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        material = progress.material_for(fresh, Period(today, today, couple.zone), shared=False, now=timezone.now())
    (one,) = material.scores
    assert (one.scale.low, one.scale.high, one.scale.what) == (0, 6, "sum of its questions")


@pytest.mark.parametrize(("key", "offered"), [("hits", ["private"]), ("phq9", ["private"]), ("gad7", ["own"])])
def test_what_asks_about_safety_always_reaches_the_therapist(couple, therapist, mara, key, offered):
    (mine,) = give(couple, therapist, "private", questions_of(key), to=[mara], scoring=scoring_of(key), title="Form")
    with as_attune(couple):
        practice = Practice.objects.get(pk=couple.practice_id)
        practice.secrets_policy = Practice.Secrets.NO_SECRETS
        assert [lane.value for lane in lanes_on_offer(mine.assignment.edition, practice)] == offered


def test_whose_the_measure_is_stands_on_its_form(couple, therapist, mara):
    credit = measures.get("gad7").credit
    (mine,) = give(
        couple, therapist, "private", questions_of("gad7"), to=[mara], scoring=scoring_of("gad7"), title="Form",
        credit=credit,
    )  # fmt: skip
    browser = signed_in(mara)
    for part in ("", "1/"):
        assert credit in browser.get(f"/do/{mine.pk}/{part}", follow=True).content.decode()
