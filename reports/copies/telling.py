"""A copy in words: the gathered rows as sections that a person can read, for the page and for the paper.

The active language and time zone are the person's. Every table has a heading and every column that is told a label:
a new one without them fails ``tests/reports/test_copies.py``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from exercises import kept_own, measures
from exercises.conditions import visible
from exercises.languages import language_of, spoken
from exercises.models import Answer, Draft, Edition, Response
from exercises.saying import SaidAnswer, lines
from exercises.vocabulary import Lane
from practice import times
from practice.models import Practice
from practice.registry import Reads
from reports.copies.gathering import Names, Table
from reports.wording import tidy

_l = gettext_lazy
Words = str | Promise

#: The sections in their order, by table. What belongs inside of another one's entries has no heading of its own.
HEADINGS: dict[str, Words] = {
    "clients.Client": _l("You"),
    "clients.Contact": _l("How you are reached"),
    "clients.Reach": _l("What you asked to be sent"),
    "clients.Consent": _l("What you agreed to"),
    "clients.Couple": _l("Your care"),
    "clients.Partner": _l("Your place in it"),
    "clients.Appointment": _l("Sessions"),
    "exercises.Response": _l("What you sent"),
    "exercises.Draft": _l("Begun and not sent"),
    "exercises.JournalEntry": _l("Your own pages"),
    "exercises.Thread": _l("What was said"),
    "exercises.Goal": _l("What you want to reach"),
    "exercises.GoalRating": _l("How far you said you are"),
    "exercises.Agreement": _l("Agreements"),
    "exercises.AgreementVersion": _l("Agreements in their words"),
    "exercises.Assent": _l("Who said yes to them"),
    "exercises.Feedback": _l("How it went"),
    "exercises.Win": _l("What went well"),
    "exercises.Attachment": _l("Pictures, voice notes and files"),
    "reports.Score": _l("Scores"),
    "exercises.MeasureEntry": _l("Scores of paper forms"),
    "reports.Release": _l("Scores that you were shown"),
    "reports.Showing": _l("Scores that you show"),
    "reports.Report": _l("Documents"),
    "exercises.Assignment": _l("What you were given"),
    "exercises.Occurrence": _l("When it was asked"),
    "exercises.ProgramRun": _l("Programs"),
    "exercises.Sitting": _l("Times together"),
    "exercises.Draw": _l("Cards"),
    "exercises.Review": _l("What your therapist looked back on"),
    "clients.ErasureRequest": _l("What you asked to have erased"),
    "clients.PortalVisit": _l("When you signed in"),
    "practice.Message": _l("What was sent to you, without its words"),
}
#: Told inside of the entry that they belong to.
WITHIN = {"exercises.Answer": "exercises.Response", "exercises.Comment": "exercises.Thread"}

#: What columns are called where the model itself does not say it.
LABELS: dict[str, Words] = {
    "answer": _l("answer"),
    "answered_at": _l("answered"),
    "answered_by": _l("answered by"),
    "asked_at": _l("asked"),
    "erased_at": _l("erased"),
    "keeps_until": _l("kept until"),
    "noted_by": _l("noted by"),
    "answers": _l("what was typed"),
    "about": _l("what"),
    "agreement": _l("agreement"),
    "apart": _l("apart from the others"),
    "appointment": _l("session"),
    "asks_about_safety": _l("asks about safety"),
    "assignment": _l("belongs to"),
    "at": _l("when"),
    "audience": _l("for"),
    "author": _l("by"),
    "author_keeps": _l("you can read it again"),
    "begun_at": _l("begun"),
    "begun_by": _l("begun by"),
    "cancelled_at": _l("called off"),
    "card": _l("card"),
    "changed_at": _l("changed"),
    "channel": _l("way"),
    "choices": _l("chosen"),
    "client": _l("of"),
    "closed_at": _l("closed"),
    "closes_at": _l("closes"),
    "closes_hours_after": _l("hours until it closes"),
    "code": _l("content code"),
    "comment": _l("belongs to"),
    "confirmed_at": _l("confirmed"),
    "content_type": _l("format"),
    "continues": _l("carries on"),
    "definition_version": _l("edition of the form"),
    "done_at": _l("done"),
    "drawn_at": _l("turned over"),
    "dropped_at": _l("dropped"),
    "due_at": _l("due"),
    "due_hours_before": _l("hours before the session"),
    "edition": _l("exercise"),
    "ended_at": _l("ended"),
    "ended_by": _l("ended how"),
    "extent": _l("how much of it"),
    "finished_at": _l("finished"),
    "first_read_at": _l("first read by your therapist"),
    "follow_up": _l("afterwards"),
    "follow_up_hours": _l("hours until then"),
    "follow_up_when": _l("after which"),
    "follows": _l("follows"),
    "given_at": _l("given"),
    "given_by": _l("given by"),
    "goal": _l("for"),
    "grace_hours": _l("hours of grace"),
    "grace_until": _l("not late until"),
    "imported_at": _l("brought in"),
    "journal_entry": _l("belongs to"),
    "key": _l("about"),
    "kind": _l("kind"),
    "lane": _l("who reads"),
    "latest_at": _l("last word"),
    "left_at": _l("left"),
    "made_at": _l("made"),
    "marked_at": _l("marked"),
    "measure": _l("measure"),
    "membership": _l("by"),
    "missed_at": _l("missed"),
    "moved_at": _l("moved"),
    "name": _l("what it is"),
    "noted_at": _l("noted"),
    "number": _l("number"),
    "occurrence": _l("belongs to"),
    "opened_at": _l("begun"),
    "opens_by": _l("opens"),
    "opens_hours_before": _l("hours before it is due"),
    "outcome": _l("what became of it"),
    "pages": _l("pages"),
    "parts": _l("parts"),
    "partner": _l("for"),
    "paused_at": _l("paused"),
    "paused_until": _l("paused until"),
    "phone": _l("number"),
    "planned_for": _l("planned for"),
    "policy": _l("number of the policy"),
    "program": _l("program"),
    "prorated": _l("reckoned from part of the answers"),
    "proposed_at": _l("proposed"),
    "proposed_by": _l("proposed by"),
    "questions": _l("questions"),
    "rated_at": _l("rated"),
    "reached_at": _l("reached"),
    "reason": _l("why"),
    "reference": _l("reference"),
    "released_at": _l("handed over"),
    "released_by": _l("handed over by"),
    "reminder_steps": _l("reminders"),
    "response": _l("belongs to"),
    "resumes_on": _l("goes on"),
    "reviewed_at": _l("when"),
    "reviews": _l("comes back for a look"),
    "revision": _l("time it was sent"),
    "round": _l("round"),
    "rule": _l("rhythm"),
    "run": _l("program"),
    "run_week": _l("week of the program"),
    "said_at": _l("said"),
    "saved_at": _l("saved"),
    "scored": _l("questions that count"),
    "sequence": _l("change"),
    "series": _l("measure"),
    "set_by": _l("set by"),
    "sha256": _l("fingerprint"),
    "shows": _l("shown"),
    "since": _l("since"),
    "size": _l("bytes"),
    "skipped_by": _l("left out by"),
    "started_at": _l("begun"),
    "started_by": _l("begun by"),
    "state": _l("state"),
    "submitted_at": _l("sent"),
    "subscales": _l("parts"),
    "taken_back_at": _l("taken back"),
    "text": _l("words"),
    "too_much": _l("too much"),
    "topic": _l("about"),
    "total": _l("score"),
    "uploaded_by": _l("added by"),
    "value": _l("value"),
    "version": _l("version"),
    "week": _l("week"),
    "week_opened_at": _l("week begun"),
    "withdrawn_at": _l("taken back"),
    "withdrawn_by": _l("taken back by"),
    "written_at": _l("written"),
    "written_by": _l("written by"),
    "obstacles": _l("what got in the way"),
    "difficulty": _l("how hard"),
    "usefulness": _l("how useful"),
    "mode": _l("how"),
    "thread": _l("belongs to"),
}


#: Who reads, as somebody hears it who reads about themselves.
LANES: dict[str, Words] = {
    Lane.OWN: _l("you alone"),
    Lane.PRIVATE: _l("you and your therapist"),
    Lane.REVEAL: _l("all of you, once it has opened"),
    Lane.SHARED: _l("all of you"),
    Lane.JOINT: _l("all of you: one answer, together"),
}

#: Of use to programs alone: told in data.json, and not in words.
ONLY_AS_DATA = frozenset(
    [
        *("Score.questions", "Score.scored", "Score.rule", "Attachment.sha256", "Report.sha256", "Assignment.rule"),
        *("MeasureEntry.definition_version", "Appointment.sequence", "Appointment.series", "Review.apart"),
        "Appointment.changed_at",
    ]
)


@dataclass(frozen=True)
class Line:
    """One thing that is said: what, and in which words. A grid has ``rows``."""

    label: str
    words: str
    long: bool = False
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """One row in words. Without a title it is one of many of its kind."""

    lines: list[Line]
    title: str = ""
    when: str = ""

    @property
    def is_short(self) -> bool:
        """Whether it is said in one line."""
        return not self.title and not any(one.long or one.rows for one in self.lines)


@dataclass(frozen=True)
class Section:
    title: str
    entries: list[Entry] = field(default_factory=list)


def sections(tables: Iterable[Table], known: Names, person: Client, practice: Practice) -> list[Section]:
    """Put every table that holds anything into words, in the order of :data:`HEADINGS`."""
    return _Telling(list(tables), known, person, practice).sections()


def label(one: models.Field) -> str:
    """What a column is called."""
    given: Any = one._verbose_name  # type: ignore[attr-defined]
    return str(capfirst(str(given or LABELS[one.name])))


class _Telling:
    def __init__(self, tables: list[Table], known: Names, person: Client, practice: Practice) -> None:
        self.tables = {one.name: one for one in tables}
        self.known, self.person, self.practice = known, person, practice
        self.language = language_of(person, practice)
        self.titles = dict(self._titles())

    def sections(self) -> list[Section]:
        found = []
        for name, title in HEADINGS.items():
            table = self.tables.get(name)
            if table is not None and table.rows:
                entries = [one for one in map(self._teller(name, table), table.rows) if one.lines or one.title]
                found.append(Section(str(title), entries))
        return [one for one in found if one.entries]

    def _teller(self, name: str, table: Table) -> Any:
        match name:
            case "exercises.Response":
                return self._response
            case "exercises.Draft":
                begun = {draft.pk: (draft, edition) for draft, edition in kept_own.begun_by(self.person)}
                return lambda row: self._draft(row, begun)
            case "exercises.Thread":
                return self._thread
        return lambda row: Entry(list(self._lines(table, row)))

    # ── titles of what rows belong to ────────────────────────────────────────

    def _titles(self) -> Iterator[tuple[uuid.UUID, str]]:
        editions = {}
        for one in self._rows("exercises.Assignment"):
            editions[one.pk] = self.known.titles.get(one.edition_id, "")
            yield one.pk, editions[one.pk]
        asked = {one.pk: one.assignment_id for one in self._rows("exercises.Occurrence")}
        for pk, assignment in asked.items():
            yield pk, editions.get(assignment, "")
        for one in self._rows("exercises.Response"):
            yield one.pk, self.known.titles.get(one.edition_id, "")
        for one in self._rows("exercises.Goal"):
            yield one.pk, str(one.words)
        agreements = {one.pk: str(one.title) for one in self._rows("exercises.Agreement")}
        yield from agreements.items()
        for one in self._rows("exercises.AgreementVersion"):
            yield one.pk, f"{agreements.get(one.agreement_id, '')} ({one.number})"
        for one in self._rows("clients.Appointment"):
            yield one.pk, _when(one.starts_at)
        for one in self._rows("exercises.JournalEntry"):
            yield one.pk, _when(one.written_at)
        for one in self._rows("exercises.ProgramRun"):
            yield one.pk, self.known.titles.get(one.program_id, "")

    def _rows(self, name: str) -> list[Any]:
        return self.tables[name].rows if name in self.tables else []

    # ── rows, column by column ───────────────────────────────────────────────

    def _lines(self, table: Table, row: Any) -> Iterator[Line]:
        for one in table.fields:
            value = getattr(row, one.attname)
            if one.name == "id" or not (value or value == 0) or value is False or self._goes_without(table, one, value):
                continue
            words = self._words(row, one, value)
            if words:
                yield Line(label(one), tidy(words), long=len(words) > 60 or "\n" in words)

    def _goes_without(self, table: Table, one: models.Field, value: Any) -> bool:
        """Whether everybody knows it anyway, or nobody but a program asks for it."""
        mine = one.name == table.record.person and value == self.person.pk and table.record.lane != Reads.AUDIENCE
        return mine or f"{table.record.class_.__name__}.{one.name}" in ONLY_AS_DATA

    def _words(self, row: Any, one: models.Field, value: Any) -> str:
        named = self.known.of(one, value)
        if named is not value:
            return ", ".join(filter(None, named)) if isinstance(named, list) else str(named)
        if one.is_relation:
            return self.titles.get(value, "")
        if one.name == "lane":
            return str(LANES[value])
        if one.choices:
            return str(getattr(row, f"get_{one.name}_display")())
        if one.name in ("series", "measure"):
            measure = measures.find(str(value))
            return measure.name if measure is not None else str(value)
        return said(value)

    # ── what has a form of its own ───────────────────────────────────────────

    def _response(self, row: Response) -> Entry:
        values = {one.key: one.value for one in self._answers(row.pk)}
        edition = self._editions()[row.edition_id]
        told = spoken(edition, self.language)
        answered = [one for one in lines(told.form, values, visible(told.form, values).questions) if not one.blank]
        head = [Line(_("Who reads"), str(LANES[row.lane]))]
        if row.author_id != self.person.pk:
            head.append(Line(_("By"), self.known.people.get(row.author_id, "")))
        if row.revision > 1:
            head.append(Line(_("Changed"), _("sent %(n)d times, this is the last") % {"n": row.revision}))
        return Entry(head + [_answer(one) for one in answered], tidy(told.title), _when(row.submitted_at))

    def _answers(self, response: uuid.UUID) -> list[Answer]:
        if not hasattr(self, "_by_response"):
            self._by_response: dict[uuid.UUID, list[Answer]] = {}
            for one in self._rows("exercises.Answer"):
                self._by_response.setdefault(one.response_id, []).append(one)
        return self._by_response.get(response, [])

    def _editions(self) -> dict[uuid.UUID, Edition]:
        if not hasattr(self, "_by_edition"):
            wanted = {one.edition_id for one in self._rows("exercises.Response")}
            self._by_edition = Edition.objects.in_bulk(list(wanted))
        return self._by_edition

    def _draft(self, row: Draft, begun: dict[uuid.UUID, tuple[Draft, Edition]]) -> Entry:
        if row.pk not in begun:
            return Entry([])
        own = kept_own.read_draft(*begun[row.pk], self.person, self.practice)
        return Entry([_answer(one) for one in own.answers], tidy(own.title), _when(row.saved_at))

    def _thread(self, row: Any) -> Entry:
        said_here = [one for one in self._rows("exercises.Comment") if one.thread_id == row.pk]
        told = []
        for one in said_here:
            by = self.known.staff.get(one.membership_id) or self.known.people.get(one.author_id, "")
            told.append(Line(f"{by}, {_when(one.said_at)}", tidy(str(one.text)), long=True))
        about = self.titles.get(row.assignment_id) or self.titles.get(row.response_id) or ""
        people = ", ".join(filter(None, (self.known.people.get(one, "") for one in row.audience)))
        return Entry(told, tidy(about or people), _when(row.opened_at))


def _answer(one: SaidAnswer) -> Line:
    asked = tidy(f"{one.head}: {one.label}" if one.head else one.label)
    if one.declined:
        return Line(asked, _("I would rather not say"))
    if one.rows:
        return Line(asked, "", rows=tuple((tidy(row.label), tidy(row.words or "–")) for row in one.rows))
    return Line(asked, tidy(one.words), long=one.is_text)


def said(value: Any) -> str:
    """Return a plain value in words of the active language, times by the active clock."""
    match value:
        case bool():
            return _("yes") if value else _("no")
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return _when(value)
        case date():
            return date_format(value, "j F Y")
        case time():
            return f"{value:%H:%M}"
        case list() | tuple():
            return ", ".join(filter(None, map(said, value)))
        case dict():
            return ", ".join(f"{key}: {said(one)}" for key, one in value.items())
        case uuid.UUID():
            return ""
    return str(value)


def _when(moment: datetime) -> str:
    return f"{times.day_month(moment)}, {times.local_time(moment)}"
