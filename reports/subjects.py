"""What a report of one kind is about, from the page it is asked for on.

Read as whoever asks: what lies behind their walls is not there for them, and gives a 404 like any other thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Appointment, Client, Couple
from exercises import measured, measures
from exercises.access import partner_or_404, response_or_404
from exercises.models import ProgramRun
from reports import sheet
from reports.days import LONGEST_PERIOD, usual_period
from reports.models.report import Audience, Kind


@dataclass(frozen=True)
class Subject:
    """What is printed: its kind, its days, and the one thing it is about. ``about`` are fields of a report."""

    kind: str
    title: str
    begins_on: date
    ends_on: date
    back: str
    about: Mapping[str, Any] = field(default_factory=dict)
    #: The one partner whose measure or answers it is.
    partner: Client | None = None
    #: Whether other days may be chosen, and whether the therapist's own words belong to it.
    asks_days: bool = False
    asks_words: bool = False
    #: The edition that is proposed where there is somebody to share it with.
    first: str = Audience.CLINICAL

    @property
    def heading(self) -> str:
        return _("New report") if self.kind == Kind.PROGRESS else str(Kind(self.kind).label)

    @property
    def query(self) -> str:
        """How the page of the form is asked for this again."""
        names = {"appointment_id": "session", "response_id": "answers", "run_id": "program", "measure": "measure"}
        said = {names[name]: value for name, value in self.about.items() if name in names and value}
        if self.kind == Kind.MEASURE and self.partner is not None:
            said["of"] = self.partner.pk
        return f"?{urlencode(said)}" if said else ""


def subject_of(kind: str, couple: Couple, query: Mapping[str, str], now: datetime) -> Subject:
    """Return what is asked for; raise Http404 for a kind or a thing that is not there. Needs ``with_partners``."""
    found = _FINDERS.get(kind)
    if found is None:
        raise Http404
    return found(couple, query, now)


def of_progress(couple: Couple, now: datetime) -> Subject:
    """A progress report: of their usual days, with everything in it that may be chosen."""
    first, last = usual_period(couple, _today(couple, now))
    back = reverse("reports_of_couple", args=[couple.pk])
    return Subject(Kind.PROGRESS, "", first, last, back, asks_days=True, asks_words=True, first=Audience.SHARED)


def _today(couple: Couple, now: datetime) -> date:
    return timezone.localtime(now, couple.zone).date()


def _id(query: Mapping[str, str], name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(query[name]) if query.get(name) else None
    except ValueError:
        raise Http404 from None


def _sheet(couple: Couple, query: Mapping[str, str], now: datetime) -> Subject:
    wanted, session = _id(query, "session"), None
    if wanted is not None:
        session = Appointment.objects.filter(couple=couple, pk=wanted, cancelled_at=None, audience=[]).first()
        if session is None:
            raise Http404
    span = sheet.span_of(couple, session, now)
    until = _today(couple, span.until)
    since = min(_today(couple, span.since), until)
    page = reverse("session_sheet", args=[couple.pk])
    if wanted:
        page = reverse("session_sheet_of", args=[couple.pk, wanted])
    about = {"appointment_id": span.appointment.pk if span.appointment else None}
    return Subject(Kind.SHEET, _("Session %(n)s") % {"n": span.number}, since, until, page, about)


def _measure(couple: Couple, query: Mapping[str, str], now: datetime) -> Subject:
    wanted, measure = _id(query, "of"), measures.find(query.get("measure", "").replace("\x00", "")[:20])
    if wanted is None or measure is None or measure.person_only:
        raise Http404
    client = partner_or_404(couple, wanted)
    days = [one.taken_on for one in measured.results(couple, client) if one.measure.key == measure.key]
    if not days:
        raise Http404
    return Subject(
        kind=Kind.MEASURE,
        title=_("%(measure)s of %(name)s") % {"measure": measure.name, "name": client.name},
        begins_on=max(min(days), _today(couple, now) - LONGEST_PERIOD),
        ends_on=_today(couple, now),
        back=reverse("measures_of_partner", args=[couple.pk, client.pk]),
        about={"measure": measure.key},
        partner=client,
        asks_days=True,
    )


def _response(couple: Couple, query: Mapping[str, str], now: datetime) -> Subject:
    wanted = _id(query, "answers")
    if wanted is None:
        raise Http404
    response = response_or_404(couple, wanted)
    day = timezone.localtime(response.submitted_at, couple.zone).date()
    author = partner_or_404(couple, response.author_id)
    return Subject(
        kind=Kind.RESPONSE,
        title=_("%(title)s, %(name)s") % {"title": response.edition.title, "name": author.name},
        begins_on=day,
        ends_on=day,
        back=reverse("response", args=[couple.pk, response.pk]),
        about={"response_id": response.pk},
        partner=author,
    )


def _program(couple: Couple, query: Mapping[str, str], now: datetime) -> Subject:
    wanted = _id(query, "program")
    run = ProgramRun.objects.filter(couple=couple, pk=wanted).first() if wanted else None
    if run is None:
        raise Http404
    first = min(_today(couple, run.given_at), _today(couple, now))
    page = reverse("program_run", args=[couple.pk, run.pk])
    title = run.content["title"]
    about = {"run_id": run.pk}
    return Subject(Kind.PROGRAM, title, first, _today(couple, now), page, about, asks_words=True)


def _closing(couple: Couple, query: Mapping[str, str], now: datetime) -> Subject:
    last = _today(couple, now)
    back = reverse("reports_of_couple", args=[couple.pk])
    title = _("From the first day to now")
    return Subject(Kind.CLOSING, title, min(couple.started_on, last), last, back, asks_words=True)


_FINDERS: dict[str, Callable[[Couple, Mapping[str, str], datetime], Subject]] = {
    Kind.SHEET: _sheet,
    Kind.MEASURE: _measure,
    Kind.RESPONSE: _response,
    Kind.PROGRAM: _program,
    Kind.CLOSING: _closing,
}
