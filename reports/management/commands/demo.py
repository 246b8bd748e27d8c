"""`manage.py demo`: a whole practice to click through, on this machine alone."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from practice.local import database, processes
from practice.local.ports import Ports
from practice.local.servers import LocalServerError


class Command(BaseCommand):
    help = "Run Attune with a practice to click through. Ctrl-C ends it; the data is kept."
    requires_system_checks: list[str] = []  # the database is not up yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="begin anew: all data of the demo is removed")
        parser.add_argument("--check", action="store_true", help="start, walk through everything once, stop")

    def handle(self, *, reset: bool, check: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("This is a production installation (ATTUNE_ENV); the demo stays away from it.")
        try:
            if not _settled():
                # Comes back in this very place, with ports and keys in the environment before settings are read.
                place = settings.STATE / "check" if check else settings.STATE
                processes.settle(place / "demo", reset=reset or check, say=self.say)
            code = self.check_all() if check else self.stay()
        except LocalServerError as error:
            raise CommandError(str(error)) from None
        sys.exit(code)

    def say(self, words: object) -> None:
        self.stdout.write(str(words))
        self.stdout.flush()

    def stay(self) -> int:
        """Run until interrupted."""
        state = _state()

        def ready(at: Ports) -> None:
            from reports.demo import card, filling

            filling.ask_for_reports()
            reminded = filling.give_something_small()
            _let_go()
            self.say(card.card(at, state, reminded))

        return processes.run(state, prepare=self.prepare, on_ready=ready, say=self.say)

    def check_all(self) -> int:
        """Run on a state of its own, walk through everything, and leave nothing behind when all is well."""
        state = _state()

        def ready(at: Ports) -> int:
            from reports.demo import walk

            _let_go()
            return walk.walk(f"http://localhost:{at.web}", state / "logs", self.say)

        code = processes.run(state, prepare=self.prepare, on_ready=ready, say=lambda words: None)
        if code == 0:
            processes.erase(state)
            shutil.rmtree(state.parent, ignore_errors=True)
        else:
            self.say(f"What was there is kept in {state}")
        return code

    def prepare(self) -> None:
        """Bring the database to the present state of the code, and fill it the first time."""
        from reports.demo import filling

        self.say("Getting ready: the database, the library, and the first time a practice with nine couples …")
        database.prepare()
        filling.fill()


def _settled() -> bool:
    return os.environ.get(processes.SETTLED) == str(os.getpid())


def _state() -> Path:
    state: Path = settings.STATE / "demo"
    return state


def _let_go() -> None:
    """Close the connections of this process: it only watches from here on."""
    connection.close()
    pool = getattr(connection, "pool", None)
    if pool:
        pool.close()
