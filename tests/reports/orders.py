"""What tests of ordered reports share: asking, making without a printer, and looking at the rows again."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from clients.models import Couple
from practice.models import Practice
from reports import handing_over, making, pdf, tasks
from reports.models import Report
from tests.factories import acting_as
from tests.reports.factories import home

FILE = b"%PDF-1.7 nothing"
PRINTED = pdf.Rendered(FILE, "0" * 64, 3, "CODE")


def practice_of(row: Any) -> Practice:
    return Practice.objects.get(pk=row.practice_id)


def wish(**changes: Any) -> making.Wish:
    whole: dict[str, Any] = {
        "begins_on": datetime.date(2026, 3, 2),
        "ends_on": datetime.date(2026, 5, 24),
        "audience": "shared",
        "key": uuid.uuid4(),
    }
    return making.Wish(**(whole | changes))


def asked(couple: Couple, therapist: Any, **changes: Any) -> Report:
    with home(couple):
        return making.ask(couple, wish(**changes), by=therapist, practice=practice_of(couple))


def again(report: Report) -> Report:
    with home(report):
        return Report.objects.get(pk=report.pk)


def run(report: Report) -> Report:
    tasks.make_report(practice_id=str(report.practice_id), report_id=str(report.pk))
    return again(report)


def fresh(couple: Couple) -> Couple:
    """Needs a bound practice."""
    return Couple.objects.with_partners().get(pk=couple.pk)


def handed(report: Report, therapist: Any) -> Report:
    with acting_as(therapist):
        handing_over.hand_over(report, fresh(report.couple), by=therapist)
    return again(report)
