"""Reading the catalogue's files, strictly: what is not understood is refused, with the name of the entry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from django.db.models import TextChoices

from exercises import wording
from exercises.catalogue.library import Cadence, Catalogue, Entry, Program, Week
from exercises.form_language import HAND_MADE, FormError
from exercises.questions import Form
from exercises.recurrence import Freq, Recurrence, ScheduleError
from exercises.scoring import Scoring, ScoringError
from exercises.vocabulary import (
    ADAPTATIONS,
    CAUTIONS,
    METRICS,
    Kind,
    Lane,
    Level,
    Participation,
    Theme,
    TimeOfDay,
)

_HERE = Path(__file__).parent
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WORD = TypeVar("_WORD", bound=TextChoices)
_REQUIRED = object()


class CatalogueError(ValueError):
    """A file of the catalogue is not as it should be."""


class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader, which also refuses a key given twice: YAML would silently keep the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _value in node.value]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise CatalogueError(f"{', '.join(sorted(twice))}: given twice, {node.start_mark}")
        return dict(super().construct_mapping(node, deep=deep))


@cache
def load_catalogue() -> Catalogue:
    """The catalogue as it ships. Raises CatalogueError when a file is damaged."""
    return read_catalogue(_HERE)


def read_catalogue(folder: Path) -> Catalogue:
    """A catalogue in another folder of the same shape."""
    files = sorted((folder / "entries").glob("*.yaml"))
    entries = _by_slug(read_entry(item) for file in files for item in _items(file))
    programs = _by_slug(read_program(item, entries) for item in _items(folder / "programs.yaml"))
    shelf = _Reader("core_shelf", {"slugs": _items(folder / "core_shelf.yaml")})
    return Catalogue(entries, programs, shelf.slugs("slugs", entries))


def read_entry(data: Any) -> Entry:
    """One exercise, from the data of its file."""
    reader = _Reader.of(data)
    lane = reader.word("lane", Lane)
    try:
        form = Form.from_data(reader.take("questions"), HAND_MADE)
        scoring = reader.take("scoring", None)
        entry = Entry(
            slug=reader.name,
            title=reader.text("title"),
            reminder_title=reader.text("reminder_title", ""),
            kind=reader.word("kind", Kind),
            themes=tuple(reader.words("themes", Theme)),
            participation=reader.word("participation", Participation),
            cadence=_read_cadence(reader.name, reader.take("cadence")),
            minutes=reader.whole("minutes", 1, 240),
            minutes_estimated=reader.truth("minutes_estimated"),
            level=reader.word("level", Level),
            summary=reader.text("summary"),
            points=reader.texts("points", ()),
            steps=reader.texts("steps"),
            prompts=reader.texts("prompts", ()),
            form=form,
            scoring=None if scoring is None else Scoring.from_data(scoring, form),
            lane=lane,
            needs_clearance=reader.truth("needs_clearance", False),
            caution_codes=reader.keys("caution_codes", CAUTIONS),
            cautions=reader.texts("cautions", ()),
            cautions_for_therapist=reader.texts("cautions_for_therapist", ()),
            adaptations=reader.labelled("adaptations", ADAPTATIONS),
        )
    except (FormError, ScoringError, ScheduleError) as error:
        raise CatalogueError(f"{reader.name}: {error}") from error
    reader.done()
    _check_privacy(entry)
    return entry


def _check_privacy(entry: Entry) -> None:
    for question in entry.form:
        if question.each and entry.lane is not Lane.JOINT:
            raise CatalogueError(f"{entry.slug}: 'each' has a meaning in a joint answer only")
        closed = question.private or entry.lane in (Lane.PRIVATE, Lane.OWN)
        if question.metric and METRICS[question.metric].therapist_only and not closed:
            raise CatalogueError(f"{entry.slug}: {question.key} feeds a series that partners never see")


def _read_cadence(slug: str, data: Any) -> Cadence:
    if not isinstance(data, dict):
        raise CatalogueError(f"{slug}: a cadence has words and a rule")
    reader = _Reader(slug, dict(data))
    recurrence = Recurrence.parse(reader.text("rule"), reviews=reader.truth("reviews", False))
    cadence = Cadence(
        words=reader.text("words"),
        recurrence=recurrence,
        time_of_day=reader.word("time_of_day", TimeOfDay, TimeOfDay.ANY),
        on_demand=reader.truth("on_demand", False),
    )
    reader.done()
    if cadence.on_demand and recurrence.freq is not Freq.ONCE:
        raise CatalogueError(f"{slug}: what is done on demand has no rhythm")
    return cadence


def read_program(data: Any, entries: dict[str, Entry]) -> Program:
    """One program, whose exercises must be among `entries`."""
    reader = _Reader.of(data)
    weeks = []
    for item in reader.take("weeks"):
        week = _Reader(reader.name, dict(item))
        weeks.append(Week(week.whole("week", 1, 52), week.text("focus"), week.slugs("slugs", entries)))
        week.done()
    program = Program(
        slug=reader.name,
        title=reader.text("title"),
        for_whom=reader.text("for_whom"),
        length_weeks=reader.whole("length_weeks", 1, 52),
        weeks=tuple(weeks),
        baseline=reader.slugs("baseline", entries),
        outcome=reader.slugs("outcome", entries),
        needs_clearance=reader.truth("needs_clearance", False),
        safety=reader.text("safety", ""),
    )
    reader.done()
    if [week.number for week in weeks] != list(range(1, program.length_weeks + 1)):
        raise CatalogueError(f"{program.slug}: the weeks are not numbered from 1 to {program.length_weeks}")
    return program


def _items(file: Path) -> list[Any]:
    try:
        items = yaml.load(file.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506  a safe loader
    except yaml.YAMLError as error:
        raise CatalogueError(f"{file.name}: {error}") from error
    if not isinstance(items, list):
        raise CatalogueError(f"{file.name}: holds no list")
    return items


_THING = TypeVar("_THING", Entry, Program)


def _by_slug(things: Iterable[_THING]) -> dict[str, _THING]:
    found: dict[str, _THING] = {}
    for thing in things:
        if thing.slug in found:
            raise CatalogueError(f"{thing.slug}: there are two of them")
        found[thing.slug] = thing
    return found


class _Reader:
    """Takes the parts of one thing, each as what it must be, and knows at the end what was not taken."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        self.name = name
        self.data = data

    @classmethod
    def of(cls, data: Any) -> _Reader:
        slug = data.get("slug") if isinstance(data, dict) else None
        if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
            raise CatalogueError(f"{slug!r} is not a slug")
        return cls(slug, {key: value for key, value in data.items() if key != "slug"})

    def wrong(self, key: str, why: str) -> CatalogueError:
        return CatalogueError(f"{self.name}: {key}: {why}")

    def done(self) -> None:
        if self.data:
            raise self.wrong(", ".join(map(str, self.data)), "not known here")

    def take(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.data.pop(key, default)
        if value is _REQUIRED:
            raise self.wrong(key, "is missing")
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        value = self.take(key, default)
        return "" if value == default else self._text(key, value)

    def texts(self, key: str, default: Any = _REQUIRED) -> tuple[str, ...]:
        return tuple(self._text(key, item) for item in self._list(key, default))

    def words(self, key: str, choices: type[_WORD]) -> list[_WORD]:
        found = [self._word(key, item, choices) for item in self._list(key)]
        if not found or len(set(found)) != len(found):
            raise self.wrong(key, "needs at least one, each of them once")
        return found

    def word(self, key: str, choices: type[_WORD], default: Any = _REQUIRED) -> _WORD:
        return self._word(key, self.take(key, default), choices)

    def keys(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        found = self.texts(key)
        if unknown := set(found) - set(known):
            raise self.wrong(key, f"{', '.join(sorted(unknown))} is not known")
        return found

    def slugs(self, key: str, entries: Iterable[str]) -> tuple[str, ...]:
        found = self.keys(key, entries)
        if len(set(found)) != len(found):
            raise self.wrong(key, "names one twice")
        return found

    def labelled(self, key: str, known: Iterable[str]) -> dict[str, str]:
        value = self.take(key)
        if not isinstance(value, dict) or not set(value) <= set(known):
            raise self.wrong(key, "has a part that is not known")
        return {name: self._text(key, text) for name, text in value.items()}

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.take(key)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, f"is a whole number from {low} to {high}")
        return value

    def truth(self, key: str, default: Any = _REQUIRED) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "is true or false")
        return value

    def _list(self, key: str, default: Any = _REQUIRED) -> list[Any]:
        value = self.take(key, default)
        if not isinstance(value, list | tuple):
            raise self.wrong(key, "is a list")
        return list(value)

    def _text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value or wording.tidy(value, lines=False) != value:
            raise self.wrong(key, f"{value!r} is not a tidy line of text")
        return value

    def _word(self, key: str, value: Any, choices: type[_WORD]) -> _WORD:
        if value not in choices.values:
            raise self.wrong(key, f"{value!r} is not one of {', '.join(choices.values)}")
        return choices(value)
