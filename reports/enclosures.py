"""Files that lie inside a PDF: the rows of a long table that its pages leave out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from django.utils import translation
from django.utils.translation import gettext as _

from reports.paper import Document, Given, Together
from reports.paper import Report as Progress
from reports.sections import STATES

#: Signs with which a spreadsheet takes a cell for a formula, their full-width twins among them; and our own mark, so
#: that taking one apostrophe away gives back every text as it was.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20", "'")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One file: its name, what it is in a few words, its text."""

    name: str
    about: str
    text: str


def of(report: Document) -> tuple[Enclosure, ...]:
    """Return what is enclosed in a report: nothing, unless a table had more rows than are printed."""
    if not isinstance(report, Progress) or not report.doing or not report.doing.earlier:
        return ()
    with translation.override(report.language):
        out = io.StringIO()
        write(out, [_heading(report), *(list(_cells(row)) for row in report.doing.earlier)])
        return (Enclosure("earlier.csv", _("The earlier rows of what was done"), out.getvalue()),)


def write(out: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write rows as RFC 4180 has them: commas, quotes doubled, CR LF; and no cell that a spreadsheet would run."""
    csv.writer(out, lineterminator="\r\n").writerows([safe(cell) for cell in row] for row in rows)


def _heading(report: Progress) -> list[str]:
    first = [_("Week"), _("What"), _("Kind"), _("Date")]
    if report.is_clinical:
        return [*first, *(partner.name for partner in report.partners), _("Helpful")]
    return [*first, _("How")]


def _cells(row: Given | Together) -> Iterator[str]:
    yield from (str(row.week), row.what, row.kind)
    if isinstance(row, Together):
        yield from (row.on.isoformat(), row.how)
        return
    yield row.due.isoformat() if row.due else ""
    yield from (str(STATES[state]) if state else "" for state in row.states)
    yield row.helpful


def safe(cell: str) -> str:
    """Return the text, behind an apostrophe where a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
