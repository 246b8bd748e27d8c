"""Load the shipped library."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from exercises.loading import load_catalogue_into_database


class Command(BaseCommand):
    help = "Load the shipped catalogue. Running it again changes nothing; assigned editions stay as they are."

    def handle(self, *, verbosity: int, **options: Any) -> None:
        done = load_catalogue_into_database()
        if verbosity:
            self.stdout.write(
                f"{done.made} exercises made, {done.renewed} with a new edition, "
                f"{done.programs} programs written, {done.kept} already as they should be."
            )
