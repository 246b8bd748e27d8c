"""Charts: the geometry, and the rules that let one markup serve a strict page and a PDF."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import charts, findings, marks, scales
from reports.paper import Band, Course, DayMap, Difference, Goal, Line, Mood, Point, Series
from tests.reports import sample

NAMES = dict(enumerate(("Mara", "Theo", "Ada", "Jun", "Noor", "Eli")))
SVG = "{http://www.w3.org/2000/svg}"


def drawings() -> dict[str, str]:
    series, mood = sample.satisfaction(sample.MARA, sample.THEO), Mood((sample.mood(0, 0),))
    row, goal = Difference("We agree about money", ((0, 6), (1, 4))), Course(0, 2, 7, 5)
    title = "Mara & Theo <both> moved"
    return {
        "line": charts.line(series, sample.STARTS, sample.ENDS, title=title),
        "bars": charts.bars(sample.doing("clinical"), title=title),
        "days": charts.days(mood, mood.maps[0], sample.STARTS, title=title),
        "dumbbell": charts.dumbbell(row, 0, 10, title=title),
        "spark": charts.spark(sample.MARA, 0, 0, 35, title=title),
        "goal": charts.goal(goal, 0, 10, title=title),
    }


@pytest.mark.parametrize("name", ["line", "bars", "days", "dumbbell", "spark", "goal"])
def test_rules_of_every_drawing(name: str) -> None:
    """A picture with a finding, no styles, no ids, no words: the page and the paper take the same bytes."""
    svg = drawings()[name]
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own markup
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Mara & Theo <both> moved"
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
    assert len(shapes(svg, "ink-b")) == 2


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
    xs = [float(re.match(r"M(-?[\d.]+)", s.get("d", "")).group(1)) for s in shapes(svg, "mark")]  # type: ignore[union-attr]
    day = (charts.LINE["right"] - charts.LINE["left"]) / 84
    assert xs[1] - xs[0] == pytest.approx(3 * day, abs=0.5)


def test_a_cutoff_is_a_line_or_a_band() -> None:
    points = (Line(0, sample.weekly((1, 2, 3))),)
    line = Series("x", 0, 21, points, cutoff=Band(13.5, 13.5, "Cut-off"))
    band = Series("x", 0, 35, points, cutoff=Band(17, 20, "Cut-off"))
    assert shapes(charts.line(line, sample.STARTS, sample.ENDS, title="x"), "band")[0].tag == f"{SVG}path"
    rect = shapes(charts.line(band, sample.STARTS, sample.ENDS, title="x"), "band")[0]
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
        assert "," not in drawings()["line"].split("</title>")[1]
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
    assert len(shapes(svg, "grid")) == 1
    assert [len(shapes(svg, f"day-{step}")) for step in range(1, 6)] == [1, 0, 1, 0, 1]


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
