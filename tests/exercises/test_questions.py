"""The form language, and answers from a browser to a value and back to words."""

from __future__ import annotations

import contextlib
import json
import time
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.answers import (
    BLANK,
    DECLINED,
    LONG_TEXT_LIMIT,
    NONE_OF_THESE,
    SHORT_TEXT_LIMIT,
    QuestionError,
    Value,
    clean,
    clean_form,
    words,
)
from exercises.form_language import FormError
from exercises.questions import Form
from exercises.refill import raw_from_json, raw_of, raw_to_json
from exercises.vocabulary import MOOD_WORDS, QuestionType

OPTIONS = [{"value": "calm", "label": "Calm talk"}, {"value": "pause", "label": "A pause"}]
DATA = [
    {"key": "close", "type": "scale", "label": "How close", "min": 0, "max": 10, "low": "Far", "high": "Near",
     "metric": "closeness", "flag_if": "<=3"},
    {"key": "kept", "type": "yes_no", "label": "Kept it", "metric": "ritual_kept", "flag_if": "no", "lane": "private"},
    {"key": "how", "type": "single", "label": "How it went", "options": OPTIONS},
    {"key": "what", "type": "multi", "label": "What helped", "options": OPTIONS},
    {"key": "signs", "type": "checklist", "label": "What applies", "options": OPTIONS, "flag_if": "any:pause"},
    {"key": "line", "type": "short_text", "label": "In a line"},
    {"key": "story", "type": "long_text", "label": "At length", "each": True},
    {"key": "hours", "type": "number", "label": "Own time", "min": 0, "max": 24, "unit": "hours"},
    {"key": "mood", "type": "mood", "label": "Mood", "metric": "mood"},
]  # fmt: skip
FORM = Form.from_data(DATA)
KEYS = [question.key for question in FORM]


def refused(key: str, *raw: str) -> str:
    with pytest.raises(QuestionError) as refusal:
        clean(FORM[key], raw)
    return str(refusal.value)


class TestFormLanguage:
    def test_a_form_is_written_as_it_was_read(self) -> None:
        assert FORM.as_data() == DATA
        assert Form.from_data(json.loads(json.dumps(FORM.as_data()))) == FORM

    def test_questions_are_found_by_key(self) -> None:
        assert len(FORM) == len(DATA)
        assert "close" in FORM
        assert "closer" not in FORM
        assert FORM["close"].steps == range(11)
        assert FORM["mood"].steps == range(1, 6)
        assert {question.type for question in FORM} <= set(QuestionType)

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"key": "Close"}, "0.key"),
            ({"key": "x" * 41}, "0.key"),
            ({"type": "oracle"}, "0.type"),
            ({"label": ""}, "0.label"),
            ({"label": "x" * 2001}, "0.label"),
            ({"label": "a\x00b"}, "0.label"),
            ({"colour": "red"}, "0.colour"),
            ({"options": OPTIONS}, "0.options"),
            ({"min": 10}, "0.max"),
            ({"max": 1000}, "0.max"),
            ({"max": True}, "0.max"),
            ({"max": "10"}, "0.max"),
            ({"max": 4}, "0.metric"),  # series run from 0 to 10
            ({"metric": "happiness"}, "0.metric"),
            ({"metric": "ritual_kept"}, "0.metric"),
            ({"private": "yes"}, "0.private"),
            ({"flag_if": "yes"}, "0.flag_if"),
            ({"flag_if": "<=3", "severity": "later"}, "0.severity"),
            ({"flag_if": "> 3"}, "0.flag_if"),
            ({"flag_if": 3}, "0.flag_if"),
        ],
    )
    def test_what_is_not_understood_is_refused_where_it_stands(self, change: dict, place: str) -> None:
        with pytest.raises(FormError) as refusal:
            Form.from_data([{**DATA[0], **change}])
        assert place in refusal.value.errors
        assert str(refusal.value)

    @pytest.mark.parametrize(
        "data",
        [
            None,
            {},
            "form",
            [None],
            [[]],
            [DATA[0], DATA[0]],
            [DATA[5]] * 61,
            [{"key": "a", "type": "single", "label": "A"}],
            [{"key": "a", "type": "single", "label": "A", "options": []}],
            [{"key": "a", "type": "single", "label": "A", "options": [OPTIONS[0], OPTIONS[0]]}],
            [{"key": "a", "type": "single", "label": "A", "options": [{"value": "::none", "label": "x"}]}],
            [{"key": "a", "type": "single", "label": "A", "options": OPTIONS, "flag_if": "any:anger"}],
            [{"key": "a", "type": "scale", "label": "A", "min": 0, "max": 4}],
            [{"key": "a", "type": "number", "label": "A", "min": -1, "max": -2}],
            [{"key": "a", "type": "short_text", "label": "A", "flag_if": "any:help"}],
        ],
    )
    def test_what_is_no_form_is_refused(self, data: object) -> None:
        with pytest.raises(FormError):
            Form.from_data(data)

    def test_everything_wrong_is_said_at_once(self) -> None:
        with pytest.raises(FormError) as refusal:
            Form.from_data([{**DATA[0], "key": "A", "low": 3}, {**DATA[7], "max": -1}])
        assert {"0.key", "0.low", "1.max"} <= set(refusal.value.errors)

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(list(QuestionType.values)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["key", "type", "label", "min", "max", "options", "value", "flag_if", "metric"]),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )

    @settings(max_examples=200, deadline=None)
    @given(json_values)
    def test_b76_any_data_is_a_form_or_refused(self, data: object) -> None:
        with contextlib.suppress(FormError):
            assert Form.from_data([data]).as_data()


