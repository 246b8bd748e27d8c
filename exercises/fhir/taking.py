"""Taking a checked form into a practice's library, and marking its safety questions later.

Library rows are written by Attune itself inside the bound practice; the caller has checked who asks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value
from django.utils.text import slugify

from exercises import licences
from exercises.catalogue.library import digest_of
from exercises.fhir.planning import Choices, Plan, marked
from exercises.fhir.reading import written
from exercises.fhir.recognising import every
from exercises.models import Edition, Exercise, QuestionnaireFile
from practice import tenancy
from practice.models import Membership


def known_file(plan: Plan) -> QuestionnaireFile | None:
    """The form if this very file was taken before."""
    rows = QuestionnaireFile.objects.filter(sha256=sha256_of(plan), exercise__retired_at=None)
    return rows.select_related("exercise").order_by("-imported_at").first()


def sha256_of(plan: Plan) -> str:
    """The hash of what is kept: of the whole file, or of one resource of a Bundle with several."""
    return hashlib.sha256(text_of(plan).encode()).hexdigest()


def take(plan: Plan, choices: Choices, by: Membership | None = None) -> Exercise:
    """Save a form with its file. The same file taken twice gives the exercise it gave the first time."""
    with transaction.atomic(), tenancy.elevated():
        known = known_file(plan)
        if known is not None:
            return known.exercise
        exercise, edition = _publish(plan, choices)
        form = plan.one.questionnaire
        QuestionnaireFile.objects.create(
            exercise=exercise,
            edition=edition,
            text=text_of(plan),
            sha256=sha256_of(plan),
            url=form.url,
            version=form.version,
            notices=[notice.as_data() for notice in plan.notices],
            licence=choices.licence[:200],
            licence_reference=choices.licence_reference[:300],
            licence_confirmed=choices.licence_confirmed,
            marked={**plan.offer.safety, **choices.marks},
            no_safety_questions=choices.no_safety_questions
            or (plan.offer.measure is not None and not plan.offer.safety),
            imported_by=by,
        )
        _confirm_licence(plan, choices, by)
    return exercise


def _asks_nothing_of_safety(plan: Plan) -> bool:
    return plan.offer.measure is not None and not plan.offer.safety


def text_of(plan: Plan) -> str:
    """The file word for word; of a Bundle with several forms, the resource alone."""
    if len(plan.parsed.forms) == 1:
        return plan.parsed.text
    return written(plan.one.questionnaire.raw)


def _publish(plan: Plan, choices: Choices) -> tuple[Exercise, Edition]:
    practice_id = tenancy.current_practice_id()
    content = plan.content(choices)
    slug = free_slug(content["title"])
    content["slug"] = slug
    measure = plan.offer.measure
    exercise = Exercise.objects.create(
        practice_id=practice_id,
        slug=slug,
        kind=content["kind"],
        title=content["title"],
        summary=content["summary"],
        themes=content["themes"],
        participation=content["participation"],
        level=content["level"],
        minutes=min(content["minutes"], 240),
        lane=content["lane"],
        measure=measure.key if measure is not None else "",
        locked=measure is not None,
    )
    edition = publish_edition(exercise, content)
    return exercise, edition


def publish_edition(exercise: Exercise, content: dict[str, Any]) -> Edition:
    """Make the next edition of an exercise, and offer it from now on."""
    last = exercise.editions.order_by("-number").values_list("number", flat=True).first()
    edition = Edition.objects.create(
        practice_id=exercise.practice_id,
        exercise=exercise,
        number=(last or 0) + 1,
        title=content["title"],
        content=content,
        digest=digest_of(content),
    )
    exercise.newest = edition
    exercise.save(update_fields=["newest"])
    words = " ".join(item.get("label") or item.get("body") or "" for item in every(content["questions"]))
    Exercise.objects.filter(pk=exercise.pk).update(
        search=SearchVector(Value(exercise.title), weight="A", config="english")
        + SearchVector(Value(exercise.summary), weight="B", config="english")
        + SearchVector(Value(words[:100_000]), weight="C", config="english")
    )
    return edition


def free_slug(title: str) -> str:
    """A name for the address that no exercise of the practice or the catalogue has."""
    start = slugify(title)[:70] or "form"
    taken = set(Exercise.objects.filter(slug__startswith=start).values_list("slug", flat=True))
    slug, number = start, 1
    while slug in taken or slug in RESERVED:
        number += 1
        slug = f"{start}-{number}"
    return slug


#: Words that mean a page of the library, and so cannot name an exercise there.
RESERVED = frozenset({"import", "new", "shelves", "mine", "updates"})


def _confirm_licence(plan: Plan, choices: Choices, by: Membership | None) -> None:
    """Record for the practice that it holds the licence of a measure that needs one."""
    measure = plan.offer.measure
    if measure is None or by is None or not choices.licence_confirmed or not measure.licence.needs_confirmation:
        return
    licences.confirm(measure, by=by, reference=choices.licence_reference)


def mark(file: QuestionnaireFile, marks: Mapping[str, str], *, none: bool) -> Edition:
    """Say which questions of a taken form ask about safety, or that none does: the next edition knows it."""
    with transaction.atomic(), tenancy.elevated():
        file = (
            QuestionnaireFile.objects.select_for_update(of=("self",)).select_related("exercise__newest").get(pk=file.pk)
        )
        newest = file.exercise.newest or file.edition
        content = json.loads(json.dumps(newest.content))
        cleaned = unmarked(content["questions"])
        content["questions"] = marked(cleaned, marks)
        content["fhir"] = {**content.get("fhir", {}), "cleared": none or bool(marks)}
        edition = publish_edition(file.exercise, content)
        file.marked, file.no_safety_questions, file.edition = dict(marks), none and not marks, edition
        file.save(update_fields=["marked", "no_safety_questions", "edition"])
    return edition


def unmarked(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions without what an earlier marking said."""
    made = []
    for item in questions:
        item = {name: part for name, part in item.items() if name not in ("risk", "flag_if")}
        if "questions" in item:
            item["questions"] = unmarked(item["questions"])
        made.append(item)
    return made
