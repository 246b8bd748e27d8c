"""Who was erased, as lines for a restored copy; and erasing them there again."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients import erasing
from practice import dispatch, tenancy
from practice.backups.restoring import erased_in


class Command(BaseCommand):
    help = (
        "List everybody who was erased, as lines with ids and times. With --again, erase in this installation "
        "everybody whom such a list or a log names: after a back-up was restored that is older than the erasing. "
        "Doing it twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="append", default=[], metavar="FILE", help="a list or a log")

    def handle(self, *, again: list[str], **options: Any) -> None:
        there = dispatch.practices()
        if again:
            self._again(_read(again), set(there))
            return
        for practice_id in there:
            with tenancy.acting(tenancy.as_system(practice_id)):
                for line in erasing.lines_of_practice():
                    self.stdout.write(line)

    def _again(self, text: str, there: set[uuid.UUID]) -> None:
        told = erased_in(text)
        known, done = len(told.whole) + len(told.own), 0
        for practice_id, client_id in sorted(told.whole):
            if practice_id in there:
                with tenancy.acting(tenancy.as_system(practice_id)):
                    done += erasing.erase_again(client_id) is not None
        for (practice_id, client_id), at in sorted(told.own.items()):
            if practice_id in there:
                with tenancy.acting(tenancy.as_system(practice_id)):
                    done += erasing.erase_own_again(client_id, at) is not None
        self.stdout.write(f"{known} named, {done} erased again, {known - done} were not there any more.")


def _read(paths: list[str]) -> str:
    try:
        return "\n".join(Path(path).read_text(encoding="utf-8") for path in paths)
    except (OSError, ValueError) as error:
        raise CommandError(f"The list cannot be read: {error}") from error
