"""A published measure: its wording, its options and their weights stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from exercises.publishing.finding import Draft, Finding, places_of, stop
from exercises.questions import Form

#: What makes a question of a measure that question. Lane, flags and help may be the practice's own.
_HELD = ("type", "label", "prefix", "min", "max", "low", "high", "unit", "options", "rows", "stops", "units", "body",
         "decimals", "other", "least", "most", "repeats", "show_if", "hidden")  # fmt: skip


def check_locked(draft: Draft, locked: Mapping[str, Any]) -> list[Finding]:
    """Every way in which the draft is no longer what the locked edition is."""
    there, here = _by_key(locked), _by_key(draft.content)
    found = []
    for key, item in there.items():
        if key not in here:
            found.append(stop("questions", "locked_gone", _("A question of this measure is missing."), key))
            continue
        for name in _HELD:
            if item.get(name) != here[key].get(name):
                message = _("The wording and the options of a published measure cannot be changed.")
                found.append(stop(draft.place(key, name), "locked_changed", message, key))
    for key in here:
        if key not in there:
            message = _("A published measure takes no other questions.")
            found.append(stop(draft.place(key), "locked_added", message, key))
    if not found and list(there) != list(here):
        found.append(stop("questions", "locked_order", _("The questions of a published measure keep their order.")))
    if locked.get("scoring") != draft.content.get("scoring"):
        found.append(stop("scoring", "locked_scoring", _("The scoring of a published measure cannot be changed.")))
    return found


def _by_key(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    questions = Form.from_data(content.get("questions") or []).as_data()
    return {key: _at(questions, place) for key, place in places_of(questions)}


def _at(questions: list[dict[str, Any]], place: str) -> dict[str, Any]:
    found: Any = {"questions": questions}
    for step in place.split("."):
        found = found[int(step)] if step.isdigit() else found[step]
    return dict(found)
