"""What would be taken from a file: worked out whole before anything is saved.

plans = plan_file(data)      raises Refused with every reason
plans[0].offer               the measure it is, or the sum that can be confirmed
plans[0].content(choices)    the content of the edition it becomes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.fhir import wording
from exercises.fhir.findings import Finding, Refused
from exercises.fhir.mapping import Mapped, map_form
from exercises.fhir.parsing import One, Parsed, parse_file
from exercises.fhir.recognising import Offer, every, offer_for
from exercises.form_language import FormError
from exercises.measures import MeasureScoring
from exercises.questions import Form
from exercises.scoring import ScoringError, read_scorings
from exercises.vocabulary import Direction, Kind, Lane, Level, Participation

#: One question in a quarter of a minute, and never less than one minute.
QUESTIONS_A_MINUTE = 4

#: Imported forms begin closed; a therapist may open none further than this.
#: How often something may repeat: as often as our forms can, or less where that adds up to too much.
REPEATS = (20, 10, 5, 3, 2)
LANES = (Lane.PRIVATE, Lane.REVEAL, Lane.SHARED)


@dataclass(frozen=True)
class Choices:
    """What the importing person decided. ``marks`` are the safety questions and their rules."""

    title: str = ""
    summary: str = ""
    lane: str = Lane.PRIVATE
    add_up: bool = False
    direction: str = Direction.LOWER_BETTER
    licence: str = ""
    licence_reference: str = ""
    licence_confirmed: bool = False
    marks: Mapping[str, str] = field(default_factory=dict)
    no_safety_questions: bool = False


@dataclass(frozen=True)
class Plan:
    """One form of a file, ready to be taken."""

    parsed: Parsed
    one: One
    mapped: Mapped
    offer: Offer
    notices: list[Finding]
    form: Form

    @property
    def title(self) -> str:
        """The title the file gives it, or the best there is."""
        form = self.one.questionnaire
        if self.offer.measure is not None and not form.title:
            return self.offer.measure.title
        first = next((item.text for item in form.walk() if item.text.strip()), "")
        return wording.line(form.title or form.name or first, 160) or _("Imported form")

    @property
    def asked(self) -> int:
        return sum(1 for question in self.form if not question.hidden)

    def is_cleared(self, choices: Choices) -> bool:
        """Tell whether it may be assigned: a recognised measure's safety items are known."""
        return self.offer.measure is not None or choices.no_safety_questions or bool(choices.marks)

    def content(self, choices: Choices) -> dict[str, Any]:
        """Everything the edition says."""
        form = self.one.questionnaire
        measure = self.offer.measure
        title = wording.line(choices.title, 160) or self.title
        scoring: Any = self.offer.native()
        if scoring is None and choices.add_up and self.offer.sum_of:
            scoring = self.sum_scoring(choices.direction)
        lane = Lane.PRIVATE if measure is not None and measure.person_only else Lane(choices.lane)
        return {
            "title": title,
            # Whoever sees a list or a reminder over a shoulder need not learn what is asked.
            "reminder_title": _("A questionnaire"),
            "kind": (Kind.SELF_ASSESSMENT if measure is None else Kind.MEASURE).value,
            "themes": [],
            "participation": Participation.EACH_ALONE.value,
            "cadence": {"words": _("Once"), "rule": "once", "time_of_day": "any"},
            "minutes": max(1, -(-self.asked // QUESTIONS_A_MINUTE)),
            "minutes_estimated": True,
            "level": Level.GENTLE.value,
            "summary": wording.lines(choices.summary, 600) or self._summary(),
            "points": [],
            "steps": [],
            "prompts": [],
            "questions": marked(self.mapped.questions, {**self.offer.safety, **choices.marks}),
            "scoring": scoring,
            "lane": lane.value,
            "needs_clearance": False,
            "caution_codes": [],
            "cautions": [],
            "cautions_for_therapist": [],
            "adaptations": {},
            "language": form.language or "en",
            "translations": self.mapped.translations,
            "credit": measure.credit if measure is not None else wording.lines(form.copyright or choices.licence, 2000),
            "fhir": self.origin(self.is_cleared(choices)),
        }

    def _summary(self) -> str:
        """What people read before they begin. A file's own description is for those who build forms."""
        return ngettext("%(n)d question.", "%(n)d questions.", self.asked) % {"n": self.asked}

    def sum_scoring(self, direction: str) -> dict[str, Any]:
        return {
            "series": "sum_of_weights",
            "method": "sum",
            "questions": list(self.offer.sum_of),
            "direction": direction,
        }

    def origin(self, cleared: bool) -> dict[str, Any]:
        """Where the form comes from, and which question answers which item of the file."""
        form = self.one.questionnaire
        return {
            "url": form.url,
            "version": form.version,
            "sha256": self.parsed.sha256,
            "items": {link_id: spot.key for link_id, spot in self.mapped.spots.items() if spot.item.is_question},
            "cleared": cleared,
        }


def marked(questions: list[dict[str, Any]], marks: Mapping[str, str]) -> list[dict[str, Any]]:
    """The questions with their safety rules: marked ones raise a flag, and say that they ask about safety."""
    made = []
    for item in questions:
        item = dict(item)
        if item["key"] in marks:
            item["risk"] = True
            if marks[item["key"]]:
                item["flag_if"] = marks[item["key"]]
        if "questions" in item:
            item["questions"] = marked(item["questions"], marks)
        made.append(item)
    return made


def plan_file(data: bytes) -> list[Plan]:
    """Work out what a file becomes. Raises :class:`Refused` with all reasons; nothing was saved."""
    return plans_of(parse_file(data))


def plans_of(parsed: Parsed) -> list[Plan]:
    plans, refusals = [], []
    for one in parsed.forms:
        try:
            plans.append(_plan(parsed, one))
        except Refused as refused:
            refusals += refused.findings
    if refusals:
        raise Refused(refusals)
    return plans


def _plan(parsed: Parsed, one: One) -> Plan:
    for most in REPEATS:
        mapped = map_form(one.questionnaire, most)
        findings = mapped.notices
        offer = offer_for(one.questionnaire, mapped, findings)
        if findings.refusals:
            raise Refused(findings.refusals)
        try:
            form = _checked(mapped, offer)
        except FormError as error:
            # What repeats inside what repeats may add up to too much: then a little less often.
            if most == REPEATS[-1] or set(error.errors) != {"form"}:
                raise Refused(_not_expressible(mapped, error)) from error
            continue
        if most < REPEATS[0]:
            findings.notice("bounded", element="repeats", name="repeats", limit=most)
        break
    return Plan(parsed, one, mapped, offer, [*one.notices, *findings.notices], form)


def _checked(mapped: Mapped, offer: Offer) -> Form:
    """Let our own language judge the outcome: what it cannot say is refused, not bent."""
    form = Form.from_data(marked(mapped.questions, offer.safety))
    try:
        if offer.measure is not None:
            MeasureScoring.from_data(offer.native(), form)
        elif offer.sum_of:
            read_scorings({"series": "s", "method": "sum", "questions": list(offer.sum_of),
                           "direction": Direction.LOWER_BETTER.value}, form)  # fmt: skip
    except ScoringError as error:
        raise Refused([Finding("not_expressible", values={"reason": str(error)})]) from error
    return form


def _not_expressible(mapped: Mapped, error: FormError) -> list[Finding]:
    found = []
    for place, reasons in error.errors.items():
        link_id = _link_id_at(mapped.questions, place)
        found += [
            Finding("not_expressible", (link_id,) if link_id else (), values={"reason": str(reason)})
            for reason in reasons
        ]
    return found


def _link_id_at(questions: list[dict[str, Any]], place: str) -> str:
    """The linkId of the item that a place in our form language lies in."""
    node: Any = questions
    link_id = ""
    for part in place.split("."):
        if isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, dict) and part in node:
            node = node[part]
        else:
            break
        if isinstance(node, dict):
            link_id = node.get("link_id", link_id)
    return link_id


def questions_of(plan: Plan) -> list[dict[str, Any]]:
    """Every question that is asked, as data, for the page where safety questions are marked."""
    keys = {question.key for question in plan.form if not question.hidden}
    return [item for item in every(plan.mapped.questions) if item["key"] in keys]
