"""A report as it would come out, shown on a page before anybody asks for it. Nothing is written.

It is the very HTML that the printer gets, with the same stylesheets. What the printer finds under addresses of
its own stands in it as data, so that the page that shows it needs to fetch nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from clients.models import Couple
from practice.models import Practice
from reports import pdf, progress
from reports.colours import house_colour
from reports.models import Report
from reports.paper import Document
from reports.wording import tidied

_address = re.compile(r'src="(report:[a-z0-9/]+)"')
_head = re.compile(r"<head>.*?</head>", re.DOTALL)


def preview(report: Report, couple: Couple, practice: Practice) -> SafeString:
    """Return the page of a report that is not saved, as it may be said now. Needs ``with_partners``."""
    return shown(progress.of_report(report, couple, practice, timezone.now()))


def shown(document: Document) -> SafeString:
    """Return a document's page for the screen."""
    document = tidied(document)
    html, files = pdf.written(document)
    colour = house_colour(document.letterhead.colour)
    head = render_to_string("reports/_preview_head.html", {"paper": document.paper, "colour": colour})
    html = _head.sub(lambda _found: head, html, count=1)
    return mark_safe(_address.sub(lambda found: _as_data(found[1], files), html))  # noqa: S308 the templates escaped it


def _as_data(address: str, files: Mapping[str, tuple[bytes, str]]) -> str:
    body, kind = files[address]
    return f'src="data:{kind};base64,{base64.b64encode(body).decode()}"'
