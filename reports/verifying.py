"""Is this file a report as it was issued? Its SHA-256 is looked up among those kept, and the kept file hashed anew."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from reports.models import Report

_is_hash = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Verified:
    """A report that was issued with a fingerprint. ``is_whole`` is None where its file is not kept any more."""

    report: Report
    is_whole: bool | None


def fingerprint(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 of a file, in 64 small hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def as_hash(words: str) -> str:
    """Return a SHA-256 that somebody copied, '' where it is none. Spaces and capitals do not matter."""
    found = "".join(words.split()).lower()
    return found if _is_hash.fullmatch(found) else ""


def issued_with(sha256: str) -> Verified | None:
    """Return the report that was issued with this fingerprint, among those that the asker may see."""
    report = _issued().filter(sha256=sha256).first()
    return None if report is None else Verified(report, is_whole(report))


def is_whole(report: Report) -> bool | None:
    """Whether the kept file still is the one that was issued; None where none is kept."""
    if not report.pdf:
        return None
    try:
        return hashlib.sha256(base64.b64decode(str(report.pdf), validate=True)).hexdigest() == report.sha256
    except (binascii.Error, ValueError):
        return False


def _issued() -> QuerySet[Report]:
    return Report.objects.filter(state=Report.State.DONE).exclude(sha256="").defer("summary").order_by("pk")


def all_issued() -> Iterable[Verified]:
    """Hash every kept file of the bound practice anew, one at a time."""
    for report_id in list(_issued().values_list("pk", flat=True)):
        report = _issued().get(pk=report_id)
        yield Verified(report, is_whole(report))
