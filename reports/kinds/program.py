"""A whole program: every week with what was given and what came of it, and the looks before and after.

The clinical edition says it for each partner. The others tell only what was done and may be read, never what
was not; a program that was not given to all of them has no shared edition.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exercises import program_page
from exercises.models import Occurrence, ProgramRun
from exercises.vocabulary import Kind as ExerciseKind
from exercises.vocabulary import Lane
from practice import times
from reports import editions, findings, layout, marks, paper, sections, series
from reports.kinds.base import Composer, Layout, NotTold, Ordered, Part, register
from reports.material import Material
from reports.models.report import Audience, Kind
from reports.sheet_rounds import counted

PARTS = (
    Part("weeks", gettext_lazy("Week by week")),
    Part("looks", gettext_lazy("Before and after")),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """How something went for one partner: a look of the states on paper, and its words."""

    position: int
    look: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One exercise of a week. ``cells`` belong to the clinical edition alone."""

    what: str
    kind: str
    told: str = ""
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the program, or the look before or after it."""

    name: str
    focus: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """One question or score that both looks asked: for each partner from where to where."""

    what: str
    courses: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramReport(paper.Document):
    """A program from its first day to its last."""

    kind: ClassVar[str] = "program"

    title: str
    why: str = ""
    standing: str = ""
    headlines: tuple[paper.Headline, ...] = ()
    weeks: tuple[Week, ...] = ()
    looks: tuple[Look, ...] = ()

    def __post_init__(self) -> None:
        paper.Document.__post_init__(self)
        if not self.is_clinical and any(row.cells for week in self.weeks for row in week.rows):
            raise ValueError("only the clinical edition sets what each partner did beside their names")


# ── reading ──────────────────────────────────────────────────────────────────


def compose(ordered: Ordered) -> ProgramReport:
    """Read the run as far as the edition may; raise :class:`NotTold` where it may not tell of it."""
    report, couple = ordered.report, ordered.couple
    run = editions.run_of(couple, report.run_id, report.audience, ordered.reader)
    if run is None:
        raise NotTold
    clinical = report.audience == Audience.CLINICAL
    material, week_of = editions.sent_in(run, report.audience, ordered.reader, ordered.period, ordered.now)
    given = _given(ordered, run) if clinical else _done(run, material, week_of)
    head = ordered.head()
    here = {partner.position for partner in head["partners"]}
    asked = {one.position for one in couple.partners.all() if one.client_id in run.audience}
    if here & asked and clinical:
        head["partners"] = tuple(one for one in head["partners"] if one.position in asked)
    return ProgramReport(
        **head,
        title=run.content["title"],
        why=run.content["why"],
        standing=_standing(ordered, run),
        headlines=tuple(_headlines(ordered, run, given, material)),
        weeks=given if ordered.has("weeks") else (),
        looks=_looks(ordered, run) if ordered.has("looks") else (),
        about=_about(clinical=clinical),
    )


def _standing(ordered: Ordered, run: ProgramRun) -> str:
    if run.ended_at is not None:
        return _("It ended on %(day)s.") % {"day": times.day_month(run.ended_at, ordered.couple.zone)}
    if run.paused_at is not None:
        return _("It rests.")
    if not run.week:
        return _("It has not begun yet.")
    whole = len(run.content["weeks"])
    return _("Week %(at)s of %(of)s.") % {"at": min(run.week, whole), "of": whole}


def _given(ordered: Ordered, run: ProgramRun) -> tuple[Week, ...]:
    """Everything that was planned, with how it went for each; what was not given says why."""
    rounds: dict[uuid.UUID, list[Occurrence]] = defaultdict(list)
    for one in editions.rounds_in(run).defer("skip_reason"):
        rounds[one.assignment_id].append(one)
    weeks = program_page.weeks(run, ordered.now, editions.given_in(run))
    last = len(run.content["weeks"])
    return tuple(
        Week(_name(week.number, last), _focus(week.number, last, week.focus), rows)
        for week in weeks
        if (rows := tuple(_row(ordered, one, week, rounds) for one in week.rows))
    )


def _name(number: int, last: int) -> str:
    if number == 0:
        return _("Before")
    return _("After") if number > last else _("Week %(n)s") % {"n": number}


def _focus(number: int, last: int, focus: str) -> str:
    return focus if 0 < number <= last else _("A look at where you are")


def _row(
    ordered: Ordered, row: program_page.Row, week: program_page.Week, rounds: Mapping[uuid.UUID, list[Occurrence]]
) -> Row:
    given = row.assignment
    if given is None:
        told = "; ".join(row.refused) or (_("not given") if week.is_over else _("ahead"))
        return Row(row.title, "", told)
    kind = given.edition.content.get("kind", "")
    private = _("private") if given.lane == Lane.PRIVATE else ""
    cells = []
    for partner in ordered.couple.partners.all():
        if partner.client_id in given.audience:
            theirs = [one for one in rounds.get(given.pk, ()) if partner.client_id in one.audience]
            look, words = counted(theirs, ordered.now) if theirs else ("open", _("not due yet"))
            cells.append(Cell(partner.position, look, words))
    return Row(row.title, _kind(kind), private, tuple(cells))


def _kind(key: str) -> str:
    return str(ExerciseKind(key).label) if key in ExerciseKind.values else ""


def _done(run: ProgramRun, material: Material, week_of: Mapping[str, int]) -> tuple[Week, ...]:
    """What was done together or may be read, by the week it was given in, and nothing else."""
    found: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for one in material.sent:
        found[week_of.get(one.round[0], 0)][one.what].append(one)
    plan, last = run.content["weeks"], len(run.content["weeks"])
    weeks = []
    for number in sorted(found):
        focus = plan[number - 1]["focus"] if 0 < number <= last else ""
        rows = tuple(Row(what, sent[0].kind, _when(sent)) for what, sent in found[number].items())
        weeks.append(Week(_name(number, last), _focus(number, last, focus), rows))
    return tuple(weeks)


def _when(sent: list[Any]) -> str:
    """'together, 3 Mar' or '4 times, last on 9 Mar'."""
    how = _("together") if all(one.joint for one in sent) else ""
    rounds, day = len({one.round for one in sent}), sections.short(max(one.on for one in sent))
    if rounds > 1:
        words = ngettext("%(n)d time, last on %(day)s", "%(n)d times, last on %(day)s", rounds)
        day = words % {"n": rounds, "day": day}
    return ", ".join(part for part in (how, day) if part)


def _headlines(
    ordered: Ordered, run: ProgramRun, weeks: tuple[Week, ...], material: Material
) -> Iterable[paper.Headline]:
    whole = len(run.content["weeks"])
    yield paper.Headline(_("Weeks of the program"), str(min(run.week, whole)), _("of %(n)d") % {"n": whole})
    if ordered.report.audience != Audience.CLINICAL:
        done = len({one.round for one in material.sent})
        if done:
            yield paper.Headline(_("Done together or shared"), str(done), ngettext("time", "times", done))
        return
    for partner in ordered.couple.partners.all():
        if partner.client_id in run.audience:
            rows = [one for one in material.sent if one.position == partner.position or one.joint]
            label = _("Sent by %(name)s") % {"name": partner.client.name}
            yield paper.Headline(label, str(len(rows)), ngettext("time", "times", len(rows)), "", partner.position)


# ── before and after ─────────────────────────────────────────────────────────


def _looks(ordered: Ordered, run: ProgramRun) -> tuple[Look, ...]:
    report, last = ordered.report, len(run.content["weeks"]) + 1
    before, after = (
        _values(editions.sent_in(run, report.audience, ordered.reader, ordered.period, ordered.now, week)[0])
        for week in (0, last)
    )
    found = []
    for what in before:
        courses = tuple((at, value, after[what][at]) for at, value in before[what].items() if at in after.get(what, {}))
        if courses:
            found.append(Look(what, courses))
    return tuple(found)


def _values(material: Material) -> dict[str, dict[int, float]]:
    """The newest value of each question and score, by partner. What they answered together is nobody's."""
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for number in material.numbers:
        if number.position is not None:
            found[series.label_of(number.series)][number.position] = number.value
    for score in material.scores:
        if score.position is not None:
            whole = score.scale.what[:1].upper() + score.scale.what[1:]
            measure = score.scale.method == "measure"
            found[whole if measure else f"{score.title}: {score.scale.what}"][score.position] = score.value
    return found


