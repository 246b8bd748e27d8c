"""A QuestionnaireResponse, checked against the form it answers. Pure: nothing is saved here.

received = read_response(data)              bytes -> what it says of itself; raises Refused
checked = check_response(received, plan)    its answers as ours, with what to know; raises Refused
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from exercises.answers import Value, clean_form
from exercises.conditions import asked_answers
from exercises.fhir.elements import Elements
from exercises.fhir.findings import Finding, Findings, Refused
from exercises.fhir.known import check_modifiers
from exercises.fhir.matching import Matcher
from exercises.fhir.parsing import resource_type
from exercises.fhir.planning import Plan
from exercises.fhir.reading import read
from exercises.fhir.values import day_of, moment_of
from exercises.scoring import read_scorings, scores

TAKEN = frozenset({"completed", "amended", "in-progress", "stopped"})
UNFINISHED = frozenset({"in-progress", "stopped"})


@dataclass(frozen=True)
class Received:
    """What a response says of itself, before its form is known."""

    raw: Mapping[str, Any]
    text: str
    url: str
    version: str
    status: str
    authored: str
    identifier: str


@dataclass
class Checked:
    """Answers that fit their form, by answer key, and everything worth knowing about them."""

    values: dict[str, Value]
    notices: list[Finding] = field(default_factory=list)
    totals: list[Decimal] = field(default_factory=list)
    finished: bool = True


def read_response(data: bytes) -> Received:
    """Read a file of unknown origin. Raises :class:`Refused`."""
    text, tree = read(data)
    name = resource_type(tree)
    if name != "QuestionnaireResponse":
        raise Refused([Finding("other_resource_response", element="resourceType", values={"name": name[:60]})])
    findings = Findings()
    check_modifiers(tree, findings)
    root = Elements(tree, findings)
    url, _bar, version = root.text("questionnaire", 600).partition("|")
    status = root.text("status", 40)
    authored = root.text("authored", 60)
    if not status:
        findings.refuse("response_no_status", element="status")
    elif status not in TAKEN:
        findings.refuse("response_status", element="status", name=status)
    if authored and not _is_moment(authored):
        findings.refuse("bad_authored", element="authored")
    identifier = tree.get("id")
    if findings.refusals:
        raise Refused(findings.refusals)
    return Received(
        raw=tree,
        text=text,
        url=url,
        version=version,
        status=status,
        authored=authored,
        identifier=identifier if isinstance(identifier, str) else "",
    )


def _is_moment(written: str) -> bool:
    """A day, or a moment with its zone."""
    at = moment_of(written)
    return at.tzinfo is not None if at is not None else day_of(written) is not None


def authored_at(received: Received, zone: Any) -> datetime | None:
    """When it was written. A day alone is noon of that day where the person lives."""
    at = moment_of(received.authored)
    if at is not None:
        return at
    day = day_of(received.authored) if len(received.authored) == 10 else None
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone) if day else None


def check_response(received: Received, plan: Plan, *, scoring: Any = None) -> Checked:
    """Match the answers with the form and check them. Raises :class:`Refused` with everything at once.

    ``scoring`` is what the edition says about its score: totals in the file are compared with ours.
    """
    findings = Findings()
    matcher = Matcher(plan, findings)
    matcher.match(Elements(received.raw, findings))
    if findings.refusals:
        raise Refused(findings.refusals)
    finished = received.status not in UNFINISHED
    values = _cleaned(plan, matcher, findings, finished=finished)
    if findings.refusals:
        raise Refused(findings.refusals)
    if not finished:
        findings.notice("in_progress", element="status")
    if received.status == "amended":
        findings.notice("amended", element="status", name="amended")
    checked = Checked(values, finished=finished, totals=matcher.totals)
    _compare_totals(checked, plan, matcher, scoring, findings)
    checked.notices = findings.notices
    return checked


def _cleaned(plan: Plan, matcher: Matcher, findings: Findings, *, finished: bool) -> dict[str, Value]:
    """Our own rules for answers; what conditions switch off may not be there."""
    values, errors = clean_form(plan.form, matcher.raw, sending=finished)
    for key, error in errors.items():
        link_id = matcher.link_id_of(key)
        if key in matcher.raw:
            findings.refuse("answer_limits", link_id, "answer")
        elif finished:
            findings.refuse("answer_missing", link_id, "answer")
        del error
    kept, _errors = clean_form(plan.form, matcher.raw)
    given = {key: value for key, value in kept.items() if not value.blank}
    asked = asked_answers(plan.form, given)
    for key in given:
        if key not in asked:
            findings.refuse("answer_disabled", matcher.link_id_of(key), "answer")
    return {key: value for key, value in asked.items() if key in values or not finished}


def _compare_totals(checked: Checked, plan: Plan, matcher: Matcher, scoring: Any, findings: Findings) -> None:
    if not matcher.totals:
        return
    ours = None
    if scoring:
        found = scores(plan.form, read_scorings(scoring, plan.form), checked.values)
        ours = next((one.value for one in found if one.source != "metric"), None)
    for link_id, theirs in zip(matcher.total_items, matcher.totals, strict=True):
        if ours is None:
            findings.notice("total_not_used", link_id, "answer", theirs=str(theirs))
        elif ours != theirs:
            findings.notice("total_differs", link_id, "answer", theirs=str(theirs), ours=_plain(ours))


def _plain(number: Decimal) -> str:
    return str(number.quantize(Decimal(1))) if number == number.to_integral_value() else str(number.normalize())
