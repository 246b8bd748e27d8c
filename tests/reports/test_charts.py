"""Charts: the geometry, and the rules that let one markup serve a strict page and a PDF."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from hypothesis import given
from hypothesis import strategies as st

from reports import charts, findings, marks, scales
from reports.paper import (
    Areas,
    Around,
    Band,
    Course,
    DayMap,
    Difference,
    Goal,
    Line,
    Mood,
    Point,
    Report,
    Series,
    Turn,
    Week,
)
from reports.screen import Screen
from tests.reports import sample

NAMES = dict(enumerate(("Mara", "Theo", "Ada", "Jun", "Noor", "Eli")))
SVG = "{http://www.w3.org/2000/svg}"


def drawings() -> dict[str, str]:
    series, mood = sample.satisfaction(sample.MARA, sample.THEO), Mood((sample.mood(0, 0),))
    row, goal = Difference("We agree about money", ((0, 6), (1, 4))), Course(0, 2, 7, 5)
    title = "Mara & Theo <both> moved"
    return {
        "line": charts.line(series, sample.STARTS, sample.ENDS, title=title),
        "own": charts.own(series, 1, sample.STARTS, sample.ENDS, title=title),
        "bars": charts.bars(sample.doing("clinical"), title=title),
        "days": charts.days(mood, mood.maps[0], sample.STARTS, title=title),
        "dumbbell": charts.dumbbell(row, 0, 10, title=title),
        "spark": charts.spark(sample.MARA, 0, 0, 35, title=title),
        "goal": charts.goal(goal, 0, 10, title=title),
    }


@pytest.mark.parametrize("name", ["line", "own", "bars", "days", "dumbbell", "spark", "goal"])
def test_rules_of_every_drawing(name: str) -> None:
    """A picture with a finding, no styles, no ids, no words: the page and the paper take the same bytes."""
    svg = drawings()[name]
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own markup
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Mara & Theo <both> moved"
    assert root[1].tag == f"{SVG}desc"
    assert (root[1].text or "").endswith(".")
    for element in root.iter():
        assert not {"style", "id", "opacity", "text-anchor", "href"} & set(element.attrib)
        assert element.tag != f"{SVG}style"
        if element.tag == f"{SVG}text":
            assert re.fullmatch(r"-?\d+(\.\d)?", element.text or ""), "only digits stand in a drawing"
    assert "nan" not in svg
    assert "None" not in svg


def shapes(svg: str, css: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(svg)  # noqa: S314
    return [element for element in root.iter() if css in element.get("class", "").split()]


def places(marks: list[ElementTree.Element]) -> int:
    """How many marks stand there: one path may draw many."""
    return sum(mark.get("d", "").count("M") for mark in marks)


def test_a_missing_answer_is_a_gap() -> None:
    path = scales.strokes([(0, 0), (1, 1), None, (3, 3), (4, 4)])
    assert path == "M0 0L1 1M3 3L4 4"
    assert scales.strokes([(0, 0), None, (2, 2)]) == ""
    theo = [s for s in shapes(drawings()["line"], "ink-b") if s.get("fill") == "none"]
    assert theo[0].get("d", "").count("M") == 2


def test_partners_differ_by_ink_and_by_shape() -> None:
    assert len(set(marks.INKS)) == 6
    paths = {marks.mark(position, 0, 0, 4) for position in range(6)}
    assert len(paths) == 6
    assert marks.mark(0, 0, 0, 4).count("c") == 4
    assert marks.mark(1, 0, 0, 10) == "M0 -12.8L12.8 0L0 12.8L-12.8 0z"


def test_too_few_answers_get_marks_and_no_line() -> None:
    series = Series("Closeness", 0, 10, (Line(0, sample.weekly((1, 2, 3))), Line(1, sample.weekly((4, 5)))))
    svg = charts.line(series, sample.STARTS, sample.ENDS, title="x")
    assert any(s.get("fill") == "none" for s in shapes(svg, "ink-a"))
    assert not any(s.get("fill") == "none" for s in shapes(svg, "ink-b"))
    assert places(shapes(svg, "ink-b")) == 2


def test_weekly_answers_stand_over_their_week() -> None:
    """Answered on a Monday or a Sunday, the mark stands above the week's number."""

    def first_mark(day: int) -> str:
        series = Series("x", 0, 10, (Line(0, sample.weekly((1, 2, 3), day)),))
        svg = charts.line(series, sample.STARTS, sample.ENDS, title="x")
        return shapes(svg, "mark")[0].get("d", "")

    assert first_mark(0) == first_mark(6)


