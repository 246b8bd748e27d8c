"""Making a report, outside of any request.

The row is the record and the broker only rings: a report that got lost on the way is taken up again by
:func:`resume`. Progress is committed between the steps, so that the page can show it.
"""

from __future__ import annotations

import base64
import logging
import uuid
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from clients.models import Couple
from practice import attempts, dispatch, replica, tenancy
from practice.attempts import BROKEN, Overtaken
from practice.celery import app
from practice.models import Practice
from reports import (
    alert_ladder,
    editions,
    events,
    handing_over,
    keeping,
    paper,
    pdf,
    progress,
    releases,
    standing,
    turns,
)
from reports.kinds import NotTold
from reports.models import Report

log = logging.getLogger(__name__)

#: Seconds after which the worker ends a report that does not end by itself.
SOFT_LIMIT, HARD_LIMIT = 150, 170
#: Longer than any worker can hold a report: without a sign since then, nobody is making it any more.
LOST_AFTER = timedelta(seconds=HARD_LIMIT + 20)
#: A report that waited this long was never heard of by any worker.
UNHEARD_AFTER = turns.UNHEARD_AFTER

READING = _("Reading what may be told")
DRAWING = _("Drawing and setting the pages")
SEALING = _("Putting it away safely")
READY = _("Ready")
ONCE_MORE = _("It did not work at once and is tried again")

NOT_PRINTED = _("A page could not be set completely, so nothing was kept.")
TOO_LONG = _("It took too long. A shorter period may help.")
TOO_LARGE = _("It was too large to be set. A shorter period may help.")
SEPARATED = _("They have separated: what they shared is shared no more.")
NARROWED = _("What may be told changed while it was being made. Ask for it again.")
NOT_TOLD = _("There is nothing here that this edition may tell at the moment.")

State = Report.State


class NotShared(Exception):
    """There is nobody to share with any more."""


class Narrowed(Exception):
    """What was read may not be told any more."""


@app.task(name="reports.tasks.make_report", steps=True, soft_time_limit=SOFT_LIMIT, time_limit=HARD_LIMIT)
def make_report(*, practice_id: str, report_id: str) -> None:
    """Make one report. Done stays done, and two workers never make the same one."""
    practice, report = uuid.UUID(practice_id), uuid.UUID(report_id)
    attempt = _begin(practice, report)
    if not attempt:
        return
    try:
        _try(practice, report, attempt)
    finally:
        _next_turn(practice)


def _try(practice: uuid.UUID, report: uuid.UUID, attempt: int) -> None:
    try:
        _make(practice, report, attempt)
    except Overtaken:
        return
    except NotShared:
        _fail(practice, report, attempt, SEPARATED)
    except Narrowed:
        _fail(practice, report, attempt, NARROWED)
    except NotTold:
        _fail(practice, report, attempt, NOT_TOLD)
    except pdf.NotPrinted as error:
        log.warning("report %s was not printed: %s", report, error)
        _try_again_or_fail(practice, report, attempt, NOT_PRINTED)
    except SoftTimeLimitExceeded:
        log.warning("report %s took too long", report)
        _try_again_or_fail(practice, report, attempt, TOO_LONG)
    except MemoryError:
        log.warning("report %s took too much memory", report)
        _try_again_or_fail(practice, report, attempt, TOO_LARGE)
    except Exception as error:
        # An error's words may hold somebody's: only its kind is written down.
        log.error("report %s failed: %s", report, type(error).__name__)
        _try_again_or_fail(practice, report, attempt, BROKEN)


@app.task(name="reports.tasks.resume", steps=True, expires=60)
def resume() -> None:
    """Ring again for reports that nobody makes, in all practices."""
    for practice_id in dispatch.practices():
        with tenancy.acting(tenancy.as_system(practice_id)):
            resume_in(practice_id)


@app.task(name="reports.tasks.escalate", steps=True, expires=60)
def escalate() -> None:
    """Pass alerts on that nobody has taken, in all practices. Safe to run twice, late, or at once with itself."""
    for practice_id in dispatch.practices():
        try:
            alert_ladder.climb(practice_id)
        except Exception as error:
            log.error("Alerts of practice %s wait for the next run: %s", practice_id, type(error).__name__)


@app.task(name="reports.tasks.open_scores", steps=True, expires=300)
def open_scores() -> None:
    """Show scores whose seal has fallen at its stated moment, in all practices. Safe to run twice, late, or at once."""
    for practice_id in dispatch.practices():
        try:
            with tenancy.acting(tenancy.as_system(practice_id)):
                releases.settle_opened(timezone.now())
        except Exception as error:
            log.error("Scores of practice %s wait for the next run: %s", practice_id, type(error).__name__)


@app.task(name="reports.tasks.make_due", steps=True, expires=300)
def make_due() -> None:
    """Ask for the reports that are due before sessions, in all practices."""
    now = timezone.now()
    for practice_id in dispatch.practices():
        try:
            with tenancy.acting(tenancy.as_system(practice_id)):
                if standing.make_due(Practice.objects.get(pk=practice_id), now):
                    turns.next_ones(practice_id, lost_after=LOST_AFTER)
        except Exception as error:
            log.error("Reports of practice %s wait for the next run: %s", practice_id, type(error).__name__)


@app.task(name="reports.tasks.erase_old", steps=True, expires=3000)
def erase_old() -> None:
    """Erase the files of reports that are kept no longer, in all practices."""
    now = timezone.now()
    for practice_id in dispatch.practices():
        try:
            with tenancy.acting(tenancy.as_system(practice_id)):
                keeping.erase_in(now)
        except Exception as error:
            log.error("Old reports of practice %s wait for the next run: %s", practice_id, type(error).__name__)


