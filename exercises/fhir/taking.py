"""Taking a checked form into a practice's library, and marking its safety questions later.

Library rows are written by Attune itself inside the bound practice; the caller has checked who asks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from exercises import licences
from exercises.fhir import wording
from exercises.fhir.planning import Choices, Plan, marked
from exercises.fhir.reading import written
from exercises.models import Edition, Exercise, QuestionnaireFile
from exercises.writing.editions import publish_edition
from exercises.writing.starting import free_slug, shelf_facts
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
            licence=wording.line(choices.licence, 200),
            licence_reference=wording.line(choices.licence_reference, 300),
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
    content = plan.content(choices)
    content["slug"] = free_slug(content["title"])
    measure = plan.offer.measure
    exercise = Exercise.objects.create(
        practice_id=tenancy.current_practice_id(),
        slug=content["slug"],
        measure=measure.key if measure is not None else "",
        locked=measure is not None,
        **shelf_facts(content),
    )
    return exercise, publish_edition(exercise, content)


def _confirm_licence(plan: Plan, choices: Choices, by: Membership | None) -> None:
    """Record for the practice that it holds the licence of a measure that needs one."""
    measure = plan.offer.measure
    if measure is None or by is None or not choices.licence_confirmed or not measure.licence.needs_confirmation:
        return
    licences.confirm(measure, by=by, reference=wording.line(choices.licence_reference, 300))


def mark(exercise: Exercise, marks: Mapping[str, str], *, none: bool) -> Edition:
    """Say which questions of an imported form ask about safety, or that none does: the next edition knows it."""
    with transaction.atomic(), tenancy.elevated():
        locked = Exercise.objects.select_for_update(of=("self",)).select_related("newest").get(pk=exercise.pk)
        if locked.newest is None:
            raise LookupError("only what is on the shelf can be marked")
        content = json.loads(json.dumps(locked.newest.content))
        content["questions"] = marked(unmarked(content["questions"]), marks)
        content["fhir"] = {**content.get("fhir", {}), "cleared": none or bool(marks)}
        edition = publish_edition(locked, content)
        for file in QuestionnaireFile.objects.filter(exercise=locked):
            file.marked, file.no_safety_questions, file.edition = dict(marks), none and not marks, edition
            file.save(update_fields=["marked", "no_safety_questions", "edition"])
    return edition


def unmarked(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions without what an earlier marking said."""
    made = []
    for item in questions:
        item = {name: part for name, part in item.items() if name not in ("risk", "flag_if", "severity")}
        if "questions" in item:
            item["questions"] = unmarked(item["questions"])
        made.append(item)
    return made