class TestEveryQuestion:
    @pytest.mark.parametrize("key", KEYS)
    @pytest.mark.parametrize("raw", [[], [""], ["  "], ["", "\n"]])
    def test_may_be_left_out(self, key: str, raw: list[str]) -> None:
        assert clean(FORM[key], raw) == BLANK
        assert BLANK.blank
        assert words(FORM[key], BLANK) == ""

    @pytest.mark.parametrize("key", KEYS)
    def test_may_be_declined_which_is_not_left_out(self, key: str) -> None:
        value = clean(FORM[key], [DECLINED])
        assert value == Value(declined=True)
        assert not value.answered
        assert not value.blank
        assert words(FORM[key], value) == "Rather not say"

    def test_keeps_neither_when_it_is_answered_and_declined(self) -> None:
        assert "one of the two" in refused("line", "What I wrote", DECLINED)

    @settings(max_examples=400, deadline=None)
    @given(
        st.sampled_from(KEYS),
        st.lists(
            st.text(st.characters(), max_size=30)
            | st.text(st.characters(codec=None, categories=["Cs", "Cc", "Nd", "Mn"]), max_size=5)
            | st.sampled_from([
                DECLINED, NONE_OF_THESE, "7", "-0", "1e309", "NaN", "Infinity", "True", "٣", "²", "2,5", "yes",
                "calm", "pause", "9" * 5000, "\x00", "\ud800", "0x10", "1_0", "+1", " 3 ",
            ]),
            max_size=4,
        ),
    )  # fmt: skip
    def test_takes_anything_or_says_what_would_help(self, key: str, raw: list[str]) -> None:
        question = FORM[key]
        try:
            value = clean(question, raw)
        except QuestionError:
            assert refused(key, *raw).endswith((".", "?"))
            return
        assert clean(question, raw_of(question, value)) == value
        assert Value.from_data(json.loads(json.dumps(value.as_data()))) == value
        assert value.blank or words(question, value)
        if value.number is not None:
            assert value.number.is_finite()
            assert 0 <= value.number <= 1_000_000


