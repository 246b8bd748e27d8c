"""What a practice can share of its own library, why something stays, and the file itself.

Only what editions say goes out: exercises and programs of the practice's own, by the words of their newest edition.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from exercises import measures
from exercises.measures import Status
from exercises.models import Exercise, Program, QuestionnaireFile
from exercises.sharing import FORMAT, NAME, WHAT, terms
from exercises.sharing.identity import came_as
from exercises.sharing.portable import checksum, own_pictures, portable
from exercises.sharing.programs import exercises_in, program_checksum, program_content, references_of
from exercises.sharing.reading import LARGEST_FILE
from practice import tenancy
from practice.saying_why import SaysWhy


class TooMuch(SaysWhy):
    """The file would be larger than any practice takes."""


@dataclass(frozen=True)
class Signature:
    """What a practice says of itself in a file: nothing, or a name it chose; and the licence of its own work."""

    licence: str
    by: str = ""
    author: str = ""


@dataclass(frozen=True)
class Offer:
    """An exercise or program of the practice's own: its licence, or why it stays here; and what is good to know."""

    id: str
    title: str
    licence: str = ""
    why: Any = ""
    notes: list[Any] = field(default_factory=list)
    exercise: Exercise | None = None
    program: Program | None = None

    @property
    def goes(self) -> bool:
        return not self.why

    @property
    def licence_name(self) -> Any:
        found = terms.find(self.licence)
        return found.name if found else ""


def offers() -> list[Offer]:
    """Every published exercise of the bound practice's own, by title. What stays says why."""
    rows = Exercise.objects.filter(practice_id=tenancy.current_practice_id(), retired_at=None, newest__isnull=False)
    found = rows.select_related("newest", "adapted_from__exercise").defer("search").order_by("title", "pk")
    files = _files()
    return [_offer(one, files.get(one.pk)) for one in found]


def program_offers(exercises: Iterable[Offer]) -> list[Offer]:
    """Every program of the practice's own, by title."""
    known = {one.exercise.slug: one for one in exercises if one.exercise is not None}
    own = Program.objects.filter(practice_id=tenancy.current_practice_id(), retired_at=None)
    rows = list(own.order_by("title", "pk"))
    there = exercises_in(rows)
    return [_program_offer(one, known, there) for one in rows]


def _files() -> dict[Any, QuestionnaireFile]:
    rows = QuestionnaireFile.objects.order_by("imported_at").only("exercise_id", "licence", "imported_at")
    return {one.exercise_id: one for one in rows}


def _offer(exercise: Exercise, file: QuestionnaireFile | None) -> Offer:
    content = exercise.newest.content if exercise.newest else {}
    licence, why = _terms(exercise, content, file)
    notes = []
    pictures = own_pictures(content.get("questions") or [])
    if pictures:
        text = ngettext_lazy("{n} picture stays here.", "{n} pictures stay here.", pictures)
        notes.append(format_lazy(text, n=pictures))
    return Offer(str(exercise.pk), exercise.title, licence, why, notes, exercise)


def _terms(exercise: Exercise, content: Mapping[str, Any], file: QuestionnaireFile | None) -> tuple[str, Any]:
    """The licence that it stands under ("own" for the practice's own work), or why it cannot be passed on."""
    if exercise.measure:
        measure = measures.find(exercise.measure)
        if measure is None or measure.licence.status is not Status.SHIP:
            return "", gettext_lazy("The licence of this published measure does not let it be passed on.")
        return terms.CREDIT, ""
    if content.get("fhir"):
        if content["fhir"].get("cleared") is False:
            return "", gettext_lazy("Nobody has said yet which of its questions ask about safety.")
        said = file.licence if file is not None else ""
    else:
        said = (content.get("rights") or {}).get("licence", terms.OWN)
    return _passes(said, lambda: _is_changed(exercise, content))


def _passes(said: str, is_changed: Callable[[], bool]) -> tuple[str, Any]:
    """The key of a licence that lets something be passed on, or why it does not."""
    if said == terms.OWN:
        return terms.OWN, ""
    found = terms.find(said)
    if found is None:
        return "", gettext_lazy("It came from elsewhere, and no licence that Attune knows lets it be passed on.")
    if not found.passes:
        return "", gettext_lazy("It may be used here, and not be passed on.")
    if not found.changed and is_changed():
        text = gettext_lazy("It was changed here, and {licence} lets only what is unchanged be passed on.")
        return "", format_lazy(text, licence=found.name)
    return found.key, ""


def _is_changed(exercise: Exercise, content: Mapping[str, Any]) -> bool:
    shared = content.get("shared") or {}
    return bool(exercise.adapted_from_id) or (bool(shared) and shared.get("checksum") != checksum(content))


def _program_offer(program: Program, known: Mapping[str, Offer], there: Mapping[str, Exercise]) -> Offer:
    missing, stays = [], []
    for slug, said in references_of(program, there).items():
        if said is None:
            missing.append(slug)
        elif "id" in said and (slug not in known or not known[slug].goes):
            stays.append(known[slug].title if slug in known else slug)
    shared = program.content.get("shared") or {}
    licence, why = _passes(
        shared.get("licence", terms.OWN),
        lambda: shared.get("checksum") != program_checksum(program_content(program, there)),
    )
    if missing:
        why = format_lazy(gettext_lazy("It holds something that is not on the shelf: {names}."), names=missing[0])
    elif stays:
        why = format_lazy(gettext_lazy("It holds an exercise that stays here: {names}."), names=stays[0])
    return Offer(str(program.pk), program.title, licence, why, program=program)


