"""Print a fresh key for notifications."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from practice.channels import push


class Command(BaseCommand):
    help = (
        "Print a fresh key for ATTUNE_VAPID_KEY. With another key than before, everybody has to switch their "
        "notifications on again."
    )
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        self.stdout.write(push.fresh_key())
