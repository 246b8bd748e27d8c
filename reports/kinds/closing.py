"""The summary at the end of the work: where it began, where it is, what holds, and where to turn when it gets hard.

It looks back over the couple's whole time. The words are the therapist's own; nothing in it is a diagnosis.
What each edition may hold is read for it alone, as everywhere.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Appointment, Contact
from exercises import agreements
from practice import crisis
from practice.zones import country_of
from reports import editions, exercise_scores, findings, goals, layout, marks, paper, sections, series
from reports.courses import Course
from reports.kinds.base import Composer, Layout, Ordered, Part, register
from reports.layout import Section
from reports.material import Material, Sent
from reports.models.report import Audience, Kind
from reports.plain_words import way_in_words

PARTS = (
    Part("goals", gettext_lazy("Goals, first and last")),
    Part("changes", gettext_lazy("Measures, first and last")),
    Part("areas", gettext_lazy("More answers, in small")),
    Part("practised", gettext_lazy("What was practised most")),
    Part("agreements", gettext_lazy("Agreements that hold")),
    Part("help", gettext_lazy("Where to turn if it gets hard again")),
)
MOST_PRACTISED = 8
MOST_AGREEMENTS = 8


@dataclass(frozen=True, slots=True)
class Change:
    """One partner's first and last score on a measure. ``said`` stands only where the measure's rule allows it."""

    measure: str
    position: int
    first: str
    last: str
    difference: str
    said: str
    days: str


@dataclass(frozen=True, slots=True)
class Practised:
    """Something that was done often."""

    what: str
    kind: str
    times: int
    last: date
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the partners settled, in their words."""

    title: str
    text: str
    since: date


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to turn to."""

    name: str
    contact: str
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(paper.Document):
    """The whole time of a couple, looked back upon."""

    kind: ClassVar[str] = "closing"

    headlines: tuple[paper.Headline, ...] = ()
    goals: tuple[paper.Goal, ...] = ()
    changes: tuple[Change, ...] = ()
    areas: paper.Areas | None = None
    practised: tuple[Practised, ...] = ()
    agreements: tuple[Agreed, ...] = ()
    emergency: str = ""
    places: tuple[Place, ...] = ()
    listed: date | None = None
    credits: tuple[str, ...] = ()
    helps: bool = True

    def __post_init__(self) -> None:
        paper.Document.__post_init__(self)
        if self.edition == "shared" and any(goal.private for goal in self.goals):
            raise ValueError("the shared edition holds no goal that one partner has alone")


# ── reading ──────────────────────────────────────────────────────────────────


def compose(ordered: Ordered) -> Closing:
    """Look back from the first day to the last, as far as the edition may."""
    material = ordered.material()
    courses = editions.courses_in(ordered.couple, ordered.report.audience, ordered.reader)
    clinical = ordered.report.audience == Audience.CLINICAL
    places = _places(_country(ordered)) if ordered.has("help") else []
    return Closing(
        **(ordered.head() | {"partners": material.partners}),
        headlines=tuple(_headlines(ordered, material)),
        goals=goals.goals(material) if ordered.has("goals") else (),
        changes=tuple(_changes(courses, clinical=clinical)) if ordered.has("changes") else (),
        areas=_areas(material) if ordered.has("areas") else None,
        practised=tuple(_practised(material)) if ordered.has("practised") else (),
        agreements=tuple(_agreed(ordered)) if ordered.has("agreements") else (),
        emergency=crisis.emergency_number(_country(ordered)),
        places=tuple(Place(one.name, one.contact, one.hours) for one in places),
        listed=min((one.listed_on for one in places), default=None),
        credits=tuple(dict.fromkeys(one.measure.credit for _at, one in courses if one.measure.credit)),
        helps=ordered.has("help"),
        about=_about(clinical=clinical),
    )


def _headlines(ordered: Ordered, material: Material) -> Iterator[paper.Headline]:
    weeks = max(((ordered.report.ends_on - ordered.report.begins_on).days + 1) // 7, 1)
    yield paper.Headline(_("Your time here"), str(weeks), ngettext("week", "weeks", weeks))
    first, after = ordered.period.instants
    kept = Appointment.objects.filter(couple=ordered.couple, cancelled_at=None, missed_at=None, audience=[])
    met = kept.filter(starts_at__gte=first, starts_at__lt=min(after, ordered.now)).count()
    if met:
        yield paper.Headline(_("Sessions"), str(met))
    rounds = len({one.round for one in material.sent})
    if rounds:
        label = _("Done together or shared") if material.shared and not ordered.reader else _("Practised, or answered")
        yield paper.Headline(label, str(rounds), ngettext("time", "times", rounds))


def _changes(courses: Iterable[tuple[int, Course]], *, clinical: bool) -> Iterator[Change]:
    """A word about a change stands only where the measure has a threshold of its own."""
    for position, course in sorted(courses, key=lambda one: (one[1].measure.name, one[0])):
        first, last = course.first, course.last
        if first is None or last is None or last is first:
            continue
        change = last.change
        said = ""
        if change and course.measure.reliable:
            said = str(change.state.label) if clinical and change.state else way_in_words(course.measure, last)
        days = f"{sections.short(first.result.taken_on)} – {sections.short(last.result.taken_on)}"
        words = change.words if change else ""
        yield Change(course.measure.name, position, first.value, last.value, words, said, days)


def _areas(material: Material) -> paper.Areas | None:
    """Every question that was asked again and again; measures have a table of their own."""
    rest = [one for one in material.scores if one.scale.method != "measure"]
    whole = Material(
        partners=material.partners,
        period=material.period,
        shared=material.shared,
        reader=material.reader,
        sent=material.sent,
        numbers=material.numbers,
        scores=tuple(rest),
    )
    drawn = [*series.charts(whole), *exercise_scores.charts(whole)]
    beside = exercise_scores.areas(whole, series.areas(whole))
    rows = tuple(drawn) + (beside.rows if beside else ())
    return paper.Areas(_("From the beginning to now"), rows) if rows else None


def _practised(material: Material) -> list[Practised]:
    """What came back most often. What still runs is said to go on."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for one in material.sent:
        found[one.what].append(one)
    running = {one.what for one in material.running}
    rows = [
        Practised(what, sent[-1].kind, len({one.round for one in sent}), max(one.on for one in sent), what in running)
        for what, sent in found.items()
    ]
    return sorted(rows, key=lambda one: (-one.times, one.what))[:MOST_PRACTISED]