def _about(*, clinical: bool) -> tuple[str, ...]:
    if clinical:
        return (
            _("Counted by what fell due. Skipping is information, not failure. What anybody keeps alone is not in it."),
            _("It holds private answers. Keep it in the clinical record and do not hand it to anybody in the couple."),
        )
    return (_("It tells what was done and could be read by those it is for, and nothing else."),)


# ── laying out ───────────────────────────────────────────────────────────────


def lay_out(document: ProgramReport) -> Layout:
    """Weeks as one table, with their name on the first row."""
    context, pictures = layout.begin(document)
    document = context["report"]
    names = {partner.position: partner.name for partner in document.partners}
    positions = sorted({at for one in document.looks for at, _first, _last in one.courses})
    context |= {
        "small": True,
        "about_title": _("About this report"),
        "headlines": [(line, None) for line in document.headlines],
        "weeks": [
            {"week": week, "odd": at % 2, "rows": [_cells(row, document) for row in week.rows]}
            for at, week in enumerate(document.weeks)
        ],
        "looks": [
            {
                "what": one.what,
                "cells": [_look({at: (a, b) for at, a, b in one.courses}.get(p)) for p in positions],
            }
            for one in document.looks
        ],
        "people": [{"letter": marks.letter(at), "name": names[at]} for at in positions],
    }
    return Layout("reports/paper/program.html", context, layout.files_of(document, pictures))


def _cells(row: Row, document: ProgramReport) -> dict[str, Any]:
    there = {cell.position: cell for cell in row.cells}
    return {"row": row, "cells": [there.get(partner.position) for partner in document.partners]}


def _look(course: tuple[float, float] | None) -> str:
    if course is None:
        return "–"
    first, last = course
    return f"{findings.number(first)} → {findings.number(last)} ({findings.change(first, last)})"


register(Composer(kind=Kind.PROGRAM, compose=compose, lay_out=lay_out, parts=PARTS))
