"""Measures over time, on plain values: what is drawn, where it breaks, and which words stand beside it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exercises import measures
from exercises.measured import Result
from reports import focus, glance, measure_series
from reports.material import Material, Period
from reports.paper import Letterhead, Partner, Report, Series
from reports.side_by_side import side_by_side

STARTS = datetime.date(2026, 3, 2)
ENDS = datetime.date(2026, 5, 24)
PERIOD = Period(STARTS, ENDS, ZoneInfo("Europe/London"))
IDS = [uuid.UUID(int=1), uuid.UUID(int=2)]
NAMES = ("Mara", "Theo")
MARA = (8, 8, 9, 9, 11, 10, 12, 12, 14, 13, 15, 15)
THEO = (11, 10, 10, 12, 11, 12, None, 14, 13, 15, 15, 16)
Scores = Mapping[int, Sequence[float | None]]


def day(week: int) -> datetime.date:
    return STARTS + datetime.timedelta(days=7 * week + 2)


def taken(key: str, scores: Scores, *, first: int = 0, editions: Mapping[int, int] | None = None) -> list[Result]:
    """One score a week by position, from week ``first`` on; None is a week without one."""
    found = [
        Result(
            uuid.uuid4(),
            IDS[position],
            day(first + week),
            measures.read(measures.get(key), total),
            "form" if editions else "entered",
            "private",
            edition=editions[week] if editions else None,
        )
        for position, totals in scores.items()
        for week, total in enumerate(totals)
        if total is not None
    ]
    return sorted(found, key=lambda one: one.taken_on)


def material(results: list[Result], starts: Mapping[Any, datetime.date] | None = None) -> Material:
    partners = [SimpleNamespace(client_id=pk, position=at, left_at=None) for at, pk in enumerate(IDS)]
    couple: Any = SimpleNamespace(partners=SimpleNamespace(all=lambda: partners))
    people = tuple(Partner(name, at) for at, name in enumerate(NAMES))
    results = [one for one in results if one.taken_on <= ENDS]
    return Material(people, PERIOD, shared=False, measures=tuple(side_by_side(couple, results, starts or {})))


def one_of(key: str, scores: Scores, **how: Any) -> Series:
    [series] = measure_series.charts(material(taken(key, scores, **how)))
    return series


def facts(series: Series) -> dict[str, str]:
    return dict(series.facts)


def test_everybodys_own_line_stands_on_the_whole_scale():
    series = one_of("csi4", {0: MARA, 1: THEO})
    assert (series.label, series.low, series.high, series.better) == ("CSI-4", 0, 21, "up")
    assert [line.values for line in series.lines] == [MARA, tuple(value for value in THEO if value is not None)]


@pytest.mark.parametrize(
    ("key", "at", "words"),
    [
        ("csi4", 13.5, "Clinical range: 13 and less"),
        ("phq9", 9.5, "Clinical range: 10 and more"),
        ("crs", 70.9, "Clinical range: below 70.9"),
    ],
)
def test_the_cut_off_lies_between_the_two_sides(key, at, words):
    cutoff = one_of(key, {0: (12, 12, 12)}).cutoff
    assert cutoff is not None
    assert (cutoff.low, cutoff.high, cutoff.words) == (at, at, words)


def test_a_measure_without_a_cut_off_has_no_line_for_one():
    assert one_of("ras", {0: (20, 22, 24)}).cutoff is None


def test_the_range_of_chance_lies_around_the_first_score():
    around = one_of("csi4", {0: MARA}).lines[0].around
    assert around is not None
    assert (around.since, around.value) == (day(0), 8)
    assert (around.low, around.high) == pytest.approx((8 - 2.716, 8 + 2.716))


def test_it_lies_around_the_baseline_that_was_set():
    results = taken("csi4", {0: MARA})
    [series] = measure_series.charts(material(results, {(IDS[0], "csi4"): day(4)}))
    around = series.lines[0].around
    assert around is not None
    assert (around.since, around.value) == (day(4), 11)
    assert series.lines[0].verdict == "Recovered"
    assert "Compared from" in " ".join(series.lines[0].told)


def test_the_error_of_a_single_score_is_two_standard_errors_either_way():
    assert one_of("csi4", {0: MARA}).lines[0].error == pytest.approx(1.96 * 0.980)
    assert one_of("gad7", {0: (9, 8, 7)}).lines[0].error == 0


def test_a_missed_week_is_a_gap_that_is_named():
    series = one_of("csi4", {0: MARA, 1: THEO})
    assert [line.gaps for line in series.lines] == [(), ((day(5), day(7)),)]
    assert facts(series)["Gaps"] == "Theo 8 Apr – 22 Apr 2026"
    assert facts(series)["Scores"] == "Mara 12, Theo 11"
    assert facts(series)["Window"] == "4 Mar – 20 May 2026"


@pytest.mark.parametrize(
    ("weeks", "gaps"),
    [
        ((0, 1, 2, 3), 0),
        ((0, 1, 2, 4), 1),
        ((0, 4, 8, 12), 0),
        ((0, 6, 12), 0),
        ((0, 7), 1),
        ((0, 8, 16), 2),
        ((0,), 0),
    ],
)
def test_a_line_breaks_after_six_weeks_and_where_one_was_missed(weeks, gaps):
    days = [STARTS + datetime.timedelta(days=7 * week) for week in weeks]
    assert len(measure_series.gaps(days)) == gaps


def test_state_and_trend_are_said_only_under_their_rules():
    series = one_of("csi4", {0: MARA, 1: THEO})
    mara = " ".join(series.lines[0].told)
    assert series.lines[0].verdict == "Recovered"
    assert series.lines[0].look == "done"
    assert "+7 by 20 May 2026." in mara
    assert "Outside the clinical range." in mara
    assert "Rising: +0.7 points a week" in mara


@pytest.mark.parametrize("key", ["ras", "k10", "phq8"])
def test_without_a_threshold_only_the_difference_is_said(key):
    series = one_of(key, {0: (20, 21, 19, 20, 16, 14, 12), 1: (20, 20, 20)})
    told = " ".join([*series.lines[0].told, *series.together])
    assert series.lines[0].verdict == ""
    assert series.lines[0].around is None
    assert "−8 by" in told
    for word in (
        "reliable",
        "mproved",
        "orsened",
        "ecovered",
        "Rising",
        "Falling",
        "About the same",
        "chance",
        "better",
    ):
        assert word not in told, word
    assert "no reliable threshold" in facts(series)["Scored by"]


def test_three_scores_are_joined_and_have_no_words_of_a_trend():
    told = " ".join(one_of("csi4", {0: (8, 12, 16)}).lines[0].told)
    assert "points a week" not in told


def test_a_new_edition_is_marked_on_its_day_and_said_in_words():
    series = one_of("csi4", {0: (8, 9, 10, 11)}, editions={0: 1, 1: 1, 2: 3, 3: 3})
    [turn] = series.turns
    assert turn.on == day(2)
    assert "edition 3 of the form" in turn.words
    assert facts(series)["Form"] == "Editions 1, 3"
    assert one_of("csi4", {0: (8, 9, 10)}).turns == ()


def test_a_score_from_before_the_period_is_compared_with_and_not_drawn():
    results = taken("csi4", {0: (8, 9, 15, 15)}, first=-2)
    [series] = measure_series.charts(material(results))
    assert series.lines[0].values == (15, 15)
    around = series.lines[0].around
    assert around is not None
    assert around.value == 8
    assert facts(series)["Scores"] == "Mara 2"


def test_what_came_after_the_period_is_not_known_in_it():
    results = taken("csi4", {0: (8, 15)}, first=11)
    [series] = measure_series.charts(material(results))
    assert series.lines[0].values == (8,)
    assert series.lines[0].verdict == ""


def test_what_they_say_together_never_leads_with_a_mean():
    series = one_of("csi16", {0: (44,), 1: (62,)})
    [lower, apart] = series.together
    assert lower.startswith("The lower score is 44")
    assert apart == "They are 18 points apart, more than a reliable change: different experiences."
    assert one_of("csi16", {0: (44, 60)}).together == ()


def test_one_better_and_one_worse_is_said_as_that():
    series = one_of("csi16", {0: (44, 60), 1: (62, 50)})
    assert series.together[0].startswith("Diverging")
    assert [line.verdict for line in series.lines] == ["Recovered", "Worsened"]


def test_a_measure_without_a_total_is_drawn_by_its_parts():
    score = measures.score(measures.get("ecr_rs"), dict(enumerate((7, 7, 6, 7, 1, 2, 1, 1, 2), 1)))
    results = [Result(uuid.uuid4(), IDS[0], day(1), score, "entered", "private")]
    found = measure_series.charts(material(results))
    assert [(one.label, one.lines[0].values) for one in found] == [
        ("ECR-RS, Avoidance", (pytest.approx(1.33),)),
        ("ECR-RS, Anxiety", (pytest.approx(1.33),)),
    ]


def test_a_screen_for_violence_is_in_no_view_of_a_couple():
    assert measure_series.charts(material(taken("hits", {0: (12, 13, 14)}))) == ()


def test_measures_of_the_relationship_come_first():
    results = taken("phq9", {0: MARA}) + taken("csi4", {0: (8, 9)})
    assert [one.label for one in measure_series.charts(material(sorted(results, key=lambda one: one.taken_on)))] == [
        "CSI-4",
        "PHQ-9",
    ]


# ── one partner alone, and the top of the page ───────────────────────────────


def report(series: tuple[Series, ...]) -> Report:
    partners = tuple(Partner(name, at) for at, name in enumerate(NAMES))
    return Report("clinical", Letterhead("x"), partners, STARTS, ENDS, ENDS, "x", "x", series=series)


def test_one_partner_alone_leaves_nothing_of_the_other():
    whole = report((one_of("csi4", {0: MARA, 1: THEO}), one_of("phq9", {1: (4, 5, 6)})))
    alone = focus.on(whole, 0)
    assert [[line.position for line in one.lines] for one in alone.series] == [[0]]
    assert alone.series[0].together == ()
    assert [line.position for one in focus.on(whole, 1).series for line in one.lines] == [1, 1]


def test_the_top_names_everybodys_newest_score_and_its_state():
    [mara, theo] = glance.people(report((one_of("csi4", {0: MARA, 1: THEO}),)))
    assert [(one.label, one.value, one.of, one.verdict) for one in mara.newest] == [("CSI-4", "15", "21", "Recovered")]
    assert theo.newest[0].value == "16"


def test_what_moved_is_named_down_as_well_as_up_and_measures_are_not_in_it():
    plain = replace(one_of("csi4", {0: MARA}), facts=(), label="Closeness", high=10)
    up = replace(plain, lines=(replace(plain.lines[0], points=plain.lines[0].points[:3]),), label="Steady")
    down = replace(plain, lines=(replace(plain.lines[0], points=tuple(reversed(plain.lines[0].points))),), label="Down")
    found = glance.moves(report((plain, up, down, one_of("csi4", {0: MARA}))))
    assert [(one.label, one.change) for one in found] == [("Closeness", "+7"), ("Down", "−7")]