def resume_in(practice_id: uuid.UUID) -> list[uuid.UUID]:
    """Ring again for those of the bound practice, and for those whose turn it is; return which."""
    now = timezone.now()
    waiting = Q(state=State.WAITING, requested_at__lt=now - UNHEARD_AFTER) & ~turns.AHEAD
    found = list(Report.objects.filter(waiting | attempts.lost(LOST_AFTER)).order_by("pk").values_list("pk", flat=True))
    for report_id in found:
        ring(practice_id, report_id)
    return found + turns.next_ones(practice_id, lost_after=LOST_AFTER)


def ring(practice_id: uuid.UUID, report_id: uuid.UUID) -> None:
    """Ask a worker to make a report, once the running transaction is through.

    Where the broker cannot be reached the report waits for :func:`resume`.
    """
    ids = {"practice_id": str(practice_id), "report_id": str(report_id)}
    transaction.on_commit(lambda: make_report.delay(**ids), robust=True)


def _next_turn(practice_id: uuid.UUID) -> None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        turns.next_ones(practice_id, lost_after=LOST_AFTER)


# ── steps, each in a transaction of its own ──────────────────────────────────


def _begin(practice_id: uuid.UUID, report_id: uuid.UUID) -> int:
    """Take a report up; return the number of this attempt, or 0 when there is nothing to do."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        report = _rows().select_for_update(of=("self",)).filter(pk=report_id).first()
        if report is None or not attempts.take_up(report, lost_after=LOST_AFTER, percent=10, step=READING):
            return 0
        return report.attempts


def _make(practice_id: uuid.UUID, report_id: uuid.UUID, attempt: int) -> None:
    said, people, read_at = _read(practice_id, report_id)
    _tell(practice_id, report_id, attempt, 40, DRAWING)
    rendered = pdf.render(said)
    _tell(practice_id, report_id, attempt, 90, SEALING)
    with tenancy.acting(tenancy.as_system(practice_id)):
        couple = _held(report_id)
        report = _mine(report_id, attempt)
        _still_allowed(report, couple, people, read_at)
        report.state, report.percent, report.step, report.failure = State.DONE, 100, READY, ""
        report.people = people
        report.finished_at = report.touched_at = timezone.now()
        report.pages, report.sha256, report.code = rendered.pages, rendered.sha256, rendered.code
        report.pdf = base64.b64encode(rendered.pdf).decode()
        report.save(
            update_fields=[
                "state",
                "percent",
                "step",
                "failure",
                "finished_at",
                "touched_at",
                "pages",
                "sha256",
                "code",
                "pdf",
                "people",
            ]
        )
        events.ready(report)


def _held(report_id: uuid.UUID) -> Couple:
    """The couple of a report, held so that nobody parts them before it is put away."""
    couple_id = Report.objects.values_list("couple_id", flat=True).get(pk=report_id)
    Couple.objects.select_for_update(no_key=True).get(pk=couple_id)
    return Couple.objects.with_partners().get(pk=couple_id)


def _still_allowed(report: Report, couple: Couple, people: list[uuid.UUID], read_at: datetime) -> None:
    if report.audience == Report.Audience.SHARED and couple.status == Couple.Status.SEPARATED:
        raise NotShared
    if not set(people) <= set(handing_over.people_in(report, couple)):
        raise Narrowed
    if report.narrowed_at is not None and report.narrowed_at >= read_at:
        raise Narrowed
    if editions.narrowed_since(couple, report.audience, report.partner_id, read_at):
        raise Narrowed


def _read(practice_id: uuid.UUID, report_id: uuid.UUID) -> tuple[paper.Document, list[uuid.UUID], datetime]:
    """Read what may be told, whose words it may hold, and when that began.

    The couple is held for as long as it takes to look at the clock: a release that is taken back at this moment is
    either through, and not read any more, or comes after and is seen before anything is put away.
    """
    asker = tenancy.as_system(practice_id)
    with tenancy.acting(asker):
        Couple.objects.select_for_update(of=("self",), no_key=True).get(reports=report_id)
        now = timezone.now()
    said, people = replica.read(asker, lambda: _said(report_id, now))
    return said, people, now


def _said(report_id: uuid.UUID, now: datetime) -> tuple[paper.Document, list[uuid.UUID]]:
    report = Report.objects.defer("pdf").select_related("requested_by").get(pk=report_id)
    couple = Couple.objects.with_partners().get(pk=report.couple_id)
    if report.audience == Report.Audience.SHARED and couple.status == Couple.Status.SEPARATED:
        raise NotShared
    said = progress.of_report(report, couple, Practice.objects.get(pk=report.practice_id), now)
    return said, handing_over.people_in(report, couple)


def _tell(practice_id: uuid.UUID, report_id: uuid.UUID, attempt: int, percent: int, step: str) -> None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        attempts.show(_mine(report_id, attempt), percent, step)


def _try_again_or_fail(practice_id: uuid.UUID, report_id: uuid.UUID, attempt: int, failure: str) -> None:
    """What failed for the first time is rung for once more; the second time whoever asked is told why."""
    _fail(practice_id, report_id, attempt, failure, again=True)


def _fail(practice_id: uuid.UUID, report_id: uuid.UUID, attempt: int, failure: str, *, again: bool = False) -> None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        try:
            report = _mine(report_id, attempt)
        except Overtaken:
            return
        if attempts.break_off(report, failure, step=ONCE_MORE, again=again):
            ring(practice_id, report_id)


def _mine(report_id: uuid.UUID, attempt: int) -> Report:
    return attempts.mine(_rows(), report_id, attempt)


def _rows() -> QuerySet[Report]:
    return Report.objects.defer("pdf", "summary")
