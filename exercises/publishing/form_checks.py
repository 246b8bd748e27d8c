"""What is missing or doubled in a form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.cleaning import clean
from exercises.form_language import FormError, Limits
from exercises.publishing.finding import Draft, Finding, stop, warn
from exercises.question import Question
from exercises.questions import Form
from exercises.values import QuestionError
from exercises.vocabulary import Kind

#: Kinds that are nothing without a question.
_ASKING = {Kind.CHECK_IN, Kind.SELF_ASSESSMENT, Kind.MEASURE, Kind.WARNING_SIGNS}


def check_reading(content: Mapping[str, Any], limits: Limits) -> list[Finding]:
    """What stands in the way before the form can be looked at: no title, or a form that cannot be read."""
    found = []
    if not str(content.get("title") or "").strip():
        found.append(stop("title", "no_title", _("This needs a title.")))
    try:
        Form.from_data(content.get("questions") or [], limits)
    except FormError as error:
        keys = _keys_by_place(content.get("questions"))
        for place, messages in error.errors.items():
            where = "questions" if place == "form" else f"questions.{place}"
            found += [stop(where, "form", message, _key_at(where, keys)) for message in messages]
    return found


def check_form(draft: Draft) -> list[Finding]:
    """Nothing to do or to answer, the same words twice, an answer filled in beforehand that is none."""
    return [
        *_check_emptiness(draft),
        *_check_labels(draft),
        *(one for item in draft.form for one in _check_question(draft, item)),
    ]


def _check_emptiness(draft: Draft) -> Iterator[Finding]:
    content = draft.content
    if len(draft.form):
        return
    if content.get("kind") in _ASKING:
        yield stop("questions", "no_questions", _("There is no question yet."))
    elif not any(content.get(name) for name in ("steps", "prompts", "points")) and not draft.form.every:
        yield stop("questions", "empty", _("There is nothing to do, to read or to answer yet."))


def _check_labels(draft: Draft) -> Iterator[Finding]:
    """Two questions with the same words, under the same heading and in the same group."""
    seen: dict[tuple[str, str, str], str] = {}
    for item in draft.form:
        spot = draft.form.spots[item.key]
        words = (spot.parent, spot.section, _alike(item.label))
        if words in seen:
            message = _("Another question has the same words. In answers, nobody can tell them apart.")
            yield warn(draft.place(item, "label"), "same_label", message, item.key)
        seen[words] = item.key


def _check_question(draft: Draft, item: Question) -> Iterator[Finding]:
    for name in ("options", "rows", "stops", "units"):
        parts = getattr(item, name)
        counts = Counter(_alike(part.label) for part in parts)
        for index, part in enumerate(parts):
            if counts[_alike(part.label)] > 1 and _alike(part.label) in {_alike(one.label) for one in parts[:index]}:
                message = format_lazy(_("“{label}” is here twice."), label=part.label)
                yield warn(draft.place(item, f"{name}.{index}"), "same_option", message, item.key)
    if len(item.options) == 1 and item.type == "single":
        message = _("There is only one option to choose.")
        yield warn(draft.place(item, "options"), "one_option", message, item.key)
    for raw in [item.initial] if item.initial else []:
        try:
            clean(item, raw)
        except QuestionError as error:
            message = format_lazy(_("What is filled in beforehand is no answer: {why}"), why=error.message)
            yield stop(draft.place(item, "initial"), "initial", message, item.key)


def _alike(label: str) -> str:
    return " ".join(label.casefold().split())


def _keys_by_place(items: Any, above: str = "questions") -> dict[str, str]:
    """Keys by place, in data that may be anything."""
    found: dict[str, str] = {}
    waiting = [(items, above, 0)]
    while waiting:
        here, place, depth = waiting.pop()
        for index, item in enumerate(here if isinstance(here, list) and depth < 10 else ()):
            if isinstance(item, dict):
                found[f"{place}.{index}"] = str(item.get("key", ""))[:40]
                waiting.append((item.get("questions"), f"{place}.{index}.questions", depth + 1))
    return found


def _key_at(place: str, keys: Mapping[str, str]) -> str:
    """The key of the innermost item that a place lies in."""
    while place:
        if place in keys:
            return keys[place]
        place = place.rpartition(".")[0]
    return ""
