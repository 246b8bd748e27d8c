"""Migrate as the owner of the tables, whoever the application signs in as."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate

from practice import roles


class Command(DjangoMigrate):
    def handle(self, *args: Any, **options: Any) -> None:
        with roles.owner_connection(options["database"]):
            super().handle(*args, **options)