def test_answers_twice_in_a_week_stand_on_their_days() -> None:
    points = tuple(Point(sample.STARTS + timedelta(days=at), at) for at in (0, 3, 9))
    svg = charts.line(Series("x", 0, 10, (Line(0, points),)), sample.STARTS, sample.ENDS, title="x")
    xs = [float(x) for one in shapes(svg, "mark") for x in re.findall(r"M(-?[\d.]+)", one.get("d", ""))]
    day = (charts.WIDE.right - charts.WIDE.left) / 84
    assert xs[1] - xs[0] == pytest.approx(3 * day, abs=0.5)


def test_a_cutoff_is_a_line_or_a_band() -> None:
    points = (Line(0, sample.weekly((1, 2, 3))),)
    line = Series("x", 0, 21, points, cutoff=Band(13.5, 13.5, "Cut-off"))
    band = Series("x", 0, 35, points, cutoff=Band(17, 20, "Cut-off"))
    path = shapes(charts.line(line, sample.STARTS, sample.ENDS, title="x"), "cutline")[0]
    assert path.get("d") == f"M26 {marks.n(charts.line_scale(line)(13.5))}H552"
    rect = shapes(charts.line(band, sample.STARTS, sample.ENDS, title="x"), "cutband")[0]
    scale = charts.line_scale(band)
    assert float(rect.get("height", 0)) == pytest.approx(scale(17) - scale(20), abs=0.1)


def test_ticks_are_round_and_few() -> None:
    assert scales.ticks(0, 35) == [0, 5, 10, 15, 20, 25, 30, 35]
    assert scales.ticks(0, 21) == [0, 5, 10, 15, 20]
    assert scales.ticks(1, 5) == [1, 2, 3, 4, 5]
    assert scales.ticks(3, 3) == [3]


@given(st.integers(-200, 200), st.integers(1, 5000))
def test_ticks_stay_inside(low: int, span: int) -> None:
    marks = scales.ticks(low, low + span)
    assert 1 <= len(marks) <= 8
    assert all(low <= mark <= low + span for mark in marks)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_scale_never_leaves_the_drawing(value: float, low: float, high: float) -> None:
    scale = scales.Scale(min(low, high), max(low, high), 166, 12)
    assert 12 <= scale(value) <= 166


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_labels_stand_apart_and_in_order(heights: list[float]) -> None:
    steps = scales.apart(heights)
    assert all(0 <= step <= scales.STEPS for step in steps)
    pairs = sorted(zip(heights, steps, strict=True))
    ordered = sorted(steps)
    assert all(b - a >= 3 for a, b in pairwise(ordered))
    assert [step for _height, step in pairs] == ordered or len(set(heights)) < len(heights)


def test_labels_move_no_further_than_they_must() -> None:
    assert scales.apart([0.5]) == [20]
    assert scales.apart([0.1, 0.9]) == [4, 36]
    assert scales.apart([1.0, 1.0]) == [36, 40]


def test_coordinates_ignore_the_locale() -> None:
    from django.utils import translation

    with translation.override("de"):
        assert "," not in drawings()["line"].split("</desc>")[1]
    assert marks.n(2.0) == "2"
    assert marks.n(-0.01) == "0"
    assert marks.n(2.45) in ("2.5", "2.4")


def test_bars_stack_to_their_sum() -> None:
    doing = sample.doing("clinical")
    svg = drawings()["bars"]
    boxes = [s for tone in charts.TONES for s in shapes(svg, f"seg-{tone}")]
    assert len(boxes) == sum(1 for week in doing.weeks for count in week.counts if count)
    deep = sum(float(box.get("height", 0)) + 1.6 for box in shapes(svg, "seg-deep"))
    assert deep == pytest.approx(21 * 33, abs=3)  # 21 done by both, 33 units each


def test_days_without_an_entry_are_dots() -> None:
    mood = Mood((DayMap(0, (1, None, 5, 3)),))
    svg = charts.days(mood, mood.maps[0], sample.STARTS, title="x")
    assert places(shapes(svg, "dots")) == 1
    assert [places(shapes(svg, f"day-{step}")) for step in range(1, 6)] == [1, 0, 1, 0, 1]


