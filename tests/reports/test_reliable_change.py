"""Reliable change: the formulas, the states, and which score is the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from exercises import measures
from exercises.measures import MeasureScore
from reports import reliable_change
from reports.reliable_change import Change, Note, State


def of(key: str, total: int | str, *, prorated: bool = False) -> MeasureScore:
    return measures.read(measures.get(key), Decimal(total), prorated=prorated)


def between(key: str, first: int | str, last: int | str) -> Change:
    found = reliable_change.change(of(key, first), of(key, last))
    assert found is not None
    return found


def test_the_formulas_give_the_published_check_values() -> None:
    sem = reliable_change.standard_error(7.5, 0.80)
    s_diff = reliable_change.error_of_difference(sem)
    assert round(sem, 3) == Decimal("3.354")
    assert round(s_diff, 3) == Decimal("4.743")
    assert round(reliable_change.threshold(s_diff), 3) == Decimal("9.297")
    # The published value was worked out with the rounded 4.743.
    assert round(reliable_change.index(32.5, 47.5, round(s_diff, 3)), 3) == Decimal("3.163")
    assert round(reliable_change.cut_off((61, 17), (40, 15)), 3) == Decimal("49.844")
    assert reliable_change.cut_off((60, 7.5), (40, 7.5)) == 50


@pytest.mark.parametrize(("key", "sd", "alpha"), [("csi4", 4, ".94"), ("csi16", 17, ".98"), ("csi32", 32, ".98")])
def test_computed_thresholds_of_the_definitions_follow_from_the_formulas(key: str, sd: int, alpha: str) -> None:
    measure = measures.get(key)
    sem = reliable_change.standard_error(sd, Decimal(alpha))
    assert measure.sem == round(sem, 3)
    assert measure.reliable is not None
    limit = reliable_change.threshold(reliable_change.error_of_difference(sem))
    assert measure.reliable.threshold == round(limit, 3)


@pytest.mark.parametrize(("key", "threshold"), [("rdas", "11.58"), ("crs", "16")])
def test_standard_errors_that_follow_from_a_published_threshold(key: str, threshold: str) -> None:
    sem = measures.get(key).sem
    assert sem is not None
    limit = reliable_change.threshold(reliable_change.error_of_difference(sem))
    assert round(limit, 2) == Decimal(threshold)


@pytest.mark.parametrize(
    ("key", "first", "last", "state", "note"),
    [
        ("phq9", 17, 9, State.RECOVERED, None),
        ("phq9", 20, 14, State.IMPROVED, Note.STILL_INSIDE),
        ("phq9", 12, 7, State.UNCHANGED, Note.CROSSED),
        ("phq9", 8, 1, State.IMPROVED, Note.NEVER_INSIDE),
        ("phq9", 8, 15, State.WORSENED, None),
        ("gad7", 14, 7, State.RECOVERED, None),
        ("gad7", 10, 6, State.RECOVERED, None),
        ("gad7", 9, 6, State.UNCHANGED, Note.CROSSED),
        ("csi16", 44, 50, State.UNCHANGED, None),
        ("csi16", 44, 51, State.IMPROVED, Note.STILL_INSIDE),
        ("csi16", 44, 52, State.RECOVERED, None),
        ("csi16", 60, 52, State.WORSENED, Note.STILL_OUTSIDE),
        ("csi4", 12, 14, State.UNCHANGED, Note.CROSSED),
        ("csi4", 11, 14, State.RECOVERED, None),
        ("csi32", 100, 112, State.UNCHANGED, Note.CROSSED),
        ("csi32", 100, 113, State.RECOVERED, None),
        ("rdas", 40, 51, State.UNCHANGED, Note.CROSSED),
        ("rdas", 40, 52, State.RECOVERED, None),
        ("who5", 36, 46, State.IMPROVED, Note.STILL_INSIDE),
        ("who5", 36, 52, State.RECOVERED, None),
        ("ors", "20.0", "25.0", State.RECOVERED, None),
        ("ors", "20.1", "25.0", State.UNCHANGED, Note.CROSSED),
    ],
)
def test_states_follow_from_threshold_and_cut_off(
    key: str, first: int | str, last: int | str, state: State, note: Note | None
) -> None:
    found = between(key, first, last)
    assert (found.state, found.note) == (state, note)


@pytest.mark.parametrize(
    ("key", "first", "last"), [("k10", 40, 12), ("kmss", 10, 20), ("ras", 10, 30), ("srs", 30, 40)]
)
def test_a_measure_without_a_threshold_has_no_state(key: str, first: int, last: int) -> None:
    found = between(key, first, last)
    assert (found.state, found.note) == (None, None)
    assert found.difference == last - first


def test_a_score_with_something_made_up_is_never_recovered() -> None:
    found = reliable_change.change(of("phq9", 17), of("phq9", 9, prorated=True))
    assert found is not None
    assert (found.state, found.note) == (State.IMPROVED, Note.PRORATED)


def test_a_computed_threshold_looks_at_scores_before_rounding() -> None:
    csi = measures.get("csi16")
    # 48.6 is shown as 49: seven above 42 on paper, and 6.6 in truth.
    made_up = measures.score(csi, dict.fromkeys(range(2, 17), 3))
    found = reliable_change.change(of("csi16", 42), made_up)
    assert found is not None
    assert (made_up.total, found.difference, found.state) == (49, 7, State.UNCHANGED)


def test_without_a_total_there_is_no_change() -> None:
    ecr = measures.read(measures.get("ecr_rs"), None, {"anxiety": 2})
    assert reliable_change.change(ecr, ecr) is None


def test_differences_are_written_with_a_real_sign() -> None:
    assert [between("csi16", 44, last).words for last in (50, 40, 44)] == ["+6", "−4", "±0"]
    assert between("ors", "20.0", "30.0").words == "+10"


@dataclass(frozen=True)
class Taken:
    taken_on: date
    score: MeasureScore


def test_the_baseline_is_the_first_complete_score_of_the_episode() -> None:
    made_up = Taken(date(2026, 1, 5), of("phq9", 17, prorated=True))
    first = Taken(date(2026, 2, 2), of("phq9", 16))
    later = Taken(date(2026, 5, 4), of("phq9", 12))
    assert reliable_change.baseline([later, made_up, first]) is first
    assert reliable_change.baseline([made_up]) is None
    assert reliable_change.baseline([first, later], since=date(2026, 3, 1)) is later
