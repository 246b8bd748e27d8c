"""Papers about somebody who was erased: the file goes, number and fingerprint stay."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from clients.removing import Person
from clients.signals import somebody_gone
from reports import handing_over
from reports.models import Report

State = Report.State


@receiver(somebody_gone, dispatch_uid="reports.erased")
def papers(person: Person, **kwargs: Any) -> None:
    """Empty every paper of this person's couples, and let what is being made be read anew.

    A paper is a copy: what is left of the record can be printed again.
    """
    rows = Report.objects.filter(couple_id__in=person.couples).order_by("pk")
    for report in rows.filter(state=State.DONE).exclude(pages=None).defer("pdf", "summary"):
        handing_over.take_back(report)
        report.pdf, report.pages = "", None
        report.save(update_fields=["pdf", "pages"])
    rows.filter(Q(state=State.WAITING) | Q(state=State.WORKING)).update(narrowed_at=timezone.now())
