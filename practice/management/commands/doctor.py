"""Look at everything that an installation needs, and say how to mend what is missing."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from practice import doctor


class Command(BaseCommand):
    help = (
        "Look at roles, policies, broker, workers, mail, keys, clock, fonts, files, space and settings, and say how to "
        "mend what is not as it should be. Changes nothing and sends nothing. Ends with 1 when something is grave."
    )
    # It looks by itself, and goes on where a check would end it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for programs")

    def handle(self, *, json: bool, **options: Any) -> None:
        told = []
        for one in doctor.examine():
            told.append(one)
            if not json:
                self._say(one)
        well = all(one.well for one in told)
        if json:
            self.stdout.write(_as_json(well, told))
        if not well:
            sys.exit(1)

    def _say(self, one: doctor.Told) -> None:
        word = "well" if one.well else "ILL" if one.looked else "not looked at: the database comes first"
        self.stdout.write(f"{one.part:<14} {word}")
        for finding in one.findings:
            self.stdout.write(f"    {'!' if finding.grave else '-'} {finding.what}")
            self.stdout.write(f"      {finding.mend}")


def _as_json(well: bool, told: list[doctor.Told]) -> str:
    return json.dumps({"well": well, "parts": [one.as_json() for one in told]}, indent=2)
