"""Asking for a report, and asking again after it failed."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.models import Couple
from practice.models import Membership, Practice
from reports import reading, turns
from reports.models import Report

#: No letters that are read for another one on paper.
SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a report shall be. ``key`` belongs to one form on one screen, so that it is asked for once.

    ``partner_id`` names whose edition it is, or whom a clinical one is about; ``parts`` are keys of the parts
    chosen (empty for all), ``language`` is the reader's where somebody chose another one.
    """

    begins_on: date
    ends_on: date
    audience: str
    key: uuid.UUID
    kind: str = Report.Kind.PROGRESS
    paper: str = Report.Paper.A4
    summary: str = ""
    parts: tuple[str, ...] = ()
    language: str = ""
    partner_id: uuid.UUID | None = None
    response_id: uuid.UUID | None = None
    measure: str = ""
    run_id: uuid.UUID | None = None
    appointment_id: uuid.UUID | None = None
    caseload_order_id: uuid.UUID | None = None
    standing_order_id: uuid.UUID | None = None


def ask(couple: Couple, wish: Wish, *, by: Membership, practice: Practice) -> Report:
    """Write down what is wished for and ring for a worker. The same key gives the same report."""
    from reports.tasks import ring

    known = Report.objects.filter(couple=couple, request_key=wish.key).first()
    if known is not None:
        return known
    report = drafted(couple, wish, by=by, practice=practice)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError:
        # The other half of a double click was faster.
        return Report.objects.get(couple=couple, request_key=wish.key)
    if not turns.waits_for_its_turn(report):
        ring(practice.pk, report.pk)
    return report


def drafted(couple: Couple, wish: Wish, *, by: Membership, practice: Practice) -> Report:
    """Return the report that a wish would become, not saved: a preview is drawn from it."""
    chosen = {field.name: getattr(wish, field.name) for field in fields(wish) if field.name not in ("key", "parts")}
    chosen["language"] = chosen["language"] or reading.language_for(couple, wish.audience, wish.partner_id, practice)
    return Report(
        couple=couple,
        request_key=wish.key,
        parts=list(wish.parts),
        requested_by=by,
        reference=new_reference(practice),
        **chosen,
    )


def drafted_all(wishes: Sequence[tuple[Couple, Wish, Membership]], *, practice: Practice) -> list[Report]:
    """Return the reports that wishes for several couples would become, none of them saved, in one query."""
    alone = [wish.partner_id for _couple, wish, _by in wishes if wish.audience == Report.Audience.PARTNER]
    spoken = reading.languages_of([one for one in alone if one is not None]) if any(alone) else {}

    def language(wish: Wish) -> str:
        own = spoken.get(wish.partner_id) if wish.audience == Report.Audience.PARTNER and wish.partner_id else ""
        return wish.language or own or practice.language

    return [
        drafted(couple, replace(wish, language=language(wish)), by=by, practice=practice) for couple, wish, by in wishes
    ]


def ask_again(report: Report, *, practice: Practice) -> None:
    """Start a failed report anew; any other one stays as it is."""
    from reports.tasks import ring

    with transaction.atomic():
        known = Report.objects.select_for_update(of=("self",)).defer("pdf", "summary").get(pk=report.pk)
        if known.state != Report.State.FAILED:
            return
        known.state, known.attempts, known.percent, known.step, known.failure = Report.State.WAITING, 0, 0, "", ""
        known.finished_at = None
        # Somebody waits for this one: it has its turn now, whatever asked for it first.
        known.touched_at = timezone.now()
        known.save(update_fields=["state", "attempts", "percent", "step", "failure", "finished_at", "touched_at"])
    ring(practice.pk, known.pk)


def new_reference(practice: Practice) -> str:
    """'LH-2026-7KQ3M': initials, year, and five signs that count nothing and tell nothing."""
    initials = "".join(word[0] for word in practice.name.split() if word[0].isalpha())[:3].upper() or "R"
    year = timezone.localtime(timezone.now(), practice.zone).year
    return f"{initials}-{year}-{''.join(secrets.choice(SIGNS) for _sign in range(5))}"
