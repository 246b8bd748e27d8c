"""A form that refers to a measure: which forms may, and what its answers come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exercises import measures
from exercises.answers import clean_form
from exercises.measures import MeasureScoring, MeasureScoringError
from exercises.questions import Form
from exercises.scoring import read_scorings, scores
from tests.exercises.measures.forms import questions_of, raw, scoring_of


def scored(key: str, answers: str, **extra: dict[str, Any]) -> tuple[MeasureScoring, dict]:
    form = Form.from_data(questions_of(key, **extra))
    values, errors = clean_form(form, raw(answers))
    assert not errors
    return MeasureScoring.from_data(scoring_of(key), form), {k: v for k, v in values.items() if not v.blank}


def test_answers_of_a_form_come_to_the_measures_score() -> None:
    scoring, values = scored("phq9", "2 2 1 – 1 2 1 – 1")
    found = scoring.score(values)
    assert (found.total, found.prorated, found.safety) == (13, True, {9: "raised"})
    assert [(flag.key, flag.rule) for flag in scoring.raised(values)] == [("item_9", "safety")]


def test_scores_of_a_form_go_into_series_named_by_the_measure() -> None:
    scoring, values = scored("phq4", "1 2 1 1")
    assert read_scorings(scoring_of("phq4"), scoring.form) == (scoring,)
    found = scores(scoring.form, scoring, values)
    assert [(one.series, one.value, one.source) for one in found] == [
        ("phq4", Decimal(5), "measure"),
        ("phq4.anxiety", Decimal(3), "measure"),
        ("phq4.depression", Decimal(2), "measure"),
    ]


def test_a_total_of_one_can_raise_a_flag() -> None:
    scoring, values = scored("phq9", "0 0 0 0 0 0 0 0 1")
    assert scoring.score(values).total == 1
    assert scoring.raised(values)


def test_a_safety_item_that_was_declined_is_not_answered() -> None:
    form = Form.from_data(questions_of("phq9"))
    values, _errors = clean_form(form, {**raw("1 1 1 1 1 1 1 1 –"), "item_9": ["::rather-not-say"]})
    scoring = MeasureScoring.from_data(scoring_of("phq9"), form)
    assert scoring.score(values).safety == {9: "not_answered"}
    assert not scoring.raised(values)
    assert scoring.score(values).total is None


def test_an_item_that_a_condition_hides_is_not_missing() -> None:
    hidden = {"show_if": {"all": [{"question": "item_1", "operator": "=", "answer": "v3"}]}}
    scoring, values = scored("gad7", "1 1 1 1 1 1 –", item_7=hidden)
    (total,) = scores(scoring.form, scoring, values)
    assert (total.value, total.answered, total.of, total.prorated) == (6, 6, 6, False)


def test_a_positive_screen_is_named_by_its_measure() -> None:
    scoring, values = scored("hits", "3 3 3 3")
    assert [(flag.key, flag.rule) for flag in scoring.raised(values)] == [("hits", "positive")]


def test_scales_and_rows_of_a_grid_can_be_items() -> None:
    scales = [
        {"key": f"line_{n}", "type": "number", "label": f"Line {n}", "min": 0, "max": 10, "decimals": 1}
        for n in range(1, 5)
    ]
    form = Form.from_data(scales)
    plan = {"measure": "ors", "items": {f"line_{n}": n for n in range(1, 5)}}
    values, _errors = clean_form(form, {f"line_{n}": ["6.2"] for n in range(1, 5)})
    assert MeasureScoring.from_data(plan, form).score(values).total == Decimal("24.8")
    options = [{"value": f"v{w}", "label": f"Answer {w}", "weight": w} for w in range(4)]
    rows = [{"key": "one", "label": "First"}, {"key": "two", "label": "Second"}]
    form = Form.from_data([{"key": "grid", "type": "grid", "label": "Lately", "rows": rows, "options": options}])
    plan = {"measure": "gad2", "items": {"grid.one": 1, "grid.two": 2}}
    values, _errors = clean_form(form, {"grid.one": ["v2"], "grid.two": ["v1"]})
    assert MeasureScoring.from_data(plan, form).score(values).total == 3


@pytest.mark.parametrize(
    "change",
    [
        {"measure": "dass21"},
        {"version": 99},
        {"items": {f"item_{n}": n for n in range(1, 9)}},
        {"items": {f"item_{n}": min(n, 8) for n in range(1, 10)}},
        {"items": {f"other_{n}": n for n in range(1, 10)}},
        {"items": {f"item_{n}": str(n) for n in range(1, 10)}},
        {"items": ["item_1"]},
        {"bands": []},
    ],
)
def test_a_reference_that_does_not_fit_its_form_is_refused(change: dict[str, Any]) -> None:
    form = Form.from_data(questions_of("phq9"))
    with pytest.raises(MeasureScoringError):
        MeasureScoring.from_data({**scoring_of("phq9"), **change}, form)


def test_answers_that_an_item_cannot_have_are_refused() -> None:
    form = Form.from_data(questions_of("who5"))
    plan = {"measure": "phq2", "items": {"item_1": 1, "item_2": 2}}
    with pytest.raises(MeasureScoringError, match="weights from 0 to 3"):
        MeasureScoring.from_data(plan, form)
    without = questions_of("phq2")
    del without[0]["options"][1]["weight"]
    with pytest.raises(MeasureScoringError):
        MeasureScoring.from_data(scoring_of("phq2"), Form.from_data(without))


def test_a_question_that_repeats_is_no_item() -> None:
    form = Form.from_data(questions_of("phq2", item_1={"repeats": 3}))
    with pytest.raises(MeasureScoringError):
        MeasureScoring.from_data(scoring_of("phq2"), form)


def test_what_is_written_down_reads_back_the_same() -> None:
    scoring, _values = scored("csi4", "6 5 5 5")
    assert MeasureScoring.from_data(scoring.as_data(), scoring.form) == scoring


def test_series_of_screens_are_known_as_such() -> None:
    assert measures.is_for_one_alone("hits")
    assert not measures.is_for_one_alone("phq9")
    assert {"phq9", "phq4.anxiety", "ecr_rs.avoidance"} <= measures.series()
