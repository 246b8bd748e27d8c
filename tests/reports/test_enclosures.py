"""Rows in a file beside the paper: a spreadsheet runs none of them, and whoever reads them back has every word."""

from __future__ import annotations

import csv
import io
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports import enclosures

#: As people write, and as they do to whom a spreadsheet is a door.
SIGNS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20'\",;| x1"
CELLS = st.text(st.sampled_from(SIGNS) | st.characters(codec="utf-8"), max_size=12)


def written(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    enclosures.write(out, rows)
    return out.getvalue()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=4))
@example([['=HYPERLINK("http://evil.example")', "\uff1dcmd|' /C calc'!A0"], ["'=1", "''"], ["a\r\n=1+1", "\0=1"]])
def test_b69_no_cell_is_run_and_every_word_comes_back(rows):
    read = list(csv.reader(io.StringIO(written(rows), newline=""), strict=True))
    cells = [cell for row in read for cell in row]
    assert not [cell for cell in cells if re.match("[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]", cell)]
    assert [[cell.removeprefix("'") for cell in row] for row in read] == rows


def test_b69_lines_end_and_quotes_double_as_the_rfc_has_it():
    assert written([["a", "b"], ['say "x", y', "1"]]) == 'a,b\r\n"say ""x"", y",1\r\n'
