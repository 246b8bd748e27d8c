"""`manage.py seed`: believable data of any size in the local database, to see how fast it is when there is much."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from practice.local import database
from reports.demo import growing, people

LOCAL = "practice.local.backend"


class Command(BaseCommand):
    help = (
        "Add practices to the local database, each a copy of the demo's: --practices N with at least --couples K each, "
        "or --responses N in all. Copy 64 is signed in to as c64.ines@example.org, with the demo's password. "
        "ATTUNE_DEMO=1 adds them to the demo's own database; nobody may work in it meanwhile."
    )
    requires_system_checks: list[str] = []  # the database is not up yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--practices", type=int, default=0, metavar="N", help="how many practices")
        parser.add_argument("--couples", type=int, default=0, metavar="K", help="couples in each, nine at a time (9)")
        parser.add_argument("--responses", type=int, default=0, metavar="N", help="how many responses in all")

    def handle(self, *, practices: int, couples: int, responses: int, **options: Any) -> None:
        if settings.PRODUCTION or connection.settings_dict["ENGINE"] != LOCAL:
            raise CommandError("Seeds are sown in the local database alone: without ATTUNE_ENV and DATABASE_URL.")
        if not (practices > 0 or responses > 0) or min(practices, couples, responses) < 0:
            raise CommandError("Say how much: --practices 100, or --responses 10000.")
        begun = time.monotonic()
        self.say("Getting ready: the database, the library, and a practice with nine couples …")
        database.prepare()
        with database.above() as above:
            self._grow(above, practices=practices, couples=couples, responses=responses)
        self.say(f"Done in {time.monotonic() - begun:.0f} s. The password is: {people.PASSWORD}")

    def _grow(self, above: Any, **asked: int) -> None:
        model = growing.model_of_demo(above)
        wished = growing.wish(model, **asked)
        self.say(
            f"{wished.practices:,} practices with {wished.couples} couples each, {wished.responses:,} responses: "
            f"about {growing.in_words(wished.bytes)} on disk."
        )
        try:
            growing.grow(above, model, wished, self.say)
        except growing.TooLittleRoom as error:
            raise CommandError(str(error)) from None

    def say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