class TestScale:
    def test_is_a_whole_number_between_its_ends(self) -> None:
        assert clean(FORM["close"], ["7"]) == Value(number=Decimal(7))
        assert words(FORM["close"], Value(number=Decimal(7))) == "7 of 10"

    @pytest.mark.parametrize("raw", ["11", "-1", "7.5", "7,0", "1e0", "seven", "true", "9" * 400])
    def test_anything_else_is_asked_again(self, raw: str) -> None:
        assert refused("close", raw) == "Please choose a number from 0 to 10."

    def test_takes_one_answer(self) -> None:
        assert refused("close", "3", "4")


class TestYesNo:
    def test_counts_as_one_or_nothing(self) -> None:
        assert clean(FORM["kept"], ["yes"]).number == 1
        assert clean(FORM["kept"], ["no"]).number == 0
        assert words(FORM["kept"], Value(number=Decimal(0))) == "No"
        assert refused("kept", "maybe")


class TestChoices:
    def test_single_takes_one_of_its_options(self) -> None:
        assert clean(FORM["how"], ["pause"]).choices == ("pause",)
        assert refused("how", "calm", "pause")
        assert refused("how", "anger")

    def test_multi_keeps_the_order_of_the_form_and_is_not_counted(self) -> None:
        value = clean(FORM["what"], ["pause", "calm", "pause"])
        assert value == Value(choices=("calm", "pause"))
        assert words(FORM["what"], value) == "Calm talk, A pause"

    def test_a_checklist_is_counted(self) -> None:
        assert clean(FORM["signs"], ["pause", "calm"]).number == 2

    def test_none_of_these_is_an_answer_and_leaving_out_is_not(self) -> None:
        nothing = clean(FORM["signs"], [NONE_OF_THESE])
        assert nothing.answered
        assert nothing.number == 0
        assert words(FORM["signs"], nothing) == "None of these"
        assert refused("signs", "calm", NONE_OF_THESE)


class TestText:
    @pytest.mark.parametrize(("key", "limit"), [("line", SHORT_TEXT_LIMIT), ("story", LONG_TEXT_LIMIT)])
    def test_b62_is_kept_whole_up_to_the_limit_and_refused_above(self, key: str, limit: int) -> None:
        assert clean(FORM[key], ["å" * limit]).text == "å" * limit
        said = refused(key, "å" * (limit + 1))
        assert str(limit + 1) in said
        assert str(limit) in said

    def test_b63_is_counted_as_a_reader_counts(self) -> None:
        decomposed = unicodedata.normalize("NFD", "å") * SHORT_TEXT_LIMIT
        assert clean(FORM["line"], [decomposed]).text == "å" * SHORT_TEXT_LIMIT
        assert clean(FORM["line"], ["👩‍👩‍👧" * 100]).text == "👩‍👩‍👧" * 100
        assert refused("line", "👩‍👩‍👧" * 101)

    @pytest.mark.parametrize("text", ["שלום ‏abc", "a‮b‬c", "x​y", "🙂‍↔️", "ﷺ", "Zͨ̾a̐l", "=1+1", "-2", "@x", "<b>&"])
    def test_b63_every_script_and_mark_is_kept(self, text: str) -> None:
        assert clean(FORM["story"], [text]).text == unicodedata.normalize("NFC", text)

    def test_line_breaks_become_plain_ones_and_spaces_in_one_line(self) -> None:
        assert clean(FORM["story"], [" a\r\nb\rc\x0bd\n "]).text == "a\nb\nc\nd"
        assert clean(FORM["line"], ["a\r\nb"]).text == "a b"

    @pytest.mark.parametrize("text", ["a\x00b", "\ud800", "a\udfff", "\x1b[31m", "\x7f", "a\x90"])
    def test_b63_b64_what_cannot_be_kept_is_handed_back(self, text: str) -> None:
        assert "cannot be kept" in refused("story", text)

    def test_what_nobody_can_see_is_left_out(self) -> None:
        assert clean(FORM["line"], ["​⁠"]) == BLANK

    @pytest.mark.parametrize("text", ["a" + "\u0301\u0327" * 20_000, "x" * 10_000_000, "a" + "\u0301" * 9_000])
    def test_b62_a_flood_is_refused_quickly(self, text: str) -> None:
        began = time.process_time()
        refused("story", text)
        assert time.process_time() - began < 1


