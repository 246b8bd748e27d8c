"""The gate before publishing, for one practice: what the form language says, and what the practice's own rules add.

Each thing that is said leads to the very field that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from exercises import flags, wording
from exercises.form_language import HAND_MADE, IMPORTED, Limits
from exercises.models import Exercise
from exercises.publishing import Finding, Severity, findings
from exercises.publishing.finding import places_of, stop, warn
from exercises.recurrence import Recurrence, ScheduleError
from exercises.safety import duty_is_said
from exercises.translations import language_name, languages, missing
from exercises.vocabulary import Kind, Lane, Level, Participation
from exercises.writing.differences import PARTS_OF_ITEMS
from exercises.writing.outline import places
from exercises.writing.parts import OUTLINE, parts_of
from practice import crisis
from practice.models import Membership, Practice

WORDS = ("points", "steps", "prompts", "cautions", "cautions_for_therapist", "adaptations")
_IN_ITEMS = re.compile(r"^(?:questions\.\d+(?:\.|$))+")
_TITLE_ROOM, _SUMMARY_ROOM = 160, 2_000
_NEEDED: Mapping[str, type] = {"kind": Kind, "participation": Participation, "level": Level, "lane": Lane}


@dataclass(frozen=True)
class Spot:
    """One finding with where it leads: the address of the field, and what the link is called."""

    finding: Finding
    url: str
    name: str

    @property
    def stops(self) -> bool:
        return self.finding.severity is Severity.STOP


@dataclass(frozen=True)
class Gate:
    """All of it: what stops and what warns, each with its spot, and what was looked at and found right."""

    spots: list[Spot]
    right: list[str | Promise] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        return [spot.finding for spot in self.spots]

    @property
    def stops(self) -> int:
        return sum(spot.stops for spot in self.spots)

    @property
    def warnings(self) -> int:
        return len(self.spots) - self.stops


def gate(exercise: Exercise, content: Mapping[str, Any], practice: Practice) -> Gate:
    """Everything that the gate has to say about content as it stands, what stops first."""
    found = [*check(exercise, content, practice), *check_cover(content, practice)]
    found.sort(key=lambda one: one.severity is not Severity.STOP)
    return Gate([spot_of(one, exercise, content) for one in found], _right(found, content))


def check(exercise: Exercise, content: Mapping[str, Any], practice: Practice) -> list[Finding]:
    """What the form language and the practice's lanes say, without a look at who takes alerts."""
    locked = exercise.newest.content if exercise.locked and exercise.newest else None
    if exercise.locked and locked is None and exercise.adapted_from is not None:
        locked = exercise.adapted_from.content
    found = findings(content, lanes=lanes_of(content, practice), locked=locked, limits=limits_of(exercise, content))
    # One line a language, not one a text: the page for translations shows each of them.
    return [*(one for one in found if one.code != "translation_missing"), *_check_facts(content), *_lacking(content)]


def limits_of(exercise: Exercise, content: Mapping[str, Any]) -> Limits:
    """What came from a file, or is a published measure, may be larger than what is made by hand."""
    brought = any(content.get(name) for name in ("fhir", "xlsform", "shared"))
    return IMPORTED if exercise.locked or brought else HAND_MADE


def lanes_of(content: Mapping[str, Any], practice: Practice) -> list[str] | None:
    """The lanes that the practice offers for this; None when all are."""
    if practice.secrets_policy != Practice.Secrets.NO_SECRETS or asks_for_help(content):
        return None
    return [lane for lane in Lane.values if lane != Lane.PRIVATE]


def asks_for_help(content: Mapping[str, Any]) -> bool:
    return content.get("kind") == Kind.WARNING_SIGNS or bool(flagged_questions(content))


def flagged_questions(content: Mapping[str, Any], *, urgent: bool = False) -> list[str]:
    """The keys of questions where an answer may call for help; ``urgent``: for help at once."""
    items = [part for name, part in parts_of(content).items() if name.startswith("question.")]
    return [
        item["key"]
        for item in items
        if (item.get("flag_if") or any(row.get("flag_if") for row in item.get("rows") or () if isinstance(row, dict)))
        and not (urgent and item.get("severity") in (flags.Severity.SOON, flags.Severity.NOTE))
    ]


def check_cover(content: Mapping[str, Any], practice: Practice) -> list[Finding]:
    """Whether somebody takes what a flagged answer says, and help is named to those who need it sooner."""
    flagged = flagged_questions(content, urgent=True)
    if not flagged:
        return []
    place, key = dict(places_of(content.get("questions") or []))[flagged[0]] + ".flag_if", flagged[0]
    found = []
    clinicians = (
        Membership.objects.filter(ended_at=None)
        .exclude(role=Membership.Role.COORDINATOR)
        .values_list("pk", flat=True)[:2]
    )
    there = len(list(clinicians))
    if there == 0:
        found.append(
            stop(place, "no_cover", _("Nobody in the practice would be told of an answer that calls for help."), key)
        )
    elif there == 1:
        message = _("You alone are told of an answer that calls for help. While you are away, nobody looks.")
        found.append(warn(place, "thin_cover", message, key))
    if not duty_is_said(practice):
        message = _("First say when somebody is there and who covers: Practice, Hours and duty. An answer might wait.")
        found.append(stop(place, "no_duty", message, key))
    if wording.is_blank(practice.reply_hours):
        message = _("The practice does not say when it reads what clients send. An answer here might wait unseen.")
        found.append(stop(place, "no_hours", message, key))
    if not crisis.help_in(practice.country):
        message = _("There are no help lines for the practice's country yet, so none are shown after such an answer.")
        found.append(warn(place, "no_help_lines", message, key))
    return found


