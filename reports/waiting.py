"""What reports puts into the therapist's queue: answers to look at, before everything else."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from clients.models import Couple
from exercises import holding
from exercises.desk import QueueItem, asking, register_queue
from exercises.flags import Severity
from exercises.safety import register_flags
from practice import clock
from practice.links import address_of
from practice.models import Membership
from practice.written import Written
from reports import alert_list
from reports.models import Alert, AlertStep, Judgement, Report
from reports.signs import signs_of

_OPEN: Written[Alert] = Written(
    lambda couples: (
        Alert.objects.open()
        .filter(couple_id__in=couples)
        .select_related("acknowledged_by")
        .defer("note")
        .order_by("raised_at", "pk")
    ),
    couples=[uuid.UUID],
)
_BEFORE_SESSIONS: Written[Report] = Written(
    lambda couples, now: (
        Report.objects.filter(
            couple_id__in=couples,
            standing_order__isnull=False,
            appointment__starts_at__gt=now,
            appointment__cancelled_at=None,
            state__in=[Report.State.DONE, Report.State.FAILED],
        )
        .defer("pdf", "summary")
        .select_related("couple", "appointment")
        .order_by("finished_at", "pk")
    ),
    couples=[uuid.UUID],
    now=datetime.datetime,
)


@register_queue
@asking(lambda membership, couples: _OPEN.of(couples=couples))
def alerts(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each alert that is not closed, with its step. It names no partner and no answer.

    What is urgent cannot be muted, grouped or rested away: what nobody has taken stands first. What can wait for
    the session stands last, and a mere note on the couple's page alone.
    """
    if not membership.sees_answers:
        return []
    rows = _OPEN.all(couples=couples)
    told = alert_list.told_names(rows) if rows else {}
    return [_urgent(row, membership, told.get(row.pk, ())) if row.is_urgent else _calm(row) for row in rows]


def _calm(row: Alert) -> QueueItem:
    is_note = row.severity == Severity.NOTE
    return QueueItem(
        kind="hold",
        what=_("An answer to note") if is_note else _("An answer to look at by the next session"),
        couple_id=row.couple_id,
        detail=_("No hurry") if is_note else _("Not urgent"),
        since=row.raised_at,
        url=address_of("alert", row.couple_id, row.pk),
        action=_("Look"),
        calm=True,
        aside=is_note,
    )


def _urgent(row: Alert, membership: Membership, told: Collection[str]) -> QueueItem:
    return QueueItem(
        kind="risk",
        what=_("An answer to look at"),
        couple_id=row.couple_id,
        detail=alert_list.step_words(row, told),
        since=row.raised_at,
        url=address_of("alert", row.couple_id, row.pk),
        action=_("Look"),
        urgent=row.acknowledged_at is None or row.acknowledged_by_id == membership.pk,
    )


@register_queue
def softer_signs(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One calm item for each couple in which a rule speaks. It names the rules, no partner and no answer."""
    if not membership.sees_answers:
        return []
    what, action = _("Worth a thought"), _("See why")
    return [
        QueueItem(
            kind="hold",
            what=what,
            couple_id=couple_id,
            detail=", ".join(dict.fromkeys(one.label for one in found)),
            since=max(one.seen_at for one in found),
            url=address_of("signs", couple_id),
            action=action,
            calm=True,
        )
        for couple_id, found in signs_of(couples, clock.now()).items()
    ]


@register_queue
def before_sessions(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """A report that was made by itself stands here until its session begins; one that could not be made, too."""
    if not membership.sees_answers:
        return []
    return [_before_session(row) for row in _BEFORE_SESSIONS.all(couples=couples, now=timezone.now())]


def _before_session(row: Report) -> QueueItem:
    ready = row.state == Report.State.DONE
    day = timezone.localtime(row.appointment.starts_at, row.couple.zone)
    return QueueItem(
        kind="new" if ready else "ask",
        what=_("A report is ready") if ready else _("A report could not be made"),
        couple_id=row.couple_id,
        detail=_("Ready for %(day)s") % {"day": date_format(day, "l")} if ready else _("Try it once more"),
        since=row.finished_at or row.requested_at,
        url=row.get_absolute_url(),
        action=_("Open"),
    )


@register_flags
def flag_is_open(couple: Couple) -> bool:
    """While an urgent alert of the couple is open, nothing risky is given to both (see :mod:`exercises.safety`)."""
    return Alert.objects.open().urgent().filter(couple=couple).exists()


#: With these the danger is not over when the signal is closed: it holds until it is closed as something else.
NOT_OVER = (Judgement.RAISED, Judgement.ACUTE)


@holding.register
def is_held(couple_id: uuid.UUID) -> bool:
    """Nothing sealed opens while an urgent signal is open, or was closed as a danger that goes on."""
    return bool(_HOLDING.all(couple=couple_id))


def _holding(couple: uuid.UUID) -> QuerySet:
    closed = AlertStep.objects.filter(alert=OuterRef("pk"), kind=AlertStep.Kind.CLOSED).order_by("-at", "-pk")
    rows = Alert.objects.urgent().filter(couple_id=couple).alias(judged=Subquery(closed.values("judgement")[:1]))
    return rows.filter(Q(closed_at=None) | Q(judged__in=NOT_OVER)).values_list("pk")[:1]


_HOLDING: Written[tuple[uuid.UUID]] = Written(_holding, couple=uuid.UUID)
