"""An exercise's own scores: the numbers are those of the answers, and they go no further than these."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from statistics import fmean

import pytest

from clients.models import Couple
from exercises.models import Answer
from exercises.questions import Form
from exercises.scoring import Scoring
from practice.models import Practice
from reports import charts, exercise_scores, findings, pdf, progress, score_scales
from reports.material import ExerciseScale, ExerciseScore, Material
from reports.paper import Report as Paper
from tests.factories import signed_in
from tests.reports.factories import NOW, QUESTIONS, SCALE, TODAY, Giver, home, weeks
from tests.reports.reading import words_of
from tests.reports.test_editions import PERIOD
from tests.reports.test_progress import CLINICAL, day

MEAN = {"method": "mean", "questions": ["closeness", "heard"], "direction": "higher_better", "series": "closeness"}
TENSION = [
    {"key": "before", "label": "Tension before", **SCALE},
    {"key": "after", "label": "Tension after", **SCALE},
]
CHANGE = {"method": "change", "questions": ["before", "after"], "direction": "lower_better", "series": "tension"}
SIGNS = [
    {"key": "signs", "label": "Which?", "type": "checklist", "options": [{"value": v, "label": v} for v in "abcd"]}
]
COUNT = {"method": "count", "questions": ["signs"], "direction": "lower_better", "series": "signs_count"}


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


def paper(couple: Couple, *, shared: bool) -> Paper:
    with home(couple):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        material = progress.material_for(fresh, PERIOD, shared=shared, now=NOW)
        practice = Practice.objects.get(pk=couple.practice_id)
        return progress.compose(material, practice, today=TODAY, reference="R", prepared_by="")


def titled(report: Paper, title: str) -> list:
    return [one for one in report.series if one.label == title]


def fill(giver: Giver) -> None:
    """An average and a change that both may read, and a count that only the therapist may."""
    mara, theo = giver.people
    [bond] = giver.give(giver.edition(title="Our bond", scoring=MEAN))
    [breath] = giver.give(giver.edition(TENSION, title="Breathing in step", scoring=CHANGE), rule="once")
    signs = giver.give(giver.edition(SIGNS, title="Quiet signs", scoring=COUNT), "private")
    for at, when in enumerate(weeks(5)):
        giver.send(bond, mara, when, {"closeness": 3 + at, "heard": 4})
        if at != 2:
            giver.send(bond, theo, when, {"closeness": 6, "heard": 5 + at % 3})
        giver.send(breath, mara, when + datetime.timedelta(days=at % 2), {"before": 7, "after": 6 - at})
        giver.send(next(one for one in signs if one.audience == [mara.pk]), mara, when, {"signs": at % 4})


# ── values ───────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize("shared", [True, False])
def test_every_value_is_that_of_the_answers(giver, couple, shared):
    fill(giver)
    report = paper(couple, shared=shared)
    [bond], [breath] = titled(report, "Our bond"), titled(report, "Breathing in step")
    for partner, line in zip(giver.people, bond.lines, strict=True):
        with home(couple):
            answers = Answer.objects.filter(author=partner, response__edition__title="Our bond")
            rows = list(answers.order_by("response__submitted_at").values_list("response_id", "number"))
        sent = dict.fromkeys(response for response, _number in rows)
        expected = [fmean(float(number) for response, number in rows if response == one) for one in sent]
        assert line.values == pytest.approx(expected)
    assert [point.on for point in bond.lines[0].points] == weeks(5)
    assert [point.value is None for point in bond.lines[1].points] == [False, False, True, False, False]
    assert breath.lines[0].values == (-1, -2, -3, -4, -5)
    assert [point.on.weekday() for point in breath.lines[0].points if point.value is not None] == [6, 0, 6, 0, 6]
    assert (bond.low, bond.high, bond.better) == (0, 10, "up")
    assert (breath.low, breath.high, breath.better) == (-10, 10, "down")
    assert "9 scores, each on its own day: Mara 5, Theo 4." in bond.intro
    assert "not a validated measure" in bond.note


@pytest.mark.django_db
def test_a_score_never_joins_the_series_of_the_same_name(giver, couple):
    fill(giver)
    report = paper(couple, shared=False)
    shared_series = next(one for one in report.series if one.label == "How close a person feels")
    assert shared_series.lines[0].values == (3, 4, 5, 6, 7)
    assert titled(report, "Our bond")[0].lines[0].values == (3.5, 4, 4.5, 5, 5.5)
    labels = [one.label for one in report.series]
    assert labels.index("Our bond") > labels.index("How heard or understood a person feels")


# ── who may read ─────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_a_private_exercise_is_in_the_clinical_edition_alone(giver, couple):
    fill(giver)
    shared, clinical = paper(couple, shared=True), paper(couple, shared=False)
    assert "Quiet signs" not in repr(shared)
    [signs] = titled(clinical, "Quiet signs")
    assert (signs.low, signs.high, signs.better) == (0, 4, "down")
    assert signs.lines[0].values == (0, 1, 2, 3, 0)
    assert "Quiet signs" not in words_of(pdf.render(shared))


@pytest.mark.django_db
def test_a_private_part_or_an_unopened_one_keeps_the_score_out_of_the_shared_edition(giver, couple):
    mara, theo = giver.people
    private = [QUESTIONS[0], {**QUESTIONS[1], "private": True}]
    [check] = giver.give(giver.edition(private, title="Half open", scoring=MEAN))
    [sealed] = giver.give(giver.edition(title="Sealed", scoring=MEAN), "reveal")
    later = NOW + datetime.timedelta(days=1)
    for when in weeks(4):
        giver.send(check, mara, when, {"closeness": 5, "heard": 9})
        for person in (mara, theo):
            giver.send(sealed, person, when, {"closeness": 5, "heard": 9}, revealed=later)
    shared, clinical = paper(couple, shared=True), paper(couple, shared=False)
    assert [one.label for one in shared.series] == ["How close a person feels"]
    assert shared.areas is None
    assert {"Half open", "Sealed"} <= {one.label for one in clinical.series}


@pytest.mark.django_db
def test_a_part_that_was_narrowed_later_takes_the_score_along(giver, couple):
    [check] = giver.give(giver.edition(title="Our bond", scoring=MEAN))
    for when in weeks(3):
        giver.send(check, giver.people[0], when, {"closeness": 5, "heard": 6})
    assert titled(paper(couple, shared=True), "Our bond")
    with home(couple):
        Answer.objects.filter(key="heard").update(readers=[])
    assert not titled(paper(couple, shared=True), "Our bond")
    assert titled(paper(couple, shared=False), "Our bond")


@pytest.mark.django_db
def test_a_form_that_asks_of_safety_keeps_its_score_for_the_therapist(giver, couple):
    asked = [{"key": "closeness", "label": "Safe?", "metric": "trust", **SCALE}, QUESTIONS[1]]
    [check] = giver.give(giver.edition(asked, title="Our bond", scoring=MEAN))
    for when in weeks(3):
        giver.send(check, giver.people[0], when, {"closeness": 5, "heard": 6})
    assert not titled(paper(couple, shared=True), "Our bond")
    assert titled(paper(couple, shared=False), "Our bond")


# ── where it is shown ────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_it_is_printed_in_both_editions(giver, couple):
    fill(giver)
    for shared in (True, False):
        words = words_of(pdf.render(paper(couple, shared=shared)))
        assert "Change from before to after, −10 to 10." in words
        assert "Our bond" in words
        assert "not a validated measure" in words


@pytest.mark.django_db
def test_it_stands_on_the_progress_page(giver, couple, therapist, monkeypatch):
    fill(giver)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/progress/").content.decode()
    for words in ("Our bond</h3>", "Average of its questions, 0 to 10.", "How many were ticked, 0 to 4."):
        assert words in page


# ── arranging, on plain values ───────────────────────────────────────────────


def scale(name: str, high: float | None = 10, method: str = "mean") -> ExerciseScale:
    return ExerciseScale(name, "s", method, "average of its questions", "", 0, high)


def scored(name: str, position: int | None, values: dict[int, float], **kwargs) -> tuple[ExerciseScore, ...]:
    one = scale(name, **kwargs)
    return tuple(ExerciseScore(one, name, position, day(week), value) for week, value in values.items())


def of(*scores: tuple[ExerciseScore, ...]) -> Material:
    return replace(CLINICAL, scores=tuple(one for group in scores for one in group))


def test_four_are_drawn_and_the_rest_are_rows():
    many = [scored(f"e{at}", 0, dict.fromkeys(range(1, 4 + at), 5.0)) for at in range(6)]
    few = scored("few", 1, {1: 2, 6: 4})
    material = of(*many, few)
    assert [one.label for one in exercise_scores.charts(material)] == ["e5", "e4", "e3", "e2"]
    rows = exercise_scores.areas(material, None).rows
    assert [row.label for row in rows] == [f"{name}: average of its questions, 0 to 10" for name in ("e1", "e0", "few")]
    assert exercise_scores.charts(replace(material, scores=material.scores[::-1])) != ()


def test_rows_follow_those_that_are_there():
    material = of(scored("few", 0, {1: 2}))
    before = exercise_scores.areas(of(scored("first", 1, {1: 2})), None)
    both = exercise_scores.areas(material, before)
    assert [row.label.split(":")[0] for row in both.rows] == ["first", "few"]
    assert exercise_scores.areas(CLINICAL, before) is before
    assert exercise_scores.areas(CLINICAL, None) is None


def test_what_they_scored_together_is_nobodys_line():
    assert exercise_scores.charts(of(scored("e", None, {1: 1, 2: 1, 3: 1}))) == ()


@pytest.mark.parametrize(
    ("on", "gaps"),
    [((1, 2, 3, 5), 1), ((1, 5, 9), 0), ((1, 5, 9, 17), 1), ((1, 2, 3, 10), 6), ((1,), 0), ((), 0)],
)
def test_a_gap_follows_from_the_rhythm_of_the_scores(on, gaps):
    points = exercise_scores.daily(list(scored("e", 0, dict.fromkeys(on, 5.0))))
    assert sum(point.value is None for point in points) == gaps
    assert [point.on for point in points] == sorted({point.on for point in points})


def test_two_scores_of_one_day_are_one_point():
    [point] = exercise_scores.daily([*scored("e", 0, {1: 2}), *scored("e", 0, {1: 6})])
    assert point.value == 4


def test_the_ends_come_from_the_questions():
    number = {"key": "n", "label": "How many?", "type": "number"}
    yes = {"key": "y", "label": "So?", "type": "yes_no"}
    mood = {"key": "m", "label": "How are you?", "type": "mood"}

    def ends(questions: list, method: str) -> tuple:
        plan = {"method": method, "questions": [one["key"] for one in questions], "direction": "towards_even"}
        form = Form.from_data(questions)
        found = score_scales.scale_of("e", Scoring.from_data({**plan, "series": "s"}, form), form)
        return found.low, found.high, found.better, found.what

    assert ends([mood], "mean") == (1, 5, "", "average of its questions")
    assert ends([number], "mean") == (0, None, "", "average of its questions")
    assert ends([{**number, "max": 40}, {**number, "key": "k"}], "change")[:2] == (0, None)
    assert ends([*SIGNS, yes], "count") == (0, 5, "", "how many were ticked or answered with yes")
    [drawn] = exercise_scores.charts(of(scored("e", 0, {1: 3, 2: 70, 3: 9}, high=None)))
    assert (drawn.low, drawn.high) == (0, 100)
    [drawn] = exercise_scores.charts(of(scored("e", 0, {1: 3, 2: -7, 3: 1}, high=None, method="change")))
    assert (drawn.low, drawn.high) == (-10, 10)


def test_another_scale_is_another_line():
    material = of(scored("e", 0, {1: 1, 2: 2, 3: 3}), scored("e", 0, {4: 1, 5: 2, 6: 3}, high=4))
    assert [one.high for one in exercise_scores.charts(material)] == [10, 4]


def test_points_stand_on_their_own_day_and_below_zero_has_a_minus():
    [one] = exercise_scores.charts(of(scored("e", 0, {1: -1, 2: 2, 3: 3}, high=None, method="change")))
    ends = (PERIOD.starts, PERIOD.ends)
    assert charts.line(one, *ends, title="x") != charts.line(replace(one, by_day=False), *ends, title="x")
    assert "−5" in charts.line(one, *ends, title="x")
    assert findings.number(Decimal("-2.50")) == "−2.5"


@pytest.mark.django_db
def test_scores_cost_the_same_however_many_there_are(giver, couple, django_assert_max_num_queries):
    fill(giver)
    fill(giver)
    with home(couple):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        for shared, most in ((True, 9), (False, 11)):
            with django_assert_max_num_queries(most):
                assert progress.material_for(fresh, PERIOD, shared=shared, now=NOW).scores