def test_a_year_of_days_is_drawn_without_its_numbers() -> None:
    mood = Mood((DayMap(0, tuple(None if at % 9 == 4 else 1 + at % 5 for at in range(364))),))
    svg = charts.days(mood, mood.maps[0], sample.STARTS, title="x")
    assert not shapes(svg, "on-day-1")
    assert sum(places(shapes(svg, f"day-{step}")) for step in range(1, 6)) + places(shapes(svg, "dots")) == 364
    assert len(svg) < 12_000


def test_a_scale_of_seven_uses_all_violets() -> None:
    mood = Mood((DayMap(0, (1, 4, 7)),), 1, 7)
    assert [charts.shade(mood, value) for value in (1, 4, 7)] == [0, 2, 4]


def test_equal_answers_stand_side_by_side() -> None:
    svg = charts.dumbbell(Difference("x", ((0, 5), (1, 5))), 0, 10, title="x")
    assert not shapes(svg, "span")
    places = {s.get("d") for s in shapes(svg, "mark--end")}
    assert len(places) == 2
    assert shapes(charts.dumbbell(Difference("x", ((0, 2), (1, 8))), 0, 10, title="x"), "span--wide")


def test_a_goal_can_go_down() -> None:
    assert shapes(charts.goal(Course(0, 9, 3), 0, 10, title="x"), "start")
    assert not shapes(charts.goal(Course(0, 3, 3, 1), 0, 10, title="x"), "start"), "one rating has moved nowhere"


def test_long_periods_thin_their_numbers_out() -> None:
    points = tuple(Point(sample.STARTS + timedelta(days=7 * at), at % 10) for at in range(104))
    ends = sample.STARTS + timedelta(days=727)
    svg = charts.line(Series("x", 0, 10, (Line(0, points),)), sample.STARTS, ends, title="x")
    assert svg.count("<text") < 40


def test_findings_are_sentences() -> None:
    series = sample.satisfaction(sample.MARA, sample.THEO)
    said = findings.of_series(series, NAMES)
    assert "Mara goes from 13 to 25." in said
    assert "Above the cut-off of 17–20 at the end: Mara & Theo." in said
    silent = Series("x", 0, 10, (Line(0, ()), Line(1, sample.weekly((4,)))))
    assert "Mara has no answer in this period. Theo answered once: 4." in findings.of_series(silent, NAMES)
    goal = Goal("Pause")
    assert findings.of_goal(goal, Course(0, 2, 7, 5), {0: "Mara"}) == "Pause: Mara started at 2 and is at 7 of 10."
    assert findings.of_goal(goal, Course(0, 7, 7, 1), {0: "Mara"}) == "Pause: Mara rated it once, 7 of 10."
    assert findings.change(4, 2) == "−2"
    assert findings.change(2, 4.5) == "+2.5"
    assert findings.change(3, 3) == "±0"
    assert findings.names_joined(["Mara", "Theo", "Ada"]) == "Mara, Theo & Ada"


def test_every_position_draws() -> None:
    lines = tuple(Line(at, sample.weekly((at, at + 1, at + 2))) for at in range(6))
    svg = charts.line(Series("x", 0, 10, lines), sample.STARTS, sample.ENDS, title="x")
    assert all(shapes(svg, f"ink-{marks.letter(at)}") for at in range(6))


# ── what a year costs ────────────────────────────────────────────────────────


def year() -> Report:
    """Two partners, every week and every day of a year: as full as a page gets."""
    days = [sample.STARTS + timedelta(days=at) for at in range(364)]
    lines = tuple(
        Line(who, tuple(Point(day, 3 + (at + who) % 7) for at, day in enumerate(days[::7]))) for who in (0, 1)
    )
    plain = Series("Closeness", 0, 10, lines)
    around = tuple(replace(line, around=Around(days[0], 4, 2, 6), error=1.9, told=("Steady.",)) for line in lines)
    measure = replace(plain, lines=around, by_day=True, facts=(("Scores", "104"),), cutoff=Band(5, 5, "Cut-off"))
    maps = tuple(DayMap(who, tuple(1 + (at + who) % 5 for at in range(364))) for who in (0, 1))
    weeks = tuple(Week(day, (3, 2, 1, 1)) for day in days[::7])
    return replace(
        sample.report("clinical"),
        starts=days[0],
        ends=days[-1],
        series=(measure,) * 4 + (plain,) * 10,
        mood=Mood(maps),
        doing=replace(sample.doing("clinical"), weeks=weeks),
        areas=Areas("In small", (plain,) * 24),
    )


