"""The form language: every type of item, what each may say, and where a mistake is shown."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises import lanes
from exercises.form_language import HAND_MADE, IMPORTED, FormError
from exercises.questions import ASKED_TYPES, Form
from exercises.vocabulary import NARROWEST_FIRST, Lane, QuestionType

OPTIONS = [
    {"value": "LA6568-5", "label": "Not at all", "weight": 0, "code": {"system": "http://loinc.org", "code": "LA1"}},
    {"value": "often", "label": "Often", "weight": 1.5, "stands_for": "2026-05-21"},
]
EVERYTHING: list[dict[str, Any]] = [
    {"key": "about", "type": "section", "label": "About you", "help": "Two questions."},
    {"key": "read", "type": "instructions", "body": "Take your time.\n\n- one\n- two"},
    {"key": "tree", "type": "image", "src": "exercises/tree.svg", "alt": "A tree with two branches"},
    {"key": "photo", "type": "image", "attachment": "0190d3e0-7b1c-7c3e-8a0e-3f6a1f2b4c5d", "alt": "A bench"},
    {"key": "more", "type": "link", "label": "More about it", "url": "https://example.org/sleep?x=1"},
    {"key": "born", "type": "date", "label": "Day of birth", "earliest": "1900-01-01", "latest": "2026-01-01",
     "required": True, "decline": False},
    {"key": "wakes", "type": "time", "label": "I wake up at", "earliest": "04:00"},
    {"key": "met", "type": "datetime", "label": "We met", "latest": "2026-11-22T12:00"},
    {"key": "near", "type": "slider", "label": "How near", "help": "Today, not in general.", "prefix": "1a)",
     "stops": [{"value": 0, "label": "Far"}, {"value": 5, "label": "Near enough"}, {"value": 10, "label": "Near"}]},
    {"key": "week", "type": "grid", "label": "This week", "options": OPTIONS, "flag_if": ">=1",
     "rows": [{"key": "sleep", "label": "I slept badly"},
              {"key": "fear", "label": "I was afraid", "flag_if": "answered"}]},
    {"key": "page", "type": "url", "label": "A page that helped"},
    {"key": "walked", "type": "quantity", "label": "How far I walked", "min": 0, "max": 99.5, "decimals": 1,
     "units": [{"value": "km", "label": "km", "code": {"code": "km"}}, {"value": "mi", "label": "miles"}]},
    {"key": "degrees", "type": "number", "label": "Outside", "min": -40, "max": 50, "decimals": 1, "unit": "°C"},
    {"key": "way", "type": "single", "label": "How we talked", "options": OPTIONS, "other": True, "flag_if": "other",
     "severity": "soon"},
    {"key": "ways", "type": "multi", "label": "All of them", "least": 1, "most": 2,
     "options": [*OPTIONS, {"value": "none", "label": "Nothing", "exclusive": True}]},
    {"key": "code", "type": "short_text", "label": "Our word", "least_length": 2, "max_length": 20,
     "pattern": "[a-z]+", "pattern_hint": "Small letters only, please.", "initial": ["tea"]},
    {"key": "const", "type": "yes_no", "label": "Always yes", "hidden": True, "initial": ["yes"]},
    {"key": "hurt", "type": "yes_no", "label": "Somebody hurts me", "risk": True, "lane": "private", "flag_if": "yes",
     "link_id": "/44260-8", "codes": [{"system": "http://loinc.org", "code": "44260-8", "display": "Item 9"}]},
    {"key": "children", "type": "group", "label": "Each child", "repeats": 6, "lane": "reveal", "questions": [
        {"key": "name", "type": "short_text", "label": "First name", "repeats": 3},
        {"key": "school", "type": "yes_no", "label": "Goes to school", "questions": [
            {"key": "which", "type": "short_text", "label": "Which one",
             "show_if": {"all": [{"question": "school", "operator": "=", "answer": True}]}}]},
    ]},
]  # fmt: skip
FORM = Form.from_data(EVERYTHING)


def wrong(item: Any, *before: dict[str, Any], limits: Any = None) -> set[str]:
    with pytest.raises(FormError) as refusal:
        Form.from_data([*before, item], limits)
    assert str(refusal.value)
    return set(refusal.value.errors)


class TestEveryType:
    def test_is_written_as_it_was_read(self) -> None:
        assert FORM.as_data() == EVERYTHING
        assert Form.from_data(json.loads(json.dumps(FORM.as_data()))) == FORM
        assert hash(FORM["week"])

    def test_questions_are_what_is_asked_and_items_are_all(self) -> None:
        assert [item["key"] for item in EVERYTHING] == [item.key for item in FORM.items]
        assert {item.key for item in FORM.every} - {item.key for item in FORM} == {
            "about", "read", "tree", "photo", "more", "children",
        }  # fmt: skip
        assert len(FORM) == 16
        assert "children" in FORM
        assert "week.sleep" in FORM
        assert "week.joy" not in FORM

    def test_what_lies_where_is_known(self) -> None:
        assert [item.key for item in FORM.above("which~2")] == ["children~2", "school~2"]
        assert FORM.section_of("born").label == "About you"  # type: ignore[union-attr]
        assert FORM.section_of("about") is None

    def test_a_row_of_a_grid_is_a_question(self) -> None:
        row = FORM["week.fear"]
        assert (row.type, row.label, row.row_of) == (QuestionType.SINGLE, "This week – I was afraid", "week")
        assert row.flag_if == "answered"
        assert FORM["week.sleep"].flag_if == ">=1"
        assert row.weight("often") == Decimal("1.5")

    def test_ends_and_steps_are_known(self) -> None:
        assert list(FORM["near"].steps) == [0, 5, 10]
        assert FORM["near"].stop_label(5) == "Near enough"
        assert FORM["near"].ends == (0, 10)
        assert FORM["degrees"].ends == (-40, 50)
        assert FORM["week.sleep"].ends == (0, Decimal("1.5"))
        assert FORM["page"].ends is None

    def test_stored_answers_are_shown_in_the_order_of_the_form(self) -> None:
        keys = ["which~2", "week.fear", "name~1.2", "gone", "week.sleep", "school~1", "name~1.1", "born"]
        assert [question.key for question in FORM.in_order(keys)] == [
            "born", "week.sleep", "week.fear", "name~1.1", "name~1.2", "school~1", "which~2",
        ]  # fmt: skip

    def test_old_editions_still_read(self) -> None:
        old = {"key": "safe", "type": "yes_no", "label": "Safe", "private": True}
        form = Form.from_data([old])
        assert form["safe"].private
        assert form.as_data() == [{"key": "safe", "type": "yes_no", "label": "Safe", "lane": "private"}]
        assert Form.from_data([{**old, "lane": "own"}])["safe"].lane is Lane.OWN


def scale(**more: Any) -> dict[str, Any]:
    return {"key": "s", "type": "scale", "label": "S", "min": 0, "max": 5, "low": "no", "high": "yes", **more}


class TestMistakes:
    @pytest.mark.parametrize(
        ("item", "place"),
        [
            ({**EVERYTHING[1], "body": ""}, "0.body"),
            ({**EVERYTHING[1], "body": "x" * 10_001}, "0.body"),
            ({**EVERYTHING[1], "required": True}, "0.required"),
            ({**EVERYTHING[2], "src": "https://elsewhere.example/tree.svg"}, "0.src"),
            ({**EVERYTHING[2], "src": "../secret.png"}, "0.src"),
            ({**EVERYTHING[2], "src": "data:image/png;base64,AAAA"}, "0.src"),
            ({**EVERYTHING[2], "alt": ""}, "0.alt"),
            ({**EVERYTHING[3], "attachment": "7"}, "0.attachment"),
            ({**EVERYTHING[3], "src": "a/b.png"}, "0.attachment"),
            ({**EVERYTHING[4], "url": "http://example.org"}, "0.url"),
            ({**EVERYTHING[4], "url": "javascript:alert(1)"}, "0.url"),
            ({**EVERYTHING[4], "url": "https://me:secret@example.org"}, "0.url"),
            ({**EVERYTHING[4], "url": "https://"}, "0.url"),
            ({**EVERYTHING[4], "label": ""}, "0.label"),
            ({**EVERYTHING[5], "earliest": "soon"}, "0.earliest"),
            ({**EVERYTHING[5], "earliest": "2027-01-01"}, "0.latest"),
            ({**EVERYTHING[6], "earliest": "2026-01-01"}, "0.earliest"),
            ({**EVERYTHING[8], "stops": [{"value": 1, "label": "One"}]}, "0.stops"),
            ({**EVERYTHING[8], "stops": [{"value": v, "label": "x"} for v in (0, 1, 5)]}, "0.stops"),
            ({**EVERYTHING[8], "stops": [{"value": v, "label": "x"} for v in (5, 0)]}, "0.stops"),
            ({**EVERYTHING[8], "stops": [{"value": v, "label": "x"} for v in range(12)]}, "0.stops"),
            ({**EVERYTHING[9], "rows": []}, "0.rows"),
            ({**EVERYTHING[9], "rows": [{"key": "a", "label": "A"}] * 2}, "0.rows.1.key"),
            ({**EVERYTHING[9], "rows": [{"key": "a", "label": "A", "flag_if": "any:gone"}]}, "0.rows.0.flag_if"),
            ({"key": "a", "type": "yes_no", "label": "A", "severity": "soon"}, "0.severity"),
            ({"key": "a", "type": "yes_no", "label": "A", "flag_if": "yes", "severity": "later"}, "0.severity"),
            ({"key": "a", "type": "section", "label": "A", "severity": "soon"}, "0.severity"),
            ({**EVERYTHING[9], "options": [{"value": "a", "label": "A", "weight": "2"}]}, "0.options.0.weight"),
            ({**EVERYTHING[9], "options": [{"value": "a", "label": "A", "weight": 1e9}]}, "0.options.0.weight"),
            ({**EVERYTHING[9], "options": [{"value": "::other", "label": "A"}]}, "0.options.0.value"),
            ({**EVERYTHING[11], "units": [{"value": "5", "label": "five"}]}, "0.units.0.value"),
            ({**EVERYTHING[11], "decimals": 5}, "0.decimals"),
            ({**EVERYTHING[12], "max": -50}, "0.max"),
            ({**EVERYTHING[12], "max": float("inf")}, "0.max"),
            ({**EVERYTHING[13], "options": [{**OPTIONS[0], "exclusive": True}]}, "0.options.0.exclusive"),
            ({**EVERYTHING[13], "options": [{**OPTIONS[0], "stands_for": "soon"}]}, "0.options.0.stands_for"),
            ({**EVERYTHING[14], "least": 9}, "0.least"),
            ({**EVERYTHING[14], "least": 2, "most": 1}, "0.most"),
            ({**EVERYTHING[15], "pattern": "("}, "0.pattern"),
            ({**EVERYTHING[15], "pattern": "(a{9999}){9999}"}, "0.pattern"),
            ({**EVERYTHING[15], "max_length": 501}, "0.max_length"),
            ({**EVERYTHING[15], "initial": "tea"}, "0.initial"),
            ({**EVERYTHING[17], "lane": "joint"}, "0.lane"),
            ({**EVERYTHING[17], "lane": ["own"]}, "0.lane"),
            ({**EVERYTHING[17], "risk": "yes"}, "0.risk"),
            ({**EVERYTHING[17], "codes": [{"system": "x"}]}, "0.codes.0.code"),
            ({"key": "g", "type": "group", "questions": []}, "0.questions"),
            ({"key": "g", "type": "group"}, "0.questions"),
            ({"key": "g", "type": "group", "questions": {}}, "0.questions"),
            ({"key": "g", "type": "group", "questions": [scale(max=0)]}, "0.questions.0.max"),
            ({"key": "g", "type": "group", "questions": [scale(), scale()]}, "0.questions.1.key"),
            ({"key": "g", "type": "group", "repeats": 21, "questions": [scale()]}, "0.repeats"),
            (scale(min=0.5), "0.min"),
            (scale(repeats=2, max=10, metric="closeness"), "0.metric"),
            (scale(flag_if="other"), "0.flag_if"),
            (scale(help=3), "0.help"),
            ({"key": "n", "type": "number", "label": "N", "metric": "bids_met", "min": -1}, "0.metric"),
        ],
    )
    def test_are_shown_where_they_stand(self, item: dict[str, Any], place: str) -> None:
        assert place in wrong(item)

    def test_are_all_named_at_once(self) -> None:
        assert wrong({**EVERYTHING[18], "repeats": 0, "label": 3}, scale(max=0)) == {"0.max", "1.repeats", "1.label"}


class TestSizes:
    def nested(self, depth: int) -> dict[str, Any]:
        if depth == 1:
            return scale()
        return {"key": f"g{depth}", "type": "group", "questions": [self.nested(depth - 1)]}

    def test_b76_groups_lie_only_so_deep(self) -> None:
        assert Form.from_data([self.nested(4)], HAND_MADE)
        assert wrong(self.nested(5), limits=HAND_MADE)
        assert Form.from_data([self.nested(8)], IMPORTED)
        assert wrong(self.nested(9))
        assert wrong(self.nested(300))

    def test_b76_forms_hold_only_so_much(self) -> None:
        many = [scale(key=f"s{n}") for n in range(500)]
        assert len(Form.from_data(many)) == 500
        with pytest.raises(FormError, match="at most 100"):
            Form.from_data(many, HAND_MADE)
        with pytest.raises(FormError, match="at most 500"):
            Form.from_data([*many, scale()])

    def test_options_are_only_so_many(self) -> None:
        options = [{"value": f"o{n}", "label": "x"} for n in range(300)]
        item = {"key": "a", "type": "single", "label": "A", "options": options}
        assert Form.from_data([item])
        assert wrong(item, limits=HAND_MADE) == {"0.options"}
        assert wrong({**item, "options": [*options, {"value": "more", "label": "x"}]}) == {"0.options"}
        with pytest.raises(FormError, match="at most 10000"):
            Form.from_data([{**item, "key": f"a{n}"} for n in range(34)])

    def test_b76_what_repeats_in_what_repeats_is_bounded(self) -> None:
        item: dict[str, Any] = scale(repeats=20)
        for depth in range(4):
            item = {"key": f"g{depth}", "type": "group", "repeats": 20, "questions": [item]}
        assert wrong(item) == {"form"}

    def test_labels_are_only_so_long(self) -> None:
        assert Form.from_data([scale(label="x" * 2000)])
        assert wrong(scale(label="x" * 301), limits=HAND_MADE) == {"0.label"}
        assert wrong(scale(label="x" * 10_000_000)) == {"0.label"}

    def test_b76_the_longest_form_is_read_soon(self) -> None:
        options = [{"value": f"o{n}", "label": "x"} for n in range(20)]
        data = [{"key": f"a{n}", "type": "single", "label": "A", "options": options} for n in range(500)]
        began = time.process_time()
        Form.from_data(data)
        assert time.process_time() - began < 2


noise = st.sampled_from(
    [None, True, 0, -1, 3, 1e308, float("nan"), "", "x", "a\x00", "::other", [], {}, [[]], [{}], {"all": []}, [None]]
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(EVERYTHING), st.data())
def test_b76_any_part_replaced_by_anything_is_a_form_or_refused(item: dict[str, Any], data: st.DataObject) -> None:
    """However an item is spoiled, it reads as what it says or is refused at its place."""
    spoiled = dict(item)
    for name in data.draw(st.lists(st.sampled_from([*item, "options", "lane", "show_if", "questions"]), max_size=3)):
        spoiled[name] = data.draw(noise)
    try:
        form = Form.from_data([spoiled])
    except FormError as refusal:
        assert all(place == "form" or place.startswith("0.") for place in refusal.errors)  # noqa: PT017
    else:
        assert Form.from_data(form.as_data()) == form


class TestLanes:
    @pytest.mark.parametrize("form_lane", list(Lane))
    @pytest.mark.parametrize("said", [None, "own", "private", "reveal", "shared"])
    @pytest.mark.parametrize("each", [False, True])
    def test_are_never_wider_than_the_forms(self, form_lane: Lane, said: str | None, each: bool) -> None:
        data = scale(**({"lane": said} if said else {}), each=each)
        lane = lanes.lane_of(Form.from_data([data])["s"], form_lane)
        assert NARROWEST_FIRST.index(lane) <= NARROWEST_FIRST.index(form_lane)
        if said:
            assert NARROWEST_FIRST.index(lane) <= max(NARROWEST_FIRST.index(Lane(said)), 3)

    def test_of_what_it_lies_in_and_depends_on_hold_too(self) -> None:
        data = [
            scale(key="secret", lane="private"),
            {"key": "g", "type": "group", "lane": "reveal", "questions": [scale(key="inside", lane="shared")]},
            scale(key="then", show_if={"all": [{"question": "secret", "operator": ">", "answer": 3}]}),
            scale(key="after", show_if={"any": [{"question": "then", "operator": "exists", "answer": True}]}),
            scale(key="free"),
        ]
        form = Form.from_data(data)
        assert form.as_data() == data
        found = {one.key: lanes.lane_of(one, "shared") for one in form}
        assert found == {
            "secret": Lane.PRIVATE,
            "inside": Lane.REVEAL,
            "then": Lane.PRIVATE,
            "after": Lane.PRIVATE,
            "free": Lane.SHARED,
        }

    def test_in_a_joint_answer_what_depends_on_each_is_each(self) -> None:
        form = Form.from_data(
            [
                scale(key="mine", each=True),
                scale(key="ours"),
                scale(key="then", show_if={"all": [{"question": "mine", "operator": ">", "answer": 3}]}),
                scale(key="sealed", lane="reveal"),
            ]
        )
        assert [lanes.lane_of(one, "joint") for one in form] == [Lane.REVEAL, Lane.JOINT, Lane.REVEAL, Lane.REVEAL]
        assert [lanes.is_personal(one, "joint") for one in form] == [True, False, True, True]

    def test_rows_and_instances_keep_the_lane(self) -> None:
        form = Form.from_data([{**EVERYTHING[9], "lane": "private", "repeats": 2}])
        assert form["week.sleep~2"].private
        assert form["week~2"].private


def test_there_is_an_example_of_every_type() -> None:
    plain = {"scale", "yes_no", "mood", "checklist", "long_text", "multi", "single", "short_text", "number"}
    assert {item.type.value for item in FORM.every} | plain == set(QuestionType.values)
    assert len(ASKED_TYPES) == 16
