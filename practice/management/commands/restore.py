"""Bring a back-up back to an empty machine, and let the application into it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from practice import keyring
from practice.backups import files, releasing, restoring, taking


class Command(BaseCommand):
    help = (
        "Restore DATA with the newest KEYS into an empty server. The database lets nobody in afterwards: look at what "
        "is said, then `restore --release`. With --check the files are only read, to their ends. Ends with 1 when "
        "something is not as it was."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", nargs="?", type=Path)
        parser.add_argument("--keys", type=Path, help="the newest file of keys, also with older data")
        parser.add_argument("--as", dest="url", help="postgresql://… of a role that may make roles and databases")
        parser.add_argument("--erased", action="append", default=[], metavar="FILE", help="a log, with who was erased")
        parser.add_argument("--check", action="store_true", help="read the files and change nothing")
        parser.add_argument("--release", action="store_true", help="let the application into what was restored")

    def handle(
        self,
        *,
        data: Path | None,
        keys: Path | None,
        url: str | None,
        erased: list[str],
        check: bool,
        release: bool,
        **options: Any,
    ) -> None:
        try:
            if check:
                self._check([one for one in (data, keys) if one])
            elif release and url:
                self._release(url)
            elif data and keys and url and not release:
                self._restore(data, keys, url, erased)
            else:
                raise CommandError("Say DATA --keys KEYS --as URL, or --check FILE, or --release --as URL.")
        except (restoring.CannotRestore, files.BackupBroken) as error:
            raise CommandError(str(error)) from None
        except (OSError, psycopg.Error, ValueError) as error:
            raise CommandError(f"{type(error).__name__}: {error}") from None

    def _check(self, paths: list[Path]) -> None:
        private = files.read_private(settings.ATTUNE_RESTORE_KEY)
        for path in paths:
            header = files.header_of(path)
            rows = taking.check(path, files.key_for(header, private, keyring.known()))
            self.stdout.write(f"{path.name}: {header.kind} of {header.made_at}, {rows.total()} rows, whole.")

    def _restore(self, data: Path, keys: Path, url: str, erased: list[str]) -> None:
        told = restoring.erased_in("\n".join(Path(one).read_text(encoding="utf-8") for one in erased))
        found = restoring.restore(data, keys, url, erased=told)
        self.stdout.write(f"Back-up of {found.data.made_at}, keys of {found.keys.made_at}.")
        self.stdout.write(
            f"{found.practices} practices, {len(found.rows)} tables, {found.rows.total()} rows, compared."
        )
        self.stdout.write(f"Erased again: {found.erased_again}. Keys of practices that came later: {found.keys_left}.")
        self.stdout.write(f"Erased again of what they alone could read: {found.own_again}.")
        for words in found.wrong:
            self.stdout.write(words)
        self.stdout.write("These work here, as of the back-up. Whoever left since is to be ended again:")
        for words in found.members:
            self.stdout.write(words)
        self.stdout.write("Nobody is let in and nothing is sent until: manage.py restore --release --as …")
        if found.wrong:
            sys.exit(1)

    def _release(self, url: str) -> None:
        found = releasing.release(url)
        for kind, count in sorted(found.unknown.items()):
            self.stdout.write(f"Due meanwhile, not known whether it arrived, not sent again: {kind}: {count}")
        self.stdout.write("Released. Processes may start.")
