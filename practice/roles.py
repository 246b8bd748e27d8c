"""The database roles Attune works with, and the SQL that makes them.

Made once for a PostgreSQL server by an operator (``manage.py make_roles``); the demo and the tests do it
by themselves. Only ``attune_login``, ``attune_owner`` and ``attune_backup`` sign in; the others are taken on for the
length of one transaction by :func:`practice.tenancy.acting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

OWNER = "attune_owner"
LOGIN = "attune_login"
THERAPIST = "attune_therapist"
SUPERVISOR = "attune_supervisor"
COORDINATOR = "attune_coordinator"
PORTAL = "attune_portal"
SYSTEM = "attune_system"
DISPATCH = "attune_dispatch"
#: Removes what is kept of one person (clients/erasing.py), and is taken on for nothing else: no right that all the
#: others get is its own.
ERASER = "attune_eraser"
BACKUP = "attune_backup"

#: From which rank on the server writes down what befalls a session. FATAL and PANIC quote nobody.
LOG = "log_min_messages"

#: Roles that a transaction of the web server or a worker may take on.
ACTING = (THERAPIST, SUPERVISOR, COORDINATOR, PORTAL, SYSTEM, DISPATCH)
STAFF = (THERAPIST, SUPERVISOR, COORDINATOR)


def statements() -> list[str]:
    """Return the SQL that makes all roles; running it again changes nothing."""
    made = [_create(role, "NOLOGIN") for role in (*ACTING, ERASER)]
    made += [
        _create(OWNER, "LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB"),
        _create(LOGIN, "LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT"),
        # Reads everything and changes nothing: its own right says so, and its transactions do.
        _create(BACKUP, "LOGIN NOSUPERUSER BYPASSRLS NOINHERIT"),
        f"ALTER ROLE {BACKUP} SET default_transaction_read_only = on",
        # A plan that is kept (practice/written/prepared.py) is for any values. Left to itself, PostgreSQL plans anew
        # each time whatever it believes to be cheaper for one couple than for ten: most of what a page takes.
        f"ALTER ROLE {LOGIN} SET plan_cache_mode = force_generic_plan",
    ]
    made += [f"GRANT {role} TO {LOGIN}" for role in (*ACTING, ERASER)]
    return made + [_silent(role) for role in (OWNER, LOGIN, BACKUP)]


def _silent(role: str) -> str:
    """What a role asks for is not quoted in the server's own log, whatever that log is told to hold.

    The words of the value that is refused stand in an error's first line, the row in its detail, everything that
    was typed in the statement, which is written down when it was slow as well. We tell our errors ourselves, by kind.
    Where whoever makes roles may not set this, `manage.py check --deploy` says so.
    """
    return f"""
        DO $$ BEGIN
            ALTER ROLE {role} SET {LOG} = 'fatal';
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING '{LOG} could not be set for {role}';
        END $$"""


def _create(role: str, options: str) -> str:
    return f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} {options};
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$"""


@contextmanager
def owner_connection(alias: str = "default") -> Iterator[None]:
    """Connect as the owner of the tables inside the block, for migrations; nothing else may need it."""
    from django.conf import settings

    with connected({"USER": OWNER, **settings.DATABASE_OWNER}, alias):
        yield


@contextmanager
def connected(changes: dict, alias: str = "default") -> Iterator[None]:
    """Connect with other settings (``USER``, ``HOST``, …) inside the block."""
    connection = connections[alias]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
    _reconnect(connection, changes)
    try:
        yield
    finally:
        _reconnect(connection, before)


def _reconnect(connection, changes: dict) -> None:
    connection.close()
    if getattr(connection, "pool", None):
        connection.close_pool()
    connection.settings_dict.update(changes)
