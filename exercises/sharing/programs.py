"""Programs in a file: their weeks, each exercise by the catalogue's name or by its id."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import library, programs, wording
from exercises.catalogue.library import digest_of
from exercises.models import Exercise, Program
from exercises.programs import MOST_EACH_WEEK, MOST_WEEKS
from exercises.sharing import terms
from exercises.sharing.identity import identity

TITLE, WORDS, FOCUS = 160, 400, 120
Reference = dict[str, str]


def exercises_in(rows: Iterable[Program]) -> dict[str, Exercise]:
    """Every exercise that these programs name and that is on the shelf, with its edition, by its slug."""
    slugs = {slug for one in rows for slug in programs.named(programs.plan_of(one))}
    found = [one.pk for one in library.by_slug(slugs).values()]
    editions = Exercise.objects.filter(pk__in=found).select_related("newest").defer("search")
    return {one.slug: one for one in editions}


def references_of(program: Program, known: Mapping[str, Exercise]) -> dict[str, Reference | None]:
    """Each exercise of a program by its slug: how a file names it; None where it is not on the shelf."""
    return {slug: _reference(known.get(slug)) for slug in programs.named(programs.plan_of(program))}


def _reference(exercise: Exercise | None) -> Reference | None:
    if exercise is None:
        return None
    return {"catalogue": exercise.slug} if exercise.practice_id is None else {"id": identity(exercise)}


def program_content(program: Program, known: Mapping[str, Exercise]) -> dict[str, Any]:
    """What a program says, as a file has it. ``known``: what :func:`exercises_in` finds for it."""
    references, plan = references_of(program, known), program.content

    def named(slugs: list[str]) -> list[Reference]:
        return [found for slug in slugs if (found := references.get(slug))]

    return {
        "title": program.title,
        "for_whom": program.for_whom,
        "needs_clearance": program.needs_clearance,
        "weeks": [{"focus": week["focus"], "exercises": named(week["slugs"])} for week in plan["weeks"]],
        "baseline": named(plan["baseline"]),
        "outcome": named(plan["outcome"]),
        "safety": plan.get("safety", ""),
    }


def program_checksum(content: Mapping[str, Any]) -> str:
    return "sha256:" + digest_of(json.loads(json.dumps(content)))


@dataclass
class ProgramEntry:
    """One program of a file, with everything that is wrong with it."""

    id: str = ""
    title: str = ""
    licence: str = ""
    author: str = ""
    by: str = ""
    checksum: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    reasons: list[Any] = field(default_factory=list)

    def slugs(self, find: Callable[[Reference], str]) -> dict[str, Any]:
        """The content as our table has it; what is not found is left out."""

        def named(said: list[Reference]) -> list[str]:
            return list(dict.fromkeys(slug for one in said if (slug := find(one))))

        weeks = [{"focus": week["focus"], "slugs": named(week["exercises"])} for week in self.content["weeks"]]
        return {
            "weeks": [{"number": number, **week} for number, week in enumerate(weeks, start=1)],
            "baseline": named(self.content["baseline"]),
            "outcome": named(self.content["outcome"]),
            "safety": self.content["safety"],
            "shared": {
                name: part
                for name, part in (
                    ("id", self.id),
                    ("checksum", self.checksum),
                    ("licence", self.licence),
                    ("author", self.author),
                    ("by", self.by),
                )
                if part
            },
        }

    @property
    def references(self) -> list[Reference]:
        week = [one for week in self.content.get("weeks", []) for one in week["exercises"]]
        return [*self.content.get("baseline", []), *week, *self.content.get("outcome", [])]


def read_program(data: Mapping[str, Any], by: str = "") -> ProgramEntry:
    """A program of a file, checked."""
    entry = ProgramEntry()
    known = {"id", "slug", "title", "checksum", "licence", "author", "by", "lineage", "content"}
    content = data.get("content")
    if set(data) - known or not isinstance(content, dict):
        entry.reasons.append(_("It is not written as programs are."))
        return entry
    said = {name: _line(data.get(name, ""), 200, entry) for name in ("id", "licence", "author", "by")}
    entry.id, entry.licence, entry.author = said["id"][:80], said["licence"], said["author"]
    entry.by = said["by"] or by
    if not entry.id:
        entry.reasons.append(_("It has no id to be known by."))
    if not entry.licence:
        entry.reasons.append(_("It names no licence."))
    elif (found := terms.find(entry.licence)) is not None and not found.passes:
        entry.reasons.append(_("Its licence does not let it be passed on."))
    entry.title = _line(content.get("title", ""), TITLE, entry)
    if not entry.title:
        entry.reasons.append(_("It has no title."))
    entry.content = _content(content, entry)
    entry.checksum = program_checksum(entry.content)
    return entry


def _content(said: Mapping[str, Any], entry: ProgramEntry) -> dict[str, Any]:
    known = {"title", "for_whom", "needs_clearance", "weeks", "baseline", "outcome", "safety"}
    weeks = said.get("weeks")
    if set(said) - known or not isinstance(weeks, list) or not 1 <= len(weeks) <= MOST_WEEKS:
        entry.reasons.append(format_lazy(_("A program has from 1 to {n} weeks."), n=MOST_WEEKS))
        weeks = []
    made = [
        {"focus": _line(one.get("focus", ""), FOCUS, entry), "exercises": _references(one.get("exercises"), entry)}
        for one in weeks
        if isinstance(one, dict)
    ]
    return {
        "title": entry.title,
        "for_whom": _line(said.get("for_whom", ""), WORDS, entry),
        "needs_clearance": said.get("needs_clearance") is True,
        "weeks": made,
        "baseline": _references(said.get("baseline", []), entry),
        "outcome": _references(said.get("outcome", []), entry),
        "safety": _line(said.get("safety", ""), 2_000, entry),
    }


def _references(said: Any, entry: ProgramEntry) -> list[Reference]:
    if not isinstance(said, list) or len(said) > MOST_EACH_WEEK * 4:
        entry.reasons.append(_("What a week holds is a short list of exercises."))
        return []
    found = [one for one in said if isinstance(one, dict) and set(one) in ({"id"}, {"catalogue"})]
    if len(found) < len(said) or not all(isinstance(part, str) for one in found for part in one.values()):
        entry.reasons.append(_("An exercise of a week is named by “id” or by “catalogue”."))
        return []
    return found


def _line(said: Any, limit: int, entry: ProgramEntry) -> str:
    try:
        text = wording.tidy(said, lines=False) if isinstance(said, str) and len(said) <= limit else None
    except wording.UnkeepableText:
        text = None
    if text is None:
        entry.reasons.append(_("It is not written as programs are."))
    return text or ""
