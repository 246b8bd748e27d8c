"""Workbooks for tests: rows of the sheets of an XLSForm as bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl

Rows = Sequence[Sequence[Any]]
HEADER = ("type", "name", "label", "hint", "required", "relevant", "constraint", "appearance", "parameters", "default")
CHOICES = (("list_name", "name", "label"), ("kept", "yes", "We did"), ("kept", "no", "Not yet"),
           ("feeling", "calm", "Calm"), ("feeling", "tense", "Tense"))  # fmt: skip


def workbook(survey: Rows, *, header: Sequence[str] = HEADER, choices: Rows = CHOICES, **sheets: Rows) -> bytes:
    """An XLSForm with these rows."""
    book = openpyxl.Workbook()
    first = book.active
    first.title = "survey"
    for row in (header, *survey):
        first.append(list(row))
    for name, rows in {"choices": choices, **sheets}.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, change: Any) -> bytes:
    """The same workbook with one of its parts changed, as nobody's spreadsheet program would."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.namelist():
            new.writestr(one, change(old.read(one)) if one == name else old.read(one))
    return out.getvalue()
