"""What the FHIR commands share: a file, a practice by its short name, and reasons on standard error."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from exercises.fhir.findings import Finding
from exercises.fhir.reading import LARGEST_FILE
from practice import dispatch, tenancy
from practice.models import Practice


class FhirCommand(BaseCommand):
    """A command that works in one practice, as Attune itself.

    On a developer's machine without a database of its own it uses the demo's, running or not.
    """

    requires_system_checks: list[str] = []
    #: False on a machine whose demo was never run: there is nothing to ask.
    has_database = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--practice", required=True, metavar="SLUG", help="the short name of the practice")

    def run_from_argv(self, argv: list[str]) -> None:
        if settings.PRODUCTION or os.environ.get("DATABASE_URL"):
            super().run_from_argv(argv)
        elif not settings.DEMO:
            # Settings are read once, so the same command line begins again with the demo's.
            os.environ["ATTUNE_DEMO"] = "1"
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
        else:
            self._beside_the_demo(argv)

    def _beside_the_demo(self, argv: list[str]) -> None:
        """Use the demo's database; if it was not up, leave it as it was."""
        from practice.local import postgres

        state = settings.STATE / "demo"
        if not (state / "postgres").exists():
            self.has_database = False
            super().run_from_argv(argv)
            return
        was_up = postgres.answers(state)
        try:
            super().run_from_argv(argv)
        finally:
            if not was_up:
                postgres.stop(state)

    def read(self, path: str) -> bytes:
        """The bytes of a file, no more than are ever taken."""
        try:
            with Path(path).open("rb") as file:
                return file.read(LARGEST_FILE + 1)
        except OSError as error:
            self.refuse([f"{path}: {error.strerror}"])

    @contextmanager
    def inside(self, slug: str) -> Iterator[Practice]:
        """Work in the practice of that short name; there is no other way in from a command line."""
        try:
            found = self._find(slug) if self.has_database else None
        except DatabaseError:
            self.refuse(["The database is not ready. Start the demo, or migrate it, and try again."])
        if not self.has_database:
            self.refuse(["There is no database yet. Run the demo once, or name one in DATABASE_URL."])
        if found is None:
            self.refuse([f"There is no practice “{slug}”."])
        with tenancy.acting(tenancy.as_system(found.pk)):
            yield found

    def _find(self, slug: str) -> Practice | None:
        # The wall shows one practice at a time, so each is asked for its own name.
        for practice_id in dispatch.practices():
            with tenancy.acting(tenancy.as_system(practice_id)):
                found = Practice.objects.filter(pk=practice_id, slug=slug).first()
            if found is not None:
                return found
        return None

    def refuse(self, reasons: Iterable[Finding | str]) -> NoReturn:
        """Say every reason on a line of its own, and end with 1."""
        for reason in reasons:
            self.stderr.write(" ".join(str(reason).split()))
        sys.exit(1)

    def say(self, words: Any = "") -> None:
        self.stdout.write(str(words))