def test_a_full_year_is_light_enough_for_a_telephone() -> None:
    screen = Screen(year())
    drawn = [part["picture"].src for part in [*screen.measures, *screen.series]]
    drawn += [own["picture"].src for part in screen.measures for own in part["owns"]]
    drawn += [one["picture"].src for one in screen.mood["maps"]] + [screen.doing["picture"].src]  # type: ignore[index]
    drawn += [cell["picture"].src for row in screen.areas["rows"] for cell in row["cells"]]  # type: ignore[index]
    assert len(drawn) == 14 + 8 + 2 + 1 + 48
    assert sum(len(svg) for svg in drawn) < 330_000
    assert max(svg.count("<") for svg in drawn) < 520


# ── one partner's line alone ─────────────────────────────────────────────────


def alone(**changes: object) -> Series:
    points = sample.weekly((8, 8, 9, None, 12, 15))
    line = Line(1, points, around=Around(points[0].on, 8, 5.284, 10.716), error=1.92)
    return replace(Series("CSI-4", 0, 21, (replace(line, **changes),), by_day=True), cutoff=Band(13.5, 13.5, "Cut-off"))


def own(series: Series) -> str:
    return charts.own(series, 1, sample.STARTS, sample.ENDS, title="x")


def test_the_range_of_chance_runs_from_the_first_score_on() -> None:
    series = alone()
    [rect], y = shapes(own(series), "wash-b"), charts.line_scale(series, charts.SMALL)
    assert float(rect.get("y", 0)) == pytest.approx(y(10.716), abs=0.1)
    assert float(rect.get("y", 0)) + float(rect.get("height", 0)) == pytest.approx(y(5.284), abs=0.1)
    day = (charts.SMALL.right - charts.SMALL.left) / 84
    assert float(rect.get("x", 0)) == pytest.approx(charts.SMALL.left + 6 * day, abs=0.1)
    assert float(rect.get("x", 0)) + float(rect.get("width", 0)) == pytest.approx(charts.SMALL.right, abs=0.1)


def test_the_range_of_chance_of_an_older_score_fills_the_period() -> None:
    early = Around(sample.STARTS - timedelta(days=200), 8, 5, 11)
    [rect] = shapes(own(alone(around=early)), "wash-b")
    assert float(rect.get("x", 0)) == charts.SMALL.left


def test_the_range_of_chance_ends_where_the_scale_ends() -> None:
    [rect] = shapes(own(alone(around=Around(sample.STARTS, 2, -4, 8))), "wash-b")
    assert float(rect.get("y", 0)) + float(rect.get("height", 0)) == charts.SMALL.foot


def test_every_score_shows_its_error_where_a_line_stands_alone() -> None:
    series = alone()
    [errors], y = shapes(own(series), "spread"), charts.line_scale(series, charts.SMALL)
    strokes = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", errors.get("d", ""))
    assert len(strokes) == 5
    assert float(strokes[0][0]) == pytest.approx(y(8 - 1.92), abs=0.1)
    assert float(strokes[0][1]) == pytest.approx(y(8 + 1.92), abs=0.1)
    assert not shapes(own(alone(error=0)), "spread")


def test_on_one_scale_nobodys_range_covers_anybodys_line() -> None:
    svg = charts.line(alone(), sample.STARTS, sample.ENDS, title="x")
    assert not shapes(svg, "wash-b")
    assert not shapes(svg, "spread")


def test_a_line_is_not_joined_over_a_gap() -> None:
    points = sample.weekly((8, 9, 10, 11, 12, 13))
    series = Series("x", 0, 21, (Line(0, points, gaps=((points[2].on, points[3].on),)),), by_day=True)
    [run] = shapes(charts.line(series, sample.STARTS, sample.ENDS, title="x"), "run")
    parts = [part.count("L") for part in run.get("d", "").split("M")[1:]]
    assert parts == [2, 2]


