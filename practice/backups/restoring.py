"""Bringing a back-up back, to a server that has nothing of Attune.

The database is made, closed to everybody but the operator, brought to the state of the code that the back-up is of,
filled in one transaction, compared with what was backed up, and brought up to date. Foreign keys are checked by
PostgreSQL itself, since nothing here is above them. Then everybody who was erased meanwhile is erased again. The
database stays closed until :mod:`practice.backups.releasing` opens it: no process of the application gets in, so
nobody signs in and nothing is sent.
"""

from __future__ import annotations

import datetime
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import conninfo, sql

from practice import destroying, dispatch, keyring, lines, roles, sealing, tenancy, vault
from practice.backups import files, taking, walls
from practice.backups.files import BackupBroken, Header
from practice.keyring import SealBroken
from practice.models import DataKey, Membership, PracticeKey

#: What is said of a database while it is filled, and once it may be released.
UNFINISHED, READY = "Attune: a restore that did not end", "Attune: restored, to be released"
#: What an erasure writes to the log: who is erased stays erased, with these lines as well.
ERASED = re.compile(r"ERASED practice=([0-9a-f-]{36}) client=([0-9a-f-]{36})")
#: What it writes where only what nobody else could read was erased, and when: no key tells of that.
ERASED_OWN = re.compile(r"ERASED-OWN practice=([0-9a-f-]{36}) client=([0-9a-f-]{36}) at=([0-9T:-]{19}\+00:00)")
#: Why the keys of somebody were destroyed who was erased. Other keys that are gone are gone, and that is all.
ERASURE = "erasure"
#: How long connections may take to end, in seconds.
PATIENCE = 5.0
#: Longer than any transaction: an erasure that was under way when the data was read is done again.
UNDER_WAY = datetime.timedelta(hours=1)

Pair = tuple[uuid.UUID, uuid.UUID]
Eraser = Callable[[uuid.UUID], object]
OwnEraser = Callable[[uuid.UUID, datetime.datetime], object]
_erasers: list[Eraser] = []
_own_erasers: list[OwnEraser] = []


@dataclass(frozen=True)
class Told:
    """Who was erased, as logs tell it: all that was kept of them, or what they alone could read and when at last."""

    whole: set[Pair] = field(default_factory=set)
    own: dict[Pair, datetime.datetime] = field(default_factory=dict)


class CannotRestore(RuntimeError):
    """Nothing was restored, and the text says why."""


@dataclass
class Restored:
    """What is there now. ``wrong`` says in words what is not as it was; empty: all is."""

    data: Header
    keys: Header
    rows: Counter[str] = field(default_factory=Counter)
    practices: int = 0
    erased_again: int = 0
    #: Of how many more what they alone could read was erased again.
    own_again: int = 0
    #: Who works in which practice, in words: also whoever left after the back-up.
    members: list[str] = field(default_factory=list)
    #: Keys of practices that are younger than the data.
    keys_left: int = 0
    wrong: list[str] = field(default_factory=list)


def erases_again(eraser: Eraser) -> Eraser:
    """Let an app erase somebody again, whose keys are gone already: called with a client's id, as Attune itself."""
    _erasers.append(eraser)
    return eraser


def erases_own_again(eraser: OwnEraser) -> OwnEraser:
    """Let an app erase again what somebody alone could read: called with a client's id and when it was erased."""
    _own_erasers.append(eraser)
    return eraser


def restore(data: Path, keys: Path, url: str, *, erased: Told | None = None) -> Restored:
    """Bring a back-up back to the server at ``url``, as a role there that may make roles and databases.

    ``keys`` is best the newest file of keys there is, also with older data: it knows who was erased since. ``erased``
    are people besides (see :func:`erased_in`): where only what they alone could read was erased, no key tells of it.
    Raises :class:`CannotRestore` or :class:`~practice.backups.files.BackupBroken`; then there is no database, or an
    empty one that lets nobody in.
    """
    opened = _Opened(data, "data"), _Opened(keys, "keys")
    found = Restored(opened[0].header, opened[1].header)
    if found.keys.moment < found.data.moment:
        found.wrong.append("The keys are older than the data: what was written or erased in between can not be known.")
    name = connection.settings_dict["NAME"]
    _make_room(url, name)
    with as_operator(url):
        _bring_to(opened[0].manifest["migrations"])
        _fill(opened, found)
        call_command(Migrate(), verbosity=0, interactive=False)
        _erase_again(found, erased or Told())
        found.members = _members()
        _look_through(found)
        _say(name, f"{READY} (back-up {found.data.id} of {found.data.made_at})")
    return found


