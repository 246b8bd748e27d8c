"""Timestamps as the server sends them: a page of many couples has thousands, and Django reads each by a pattern."""

from __future__ import annotations

import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg.abc import Buffer


class UtcLoader(BaseTzLoader):
    """Reads what a connection in UTC sends; Django's own way has the last word on what no ``datetime`` can hold."""

    timezone = datetime.UTC

    def load(self, data: Buffer) -> datetime.datetime:
        try:
            return datetime.datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            moment: datetime.datetime = super().load(data)
            return moment


@receiver(connection_created)
def read_quickly(sender: object, connection: Any, **kwargs: Any) -> None:
    """Let a connection in UTC, as all of ours are, read timestamps this way."""
    if connection.vendor == "postgresql" and connection.timezone == UtcLoader.timezone:
        connection.connection.adapters.register_loader("timestamptz", UtcLoader)
