"""Answers to scores: every worked example of the specification, and what must never be made up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises import measures
from exercises.measures import MeasureScore, ScoreError


def scored(key: str, answers: str) -> MeasureScore:
    """Answers by item, in their order; '–' was left out and '3×12' stands for twelve of them."""
    values: list[int | None] = []
    for part in answers.split():
        value, _, times = part.partition("×")
        values += [None if value == "–" else int(value)] * int(times or 1)
    return measures.score(measures.get(key), dict(enumerate(values, start=1)))


@pytest.mark.parametrize(
    ("key", "answers", "total", "clinical"),
    [
        ("csi4", "6 5 5 5", 21, False),
        ("csi4", "4 4 3 3", 14, False),
        ("csi4", "3 3 4 3", 13, True),
        ("csi4", "0 0 0 0", 0, True),
        ("csi16", "6 5×15", 81, False),
        ("csi16", "3×12 4×4", 52, False),
        ("csi16", "3×13 4×3", 51, True),
        ("csi16", "3×16", 48, True),
        ("csi32", "6 5×31", 161, False),
        ("phq9", "1 1 1 1 0 0 0 0 0", 4, False),
        ("phq9", "2 2 1 1 1 1 1 1 0", 10, True),
        ("phq9", "3×9", 27, True),
        ("gad7", "1 1 1 1 0 1 0", 5, False),
        ("gad7", "2 1 2 1 0 1 1", 8, True),
        ("gad7", "2 3 3 2 1 2 2", 15, True),
        ("who5", "5×5", 100, False),
        ("who5", "3 3 2 3 2", 52, False),
        ("who5", "2 3 2 3 2", 48, True),
        ("who5", "1 2 1 2 1", 28, True),
        ("kmss", "6 6 5", 17, False),
        ("kmss", "6 5 5", 16, True),
        ("rdas", "4 3 4 3 4 3 3 4 3 4 3 3 3 3", 47, True),
        ("rdas", "4 3 4 3 4 3 3 4 4 4 3 3 3 3", 48, False),
        ("rdas", "5×10 4 5 5 5", 69, False),
        ("k10", "1×10", 10, None),
        ("ras", "5×7", 27, None),
    ],
)
def test_answers_add_up_and_fall_in_or_out_of_the_clinical_range(
    key: str, answers: str, total: int, clinical: bool | None
) -> None:
    found = scored(key, answers)
    assert found.total == total
    assert found.clinical is clinical
    assert not found.prorated


@pytest.mark.parametrize(
    ("key", "answers", "total", "band", "flagged"),
    [
        ("phq9", "1 1 1 1 0 0 0 0 0", 4, "minimal", False),
        ("phq9", "1 1 1 1 1 0 0 0 0", 5, "mild", False),
        ("phq9", "2 2 1 1 1 1 1 1 0", 10, "moderate", False),
        ("phq9", "2 2 2 2 2 2 1 1 1", 15, "moderately severe", True),
        ("phq9", "3 3 2 2 2 3 2 1 1", 19, "moderately severe", True),
        ("phq9", "3 3 3 3 2 3 1 1 1", 20, "severe", True),
        ("phq9", "3×9", 27, "severe", True),
        ("phq9", "0 0 0 0 0 0 0 0 1", 1, "minimal", True),
        ("gad7", "0 1 1 1 0 1 0", 4, "minimal", False),
        ("gad7", "1 1 1 1 0 1 0", 5, "mild", False),
        ("gad7", "2 1 2 1 0 1 1", 8, "mild", False),
        ("gad7", "2 2 2 1 1 1 1", 10, "moderate", False),
        ("gad7", "2 3 3 2 1 2 2", 15, "severe", False),
        ("who5", "1 2 1 2 1", 28, "low", False),
        ("phq8", "3×8", 24, "severe", False),
        ("phq4", "1 2 1 2", 6, "moderate", False),
    ],
)
def test_a_total_has_a_band_and_the_safety_item_speaks_for_itself(
    key: str, answers: str, total: int, band: str, flagged: bool
) -> None:
    found = scored(key, answers)
    assert (found.total, found.band.name if found.band else None) == (total, band)
    assert found.flags == (("item_9",) if flagged else ())


def test_a_score_without_a_named_band_has_none() -> None:
    assert scored("who5", "2 3 2 3 2").band is None
    assert scored("csi16", "3×16").band is None


@pytest.mark.parametrize(
    ("answers", "total", "abs_band", "gp_band"),
    [
        ("1×10", 10, "low", "likely to be well"),
        ("2×10", 20, "moderate", "mild"),
        ("3 2 3 2 2 3 2 2 3 2", 24, "high", "mild"),
        ("3×10", 30, "very high", "severe"),
    ],
)
def test_k10_is_named_in_both_sets_of_bands(answers: str, total: int, abs_band: str, gp_band: str) -> None:
    found = scored("k10", answers)
    assert found.total == total
    assert {key: band.name for key, band in found.bands.items()} == {"abs": abs_band, "gp": gp_band}
    assert found.band is found.bands["abs"]


@pytest.mark.parametrize(
    ("answers", "total", "mean"),
    [("4 4 4 2 4 5 2", 29, "4.14"), ("3 3 3 3 3 4 3", 22, "3.14"), ("5×7", 27, "3.86")],
)
def test_ras_reverses_two_items(answers: str, total: int, mean: str) -> None:
    found = scored("ras", answers)
    assert (found.total, found.subscales["mean"]) == (total, Decimal(mean))


@pytest.mark.parametrize(
    ("answers", "parts"),
    [
        ("4 3 4 3 4 3 3 4 3 4 3 3 3 3", [21, 14, 12]),
        ("4 3 4 3 4 3 3 4 4 4 3 3 3 3", [21, 15, 12]),
        ("5×10 4 5 5 5", [30, 20, 19]),
    ],
)
def test_rdas_has_three_parts(answers: str, parts: list[int]) -> None:
    found = scored("rdas", answers)
    assert [found.subscales[key] for key in ("consensus", "satisfaction", "cohesion")] == parts


@pytest.mark.parametrize(
    ("answers", "avoidance", "anxiety"),
    [("7 7 6 7 1 2 1 1 2", "1.33", "1.33"), ("2 3 2 1 6 5 6 7 6", "5.83", "6.33")],
)
def test_ecr_rs_is_two_means_and_no_total(answers: str, avoidance: str, anxiety: str) -> None:
    found = scored("ecr_rs", answers)
    assert found.total is None
    assert found.subscales == {"avoidance": Decimal(avoidance), "anxiety": Decimal(anxiety)}


# ── what was left out ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "answers", "unrounded", "total", "of"),
    [
        ("phq9", "2 2 1 – 1 2 1 – 1", "12.857", 13, (7, 9)),
        ("phq9", "2 2 1 1 1 – 1 1 0", "10.125", 10, (8, 9)),
        ("gad7", "1 2 1 1 – 1 1", "8.167", 8, (6, 7)),
        ("csi16", "– 3×15", "48.6", 49, (15, 16)),
        ("csi16", "4×14 – –", "63.887", 64, (14, 16)),
        # Already reversed in the specification: 4 is printed as 2, twice.
        ("ras", "4 4 4 2 – 5 2", "29.167", 29, (6, 7)),
    ],
)
def test_a_few_missing_answers_are_made_up_for_and_marked(
    key: str, answers: str, unrounded: str, total: int, of: tuple[int, int]
) -> None:
    found = scored(key, answers)
    assert found.unrounded is not None
    assert found.unrounded.quantize(Decimal("0.001")) == Decimal(unrounded)
    assert found.total == total
    assert found.prorated
    assert (found.answered, found.of) == of


@pytest.mark.parametrize(
    ("key", "answers"),
    [
        ("phq9", "2 2 – – 1 2 1 – 1"),  # three of nine
        ("phq8", "1 1 1 1 1 1 – –"),  # the nine's allowance is not the eight's
        ("gad7", "1 2 1 1 – – 1"),
        ("csi4", "4 4 – 3"),
        ("ors", "5 – 5 5"),
        ("kmss", "6 6 –"),
        ("phq4", "1 1 1 –"),
        ("hits", "1 1 1 –"),
        ("ehits", "1 1 1 1 –"),
        ("wast", "1×7 –"),
        ("phq9", "2 2 1 1 1 1 1 1 –"),  # the item about safety is never made up for
    ],
)
def test_too_much_left_out_is_no_score(key: str, answers: str) -> None:
    found = scored(key, answers)
    assert found.total is None
    assert not found.prorated


def test_a_safety_item_left_out_is_not_answered_and_never_clear() -> None:
    assert scored("phq9", "2 2 1 1 1 1 1 1 –").safety == {9: "not_answered"}
    assert scored("phq9", "2 2 1 1 1 1 1 1 0").safety == {9: "clear"}
    assert scored("phq9", "–×8 1").safety == {9: "raised"}
    assert scored("phq9", "–×8 1").flags == ("item_9",)


def test_half_is_rounded_up() -> None:
    # 4 of 5 answered: 9/20 of 100 is 45; 11/24 of 27 …: the decimal 12.5 becomes 13, not the even 12.
    scale = measures.get("phq9").total
    assert scale is not None
    assert scale.rounded(Decimal("12.5")) == 13
    assert scale.rounded(Decimal("13.5")) == 14


def test_items_that_a_condition_switched_off_are_not_missing() -> None:
    values = dict.fromkeys(range(1, 9), 1)
    found = measures.score(measures.get("phq9"), values, switched_off=[9])
    assert (found.total, found.answered, found.of, found.prorated) == (8, 8, 8, False)
    assert found.safety == {}


def test_short_parts_are_never_made_up_even_where_the_total_is() -> None:
    found = scored("rdas", "4 3 4 3 4 3 – 4 3 4 3 3 3 3")
    assert found.prorated
    assert found.subscales["satisfaction"] is None
    assert found.subscales["consensus"] == 21


def test_a_weight_that_an_item_cannot_have_is_refused() -> None:
    phq9 = measures.get("phq9")
    for values in ({1: 4}, {1: -1}, {1: Decimal("1.5")}, {10: 1}, {1: Decimal("NaN")}):
        with pytest.raises(ScoreError):
            measures.score(phq9, values)


# ── violence screens ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "answers", "positive"),
    [
        ("hits", "2 3 3 2", False),
        ("hits", "2 3 3 3", True),
        ("ehits", "1 1 1 1 2", False),
        ("ehits", "1 1 1 2 2", True),
        ("wast", "1×4 2×4", False),
        ("wast", "1×3 2×5", True),
        ("wast", "3 3 1×6", True),  # 12 alone would not be
    ],
)
def test_a_positive_screen_raises_a_flag(key: str, answers: str, positive: bool) -> None:
    found = scored(key, answers)
    assert (found.flags == ("positive",)) is positive
    assert found.clinical is None


# ── any answers at all ───────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_answers_give_a_total_inside_the_range_or_none(data: st.DataObject) -> None:
    measure = data.draw(st.sampled_from(measures.all()))
    values = {
        item.number: data.draw(st.one_of(st.none(), st.integers(int(item.low), int(item.high))))
        for item in measure.items
    }
    found = measures.score(measure, values)
    if found.total is not None and measure.total is not None:
        assert measure.total.low <= found.total <= measure.total.high
    complete = None not in values.values()
    assert found.prorated <= (not complete)
    if complete and measure.total is not None:
        assert found.total == found.unrounded
        if measure.parts_add_up:
            assert sum(value for value in found.subscales.values() if value is not None) == found.total


# ── totals from elsewhere ────────────────────────────────────────────────────


def test_a_total_from_elsewhere_has_its_band_and_range() -> None:
    found = measures.read(measures.get("phq9"), 12, safety={9: 1})
    assert (found.band.name if found.band else "", found.clinical, found.flags) == ("moderate", True, ("item_9",))
    assert measures.read(measures.get("phq9"), 12).safety == {9: "not_answered"}
    assert measures.read(measures.get("ras"), 29).subscales["mean"] == Decimal("4.14")
    assert measures.read(measures.get("hits"), 11).flags == ("positive",)


@pytest.mark.parametrize(
    ("key", "total", "parts", "wrong"),
    [
        ("phq9", 28, {}, "total"),
        ("phq9", -1, {}, "total"),
        ("phq9", Decimal("4.5"), {}, "total"),
        ("phq9", None, {}, "total"),
        ("ors", Decimal("24.55"), {}, "total"),
        ("rdas", 47, {"consensus": 31}, "consensus"),
        ("rdas", 47, {"consensus": 21, "satisfaction": 14, "cohesion": 11}, "total"),
        ("rdas", 47, {"trust": 3}, "trust"),
        ("ecr_rs", 3, {"anxiety": 2}, "total"),
        ("ecr_rs", None, {}, "avoidance"),
    ],
)
def test_a_total_that_cannot_be_is_refused_beside_its_field(
    key: str, total: Decimal | None, parts: dict[str, int], wrong: str
) -> None:
    with pytest.raises(ScoreError) as refusal:
        measures.read(measures.get(key), total, parts)
    assert wrong in refusal.value.errors
