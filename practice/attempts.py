"""Attempts at what workers make in the background: taken up once, lost and taken up again, broken off, given up.

The rules that archives (:mod:`practice.archives`) and reports (``reports.tasks``) share. What they are made of, how
they are put away and how they are rung for is their own. A row has ``state`` (waiting, working, done, failed),
``attempts``, ``percent``, ``step``, ``failure``, ``touched_at`` and ``finished_at``; whoever calls holds it, inside
its practice. An attempt is known by its number: when another one has begun, the earlier one notices and stops.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

#: Begun so often without an end, it is given up.
MOST_ATTEMPTS = 3
#: What broke for the first time is tried once more before anybody is told.
MOST_FAILURES = 2

BROKEN = _("Something went wrong on our side. Nothing was lost.")


class Overtaken(Exception):
    """Somebody else has taken it up, or it is wanted no more; whoever notices stops."""


def lost(lost_after: timedelta) -> Q:
    """Return the condition for what a worker began and gave no sign of since."""
    return Q(state="working", touched_at__lt=timezone.now() - lost_after)


def take_up(row: Any, *, lost_after: timedelta, percent: int = 0, step: str = "") -> bool:
    """Begin the next attempt. False: it is done, somebody is at it, or it is given up now."""
    now = timezone.now()
    if row.state in ("done", "failed"):
        return False
    if row.state == "working" and row.touched_at and row.touched_at > now - lost_after:
        return False
    if row.attempts >= MOST_ATTEMPTS:
        _give_up(row, BROKEN)
        return False
    row.state, row.attempts = "working", row.attempts + 1
    show(row, percent, step, "state", "attempts")
    return True


def mine(rows: QuerySet[Any], pk: uuid.UUID, attempt: int) -> Any:
    """Hold the row that an attempt is at, and return it. Raises :class:`Overtaken`."""
    row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None or row.state != "working" or row.attempts != attempt:
        raise Overtaken
    return row


def show(row: Any, percent: int, step: str, *also: str) -> None:
    """Say how far it is, for the page that waits, and give a sign that somebody is at it."""
    row.percent, row.step, row.touched_at = percent, step, timezone.now()
    row.save(update_fields=["percent", "step", "touched_at", *also])


def break_off(row: Any, failure: str, *, step: str = "", again: bool = True) -> bool:
    """Put a row back after an attempt that broke, or fail it. Return whether it waits for another attempt."""
    if again and row.attempts < MOST_FAILURES:
        row.state = "waiting"
        show(row, 0, step, "state")
        return True
    _give_up(row, failure)
    return False


def set_down(row: Any) -> None:
    """Let another attempt go on where this one has come to. It counts for none: it got further."""
    row.state, row.attempts = "waiting", row.attempts - 1
    show(row, row.percent, row.step, "state", "attempts")


def _give_up(row: Any, failure: str) -> None:
    row.state, row.failure, row.finished_at = "failed", failure, timezone.now()
    row.save(update_fields=["state", "failure", "finished_at"])
