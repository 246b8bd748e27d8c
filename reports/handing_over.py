"""Handing a finished report over into a client's portal, and taking it back.

A shared edition goes to every present partner at once, an edition for one partner to this one alone; a
clinical one never leaves the desk. The portal's own role reads nothing but what lies there (the wall around
reports says so by itself). Whatever holds words of more than its reader is gone once one of these has left or they
part: whoever is not safe need not ask for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from clients.status import ENDED
from exercises import holding
from practice import outbox, tenancy
from practice.models import Membership
from reports import document_notices, editions, keeping
from reports.models import Report

State = Report.State
#: In which of their parts reports of all kinds but the history of a measure print scores of measures.
PRINTED_IN = {Report.Kind.PROGRESS: "series", Report.Kind.CLOSING: "changes"}


@dataclass(frozen=True)
class Lost:
    """That ``reader`` does not see the scores of ``whose`` on a measure any more."""

    reader: uuid.UUID
    whose: uuid.UUID
    measure: str


class NotHandedOver(Exception):
    """This one cannot be handed over; ``message`` says why, and what would help."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


def readers_of(report: Report, couple: Couple) -> list[uuid.UUID]:
    """Return the clients that a report would go to. Needs ``with_partners``."""
    present = present_in(couple)
    if report.audience == Report.Audience.PARTNER:
        return [report.partner_id] if report.partner_id in present else []
    return present if report.audience == Report.Audience.SHARED else []


def present_in(couple: Couple) -> list[uuid.UUID]:
    """Return the clients who are in care together. Needs ``with_partners``."""
    if couple.status in ENDED:
        return []
    return [one.client_id for one in couple.partners.all() if one.left_at is None]


def people_in(report: Report, couple: Couple) -> list[uuid.UUID]:
    """Return the clients whose words and numbers a report may hold, as it stands now. Needs ``with_partners``.

    The history of a measure is its reader's alone; of everything else that partners read, others may be a part.
    """
    if report.audience == Report.Audience.CLINICAL:
        return []
    alone = {report.partner_id} if report.audience == Report.Audience.PARTNER and report.partner_id else set()
    if alone and report.kind == Report.Kind.MEASURE:
        return sorted(alone)
    return sorted(alone | set(present_in(couple)))


def why_not(report: Report, couple: Couple) -> object:
    """Return why a report cannot be handed over, '' when nothing speaks against it. Needs ``with_partners``."""
    if report.audience == Report.Audience.CLINICAL:
        return _("A clinical edition stays with you.")
    if report.state != Report.State.DONE or report.finished_at is None:
        return _("It is not ready yet.")
    if not keeping.is_kept(report):
        return _("Its file is not kept any more. Make a new one.")
    readers = readers_of(report, couple)
    if not readers:
        return _("They are not in care together any more: nothing is handed over in the portal.")
    if len(people_in(report, couple)) > 1 and _is_held(couple):
        return _("An answer waits to be looked at. Until then nothing of both is handed over. They notice nothing.")
    narrowed = report.narrowed_at is not None and report.narrowed_at >= report.finished_at
    apart = not report.people or not set(report.people) <= set(present_in(couple))
    if narrowed or apart or editions.narrowed_since(couple, report.audience, report.partner_id, report.finished_at):
        return _("What may be told has changed since it was made. Make a new one.")
    return ""


def _is_held(couple: Couple) -> bool:
    with tenancy.elevated():
        return holding.is_held(couple.pk)


def hand_over(report: Report, couple: Couple, *, by: Membership) -> None:
    """Lay a finished report into the portal of those it is for, and tell them that there is something to look at.

    Raises :class:`NotHandedOver`. Handed over already, it stays as it is.
    """
    with transaction.atomic():
        holding.in_turn(couple.pk)
        Couple.objects.select_for_update(no_key=True).get(pk=couple.pk)
        now_stands = Couple.objects.with_partners().get(pk=couple.pk)
        known = _locked(report)
        if known.released_at and not known.withdrawn_at:
            return
        if reason := why_not(known, now_stands):
            raise NotHandedOver(reason)
        known.readers, known.released_by = readers_of(known, now_stands), by
        known.released_at, known.withdrawn_at = timezone.now(), None
        known.save(update_fields=["readers", "released_by", "released_at", "withdrawn_at"])
        document_notices.tell_of(known)


def take_back(report: Report) -> None:
    """Take a report out of the portal. What somebody has downloaded stays with them."""
    with transaction.atomic():
        known = _locked(report)
        if known.released_at is None or known.withdrawn_at is not None:
            return
        known.withdrawn_at = timezone.now()
        known.save(update_fields=["withdrawn_at"])
        outbox.cancel(known.pk, reason="withdrawn")


def take_back_scores(couple_id: uuid.UUID, lost: Collection[Lost]) -> None:
    """Take back what prints scores of measures that one of its readers does not see any more. As Attune itself.

    These kinds alone print them, the history of a measure its own partner's only. What is made already and not
    handed over, or being made, is not handed over either.
    """
    kinds = [Report.Kind.MEASURE, *PRINTED_IN]
    rows = Report.objects.filter(couple_id=couple_id, kind__in=kinds, state__in=[State.DONE, State.WORKING])
    rows = rows.exclude(audience=Report.Audience.CLINICAL).defer("pdf", "summary").order_by("pk")
    found = [report for report in rows if any(_may_print(report, one) for one in lost)]
    for report in found:
        take_back(report)
    Report.objects.filter(pk__in=[one.pk for one in found]).update(narrowed_at=timezone.now())


def take_back_of_those_apart(couple_id: uuid.UUID) -> None:
    """Take back what holds words of somebody who is not in care together with its readers any more."""
    with tenancy.elevated():
        lying = Report.objects.filter(couple_id=couple_id, released_at__isnull=False, withdrawn_at=None)
        reports = list(lying.defer("pdf", "summary").order_by("pk"))
        if not reports:
            return
        present = set(present_in(Couple.objects.with_partners().get(pk=couple_id)))
        for report in reports:
            if not report.people or not set(report.people) <= present:
                take_back(report)


def _may_print(report: Report, lost: Lost) -> bool:
    if report.audience == Report.Audience.PARTNER and lost.reader != report.partner_id:
        return False
    if report.kind == Report.Kind.MEASURE:
        return (lost.whose, lost.measure) == (report.partner_id, report.measure)
    return not report.parts or PRINTED_IN[Report.Kind(report.kind)] in report.parts


def _locked(report: Report) -> Report:
    return Report.objects.select_for_update(of=("self",)).defer("pdf", "summary").get(pk=report.pk)
