"""From manuscript to edition: what is published stays as it is for ever, and the next one replaces it on the shelf.

Nothing that was assigned changes: an assignment stays on the edition it was given with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.catalogue.library import digest_of
from exercises.form_language import IMPORTED
from exercises.models import Edition, Exercise, Manuscript
from exercises.publishing import Finding, may_publish
from exercises.questions import Form
from exercises.translations import read_translations, texts
from exercises.writing.saving import Refused, rebased
from exercises.writing.starting import shelf_facts
from practice import tenancy

_LINES = ("points", "steps", "prompts", "cautions", "cautions_for_therapist")


def publish(manuscript: Manuscript, found: list[Finding], *, version: int) -> Edition:
    """Make the next edition from a manuscript that the gate let through. ``found``: what the gate had to say.

    ``version`` is the count that was looked at. Raises :class:`Refused` when something stops it, or when the
    manuscript is no longer what was looked at. Publishing the same twice gives one edition.
    """
    if not may_publish(found):
        raise Refused(_("Something still stands in the way. It is listed here, each with its spot."))
    with transaction.atomic():
        # The exercise first, whose row belongs to Attune itself: two colleagues publish one after the other.
        with tenancy.elevated():
            exercise = (
                Exercise.objects.select_for_update(of=("self",)).select_related("newest").get(pk=manuscript.exercise_id)
            )
        row = Manuscript.objects.select_for_update().filter(exercise=manuscript.exercise_id).first()
        if row is None and exercise.newest is not None:
            return exercise.newest
        if row is not None:
            row = rebased(row, exercise.newest)
        if row is None or row.version != version or row.aside:
            raise Refused(_("This was changed in the meantime. Please look through it once more."))
        content = settled(row.content, exercise)
        if exercise.newest is not None and exercise.newest.digest == digest_of(content):
            edition = exercise.newest
        else:
            edition = publish_edition(exercise, content)
        row.delete()
    return edition


def settled(content: dict[str, Any], exercise: Exercise) -> dict[str, Any]:
    """Content as an edition holds it: questions in the form language, texts tidied, nothing left over."""
    return {**tidied(content), "slug": exercise.slug}


def tidied(content: Mapping[str, Any]) -> dict[str, Any]:
    """Content in one spelling: questions as the form language writes them, texts tidied, no stray translations."""
    made = dict(content)
    form = Form.from_data(content.get("questions") or [], IMPORTED)
    made["questions"] = form.as_data()
    for name in ("title", "reminder_title", "summary"):
        made[name] = wording.tidy(str(content.get(name) or ""), lines=name == "summary")
    for name in _LINES:
        made[name] = [line for one in content.get(name) or () if (line := wording.tidy(one, lines=False))]
    there = {text.path for text in texts(made)}
    words = read_translations(content.get("translations") or {})
    made["translations"] = {
        language: kept
        for language, found in words.items()
        if (kept := {path: text for path, text in found.items() if path in there})
    }
    if not made["translations"]:
        del made["translations"]
    return made


def publish_edition(exercise: Exercise, content: dict[str, Any]) -> Edition:
    """Write the next edition and offer it from now on; the caller has checked who asks and what it says."""
    with tenancy.elevated():
        last = exercise.editions.order_by("-number").values_list("number", flat=True).first()
        edition = Edition.objects.create(
            practice_id=exercise.practice_id,
            exercise=exercise,
            number=(last or 0) + 1,
            title=content["title"],
            content=content,
            digest=digest_of(content),
        )
        words = " ".join(text.source for text in texts(content))
        Exercise.objects.filter(pk=exercise.pk).update(
            **shelf_facts(content),
            newest=edition,
            search=SearchVector(Value(content["title"]), weight="A", config="english")
            + SearchVector(Value(content["summary"]), weight="B", config="english")
            + SearchVector(Value(words[:100_000]), weight="C", config="english"),
        )
    exercise.newest = edition
    return edition


def retire(exercise: Exercise) -> None:
    """Take an own exercise off the shelf. What was given goes on; nothing is deleted."""
    _set_retired(exercise, timezone.now())


def restore(exercise: Exercise) -> None:
    """Put an own exercise back on the shelf."""
    _set_retired(exercise, None)


def _set_retired(exercise: Exercise, at: Any) -> None:
    with tenancy.elevated():
        Exercise.objects.filter(pk=exercise.pk, practice=exercise.practice_id).exclude(practice=None).update(
            retired_at=at
        )
    exercise.retired_at = at
