"""Alarms for whoever runs the installation: counts and times, never people.

Each is written to the log as an error, and mailed to ``ATTUNE_OPERATOR_EMAIL`` where that is set: directly, not
through the outbox, whose trouble it may be about. The same alarm comes once in a window, however many workers see it.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models import Count, Min, Q

from practice import circuits, clock, dispatch, pace, pulse, tenancy
from practice.models import Message, Pace

log = logging.getLogger(__name__)
State = Message.State

HOUR = datetime.timedelta(hours=1)
#: What is due and has not left by then is late.
LATE = datetime.timedelta(minutes=15)
#: Nothing is looked at that was meant for longer ago: it is stale by then, and said so.
BACK = datetime.timedelta(days=2)

FIRST_IN_WINDOW = """
    INSERT INTO practice_pace (key, window_start, used) VALUES (%s, attune_now(), 1)
    ON CONFLICT (key) DO UPDATE SET window_start = EXCLUDED.window_start, used = 1
    WHERE practice_pace.window_start <= EXCLUDED.window_start - %s
    RETURNING true
"""


@dataclass(frozen=True)
class Alarm:
    """Something that somebody has to look at. ``name`` is what it is known by."""

    name: str
    text: str
    count: int = 0
    since: datetime.datetime | None = None

    def __str__(self) -> str:
        since = f", since {self.since:%Y-%m-%d %H:%M} UTC" if self.since else ""
        return f"{self.name}: {self.text}{since}."


def watch() -> list[Alarm]:
    """Raise every alarm that is on; return them all, raised now or before."""
    alarms = found()
    for alarm in alarms:
        sound(alarm)
    return alarms


def found() -> list[Alarm]:
    """Return the alarms that are on now. Reads counts and times in each practice, and nothing else."""
    return [*_of_messages(), *_of_pulse(), *_of_providers(), *_of_ceilings()]


def _of_messages() -> Iterator[Alarm]:
    late = unknown = 0
    since: datetime.datetime | None = None
    for practice_id in dispatch.practices():
        with tenancy.acting(tenancy.as_system(practice_id)):
            counts = _counts(clock.now())
        late += counts["late"]
        unknown += counts["unknown"]
        since = min((one for one in (since, counts["since"]) if one), default=None)
    if late:
        yield Alarm("late", f"{late} messages are due for more than a quarter of an hour", late, since)
    if unknown:
        yield Alarm("unknown", f"of {unknown} messages of the last hour nobody knows whether they arrived", unknown)


def _counts(now: datetime.datetime) -> dict[str, Any]:
    waiting = Q(state__in=[State.PLANNED, State.CLAIMED, State.HANDING_OFF], planned_for__lte=now - LATE)
    # One that waits for a night to end is not late: its `due_at` is ahead, and nobody tried it yet.
    late = waiting & (Q(due_at__lte=now - LATE) | Q(attempts__gt=0))
    unknown = Q(state=State.UNKNOWN, finished_at__gt=now - HOUR)
    rows = Message.objects.filter(late | unknown, planned_for__gt=now - BACK, planned_for__lte=now)
    return rows.aggregate(
        late=Count("pk", filter=late), since=Min("planned_for", filter=late), unknown=Count("pk", filter=unknown)
    )


def _of_pulse() -> Iterator[Alarm]:
    heart = pulse.heartbeat()
    silence = datetime.timedelta(seconds=settings.ATTUNE_WATCHDOG_SECONDS or 180)
    if heart.age is None:
        if heart.planted_at is not None and heart.now - heart.planted_at > silence:
            yield Alarm("silent", "no pulse was ever reached", since=heart.planted_at)
    elif heart.age > silence:
        yield Alarm("silent", "no pulse gets through", since=heart.reached_at)


def _of_providers() -> Iterator[Alarm]:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        troubled = sorted(circuits.health().troubled)
    if troubled:
        yield Alarm("provider", f"out of order: {', '.join(troubled)}", len(troubled))


def _of_ceilings() -> Iterator[Alarm]:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        today = Pace.objects.filter(key__endswith=":day", window_start__gt=clock.now() - pace.DAY)
        full = today.filter(used__gte=settings.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY, used__gt=0)
        count = full.count() if settings.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY else 0
    if count:
        yield Alarm("ceiling", f"{count} practices have sent all that they may in a day", count)


def unsealed(practices: int) -> None:
    """Sound an alarm about trails that could not be sealed for an hour: a transaction hangs."""
    if practices:
        sound(Alarm("unsealed", f"the trail of {practices} practices is not sealed since an hour", practices))


def sound(alarm: Alarm, every: datetime.timedelta = HOUR) -> bool:
    """Log an alarm and mail it, once in a window; tell whether this was that once."""
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)), connection.cursor() as cursor:
        if not is_first(cursor, alarm.name, every):
            return False
    tell(alarm)
    return True


def is_first(cursor: Any, name: str, every: datetime.timedelta) -> bool:
    """Tell whether this alarm was not raised lately, by anybody, and remember that it is now.

    The cursor is that of any connection that acts as the dispatcher: the watchdog has its own.
    """
    cursor.execute(FIRST_IN_WINDOW, [f"alarm:{name}", every])
    return cursor.fetchone() is not None


def tell(alarm: Alarm) -> None:
    """Write an alarm to the log and to the operator."""
    log.error("ALARM %s", alarm)
    if not settings.ATTUNE_OPERATOR_EMAIL:
        return
    try:
        EmailMessage(
            subject="An alarm",
            body=f"{alarm}\n\n`manage.py reminders status` says more.\n",
            to=[settings.ATTUNE_OPERATOR_EMAIL],
            headers={"Auto-Submitted": "auto-generated"},
        ).send()
    except Exception as error:  # the log has it; a mail server out of order must not stop the watch
        log.error("The operator can not be told by mail: %s", type(error).__name__)
