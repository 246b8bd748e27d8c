"""What the catalogue holds, once it has been read and found right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exercises.questions import Form
from exercises.recurrence import Recurrence
from exercises.scoring import Scoring
from exercises.vocabulary import Kind, Lane, Level, Participation, Theme, TimeOfDay


def digest_of(data: Any) -> str:
    """A fingerprint of content: equal exactly when the content is equal."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Cadence:
    """How often an exercise is suggested. The therapist may change every part.

    on_demand: an event calls for it (an argument, a hard talk ahead), not the calendar.
    """

    words: str
    recurrence: Recurrence
    time_of_day: TimeOfDay = TimeOfDay.ANY
    on_demand: bool = False

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "words": self.words,
            "rule": self.recurrence.rule,
            "time_of_day": self.time_of_day.value,
        }
        if self.recurrence.reviews:
            data["reviews"] = True
        if self.on_demand:
            data["on_demand"] = True
        return data


@dataclass(frozen=True)
class Entry:
    """One exercise of the catalogue.

    reminder_title: what reminders, lists and calendars may say; empty when the title itself is harmless.
    points: what to read before the task. prompts: cards, shown one at a time and answered aloud.
    needs_clearance: only after the therapist has recorded that joint work is safe.
    """

    slug: str
    title: str
    kind: Kind
    themes: tuple[Theme, ...]
    participation: Participation
    cadence: Cadence
    minutes: int
    minutes_estimated: bool
    level: Level
    summary: str
    steps: tuple[str, ...]
    form: Form
    lane: Lane
    reminder_title: str = ""
    points: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    scoring: Scoring | None = None
    needs_clearance: bool = False
    caution_codes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    cautions_for_therapist: tuple[str, ...] = ()
    adaptations: Mapping[str, str] | None = None

    @property
    def neutral_title(self) -> str:
        """The title for every place that others may see."""
        return self.reminder_title or self.title

    @cached_property
    def digest(self) -> str:
        return digest_of(self.as_data())

    def as_data(self) -> dict[str, Any]:
        """The whole entry as JSON; equal entries give equal data."""
        return {
            "slug": self.slug,
            "title": self.title,
            "reminder_title": self.reminder_title,
            "kind": self.kind.value,
            "themes": [theme.value for theme in self.themes],
            "participation": self.participation.value,
            "cadence": self.cadence.as_data(),
            "minutes": self.minutes,
            "minutes_estimated": self.minutes_estimated,
            "level": self.level.value,
            "summary": self.summary,
            "points": list(self.points),
            "steps": list(self.steps),
            "prompts": list(self.prompts),
            "questions": self.form.as_data(),
            "scoring": self.scoring.as_data() if self.scoring else None,
            "lane": self.lane.value,
            "needs_clearance": self.needs_clearance,
            "caution_codes": list(self.caution_codes),
            "cautions": list(self.cautions),
            "cautions_for_therapist": list(self.cautions_for_therapist),
            "adaptations": dict(self.adaptations or {}),
        }


@dataclass(frozen=True)
class Week:
    """One week of a program. A slug that was there before goes on."""

    number: int
    focus: str
    slugs: tuple[str, ...]


@dataclass(frozen=True)
class Program:
    """A plan over several weeks. `baseline` is given before the first week, `outcome` after the last."""

    slug: str
    title: str
    for_whom: str
    length_weeks: int
    weeks: tuple[Week, ...]
    baseline: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    needs_clearance: bool = False
    safety: str = ""

    @cached_property
    def digest(self) -> str:
        return digest_of(self.as_data())

    @property
    def slugs(self) -> tuple[str, ...]:
        """Every exercise of the program, once, in the order in which it first comes."""
        weekly = [slug for week in self.weeks for slug in week.slugs]
        return tuple(dict.fromkeys([*self.baseline, *weekly, *self.outcome]))

    def as_data(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "for_whom": self.for_whom,
            "length_weeks": self.length_weeks,
            "weeks": [{"week": week.number, "focus": week.focus, "slugs": list(week.slugs)} for week in self.weeks],
            "baseline": list(self.baseline),
            "outcome": list(self.outcome),
            "needs_clearance": self.needs_clearance,
            "safety": self.safety,
        }


@dataclass(frozen=True)
class Catalogue:
    """All of it. `core_shelf` names the exercises that a new practice sees first."""

    entries: Mapping[str, Entry]
    programs: Mapping[str, Program]
    core_shelf: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        return digest_of(
            [
                [entry.digest for entry in self.entries.values()],
                [program.digest for program in self.programs.values()],
                list(self.core_shelf),
            ]
        )