def test_a_day_of_change_has_its_notch_and_a_number_when_there_are_several() -> None:
    days = [sample.STARTS + timedelta(days=at) for at in (14, 42)]
    one = replace(alone(), turns=(Turn(days[0], "Edition 2."),))
    two = replace(alone(), turns=tuple(Turn(day, "Edition.") for day in days))
    frame = charts.SMALL
    [notch] = shapes(own(one), "notch")
    x = frame.left + 14 * (frame.right - frame.left) / 84
    assert float(notch.get("d", "M0").removeprefix("M").split(" ")[0]) == pytest.approx(x, abs=0.1)
    numbers = [text for text in ElementTree.fromstring(own(two)).iter(f"{SVG}text") if text.get("y") == "9"]  # noqa: S314
    assert [text.text for text in numbers] == ["1", "2"]
    assert "Edition 2." in own(one)


def test_partners_differ_without_any_colour() -> None:
    assert len(set(marks.DASHES)) == 6
    lines = tuple(Line(at, sample.weekly((at, at + 1, at + 2))) for at in range(6))
    svg = charts.line(Series("x", 0, 10, lines), sample.STARTS, sample.ENDS, title="x")
    assert [run.get("stroke-dasharray", "") for run in shapes(svg, "run")] == list(marks.DASHES)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [(0, 21, [0, 5, 10, 15, 21]), (0, 27, [0, 5, 10, 15, 20, 27]), (0, 10, [0, 2, 4, 6, 8, 10]), (-5, 5, None)],
)
def test_an_axis_names_both_ends_of_its_scale(low, high, labels) -> None:
    found = scales.labelled(low, high)
    assert (found[0], found[-1]) == (low, high)
    assert labels is None or found == labels


def test_one_score_is_a_dot_two_are_two_and_three_are_joined() -> None:
    for count in (1, 2, 3):
        series = Series("x", 0, 21, (Line(0, sample.weekly((8, 9, 10)[:count])),), drawn_from=1)
        assert series.enough
        svg = charts.line(series, sample.STARTS, sample.ENDS, title="x")
        assert places(shapes(svg, "mark")) == count
        assert bool(shapes(svg, "run")) == (count > 2)


def test_a_scale_of_three_digits_keeps_its_numbers_out_of_the_plot() -> None:
    series = Series("x", 0, 100, (Line(0, sample.weekly((40, 50, 60))),))
    root = ElementTree.fromstring(charts.line(series, sample.STARTS, sample.ENDS, title="x"))  # noqa: S314
    [hundred] = [text for text in root.iter(f"{SVG}text") if text.text == "100"]
    [axis] = shapes(charts.line(series, sample.STARTS, sample.ENDS, title="x"), "axis")
    assert float(hundred.get("x", 0)) + 3 * 5.25 < float(axis.get("d", "M0").removeprefix("M").split(" ")[0])


# ── inks ─────────────────────────────────────────────────────────────────────

PAIR = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")


def tokens(dark: bool) -> dict[str, str]:
    css = Path(str(finders.find("practice/attune.css"))).read_text()
    return {name: (night if dark else day) for name, day, night in PAIR.findall(css)}


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_ink_is_seen_on_the_page_and_on_its_own_ground(dark) -> None:
    """WCAG 1.4.11: what a drawing is understood by has at least 3 to 1, in both modes."""
    found = tokens(dark)
    for key in "abcdef":
        for ground in ("surface", f"{key}-wash", "gold-wash"):
            assert contrast(found[key], found[ground]) >= 3, (key, ground)
    for line in ("gold", "edge", "ink-2"):
        assert contrast(found[line], found["surface"]) >= 3, line
    assert contrast(found["ink-3"], found["surface"]) >= 4.5


def test_every_ink_is_seen_on_paper() -> None:
    for ink, wash in zip(marks.INKS, marks.WASHES, strict=True):
        assert contrast(ink, "#ffffff") >= 4.5
        assert contrast(ink, wash) >= 3


def test_numbers_in_a_calendar_are_read_on_every_violet() -> None:
    for step, violet in enumerate(charts.VIOLETS):
        assert contrast("#ffffff" if step > 2 else "#3b2d52", violet) >= 4.5, step
