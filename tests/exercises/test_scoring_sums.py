"""Sums, weights, counting from the other end, and what may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises import native_scoring
from exercises.answers import DECLINED, Value, clean_form
from exercises.questions import Form
from exercises.scoring import NativeNumber, ScoreValue, Scoring, ScoringError, read_scorings, register_measures, scores

FOUR = [{"value": f"w{n}", "label": str(n), "weight": n} for n in range(4)]


def weighted(key: str, low: int = 0, high: int = 3, **more: Any) -> dict[str, Any]:
    options = [{"value": f"w{n}", "label": str(n), "weight": n} for n in range(low, high + 1)]
    return {"key": key, "type": "single", "label": key, "options": options, **more}


def how(method: str, keys: list[str], **more: Any) -> dict[str, Any]:
    return {"method": method, "questions": keys, "direction": "lower_better", "series": "own", **more}


def score_of(data: list[dict[str, Any]], plan: dict[str, Any], **raw: Any) -> ScoreValue | None:
    form = Form.from_data(data)
    sent = {key.replace("__", "."): one if isinstance(one, list) else [one] for key, one in raw.items()}
    answers, errors = clean_form(form, sent, sending=True)
    assert not errors
    found = scores(form, read_scorings(plan, form), answers)
    return next((one for one in found if one.source == "exercise"), None)


def items(ends: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [weighted(f"i{n}", low, high) for n, (low, high) in enumerate(ends)]


class TestSum:
    @pytest.mark.parametrize(
        ("ends", "weights", "value"),
        [
            # The published examples of how missing answers are stretched over.
            ([(0, 3)] * 9, [2, 2, 1, None, 1, 2, 1, None, 1], "12.8571"),
            ([(0, 3)] * 9, [2, 2, 1, 1, 1, None, 1, 1, 0], "10.1250"),
            ([(0, 3)] * 7, [1, 2, 1, 1, None, 1, 1], "8.1667"),
            ([(0, 6)] + [(0, 5)] * 15, [None] + [3] * 15, "48.6000"),
            ([(0, 6)] + [(0, 5)] * 15, [4] * 14 + [None] * 2, "63.8873"),
            ([(1, 5)] * 7, [4, 4, 4, 4, None, 5, 4], "29.1667"),
            ([(0, 3)] * 9, [3, 3, 2, 2, 2, 3, 2, 1, 1], "19"),
        ],
    )
    def test_is_stretched_over_what_is_missing(self, ends, weights, value) -> None:
        data = items(ends)
        keys = [item["key"] for item in data]
        raw = {key: f"w{weight}" for key, weight in zip(keys, weights, strict=True) if weight is not None}
        score = score_of(data, how("sum", keys, missing={"least": len(keys) - 2}), **raw)
        assert score is not None
        assert str(score.value) == value
        assert score.prorated is (None in weights)
        assert (score.answered, score.of) == (len(raw), len(keys))

    def test_is_no_number_when_too_much_is_missing(self) -> None:
        data = items([(0, 3)] * 4)
        plan = how("sum", [item["key"] for item in data], missing={"least": 3})
        assert score_of(data, plan, i0="w1", i1="w1") is None
        assert score_of(data, plan, i0="w1", i1="w1", i2=DECLINED) is None
        assert score_of(data, plan, i0="w1", i1="w1", i2="w1") is not None

    def test_needs_every_answer_unless_it_says_otherwise(self) -> None:
        data = items([(0, 3)] * 2)
        assert score_of(data, how("sum", ["i0", "i1"]), i0="w3") is None
        assert score_of(data, how("sum", ["i0", "i1"]), i0="w3", i1="w0").value == 3  # type: ignore[union-attr]

    def test_cannot_be_stretched_over_what_has_no_end(self) -> None:
        data = [weighted("a"), {"key": "n", "type": "number", "label": "N"}]
        plan = how("sum", ["a", "n"], missing={"least": 1})
        assert score_of(data, plan, a="w2") is None
        assert score_of(data, plan, a="w2", n="40").value == 42  # type: ignore[union-attr]

    def test_takes_whatever_has_a_number(self) -> None:
        data = [
            {"key": "s", "type": "scale", "label": "S", "min": 0, "max": 10, "low": "a", "high": "b"},
            {"key": "l", "type": "slider", "label": "L", "stops": [{"value": v, "label": str(v)} for v in (0, 5)]},
            {"key": "y", "type": "yes_no", "label": "Y"},
            {"key": "m", "type": "multi", "label": "M", "options": FOUR},
            {"key": "c", "type": "checklist", "label": "C", "options": FOUR},
            {"key": "g", "type": "grid", "label": "G", "options": FOUR,
             "rows": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]},
        ]  # fmt: skip
        plan = how("sum", ["s", "l", "y", "m", "c", "g"])
        raw = {"s": "7", "l": "5", "y": "yes", "m": ["w1", "w3"], "c": ["w0", "w3"], "g__a": "w3", "g__b": "w2"}
        score = score_of(data, plan, **raw)
        assert score is not None
        assert score.value == 7 + 5 + 1 + 4 + 2 + 3 + 2
        assert score.keys == ("s", "l", "y", "m", "c", "g.a", "g.b")

    def test_an_option_without_a_weight_is_no_answer(self) -> None:
        item = weighted("a")
        item["options"].append({"value": "unsure", "label": "I cannot tell"})
        assert score_of([item], how("sum", ["a"]), a="unsure") is None
        assert score_of([item], how("mean", ["a"]), a="unsure") is None


class TestReverse:
    def test_counts_from_the_other_end(self) -> None:
        data = [weighted(f"i{n}", 1, 5) for n in range(7)]
        keys = [item["key"] for item in data]
        raw = dict(zip(keys, ["w4", "w4", "w4", "w2", "w4", "w5", "w2"], strict=True))
        plan = {"reverse": ["i3", "i6"]}
        assert score_of(data, how("sum", keys, **plan), **raw).value == 29  # type: ignore[union-attr]
        assert score_of(data, how("mean", keys, **plan), **raw).value == Decimal("4.1429")  # type: ignore[union-attr]
        straight = dict.fromkeys(keys, "w5")
        assert score_of(data, how("sum", keys, **plan), **straight).value == 27  # type: ignore[union-attr]

    def test_of_a_grid_reverses_its_rows(self) -> None:
        grid = {"key": "g", "type": "grid", "label": "G", "options": FOUR,
                "rows": [{"key": "a", "label": "A"}, {"key": "b", "label": "B"}]}  # fmt: skip
        raw = {"g__a": "w3", "g__b": "w1"}
        assert score_of([grid], how("sum", ["g"], reverse=["g.a"]), **raw).value == 1  # type: ignore[union-attr]
        assert score_of([grid], how("sum", ["g"], reverse=["g"]), **raw).value == 2  # type: ignore[union-attr]


class TestWhatIsHidden:
    DATA = [
        {"key": "first", "type": "yes_no", "label": "First"},
        weighted("a"),
        weighted("b", show_if={"all": [{"question": "first", "operator": "=", "answer": True}]}),
    ]

    def test_is_not_missing(self) -> None:
        plan = how("sum", ["a", "b"])
        score = score_of(self.DATA, plan, first="no", a="w2", b="w3")
        assert score is not None
        assert (score.value, score.keys, score.of, score.prorated) == (2, ("a",), 1, False)
        assert score_of(self.DATA, plan, first="yes", a="w2") is None

    def test_never_counts_even_when_it_is_there(self) -> None:
        form = Form.from_data(self.DATA)
        answers = {"first": Value(number=Decimal(0)), "a": Value(Decimal(2), ("w2",)), "b": Value(Decimal(3), ("w3",))}
        assert scores(form, read_scorings(how("sum", ["a", "b"]), form), answers)[0].value == 2

    def test_leaves_no_change_without_both(self) -> None:
        assert score_of(self.DATA, how("change", ["a", "b"]), first="no", a="w2") is None

    def test_all_of_it_leaves_no_number(self) -> None:
        assert score_of(self.DATA, how("sum", ["b"]), first="no") is None


class TestReading:
    FORM = Form.from_data([*items([(0, 3)] * 3), {"key": "t", "type": "short_text", "label": "T"},
                           weighted("many", repeats=3), {"key": "n", "type": "number", "label": "N"}])  # fmt: skip

    def test_several_scores_of_one_form(self) -> None:
        plan = [how("sum", ["i0", "i1"], name="Worry"), how("mean", ["i2"], series="other", reverse=["i2"])]
        found = read_scorings(plan, self.FORM)
        assert [one.as_data() for one in found] == plan
        assert read_scorings(None, self.FORM) == ()
        answers, _errors = clean_form(self.FORM, {"i0": ["w1"], "i1": ["w2"], "i2": ["w0"]})
        assert [(one.series, one.value) for one in scores(self.FORM, found, answers)] == [("own", 3), ("other", 3)]

    @pytest.mark.parametrize(
        "plan",
        [
            how("sum", ["t"]),
            how("sum", ["gone"]),
            how("sum", ["many"]),
            how("sum", ["many~1"]),
            how("sum", "i0"),  # type: ignore[arg-type]
            how("sum", ["i0"], reverse=["i1"]),
            how("sum", ["n"], reverse=["n"]),
            how("sum", ["i0"], missing={"least": 2}),
            how("sum", ["i0"], missing={"least": 0}),
            how("sum", ["i0"], missing=1),
            how("sum", ["i0"], name="x" * 201),
            how("sum", ["i0"], name="\x00"),
            how("sum", ["i0"], series="x" * 61),
            how("count", ["i0"]),
            how("change", ["i0", "i1", "i2"]),
            {**how("sum", ["i0"]), "more": 1},
            [how("sum", ["i0"]), how("mean", ["i0"])],
            [how("sum", ["i0"], series=f"s{n}") for n in range(13)],
            {"measure": "unknown"},
            "sum",
        ],
    )
    def test_what_is_no_score_is_refused(self, plan: Any) -> None:
        with pytest.raises(ScoringError):
            read_scorings(plan, self.FORM)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_a_sum_is_never_made_of_what_was_left_out(weights: list[int | None], data: st.DataObject) -> None:
    form_data = items([(0, 3)] * len(weights))
    keys = [item["key"] for item in form_data]
    least = data.draw(st.integers(1, len(keys)))
    reverse = data.draw(st.lists(st.sampled_from(keys), unique=True))
    raw = {key: f"w{weight}" for key, weight in zip(keys, weights, strict=True) if weight is not None}
    score = score_of(form_data, how("sum", keys, missing={"least": least}, reverse=reverse), **raw)
    if len(raw) < least:
        assert score is None
        return
    assert score is not None
    given_weights = [3 - w if key in reverse else w for key, w in zip(keys, weights, strict=True) if w is not None]
    expected = Decimal(sum(given_weights)) / len(given_weights) * len(keys)
    assert abs(score.value - expected) < Decimal("0.001")
    assert 0 <= score.value <= 3 * len(keys)
    assert score.keys == tuple(raw)


@dataclass(frozen=True)
class FakeMeasure:
    keys: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        return {"measure": "fake", "keys": list(self.keys)}

    def numbers(self, answers: Mapping[str, Value], hidden: frozenset[str]) -> list[NativeNumber]:
        total = sum((answers[key].number or Decimal(0) for key in self.keys if key in answers), Decimal(0))
        return [NativeNumber("fake", total, len(answers), len(self.keys) - len(hidden))]


class TestMeasures:
    @pytest.fixture(autouse=True)
    def fake(self) -> Iterator[None]:
        before = native_scoring._measures.read
        register_measures(lambda data, form: FakeMeasure(tuple(data["keys"])))
        yield
        native_scoring._measures.read = before

    def test_join_through_one_hook(self) -> None:
        form = Form.from_data(TestWhatIsHidden.DATA)
        plan = {"measure": "fake", "keys": ["a", "b"]}
        (found,) = read_scorings(plan, form)
        assert not isinstance(found, Scoring)
        answers, _errors = clean_form(form, {"first": ["no"], "a": ["w3"], "b": ["w3"]}, sending=True)
        assert scores(form, found, answers) == [ScoreValue("fake", Decimal(3), ("a",), False, "measure")]
