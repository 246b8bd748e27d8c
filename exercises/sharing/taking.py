"""Chosen entries of a file become drafts of the practice's own; the same file once more changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import programs
from exercises.models import Exercise, Program
from exercises.sharing.entries import Entry
from exercises.sharing.matching import Here, Match, ProgramMatch, State, match_library
from exercises.sharing.portable import APART
from exercises.sharing.turns import one_at_a_time
from exercises.writing.parts import parts_of
from exercises.writing.saving import Refused, change, manuscript_of
from exercises.writing.starting import start_from
from practice import tenancy
from practice.models import Membership


@dataclass
class Taken:
    """What became of a file: drafts that were begun, drafts of a next edition, programs; and what was refused."""

    begun: list[Exercise] = field(default_factory=list)
    renewed: list[Exercise] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)

    @property
    def drafts(self) -> int:
        return len(self.begun) + len(self.renewed)


def take(found: dict[str, Any], chosen: Collection[str] | None, by: Membership) -> Taken:
    """Take the chosen entries (by the names that matching gives them; None: all that can be) of a file that was read.

    Nothing is published: drafts go through the same look as what is written here. Programs name exercises, and
    show them once they are published.
    """
    taken = Taken()
    with one_at_a_time():
        matches, programs_of_file = match_library(found)
        for one in matches:
            if one.can_be_taken and (chosen is None or one.name in chosen):
                _take(one, by, taken)
        here = Here()
        for program in programs_of_file:
            if program.can_be_taken and (chosen is None or program.name in chosen):
                _take_program(program, here, taken)
    return taken


def _take(one: Match, by: Membership, taken: Taken) -> None:
    try:
        with transaction.atomic():
            if one.exercise is None:
                taken.begun.append(_begin(one.entry, by))
            else:
                taken.renewed.append(_renew(one.exercise, one.entry, by))
    except Refused as refusal:
        taken.refused.append(format_lazy("{title}: {why}", title=one.entry.title, why=refusal.message))


def _content(entry: Entry) -> dict[str, Any]:
    rights = {"licence": entry.licence, **({"author": entry.author} if entry.author else {})}
    return {**entry.content, "shared": entry.origin(), "rights": rights}


def _begin(entry: Entry, by: Membership) -> Exercise:
    exercise = start_from(_content(entry), by, slug=entry.slug)
    if entry.measure:
        # A measure stays a measure: its wording is as closed here as where it comes from.
        with tenancy.elevated():
            Exercise.objects.filter(pk=exercise.pk).update(measure=entry.measure, locked=True)
        exercise.measure, exercise.locked = entry.measure, True
    return exercise


def _renew(exercise: Exercise, entry: Entry, by: Membership) -> Exercise:
    """The next edition as a draft. A file of the practice's own brings words along, and no origin."""
    manuscript = manuscript_of(exercise, by)
    before = parts_of(manuscript.content)
    news = parts_of(_content(entry))
    apart = APART if entry.id == str(exercise.pk) else APART & {"slug"}
    names = {*before, *news} - apart
    change(manuscript, {name: news.get(name) for name in names}, by=by)
    return exercise


def _take_program(one: ProgramMatch, here: Here, taken: Taken) -> None:
    content = one.entry.slugs(here.find)
    if not any(week["slugs"] for week in content["weeks"]):
        why = _("None of its exercises is here.")
        taken.refused.append(format_lazy("{title}: {why}", title=one.entry.title, why=why))
        return
    said = one.entry.content
    taken.programs.append(
        programs.write(one.entry.title, said["for_whom"], said["needs_clearance"], content, program=one.program)
    )


__all__ = ["State", "Taken", "take"]
