"""A workbook from elsewhere, opened in a process of its own that knows nothing and may do little.

    python -I exercises/xlsform/sheets.py .xlsx|.csv    < file > JSON

A few kilobytes of ZIP can ask for gigabytes, and XML can point at other files: so it runs without our keys, our
database and our memory, ends when it takes too much, and refuses what no form needs before a parser sees it. Formulas
are never worked out. It imports nothing of Attune. It ends with 0 and what stands in the sheets as JSON, or with one of
the codes below; with WRONG, standard output says in pyxform's words what is no XLSForm.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from typing import Any

BROKEN, TOO_LARGE, TOO_MANY, HOSTILE, NO_WORKBOOK, WRONG = 10, 11, 12, 13, 14, 15
MOST_MEMORY = 700_000_000
SECONDS_OF_WORK = 15
#: Bytes of everything in the ZIP, and how many parts it may have.
UNPACKED, PARTS = 30_000_000, 300
ROWS, COLUMNS, CHOICES = 1_500, 150, 12_000
#: Letters of one cell, and of all of them: one text that is kept once can stand in very many.
CELL, LETTERS = 12_000, 10_000_000
#: Bytes of what is told about it.
LARGEST_ANSWER = 40_000_000
SHEETS = ("survey", "choices", "settings")
_DECLARED = re.compile(r"""^<\?xml[^>]{0,200}encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})["']""")
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00", b"\x4c\x6f\xa7\x94")


class NotRead(Exception):
    """The file is not read; the code says why, and the words what pyxform said."""

    def __init__(self, code: int, words: str = "") -> None:
        self.code, self.words = code, words


# ── before a parser sees it ──────────────────────────────────────────────────


def check_archive(data: bytes) -> None:
    """Refuse archives that unpack to too much, and XML that declares entities or hides its letters."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotRead(BROKEN) from error
    with archive:
        parts = archive.infolist()
        if len(parts) > PARTS or sum(one.file_size for one in parts) > UNPACKED:
            raise NotRead(TOO_LARGE)
        if any(one.flag_bits & 1 for one in parts):
            raise NotRead(BROKEN)
        if "xl/workbook.xml" not in archive.namelist():
            raise NotRead(NO_WORKBOOK)
        for one in parts:
            text = archive.read(one)
            if one.filename.lower().endswith((".xml", ".rels", ".vml")) or may_be_xml(text):
                check_xml(text)


def may_be_xml(text: bytes) -> bool:
    """Whether a parser may take it for XML: its name says nothing, since another part may call it what it likes."""
    return text.startswith(_MARKS[-1]) or text.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def check_xml(text: bytes) -> None:
    """Only UTF-8 without a document type: nothing else can be searched for entities."""
    start = text[:400].lstrip(b"\xef\xbb\xbf \t\r\n")
    said = _DECLARED.match(start.decode("latin-1"))
    if text[:4].startswith(_MARKS) or b"\x00" in text[:400]:
        raise NotRead(HOSTILE)
    if said and said[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise NotRead(HOSTILE)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise NotRead(HOSTILE)


# ── what stands in it ────────────────────────────────────────────────────────


def read(data: bytes, kind: str) -> dict[str, Any]:
    """Return pyxform's tree with the rows that it came from, and where formulas stand."""
    if kind == ".xlsx":
        check_archive(data)
    from pyxform.errors import PyXFormError
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import get_xlsform

    warnings: list[str] = []
    try:
        book = get_xlsform(data, file_type=kind)
        check_sizes(book)
        rows = rows_of(book)
        tree = workbook_to_json(book, warnings=warnings)
    except PyXFormError as error:
        raise NotRead(WRONG, " ".join(str(error).split())[:600]) from error
    lists = tree.pop("choices", {}) or {}
    without_lists(tree)
    return {
        "tree": tree,
        "choices": lists,
        **rows,
        "formulas": formulas(data) if kind == ".xlsx" else [],
        "sheets": [str(one)[:60] for one in (book.sheet_names or [])][:50],
    }


def check_sizes(book: Any) -> None:
    letters = 0
    for name in ("survey", "choices", "settings", "external_choices", "entities", "osm"):
        rows = getattr(book, name) or []
        most = CHOICES if name in ("choices", "external_choices") else ROWS
        if len(rows) > most:
            raise NotRead(TOO_MANY)
        for row in rows:
            sizes = [len(one) for one in row.values() if isinstance(one, str)]
            letters += sum(sizes)
            if len(row) > COLUMNS or letters > LETTERS or max(sizes, default=0) > CELL:
                raise NotRead(TOO_LARGE)


def rows_of(book: Any) -> dict[str, Any]:
    """Which row each name stands in, with its type as it was written; and the choices as they were written."""
    survey = []
    for number, row in enumerate(book.survey or [], start=2):
        named = {_plain(name): str(value) for name, value in row.items() if value is not None}
        name = next((named[one] for one in ("name", "value", "tag") if one in named), "")
        kind = next((named[one] for one in ("type", "command") if one in named), "")
        if kind:
            survey.append([number, name, kind])
    listed = []
    for row in book.choices or []:
        named = {_plain(name): str(value) for name, value in row.items() if value is not None}
        name = next((named[one] for one in ("name", "value") if one in named), "")
        listed.append([named.get("list_name", ""), name])
    return {"rows": survey, "listed": listed}


def _plain(name: Any) -> str:
    return str(name).strip().lower().replace(" ", "_")


def without_lists(node: dict[str, Any]) -> None:
    """Take the choices out of each question: they stand once, by the name of their list."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if "list_name" in one:
            one.pop("choices", None)
        waiting += [child for child in one.get("children") or [] if isinstance(child, dict)]


def formulas(data: bytes) -> list[list[Any]]:
    """Where formulas stand: sheet, row, and whether a result was kept with it."""
    from openpyxl import load_workbook

    found: list[list[Any]] = []
    written = load_workbook(io.BytesIO(data), read_only=True, data_only=False)
    kept = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    for name in written.sheetnames:
        if name.lower() not in SHEETS:
            continue
        bounds = {"max_row": ROWS + 1, "max_col": COLUMNS}
        for one, other in zip(written[name].iter_rows(**bounds), kept[name].iter_rows(**bounds), strict=False):
            for cell, result in zip(one, other, strict=False):
                if getattr(cell, "data_type", "") == "f":
                    found.append([name.lower(), cell.row, result.value is not None])
        if len(found) > ROWS:
            break
    return found[:ROWS]


# ── the process ──────────────────────────────────────────────────────────────


def bounded() -> None:
    """Take little memory and time, and write no file."""
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS_OF_WORK),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, MOST_MEMORY),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(words: list[str]) -> int:
    bounded()
    data = sys.stdin.buffer.read()
    try:
        told = json.dumps(read(data, words[0]), default=str)  # ASCII alone: as many bytes as letters
        if len(told) > LARGEST_ANSWER:  # before a byte of it leaves: who waits for it has more to lose than we
            raise NotRead(TOO_LARGE)
    except NotRead as error:
        sys.stdout.buffer.write(error.words.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return error.code
    except Exception:  # whatever a broken or hostile file does to who reads it: its text may quote the file
        return BROKEN
    sys.stdout.buffer.write(told.encode("ascii"))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
