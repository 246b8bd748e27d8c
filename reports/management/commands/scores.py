"""Prove that scores are what their answers give, or make them again."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from practice import dispatch, practices
from reports import recomputing


class Command(BaseCommand):
    help = (
        "Scores are derived from answers. check: work all of them out again, by the rules they name, and compare; ends "
        "with 1 when any differs. recompute: make again what differs. Both tell ids and counts, nobody's data."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["check", "recompute"])
        parser.add_argument("--practice", metavar="SLUG", help="only in this practice")

    def handle(self, *, verb: str, practice: str | None = None, **options: Any) -> None:
        look = recomputing.check if verb == "check" else recomputing.recompute
        said = "differ" if verb == "check" else "made again"
        differences = 0
        for practice_id in [practices.called(practice)] if practice else dispatch.practices():
            tally = look(practice_id)
            for one in tally.differences:
                self.stdout.write(f"{practice_id}  response {one.response_id}: {one.what}")
            differences += len(tally.differences)
            counts = f"{tally.responses} responses, {tally.scores} scores, {len(tally.differences)} {said}"
            self.stdout.write(f"{practice_id}  {counts}")
        if verb == "check" and differences:
            sys.exit(1)
