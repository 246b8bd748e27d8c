"""What is asked, given the answers."""

from __future__ import annotations

import random
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.answers import BLANK, Value, clean_form
from exercises.conditions import asked_answers, visible
from exercises.form_language import HAND_MADE, FormError
from exercises.questions import Form
from tests.exercises.random_forms import random_answers, random_form, reference

YES, NO = Value(number=Decimal(1)), Value(number=Decimal(0))
OPTIONS = [
    {"value": "walk", "label": "A walk", "stands_for": 1},
    {"value": "talk", "label": "A talk", "stands_for": 5},
]
SOURCES: dict[str, dict[str, Any]] = {
    "yes_no": {},
    "scale": {"min": 0, "max": 10, "low": "no", "high": "yes"},
    "slider": {"stops": [{"value": 0, "label": "No"}, {"value": 5, "label": "Some"}, {"value": 10, "label": "Yes"}]},
    "mood": {},
    "number": {"max": 100},
    "quantity": {"max": 100, "units": [{"value": "h", "label": "hours"}, {"value": "min", "label": "minutes"}]},
    "single": {"options": OPTIONS, "other": True},
    "multi": {"options": OPTIONS},
    "checklist": {"options": OPTIONS},
    "grid": {"options": OPTIONS, "rows": [{"key": "home", "label": "At home"}]},
    "short_text": {},
    "long_text": {},
    "url": {},
    "date": {},
    "time": {},
    "datetime": {},
}


def source(type_: str, key: str = "q", **more: Any) -> dict[str, Any]:
    return {"key": key, "type": type_, "label": key, **SOURCES[type_], **more}


def shown_if(*clauses: Any, word: str = "all", key: str = "then", **more: Any) -> dict[str, Any]:
    parts = [
        dict(zip(("question", "operator", "answer"), one, strict=True)) if isinstance(one, tuple) else one
        for one in clauses
    ]
    return {"key": key, "type": "short_text", "label": key, "show_if": {word: parts}, **more}


def asked(data: list[dict[str, Any]], **raw: list[str]) -> set[str]:
    form = Form.from_data(data)
    values, errors = clean_form(form, {key.replace("__", "."): parts for key, parts in raw.items()})
    assert not errors
    return set(visible(form, values).keys)


class TestEachComparison:
    @pytest.mark.parametrize(
        ("type_", "operator", "answer", "raw", "holds"),
        [
            ("yes_no", "exists", True, ["no"], True),
            ("yes_no", "exists", True, [], False),
            ("yes_no", "exists", False, [], True),
            ("yes_no", "exists", False, ["::rather-not-say"], True),
            ("yes_no", "=", True, ["yes"], True),
            ("yes_no", "=", False, ["yes"], False),
            ("yes_no", "=", False, [], False),
            ("yes_no", "!=", True, ["no"], True),
            ("yes_no", "!=", True, [], True),
            ("scale", ">", 3, ["4"], True),
            ("scale", ">", 3, ["3"], False),
            ("scale", ">", 3, [], False),
            ("scale", "<=", 3, ["3"], True),
            ("slider", "=", 5, ["5"], True),
            ("slider", ">=", 5, ["10"], True),
            ("mood", "<", 3, ["2", "calm"], True),
            ("mood", "=", "calm", ["2", "calm"], True),
            ("mood", "!=", "calm", ["2", "calm"], False),
            ("number", "=", 2.5, ["2,5"], True),
            ("number", ">=", 2.5, ["2.49"], False),
            ("quantity", ">", {"number": 2, "unit": "h"}, ["3", "h"], True),
            ("quantity", ">", {"number": 2, "unit": "h"}, ["30", "min"], False),
            ("quantity", "=", {"number": 3, "unit": "h"}, ["3", "h"], True),
            ("quantity", ">", 2, ["30", "min"], True),
            ("single", "=", "walk", ["walk"], True),
            ("single", "=", "walk", ["talk"], False),
            ("single", "!=", "walk", [], True),
            ("single", "=", "a swim", ["::other", "a swim"], True),
            ("single", ">", 2, ["talk"], True),
            ("single", ">", 2, ["walk"], False),
            ("multi", "=", "walk", ["walk", "talk"], True),
            ("multi", "!=", "walk", ["walk", "talk"], False),
            ("multi", "<", 2, ["walk", "talk"], True),
            ("checklist", ">=", 2, ["walk", "talk"], True),
            ("checklist", "=", 0, ["::none"], True),
            ("checklist", "=", "talk", ["talk"], True),
            ("short_text", "=", "tea", ["tea"], True),
            ("short_text", "<", "tea", ["coffee"], True),
            ("url", "=", "https://a.example/", ["https://a.example/"], True),
            ("date", ">=", "2026-05-21", ["2026-05-21"], True),
            ("date", "<", "2026-05-21", ["2026-05-21"], False),
            ("time", "=", "18:30:00", ["18:30"], True),
            ("datetime", ">", "2026-05-21T18:30:00Z", ["2026-05-21", "18:31"], True),
        ],
    )
    def test_says_when_a_question_is_asked(self, type_, operator, answer, raw, holds) -> None:
        assert ("then" in asked([source(type_), shown_if(("q", operator, answer))], q=raw)) is holds

    def test_looks_at_one_row_of_a_grid_or_at_any(self) -> None:
        data = [source("grid"), shown_if(("q.home", "=", "talk")), shown_if(("q", "exists", True), key="any")]
        assert asked(data, q__home=["talk"]) == {"q.home", "then", "any"}
        assert asked(data, q__home=["walk"]) == {"q.home", "any"}
        assert asked(data) == {"q.home"}

    @pytest.mark.parametrize(
        ("type_", "operator", "answer"),
        [
            ("yes_no", "=", "yes"),
            ("yes_no", ">", True),
            ("yes_no", "exists", "yes"),
            ("scale", "=", "3"),
            ("scale", "=", True),
            ("single", "=", 3),
            ("multi", "=", "swim"),
            ("multi", ">", "2026-01-01"),
            ("date", "=", 3),
            ("date", ">", "soon"),
            ("date", "=", "2026-02-30"),
            ("time", "=", "25:00"),
            ("quantity", "=", {"number": 3, "unit": "kg"}),
            ("quantity", "=", {"number": "3", "unit": "h"}),
            ("grid", "=", "walk"),
            ("short_text", "=", 3),
            ("short_text", "=", ""),
            ("short_text", "=", "a\x00"),
            ("mood", "=", "furious"),
            ("mood", ">", "calm"),
        ],
    )
    def test_that_fits_no_answer_is_refused_at_its_spot(self, type_, operator, answer) -> None:
        with pytest.raises(FormError) as refusal:
            Form.from_data([source(type_), shown_if(("q", operator, answer))])
        assert set(refusal.value.errors) == {"1.show_if.all.0.answer"}


