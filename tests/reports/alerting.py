"""Alerts for tests: somebody said that they are afraid, and time passes by the database's own clock."""

from __future__ import annotations

import datetime
import uuid

from django.db import connection

from clients.models import Client, Couple
from exercises.models import MeasureEntry
from practice.models import Membership, Practice
from reports import alert_ladder
from reports.models import Alert, AlertStep
from tests.factories import inside

HOUR = datetime.timedelta(hours=1)
MONDAY = datetime.datetime(2026, 11, 23, 10, 0, tzinfo=datetime.UTC)


def stand_at(moment: datetime.datetime) -> None:
    """Let the database's clock say that it is ``moment``, for this connection, until its transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('attune.clock_shift', (%s::timestamptz - now())::text, true)", [moment])


def make_alert(couple: Couple, client: Client, by: Membership, *, at: datetime.datetime = MONDAY) -> Alert:
    """An alert raised at a moment, with its first step taken."""
    with inside(by.practice):
        entry = MeasureEntry.objects.create(
            couple=couple,
            client=client,
            measure="phq9",
            definition_version="1",
            total=12,
            safety={"9": "2"},
            taken_on=at.date() - datetime.timedelta(days=int(uuid.uuid4()) % 1000),
            entered_by=by,
        )
        alert = Alert.objects.create(
            couple=couple, client=client, entry=entry, source=Alert.Source.PAPER, key="item_9", rule="above_lowest"
        )
        Alert.objects.filter(pk=alert.pk).update(raised_at=at)
        alert_ladder.begin([alert], at)
    return alert


def climb_at(practice: Practice, moment: datetime.datetime) -> int:
    """One run of the job at a moment."""
    stand_at(moment)
    return alert_ladder.climb(practice.pk)


def again(practice: Practice, alert: Alert) -> Alert:
    with inside(practice):
        return Alert.objects.get(pk=alert.pk)


def steps(practice: Practice, alert: Alert, kind: str = "told") -> list[AlertStep]:
    with inside(practice):
        rows = AlertStep.objects.filter(alert=alert).select_related("member").order_by("at", "pk")
        return list(rows.filter(kind=kind) if kind else rows)


def told(practice: Practice, alert: Alert) -> list[tuple[int, str]]:
    """Who was told at which step."""
    return [(one.number, one.member.name) for one in steps(practice, alert)]
