"""The one clock that leases, due times and quiet hours are judged by: the database's."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import connection, models


class Now(models.Func):
    """The clock's time, for use in queries. Never the transaction's beginning."""

    function = "attune_now"
    template = "%(function)s()"

    def __init__(self, **extra: Any) -> None:
        super().__init__(output_field=models.DateTimeField(), **extra)


def now() -> datetime.datetime:
    """Return the clock's time now, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT attune_now()")
        return cursor.fetchone()[0].astimezone(datetime.UTC)