class TestShape:
    @pytest.mark.parametrize(
        "condition",
        [
            None,
            [],
            3,
            {},
            {"all": []},
            {"all": {}},
            {"all": [3]},
            {"all": [{"question": "q", "operator": "=", "answer": True}], "any": []},
            {"none": [{"question": "q", "operator": "=", "answer": True}]},
            {"all": [{"question": "q", "operator": "is", "answer": True}]},
            {"all": [{"question": "q", "operator": "="}]},
            {"all": [{"question": "q", "operator": "=", "answer": None}]},
            {"all": [{"question": ["q"], "operator": "=", "answer": True}]},
            {"all": [{"question": "q", "operator": "=", "answer": True, "more": 1}]},
            {"all": [{"question": "q", "operator": "=", "answer": True}] * 51},
            {"all": [{"all": [{"all": [{"all": [{"all": [{"question": "q", "operator": "=", "answer": True}]}]}]}]}]},
        ],
    )
    def test_that_is_no_condition_is_refused(self, condition) -> None:
        item = {"key": "then", "type": "short_text", "label": "Then", "show_if": condition}
        if condition is None:
            assert Form.from_data([source("yes_no"), item])
            return
        with pytest.raises(FormError) as refusal:
            Form.from_data([source("yes_no"), item])
        assert all(place.startswith("1.show_if") for place in refusal.value.errors)

    def test_all_and_any_may_lie_in_each_other(self) -> None:
        condition = {
            "any": [
                {"question": "a", "operator": "=", "answer": True},
                {"all": [{"question": q, "operator": "=", "answer": False} for q in ("a", "b")]},
            ]
        }
        item = {"key": "then", "type": "short_text", "label": "Then", "show_if": condition}
        data = [source("yes_no", "a"), source("yes_no", "b"), item]
        assert Form.from_data(data).as_data() == data
        assert "then" in asked(data, a=["yes"])
        assert "then" in asked(data, a=["no"], b=["no"])
        assert "then" not in asked(data, a=["no"])

    @pytest.mark.parametrize(
        ("data", "place"),
        [
            ([shown_if(("gone", "exists", True))], "0.show_if.all.0.question"),
            ([shown_if(("then", "exists", True))], "0.show_if.all.0.question"),
            ([source("grid"), shown_if(("q.away", "=", "walk"))], "1.show_if.all.0.question"),
            ([{"key": "s", "type": "section", "label": "S"}, shown_if(("s", "exists", True))],
             "1.show_if.all.0.question"),
            ([{"key": "g", "type": "group", "show_if": {"all": [{"question": "q", "operator": "exists",
              "answer": True}]}, "questions": [source("yes_no")]}], "0.show_if.all.0.question"),
            ([shown_if(("b", "exists", True), key="a"), shown_if(("a", "exists", True), key="b")], "0.show_if"),
        ],
    )  # fmt: skip
    def test_b76_that_leads_nowhere_or_in_a_circle_is_refused(self, data, place) -> None:
        with pytest.raises(FormError) as refusal:
            Form.from_data(data)
        assert place in refusal.value.errors

    def test_only_what_goes_in_a_circle_is_named(self) -> None:
        with pytest.raises(FormError) as refusal:
            Form.from_data(
                [
                    shown_if(("b", "exists", True), key="a"),
                    shown_if(("a", "exists", True), key="b"),
                    shown_if(("b", "exists", True), key="after"),
                ]
            )
        assert set(refusal.value.errors) == {"0.show_if", "1.show_if"}

    def test_a_question_that_comes_later_is_refused_where_people_write_forms(self) -> None:
        data = [shown_if(("q", "=", True)), source("yes_no")]
        assert asked(data, q=["yes"]) == {"q", "then"}
        with pytest.raises(FormError) as refusal:
            Form.from_data(data, HAND_MADE)
        assert "0.show_if.all.0.question" in refusal.value.errors