def erased_in(text: str) -> Told:
    """Return the practice and client of everybody whose erasure a log tells of; other lines are passed over."""
    found = Told({(uuid.UUID(practice), uuid.UUID(client)) for practice, client in ERASED.findall(text)})
    for practice, client, at in ERASED_OWN.findall(text):
        pair, moment = (uuid.UUID(practice), uuid.UUID(client)), datetime.datetime.fromisoformat(at)
        found.own[pair] = max(moment, found.own.get(pair, moment))
    return found


def address_of(url: str) -> str:
    """Return the server that an operator named, with the proof that a line to another machine needs."""
    given: dict[str, Any] = dict(conninfo.conninfo_to_dict(url))
    if settings.PRODUCTION:
        given = lines.of_database("--as", str(given.get("host") or ""), given, settings.ATTUNE_PLAIN_HOSTS)
    return conninfo.make_conninfo("", **given)


@contextmanager
def as_operator(url: str) -> Iterator[None]:
    """Connect as the operator inside the block, who works as the owner of the tables and may become any role."""
    given = conninfo.conninfo_to_dict(address_of(url))
    changes = {
        "USER": given.pop("user", "") or "",
        "PASSWORD": given.pop("password", "") or "",
        "HOST": given.pop("host", "") or "",
        "PORT": str(given.pop("port", "") or ""),
        "OPTIONS": {key: value for key, value in given.items() if key != "dbname"} | {"assume_role": roles.OWNER},
    }
    with roles.connected(changes):
        yield


# ── an empty database ────────────────────────────────────────────────────────


def _make_room(url: str, name: str) -> None:
    """Have the roles and an empty database that lets nobody in."""
    closed = sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC, {}").format(
        sql.Identifier(name), sql.Identifier(roles.LOGIN)
    )
    url = address_of(url)
    with psycopg.connect(url, autocommit=True) as server:
        for statement in roles.statements():
            server.execute(statement)
        if server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            server.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name), sql.Identifier(roles.OWNER)
                )
            )
        _refuse_in_use(server, url, name)
        server.execute(closed)


def _refuse_in_use(server: psycopg.Connection, url: str, name: str) -> None:
    with psycopg.connect(conninfo.make_conninfo(url, dbname=name)) as inside:
        if any(_holds_rows(inside, table) for table in ("practice_practice", "practice_user")):
            raise CannotRestore(
                f"The database {name} is not empty. Move it away first: ALTER DATABASE {name} RENAME TO {name}_before"
            )
    until = time.monotonic() + PATIENCE
    while server.execute("SELECT FROM pg_stat_activity WHERE datname = %s LIMIT 1", [name]).fetchone() is not None:
        if time.monotonic() > until:
            raise CannotRestore(f"Something is connected to {name}: stop every process of Attune first.")
        time.sleep(0.05)


def _holds_rows(inside: psycopg.Connection, table: str) -> bool:
    if inside.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
        return False
    return inside.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone() is not None


def _say(name: str, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), sql.Literal(words)))


