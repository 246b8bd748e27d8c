"""How a form is cut into the pages of a phone, and what stands on each."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

from exercises.answers import Value
from exercises.conditions import visible
from exercises.pages import is_short, pages_of
from exercises.questions import Form
from exercises.screens import first_answer_key, keys_inside, preview_screen, preview_screens, preview_whole, screen
from tests.exercises.given import ALL_TYPES, EVERY_TYPE


def question(key: str, type: str = "short_text", **parts: Any) -> dict[str, Any]:
    more = {"min": 0, "max": 3, "low": "No", "high": "Yes"} if type == "scale" else {}
    return {"key": key, "type": type, "label": key.capitalize(), **more, **parts}


def group(key: str, *questions: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"key": key, "type": "group", "label": key.capitalize(), "questions": list(questions), **parts}


def bases(form: list[dict[str, Any]], **how: Any) -> list[list[str]]:
    return [[item.base for item in page.items] for page in pages_of(Form.from_data(form), **how)]


def test_one_question_is_one_page():
    assert bases(EVERY_TYPE) == [[one["key"]] for one in EVERY_TYPE]


def test_what_is_to_be_read_stands_with_the_question_after_it_and_at_the_end_alone():
    read = {"key": "read", "type": "instructions", "body": "Breathe."}
    end = {"key": "end", "type": "instructions", "body": "Well done."}
    assert bases([read, question("a"), question("b"), end]) == [["read", "a"], ["b"], ["end"]]


def test_a_small_group_is_one_page_and_a_large_one_a_heading_over_several():
    small = group("small", question("a"), question("b"))
    large = group("large", *[question(f"q{n}") for n in range(8)])
    assert bases([small]) == [["small", "a", "b"]]
    assert bases([large]) == [[f"q{n}"] for n in range(8)]
    form = Form.from_data([large])
    assert screen(form, pages_of(form)[3], {}).kicker == "Large"


def test_what_repeats_is_one_page_with_a_button_for_one_more():
    form = Form.from_data([group("child", question("name"), question("age", "number"), repeats=2)])
    (page,) = pages_of(form)
    one = screen(form, page, {"name~1": ["Ann"]})
    assert [(block.kind, block.key) for block in one.blocks] == [
        ("time", "child~1"), ("question", "name~1"), ("question", "age~1"), ("add", "child~2"),
    ]  # fmt: skip
    two = screen(form, page, {"name~1": ["Ann"], "name~2": [""]})
    assert [block.kind for block in two.blocks].count("time") == 2
    assert "add" not in {block.kind for block in two.blocks}, "there is room for two"
    assert first_answer_key(form, "child~2") == "name~2"
    assert keys_inside(form, "child~2", ["name~1", "name~2", "age~2"]) == ["name~2", "age~2"]


def test_what_is_never_shown_is_on_no_page():
    hidden = {**question("code"), "hidden": True, "initial": ["7"]}
    assert bases([hidden, question("a")]) == [["a"]]


def test_only_what_one_person_is_asked_makes_pages():
    assert bases([question("a"), question("b")], asked={"b"}) == [["b"]]


def test_a_whole_page_holds_everything():
    form = Form.from_data(ALL_TYPES)
    (page,) = pages_of(form, whole=True)
    assert {item.base for item in page.items} == {item.key for item in form.every}
    one = screen(form, page, {}, heading="This week")
    assert one.heading == "This week"
    assert [block.kind for block in one.blocks[:2]] == ["section", "instructions"]


@pytest.mark.parametrize(
    ("questions", "short"),
    [
        ([question("a", "scale"), question("b", "yes_no")], True),
        ([question("a", "scale")], False),
        ([question("a", "scale"), question("b", "long_text")], False),
        ([question("a", "yes_no"), question("b", "yes_no", lane="private")], False),
        ([question(f"q{n}", "yes_no") for n in range(4)], False),
    ],
)
def test_a_few_easy_questions_are_one_page(questions, short):
    assert is_short(Form.from_data(questions)) is short


@settings(max_examples=60, deadline=None)
@generated(st.lists(st.sampled_from([None, True, False]), min_size=1, max_size=6))
def test_progress_never_goes_back_while_one_answers(answers):
    """Each next page is further along, and the most there can be never grows."""
    questions = [question("q0", "yes_no")]
    for n in range(1, 7):
        condition = {"all": [{"question": f"q{n - 1}", "operator": "=", "answer": bool(n % 2)}]}
        questions.append(question(f"q{n}", "yes_no", show_if=condition))
    form = Form.from_data(questions)
    pages = pages_of(form)
    given: dict[str, Value] = {}
    seen: list[tuple[int, int]] = []
    for page in pages:
        shown = {one.key for one in visible(form, given).questions}
        if page.items[0].key not in shown:
            continue
        at = sum(one.items[0].key in shown for one in pages[: page.number])
        seen.append((at, at + len(pages) - page.number))
        answer = answers[(page.number - 1) % len(answers)]
        if answer is not None:
            given[page.items[0].key] = Value(number=int(answer))  # type: ignore[arg-type]
    assert [at for at, _of in seen] == list(range(1, len(seen) + 1))
    assert [of for _at, of in seen] == sorted((of for _at, of in seen), reverse=True)


# ── what it will look like ───────────────────────────────────────────────────


def test_a_preview_leaves_out_what_the_samples_hide():
    content = {"title": "Week", "questions": ALL_TYPES}
    keys = [one.asked[0].name for one in preview_screens(content) if one.asked]
    assert "mended" not in keys
    more = [one.asked[0].name for one in preview_screens(content, raw={"argued": ["yes"]}) if one.asked]
    assert "mended" in more
    found = preview_screen(content, "mended")
    assert found is not None
    assert found.alone is not None
    assert found.alone.label == "How well we mended it"


def test_a_preview_reads_in_another_language_and_as_a_whole():
    content = {
        "title": "Week",
        "language": "en",
        "translations": {"de": {"title": "Woche", "questions.a.label": "Was war gut?"}},
        "questions": [question("a"), question("b")],
    }
    whole = preview_whole(content, language="de")
    assert whole is not None
    assert whole.heading == "Woche"
    assert [one.label for one in whole.asked] == ["Was war gut?", "B"]
    assert preview_whole({"questions": []}) is None
