"""Migrate as the owner of the tables, whoever the application signs in as, and stand in nobody's way."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

from practice import roles

#: Whoever waits for a table holds up everybody who comes after: rather give up, and be run again.
LOCK_SECONDS = 5


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with roles.owner_connection(options["database"]):
            with connections[options["database"]].cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])
            try:
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                raise CommandError(
                    f"A table was in use for longer than {LOCK_SECONDS} seconds. What was begun is undone, what was "
                    "finished stays: run it again."
                ) from None
