"""Every number of the specification's table of measures, held against the definitions as they ship.

The other tests of this folder prove what follows from these numbers; here each of them stands once as it was
published, so that none can change unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from exercises import measures
from exercises.measures.definition import Cut, Reliable

HIGH, LOW = "higher_better", "lower_better"


@dataclass(frozen=True)
class Row:
    """A row of the table. ``items``: 'count × lowest-highest', by commas. ``reliable``: '≥ 6', '> 2.716' or ''."""

    key: str
    items: str
    range: str
    better: str
    bands: str
    cut: str
    reliable: str
    sem: str
    how_often: str
    entered_only: bool = False
    reverse: tuple[int, ...] = ()


TABLE = [
    Row("phq9", "9 × 0-3", "0-27", LOW, "0-4 5-9 10-14 15-19 20-27", "clinical ≥ 10", "≥ 6", "2.5", "two_weekly"),
    Row("phq8", "8 × 0-3", "0-24", LOW, "0-4 5-9 10-14 15-19 20-24", "", "", "", "two_weekly"),
    Row("phq2", "2 × 0-3", "0-6", LOW, "", "positive ≥ 3", "", "", "weekly"),
    Row("gad7", "7 × 0-3", "0-21", LOW, "0-4 5-9 10-14 15-21", "clinical ≥ 8", "≥ 4", "", "two_weekly"),
    Row("gad2", "2 × 0-3", "0-6", LOW, "", "positive ≥ 3", "", "", "weekly"),
    Row("who5", "5 × 0-5", "0-100", HIGH, "0-28", "clinical ≤ 50", "≥ 10", "", "two_weekly"),
    Row("k10", "10 × 1-5", "10-50", LOW, "10-15 16-21 22-29 30-50 | 10-19 20-24 25-29 30-50", "", "", "",
        "four_weekly"),
    Row("csi4", "1 × 0-6, 3 × 0-5", "0-21", HIGH, "", "clinical ≤ 13", "> 2.716", "0.980", "weekly"),
    Row("csi16", "1 × 0-6, 15 × 0-5", "0-81", HIGH, "", "clinical ≤ 51", "> 6.664", "2.404", "four_to_six_weekly"),
    Row("csi32", "1 × 0-6, 31 × 0-5", "0-161", HIGH, "", "clinical ≤ 104", "> 12.544", "4.525", "intake_end"),
    Row("rdas", "10 × 0-5, 1 × 0-4, 3 × 0-5", "0-69", HIGH, "", "clinical ≤ 47", "≥ 12", "4.178",
        "eight_to_twelve_weekly", True),
    Row("crs", "10 × 0-10", "0-100", HIGH, "", "clinical < 70.9", "≥ 16", "5.772", "every_session", True),
    Row("kmss", "3 × 1-7", "3-21", HIGH, "", "clinical ≤ 16", "", "", "monthly", True),
    Row("ras", "7 × 1-5", "7-35", HIGH, "", "", "", "", "four_weekly", True, (4, 7)),
    Row("qmi", "5 × 1-7, 1 × 1-10", "6-45", HIGH, "", "", "", "", "monthly", True),
    Row("ors", "4 × 0-10", "0-40", HIGH, "", "clinical < 25", "≥ 5", "", "every_session", True),
    Row("srs", "4 × 0-10", "0-40", HIGH, "", "concern < 36", "", "", "every_session", True),
    Row("wai_sr", "12 × 1-5", "12-60", HIGH, "", "", "", "", "three_to_six_sessions", True),
    Row("ecr_rs", "9 × 1-7", "", LOW, "", "", "", "", "intake", False, (1, 2, 3, 4)),
    Row("hits", "4 × 1-5", "4-20", LOW, "", "positive ≥ 11", "", "", "alone_intake", True),
    Row("ehits", "5 × 1-5", "5-25", LOW, "", "positive ≥ 7", "", "", "alone", True),
    Row("wast", "8 × 1-3", "8-24", LOW, "", "positive ≥ 13", "", "", "alone", True),
]  # fmt: skip
ROWS = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)


def whole(value: Decimal) -> str:
    return f"{value.normalize():f}"


def items_in_words(key: str) -> str:
    runs: list[list[str]] = []
    for one in measures.get(key).items:
        ends = f"{whole(one.low)}-{whole(one.high)}"
        if runs and runs[-1][0] == ends:
            runs[-1].append(ends)
        else:
            runs.append([ends])
    return ", ".join(f"{len(run)} × {run[0]}" for run in runs)


def cut_in_words(cut: Cut | None) -> str:
    if cut is None:
        return ""
    limits = [("≥", cut.at_least), ("≤", cut.at_most), ("<", cut.below)]
    return " ".join(f"{cut.kind} {sign} {whole(limit)}" for sign, limit in limits if limit is not None)


def reliable_in_words(reliable: Reliable | None) -> str:
    return "" if reliable is None else f"{'≥' if reliable.inclusive else '>'} {whole(reliable.threshold)}"


@ROWS
def test_the_items_the_range_and_the_better_way_are_as_published(row: Row) -> None:
    measure = measures.get(row.key)
    assert items_in_words(row.key) == row.items
    assert row.range == ("" if measure.total is None else f"{whole(measure.total.low)}-{whole(measure.total.high)}")
    assert measure.direction.value == row.better
    assert tuple(one.number for one in measure.items if one.reverse) == row.reverse


@ROWS
def test_bands_and_cut_offs_are_as_published(row: Row) -> None:
    measure = measures.get(row.key)
    sets = [" ".join(f"{whole(band.low)}-{whole(band.high)}" for band in one.bands) for one in measure.band_sets]
    assert " | ".join(sets) == row.bands
    assert cut_in_words(measure.cut) == row.cut


@ROWS
def test_thresholds_and_standard_errors_are_as_published(row: Row) -> None:
    measure = measures.get(row.key)
    assert reliable_in_words(measure.reliable) == row.reliable
    assert measure.sem == (Decimal(row.sem) if row.sem else None)


@ROWS
def test_how_often_and_whether_only_totals_are_entered_is_as_published(row: Row) -> None:
    measure = measures.get(row.key)
    assert (measure.how_often, measure.score_only) == (row.how_often, row.entered_only)


def test_every_measure_of_the_table_is_there_and_one_more() -> None:
    # The PHQ-4 is the PHQ-2 and the GAD-2 in one form; the table names it among those that may be shipped.
    assert {one.key for one in measures.all()} - {row.key for row in TABLE} == {"phq4"}


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("rdas", {"consensus": ("1-6", "0-30"), "satisfaction": ("7-10", "0-20"), "cohesion": ("11-14", "0-19")}),
        ("wai_sr", {"task": ("1 2 10 12", "4-20"), "bond": ("3 5 7 9", "4-20"), "goal": ("4 6 8 11", "4-20")}),
        ("ecr_rs", {"avoidance": ("1-6", "1-7"), "anxiety": ("7-9", "1-7")}),
        ("ras", {"mean": ("1-7", "1-5")}),
    ],
)
def test_the_parts_of_a_measure_are_as_published(key: str, parts: dict[str, tuple[str, str]]) -> None:
    def items(numbers: tuple[int, ...]) -> str:
        run = list(range(numbers[0], numbers[-1] + 1))
        return f"{run[0]}-{run[-1]}" if list(numbers) == run else " ".join(map(str, numbers))

    found = {one.key: (items(one.items), f"{whole(one.low)}-{whole(one.high)}") for one in measures.get(key).subscales}
    assert found == parts


@pytest.mark.parametrize(
    ("key", "last_inside", "first_outside"),
    [
        ("phq9", "10", "9"),
        ("gad7", "8", "7"),
        ("who5", "48", "52"),
        ("csi4", "13", "14"),
        ("csi16", "51", "52"),
        ("csi32", "104", "105"),
        ("rdas", "47", "48"),
        ("crs", "70.8", "70.9"),
        ("kmss", "16", "17"),
        ("ors", "24.9", "25"),
    ],
)
def test_the_clinical_range_ends_where_it_was_published(key: str, last_inside: str, first_outside: str) -> None:
    measure = measures.get(key)
    assert measures.read(measure, Decimal(last_inside)).clinical is True
    assert measures.read(measure, Decimal(first_outside)).clinical is False


@pytest.mark.parametrize(
    ("key", "raised", "quiet"),
    [("phq2", 3, 2), ("gad2", 3, 2), ("srs", Decimal("35.9"), 36), ("hits", 11, 10), ("ehits", 7, 6), ("wast", 13, 12)],
)
def test_a_screen_asks_for_a_closer_look_from_its_published_number_on(key: str, raised: Decimal, quiet: int) -> None:
    measure = measures.get(key)
    assert measures.read(measure, raised).past_cut is True
    assert measures.read(measure, quiet).past_cut is False
    assert measures.read(measure, raised).clinical is None


def test_a_raw_thirteen_of_the_who5_is_outside_the_clinical_range_and_there_is_no_step_of_minus_five() -> None:
    who5 = measures.get("who5")
    twelve, thirteen = (measures.score(who5, dict(enumerate(raw, 1))) for raw in ([3, 3, 2, 2, 2], [3, 3, 3, 2, 2]))
    assert (twelve.total, twelve.clinical) == (48, True)
    assert (thirteen.total, thirteen.clinical) == (52, False)
    assert measures.score(who5, dict.fromkeys(range(1, 6), 5)).total == 100


def test_the_published_threshold_of_the_phq9_is_beyond_two_standard_errors() -> None:
    phq9 = measures.get("phq9")
    assert phq9.sem is not None
    assert phq9.reliable is not None
    assert 2 * phq9.sem == 5 < phq9.reliable.threshold


def test_codes_are_those_that_were_verified() -> None:
    phq9, gad7, phq2 = (measures.get(key) for key in ("phq9", "gad7", "phq2"))
    codes = phq9.codes
    assert (codes.panel, codes.total, codes.items[9]) == ("44249-1", "44261-6", "44260-8")
    assert codes.answers == {"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}
    assert codes.not_scored == {"difficulty": "69722-7"}
    assert (gad7.codes.panel, gad7.codes.total) == ("69737-5", "70274-6")
    assert (phq2.codes.panel, phq2.codes.total) == ("55757-9", "55758-7")
