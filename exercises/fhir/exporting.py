"""An edition as a FHIR Questionnaire: the file it came from as it was, or as far as it still holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exercises.fhir.findings import Finding, Refused
from exercises.fhir.merging import Merger
from exercises.fhir.parsing import parse_file
from exercises.fhir.planning import Plan, plans_of
from exercises.fhir.recognising import every
from exercises.fhir.taking import unmarked
from exercises.fhir.writing import ADDRESS, questionnaire_from
from exercises.models import Edition, QuestionnaireFile
from exercises.questions import Form


@dataclass(frozen=True)
class Exported:
    """A Questionnaire, and what of its origin could not be kept because it is no longer true."""

    resource: dict[str, Any]
    dropped: list[Finding] = field(default_factory=list)


def questionnaire_of(edition: Edition) -> Exported:
    """The Questionnaire of an edition. Unedited, it is the resource that was received."""
    slug = edition.exercise.slug
    file = origin_of(edition)
    plan = plan_of(file) if file is not None else None
    if plan is None:
        return Exported(*questionnaire_from(edition.content, slug, edition.number))
    if is_unedited(edition, plan):
        return Exported(dict(plan.one.questionnaire.raw))
    merger = Merger(
        plan,
        settled(plan.mapped.questions),
        {**edition.content, "questions": settled(edition.content["questions"])},
        slug,
        edition.number,
    )
    return Exported(merger.resource(), [*merger.dropped, *merger.writer.dropped])


def origin_of(edition: Edition) -> QuestionnaireFile | None:
    """The file that an edition, or the one it was adapted from, came in with."""
    sha256 = (edition.content.get("fhir") or {}).get("sha256")
    rows = QuestionnaireFile.objects.order_by("-imported_at")
    if sha256:
        return rows.filter(sha256=sha256).first()
    return rows.filter(exercise_id=edition.exercise_id).first()


def plan_of(file: QuestionnaireFile) -> Plan | None:
    """The kept file, read again. A file that an older Attune took and this one refuses gives None."""
    try:
        return plans_of(parse_file(file.text.encode()))[0]
    except Refused:
        return None


def is_unedited(edition: Edition, plan: Plan) -> bool:
    """Tell whether the questions are the file's: marking safety questions is no edit."""
    return settled(edition.content["questions"]) == settled(plan.mapped.questions)


def settled(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Questions in one spelling, whoever wrote them down last, and without marks."""
    return Form.from_data(unmarked(questions)).as_data()


def canonical(edition: Edition, file: QuestionnaireFile | None) -> str:
    """How answers refer to the form: its address and version."""
    if file is not None and file.url:
        return f"{file.url}|{file.version}" if file.version else file.url
    return f"{ADDRESS}{edition.exercise.slug}|{edition.number}"


def link_ids(content: dict[str, Any]) -> dict[str, str]:
    """The linkId under which each question of an edition stands in its Questionnaire, by key."""
    return {item["key"]: item.get("link_id") or item["key"] for item in every(content["questions"])}