class TestNumber:
    @pytest.mark.parametrize(
        ("raw", "number"),
        [
            ("3", "3"),
            ("2,5", "2.5"),
            ("2.50", "2.5"),
            ("007", "7"),
            (" 24 ", "24"),
            ("0", "0"),
            ("٣", "3"),
            ("0.05", "0.05"),
        ],
    )
    def test_b74_is_exact(self, raw: str, number: str) -> None:
        assert str(clean(FORM["hours"], [raw]).number) == number

    @pytest.mark.parametrize(
        "raw",
        ["-1", "-0", "−0", "25", "1,000", "1.000", "1 000", "1e309", "1e1", "nan", "inf", "2.555", "9" * 50, "x"],
    )
    def test_b74_or_asked_again(self, raw: str) -> None:
        assert refused("hours", raw)

    def test_has_a_highest_value_even_without_one_of_its_own(self) -> None:
        question = Form.from_data([{"key": "n", "type": "number", "label": "How many"}])["n"]
        assert clean(question, ["1000000"]).number == 1_000_000
        with pytest.raises(QuestionError, match="from 0 to 1 000 000"):
            clean(question, ["1000001"])

    def test_is_said_with_its_unit(self) -> None:
        assert words(FORM["hours"], Value(number=Decimal("2.5"))) == "2.5 hours"
        assert words(FORM["hours"], Value(number=Decimal(1))) == "1"


class TestMood:
    def test_has_a_level_and_words_under_one_name(self) -> None:
        value = clean(FORM["mood"], ["4", "hopeful", "calm"])
        assert value == Value(number=Decimal(4), choices=("calm", "hopeful"))
        assert words(FORM["mood"], value) == "Good: calm, hopeful"

    def test_may_have_one_without_the_other(self) -> None:
        assert words(FORM["mood"], clean(FORM["mood"], ["2"])) == "Low"
        assert clean(FORM["mood"], ["torn"]) == Value(choices=("torn",))

    def test_knows_its_words_only(self) -> None:
        assert len(MOOD_WORDS) == 30
        assert refused("mood", "6")
        assert refused("mood", "furious")


class TestWholeForm:
    def test_good_answers_are_kept_beside_bad_ones(self) -> None:
        values, errors = clean_form(FORM, {"close": ["7"], "hours": ["-2"], "intruder": ["x"]})
        assert values["close"].number == 7
        assert values["line"] == BLANK
        assert set(errors) == {"hours"}
        assert "intruder" not in values

    def test_a_page_of_it_can_be_read_alone(self) -> None:
        values, errors = clean_form(FORM, {"close": ["7"], "hours": ["-2"]}, keys=["close"])
        assert set(values) == {"close"}
        assert not errors


class TestDrafts:
    def test_keep_what_was_sent_right_or_wrong(self) -> None:
        raw = {"hours": ["-2"], "line": ["a\x00b\ud800"], "what": ["calm", "pause"], "intruder": ["x"]}
        text = raw_to_json(FORM, raw)
        assert text.isascii()
        assert raw_from_json(text) == {key: raw[key] for key in ("hours", "line", "what")}

    def test_have_an_end(self) -> None:
        with pytest.raises(QuestionError):
            raw_to_json(FORM, {"story": ["x" * 500_000]})

    @pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"line": 3}', '{"line": [3]}'])
    def test_that_are_damaged_read_as_empty(self, text: str) -> None:
        assert not any(raw_from_json(text).values())
