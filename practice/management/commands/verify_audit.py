"""Look whether the audit trail is what it was."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from practice import anchoring, dispatch, practices, sealing


class Command(BaseCommand):
    help = (
        "Work every seal of the audit trail out again and compare. Ends with 1 when lines were changed, removed, put "
        "in or brought into another order, and, with an anchor, when the end was cut or all was written anew. Tells "
        "numbers, nobody's data. Lines since the last seal are not covered yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--practice", metavar="SLUG", help="only in this practice")
        parser.add_argument(
            "--anchor", action="append", default=[], metavar="FILE", help="a log, file or letter with anchors"
        )
        parser.add_argument("--write-anchor", metavar="FILE", help="add the newest anchors to this file, if all holds")

    def handle(self, *, practice: str | None, anchor: list[str], write_anchor: str | None, **options: Any) -> None:
        anchored = _anchors(anchor)
        ids = dispatch.practices() if practice is None else [practices.called(practice)]
        broken = 0
        for practice_id in ids:
            broken += self._check(practice_id, anchored.pop(practice_id, {}))
        if practice is None:
            for practice_id in anchored:
                self.stdout.write(f"{practice_id}  The practice was anchored and is gone.")
                broken += 1
        if broken:
            sys.exit(1)
        if write_anchor:
            anchoring.append(Path(write_anchor), anchoring.newest())

    def _check(self, practice_id: uuid.UUID, anchored: dict[int, str]) -> int:
        found = sealing.check(practice_id, anchored)
        for words in found.broken:
            self.stdout.write(f"{practice_id}  {words}")
        said = "broken" if found.broken else "holds"
        counts = f"{found.seals} seals, {found.lines} lines, {found.unsealed} not sealed yet, {len(anchored)} anchors"
        self.stdout.write(f"{practice_id}  {said}: {counts}")
        return len(found.broken)


def _anchors(paths: list[str]) -> dict[uuid.UUID, dict[int, str]]:
    if not paths:
        return {}
    try:
        return anchoring.read("\n".join(Path(path).read_text(encoding="utf-8") for path in paths))
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error