def _check_facts(content: Mapping[str, Any]) -> list[Finding]:
    """What every edition needs to say beside its questions."""
    found = []
    if wording.is_blank(str(content.get("summary") or "")):
        message = _("A line or two that say what this is about: couples read it before they begin.")
        found.append(stop("summary", "no_summary", message))
    for name, room in (("title", _TITLE_ROOM), ("reminder_title", _TITLE_ROOM), ("summary", _SUMMARY_ROOM)):
        if len(str(content.get(name) or "")) > room:
            found.append(stop(name, "too_long", format_lazy(_("There is room for {n} characters."), n=room)))
    for name, words in _NEEDED.items():
        if content.get(name) not in words.values:  # type: ignore[attr-defined]
            found.append(stop(name, "unknown", _("Please choose one.")))
    minutes = content.get("minutes")
    if not isinstance(minutes, int) or not 1 <= minutes <= 240:
        found.append(stop("minutes", "minutes", _("This is a whole number of minutes from 1 to 240.")))
    if not content.get("themes"):
        found.append(warn("themes", "no_themes", _("Without a theme it is hard to find in the library.")))
    cadence = content.get("cadence")
    try:
        Recurrence.parse(str(cadence.get("rule", "")) if isinstance(cadence, dict) else "")
    except ScheduleError:
        found.append(stop("cadence", "cadence", _("Please say how often it is suggested.")))
    return found


def _lacking(content: Mapping[str, Any]) -> list[Finding]:
    found = []
    for language in languages(content)[1:]:
        lacking = missing(content, language)
        if lacking:
            message = format_lazy(
                ngettext_lazy(
                    "{language}: {n} text has no words yet.", "{language}: {n} texts have no words yet.", len(lacking)
                ),
                language=language_name(language),
                n=len(lacking),
            )
            found.append(warn(f"translations.{language}.{lacking[0].path}", "words_missing", message))
    return found


def _right(found: Iterable[Finding], content: Mapping[str, Any]) -> list[str | Promise]:
    codes = {one.code for one in found}
    if "form" in codes:
        return []
    right: list[str | Promise] = []
    if not codes & {"lane_not_offered", "lane_wider", "risk_open", "risk_unseen", "series_open"}:
        right.append(_("Who reads what agrees with your practice's policy."))
    if not any(code.startswith("read") for code in codes):
        right.append(_("Reads easily."))
    if flagged_questions(content, urgent=True) and not codes & {
        "no_cover",
        "thin_cover",
        "no_duty",
        "no_hours",
        "no_help_lines",
    }:
        right.append(_("Hours, cover and help lines are set for answers that call for help."))
    if len(languages(content)) > 1 and "words_missing" not in codes:
        right.append(_("Every language has all its words."))
    return right


def spot_of(finding: Finding, exercise: Exercise, content: Mapping[str, Any]) -> Spot:
    """Where a finding leads."""
    keys = dict(places_of(content.get("questions") or []))
    if finding.question_key in keys:
        rest = _IN_ITEMS.sub("", finding.place)
        url = reverse("write_question", args=[exercise.slug, finding.question_key])
        field_ = rest.split(".")[0] or "label"
        name = numbered(content, finding.question_key)
        if field_ in PARTS_OF_ITEMS:
            name = f"{name}, {PARTS_OF_ITEMS[field_]}"
        return Spot(finding, f"{url}#w-{field_}", name)
    first = finding.place.split(".")[0]
    if first == "scoring":
        return Spot(finding, reverse("write_scores", args=[exercise.slug]) + "#scores", str(_("Scores")))
    if first == "translations" and finding.place.count("."):
        _first, language, path = (*finding.place.split(".", 2), "")[:3]
        url = reverse("write_language", args=[exercise.slug, language])
        return Spot(finding, f"{url}#{text_id(path)}", str(_("Languages")))
    if first in WORDS:
        return Spot(finding, reverse("write_words", args=[exercise.slug]) + f"#w-{first}", str(_("Steps and words")))
    if first == "questions":
        return Spot(finding, reverse("write", args=[exercise.slug]) + "#add", str(_("Questions")))
    return Spot(finding, reverse("write", args=[exercise.slug]) + f"#w-{first}", str(_("About it")))


def numbered(content: Mapping[str, Any], key: str) -> str:
    number = next((n for n, one in enumerate(places(parts_of(content)[OUTLINE]), start=1) if one.key == key), 0)
    return str(_("Question %(n)s")) % {"n": number}


def text_id(path: str) -> str:
    """The id of a text's field on the page for a language."""
    return "t-" + re.sub(r"[^A-Za-z0-9_-]", "-", path)


def said_beside(found: Iterable[Finding], key: str) -> dict[str, list[Finding]]:
    """What is said about one item, by the field it belongs to."""
    made: dict[str, list[Finding]] = {}
    for one in found:
        if one.question_key == key:
            made.setdefault(_IN_ITEMS.sub("", one.place).split(".")[0] or "label", []).append(one)
    return made
