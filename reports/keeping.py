"""How long the file of a report is kept. What it was, its number and its fingerprint stay; it can be made anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from reports.models import Report

#: From the moment that it was made; a paper is a copy, and the record is what it was made from.
KEPT_FOR = timedelta(days=365)


def kept(now: datetime | None = None) -> Q:
    """Return what is true of reports whose file may still be read, whether or not the job that erases was on time."""
    return Q(finished_at__gt=(now or timezone.now()) - KEPT_FOR)


def kept_until(report: Report) -> datetime | None:
    """Return when the file of a finished report goes; None where there is none yet."""
    return report.finished_at + KEPT_FOR if report.state == Report.State.DONE and report.finished_at else None


def is_kept(report: Report) -> bool:
    """Whether the file of a report may still be read."""
    until = kept_until(report)
    return until is not None and until > timezone.now()


def erase_in(now: datetime) -> int:
    """Erase the files of the bound practice that are kept no longer, and take them out of portals; return how many."""
    from reports import handing_over

    rows = Report.objects.filter(~kept(now), state=Report.State.DONE).exclude(pages=None)
    count = 0
    for report in rows.defer("pdf", "summary").order_by("pk"):
        handing_over.take_back(report)
        # Without its pages a report is one whose file is gone.
        report.pdf, report.pages = "", None
        report.save(update_fields=["pdf", "pages"])
        count += 1
    return count
