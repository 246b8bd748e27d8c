"""Making a back-up: all tables at one moment, as the role that may read them and change nothing."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from practice import registry, roles
from practice.backups import files, walls
from practice.backups.files import BackupBroken, Kind
from practice.registry import Keep

#: How rows are written, whatever the server or the role says.
AS_TEXT = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "client_encoding": "UTF8",
    "synchronize_seqscans": "off",
    "search_path": "public, pg_temp",
}
#: What migrations write by themselves.
OF_MIGRATIONS = "django_migrations"
ALL_TABLES = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
    GROUP BY 1 ORDER BY 1
"""
#: Bytes of rows in one frame, about.
AT_ONCE = 1 << 16
NAME = re.compile(r"attune-(\d{8}T\d{12})Z\.(data|keys)")
STAMP = "%Y%m%dT%H%M%S%f"


class CannotBackUp(RuntimeError):
    """There is no back-up, and the text says why."""


@dataclass
class Taken:
    """What a back-up holds, after it was read again from the disk."""

    path: Path
    header: files.Header
    rows: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def take(folders: dict[Kind, Path]) -> list[Taken]:
    """Write the data and the keys as they are at one moment into their folders; return what was written and read again.

    Named are those that are wanted. With the newest keys, who was erased meanwhile stays erased after a restore.
    """
    public = _public_key()
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_moment() as cursor:
        # The moment that is seen: what commits later is not in it.
        [[made_at]] = cursor.execute("SELECT now() AT TIME ZONE 'UTC'").fetchall()
        made_at = made_at.replace(tzinfo=datetime.UTC)
        tables = _tables(cursor)
        return [_write(cursor, folder, kind, made_at, public, tables) for kind, folder in folders.items()]


def prune(folder: Path, *, keep: dict[Kind, int]) -> list[Path]:
    """Remove the back-ups in ``folder`` that are older than so many days, by their names; the newest of a kind stays.

    Days count back from the newest one, so that a machine whose clock is wrong removes nothing.
    """
    found: dict[str, list[tuple[datetime.datetime, Path]]] = {"data": [], "keys": []}
    for path in folder.iterdir():
        if named := NAME.fullmatch(path.name):
            moment = datetime.datetime.strptime(named[1], STAMP).replace(tzinfo=datetime.UTC)
            found[named[2]].append((moment, path))
    gone = [path for kind, days in keep.items() for path in _too_old(sorted(found[kind]), days)]
    for path in gone:
        path.unlink()
    return gone


def _too_old(kept: list[tuple[datetime.datetime, Path]], days: int) -> list[Path]:
    oldest = kept[-1][0] - datetime.timedelta(days=days) if kept else None
    return [path for moment, path in kept[:-1] if oldest and moment < oldest]


def left_out() -> dict[str, str]:
    """Return the tables that no back-up holds, and why."""
    said = {one.class_._meta.db_table: one.not_backed_up for one in registry.all_records() if one.not_backed_up}
    return said | {OF_MIGRATIONS: "Migrations write it."}


def tables_of_keys() -> set[str]:
    """Return the tables that stand in the file of the keys, and in no other."""
    return {one.class_._meta.db_table for one in registry.all_records() if one.keep is Keep.KEYS}


def connection_settings() -> dict[str, Any]:
    """Return where and as whom back-ups read; raise :class:`CannotBackUp` where nobody said."""
    if settings.PRODUCTION and not settings.DATABASE_BACKUP:
        raise CannotBackUp("DATABASE_BACKUP_URL is not set: it names the role attune_backup.")
    there = {key: value for key, value in connection.get_connection_params().items() if key in _PLACE}
    said = settings.DATABASE_BACKUP
    given = {theirs: said[ours] for ours, theirs in _PLACE_OF.items() if said.get(ours)}
    return there | {"user": roles.BACKUP} | given | (said.get("OPTIONS") or {})


_PLACE = ("dbname", "host", "port", "sslmode", "sslrootcert")
_PLACE_OF = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def _public_key() -> Any:
    try:
        return files.read_public(settings.ATTUNE_BACKUP_KEY)
    except ValueError as error:
        raise CannotBackUp(
            f"ATTUNE_BACKUP_KEY is not set, or no public key ({error}): `manage.py make_backup_key` makes a pair."
        ) from None


@contextmanager
def _one_moment() -> Iterator[psycopg.Cursor]:
    """One transaction that changes nothing and sees everything as it is when it begins."""
    with psycopg.connect(**connection_settings()) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.read_only = True
        with reader.cursor() as cursor:
            say_as_text(cursor)
            # A row that a policy hid would be missing without a word: let it be an error.
            cursor.execute("SET LOCAL row_security = off")
            cursor.execute("SET LOCAL lock_timeout = '60s'")
            _may_read_all(cursor)
            yield cursor


