"""One thing that the gate has to say, and the content it speaks about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from exercises.form_language import FormError, Limits
from exercises.question import Question
from exercises.questions import Form
from exercises.vocabulary import Lane


class Severity(StrEnum):
    STOP = "stop"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """place: a path into the content ("questions.2.options.0", "title"). question_key: the item it is about, if any."""

    severity: Severity
    place: str
    code: str
    message: str | Promise
    question_key: str = ""


def stop(place: str, code: str, message: str | Promise, key: str = "") -> Finding:
    return Finding(Severity.STOP, place, code, message, key)


def warn(place: str, code: str, message: str | Promise, key: str = "") -> Finding:
    return Finding(Severity.WARN, place, code, message, key)


@dataclass(frozen=True)
class Draft:
    """Content whose form could be read."""

    content: Mapping[str, Any]
    form: Form
    places: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Mapping[str, Any], limits: Limits) -> Draft | None:
        """None when the form cannot be read."""
        try:
            form = Form.from_data(content.get("questions") or [], limits)
        except FormError:
            return None
        return cls(content, form, dict(places_of(content.get("questions") or [])))

    @property
    def lane(self) -> Lane:
        said = self.content.get("lane")
        return Lane(said) if said in Lane.values else Lane.SHARED

    @property
    def language(self) -> str:
        return str(self.content.get("language") or "en")

    def place(self, item: Question | str, part: str = "") -> str:
        """Where an item, or a part of it, stands in the content."""
        key = item if isinstance(item, str) else item.key
        base, _dot, row = key.partition(".")
        found = self.places.get(base, "questions")
        if row:
            rows = [one.key for one in self.form[base].rows]
            found = f"{found}.rows.{rows.index(row)}"
        return f"{found}.{part}" if part else found


def places_of(items: list[dict[str, Any]], above: str = "questions") -> Iterator[tuple[str, str]]:
    """Where each key stands in the content."""
    for index, item in enumerate(items):
        yield item["key"], f"{above}.{index}"
        yield from places_of(item.get("questions") or [], f"{above}.{index}.questions")
