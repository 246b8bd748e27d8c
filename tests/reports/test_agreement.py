"""Agreement of partners: the check values, what a joint occasion is, and what must hold for any scores."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exercises import measures
from reports.agreement import (
    Scored,
    agreement,
    icc_agreement,
    icc_consistency,
    joint_occasions,
    mean_squares,
    weighted_kappa,
)

MONDAY = date(2026, 1, 5)
A, B = [38, 41, 40, 47, 50, 53], [45, 46, 49, 50, 55, 54]
RATED_A, RATED_B = [0, 1, 2, 2, 3, 1, 0, 2, 3, 1], [0, 1, 1, 2, 2, 1, 1, 2, 3, 0]


def line(key: str, values: list[int], *, later: int = 0, every: int = 14) -> list[Scored]:
    """Scores two weeks apart; ``later`` days after the first Monday."""
    measure = measures.get(key)
    return [
        (MONDAY + timedelta(days=later + every * place), measures.read(measure, value))
        for place, value in enumerate(values)
    ]


# ── check values ─────────────────────────────────────────────────────────────


def test_the_check_values_of_the_mean_squares_and_both_correlations() -> None:
    squares = mean_squares(list(zip(A, B, strict=True)))
    assert [round(one, 3) for one in (squares.rows, squares.columns, squares.error)] == [49.133, 75.0, 4.0]
    assert round(icc_agreement(squares) or 0, 3) == 0.588
    assert round(icc_consistency(squares) or 0, 3) == 0.849


def test_the_check_values_of_kappa() -> None:
    assert round(weighted_kappa(RATED_A, RATED_B, 4, "none") or 0, 3) == 0.452
    assert round(weighted_kappa(RATED_A, RATED_B, 4) or 0, 3) == 0.789


# ── of a measure ─────────────────────────────────────────────────────────────


def test_agreement_on_a_measure_is_that_of_its_joint_occasions() -> None:
    found = agreement(measures.get("csi16"), [line("csi16", A), line("csi16", B, later=3)])
    assert found is not None
    assert (found.n, found.kappa) == (6, None)  # the CSI has no bands
    assert (round(found.absolute or 0, 3), round(found.consistent or 0, 3)) == (0.588, 0.849)


def test_agreement_on_bands_is_a_weighted_kappa() -> None:
    # Bands of the GAD-7: 0, 1, 2, 2, 3 … as in the check values.
    totals = [2, 7, 12, 17]
    found = agreement(
        measures.get("gad7"),
        [line("gad7", [totals[one] for one in RATED_A]), line("gad7", [totals[one] for one in RATED_B])],
    )
    assert found is not None
    assert round(found.kappa or 0, 3) == 0.789


def test_fewer_than_five_joint_occasions_say_nothing() -> None:
    csi = measures.get("csi16")
    assert agreement(csi, [line("csi16", A[:4]), line("csi16", B[:4])]) is None
    assert agreement(csi, [line("csi16", A[:5]), line("csi16", B[:5])]) is not None
    assert agreement(csi, [line("csi16", A)]) is None


def test_a_screen_for_violence_has_no_agreement() -> None:
    assert agreement(measures.get("hits"), [line("hits", [4] * 6), line("hits", [5] * 6)]) is None


def test_scores_that_do_not_vary_have_no_correlation() -> None:
    found = agreement(measures.get("gad7"), [line("gad7", [4] * 5), line("gad7", [4] * 5)])
    assert found is not None
    assert (found.absolute, found.consistent, found.kappa) == (None, None, None)


def test_only_scores_at_most_a_week_apart_are_of_one_occasion_and_each_counts_once() -> None:
    mine, theirs = line("csi16", A), line("csi16", B, later=8)
    pairs = [[int(one.total or 0) for one in row] for row in joint_occasions([mine, theirs])]
    # Eight days after mine is six days before my next one.
    assert pairs == [[41, 45], [40, 46], [47, 49], [50, 50], [53, 55]]
    assert joint_occasions([mine[:1], line("csi16", B[:1], later=8)]) == []


def test_three_partners_are_compared_where_all_three_have_a_score() -> None:
    lines = [line("csi16", A), line("csi16", B, later=1), line("csi16", B[:5], later=2)]
    assert [len(row) for row in joint_occasions(lines)] == [3] * 5
    found = agreement(measures.get("csi16"), lines)
    assert found is not None
    assert (found.n, found.kappa) == (5, None)


# ── any scores ───────────────────────────────────────────────────────────────

TABLES = st.lists(st.tuples(st.integers(0, 81), st.integers(0, 81)), min_size=5, max_size=12)


@settings(max_examples=60, deadline=None)
@given(TABLES, st.integers(-30, 30))
def test_consistency_does_not_see_a_constant_difference_and_agreement_never_exceeds_it(table, shift) -> None:
    squares = mean_squares(table)
    consistent, absolute = icc_consistency(squares), icc_agreement(squares)
    assume(consistent is not None and absolute is not None)
    moved = icc_consistency(mean_squares([(a, b + shift) for a, b in table]))
    assert moved == pytest.approx(consistent)
    assert -1.0001 <= consistent <= 1.0001
    same = icc_agreement(mean_squares([(a, a) for a, _b in table]))
    assert same is None or same == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_neither_correlation_depends_on_who_comes_first(table: list[tuple[int, int]]) -> None:
    one, other = mean_squares(table), mean_squares([(b, a) for a, b in table])
    assume(icc_agreement(one) is not None)
    assert icc_agreement(other) == pytest.approx(icc_agreement(one))
    assert icc_consistency(other) == pytest.approx(icc_consistency(one))


RATINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=5, max_size=30)


@settings(max_examples=60, deadline=None)
@given(RATINGS)
def test_kappa_is_the_same_from_both_sides_and_of_turned_categories(ratings: list[tuple[int, int]]) -> None:
    first, second = zip(*ratings, strict=True)
    found = weighted_kappa(first, second, 4)
    turned = weighted_kappa([3 - one for one in second], [3 - one for one in first], 4)
    assert (found is None) == (turned is None)
    if found is not None:
        assert turned == pytest.approx(found)
        assert found <= 1.0000001
    itself = weighted_kappa(first, first, 4)
    assert itself is None or itself == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 81)), max_size=10),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 81)), max_size=10),
)
def test_joint_occasions_are_the_same_from_both_sides(mine, theirs) -> None:
    csi = measures.get("csi16")
    lines = [
        [(MONDAY + timedelta(days=day), measures.read(csi, value)) for day, value in one] for one in (mine, theirs)
    ]
    one = sorted((a.total, b.total) for a, b in joint_occasions(lines))
    other = sorted((a.total, b.total) for b, a in joint_occasions(lines[::-1]))
    days = [day for line in lines for day, _score in line]
    if len(days) == len(set(days)):
        assert one == other
    assert len(one) == len(other)
    assert len(one) <= min(len(mine), len(theirs))
