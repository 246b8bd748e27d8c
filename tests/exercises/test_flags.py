"""Which answers ask a therapist to look: every rule against every kind of answer, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.answers import BLANK, DECLINED, NONE_OF_THESE, Value, clean, clean_form
from exercises.catalogue import load_catalogue
from exercises.flags import Flag, FlagError, FlagRule, raised
from exercises.questions import Form
from exercises.refill import raw_of

SIGNS = [{"value": name, "label": name.title()} for name in ("safe", "silenced", "unsafe", "tired")]


def form(type: str, rule: str) -> Form:
    data: dict = {"key": "q", "type": type, "label": "Q", "flag_if": rule}
    if type == "scale":
        data |= {"min": 0, "max": 10, "low": "low", "high": "high"}
    if type in ("single", "multi", "checklist"):
        data["options"] = SIGNS
    return Form.from_data([data])


@pytest.mark.parametrize(
    ("type", "rule", "raising", "quiet"),
    [
        ("yes_no", "yes", ["yes"], ["no"]),
        ("yes_no", "no", ["no"], ["yes"]),
        ("scale", "<=3", ["0", "3"], ["4", "10"]),
        ("scale", ">=8", ["8", "10"], ["7", "0"]),
        ("scale", "0", ["0"], ["1", "10"]),
        ("number", ">=5", ["5", "5.5"], ["4.99"]),
        ("mood", "<=1", ["1"], ["2", "torn"]),
        ("single", "any:silenced,unsafe", ["silenced", "unsafe"], ["safe"]),
        ("single", "none:safe", ["unsafe"], ["safe"]),
        ("multi", "any:unsafe", ["unsafe"], ["safe"]),
        ("checklist", "any:unsafe", ["unsafe"], ["safe", NONE_OF_THESE]),
        ("checklist", "none:safe", ["unsafe", NONE_OF_THESE], ["safe"]),
        ("checklist", "0", [NONE_OF_THESE], ["safe"]),
        ("checklist", "<=1", [NONE_OF_THESE, "safe"], []),
    ],
)
def test_a_rule_meets_what_it_says(type: str, rule: str, raising: list[str], quiet: list[str]) -> None:
    asked = form(type, rule)
    for raw in raising:
        assert raised(asked, {"q": clean(asked["q"], [raw])}) == [Flag("q", rule)]
    for raw in quiet:
        assert raised(asked, {"q": clean(asked["q"], [raw])}) == []


def test_a_checklist_is_counted_by_its_ticks() -> None:
    asked = form("checklist", ">=2")
    assert raised(asked, {"q": clean(asked["q"], ["safe", "tired"])})
    assert not raised(asked, {"q": clean(asked["q"], ["safe"])})


@pytest.mark.parametrize("rule", ["0", "<=3", ">=0", "none:safe", "any:safe"])
@pytest.mark.parametrize("value", [BLANK, Value(declined=True)])
def test_silence_raises_nothing(rule: str, value: Value) -> None:
    assert raised(form("checklist", rule), {"q": value}) == []
    assert raised(form("checklist", rule), {}) == []


@pytest.mark.parametrize(
    "text",
    ["", "maybe", "YES", "> 3", "==3", "<= 3", "3.", "--1", "any:", "any:a,,b", "some:a", "no\n", "٣"],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(FlagError):
        FlagRule.parse(text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["yes", "no"]))
def test_words_neither_raise_nor_silence(words: str, afraid: str) -> None:
    asked = Form.from_data(
        [
            {"key": "afraid", "type": "yes_no", "label": "Afraid", "flag_if": "yes"},
            {"key": "note", "type": "long_text", "label": "Note"},
        ]
    )
    values, _errors = clean_form(asked, {"afraid": [afraid], "note": [words]})
    assert bool(raised(asked, values)) == (afraid == "yes")


@pytest.mark.parametrize(
    ("said", "meant"), [({}, "urgent"), ({"severity": "urgent"}, "urgent"), ({"severity": "soon"}, "soon")]
)
def test_a_flag_is_urgent_unless_its_question_says_otherwise(said, meant) -> None:
    asked = Form.from_data([{"key": "q", "type": "yes_no", "label": "Q", "flag_if": "yes", **said}])
    values, _errors = clean_form(asked, {"q": ["yes"]})
    assert [flag.severity for flag in raised(asked, values)] == [meant]
    assert asked["q"].may_flag_urgently is (meant == "urgent")


def test_rows_of_a_grid_are_as_urgent_as_the_grid() -> None:
    grid = {
        "key": "week", "type": "grid", "label": "Week", "severity": "note", "rows": [
            {"key": "a", "label": "A", "flag_if": "any:bad"}, {"key": "b", "label": "B"},
        ],
        "options": [{"value": "good", "label": "Good"}, {"value": "bad", "label": "Bad"}],
    }  # fmt: skip
    asked = Form.from_data([grid])
    values, _errors = clean_form(asked, {"week.a": ["bad"], "week.b": ["bad"]})
    assert [(flag.key, flag.severity) for flag in raised(asked, values)] == [("week.a", "note")]


def test_what_the_catalogue_does_not_call_urgent_is_named_here() -> None:
    """Whoever makes another one softer says so twice: a question about safety never is."""
    softer = {
        (entry.slug, question.key): question.severity
        for entry in load_catalogue().entries.values()
        for question in entry.form
        if question.severity
    }
    assert sorted({(key, severity) for (_slug, key), severity in softer.items()}) == [
        ("again", "soon"), ("need_help", "soon"), ("regret", "soon"), ("too_much", "note"),
    ]  # fmt: skip
    assert len(softer) == 4


def test_the_safety_check_raises_what_its_own_table_says() -> None:
    asked = load_catalogue().entries["private-safety-check"].form
    worst = {"alone_now": ["no"], "afraid": ["yes"], "controlled": ["yes"], "hurt": ["yes"], "forced": ["yes"],
             "watched": ["yes"], "safe_home": ["5"]}  # fmt: skip
    best = {"alone_now": ["yes"], "afraid": ["no"], "controlled": ["no"], "hurt": ["no"], "forced": ["no"],
            "watched": ["no"], "safe_home": ["6"]}  # fmt: skip
    for key in worst:
        for answers, expected in ((worst, [key]), (best, [])):
            values, errors = clean_form(asked, {key: answers[key]})
            assert not errors
            assert [flag.key for flag in raised(asked, values)] == expected
    values, _errors = clean_form(asked, worst)
    assert [flag.key for flag in raised(asked, values)] == list(worst)
    values, _errors = clean_form(asked, {key: [DECLINED] for key in worst})
    assert raised(asked, values) == []


FLAGGED = [
    (entry.slug, question) for entry in load_catalogue().entries.values() for question in entry.form if question.flag
]


@pytest.mark.parametrize(("slug", "question"), FLAGGED, ids=[f"{slug}-{q.key}" for slug, q in FLAGGED])
def test_every_shipped_flag_can_be_raised_and_avoided(slug: str, question) -> None:
    """Over every answer that can be given to the question."""
    if question.steps:
        answers = [Value(number=Decimal(step)) for step in question.steps]
    elif question.options:
        ticked = [question.options[: n + 1] for n in range(len(question.options))]
        single = [(option,) for option in question.options]
        answers = [clean(question, [option.value for option in some]) for some in single]
        if question.type == "checklist":
            answers += [clean(question, [option.value for option in some]) for some in ticked]
            answers.append(clean(question, [NONE_OF_THESE]))
    else:
        answers = [clean(question, [word]) for word in ("yes", "no")]
    assert all(clean(question, raw_of(question, value)) == value for value in answers)
    outcomes = {question.flag.holds(value) for value in answers}
    assert outcomes == {True, False}
