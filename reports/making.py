"""Asking for a report, and asking again after it failed."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.models import Couple
from practice.models import Membership, Practice
from reports.models import Report

#: No letters that are read for another one on paper.
SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Wish:
    """What a report shall be. ``key`` belongs to one form on one screen, so that it is asked for once."""

    begins_on: date
    ends_on: date
    audience: str
    paper: str
    summary: str
    key: uuid.UUID


def ask(couple: Couple, wish: Wish, *, by: Membership, practice: Practice) -> Report:
    """Write down what is wished for and ring for a worker. The same key gives the same report."""
    from reports.tasks import ring

    known = Report.objects.filter(couple=couple, request_key=wish.key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            report = Report.objects.create(
                couple=couple,
                audience=wish.audience,
                paper=wish.paper,
                begins_on=wish.begins_on,
                ends_on=wish.ends_on,
                summary=wish.summary,
                requested_by=by,
                request_key=wish.key,
                reference=new_reference(practice),
            )
    except IntegrityError:
        # The other half of a double click was faster.
        return Report.objects.get(couple=couple, request_key=wish.key)
    ring(practice.pk, report.pk)
    return report


def ask_again(report: Report, *, practice: Practice) -> None:
    """Start a failed report anew; any other one stays as it is."""
    from reports.tasks import ring

    with transaction.atomic():
        known = Report.objects.select_for_update(of=("self",)).defer("pdf", "summary").get(pk=report.pk)
        if known.state != Report.State.FAILED:
            return
        known.state, known.attempts, known.percent, known.step, known.failure = Report.State.WAITING, 0, 0, "", ""
        known.finished_at = None
        known.save(update_fields=["state", "attempts", "percent", "step", "failure", "finished_at"])
    ring(practice.pk, known.pk)


def new_reference(practice: Practice) -> str:
    """'LH-2026-7KQ3M': initials, year, and five signs that count nothing and tell nothing."""
    initials = "".join(word[0] for word in practice.name.split() if word[0].isalpha())[:3].upper() or "R"
    year = timezone.localtime(timezone.now(), practice.zone).year
    return f"{initials}-{year}-{''.join(secrets.choice(SIGNS) for _sign in range(5))}"
