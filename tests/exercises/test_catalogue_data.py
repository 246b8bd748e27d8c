"""The library that ships: complete, well-formed, readable, and read strictly."""

from __future__ import annotations

import copy
import functools
import json
import re
import shutil
import time
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

import exercises.catalogue
from exercises.answers import clean_form
from exercises.catalogue import CatalogueError, Entry, load_catalogue
from exercises.catalogue.reading import read_catalogue, read_entry, read_program
from exercises.questions import Form
from exercises.rhythm import sentence
from exercises.schedule import dates, default_time
from exercises.scoring import Scoring
from exercises.vocabulary import METRICS, Lane, Theme
from tests.each import each

FOLDER = Path(exercises.catalogue.__file__).parent
CATALOGUE = load_catalogue()
ENTRIES = list(CATALOGUE.entries.values())
each_entry = each("entry", ENTRIES, called=lambda entry: entry.slug)


def texts(data: object) -> list[str]:
    """Every piece of text in some data, keys left out."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in texts(value)]
    if isinstance(data, list):
        return [text for item in data for text in texts(item)]
    return [data] if isinstance(data, str) else []


class TestTheWhole:
    def test_is_complete(self) -> None:
        assert len(CATALOGUE.entries) == 166
        assert len(CATALOGUE.programs) == 12
        assert len(CATALOGUE.core_shelf) == 52
        assert Counter(entry.lane for entry in ENTRIES) == {
            Lane.REVEAL: 77,
            Lane.PRIVATE: 50,
            Lane.JOINT: 27,
            Lane.SHARED: 12,
        }
        assert sum(len(entry.form) for entry in ENTRIES) == 818
        assert sum(bool(q.flag) for entry in ENTRIES for q in entry.form) == 59
        assert sum(entry.scoring is not None for entry in ENTRIES) == 26
        assert sum(entry.needs_clearance for entry in ENTRIES) == 11
        assert {theme for entry in ENTRIES for theme in entry.themes} == set(Theme)

    def test_is_read_in_good_time(self) -> None:
        began = time.process_time()
        assert read_catalogue(FOLDER) == CATALOGUE
        assert time.process_time() - began < 5

    def test_has_a_digest_that_follows_its_content(self) -> None:
        digests = {entry.digest for entry in ENTRIES}
        assert len(digests) == len(ENTRIES)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
        data = source("mood-log")
        assert read_entry(copy.deepcopy(data)).digest == CATALOGUE.entries["mood-log"].digest
        data["summary"] += " Still."
        assert read_entry(data).digest != CATALOGUE.entries["mood-log"].digest

    def test_says_nothing_of_where_it_came_from(self) -> None:
        for file in FOLDER.rglob("*.yaml"):
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"\b(seeds?|article|editorial|source|notes):?\b.*\.txt|editorial", text, re.I)
            assert not re.search(r"^\s*(source|notes|seeds):", text, re.M)

    def test_its_programs_are_made_of_its_exercises(self) -> None:
        for program in CATALOGUE.programs.values():
            assert set(program.slugs) <= set(CATALOGUE.entries)
            assert len(program.weeks) == program.length_weeks
            assert program.baseline
            assert program.outcome
            json.dumps(program.as_data())

    def test_programs_with_a_cleared_exercise_at_heart_say_so(self) -> None:
        cleared = {program.slug for program in CATALOGUE.programs.values() if program.needs_clearance}
        assert cleared == {"rebuilding-after-betrayal", "conflict-and-repair", "safe-to-open-up"}


class TestEveryEntry:
    @each_entry
    def test_goes_to_data_and_back(self, entry: Entry) -> None:
        data = json.loads(json.dumps(entry.as_data()))
        assert data["slug"] == entry.slug
        form = Form.from_data(data["questions"])
        assert form == entry.form
        if entry.scoring:
            assert Scoring.from_data(data["scoring"], form) == entry.scoring
        optional = {name: data[name] for name in data if data[name] is not None}
        assert read_entry(optional) == entry

    @each_entry
    def test_can_be_left_blank_as_a_whole(self, entry: Entry) -> None:
        values, errors = clean_form(entry.form, {})
        assert not errors
        assert all(value.blank for value in values.values())

    @each_entry
    def test_has_a_schedule_that_can_be_said_and_planned(self, entry: Entry) -> None:
        first = date(2026, 11, 25)
        cadence = entry.cadence
        said = sentence(cadence.recurrence, first, default_time(cadence.time_of_day))
        assert re.fullmatch(r"[A-Z][A-Za-z0-9 ,]+ at [0-2][0-9]:[0-5][0-9](, .+)?", said)
        planned = dates(cadence.recurrence, first, limit=3)
        assert planned
        assert planned[0] <= date(2027, 2, 28)
        if cadence.recurrence.reviews:
            assert planned[0] == first

    @each_entry
    def test_speaks_the_products_language(self, entry: Entry) -> None:
        spoken = {key: value for key, value in entry.as_data().items() if key != "slug"}
        for text in texts(spoken):
            assert not re.search(r"\b(homework|overdue|missed|fail\w*|sessions?)\b", text, re.I), text
        assert not re.search(r"betray|abuse|unsafe|violence|affair", entry.neutral_title, re.I)

    @each_entry
    def test_keeps_safety_answers_from_partners(self, entry: Entry) -> None:
        for question in entry.form:
            if question.metric and METRICS[question.metric].therapist_only:
                assert question.private or entry.lane is Lane.PRIVATE


@functools.cache
def sources() -> dict[str, dict]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((FOLDER / "entries").glob("*.yaml"))
    return {
        item["slug"]: item
        for file in files
        for item in yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506  a safe loader
    }


def source(slug: str) -> dict:
    """An entry as its file has it, without the checks."""
    return copy.deepcopy(sources()[slug])


class TestReadingIsStrict:
    @pytest.mark.parametrize(
        "change",
        [
            {"slug": "Mood Log"},
            {"colour": "green"},
            {"kind": "psychoeducation"},
            {"kind": ["check_in"]},
            {"themes": []},
            {"themes": ["attunement", "attunement"]},
            {"themes": ["magic"]},
            {"lane": "joint_private"},
            {"level": None},
            {"minutes": "1"},
            {"minutes": 0},
            {"minutes": True},
            {"minutes_estimated": "yes"},
            {"title": ""},
            {"title": " Mood log"},
            {"steps": "Record"},
            {"steps": [""]},
            {"caution_codes": ["danger"]},
            {"adaptations": {"martians": "Wave."}},
            {"cadence": {"words": "Often", "rule": "FREQ=HOURLY"}},
            {"cadence": {"words": "Often", "rule": "FREQ=DAILY", "colour": "red"}},
            {"cadence": {"words": "Often", "rule": "FREQ=DAILY", "on_demand": True}},
            {"cadence": "daily"},
            {"questions": [{"key": "mood", "type": "mood"}]},
            {"questions": [{"key": "a", "type": "yes_no", "label": "A", "each": True}]},
            {"scoring": {"method": "mean", "questions": ["nothing"], "direction": "higher_better", "series": "x"}},
            {"source": []},
        ],
    )
    def test_a_slip_in_an_entry_is_refused(self, change: dict) -> None:
        with pytest.raises(CatalogueError):
            read_entry({**source("mood-log"), **change})

    @pytest.mark.parametrize(
        "key", ["title", "kind", "lane", "questions", "cadence", "steps", "adaptations", "caution_codes"]
    )
    def test_a_missing_part_is_refused(self, key: str) -> None:
        data = source("mood-log")
        del data[key]
        with pytest.raises(CatalogueError, match="mood-log"):
            read_entry(data)

    def test_a_safety_series_in_an_open_lane_is_refused(self) -> None:
        data = source("private-safety-check") | {"lane": "shared"}
        with pytest.raises(CatalogueError, match="never see"):
            read_entry(data)

    def test_a_program_with_a_hole_is_refused(self) -> None:
        data = yaml.safe_load((FOLDER / "programs.yaml").read_text(encoding="utf-8"))[0]
        for change in ({"weeks": data["weeks"][1:]}, {"baseline": ["nowhere"]}, {"colour": "red"}):
            with pytest.raises(CatalogueError):
                read_program({**copy.deepcopy(data), **change}, dict(CATALOGUE.entries))

    @pytest.mark.parametrize(
        "text",
        ["- slug: a\n  slug: b\n", "- !!python/object/apply:os.system [ls]\n", "slug: a\n", "- {a\n", "- 3\n"],
    )
    def test_a_damaged_file_is_refused(self, tmp_path: Path, text: str) -> None:
        shutil.copytree(FOLDER, tmp_path / "catalogue")
        (tmp_path / "catalogue" / "entries" / "zebra.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(CatalogueError):
            read_catalogue(tmp_path / "catalogue")

    def test_the_same_slug_twice_is_refused(self, tmp_path: Path) -> None:
        shutil.copytree(FOLDER, tmp_path / "catalogue")
        entries = tmp_path / "catalogue" / "entries"
        shutil.copy(entries / "play.yaml", entries / "zebra.yaml")
        with pytest.raises(CatalogueError, match="two of them"):
            read_catalogue(tmp_path / "catalogue")
