"""The session sheet on paper: one page to look at before a session, or to lay on the table in it.

The clinical edition is the therapist's own, without anybody's private part and without staff notes, which are
no part of the record. The shared one is the view for the table. One page is the point of it: lists are capped,
long words are cut, and a full sheet is set smaller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Appointment
from exercises.goals import A_FEW
from exercises.vocabulary import Lane
from practice import times
from reports import charts, editions, findings, goals, layout, marks, paper, sheet
from reports.kinds.base import Composer, Layout, Ordered, Part, register
from reports.material import Material
from reports.models.report import Audience, Kind
from reports.sheet_numbers import Compared
from reports.sheet_rounds import Row

PARTS = (
    Part("since", gettext_lazy("Since the last session")),
    Part("apart", gettext_lazy("Furthest apart, and in agreement")),
    Part("goals", gettext_lazy("Goals")),
    Part("scores", gettext_lazy("New scores"), clinical=True),
    Part("bring", gettext_lazy("What to bring up"), clinical=True),
    Part("open", gettext_lazy("Answers not worked through, and messages that did not arrive"), clinical=True),
    Part("next", gettext_lazy("Where to start"), clinical=True),
)
#: Letters of somebody's words that fit a line or two of half a page.
A_LINE, A_TITLE, PACKED = 110, 64, 46
#: Lines of a sheet up to which it is set larger, with room to write, and from which smaller: it stays one page.
ROOMY, FULL = 44, 60


@dataclass(frozen=True, slots=True)
class Said:
    """Words beside a partner's name; without a position they are nobody's own."""

    words: str
    position: int | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One thing that was given. ``cells`` say how it went for each; ``together`` for all of them at once."""

    what: str
    lane: str
    cells: tuple[Said, ...] = ()
    reasons: tuple[Said, ...] = ()
    together: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """One partner's newest score of a measure, as words."""

    measure: str
    position: int
    start: str
    last: str
    now: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where everybody stands on one question, between the ends of its scale."""

    row: paper.Difference
    title: str
    low: float
    high: float
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSheet(paper.Document):
    """One session's page."""

    kind: ClassVar[str] = "sheet"

    session: str
    since: str
    risk: str = ""
    calm: str = ""
    given: tuple[Given, ...] = ()
    scores: tuple[Score, ...] = ()
    far: tuple[Place, ...] = ()
    near: tuple[Place, ...] = ()
    goals: tuple[paper.Goal, ...] = ()
    bring: tuple[Said, ...] = ()
    cards: tuple[str, ...] = ()
    obstacles: tuple[Said, ...] = ()
    to_review: int = 0
    waiting: tuple[Said, ...] = ()
    unreached: tuple[str, ...] = ()
    next: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        """About how many lines of half a page it takes."""
        taken = 2 * sum(bool(part) for part in (self.given, self.scores, self.far, self.near, self.goals, self.bring))
        taken += 2 * sum(bool(part) for part in (self.cards, self.obstacles, self.waiting, self.unreached, self.next))
        taken += sum(2 + len(one.reasons) + len(one.cells) // 2 for one in self.given)
        taken += len(self.scores) + 3 * (len(self.far) + len(self.near))
        taken += sum(1 + len(one.courses) + len(one.text) // 48 for one in self.goals)
        said = [*self.bring, *self.obstacles, *self.waiting]
        return taken + sum(1 + len(one.words + one.about) // 48 for one in said) + len(self.cards) * 2


# ── reading ──────────────────────────────────────────────────────────────────


def compose(ordered: Ordered) -> SessionSheet:
    """Read what the one or the other view may hold; for the table nothing else is ever read."""
    span = sheet.span_of(ordered.couple, _appointment(ordered), ordered.now)
    head = ordered.head()
    head |= {"session": _session(ordered, span), "since": _since(ordered, span)}
    if ordered.report.audience == Audience.CLINICAL:
        return _yours(ordered, span, head)
    shown = sheet.for_the_table(ordered.couple, span, ordered.now)
    return SessionSheet(**head, **_open_parts(ordered, shown))


def _appointment(ordered: Ordered) -> Appointment | None:
    pk = ordered.report.appointment_id
    return Appointment.objects.filter(couple=ordered.couple, pk=pk, audience=[]).first() if pk else None


def _yours(ordered: Ordered, span: sheet.Span, head: dict[str, Any]) -> SessionSheet:
    shown = sheet.yours(ordered.couple, span, ordered.report.requested_by, ordered.now, with_notes=False)
    bring, still_open = ordered.has("bring"), ordered.has("open")
    return SessionSheet(
        **head,
        **_open_parts(ordered, shown),
        risk=_risk(len(shown.alerts)),
        calm="" if shown.alerts else _calm(ordered, shown),
        scores=tuple(_score(one) for one in shown.scores) if ordered.has("scores") else (),
        bring=tuple(map(_item, shown.agenda)) if bring else (),
        cards=tuple(_cut(one) for one in shown.cards) if bring else (),
        obstacles=tuple(_obstacle(one) for one in shown.obstacles) if ordered.has("since") else (),
        to_review=shown.to_review if still_open else 0,
        waiting=tuple(map(_waiting, shown.quotes)) if still_open else (),
        unreached=tuple(one.detail for one in shown.unreached) if still_open else (),
        next=tuple(shown.next) if ordered.has("next") else (),
    )


def _open_parts(ordered: Ordered, shown: sheet.Sheet) -> dict[str, Any]:
    apart = ordered.has("apart")
    return {
        "given": tuple(_given(one) for one in shown.rows) if ordered.has("since") else (),
        "far": tuple(map(_place, shown.far)) if apart else (),
        "near": tuple(map(_place, shown.near)) if apart else (),
        "goals": _goals(ordered) if ordered.has("goals") else (),
    }


def _goals(ordered: Ordered) -> tuple[paper.Goal, ...]:
    """The goals that are everybody's and go on. What one partner has alone stands on no sheet."""
    found = [one for one in goals.goals(_going_on(ordered)) if not one.private]
    return tuple(replace(one, text=_cut(one.text), served_by=()) for one in found[:A_FEW])


def _going_on(ordered: Ordered) -> Material:
    report = ordered.report
    return editions.aims_going_on(ordered.couple, report.audience, ordered.reader, ordered.period, ordered.now)


def _session(ordered: Ordered, span: sheet.Span) -> str:
    number = _("Session %(n)s") % {"n": span.number}
    if span.appointment is None:
        return _("%(session)s, not planned yet") % {"session": number}
    return f"{number}, {times.weekday_date_time(span.appointment.starts_at, ordered.couple.zone)}"


def _since(ordered: Ordered, span: sheet.Span) -> str:
    if span.before is None:
        return _("Since the beginning")
    return _("Since %(day)s") % {"day": times.day_month(span.since, ordered.couple.zone)}


def _risk(count: int) -> str:
    if not count:
        return ""
    words = ngettext(
        "%(n)d answer to look at before anything else, with nobody beside you.",
        "%(n)d answers to look at before anything else, with nobody beside you.",
        count,
    )
    return words % {"n": count}


def _calm(ordered: Ordered, shown: sheet.Sheet) -> str:
    if shown.clearance is None:
        return _("No answer waits to be looked at. Joint work is not cleared yet.")
    day = times.day_month(shown.clearance.recorded_at, ordered.couple.zone)
    return _("No answer waits to be looked at. Joint work was cleared on %(day)s.") % {"day": day}


def _given(row: Row) -> Given:
    return Given(
        what=_cut(row.title, A_TITLE),
        lane=str(Lane(row.lane).label),
        cells=tuple(Said(cell.words, cell.position) for cell in row.cells),
        reasons=tuple(Said(_cut(cell.reason), cell.position) for cell in row.cells if cell.reason),
        together=row.together,
    )


def _score(one: Any) -> Score:
    return Score(one.measure, one.position, one.start, one.last, one.now, one.verdict)


def _place(one: Compared) -> Place:
    row = replace(one.row, statement=_cut(one.label, A_TITLE + 20))
    return Place(row, _cut(one.title, A_TITLE), one.low, one.high, one.sealed)


def _item(one: Any) -> Said:
    words = _cut(str(one.words))
    if one.response is None:
        return Said(words)
    return Said(words, about=f"{one.response.edition.title}, {one.response.author.name}")


def _obstacle(one: Any) -> Said:
    return Said(_cut(one.words), one.position, _cut(one.title, A_TITLE))


def _waiting(event: Any) -> Said:
    words = _cut(event.quotes[0].words) if event.quotes else ""
    about = _("%(title)s, still sealed for them") % {"title": event.title} if event.sealed else event.title
    return Said(words, event.position, _cut(about, A_TITLE + 30))


def _cut(words: str, most: int = A_LINE) -> str:
    return Truncator(" ".join(words.split())).chars(most)


# ── laying out ───────────────────────────────────────────────────────────────


def lay_out(document: SessionSheet) -> Layout:
    """Name everybody, and draw the scales."""
    context, pictures = layout.begin(document)
    is_full = document.lines > FULL
    document = context["report"] = _packed(context["report"]) if is_full else context["report"]
    names = {partner.position: partner.name for partner in document.partners}

    def places(rows: Iterable[Place]) -> list[dict[str, Any]]:
        found = []
        for one in rows:
            finding = findings.of_difference(one.row, names)
            picture = pictures.add(charts.dumbbell(one.row, one.low, one.high, title=finding), finding)
            answers = [_who(Said(findings.number(value), at), names) for at, value in one.row.answers]
            found.append({"place": one, "picture": picture, "answers": answers})
        return found

    context |= {
        "small": True,
        "period_label": _("Session"),
        "period": document.session,
        "given": [
            {
                "row": one,
                "cells": [_who(cell, names) for cell in one.cells],
                "reasons": [_who(cell, names) for cell in one.reasons],
            }
            for one in document.given
        ],
        "scores": [{"score": one, "name": names[one.position], "letter": _letter(one)} for one in document.scores],
        "groups": [
            (_("Furthest apart") if document.is_clinical else _("Places to be curious"), places(document.far)),
            (_("In agreement"), places(document.near)),
        ],
        "goals": [{"goal": one, "courses": _courses(one, names)} for one in document.goals],
        "obstacles": [_who(one, names) for one in document.obstacles],
        "waiting": [_who(one, names) for one in document.waiting],
        "size": "sheet--full" if is_full else "sheet--roomy" if document.lines <= ROOMY else "",
        "tight": is_full,
    }
    return Layout("reports/paper/sheet.html", context, layout.files_of(document, pictures))


def _packed(document: SessionSheet) -> SessionSheet:
    """A sheet with more on it than a page holds: the first of each list, and one line of everybody's words."""

    def short(said: tuple[Said, ...], most: int) -> tuple[Said, ...]:
        return tuple(replace(one, words=_cut(one.words, PACKED), about=_cut(one.about, PACKED)) for one in said[:most])

    def place(one: Place) -> Place:
        return replace(one, row=replace(one.row, statement=_cut(one.row.statement, PACKED)))

    return replace(
        document,
        given=tuple(replace(one, what=_cut(one.what, PACKED), reasons=short(one.reasons, 1)) for one in document.given),
        far=tuple(map(place, document.far[:3])),
        near=tuple(map(place, document.near[:2])),
        goals=tuple(replace(one, text=_cut(one.text, PACKED)) for one in document.goals[:3]),
        bring=short(document.bring, 5),
        cards=tuple(_cut(one, PACKED) for one in document.cards[:3]),
        obstacles=short(document.obstacles, 3),
        waiting=short(document.waiting, 2),
        unreached=document.unreached[:2],
        next=document.next[:3],
    )


def _letter(one: Any) -> str:
    return marks.letter(one.position)


def _who(one: Said, names: findings.Names) -> dict[str, Any]:
    at = one.position
    return {"said": one, "name": "" if at is None else names[at], "letter": "" if at is None else marks.letter(at)}


def _courses(goal: paper.Goal, names: findings.Names) -> list[dict[str, str]]:
    return [
        {
            "name": names[one.position],
            "letter": marks.letter(one.position),
            "start": findings.number(one.start) if one.ratings > 1 and one.start != one.now else "",
            "now": findings.number(one.now),
        }
        for one in goal.courses
    ]


register(
    Composer(
        kind=Kind.SHEET,
        compose=compose,
        lay_out=lay_out,
        editions=(Audience.CLINICAL, Audience.SHARED),
        parts=PARTS,
    )
)