def _agreed(ordered: Ordered) -> Iterator[Agreed]:
    rows = editions.agreements_in(ordered.couple, ordered.report.audience, ordered.reader)
    holding = [(one.agreement, one.holding) for one in agreements.of(rows)]
    for agreement, version in [pair for pair in holding if pair[1] is not None][:MOST_AGREEMENTS]:
        if version is not None:
            yield Agreed(str(agreement.title), str(version.text), ordered.period.day(version.proposed_at))


def _country(ordered: Ordered) -> str:
    """Where its reader says they live, or else their clock goes, as far as numbers are known; else the practice's."""
    zone = ordered.couple.time_zone
    said = ""
    if ordered.reader is not None:
        said, theirs = _said_by(ordered.reader.pk)
        zone = theirs or zone
    country = said or country_of(zone)
    return country if crisis.help_in(country) else ordered.practice.country


def _said_by(client_id: uuid.UUID) -> tuple[str, str]:
    """The country and the time zone that somebody says are theirs."""
    return Contact.objects.filter(client=client_id).values_list("country", "time_zone").first() or ("", "")


def _places(country: str) -> list[crisis.Resource]:
    return crisis.help_in(country)


def _about(*, clinical: bool) -> tuple[str, ...]:
    told = (
        _(
            "This summary looks back on work done together. It is no diagnosis and no assessment for a court, and "
            "nothing is averaged across partners. Numbers go up and down for many reasons."
        ),
    )
    if clinical:
        return (
            *told,
            _("It holds private answers. Keep it in the clinical record and do not hand it to anybody in the couple."),
        )
    return told


# ── laying out ───────────────────────────────────────────────────────────────


def lay_out(document: Closing) -> Layout:
    """The same pages as a progress report's, with sections of its own."""
    context, pictures = layout.begin(document)
    document = context["report"]
    names = {partner.position: partner.name for partner in document.partners}
    found = list(_sections(document, names, pictures))
    context |= {
        "headlines": [(line, None) for line in document.headlines],
        "about_title": _("About this summary"),
        "flows": True,
        "sections": [Section(kind, title, number, parts) for number, (kind, title, parts) in enumerate(found, 1)],
    }
    return Layout("reports/paper/report.html", context, layout.files_of(document, pictures))


def _sections(
    document: Closing, names: findings.Names, pictures: layout.Pictures
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    shared = not document.is_clinical
    if document.goals:
        title = _("Your goals, first and last") if shared else _("Goals, first and last")
        yield "goals", title, sections.goals_parts(document.goals, names, pictures)
    if document.changes:
        rows = [
            {"row": one, "name": names[one.position], "letter": marks.letter(one.position)} for one in document.changes
        ]
        yield "changes", _("Measures, first and last"), {"rows": rows, "credits": document.credits}
    if document.areas:
        yield "areas", document.areas.title, sections.areas_parts(document.areas, names, pictures)
    if document.practised:
        rows = [{"row": one, "day": sections.short(one.last)} for one in document.practised]
        yield "practised", _("What you practised most") if shared else _("What was practised most"), {"rows": rows}
    if document.agreements:
        yield "agreements", _("Agreements that hold"), {"rows": document.agreements}
    if document.helps:
        yield "turn", _("If it gets hard again"), {"report": document}


register(Composer(kind=Kind.CLOSING, compose=compose, lay_out=lay_out, parts=PARTS))