# ── the file ─────────────────────────────────────────────────────────────────


def document(chosen: Iterable[Offer], signature: Signature, *, now: datetime.datetime | None = None) -> dict[str, Any]:
    """The file as data. What does not go is left out; programs bring nothing along that was not chosen."""
    going = [one for one in chosen if one.goes]
    found = [_entry(one, signature) for one in going if one.exercise is not None]
    # A copy that was made of something that came from elsewhere and never changed is that very thing.
    once = {one["id"]: one for one in reversed(found)}
    made: dict[str, Any] = {
        NAME: WHAT,
        "format": FORMAT,
        "exported": (now or timezone.now()).date().isoformat(),
        **({"by": signature.by} if signature.by else {}),
        "exercises": [one for one in found if once.get(one["id"]) is one],
    }
    there = exercises_in([one.program for one in going if one.program is not None])
    programs = [_program(one, signature, there) for one in going if one.program is not None]
    return {**made, **({"programs": programs} if programs else {})}


def as_yaml(data: Mapping[str, Any]) -> str:
    """A document as text that people can read and correct. Raises :class:`TooMuch`."""
    text = str(yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110))
    if len(text.encode()) > LARGEST_FILE:
        raise TooMuch(format_lazy(gettext_lazy("This is more than the {n} MB that one file may have. Choose fewer."),
                                  n=LARGEST_FILE // 10**6))  # fmt: skip
    return text


class _Dumper(yaml.SafeDumper):
    """Without references: the same text twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _entry(one: Offer, signature: Signature) -> dict[str, Any]:
    exercise = one.exercise
    if exercise is None or exercise.newest is None:
        raise ValueError("only what is published is shared")
    content = exercise.newest.content
    shared, rights = content.get("shared") or {}, content.get("rights") or {}
    came, is_own = came_as(exercise, content), one.licence == terms.OWN
    made: dict[str, Any] = {
        "id": came.get("id") or str(exercise.pk),
        "slug": exercise.slug,
        "title": exercise.title,
        "edition": came.get("edition", 1) if came else exercise.newest.number,
        "checksum": checksum(content),
        "licence": signature.licence if is_own else one.licence,
    }
    author = signature.author if is_own else rights.get("author", "")
    by = came.get("by", "") if came else signature.by
    on = came.get("on", "") if came else exercise.newest.published_at.date().isoformat()
    made |= {name: part for name, part in (("author", author), ("by", by), ("on", on)) if part}
    lineage = came.get("lineage", []) if came else _ancestors(exercise, shared, rights, signature)
    return {**made, **({"lineage": lineage} if lineage else {}), "content": portable(content)}


def _ancestors(
    exercise: Exercise, shared: Mapping[str, Any], rights: Mapping[str, Any], signature: Signature
) -> list[dict[str, Any]]:
    """What this was made of, the nearest first: what came from elsewhere, or what stands on the shelf."""
    began = exercise.adapted_from
    found: list[dict[str, Any]] = []
    if began is not None and not shared:
        source = began.exercise
        said = {"catalogue": source.slug, "licence": "BSD-3-Clause"} if source.practice_id is None else {
            "id": str(source.pk), "by": signature.by,
        }  # fmt: skip
        on = began.published_at.date().isoformat()
        found.append({**said, "edition": began.number, "checksum": checksum(began.content), "on": on})
    if shared:
        names = ("id", "edition", "checksum", "by", "on")
        found.append({**{name: shared[name] for name in names if shared.get(name)}, "licence": rights.get("licence")})
        found += shared.get("lineage", [])
    return [{name: part for name, part in one.items() if part} for one in found]


def _program(one: Offer, signature: Signature, there: Mapping[str, Exercise]) -> dict[str, Any]:
    program = one.program
    if program is None:
        raise ValueError("only a program of one's own is shared")
    content, shared = program_content(program, there), program.content.get("shared") or {}
    sums = program_checksum(content)
    same = shared.get("checksum") == sums
    made: dict[str, Any] = {"id": shared["id"] if same else str(program.pk), "slug": program.slug}
    made |= {"title": program.title, "checksum": sums}
    made["licence"] = signature.licence if one.licence == terms.OWN else one.licence
    author = signature.author if one.licence == terms.OWN else shared.get("author", "")
    by = shared.get("by", "") if same else signature.by
    made |= {name: part for name, part in (("author", author), ("by", by)) if part}
    if shared and not same:
        made["lineage"] = [{name: shared[name] for name in ("id", "checksum", "by") if shared.get(name)}]
    return {**made, "content": content}


def chosen_from(found: Collection[Offer], ids: Collection[str]) -> list[Offer]:
    """Those of the offers that were chosen by their ids."""
    return [one for one in found if one.id in ids]


def file_name(now: datetime.datetime | None = None) -> str:
    return f"{_('attune-library')}-{(now or timezone.now()).date().isoformat()}.yaml"
