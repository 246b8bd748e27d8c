"""`manage.py rehearse`: some days ahead of one couple in two time zones, read in the demo's mailbox."""

from __future__ import annotations

import datetime
from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports.demo import rehearsal


class Command(BaseCommand):
    help = (
        "Live through some days ahead of one couple in Berlin and New York: without a date, those around the next "
        "change of New York's clocks. The demo has to be running; the letters lie in its mailbox."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "first", nargs="?", type=datetime.date.fromisoformat, help="the first day, such as 2027-03-13"
        )
        parser.add_argument("--days", type=int, default=3, help="how many (3)")

    def handle(self, *, first: datetime.date | None, days: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This lives in the demo: ATTUNE_DEMO=1 manage.py rehearse")
        today = timezone.now().date()
        day = first or rehearsal.next_change(ZoneInfo("America/New_York"), today) - datetime.timedelta(days=1)
        try:
            told = rehearsal.rehearse(day, days, self.stdout.write)
        except ValueError as error:
            raise CommandError(str(error)) from None
        for one in told:
            self.stdout.write(str(one))