class TestWhatIsHidden:
    CHAIN = [
        source("yes_no", "a"),
        shown_if(("a", "=", True), key="b"),
        shown_if(("b", "exists", True), key="c"),
        shown_if(("b", "!=", "tea"), key="d"),
    ]

    def test_counts_as_unanswered_all_along_the_chain(self) -> None:
        assert asked(self.CHAIN, a=["yes"], b=["tea"], c=["x"]) == {"a", "b", "c"}
        assert asked(self.CHAIN, a=["no"], b=["tea"], c=["x"]) == {"a", "d"}

    def test_is_kept_in_the_draft_and_never_comes_out(self) -> None:
        form = Form.from_data(self.CHAIN)
        raw = {"a": ["no"], "b": ["tea"], "c": ["x"]}
        values, _errors = clean_form(form, raw)
        assert values["b"].text == "tea"
        assert asked_answers(form, values) == {"a": NO}
        sent, errors = clean_form(form, raw, sending=True)
        assert not errors
        assert {key for key, value in sent.items() if not value.blank} == {"a"}

    def test_with_a_mistake_in_it_does_not_stand_in_the_way(self) -> None:
        form = Form.from_data([source("yes_no", "a"), {**source("number", "n"), "show_if": self.CHAIN[1]["show_if"]}])
        assert clean_form(form, {"a": ["no"], "n": ["x"]}, sending=True)[1] == {}
        assert set(clean_form(form, {"a": ["yes"], "n": ["x"]}, sending=True)[1]) == {"n"}

    def test_takes_what_lies_in_it_along(self) -> None:
        data = [
            source("yes_no", "a"),
            {"key": "g", "type": "group", "show_if": self.CHAIN[1]["show_if"], "questions": [source("scale", "s")]},
            shown_if(("s", "exists", False), key="z"),
        ]
        assert asked(data, a=["no"], s=["3"]) == {"a", "z"}
        assert asked(data, a=["yes"], s=["3"]) == {"a", "s"}

    def test_for_good_stands_for_its_answer_and_is_never_sent(self) -> None:
        data = [{**source("yes_no", "a"), "hidden": True, "initial": ["yes"]}, shown_if(("a", "=", True))]
        assert asked(data, a=["no"]) == {"then"}

    def test_what_was_answered_elsewhere_counts(self) -> None:
        form = Form.from_data(self.CHAIN)
        assert "b" in visible(form, {}, known={"a": YES})
        assert "b" not in visible(form, {"a": YES}, known={"a": NO})


