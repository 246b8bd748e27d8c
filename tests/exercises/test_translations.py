"""An exercise in several languages."""

from __future__ import annotations

from typing import Any

import pytest

from exercises.answers import Value, words
from exercises.questions import Form
from exercises.translations import (
    TranslationError,
    best_language,
    languages,
    missing,
    read_translations,
    stray,
    texts,
    translated,
)

CONTENT: dict[str, Any] = {
    "title": "Tea in the evening",
    "summary": "Sit down for ten minutes.",
    "steps": ["Make tea.", "Sit."],
    "kind": "ritual",
    "adaptations": {"long_distance": "On a call."},
    "language": "en",
    "questions": [
        {"key": "g", "type": "group", "label": "The tea", "questions": [
            {"key": "how", "type": "single", "label": "How it was", "help": "Just today.",
             "options": [{"value": "calm", "label": "Calm"}, {"value": "a.b-c", "label": "Busy"}]},
        ]},
        {"key": "week", "type": "grid", "label": "The week", "rows": [{"key": "mon", "label": "Monday"}],
         "options": [{"value": "yes", "label": "Yes"}]},
        {"key": "near", "type": "slider", "label": "Near", "stops": [
            {"value": 0, "label": "Far"}, {"value": 1, "label": "Close"}]},
    ],
    "translations": {
        "de": {
            "title": "Tee am Abend",
            "steps.1": "Setz dich.",
            "questions.how.label": "Wie es war",
            "questions.how.options.calm": "Ruhig",
            "questions.week.rows.mon": "Montag",
            "questions.near.stops.1": "Nah",
            "questions.gone.label": "Weg",
        },
        "pt-BR": {"title": "Chá da noite"},
    },
}  # fmt: skip


def test_every_text_has_a_path_and_a_place() -> None:
    found = {text.path: (text.source, text.place) for text in texts(CONTENT)}
    assert found["title"] == ("Tea in the evening", "title")
    assert found["steps.1"] == ("Sit.", "steps.1")
    assert found["adaptations.long_distance"] == ("On a call.", "adaptations.long_distance")
    assert found["questions.how.options.a.b-c"] == ("Busy", "questions.0.questions.0.options.1.label")
    assert found["questions.near.stops.0"] == ("Far", "questions.2.stops.0.label")
    assert "kind" not in found
    assert len(found) == 16


def test_what_is_translated_is_read_and_the_rest_as_written() -> None:
    german = translated(CONTENT, "de-AT")
    assert german["language"] == "de"
    assert (german["title"], german["summary"]) == ("Tee am Abend", "Sit down for ten minutes.")
    assert german["steps"] == ["Make tea.", "Setz dich."]
    form = Form.from_data(german["questions"])
    assert words(form["how"], Value(choices=("calm",))) == "Ruhig"
    assert words(form["how"], Value(choices=("a.b-c",))) == "Busy"
    assert form["week.mon"].label == "The week – Montag"
    assert CONTENT["title"] == "Tea in the evening", "the content itself stays as it is"
    assert CONTENT["steps"][1] == "Sit."


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("de", "de"), ("de-AT", "de"), ("de_CH", "de"), ("DE", "de"), ("pt", "pt-BR"), ("pt-PT", "pt-BR"),
     ("en-GB", "en"), ("fr", "en"), ("", "en"), ("d", "en")],
)  # fmt: skip
def test_the_nearest_language_is_taken(wanted: str, found: str) -> None:
    assert best_language(CONTENT, wanted) == found


def test_content_in_one_language_stays_as_it_is() -> None:
    plain = {"title": "Tea"}
    assert languages(plain) == ("en",)
    assert translated(plain, "de") == plain
    assert translated({**CONTENT, "language": "de", "translations": {}}, "en")["language"] == "de"


def test_what_lacks_and_what_is_left_over_is_known() -> None:
    assert "summary" in {text.path for text in missing(CONTENT, "de")}
    assert "title" not in {text.path for text in missing(CONTENT, "de")}
    assert len(missing(CONTENT, "fr")) == 16
    assert stray(CONTENT, "de") == ["questions.gone.label"]


def test_translations_are_tidied_when_they_are_read() -> None:
    said = {"de": {"title": "  Tee\nam Abend ", "questions.g.body": "a\r\nb", "summary": " "}}
    assert read_translations(said) == {"de": {"title": "Tee am Abend", "questions.g.body": "a\nb"}}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"german language": {}},
        {3: {}},
        {"de": []},
        {"de": {"title": 3}},
        {"de": {"title": "x" * 10_001}},
        {"de": {"title": "a\x00"}},
        {"de": {"x" * 201: "a"}},
        {f"a{chr(97 + n)}": {} for n in range(21)},
    ],
)
def test_what_is_no_translation_is_refused(data: Any) -> None:
    with pytest.raises(TranslationError) as refusal:
        read_translations(data)
    assert refusal.value.errors
