"""What a kind of report must say of itself, and what it is handed to work from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import import_module
from typing import Any

from django.utils import timezone

from clients.models import Client, Couple, Partner
from clients.status import ENDED
from practice.models import Practice
from reports import editions, paper
from reports.material import Material, Period
from reports.metrics import Facts, reading
from reports.models import Report
from reports.pictures import Files


class NotTold(Exception):
    """This edition may not say it, or there is nothing there to say."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a kind that can be left out. ``label`` is lazily translated; ``clinical`` ones stay with therapists."""

    key: str
    label: Any
    clinical: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was asked for, and the moment that decides what may be read.

    ``report`` is the row; it need not be saved, which is how a preview is drawn. ``couple`` comes with its
    partners. A composer reads rows through :mod:`reports.editions` alone.
    """

    report: Report
    couple: Couple
    practice: Practice
    letterhead: paper.Letterhead
    language: str
    now: datetime

    @property
    def period(self) -> Period:
        return Period(self.report.begins_on, self.report.ends_on, self.couple.zone)

    @property
    def issued(self) -> date:
        return timezone.localtime(self.report.requested_at or self.now, self.practice.zone).date()

    @property
    def partner(self) -> Client | None:
        """Whom the row names: whose edition it is, or whom a clinical one is about."""
        return next((one for one in self.couple.clients if one.pk == self.report.partner_id), None)

    @property
    def reader(self) -> Client | None:
        """The one partner whom this edition is for, or None."""
        return self.partner if self.report.audience == Report.Audience.PARTNER else None

    def _is_about(self, partner: Partner) -> bool:
        if self.reader is not None and (self.couple.status in ENDED or partner.client_id == self.reader.pk):
            return partner.client_id == self.reader.pk
        return partner.left_at is None or self.report.audience == Report.Audience.CLINICAL

    def has(self, part: str) -> bool:
        """Whether a part was chosen. Nothing chosen is everything."""
        return not self.report.parts or part in self.report.parts

    def material(self, period: Period | None = None) -> Material:
        """Read what this edition may say, and nothing else."""
        within = period or self.period
        if self.report.audience == Report.Audience.CLINICAL:
            return editions.clinical_material(self.couple, within, self.now)
        if self.reader is not None:
            return editions.partner_material(self.couple, self.reader, within, self.now)
        return editions.shared_material(self.couple, within, self.now)

    def facts(self) -> Facts:
        """Read what the metrics of this edition may be counted from, and nothing else."""
        if self.report.audience == Report.Audience.CLINICAL:
            return reading.clinical(self.couple, self.practice, self.period, self.now)
        return reading.shared(self.couple, self.period, self.now, self.reader)

    def head(self) -> dict[str, Any]:
        """Return what every :class:`reports.paper.Document` begins with."""
        said = self.report
        here = [one for one in self.couple.partners.all() if self._is_about(one)]
        if self.reader is not None:
            here.sort(key=lambda one: one.client_id != self.report.partner_id)  # their own line stands first
        return {
            "edition": said.audience,
            "letterhead": self.letterhead,
            "partners": tuple(paper.Partner(one.client.name, one.position) for one in here),
            "reader": self.reader.name if self.reader else "",
            "starts": said.begins_on,
            "ends": said.ends_on,
            "issued": self.issued,
            "made": timezone.localtime(self.report.requested_at or self.now, self.practice.zone),
            "reference": said.reference,
            "prepared_by": said.requested_by.name if said.requested_by_id else "",
            "paper": "letter" if said.paper == Report.Paper.LETTER else "a4",
            "language": self.language,
            "summary": paper.paragraphs(str(said.summary)),
        }


@dataclass(frozen=True, slots=True)
class Layout:
    """A document ready to be filled into its template: the context, and the pictures it names."""

    template: str
    context: dict[str, Any]
    files: Files


@dataclass(frozen=True, slots=True)
class Composer:
    """One kind of report.

    ``compose`` reads (inside the practice, as Attune itself) and returns plain values; ``lay_out`` gets these
    values back, tidied, with their language active, and reads nothing. ``editions`` are those it can be made in,
    ``parts`` what may be left out.
    """

    kind: str
    compose: Callable[[Ordered], paper.Document]
    lay_out: Callable[[Any], Layout]
    editions: tuple[str, ...] = tuple(Report.Audience.values)
    parts: tuple[Part, ...] = ()

    def parts_for(self, audience: str) -> tuple[Part, ...]:
        """The parts that can be chosen in one edition."""
        return tuple(one for one in self.parts if audience == Report.Audience.CLINICAL or not one.clinical)


#: One module for each kind, loaded when the first one is asked for.
MODULES = ("progress", "sheet", "measure", "response", "program", "closing")
_composers: dict[str, Composer] = {}


def register(composer: Composer) -> Composer:
    """Make a kind known; called once at the end of its module."""
    _composers[composer.kind] = composer
    return composer


@cache
def _load() -> None:
    for name in MODULES:
        import_module(f"reports.kinds.{name}")


def composers() -> dict[str, Composer]:
    """Every kind there is, by its key."""
    _load()
    return dict(_composers)


def composer_of(kind: str) -> Composer:
    """Return the composer of a kind; raise LookupError for one that nobody registered."""
    _load()
    try:
        return _composers[kind]
    except KeyError:
        raise LookupError(f"Nobody composes reports of the kind {kind!r}.") from None
