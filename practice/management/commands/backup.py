"""Make a back-up of the whole installation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from practice.backups import files, taking


class Command(BaseCommand):
    help = (
        "Write everything as it is at one moment into a folder, sealed for the restore key: the data, and apart from "
        "it the keys to what people wrote. Each file is read again before it counts. Older files of that folder are "
        "removed. While it runs everybody works."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--keys", type=Path, metavar="FOLDER", help="where the keys go, if not there as well")
        parser.add_argument("--only-keys", action="store_true", help="the small file alone, for every hour")
        parser.add_argument("--keep", type=int, default=35, metavar="DAYS", help="how long data is kept (35)")
        parser.add_argument("--keep-keys", type=int, default=7, metavar="DAYS", help="how long keys are kept (7)")

    def handle(
        self, *, folder: Path, keys: Path | None, only_keys: bool, keep: int, keep_keys: int, **options: Any
    ) -> None:
        folders: dict[files.Kind, Path] = {"data": folder, "keys": keys or folder}
        if only_keys:
            del folders["data"]
        try:
            taken = taking.take(folders)
        except (taking.CannotBackUp, files.BackupBroken) as error:
            raise CommandError(str(error)) from None
        except (OSError, psycopg.Error) as error:
            raise CommandError(f"No back-up was made: {type(error).__name__}: {error}") from None
        for one in taken:
            said = f"{len(one.rows)} tables, {one.rows.total()} rows, {one.size} bytes"
            self.stdout.write(f"{one.path.name}: {said}; read again, whole.")
        for place in sorted(set(folders.values())):
            for path in taking.prune(place, keep={"data": keep, "keys": keep_keys}):
                self.stdout.write(f"{path.name}: removed, too old.")
