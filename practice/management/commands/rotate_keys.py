"""Put all keys under the installation's present one, while everybody works."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from practice import dispatch, keyring, rotating


class Command(BaseCommand):
    help = (
        "Wrap every practice's key anew under ATTUNE_MASTER_KEY, in small steps. It may be ended at any moment and "
        "begun again. With --practice-keys each practice gets a new key as well, and its old one is destroyed. "
        "With --check nothing is changed: 1 when a key other than the present one is still needed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--practice-keys", action="store_true", help="give each practice a new key, too")
        parser.add_argument("--portion", type=int, default=rotating.PORTION, help="keys in one transaction")
        parser.add_argument("--check", action="store_true", help="only say which keys are needed")

    def handle(self, *, practice_keys: bool, portion: int, check: bool, **options: Any) -> None:
        if not check:
            self._rotate(practice_keys, max(1, portion))
        self._say(rotating.needed_keys(), check)

    def _rotate(self, practice_keys: bool, portion: int) -> None:
        rotating.wrap_installation_secret_anew()
        done = 0
        for practice_id in dispatch.practices():
            done += rotating.rotate_practice(practice_id, portion=portion)
            if practice_keys:
                done += rotating.renew_practice_key(practice_id, portion=portion)
        self.stdout.write(f"Wrapped anew: {done}.")

    def _say(self, needed: Counter[str], check: bool) -> None:
        present, _key = keyring.present()
        for name, count in sorted(needed.items()):
            mark = "the present one" if name == present else "another one"
            self.stdout.write(f"Key {name or '(without a name)'}, {mark}: wraps {count}.")
        if set(needed) <= {present}:
            self.stdout.write("No other key is needed: take the others out of ATTUNE_MASTER_KEYS_ALSO.")
        elif check:
            sys.exit(1)
