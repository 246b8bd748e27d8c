"""Whether new migrations can come in while people work: `python -m practice.local.migration_rules`, in `make lint`.

squawk reads the SQL of every migration that is newer than ``deploy/migrations-baseline.txt``, as `manage.py sqlmigrate`
tells it. What was there before a version went out is not asked again. A migration that does what squawk warns of, and
is right all the same, says so on a line of its own, with the reason::

    # squawk: ban-drop-column because nothing has read it since version 3

Rules that our own way of migrating answers already are left out, each with its reason: :data:`ANSWERED`.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
BASELINE = HERE / "deploy" / "migrations-baseline.txt"
SQUAWK = Path(sys.executable).with_name("squawk")
OURS = ("practice", "clients", "exercises", "reports")

#: Rules that are not asked, and why.
ANSWERED = {
    "require-timeout-settings": "manage.py migrate sets lock_timeout for all of them",
    "prefer-robust-stmts": "each migration is one transaction, and is wholly there or not at all",
    "prefer-text-field": "Django says varchar, and its lengths are those of the forms",
    "prefer-bigint-over-int": "small numbers have small columns; keys are UUIDs or bigint",
    "prefer-bigint-over-smallint": "small numbers have small columns; keys are UUIDs or bigint",
    "prefer-identity": "Django makes the keys",
    "prefer-timestamp-tz": "every moment of ours has a zone; dates of people have none on purpose",
    "identifier-too-long": "Django shortens names by itself",
    "ban-uncommitted-transaction": "sqlmigrate writes BEGIN and COMMIT",
    "transaction-nesting": "sqlmigrate writes BEGIN and COMMIT",
}

EXCEPTION = re.compile(r"^\s*# squawk: (?P<rule>[a-z-]+) because (?P<reason>\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Danger:
    """What a migration would do to whoever works meanwhile."""

    migration: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.migration}: {self.rule}: {self.what}"


def dangers(sql: str, migration: str = "", source: str = "") -> list[Danger]:
    """Return what squawk says of some SQL, without what the migration's ``source`` gives a reason for."""
    excused = {one["rule"] for one in EXCEPTION.finditer(source)}
    told = subprocess.run(
        [SQUAWK, "--reporter", "json", "--pg-version", "15", "--exclude", ",".join(sorted(ANSWERED))],
        input=sql, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode not in (0, 1):
        raise RuntimeError(f"squawk could not read {migration}: {told.stderr.strip()}")
    found = json.loads(told.stdout or "[]")
    return [
        Danger(migration, one["rule_name"], " ".join(str(one["message"]).split()))
        for one in found
        if one["rule_name"] not in excused
    ]


def newer_than(baseline: Iterable[str]) -> list[tuple[str, str]]:
    """Return app and name of each migration of ours that is newer than the last one of its app in ``baseline``."""
    last = dict(line.split() for line in baseline if line.strip() and not line.startswith("#"))
    return [
        (app, path.stem)
        for app in OURS
        for path in sorted((HERE / app / "migrations").glob("[0-9]*.py"))
        if path.stem > last.get(app, "")
    ]


def look() -> Iterator[Danger]:
    """Look at every new migration. Django wants a server to be there while it writes SQL: nothing in it is touched."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice.settings")
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    connection.settings_dict.update({"NAME": "postgres", "USER": "postgres"})
    for app, name in newer_than(BASELINE.read_text("utf-8").splitlines()):
        written = io.StringIO()
        call_command("sqlmigrate", app, name, stdout=written, no_color=True)
        source = (HERE / app / "migrations" / f"{name}.py").read_text("utf-8")
        yield from dangers(written.getvalue(), f"{app}.{name}", source)


if __name__ == "__main__":
    met = list(look())
    for one in met:
        print(one)
    print(f"{len(met)} dangers in new migrations" if met else "New migrations can come in while people work.")
    sys.exit(bool(met))
