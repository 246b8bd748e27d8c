"""Where the test databases come from: one pattern for each state of the code, copied for each process that tests.

The pattern is migrated by the owner of the tables and has the catalogue. It stays in the server, so that a run on the
same code copies at once; one that belongs to other code is replaced.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest import mock

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from practice import roles
from practice.local import postgres_home

PATTERN, UNFINISHED = "attune_pattern_", "attune_unfinished"
#: Any number that nothing else locks: one process at a time makes or copies a pattern.
LOCK = 20_260_302
APPS = ("practice", "clients", "exercises", "reports")

#: Kept between transactional tests: what migrations and the catalogue put there.
KEPT = ("django_migrations", "django_content_type", "auth_permission", "practice_installationsecret")
CATALOGUE = ("exercises_exercise", "exercises_edition", "exercises_program")


def superuser(database: str) -> psycopg.Connection:
    """Connect above all walls: only to prepare and clean the test database."""
    params = connection.get_connection_params()
    return psycopg.connect(host=params["host"], port=params["port"], user="postgres", dbname=database, autocommit=True)


def begin(*, keep: bool) -> None:
    """Point Django to a fresh test database of this process, as the role that it signs in as.

    With ``keep`` one that is there already is brought up to date instead, with all its rows.
    """
    name = connection.creation._get_test_db_name()
    with superuser("postgres") as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        for statement in roles.statements():
            server.execute(statement)  # type: ignore[call-overload]
        if keep and _there(server, name):
            _point_to(name)
            _bring_up_to_date()
            return
        pattern = f"{PATTERN}{_state_of_the_code()}"
        if not _there(server, pattern):
            _make(server, pattern)
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}" OWNER {roles.OWNER} TEMPLATE "{pattern}" STRATEGY file_copy')
        _point_to(name)


@contextmanager
def another() -> Iterator[psycopg.Connection]:
    """Point Django to an empty installation beside the one of the tests; yield a connection above its walls."""
    here = connection.settings_dict["NAME"]
    name = f"{here}_elsewhere"
    with superuser("postgres") as server:
        server.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        pattern = f"{PATTERN}{_state_of_the_code()}"
        server.execute(f'CREATE DATABASE "{name}" OWNER {roles.OWNER} TEMPLATE "{pattern}" STRATEGY file_copy')
    _point_to(name)
    try:
        with superuser(name) as above:
            yield above
    finally:
        _point_to(here)
        with superuser("postgres") as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_tables(source: str | Path, name: str, to: str | Path) -> None:
    """Copy a database from one server of ours into `attune` on another: quicker than to migrate.

    Servers are named by the folders of their sockets.
    """
    programs = postgres_home.binaries(None)
    dump = [programs / "pg_dump", "-h", str(source), "-U", "postgres", name]
    restore = [programs / "psql", "-h", str(to), "-U", "postgres", "-q", "-v", "ON_ERROR_STOP=1", "-d", "attune"]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as said:
        subprocess.run(restore, stdin=said.stdout, stdout=subprocess.DEVNULL, check=True)


def end() -> None:
    """Remove the test database of this process."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with superuser("postgres") as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _there(server: psycopg.Connection, name: str) -> bool:
    return server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _make(server: psycopg.Connection, pattern: str) -> None:
    """Make a pattern under another name until it is whole."""
    old = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PATTERN]).fetchall()
    for (name,) in [*old, (UNFINISHED,)]:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    server.execute(f"CREATE DATABASE {UNFINISHED} OWNER {roles.OWNER}")
    _point_to(UNFINISHED)
    _bring_up_to_date()
    server.execute(f'ALTER DATABASE {UNFINISHED} RENAME TO "{pattern}"')


def _bring_up_to_date() -> None:
    from exercises.loading import load_catalogue_into_database

    call_command("migrate", verbosity=0, interactive=False)
    load_catalogue_into_database()
    connection.close()


def _point_to(name: str) -> None:
    connection.close()
    changes = {"NAME": name, "USER": roles.LOGIN, "PASSWORD": ""}
    settings.DATABASES["default"].update(changes)
    connection.settings_dict.update(changes)


def _state_of_the_code() -> str:
    """Name the code and data that decide what stands in a fresh database."""
    found = hashlib.sha256((settings.BASE_DIR / "uv.lock").read_bytes())
    for app in APPS:
        for path in sorted((settings.BASE_DIR / app).rglob("*")):
            if path.suffix in (".py", ".sql", ".yaml", ".yml", ".json", ".md"):
                found.update(f"{path.relative_to(settings.BASE_DIR)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:24]


@cache
def _wiping(database: str) -> str:
    with superuser(database) as server:
        found = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    wholly = [f"DELETE FROM {table}" for (table,) in found if table not in KEPT + CATALOGUE]
    shelves = [f"DELETE FROM {table} WHERE practice_id IS NOT NULL" for table in CATALOGUE]
    # The audit trail refuses otherwise.
    return "; ".join(["SET session_replication_role = replica", *wholly, *shelves])


#: The columns that are written, by table: those of which the database works out the value are not.
COLUMNS = """
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
       AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY c.relname
"""


def take_rows(database: str) -> dict[str, bytes]:
    """Return all that tests committed, by table: what :func:`wipe` removes and :func:`put_rows` brings back."""
    taken = {}
    with superuser(database) as server:
        for table, columns in server.execute(COLUMNS).fetchall():
            if table in KEPT:
                continue
            where = "WHERE practice_id IS NOT NULL" if table in CATALOGUE else ""
            with server.cursor().copy(f"COPY (SELECT {columns} FROM {table} {where}) TO STDOUT") as out:  # type: ignore[arg-type]
                rows = b"".join(out)
            if rows:
                taken[f"{table} ({columns})"] = rows
    return taken


def put_rows(database: str, taken: dict[str, bytes]) -> None:
    """Write rows as they were taken: no trigger fires, and nothing is looked up."""
    with superuser(database) as server:
        server.execute("SET session_replication_role = replica")
        for table, rows in taken.items():
            with server.cursor().copy(f"COPY {table} FROM STDIN") as into:  # type: ignore[arg-type]
                into.write(rows)


def secrets(database: str) -> list[tuple]:
    """Return what the rows of the installation itself are sealed with: rows that were taken are read with these."""
    with superuser(database) as server:
        return server.execute("SELECT t::text FROM practice_installationsecret t ORDER BY 1").fetchall()


@contextmanager
def nobody_else_writing() -> Iterator[None]:
    """Seal the trail at once: who is waited for is some other process that tests, in a database of its own."""
    with mock.patch("practice.sealing._all_before_is_over", return_value=True):
        yield


def wipe(database: str) -> None:
    """Remove all that tests committed, in one trip. The login role may not, so it happens from above."""
    with superuser(database) as server:
        server.execute(_wiping(database))  # type: ignore[call-overload]
