"""Make the database roles, once for a PostgreSQL server."""

from __future__ import annotations

from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser

from practice import roles


class Command(BaseCommand):
    help = (
        "Make Attune's database roles. Without a URL the SQL is printed, for an administrator to run. "
        "Running it again changes nothing. Give attune_owner and attune_login their passwords yourself."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="url", help="postgresql://… of a role that may make roles")

    def handle(self, *, url: str | None, **options: Any) -> None:
        if not url:
            self.stdout.write(";\n".join(roles.statements()) + ";")
            return
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in roles.statements():
                connection.execute(statement)
        self.stdout.write("The roles are there.")
