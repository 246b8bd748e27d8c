"""Print a fresh pair of keys for back-ups."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from practice.backups import files


class Command(BaseCommand):
    help = (
        "Print a pair of keys. The public one goes to the machine that makes back-ups; the private one opens them and "
        "belongs on paper or in a safe, never on that machine."
    )
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        public, private = files.fresh_pair()
        self.stdout.write(f"ATTUNE_BACKUP_KEY={public}")
        self.stdout.write(f"ATTUNE_RESTORE_KEY={private}")
