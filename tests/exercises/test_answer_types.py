"""Answers of the types that are more than a word or a number, and of forms that repeat, hide and require."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.answers import BLANK, DECLINED, NONE_OF_THESE, OTHER, QuestionError, Value, clean, clean_form, words
from exercises.conditions import answer_keys
from exercises.flags import raised
from exercises.questions import Form, Question
from exercises.refill import raw_from_json, raw_of, raw_to_json
from tests.exercises.test_form_language import EVERYTHING, FORM


def of(key: str, *raw: str) -> Value:
    return clean(FORM[key], raw)


def refused(key: str, *raw: str) -> str:
    with pytest.raises(QuestionError) as refusal:
        clean(FORM[key], raw)
    return str(refusal.value)


class TestDatesAndTimes:
    def test_are_kept_as_sealed_text(self) -> None:
        assert of("born", "1988-02-29") == Value(text="1988-02-29")
        assert of("wakes", "06:30") == Value(text="06:30")
        assert of("wakes", "06:30:00") == Value(text="06:30")
        assert of("met", "2020-03-01T18:05") == Value(text="2020-03-01T18:05")
        assert of("met", "2020-03-01", "18:05").text == "2020-03-01T18:05"
        assert of("met", "2020-03-01 18:05:30.25+02:00").text == "2020-03-01T18:05:30"

    def test_are_said_as_people_write_them(self) -> None:
        assert words(FORM["born"], of("born", "1988-02-29")) == "29 Feb 1988"
        assert words(FORM["wakes"], of("wakes", "06:30")) == "06:30"
        with translation.override("de"):
            assert words(FORM["met"], of("met", "2020-03-01T18:05")) == "1. März 2020 18:05"
        assert words(FORM["born"], Value(text="some day")) == "some day"

    @pytest.mark.parametrize(
        ("key", "raw"),
        [
            ("born", ["1988-02-30"]),
            ("born", ["29.2.1988"]),
            ("born", ["1899-12-31"]),
            ("born", ["2026-01-02"]),
            ("born", ["0202-01-01"]),
            ("born", ["2020-01-01", "10:00"]),
            ("wakes", ["25:00"]),
            ("wakes", ["03:59"]),
            ("wakes", ["6:30"]),
            ("met", ["2020-03-01"]),
            ("met", ["18:05"]),
            ("met", ["2027-03-01T10:00"]),
            ("met", ["2020-03-01T10:00", "x"]),
        ],
    )
    def test_that_cannot_be_are_asked_again(self, key: str, raw: list[str]) -> None:
        assert refused(key, *raw).startswith("Please ")


class TestSlider:
    def test_has_stops_and_says_their_words(self) -> None:
        assert of("near", "5") == Value(number=Decimal(5))
        assert words(FORM["near"], Value(number=Decimal("5.000000"))) == "Near enough"
        assert refused("near", "4")
        assert refused("near", "near")


class TestQuantity:
    def test_has_a_number_and_a_unit_under_one_name(self) -> None:
        assert of("walked", "2,5", "km") == of("walked", "km", "2.5") == Value(Decimal("2.5"), ("km",))
        assert words(FORM["walked"], of("walked", "3", "mi")) == "3 miles"

    def test_of_which_only_the_unit_came_was_left_out(self) -> None:
        assert of("walked", "km") == BLANK
        assert of("walked", "", "km") == BLANK
        assert of("walked", DECLINED, "km") == Value(declined=True)

    def test_needs_its_unit_where_there_are_several(self) -> None:
        assert refused("walked", "3") == "Please choose one unit."
        assert refused("walked", "3", "km", "mi") == "Please choose one unit."
        one = Form.from_data([{**EVERYTHING[11], "units": [{"value": "km", "label": "km"}]}])
        assert clean(one["walked"], ["3"]).choices == ("km",)

    @pytest.mark.parametrize("raw", ["100", "2.55", "-1", "1e3"])
    def test_keeps_to_its_ends(self, raw: str) -> None:
        assert refused("walked", raw, "km")


class TestNumbers:
    def test_may_lie_below_nought_where_the_question_says_so(self) -> None:
        assert of("degrees", "-3,5").number == Decimal("-3.5")
        assert of("degrees", "−3").number == -3
        assert str(of("degrees", "-0").number) == "0"
        assert refused("degrees", "-41") == "Please write a number from -40 to 50."

    def test_keep_every_decimal_they_may_have(self) -> None:
        exact = Form.from_data([{"key": "n", "type": "number", "label": "N", "decimals": 4}])["n"]
        assert str(clean(exact, ["1.2345"]).number) == "1.2345"
        for raw in ("1,234", "1.23456"):
            with pytest.raises(QuestionError):
                clean(exact, [raw])
        whole = Form.from_data([{"key": "n", "type": "number", "label": "N", "decimals": 0}])["n"]
        with pytest.raises(QuestionError, match="whole number"):
            clean(whole, ["2.5"])


class TestChoicesWithWords:
    def test_own_words_stand_beside_the_options(self) -> None:
        assert of("way", OTHER, "We sang") == Value(text="We sang")
        assert of("way", "We sang") == Value(text="We sang")
        assert words(FORM["way"], Value(text="We sang")) == "We sang"
        assert refused("way", OTHER)
        assert refused("way", "often", "We sang")
        assert refused("way", "x" * 501)
        assert refused("way", "a\x00")

    def test_several_may_have_own_words_too(self) -> None:
        data = [{**EVERYTHING[14], "other": True}]
        question = Form.from_data(data)["ways"]
        value = clean(question, ["often", OTHER, "We sang"])
        assert (value.choices, value.text) == (("often",), "We sang")
        assert words(question, value) == "Often, We sang"
        with pytest.raises(QuestionError, match="stands alone"):
            clean(question, ["none", "We sang"])

    def test_without_them_only_options_count(self) -> None:
        assert refused("ways", "We sang")
        assert refused("ways", OTHER)
        assert refused("ways", NONE_OF_THESE)

    def test_what_stands_alone_stands_alone(self) -> None:
        assert of("ways", "none").choices == ("none",)
        assert refused("ways", "none", "often") == "“Nothing” stands alone. Please keep it, or the others."

    def test_at_least_and_at_most_are_held(self) -> None:
        question = Form.from_data([{**EVERYTHING[14], "least": 2, "most": 2}])["ways"]
        assert clean(question, ["often", "LA6568-5"]).number == Decimal("1.5")
        for raw in (["often"], ["often", "LA6568-5", "none"]):
            with pytest.raises(QuestionError):
                clean(question, raw)
        assert clean(question, []) == BLANK

    def test_weights_are_the_answers_number(self) -> None:
        assert of("way", "often") == Value(Decimal("1.5"), ("often",))
        assert of("way", "LA6568-5").number == 0
        assert of("way", OTHER, "We sang").number is None


class TestAddresses:
    def test_are_kept_as_written(self) -> None:
        assert of("page", " https://example.org/a?b=ü#c ").text == "https://example.org/a?b=ü#c"

    @pytest.mark.parametrize(
        "raw", ["javascript:alert(1)", "data:text/html,x", "example.org", "https://", "https://a b", "ftp://x.org",
                "https://u:p@x.org", "https://x.org/\u202egpj", "https://[", "https://x.org/" + "a" * 2000],
    )  # fmt: skip
    def test_b66_lead_nowhere_else(self, raw: str) -> None:
        assert refused("page", raw)


class TestText:
    def test_keeps_to_its_own_length_and_pattern(self) -> None:
        assert of("code", "tea").text == "tea"
        assert refused("code", "Tea") == "Small letters only, please."
        assert "at least 2" in refused("code", "t")
        assert refused("code", "t" * 21)

    def test_b75_a_pattern_that_takes_for_ever_decides_nothing(self) -> None:
        data = {"key": "t", "type": "short_text", "label": "T", "pattern": "(a|aa)+"}
        began = time.perf_counter()
        assert clean(Form.from_data([data])["t"], ["a" * 400 + "!"]).text
        assert time.perf_counter() - began < 1


class TestGrid:
    def test_is_answered_row_by_row(self) -> None:
        values, errors = clean_form(FORM, {"week.sleep": ["often"], "week.fear": ["never"]})
        assert values["week.sleep"] == Value(Decimal("1.5"), ("often",))
        assert set(errors) == {"week.fear"}
        assert "week" not in values
        assert words(FORM["week.sleep"], values["week.sleep"]) == "Often"

    def test_may_be_declined_as_a_whole_without_losing_what_was_said(self) -> None:
        values, errors = clean_form(FORM, {"week": [DECLINED], "week.sleep": ["often"]})
        assert not errors
        assert values["week.sleep"].choices == ("often",)
        assert values["week.fear"] == Value(declined=True)

    def test_each_row_raises_its_own_flag(self) -> None:
        values, _errors = clean_form(FORM, {"week.sleep": ["LA6568-5"], "week.fear": ["LA6568-5"], "way": ["We sang"]})
        assert [(flag.key, flag.rule) for flag in raised(FORM, values)] == [("week.fear", "answered"), ("way", "other")]


class TestRequired:
    def form(self, **more: Any) -> Form:
        return Form.from_data([{"key": "a", "type": "yes_no", "label": "A", "required": True, **more}])

    def test_stops_sending_and_never_saving(self) -> None:
        assert clean_form(self.form(), {})[1] == {}
        assert set(clean_form(self.form(), {}, sending=True)[1]) == {"a"}
        assert clean_form(self.form(), {"a": ["no"]}, sending=True)[1] == {}

    def test_may_be_declined_unless_the_question_says_not(self) -> None:
        assert clean_form(self.form(), {"a": [DECLINED]}, sending=True)[1] == {}
        _values, errors = clean_form(self.form(decline=False), {"a": [DECLINED]}, sending=True)
        assert set(errors) == {"a"}
        assert "rather not" not in str(clean_form(self.form(decline=False), {}, sending=True)[1]["a"])

    def test_is_one_error_where_the_answer_is_wrong(self) -> None:
        _values, errors = clean_form(self.form(), {"a": ["maybe"]}, sending=True)
        assert "yes or no" in str(errors["a"])

    def test_holds_for_every_row_of_a_grid(self) -> None:
        form = Form.from_data([{**EVERYTHING[9], "required": True}])
        assert set(clean_form(form, {"week.sleep": ["often"]}, sending=True)[1]) == {"week.fear"}

    def test_needs_one_answer_of_what_repeats_whichever(self) -> None:
        form = self.form(repeats=3)
        assert set(clean_form(form, {}, sending=True)[1]) == {"a~1"}
        assert clean_form(form, {"a~3": ["yes"]}, sending=True)[1] == {}

    def test_holds_in_every_group_that_is_there(self) -> None:
        group = {"key": "g", "type": "group", "repeats": 3, "questions": self.form().as_data()}
        form = Form.from_data([group])
        assert set(clean_form(form, {"a~1": ["yes"], "a~3": [""]}, sending=True)[1]) == {"a~3"}

    def test_does_not_hold_where_nobody_is_asked(self) -> None:
        shown = {"all": [{"question": "first", "operator": "=", "answer": True}]}
        form = Form.from_data(
            [{"key": "first", "type": "yes_no", "label": "First"}, {**self.form().as_data()[0], "show_if": shown}]
        )
        assert clean_form(form, {}, sending=True)[1] == {}
        assert set(clean_form(form, {"first": ["yes"]}, sending=True)[1]) == {"a"}


class TestWholeForm:
    RAW = {"name~1.1": ["Ada"], "name~2.1": ["Bo"], "name~2.9": ["x"], "which~1": ["North"], "school~1": ["yes"]}

    def test_takes_every_instance_that_there_is(self) -> None:
        values, errors = clean_form(FORM, self.RAW)
        assert not errors
        assert {key: value.text for key, value in values.items() if value.text} == {
            "name~1.1": "Ada",
            "name~2.1": "Bo",
            "which~1": "North",
        }

    def test_can_be_read_in_part(self) -> None:
        assert set(clean_form(FORM, self.RAW, ["name"])[0]) == {"name~1.1", "name~2.1"}
        assert set(clean_form(FORM, self.RAW, ["name~2.1", "week"])[0]) == {"name~2.1", "week.sleep", "week.fear"}
        assert set(clean_form(FORM, self.RAW, ["week.fear"])[0]) == {"week.fear"}

    def test_never_takes_what_is_fixed(self) -> None:
        assert "const" not in clean_form(FORM, {"const": ["no"]})[0]

    def test_a_draft_keeps_everything_that_belongs_to_the_form(self) -> None:
        raw = {**self.RAW, "week": [DECLINED], "week.sleep": ["?"], "intruder": ["x"], "week.joy": ["x"]}
        kept = raw_from_json(raw_to_json(FORM, raw))
        assert set(kept) == set(raw) - {"intruder", "week.joy", "name~2.9"}

    def test_b62_a_draft_is_bounded(self) -> None:
        big = {"key": "g", "type": "group", "repeats": 20, "questions": [
            {"key": f"q{n}", "type": "yes_no", "label": "Q"} for n in range(200)]}  # fmt: skip
        form = Form.from_data([big])
        with pytest.raises(QuestionError):
            raw_to_json(form, {f"q{n}~{m}": ["x"] for n in range(200) for m in range(1, 21)})


ASKED: list[Question] = [
    one for question in FORM.instances([]) if question.is_asked for one in (question.row_questions or (question,))
]
PIECES = st.text(st.characters(), max_size=30) | st.sampled_from(
    [DECLINED, NONE_OF_THESE, OTHER, "often", "LA6568-5", "none", "5", "-3,5", "1e309", "NaN", "٣", "9" * 5000, "km",
     "2026-05-21", "18:30", "1988-02-29", "2020-03-01T18:05", "9999-99-99", "https://a.example/", "http://[", "\x00",
     "\ud800", "yes", " tea ", "+1", "0x10"]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(ASKED), st.lists(PIECES, max_size=4))
def test_b74_every_type_takes_anything_or_says_what_would_help(question: Question, raw: list[str]) -> None:
    try:
        value = clean(question, raw)
    except QuestionError as error:
        assert str(error).strip().endswith((".", "?"))  # noqa: PT017  either is fine
        return
    assert clean(question, raw_of(question, value)) == value
    assert Value.from_data(json.loads(json.dumps(value.as_data()))) == value
    assert value.blank or words(question, value)
    assert "\x00" not in value.text
    for part in value.choices:
        assert len(part) <= 200
    if value.number is not None:
        assert value.number.is_finite()
        assert value.number == round(value.number, 6)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*(q.key for q in ASKED), "week", "name~2.3", "school~6", "x"]),
                       st.lists(PIECES, max_size=3), max_size=8))  # fmt: skip
def test_a_whole_form_takes_anything(raw: dict[str, list[str]]) -> None:
    values, errors = clean_form(FORM, raw, sending=True)
    assert not set(values) & set(errors) or all(values[key].blank for key in set(values) & set(errors))
    assert all(key in FORM and key == FORM[key].key for key in (*values, *errors))
    assert all(key in answer_keys(FORM[key]) for key in values)
