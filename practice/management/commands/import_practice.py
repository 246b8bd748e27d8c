"""Bring a practice's whole export into this installation."""

from __future__ import annotations

import contextlib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice import asking_for_passphrases, whole_import
from practice.passphrase_files import NotOpened, Reader
from practice.whole_import import Export

AFTERWARDS = """Everything is here, and what was written is what the export holds.
Nobody has a password here: each signs in with "Forgotten password?" and their address, and sets up a second step.
Nothing is sent from here until an owner releases it: Practice, What leaves from here. First let an owner choose there,
under Take everything out: "We moved: stop sending here".
The other installation keeps all of it until it is deleted there."""


class Command(BaseCommand):
    help = (
        "Bring a practice's whole export into this installation, in which neither the practice nor anybody of it may "
        "be yet: all of it, or nothing. Afterwards the content is compared with what the export says of itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--check", action="store_true", help="only look into the file; nothing is changed")
        parser.add_argument(
            "--compare", action="store_true", help="only compare it with the practice that is here; 1 where it differs"
        )
        asking_for_passphrases.add_to(parser)

    def handle(self, *, file: str, check: bool, compare: bool, passphrase_file: str | None, **options: Any) -> None:
        passphrase = asking_for_passphrases.ask(passphrase_file)
        try:
            with _opened(file, passphrase) as export:
                self.stdout.write(f"practice {export.practice_id}, {export.manifest['at']}")
                self.stdout.write(f"content {export.manifest['content']}")
                if compare:
                    self._compare(export)
                elif not check:
                    self._take_in(export)
        except (NotOpened, whole_import.Refused, OSError) as error:
            raise CommandError(str(error)) from error

    def _compare(self, export: Export) -> None:
        if wrong := whole_import.compare(export):
            raise CommandError("Another content: " + ", ".join(wrong))
        self.stdout.write("The same content.")

    def _take_in(self, export: Export) -> None:
        taken = whole_import.take_in(export)
        rows = sum(taken.rows.values())
        self.stdout.write(f"{rows} rows, {taken.accounts} accounts, {taken.catalogue} rows added to the catalogue")
        self.stdout.write(AFTERWARDS)


@contextlib.contextmanager
def _opened(file: str, passphrase: str) -> Iterator[Export]:
    with Path(file).open("rb") as sealed:
        yield whole_import.look_into(Reader(sealed, passphrase))
