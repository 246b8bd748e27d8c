"""Two and more partners side by side: the check values, the states, and what is never said."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises import measures
from exercises.measures import MeasureScore
from reports.partners import Compared, CoupleState, NotForCouples, compare, couple_state
from reports.reliable_change import State


def of(key: str, *totals: int) -> Compared:
    measure = measures.get(key)
    found = compare({place: measures.read(measure, one) for place, one in enumerate(totals)}, measure)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("totals", "mean", "lower", "gap", "different"),
    [
        ((44, 62), "53", 44, 18, True),
        ((44, 62, 58), "54.667", 44, 18, True),
        ((50, 55), "52.5", 50, 5, False),
    ],
)
def test_the_check_values_of_the_csi16(
    totals: tuple[int, ...], mean: str, lower: int, gap: int, different: bool
) -> None:
    found = of("csi16", *totals)
    assert (round(found.mean, 3), found.lower, found.gap) == (Decimal(mean), lower, gap)
    assert found.is_different is different


def test_where_low_is_better_the_more_burdened_is_the_higher() -> None:
    assert of("phq9", 4, 17).lower == 17


def test_different_is_beyond_the_threshold_and_not_on_it() -> None:
    assert [of("csi16", 50, 50 + gap).is_different for gap in (6, 7)] == [False, True]
    assert [of("phq9", 4, 4 + gap).is_different for gap in (6, 7)] == [False, True]


def test_a_computed_threshold_looks_at_scores_before_rounding() -> None:
    csi = measures.get("csi16")
    made_up = measures.score(csi, dict.fromkeys(range(2, 17), 3))  # 48.6, shown as 49
    found = compare({0: measures.read(csi, 42), 1: made_up}, csi)
    assert found is not None
    assert (found.gap, found.is_different) == (7, False)


def test_without_a_threshold_nobody_is_called_different() -> None:
    assert of("k10", 10, 50).is_different is None


def test_one_score_alone_is_compared_with_nothing() -> None:
    csi = measures.get("csi16")
    assert compare({0: measures.read(csi, 44)}, csi) is None
    assert compare({0: measures.read(csi, 44), 1: MeasureScore(csi, None, None)}, csi) is None


@pytest.mark.parametrize("key", ["hits", "ehits", "wast"])
def test_a_screen_for_violence_is_never_compared(key: str) -> None:
    with pytest.raises(NotForCouples):
        compare({}, measures.get(key))


@given(st.lists(st.integers(0, 81), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_who_comes_first_changes_nothing_of_what_is_said_together(totals: list[int], dice) -> None:
    turned = list(totals)
    dice.shuffle(turned)
    one, other = of("csi16", *totals), of("csi16", *turned)
    assert (one.lower, one.gap, one.mean, one.is_different) == (other.lower, other.gap, other.mean, other.is_different)
    assert one.lower <= one.mean <= one.lower + one.gap


# ── states ───────────────────────────────────────────────────────────────────

BETTER, SAME, WORSE = State.IMPROVED, State.UNCHANGED, State.WORSENED


@pytest.mark.parametrize(
    ("states", "together"),
    [
        ((State.RECOVERED, BETTER), CoupleState.ALL_BETTER),
        ((BETTER, SAME), CoupleState.SOME_BETTER),
        ((SAME, State.RECOVERED), CoupleState.SOME_BETTER),
        ((BETTER, WORSE), CoupleState.DIVERGING),
        ((WORSE, State.RECOVERED), CoupleState.DIVERGING),
        ((SAME, SAME), CoupleState.NONE),
        ((WORSE, SAME), CoupleState.SOME_WORSE),
        ((WORSE, WORSE), CoupleState.ALL_WORSE),
        ((BETTER, BETTER, WORSE), CoupleState.DIVERGING),
        ((BETTER, BETTER, SAME), CoupleState.SOME_BETTER),
        ((BETTER, None), None),
        ((BETTER,), None),
        ((), None),
    ],
)
def test_states_of_partners_come_to_one_of_the_couple(
    states: tuple[State | None, ...], together: CoupleState | None
) -> None:
    assert couple_state(states) is together


@given(st.lists(st.sampled_from(list(State)), min_size=2, max_size=5))
def test_a_better_never_hides_a_worse(states: list[State]) -> None:
    found = couple_state(states)
    assert found is couple_state(states[::-1])
    if State.WORSENED in states:
        assert found in (CoupleState.DIVERGING, CoupleState.SOME_WORSE, CoupleState.ALL_WORSE)
