"""Write a practice's whole export in the foreground, and put the sealed file on disk."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice import archives, audit, exporting, practices, tenancy
from practice.models import Archive


class Command(BaseCommand):
    help = (
        "Write the whole export that an owner of a practice asked for and a second person confirmed, if no worker has "
        "yet, and put the sealed file on disk. Only the owner's passphrase opens it. To be the second person where "
        "nobody else is: second_person."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("practice", metavar="SLUG")
        parser.add_argument("--to", required=True, metavar="FILE", help="where the file goes; it must not be there yet")

    def handle(self, *, practice: str, to: str, **options: Any) -> None:
        practice_id = practices.called(practice)
        with tenancy.acting(tenancy.as_system(practice_id)):
            archive = exporting.in_force().first()
        if archive is None:
            raise CommandError("No export is agreed on: an owner asks for it under Practice, another person confirms.")
        if archive.state != Archive.State.DONE:
            archives.make(practice_id, archive.pk)
        with tenancy.acting(tenancy.as_system(practice_id)):
            archive = Archive.objects.get(pk=archive.pk)
            try:
                size, read = archives.begin_taking(archive)
            except archives.NotThere:
                raise CommandError(f"It is not there: {archive.get_state_display()}. {archive.failure}") from None
            audit.looked_at("downloaded", archive)
        try:
            with Path(to).open("xb") as file:
                for part in read(0):
                    file.write(part)
        except FileExistsError:
            raise CommandError(f"{to} is there already.") from None
        self.stdout.write(f"{size} bytes, SHA-256 {archive.sha256}")
