"""Courses of scores: where the form or the definition changed, and that they say what the kept scores say."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercises import measured, measures
from exercises.measured import Result
from exercises.measures import Measure
from exercises.measures.definition import Scale
from reports.courses import Course, courses
from reports.models import Score
from reports.reliable_change import State
from tests.exercises.given import as_attune
from tests.factories import acting_as, signed_in
from tests.reports.test_measures import send

MONDAY = date(2026, 1, 5)
GAD7 = measures.get("gad7")
SECOND = dataclasses.replace(GAD7, version=2)
DOUBLED = dataclasses.replace(GAD7, version=3, total=Scale(tuple(range(1, 8)), Decimal(0), Decimal(42)))


def course(*scores: tuple[Measure, int, int | None]) -> Course:
    """Scores a week apart: the definition, the total, and the edition of the form, None for one entered by staff."""
    found = [
        Result(
            id=uuid.uuid4(), client_id=uuid.uuid4(), taken_on=MONDAY + timedelta(weeks=week),
            score=measures.read(measure, total), source="entered" if edition is None else "form", lane="private",
            edition=edition,
        )
        for week, (measure, total, edition) in enumerate(scores)
    ]  # fmt: skip
    (one,) = courses(found)
    return one


def turns(one: Course) -> list[str]:
    return [row.turn for row in reversed(one.rows)]


def test_where_the_form_is_another_edition_the_course_says_so() -> None:
    one = course((GAD7, 12, 1), (GAD7, 11, 1), (GAD7, 10, 2), (GAD7, 10, None), (GAD7, 9, 2))
    assert turns(one) == ["", "", "From here on edition 2 of the form.", "", ""]


def test_where_the_definition_is_another_version_the_course_says_so_and_each_score_keeps_its_own() -> None:
    one = course((GAD7, 12, 1), (SECOND, 7, 2))
    assert turns(one) == ["", "From here on edition 2 of the form, version 2 of the definition."]
    assert [row.score.measure.version for row in reversed(one.rows)] == [1, 2]
    assert one.state is State.RECOVERED  # the same ends: still one course


def test_scores_between_other_ends_are_not_set_against_each_other() -> None:
    one = course((GAD7, 12, 1), (GAD7, 11, 1), (DOUBLED, 7, 2), (DOUBLED, 6, 2), (DOUBLED, 5, 2), (DOUBLED, 5, 2))
    assert [row.change is None for row in reversed(one.rows)] == [True, False, True, True, True, True]
    assert one.trend is not None
    assert one.trend.n == 4


@pytest.mark.parametrize("key", ["hits", "wast"])
def test_a_screen_for_violence_has_neither_change_nor_trend(key: str) -> None:
    measure = measures.get(key)
    one = course(*[(measure, int(measure.low or 0) + step, 1) for step in range(6)])
    assert (one.trend, one.state) == (None, None)
    assert all(row.change is None for row in one.rows)


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_kept_score_and_the_course_of_the_same_answers_are_the_same_number(couple, therapist, mara, data) -> None:
    key = data.draw(st.sampled_from(["phq9", "gad7", "who5", "csi4", "k10", "phq4"]))
    weights = [
        data.draw(st.one_of(st.integers(int(item.low), int(item.high)), st.none())) if place % 4 == 0
        else data.draw(st.integers(int(item.low), int(item.high)))
        for place, item in enumerate(measures.get(key).items)
    ]  # fmt: skip
    response = send(couple, therapist, mara, key, " ".join("–" if one is None else str(one) for one in weights))
    with as_attune(couple):
        kept = dict(Score.objects.filter(response=response).values_list("series", "value"))
    with acting_as(therapist):
        (one,) = [row for row in measured.results(couple, mara) if row.id == response.pk]
    parts = {f"{key}.{name}": value for name, value in one.score.subscales.items()}
    assert kept == {series: value for series, value in {key: one.score.total, **parts}.items() if value is not None}


@pytest.mark.django_db
def test_the_page_says_how_a_number_came_about(couple, therapist, mara) -> None:
    send(couple, therapist, mara, "csi4", "3 3 4 3")
    shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    for words in ("S = L + Σ(x − l) / Σ(u − l) · (U − L)", "Jacobson and Truax 1991", "Theil 1950", "Funk and Rogge"):
        assert words in shown