def say_as_text(cursor: Any) -> None:
    """Have rows written and read alike, for the rest of the transaction."""
    for name, value in AS_TEXT.items():
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def _may_read_all(cursor: psycopg.Cursor) -> None:
    row = cursor.execute("SELECT rolbypassrls OR rolsuper, rolsuper FROM pg_roles WHERE rolname = user").fetchone()
    if not row or not row[0]:
        raise CannotBackUp("This role does not see everything: `manage.py make_roles` makes attune_backup.")
    hidden = cursor.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') "
        "AND NOT has_table_privilege(oid, 'SELECT') ORDER BY 1"
    ).fetchall()
    if hidden:
        names = ", ".join(name for (name,) in hidden)
        raise CannotBackUp(f"attune_backup may not read {names}: `manage.py migrate` gives the right.")


def _tables(cursor: psycopg.Cursor) -> dict[str, list[str]]:
    without = left_out()
    return {name: columns for name, columns in cursor.execute(ALL_TABLES).fetchall() if name not in without}


def _write(
    cursor: psycopg.Cursor,
    folder: Path,
    kind: Kind,
    made_at: datetime.datetime,
    public: Any,
    tables: dict[str, list[str]],
) -> Taken:
    of_keys = tables_of_keys()
    wanted = {name: columns for name, columns in tables.items() if (name in of_keys) == (kind == "keys")}
    with files.Writer(folder / f"attune-{made_at:{STAMP}}Z.{kind}", kind, made_at, public) as writer:
        writer.told(b"M", **_manifest(cursor, wanted, with_walls=kind == "data"))
        for name, columns in wanted.items():
            _write_table(cursor, writer, name, columns)
        writer.told(b"Z", tables=len(wanted))
        writer.end()
        # Read from the disk what was written, as on the day of a restore, before it counts as a back-up.
        rows = check(writer.unfinished, writer.key)
        writer.finish()
    return Taken(writer.path, writer.header, rows)


def _manifest(cursor: psycopg.Cursor, tables: dict[str, list[str]], *, with_walls: bool) -> dict[str, Any]:
    migrations = cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    sequences = cursor.execute(
        "SELECT sequencename::text, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
    ).fetchall()
    return {
        "server": cursor.connection.info.server_version,
        "migrations": [list(one) for one in migrations],
        "sequences": {name: last for name, last in sequences if last is not None},
        "tables": list(tables),
        "walls": walls.fingerprint(cursor) if with_walls else {},
    }


def _write_table(cursor: psycopg.Cursor, writer: files.Writer, name: str, columns: list[str]) -> None:
    writer.told(b"T", name=name, columns=columns)
    summed = Summed()
    with cursor.copy(copying(name, columns, "TO STDOUT")) as copy:
        for many in _together(copy):
            writer.frame(b"D", summed.add(many))
    writer.told(b"E", rows=summed.rows, sha256=summed.sha256)


def _together(rows: Iterable[Any]) -> Iterator[bytes]:
    """Put rows together, which come one by one: a frame for each would take longer than the rows do."""
    waiting = bytearray()
    for row in rows:
        waiting += row
        if len(waiting) >= AT_ONCE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def copying(name: str, columns: list[str], direction: str) -> sql.Composed:
    """Return the COPY statement of one table."""
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(name), listed, sql.SQL(direction))


class Summed:
    """The number of rows of a table and the hash of all their text, as they go by."""

    def __init__(self) -> None:
        self.rows, self._hash = 0, hashlib.sha256()

    def add(self, piece: bytes) -> bytes:
        self.rows += piece.count(b"\n")  # within a row they are written as \n
        self._hash.update(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def check(path: Path, key: bytes) -> Counter[str]:
    """Read a whole back-up; return its rows by table. Raises :class:`BackupBroken` where it is not what it says."""
    rows: Counter[str] = Counter()
    named, summed, ended = "", Summed(), False
    for kind, content in files.frames(path, key):
        match kind:
            case b"T":
                named, summed = json.loads(content)["name"], Summed()
            case b"D":
                summed.add(content)
            case b"E":
                said = json.loads(content)
                if (summed.rows, summed.sha256) != (said["rows"], said["sha256"]):
                    raise BackupBroken(f"The rows of {named} are not what was written.")
                rows[named] = summed.rows
            case b"Z":
                ended = json.loads(content)["tables"] == len(rows)
    if not ended:
        raise BackupBroken("This back-up ends in the middle.")
    return rows
