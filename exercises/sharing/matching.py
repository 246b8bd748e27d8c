"""What an entry of a file would become here: something new, a newer edition, or nothing, because it is here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.models import Edition, Exercise, Manuscript, Program
from exercises.sharing.entries import Entry, read_entry
from exercises.sharing.portable import checksum
from exercises.sharing.programs import (
    ProgramEntry,
    Reference,
    exercises_in,
    program_checksum,
    program_content,
    read_program,
)
from practice import tenancy


class State(models.TextChoices):
    """What would happen to an entry."""

    NEW = "new", _("New here")
    NEWER = "newer", _("A newer edition")
    HERE = "here", _("Here already")
    OLDER = "older", _("You have a newer edition")
    WRITTEN = "written", _("Being written here")
    AWAY = "away", _("Put away here")
    REFUSED = "refused", _("Cannot be taken")


_TAKEN = frozenset({State.NEW, State.NEWER})


@dataclass
class Match:
    """One exercise of a file, and what is here of it."""

    number: int
    entry: Entry
    state: State
    exercise: Exercise | None = None
    notes: list[Any] = field(default_factory=list)

    @property
    def can_be_taken(self) -> bool:
        return self.state in _TAKEN

    @property
    def name(self) -> str:
        return f"e{self.number}"


@dataclass
class ProgramMatch:
    """One program of a file, and what is here of it."""

    number: int
    entry: ProgramEntry
    state: State
    program: Program | None = None
    notes: list[Any] = field(default_factory=list)

    @property
    def can_be_taken(self) -> bool:
        return self.state in _TAKEN

    @property
    def name(self) -> str:
        return f"p{self.number}"


def match_library(found: dict[str, Any]) -> tuple[list[Match], list[ProgramMatch]]:
    """Everything in a file that was read, beside what the bound practice has."""
    by = found.get("by") if isinstance(found.get("by"), str) else ""
    here = Here()
    matches, seen = [], set()
    for number, data in enumerate(found.get("exercises", [])):
        entry = read_entry(data, str(by)[:200])
        if entry.id and entry.id in seen:
            entry.reasons.append(_("It stands twice in this file."))
        seen.add(entry.id)
        matches.append(here.match(number, entry))
    programs = [
        here.match_program(number, read_program(data, str(by)[:200]), matches)
        for number, data in enumerate(found.get("programs", []))
    ]
    return matches, programs


class Here:
    """What the bound practice has of its own, by the ids that files use."""

    def __init__(self) -> None:
        practice_id = tenancy.current_practice_id()
        rows = Exercise.objects.filter(practice_id=practice_id).select_related("newest").defer("search")
        self.writing = {one.exercise_id: one.content for one in Manuscript.objects.only("exercise_id", "content")}
        self.by_id: dict[str, Exercise] = {}
        for one in sorted(rows, key=lambda row: (row.adapted_from_id is None, row.retired_at is None)):
            said = (self._content(one).get("shared") or {}).get("id")
            for name in (str(one.pk), said):
                if name:
                    self.by_id[str(name)] = one
        self.programs = list(Program.objects.filter(practice_id=practice_id))

    @cached_property
    def catalogue(self) -> frozenset[str]:
        """What every practice has. An exercise of the practice's own at the same address would hide it."""
        rows = Exercise.objects.filter(retired_at=None, newest__isnull=False).values_list("slug", "practice_id")
        own = {slug for slug, practice_id in rows if practice_id is not None}
        return frozenset({slug for slug, practice_id in rows if practice_id is None} - own)

    @cached_property
    def in_programs(self) -> dict[str, Exercise]:
        return exercises_in(self.programs)

    def _content(self, exercise: Exercise) -> dict[str, Any]:
        if exercise.newest is not None:
            return dict(exercise.newest.content)
        return dict(self.writing.get(exercise.pk) or {})

    def match(self, number: int, entry: Entry) -> Match:
        if entry.reasons:
            return Match(number, entry, State.REFUSED, notes=list(entry.reasons))
        exercise = self.by_id.get(entry.id)
        if exercise is None:
            return Match(number, entry, State.NEW, notes=list(entry.notes))
        state, notes = self._state(entry, exercise)
        return Match(number, entry, state, exercise, [*entry.notes, *notes])

    def _state(self, entry: Entry, exercise: Exercise) -> tuple[State, list[Any]]:
        content, writing = self._content(exercise), self.writing.get(exercise.pk)
        shared = content.get("shared") or {}
        if entry.checksum in self._checksums(exercise):
            return State.HERE, []
        if exercise.retired_at is not None:
            return State.AWAY, [_("It was taken off the shelf here. Put it back first.")]
        had = (
            shared.get("edition", 1)
            if shared.get("id") == entry.id
            else exercise.newest.number
            if exercise.newest
            else 1
        )
        if entry.edition < had:
            return State.OLDER, []
        if exercise.locked:
            return State.REFUSED, [_("A published measure stays as it is here.")]
        if writing is not None and (exercise.newest is not None or not _is_as_it_came(writing)):
            return State.WRITTEN, [
                _("Publish what is being written here, or discard it, and bring the file once more.")
            ]
        if exercise.newest is not None and shared and not _is_as_it_came(content):
            return State.NEWER, [
                _("You changed it here. The draft holds what the file says; your edition stays beside it.")
            ]
        return State.NEWER, []

    def _checksums(self, exercise: Exercise) -> set[str]:
        """Of everything that this exercise ever said here, and of what it came as."""
        contents = [one.content for one in Edition.objects.filter(exercise=exercise).only("content")]
        if exercise.pk in self.writing:
            contents.append(self.writing[exercise.pk])
        return {checksum(one) for one in contents} | {
            str((one.get("shared") or {}).get("checksum") or "") for one in contents
        }

    # ── programs ──

    def match_program(self, number: int, entry: ProgramEntry, matches: list[Match]) -> ProgramMatch:
        if entry.reasons:
            return ProgramMatch(number, entry, State.REFUSED, notes=list(entry.reasons))
        coming = {one.entry.id for one in matches if one.state is not State.REFUSED}
        gone = [one for one in entry.references if not self.find(one) and one.get("id") not in coming]
        if gone:
            name = next(iter(gone[0].values()))
            text = format_lazy(_("It holds an exercise that is neither here nor in the file: {name}."), name=name)
            return ProgramMatch(number, entry, State.REFUSED, notes=[text])
        for one in self.programs:
            shared = one.content.get("shared") or {}
            if entry.id not in (str(one.pk), shared.get("id")):
                continue
            now = program_checksum(program_content(one, self.in_programs))
            if entry.checksum in (now, shared.get("checksum")):
                return ProgramMatch(number, entry, State.HERE, one)
            if one.retired_at is not None:
                return ProgramMatch(number, entry, State.AWAY, one)
            if now != shared.get("checksum"):
                return ProgramMatch(
                    number, entry, State.WRITTEN, one, [_("You changed it here, so it stays as it is.")]
                )
            return ProgramMatch(number, entry, State.NEWER, one)
        return ProgramMatch(number, entry, State.NEW)

    def find(self, reference: Reference) -> str:
        """The slug here of what a program names; nothing where it is not here."""
        if "catalogue" in reference:
            return reference["catalogue"] if reference["catalogue"] in self.catalogue else ""
        exercise = self.by_id.get(reference.get("id", ""))
        return exercise.slug if exercise is not None else ""


def _is_as_it_came(content: dict[str, Any]) -> bool:
    said = (content.get("shared") or {}).get("checksum")
    return bool(said) and said == checksum(content)
