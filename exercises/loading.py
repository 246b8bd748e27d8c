"""Bring the shipped catalogue into the database; running it again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.search import SearchVector
from django.db import connection, transaction
from django.db.models import Max, Value
from django.utils import timezone

from exercises.catalogue import Catalogue, Entry, load_catalogue
from exercises.catalogue import Program as CatalogueProgram
from exercises.models import Edition, Exercise, Program
from practice import roles


@dataclass
class Loaded:
    """What a run did: exercises made, editions added to known exercises, programs written, left as they were."""

    made: int = 0
    renewed: int = 0
    programs: int = 0
    kept: int = 0


def load_catalogue_into_database() -> Loaded:
    """Write the catalogue as the tables' owner, who may touch its rows and no practice's.

    An entry whose content changed gets its next edition; what was assigned stays on the edition it had. An
    entry that left the catalogue is retired, never removed.
    """
    with roles.owner_connection(), transaction.atomic():
        return _load(load_catalogue())


def _load(catalogue: Catalogue) -> Loaded:
    done = Loaded()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('attune catalogue'))")
    known = {one.slug: one for one in Exercise.objects.filter(practice=None).select_related("newest")}
    core = set(catalogue.core_shelf)
    for entry in catalogue.entries.values():
        _load_entry(entry, known.get(entry.slug), entry.slug in core, done)
    gone = set(known) - set(catalogue.entries)
    Exercise.objects.filter(practice=None, slug__in=gone, retired_at=None).update(retired_at=timezone.now())
    for program in catalogue.programs.values():
        _load_program(program, done)
    for exercise in Exercise.objects.filter(practice=None, search=None).select_related("newest"):
        _index(exercise)
    return done


def _load_entry(entry: Entry, exercise: Exercise | None, core: bool, done: Loaded) -> None:
    if exercise is not None and exercise.newest and exercise.newest.digest == entry.digest:
        if exercise.core != core or exercise.retired_at:
            Exercise.objects.filter(pk=exercise.pk).update(core=core, retired_at=None)
        done.kept += 1
        return
    number = _next_number(exercise)
    if exercise is None:
        exercise = Exercise(slug=entry.slug, practice=None)
        done.made += 1
    else:
        done.renewed += 1
    for name, value in _shelf_facts(entry).items():
        setattr(exercise, name, value)
    exercise.core, exercise.retired_at, exercise.search = core, None, None
    exercise.save()
    exercise.newest = Edition.objects.create(
        practice=None,
        exercise=exercise,
        number=number,
        title=entry.title,
        content=entry.as_data(),
        digest=entry.digest,
    )
    exercise.save(update_fields=["newest"])


def _next_number(exercise: Exercise | None) -> int:
    """Return the first free one: a practice that was brought in may have added editions that were never the newest."""
    if exercise is None:
        return 1
    there = Edition.objects.filter(practice=None, exercise=exercise)
    return (there.aggregate(most=Max("number"))["most"] or 0) + 1


def _shelf_facts(entry: Entry) -> dict:
    """What browsing and searching need, copied from the newest edition."""
    return {
        "kind": entry.kind,
        "title": entry.title,
        "summary": entry.summary,
        "themes": list(entry.themes),
        "participation": entry.participation,
        "level": entry.level,
        "minutes": entry.minutes,
        "lane": entry.lane,
        "needs_clearance": entry.needs_clearance,
    }


def _load_program(program: CatalogueProgram, done: Loaded) -> None:
    known = Program.objects.filter(practice=None, slug=program.slug).first()
    if known is not None and known.digest == program.digest:
        done.kept += 1
        return
    row = known or Program(practice=None, slug=program.slug)
    row.title, row.for_whom, row.weeks = program.title, program.for_whom, program.length_weeks
    row.needs_clearance, row.digest = program.needs_clearance, program.digest
    row.content = {
        "weeks": [{"number": week.number, "focus": week.focus, "slugs": list(week.slugs)} for week in program.weeks],
        "baseline": list(program.baseline),
        "outcome": list(program.outcome),
        "safety": program.safety,
    }
    row.save()
    done.programs += 1


def _index(exercise: Exercise) -> None:
    """Fill the full-text column: titles weigh most, then summaries, then steps and questions."""
    words = " ".join(_words(exercise.newest.content)) if exercise.newest else ""
    Exercise.objects.filter(pk=exercise.pk).update(
        search=SearchVector(Value(exercise.title), weight="A", config="english")
        + SearchVector(Value(exercise.summary), weight="B", config="english")
        + SearchVector(Value(words), weight="C", config="english")
    )


def _words(content: object) -> list[str]:
    """Every text inside an edition's content."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, dict):
        return [word for value in content.values() for word in _words(value)]
    if isinstance(content, list):
        return [word for value in content for word in _words(value)]
    return []
