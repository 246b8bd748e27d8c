"""Reports for many couples at once: what was asked for, how far it is, and all of it in one file."""

from __future__ import annotations

import base64
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from clients.models import Appointment, Couple
from practice import audit, identity, roles, tenancy
from practice.models import Membership, Practice
from practice.zones import start_of_day
from reports import days, keeping, making, turns
from reports.copies.packing import Spool
from reports.models import CaseloadOrder, Report
from reports.models.report import Audience, Kind

#: What can be made for a couple without asking anything else about them.
KINDS = (Kind.PROGRESS, Kind.SHEET, Kind.CLOSING)
#: Reports that are written down with one statement.
A_BATCH = 200
#: Why a couple got none.
SEPARATED, NOT_IN_CARE, NOBODY = "separated", "not_in_care", "nobody"
REASONS = {
    SEPARATED: _("They have separated: what they shared is shared no more."),
    NOT_IN_CARE: _("They are not in your care any more."),
    NOBODY: _("There is no partner that it could be for."),
}
State = Report.State


class NotOrdered(Exception):
    """It could not be written down, and nothing was. ``message`` says what would help."""

    message = _("One of these couples was changed at this very moment, so nothing was ordered. Please try once more.")


# ── whom it may be for ───────────────────────────────────────────────────────


def choosable() -> list[Couple]:
    """The couples in care that the asker sees, by name."""
    return sorted(Couple.objects.in_care().with_partners(), key=lambda one: str(one).casefold())


def meeting_this_week(couples: Iterable[Couple], practice: Practice, now: datetime) -> list[Couple]:
    """Those who all meet from Monday to Sunday of this week, by the practice's calendar.

    A session with one partner alone is none of the couple's.
    """
    every = list(couples)
    today = timezone.localtime(now, practice.zone).date()
    monday = today - timedelta(days=today.weekday())
    first, after = start_of_day(monday, practice.zone), start_of_day(monday + timedelta(days=7), practice.zone)
    rows = Appointment.objects.filter(cancelled_at=None, audience=[], starts_at__gte=first, starts_at__lt=after)
    meeting = set(rows.values_list("couple_id", flat=True))
    return [one for one in every if one.pk in meeting]


# ── asking ───────────────────────────────────────────────────────────────────


