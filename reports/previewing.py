"""A report as it would come out, shown on a page before anybody asks for it. Nothing is written.

It is the very HTML that the printer gets, with the same stylesheets. What the printer finds under addresses of
its own stands in it as data, so that the page that shows it needs to fetch nothing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from reports import pdf
from reports.colours import house_colour
from reports.paper import Document
from reports.wording import tidied

_address = re.compile(r'src="(report:[a-z0-9/]+)"')
_head = re.compile(r"<head>.*?</head>", re.DOTALL)


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
