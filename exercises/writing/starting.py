"""Where an exercise of a practice's own begins: blank, or as a copy of another one."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from exercises.models import Edition, Exercise, Illustration, Manuscript
from exercises.vocabulary import Kind, Lane, Level, Participation, TimeOfDay
from exercises.writing.saving import LIMIT, TOO_MUCH, Refused
from practice import tenancy
from practice.models import Membership

#: Words that mean a page of the library, so that no exercise can have them for its address.
RESERVED = frozenset({"import", "new", "shelves", "mine", "updates"})
#: What a copy does not bring along. Where an imported form came from stays with it, and so does whether anybody
#: has marked its safety questions yet.
_OF_THE_ORIGINAL = ("slug",)


def start_from(content: dict[str, Any], by: Membership, *, slug: str = "") -> Exercise:
    """Begin an exercise with content from elsewhere. It has the wished address where nobody has it yet.

    Raises :class:`exercises.writing.saving.Refused` when it is more than can be written on.
    """
    if len(json.dumps(content)) > LIMIT:
        raise Refused(TOO_MUCH)
    return _start(content, by, slug=slug)


def start_new(title: str, kind: str, by: Membership) -> Exercise:
    """Begin an exercise of the practice's own. Nothing is on the shelf before it is published."""
    return _start(blank(title, kind, language=by.practice.language[:2]), by)


def adapt(edition: Edition, by: Membership) -> Exercise:
    """Begin a copy of any exercise on the shelf, which remembers what it began as."""
    content = json.loads(json.dumps(edition.content))
    exercise = _start({name: part for name, part in content.items() if name not in _OF_THE_ORIGINAL}, by, edition)
    original = edition.exercise
    if original.locked:
        # A measure stays a measure: the copy is as closed as the original.
        with tenancy.elevated():
            Exercise.objects.filter(pk=exercise.pk).update(measure=original.measure, locked=True)
        exercise.measure, exercise.locked = original.measure, True
    _copy_pictures(edition, exercise)
    return exercise


def blank(title: str, kind: str, language: str = "en") -> dict[str, Any]:
    """The content of an exercise about which nothing is said yet."""
    asks = kind in (Kind.CHECK_IN, Kind.SELF_ASSESSMENT, Kind.WARNING_SIGNS, Kind.MEASURE)
    together = kind in (Kind.CONVERSATION, Kind.AGREEMENT, Kind.REPAIR)
    return {
        "title": title,
        "reminder_title": "",
        "kind": kind,
        "themes": [],
        "participation": (Participation.TOGETHER if together else Participation.EACH_ALONE).value,
        "cadence": {"words": "", "rule": "once", "time_of_day": TimeOfDay.ANY.value},
        "minutes": 5 if asks else 15,
        "minutes_estimated": True,
        "level": Level.GENTLE.value,
        "summary": "",
        "points": [],
        "steps": [],
        "prompts": [],
        "questions": [],
        "scoring": None,
        "lane": (Lane.PRIVATE if kind == Kind.WARNING_SIGNS else Lane.SHARED).value,
        "needs_clearance": False,
        "caution_codes": [],
        "cautions": [],
        "cautions_for_therapist": [],
        "adaptations": {},
        "language": language,
    }


def new_key(taken: set[str]) -> str:
    """A key that no question has, or had: a key that came back would carry another question's answers on."""
    while True:
        key = f"q_{secrets.token_hex(4)}"
        if key not in taken:
            return key


def free_slug(title: str) -> str:
    """A name for the address that no exercise of the practice or the catalogue has. A name that is free stays."""
    start = slugify(title)[:70].strip("-") or "exercise"
    taken = set(Exercise.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    slug, number = start, 1
    while slug in taken or slug in RESERVED:
        number += 1
        slug = f"{start}-{number}"
    return slug


def _start(content: dict[str, Any], by: Membership, edition: Edition | None = None, *, slug: str = "") -> Exercise:
    with transaction.atomic():
        with tenancy.elevated():
            exercise = Exercise.objects.create(
                practice_id=tenancy.current_practice_id(),
                slug=free_slug(slug or content["title"]),
                adapted_from=edition,
                **shelf_facts(content),
            )
        Manuscript.objects.create(exercise=exercise, content=content, saved_by=by)
    return exercise


def shelf_facts(content: dict[str, Any]) -> dict[str, Any]:
    """What browsing needs, copied from content."""
    minutes = content["minutes"]
    return {
        "kind": content["kind"],
        "title": content["title"],
        "summary": content["summary"],
        "themes": list(content["themes"]),
        "participation": content["participation"],
        "level": content["level"],
        "minutes": min(max(int(minutes), 1), 240) if isinstance(minutes, int | float) else 10,
        "lane": content["lane"],
        "needs_clearance": bool(content.get("needs_clearance")),
    }


def _copy_pictures(edition: Edition, exercise: Exercise) -> None:
    """The practice's own pictures go along, so that those who are given the copy may see them."""
    manuscript = Manuscript.objects.get(exercise=exercise)
    renamed = {}
    for picture in Illustration.objects.filter(exercise=edition.exercise_id):
        old = str(picture.pk)
        if old in json.dumps(manuscript.content):
            made = Illustration.objects.create(
                exercise=exercise,
                content_type=picture.content_type,
                data=bytes(picture.data),
                sha256=picture.sha256,
                width=picture.width,
                height=picture.height,
            )
            renamed[old] = str(made.pk)
    if renamed:
        text = json.dumps(manuscript.content)
        for old, new in renamed.items():
            text = text.replace(old, new)
        manuscript.content = json.loads(text)
        manuscript.save(update_fields=["content"])