def _bring_to(applied: list[list[str]]) -> None:
    """Migrate an empty database to the state that a back-up was made in."""
    _say(connection.settings_dict["NAME"], UNFINISHED)
    loader = MigrationLoader(connection)
    there = {(app, name) for app, name in applied}
    unknown = sorted(f"{app}.{name}" for app, name in there - loader.disk_migrations.keys())
    if unknown:
        raise CannotRestore(f"The back-up is of a newer version of Attune: {', '.join(unknown)} is unknown here.")
    if loader.applied_migrations.keys() - there:
        raise CannotRestore("The database is of a newer version than the back-up: drop it, and it is made as it was.")
    nodes = set(loader.graph.nodes)
    if nodes <= there:
        call_command(Migrate(), verbosity=0, interactive=False)
        return
    for app in sorted({app for app, _name in there}):
        of_app = {node for node in there & nodes if node[0] == app}
        followed = {one.key for node in of_app for one in loader.graph.node_map[node].parents}
        for last in sorted(of_app - followed):
            call_command(Migrate(), *last, verbosity=0, interactive=False)


# ── what is in it ────────────────────────────────────────────────────────────


class _Opened:
    """A back-up, with the key that opens it."""

    def __init__(self, path: Path, kind: files.Kind) -> None:
        try:
            private = files.read_private(settings.ATTUNE_RESTORE_KEY)
        except ValueError as error:
            raise CannotRestore(f"ATTUNE_RESTORE_KEY is not set, or no private key: {error}") from None
        self.path, self.header = path, files.header_of(path)
        if self.header.kind != kind:
            raise CannotRestore(f"{path.name} holds {self.header.kind}, not {kind}.")
        self.key = files.key_for(self.header, private, keyring.known())
        first, content = next(self.frames())
        if first != b"M":
            raise BackupBroken("This back-up has no list of what it holds.")
        self.manifest: dict[str, Any] = json.loads(content)

    def frames(self) -> Iterator[tuple[bytes, bytes]]:
        return files.frames(self.path, self.key)


def _fill(opened: tuple[_Opened, _Opened], found: Restored) -> None:
    """Put every row into its table, or none."""
    data, keys = opened
    with transaction.atomic(), connection.cursor() as cursor:
        taking.say_as_text(cursor)
        tables = _there(cursor)
        with _quiet(cursor, list(tables)):
            cursor.execute(sql.SQL("TRUNCATE {}").format(_listed(tables)))
            _load(cursor, data, found)
            _load(cursor, keys, found, tables=tables)
            # What the foreign keys say is looked through now, all of it.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, last in data.manifest["sequences"].items():
            cursor.execute("SELECT setval(%s, %s)", [f"public.{name}", last])
        differ = walls.differences(data.manifest["walls"], walls.fingerprint(cursor))
        found.wrong += [f"Not guarded as before: {one}." for one in differ]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _there(cursor: Any) -> dict[str, list[str]]:
    cursor.execute(taking.ALL_TABLES)
    return {name: columns for name, columns in cursor.fetchall() if name != taking.OF_MIGRATIONS}


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


@contextmanager
def _quiet(cursor: Any, names: list[str]) -> Iterator[None]:
    """Let rows be put in as they were: no trigger tells the trail of them. Foreign keys stay on guard."""
    cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity")
    forced = [name for (name,) in cursor.fetchall()]
    for name in names:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(name)))
    for name in forced:
        cursor.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(sql.Identifier(name)))
    yield
    for name in forced:
        cursor.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(sql.Identifier(name)))
    for name in names:
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(name)))


def _load(cursor: Any, opened: _Opened, found: Restored, *, tables: dict[str, list[str]] | None = None) -> None:
    """Read a file to its end. ``tables`` is given for keys, which may be of a later moment than all the rest."""
    ended = False
    coming = opened.frames()
    for kind, content in coming:
        if kind == b"T":
            said = json.loads(content)
            name = said["name"]
            if tables is None:
                found.rows[name] = _load_table(cursor, coming, name, said["columns"])
            else:
                found.rows[name] = _load_keys(cursor, coming, found, name, said["columns"], tables.get(name, []))
        elif kind == b"Z":
            ended = True
    if not ended:
        raise BackupBroken("This back-up ends in the middle.")


