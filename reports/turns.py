"""Turns: reports that were ordered ahead or by the dozen wait in the database, not in the broker.

A report that somebody waits for is rung for at once. Of those that a caseload or the calendar asked for, each
practice has only a few with the workers at any time; whoever finishes one rings for the next. So two hundred
reports of one practice stand between nobody else and their single one, and mail leaves meanwhile.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from reports.models import Report

#: Of one practice, with the workers at the same time.
AT_ONCE = 2
#: A worker that was rung for and gave no sign was never reached.
UNHEARD_AFTER = timedelta(seconds=60)

#: Reports that nobody waits for in front of a screen.
AHEAD = Q(caseload_order__isnull=False) | Q(standing_order__isnull=False)


def waits_for_its_turn(report: Report) -> bool:
    return report.caseload_order_id is not None or report.standing_order_id is not None


def next_ones(practice_id: uuid.UUID, *, lost_after: timedelta) -> list[uuid.UUID]:
    """Ring for as many of the bound practice's waiting reports as there is room for; return which."""
    from reports.tasks import ring

    now = timezone.now()
    ahead = Report.objects.filter(AHEAD)
    rung = Q(state=Report.State.WAITING, touched_at__gt=now - UNHEARD_AFTER)
    made = Q(state=Report.State.WORKING, touched_at__gt=now - lost_after)
    with transaction.atomic():
        room = AT_ONCE - ahead.filter(rung | made).count()
        if room <= 0:
            return []
        waiting = ahead.filter(state=Report.State.WAITING).exclude(touched_at__gt=now - UNHEARD_AFTER)
        rows = waiting.order_by("requested_at", "pk").select_for_update(of=("self",), skip_locked=True)
        found = list(rows.values_list("pk", flat=True)[:room])
        Report.objects.filter(pk__in=found).update(touched_at=now)
    for report_id in found:
        ring(practice_id, report_id)
    return found
