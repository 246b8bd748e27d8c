"""A report as a PDF.

`render()` belongs in a task: it takes seconds and loads WeasyPrint, which a web process never needs.
Importing this module loads neither.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from reports import enclosures
from reports.colours import house_colour
from reports.fingerprint import content_code
from reports.paper import Document
from reports.pictures import Files
from reports.wording import tidied


class NotPrinted(Exception):
    """A report that would have come out incomplete. Says what kind of thing went wrong, never whose."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished PDF. `notes` are the renderer's complaints that spoil nothing, such as a sign no font has."""

    pdf: bytes
    sha256: str
    pages: int
    code: str
    notes: tuple[str, ...] = ()


def render(report: Document) -> Rendered:
    """Print a report. The same report gives the same bytes, on any day and in any process."""
    from reports import press

    report = tidied(report)
    html, files = written(report)
    colour = house_colour(report.letterhead.colour)
    printed = press.print_html(
        html, files, paper=report.paper, colour=colour, issued=report.issued, enclosed=enclosures.of(report)
    )
    return Rendered(
        pdf=printed.pdf,
        sha256=hashlib.sha256(printed.pdf).hexdigest(),
        pages=printed.pages,
        code=content_code(report),
        notes=printed.notes,
    )


def written(report: Document) -> tuple[str, Files]:
    """The whole report as one page of HTML, and the pictures it names. Expects tidied text."""
    from reports.kinds import composer_of  # the kinds know rows; this module is read without any

    with translation.override(report.language):
        laid = composer_of(report.kind).lay_out(report)
        return render_to_string(laid.template, laid.context), laid.files
