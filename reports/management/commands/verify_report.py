"""Confirm that a file is a report as it was issued, or that all kept ones still are."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice import dispatch, tenancy
from reports import verifying


class Command(BaseCommand):
    help = (
        "With a file or a SHA-256: say which report was issued with it, and whether the kept one is still the same. "
        "Without: hash all kept reports anew. Ends with 1 where something is unknown or differs. Names nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", nargs="?", help="a PDF, or 64 hexadecimal digits")

    def handle(self, *, what: str | None = None, **options: Any) -> None:
        if not (self._one(_sha256(what)) if what else self._all()):
            sys.exit(1)

    def _one(self, sha256: str) -> bool:
        for practice_id in dispatch.practices():
            with tenancy.acting(tenancy.as_system(practice_id)):
                if found := verifying.issued_with(sha256):
                    self._say(found)
                    return found.is_whole is not False
        self.stdout.write(f"unknown: no report was issued with {sha256}")
        return False

    def _all(self) -> bool:
        good = True
        count = 0
        for practice_id in dispatch.practices():
            with tenancy.acting(tenancy.as_system(practice_id)):
                for found in verifying.all_issued():
                    count += 1
                    if found.is_whole is False:
                        good = False
                        self._say(found)
        self.stdout.write(f"{count} reports looked at")
        return good

    def _say(self, found: verifying.Verified) -> None:
        report = found.report
        kept = {True: "kept as it was issued", False: "the kept file DIFFERS", None: "its file is not kept any more"}
        period = f"{report.begins_on} to {report.ends_on}"
        made = f"{report.finished_at:%Y-%m-%d %H:%M %Z}" if report.finished_at else "-"
        self.stdout.write(
            f"{report.reference}: {report.kind}, {report.audience} edition, {period}, code {report.code}, made {made}; "
            f"{kept[found.is_whole]}"
        )


def _sha256(what: str) -> str:
    path = Path(what)
    if path.is_file():
        with path.open("rb") as file:
            return verifying.fingerprint(iter(lambda: file.read(65536), b""))
    if found := verifying.as_hash(what):
        return found
    raise CommandError("There is no such file, and this is no SHA-256 of 64 hexadecimal digits.")
