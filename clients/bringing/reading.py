"""A table from elsewhere, as it was saved: CSV of any common kind, every cell a text."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

MOST_BYTES = 1_000_000
MOST_ROWS = 500
MOST_COLUMNS = 100
DELIMITERS = ",;\t"
#: What other files begin with that people take for a table: a workbook, an old workbook, a PDF, UTF-16.
OTHERS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\xff\xfe", b"\xfe\xff")
#: How a spreadsheet writes a text that must not become a number: ="0123". It calculates nothing.
AS_TEXT = re.compile(r'="([^"]*)"')


class Unreadable(Exception):
    """The file is no table that can be read; the words say why, and what to do."""


@dataclass(frozen=True)
class Row:
    """One row, by the number that a spreadsheet shows beside it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    headers: tuple[str, ...]
    rows: tuple[Row, ...]

    def samples(self, column: int) -> list[str]:
        """Return the first cells of a column that hold something."""
        return [row.cells[column][:60] for row in self.rows if row.cells[column]][:2]


def read(data: bytes) -> Table:
    """Return the table in a file; raise :class:`Unreadable`. Nothing in it is ever calculated."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("This file is larger than 1 MB. Please save it in parts."))
    if data.startswith(OTHERS):
        raise Unreadable(_("This is not a CSV file. Open it in your spreadsheet and save it as “CSV UTF-8”."))
    if b"\0" in data:
        raise Unreadable(_("There is something in this file that is no text. Please save it again as “CSV UTF-8”."))
    text = _decoded(data)
    first, _end, rest = text.partition("\n")
    said = re.fullmatch(r"sep=([,;\t])\r?", first, re.IGNORECASE)
    lines = _lines(rest if said else text, said[1] if said else _delimiter(text))
    return _table(lines, 2 if said else 1)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The letters of this file cannot be read. Please save it again as “CSV UTF-8”."))


def _delimiter(text: str) -> str:
    sample = text[:8192]
    header = sample.split("\n", 1)[0]
    try:
        found = csv.Sniffer().sniff(sample, DELIMITERS).delimiter
    except csv.Error:
        found = ""
    # What the sniffer sees in the cells counts only where the headings show it, too.
    return found if found and found in header else max(DELIMITERS, key=header.count)


def _lines(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[list[str]] = []
    try:
        for line in reader:
            found.append(line)
            if len(found) > MOST_ROWS + 200:
                break
    except csv.Error:
        number = reader.line_num
        raise Unreadable(
            _("Near line %(number)s a quotation mark is missing or too many.") % {"number": number}
        ) from None
    return found


def _table(lines: list[list[str]], first: int) -> Table:
    numbered = [(number, [_cell(one) for one in line]) for number, line in enumerate(lines, first)]
    full = [(number, cells) for number, cells in numbered if any(cells)]
    if len(full) < 2:
        raise Unreadable(
            _("There are no rows in this file. The first line holds the headings, each further line a row.")
        )
    (_number, headers), *rows = full
    if len(rows) > MOST_ROWS:
        raise Unreadable(
            _("There are more than %(most)s rows in this file. Please save it in parts.") % {"most": MOST_ROWS}
        )
    width = len(headers)
    if width > MOST_COLUMNS:
        raise Unreadable(_("There are more than %(most)s columns in this file.") % {"most": MOST_COLUMNS})
    for number, cells in rows:
        if any(cells[width:]):
            raise Unreadable(
                _("Row %(number)s has more cells than there are headings. Are its commas quoted?") % {"number": number}
            )
    named = tuple(one[:80] or _("Column %(number)s") % {"number": place} for place, one in enumerate(headers, 1))
    return Table(named, tuple(Row(number, tuple((cells + [""] * width)[:width])) for number, cells in rows))


def _cell(text: str) -> str:
    text = text.strip()
    told = AS_TEXT.fullmatch(text)
    return told[1].strip() if told else text
