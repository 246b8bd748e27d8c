"""Whether this process can do its work: what `/readyz` asks before anybody is sent here.

Each part is looked at with a line of its own to the database, so that a pool in use by requests is not in the way, and
each look ends after two seconds. What is found is kept for a moment: however often somebody asks, the database and the
broker are asked once in :data:`FRESH` seconds by each process.
"""

from __future__ import annotations

import logging
import pkgutil
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps

from practice import keyring, own_line, vault

log = logging.getLogger(__name__)

#: Seconds for which an answer is given again, and after which a look gives up.
FRESH, PATIENCE = 3.0, 2

SUPERIOR = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
#: Tables that hold something of a practice and let somebody look past their policies.
UNGUARDED = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
      AND EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'practice_id' AND NOT a.attisdropped
      )
    ORDER BY 1
"""
APPLIED = "SELECT app, name FROM django_migrations"
SECRET = "SELECT wrapped_by, wrapped FROM practice_installationsecret WHERE name = %s"  # noqa: S105 a statement

PARTS = ("database", "policies", "migrations", "keys", "broker")


class NotReady(Exception):
    """A part does not do. The text is for the log: it holds names of ours, nobody's words."""


def look() -> dict[str, bool]:
    """Look at every part; return which of them do. What is wrong stands in the log."""
    found = dict.fromkeys(PARTS, False)
    try:
        with own_line.connect(seconds=PATIENCE) as line:
            for name, of_database in OF_DATABASE.items():
                found[name] = _does(name, lambda part=of_database: _apart(line, part))
    except psycopg.Error as error:
        log.error("Not ready, database: %s", type(error).__name__)
    found["broker"] = _does("broker", broker)
    return found


def _apart(line: psycopg.Connection, part: Callable[[Any], None]) -> None:
    """Look at one part so that a statement that fails ends nothing for the others."""
    with line.transaction():
        part(line)


def _does(name: str, part: Callable[[], None]) -> bool:
    try:
        part()
    except NotReady as error:
        log.error("Not ready, %s: %s", name, error)
    except Exception as error:  # whatever it is: a part that fails must not keep the others from being told
        log.error("Not ready, %s: %s", name, type(error).__name__)
    else:
        return True
    return False


def database(line: Any) -> None:
    """The role that we sign in as is held by policies like everybody."""
    (superior,) = line.execute(SUPERIOR).fetchone()
    if superior:
        raise NotReady("the role that signs in is above row-level security")


def policies(line: Any) -> None:
    """Row-level security is on and forced on every table with something of a practice."""
    if unguarded := [name for (name,) in line.execute(UNGUARDED).fetchall()]:
        raise NotReady(f"no row-level security on {', '.join(unguarded)}")


def migrations(line: Any) -> None:
    """The database has every migration that this code knows. One that has more is ahead, and that is fine."""
    if missing := sorted(known_migrations() - set(line.execute(APPLIED).fetchall())):
        raise NotReady(f"not migrated yet: {', '.join('.'.join(one) for one in missing)}")


def keys(line: Any) -> None:
    """The key in the environment opens the installation's secret."""
    row = line.execute(SECRET, [vault.ROOT]).fetchone()
    if row is None:
        raise NotReady("the installation has no secret yet")
    try:
        keyring.unwrap(row[0], bytes(row[1]), b"installation")
    except keyring.SealBroken:
        raise NotReady("the master key does not open this installation") from None


def broker() -> None:
    """The broker answers."""
    from practice.celery import app

    with app.connection_for_write() as line:
        line.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=PATIENCE)


OF_DATABASE: dict[str, Callable[[Any], None]] = {
    "database": database,
    "policies": policies,
    "migrations": migrations,
    "keys": keys,
}


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of each migration that comes with this code."""
    return frozenset(
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in pkgutil.iter_modules([str(Path(app.path) / "migrations")])
        if not module.ispkg and module.name[0] not in "_~"
    )


class Kept:
    """The last answer of this process. Of many who ask at once one looks, and the others get what was found last.

    So a database that hangs holds up one thread, however many ask.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: dict[str, bool] = {}
        self.until = 0.0

    def now(self) -> dict[str, bool]:
        """Return which parts do: looked at now, less than :data:`FRESH` seconds ago, or before the look that lasts."""
        if not self.lock.acquire(blocking=not self.found):
            return self.found
        try:
            if time.monotonic() >= self.until:
                self.found = look()
                self.until = time.monotonic() + FRESH
            return self.found
        finally:
            self.lock.release()

    def forget(self) -> None:
        self.until = 0.0


kept = Kept()