class TestInWhatRepeats:
    CHILDREN = [
        source("number", "count"),
        {
            "key": "child",
            "type": "group",
            "repeats": 5,
            "questions": [
                source("yes_no", "school"),
                shown_if(("school", "=", True), key="which"),
                source("short_text", "likes", repeats=3),
                shown_if(("likes", "=", "chess"), key="club"),
            ],
        },
        shown_if(("school", "=", True), key="last_at_school"),
    ]

    def test_each_looks_at_its_own(self) -> None:
        form = Form.from_data(self.CHILDREN)
        values = {"school~1": YES, "school~3": NO, "likes~1.1": Value(text="tea"), "likes~1.2": Value(text="chess")}
        keys = [question.key for question in visible(form, values).questions]
        assert keys == [
            "count", "school~1", "which~1", "likes~1.1", "likes~1.2", "club~1", "school~3", "likes~3.1",
        ]  # fmt: skip

    def test_from_outside_the_last_one_counts(self) -> None:
        form = Form.from_data(self.CHILDREN)
        assert "last_at_school" not in visible(form, {"school~1": YES, "school~3": NO})
        assert "last_at_school" in visible(form, {"school~1": NO, "school~3": YES})

    def test_there_is_always_one(self) -> None:
        form = Form.from_data(self.CHILDREN)
        assert "school~1" in visible(form, {})
        assert "school" not in visible(form, {})

    def test_another_one_finds_its_place(self) -> None:
        form = Form.from_data(self.CHILDREN)
        assert form.next_key(["school~1", "school~3"], "child~1") == "child~2"
        assert form.next_key([f"school~{n}" for n in range(1, 6)], "child~1") is None
        assert form.next_key(["likes~2.1"], "likes~2.1") == "likes~2.2"
        assert form.next_key([], "count") is None

    @pytest.mark.parametrize("key", ["school~6", "school~0", "school~01", "school~1.1", "likes~1", "count~1", "a.b",
                                     "school~", "~1", "school~-1", "count.x", "school~1\n", "", "~", "."])  # fmt: skip
    def test_a_key_that_is_none_is_none_of_the_forms(self, key: str) -> None:
        form = Form.from_data(self.CHILDREN)
        assert key not in form
        assert clean_form(form, {key: ["yes"]})[0].get(key) is None


chances = st.integers(0, 2**40).map(random.Random)


@settings(max_examples=250, deadline=None)
@given(chances)
def test_what_is_asked_is_what_a_plain_reading_says(chance: random.Random) -> None:
    form = random_form(chance)
    answers = random_answers(chance, form)
    assert [item.key for item in visible(form, answers).items] == reference(form, answers)


@settings(max_examples=100, deadline=None)
@given(chances)
def test_hidden_answers_change_nothing_and_never_come_out(chance: random.Random) -> None:
    form = random_form(chance)
    answers = random_answers(chance, form)
    seen = visible(form, answers)
    kept = asked_answers(form, answers)
    assert set(kept) <= seen.keys
    # One pass settles it: what was left out is what would be left out again.
    blanked = {key: value if key in seen else BLANK for key, value in answers.items()}
    assert visible(form, blanked).keys == seen.keys
    assert asked_answers(form, blanked) == kept


@settings(max_examples=100, deadline=None)
@given(chances)
def test_while_unanswered_only_not_and_nothing_hold(chance: random.Random) -> None:
    form = random_form(chance)
    seen = {item.key.partition("~")[0] for item in visible(form, {}).items}
    for item in form.every:
        clauses = list(item.show_if or ())
        parent = form.spots[item.key].parent
        if clauses and (not parent or parent in seen):
            told = [one.operator == "!=" or (one.operator == "exists" and one.answer is False) for one in clauses]
            if all(told):
                assert item.key in seen
            if not any(told):
                assert item.key not in seen


@settings(max_examples=60, deadline=None)
@given(chances)
def test_a_form_made_by_chance_is_written_as_it_was_read(chance: random.Random) -> None:
    form = random_form(chance)
    assert Form.from_data(form.as_data()) == form


def long_form(count: int) -> list[dict[str, Any]]:
    """Each question hangs on the one before."""
    first = source("yes_no", "q0")
    return [first] + [
        {**source("yes_no", f"q{n}"), "show_if": {"all": [{"question": f"q{n - 1}", "operator": "=", "answer": True}]}}
        for n in range(1, count)
    ]


def seconds(form: Form, answers: dict[str, Value]) -> float:
    visible(form, answers)
    best = 9.0
    for _again in range(5):
        began = time.perf_counter()
        visible(form, answers)
        best = min(best, time.perf_counter() - began)
    return best


def test_b76_a_long_form_is_settled_at_once() -> None:
    form = Form.from_data(long_form(128))
    answers = {f"q{n}": YES for n in range(128)}
    assert len(visible(form, answers).keys) == 128
    assert seconds(form, answers) < 0.02
    longest = Form.from_data(long_form(500))
    assert seconds(longest, {f"q{n}": YES for n in range(500)}) < 0.08


def test_b76_much_that_repeats_is_settled_soon() -> None:
    inside = [shown_if(("a", "=", True), key=f"b{n}") for n in range(200)]
    form = Form.from_data([{"key": "g", "type": "group", "repeats": 20, "questions": [source("yes_no", "a"), *inside]}])
    answers = {f"a~{n}": YES for n in range(1, 21)}
    assert len(visible(form, answers).keys) == 20 * 201
    assert seconds(form, answers) < 0.5
