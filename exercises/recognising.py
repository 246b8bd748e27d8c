"""What kind of file somebody brings: told by what is in it, never by its name."""

from __future__ import annotations

import csv
from enum import StrEnum

from exercises.sharing.reading import looks_like_a_library


class FileKind(StrEnum):
    FHIR = "fhir"
    XLSX = ".xlsx"
    CSV = ".csv"
    LIBRARY = "library"
    OLD_EXCEL = ".xls"
    UNKNOWN = "unknown"

    @property
    def is_sheet(self) -> bool:
        return self in (FileKind.XLSX, FileKind.CSV)


def kind_of(data: bytes) -> FileKind:
    """FHIR as JSON, a workbook, a sheet as CSV, a library of Attune; or nothing that is read here."""
    if data.startswith(b"PK"):
        return FileKind.XLSX
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return FileKind.OLD_EXCEL
    if looks_like_a_library(data):
        return FileKind.LIBRARY
    start = data[:4_000].decode("utf-8", "replace").removeprefix("\ufeff").lstrip()
    if not start or start[0] in "{[<":
        return FileKind.FHIR  # whose reasons say what is wrong with it
    first = next(csv.reader([start.splitlines()[0]]), [""])
    return FileKind.CSV if first[0].strip().lower() == "survey" else FileKind.UNKNOWN