def order(wish: making.Wish, couples: Iterable[uuid.UUID], *, by: Membership, practice: Practice) -> CaseloadOrder:
    """Write down what is wished for for every couple, and ring for the first ones. The same key gives the same order.

    ``wish`` names no couple and no partner: an edition for one partner is made for each of them. The days of
    a kind that has its own (:data:`reports.days.OF_THEIR_OWN`) follow from each couple. Raises :class:`NotOrdered`.
    """
    from reports.tasks import LOST_AFTER

    chosen = list(dict.fromkeys(couples))
    known = CaseloadOrder.objects.filter(requested_by=by, request_key=wish.key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            made = CaseloadOrder.objects.create(
                kind=wish.kind,
                audience=wish.audience,
                paper=wish.paper,
                parts=list(wish.parts),
                begins_on=wish.begins_on,
                ends_on=wish.ends_on,
                requested_by=by,
                request_key=wish.key,
                couples=chosen,
            )
            _write_reports(made, by, practice)
    except IntegrityError as error:
        # The other half of a double click was faster, or something that is named in it has gone.
        known = CaseloadOrder.objects.filter(requested_by=by, request_key=wish.key).first()
        if known is None:
            raise NotOrdered from error
        return known
    turns.next_ones(practice.pk, lost_after=LOST_AFTER)
    return made


def _write_reports(order: CaseloadOrder, by: Membership, practice: Practice) -> None:
    couples = Couple.objects.with_partners().in_bulk(order.couples)
    own = days.of_their_own(order.kind, couples.values(), timezone.now()) if order.kind in days.OF_THEIR_OWN else {}
    wishes: list[tuple[Couple, making.Wish, Membership]] = []
    for couple_id in order.couples:
        couple = couples.get(couple_id)
        if reason := _refusal(order, couple):
            order.refused[str(couple_id)] = reason
        elif couple is not None:
            span = own.get(couple_id, (order.begins_on, order.ends_on))
            wishes += [(couple, _wish(order, couple, partner, span), by) for partner in _partners(order, couple)]
    Report.objects.bulk_create(making.drafted_all(wishes, practice=practice), batch_size=A_BATCH)
    order.save(update_fields=["refused"])


def _refusal(order: CaseloadOrder, couple: Couple | None) -> str:
    if couple is None:
        return NOT_IN_CARE
    if order.audience == Audience.SHARED and couple.status == Couple.Status.SEPARATED:
        return SEPARATED
    return "" if _partners(order, couple) else NOBODY


def _partners(order: CaseloadOrder, couple: Couple) -> list[uuid.UUID | None]:
    if order.audience != Audience.PARTNER:
        return [None]
    return [one.client_id for one in couple.partners.all() if one.left_at is None]


def _wish(order: CaseloadOrder, couple: Couple, partner_id: uuid.UUID | None, span: tuple[date, date]) -> making.Wish:
    return making.Wish(
        kind=order.kind,
        audience=order.audience,
        paper=order.paper,
        parts=tuple(order.parts),
        begins_on=span[0],
        ends_on=span[1],
        partner_id=partner_id,
        caseload_order_id=order.pk,
        key=uuid.uuid5(order.pk, f"{couple.pk}:{partner_id}"),
    )


def try_again(order: CaseloadOrder, *, practice: Practice) -> int:
    """Start the failed ones of an order anew; return how many."""
    from reports.tasks import LOST_AFTER

    failed = Report.objects.filter(caseload_order=order, state=State.FAILED)
    again = failed.update(
        state=State.WAITING, attempts=0, percent=0, step="", failure="", finished_at=None, touched_at=None
    )
    turns.next_ones(practice.pk, lost_after=LOST_AFTER)
    return again


# ── how far it is ────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Line:
    """One couple of an order: its report, or why it has none."""

    couple: Couple | None
    report: Report | None = None
    refusal: object = ""


@dataclass(frozen=True)
class Progress:
    """How far an order is. ``percent`` counts every report up to where it stands."""

    lines: list[Line]
    counts: Counter[str]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def finished(self) -> int:
        return self.counts[State.DONE] + self.counts[State.FAILED]

    @property
    def done(self) -> int:
        return self.counts[State.DONE]

    @property
    def failed(self) -> int:
        return self.counts[State.FAILED]

    @property
    def is_moving(self) -> bool:
        return self.finished < self.total

    @property
    def percent(self) -> int:
        moving = [one.report for one in self.lines if one.report and one.report.state == State.WORKING]
        whole = 100 * self.finished + sum(report.percent for report in moving)
        return whole // self.total if self.total else 100


def progress_of(order: CaseloadOrder) -> Progress:
    """Read how far an order is, in a fixed number of queries."""
    partners = Prefetch("couple", Couple.objects.with_partners())
    reports = list(_light(order).select_related("partner").prefetch_related(partners))
    reports.sort(key=lambda one: (str(one.couple).casefold(), str(one.pk)))
    refused = Couple.objects.with_partners().in_bulk([uuid.UUID(one) for one in order.refused])
    lines = [Line(one.couple, one) for one in reports]
    for couple_id, reason in order.refused.items():
        lines.append(Line(refused.get(uuid.UUID(couple_id)), None, REASONS.get(reason, "")))
    return Progress(lines, Counter(one.state for one in reports))


def _light(order: CaseloadOrder) -> QuerySet[Report]:
    return Report.objects.filter(caseload_order=order).defer("pdf", "summary")


# ── all in one file ──────────────────────────────────────────────────────────


def files(order: CaseloadOrder) -> Iterator[bytes]:
    """Write down who takes them away, and return a ZIP of all finished reports, piece by piece.

    One file is in memory at a time. It is sent after the request's own transaction ended, so every file is
    read in one of its own, bound to the same asker: what they may not read any more is left out.
    """
    asker = tenancy.current()
    if asker is None:
        raise tenancy.NoPractice("Files are taken away by somebody.")
    found = list(_light(order).filter(keeping.kept(), state=State.DONE).order_by("reference", "pk"))
    for report in found:
        audit.looked_at("downloaded", report)
    return _zipped(asker, [(report.pk, report.reference, report.finished_at) for report in found])


def _zipped(asker: tenancy.Asker, wanted: list[tuple[uuid.UUID, str, datetime | None]]) -> Iterator[bytes]:
    spool = Spool()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_STORED) as archive:  # a PDF is small already
        for report_id, reference, finished_at in wanted:
            body = _file_for(asker, report_id)
            if body:
                day = timezone.localtime(finished_at).timetuple()[:6] if finished_at else (1980, 1, 1, 0, 0, 0)
                archive.writestr(zipfile.ZipInfo(f"report-{slugify(reference)}.pdf", day), body)
                yield spool.taken()
    yield spool.taken()


def _file_for(asker: tenancy.Asker, report_id: uuid.UUID) -> bytes:
    """One file, for whoever may read it at this moment: they may have left while the others were sent."""
    now = identity.still(asker)
    if now is None or now.role == roles.COORDINATOR:
        return b""
    with tenancy.acting(now):
        one = Report.objects.filter(keeping.kept(), pk=report_id, state=State.DONE).only("pdf").first()
        return base64.b64decode(str(one.pdf)) if one else b""
