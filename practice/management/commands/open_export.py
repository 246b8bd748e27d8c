"""Open a practice's export with its passphrase."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice import asking_for_passphrases, whole_import
from practice.passphrase_files import NotOpened, Reader


class Command(BaseCommand):
    help = (
        "Open a practice's whole export, check every file in it, and write it as an ordinary ZIP. That one is open to "
        "whoever gets hold of it. Needs no database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--to", required=True, metavar="ZIP", help="where the ZIP goes; it must not be there yet")
        asking_for_passphrases.add_to(parser)

    def handle(self, *, file: str, to: str, passphrase_file: str | None, **options: Any) -> None:
        passphrase = asking_for_passphrases.ask(passphrase_file)
        try:
            with Path(file).open("rb") as sealed:
                whole = Reader(sealed, passphrase)
                whole_import.look_into(whole)
                whole.seek(0)
                with Path(to).open("xb") as plain:
                    shutil.copyfileobj(whole, plain)
        except (NotOpened, whole_import.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{to} is whole, and open to everybody who has it.")