def _load_table(
    cursor: Any, coming: Iterator[tuple[bytes, bytes]], name: str, columns: list[str], into: str = ""
) -> int:
    """Copy one table in, and out again: what is there now is byte by byte what was backed up."""
    written = taking.Summed()
    ending: dict[str, Any] = {}
    with cursor.copy(taking.copying(into or name, columns, "FROM STDIN")) as copy:
        for kind, content in coming:
            if kind == b"E":
                ending = json.loads(content)
                break
            copy.write(written.add(content))
    read = taking.Summed()
    with cursor.copy(taking.copying(into or name, columns, "TO STDOUT")) as copy:
        for piece in copy:
            read.add(bytes(piece))
    if not ending.items() == {"rows": read.rows, "sha256": read.sha256}.items() or read.sha256 != written.sha256:
        raise BackupBroken(f"The rows of {name} are not what was backed up.")
    return read.rows


def _load_keys(
    cursor: Any,
    coming: Iterator[tuple[bytes, bytes]],
    found: Restored,
    name: str,
    columns: list[str],
    there: list[str],
) -> int:
    """Copy a table of keys in, without those of practices that the data does not know."""
    if set(columns) - set(there):
        raise CannotRestore(f"The keys are of another version of Attune than the data: {name} differs.")
    cursor.execute(sql.SQL("CREATE TEMPORARY TABLE coming (LIKE {}) ON COMMIT DROP").format(sql.Identifier(name)))
    all_rows = _load_table(cursor, coming, name, columns, into="coming")
    known = "WHERE practice_id IN (SELECT id FROM practice_practice)" if "practice_id" in columns else ""
    cursor.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM coming {}").format(
            sql.Identifier(name),
            _listed(columns),
            _listed(columns),
            sql.SQL(known),
        )
    )
    kept = cursor.rowcount
    found.keys_left += all_rows - kept
    cursor.execute("DROP TABLE coming")
    return kept


# ── before anybody may come in ───────────────────────────────────────────────


def _erase_again(found: Restored, told: Told) -> None:
    """Erase whoever was erased since the data was backed up: their keys, and what apps remove with them."""
    vault.forget_keys()
    for practice_id in dispatch.practices():
        with tenancy.acting(tenancy.as_system(practice_id)):
            gone = DataKey.objects.filter(destroyed_at__gte=found.data.moment - UNDER_WAY, destroyed_why=ERASURE)
            ids = {one.client_id for one in gone if one.client_id}
            ids |= {client_id for practice, client_id in told.whole if practice == practice_id}
            for client_id in sorted(ids):
                destroying.destroy_keys_of(client_id, why=ERASURE)
                for erase in _erasers:
                    erase(client_id)
            found.erased_again += len(ids)
            found.own_again += sum(
                _erase_own_again(client_id, at)
                for (practice, client_id), at in sorted(told.own.items())
                if practice == practice_id and client_id not in ids
            )
            found.practices += 1


def _erase_own_again(client_id: uuid.UUID, at: datetime.datetime) -> bool:
    return [erase(client_id, at) for erase in _own_erasers].count(None) < len(_own_erasers)


def _members() -> list[str]:
    """Return who may sign in as staff, for whoever knows who left since."""
    found = []
    for practice_id in dispatch.practices():
        with tenancy.acting(tenancy.as_system(practice_id)):
            rows = Membership.objects.filter(ended_at=None).order_by("joined_at", "pk")
            found += [f"practice {practice_id}: {one.name}, {one.role}, since {one.joined_at:%Y-%m-%d}" for one in rows]
    return found


def _look_through(found: Restored) -> None:
    """See that keys open and that the trail holds."""
    try:
        vault.secret_for("check")
    except SealBroken as error:
        found.wrong.append(f"The installation's key does not open this: {error}")
        return
    for practice_id in dispatch.practices():
        found.wrong += [f"Practice {practice_id}: {words}" for words in sealing.check(practice_id).broken]
        with tenancy.acting(tenancy.as_system(practice_id)):
            for row in PracticeKey.objects.filter(wrapped__isnull=False):
                try:
                    vault.unwrap_practice_key(row)
                except SealBroken:
                    found.wrong.append(f"Practice {practice_id}: the key {row.pk} does not open.")
