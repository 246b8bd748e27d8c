"""Ceilings: how many messages may leave in a window of time. Shared by all workers, judged by the database's clock."""

from __future__ import annotations

import datetime

from django.db import connection

from practice import clock

MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)
EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)

# Everybody draws numbers, and numbers up to the ceiling are good: one statement, and nobody can draw one twice.
DRAW = """
    INSERT INTO practice_pace AS pace (key, window_start, used) VALUES (%(key)s, %(begins)s, %(wanted)s)
    ON CONFLICT (key) DO UPDATE SET
        used = CASE WHEN pace.window_start < EXCLUDED.window_start THEN EXCLUDED.used
                    ELSE LEAST(pace.used, 1000000000) + EXCLUDED.used END,
        window_start = GREATEST(pace.window_start, EXCLUDED.window_start)
    RETURNING used, window_start
"""


def take(
    key: str, wanted: int, *, limit: int, window: datetime.timedelta, now: datetime.datetime | None = None
) -> tuple[int, datetime.datetime]:
    """Take up to ``wanted`` from a ceiling; return how many are granted, and when the next window begins.

    The ceiling's row is held until the transaction ends, and what a transaction took and rolled back is given
    back: so take late, and from several in the order of their keys. What was granted and not used is lost.
    Wishes that were not granted count as used, too: the window is over for everybody then.
    """
    begins = window_of(now or clock.now(), window)
    with connection.cursor() as cursor:
        cursor.execute(DRAW, {"key": key, "begins": begins, "wanted": wanted})
        used, started = cursor.fetchone()
    return granted(used, wanted, limit), started.astimezone(datetime.UTC) + window


def window_of(moment: datetime.datetime, window: datetime.timedelta) -> datetime.datetime:
    """Return the beginning of the window that a moment lies in."""
    return EPOCH + (moment - EPOCH) // window * window


def granted(used: int, wanted: int, limit: int) -> int:
    """Return how many of the last ``wanted`` numbers are good, after ``used`` were drawn in all."""
    return max(0, min(wanted, limit - (used - wanted)))
