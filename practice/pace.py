"""Ceilings: how many messages may leave in a window of time. Shared by all workers, judged by the database's clock."""

from __future__ import annotations

import datetime

from practice import clock
from practice.models import Pace

MINUTE = datetime.timedelta(minutes=1)
DAY = datetime.timedelta(days=1)
EPOCH = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


def take(key: str, wanted: int, *, limit: int, window: datetime.timedelta) -> tuple[int, datetime.datetime]:
    """Take up to ``wanted`` from a ceiling; return how many are granted, and when the next window begins.

    The ceiling's row is held until the transaction ends, so that two workers never take the last one twice:
    whoever takes from several takes them in the order of their keys. What was granted and not used is lost.
    """
    now = clock.now()
    begins = EPOCH + (now - EPOCH) // window * window
    Pace.objects.get_or_create(key=key, defaults={"window_start": begins})
    row = Pace.objects.select_for_update().get(key=key)
    if row.window_start < begins:
        row.window_start, row.used = begins, 0
    granted = max(0, min(wanted, limit - row.used))
    row.used += granted
    row.save()
    return granted, row.window_start + window
