"""The one clock that leases, due times and quiet hours are judged by: the database's."""

from __future__ import annotations

import datetime

from django.db import connection


def now() -> datetime.datetime:
    """Return the database's time now (not the transaction's beginning), in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0].astimezone(datetime.UTC)
