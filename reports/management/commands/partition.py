"""`manage.py partition`: the tables that grow fastest in parts, each practice wholly in one of them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exercises.models import Answer, Response
from practice import partitions, roles
from practice.models import AuditEvent

#: Of what couples answer most of it is in these; the trail has a line for each row that is written.
FASTEST = tuple(model._meta.db_table for model in (Response, Answer, AuditEvent))


class Command(BaseCommand):
    help = (
        f"Spread the rows of {', '.join(FASTEST)}, or of the tables that are named, over parts, each practice wholly "
        "in one of them; with --join bring them together again. Stop Attune first, and have a table's size free on "
        "the disk once more. docs/growing.md tells when it pays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tables", nargs="*", default=FASTEST, metavar="table")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--into", type=int, metavar="N", help=f"parts, 2 to {partitions.MOST}; 16 is a good number")
        how.add_argument("--join", action="store_true", help="one table again")

    def handle(self, *, tables: list[str], into: int | None, **options: Any) -> None:
        with roles.owner_connection():
            for table in tables:
                try:
                    rows = partitions.split(table, into=into) if into is not None else partitions.join(table)
                except partitions.CannotSplit as error:
                    raise CommandError(str(error)) from None
                where = f"{into} parts" if into else "one table"
                self.stdout.write(f"{table}: {rows:,} rows in {where}.")
