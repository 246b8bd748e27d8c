"""Copies of one practice, as many as wanted: believable data of any size, for a local database alone.

    model = Model(above, practice_id, several=ids_of_couples_and_their_people)
    with indexes_later(above):
        model.write(range(1, 51), times=3)    # fifty practices, each with the model's couples three times over
    look_over(above)

One practice that lived through something is the model. Its rows are read once, above all walls, as COPY writes them;
a copy is the same text with other ids, other addresses, and keys of its own. An id differs from the model's in its
last four bytes, the number of the copy, wherever it stands: so all that points at something points inside the copy.
What is sealed is opened once, and sealed again for each copy. Rows of many copies lie among each other, as those of
many practices do in life.

Several times in one practice come its couples, with all that is theirs: ``several`` names them and their people, and
whatever points at one of them goes with it. Left out are files, what points at files, browsers that get messages, the
seals over the trail, and all of the trail but its end.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import LiteralString

import psycopg
from psycopg import sql

from practice import keyring, registry, tenancy, vault
from practice.models import DataKey, PracticeKey
from practice.vault import Key, SealedTextField

#: How much of the trail a copy gets: its newest lines.
NEWEST_LINES: LiteralString = "ORDER BY id DESC LIMIT 100"
#: A row that is longer holds a file.
LONGEST = 30_000
#: So many rows of one copy lie together.
TOGETHER = 16
LEFT_OUT = ("practice_auditseal", "practice_archive", "practice_archivepiece", "clients_pushdevice")
KEYS = ("practice_practicekey", "practice_datakey")
ACCOUNTS = {"practice_user": "id", "account_emailaddress": "user_id"}

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: They stand in a template for what differs: the end of an id and the beginning of an address, of the practice and
#: of its couples; the beginning of its short name; bytes that are sealed or wrapped.
PRACTICE, COUPLES, MAIL_OF_PRACTICE, MAIL_OF_COUPLES, SHORT_NAME, HOLE = (bytes([n]) for n in range(1, 7))
#: Couples that come a second time in their practice are numbered from here on, and so forth.
FURTHER = 1 << 24
NULL = rb"\N"
EMPTY = (NULL, rb"\\x")

# A number that the database draws is drawn anew.
COLUMNS = """
    SELECT attname FROM pg_attribute
     WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
     ORDER BY attnum
"""
NEWEST = r"SELECT coalesce(max(substring(slug FROM '^c(\d+)-')::int), 0) FROM practice_practice"


def copies_there(above: psycopg.Connection) -> int:
    """Return the number of the newest copy in a database; 0: there is none."""
    found = above.execute(NEWEST).fetchone()
    return found[0] if found else 0


@contextmanager
def indexes_later(above: psycopg.Connection) -> Iterator[None]:
    """Write without the indexes of the tables with practice data, and make all of them anew at the end.

    It takes half the time and leaves indexes without gaps. Nothing else may work in the database meanwhile.
    """
    tables = [*_walled(), *ACCOUNTS]
    # PostgreSQL has no word for this that keeps what depends on an index.
    above.execute(
        "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = ANY(%s::regclass[])", [tables]
    )
    try:
        yield
    finally:
        make_indexes(above)


def make_indexes(above: psycopg.Connection) -> None:
    """Make anew what :func:`indexes_later` put aside, also in a run that was cut off."""
    above.execute("SET maintenance_work_mem = '512MB'")
    waiting = "SELECT DISTINCT indrelid::regclass::text FROM pg_index WHERE NOT indisready ORDER BY 1"
    for (table,) in above.execute(waiting).fetchall():
        above.execute(sql.SQL("REINDEX TABLE {}").format(sql.Identifier(table)))


def look_over(above: psycopg.Connection) -> None:
    """Have PostgreSQL look at what was written, as it does by itself in life: the planner knows how much there is."""
    for table in (*_walled(), *ACCOUNTS):
        above.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))


# ── what one copy has of its own ─────────────────────────────────────────────


@dataclass(frozen=True)
class Sealed:
    """Stands in a hole: a text that is sealed under a key, for one place."""

    key: bytes
    plain: bytes
    place: bytes
    lane: str


@dataclass(frozen=True)
class Wrapped:
    """Stands in a hole: a key, wrapped by the one above it."""

    key: bytes


Hole = Sealed | Wrapped


@dataclass(frozen=True)
class Piece:
    """Rows as COPY writes them, and what fills their holes."""

    text: bytes
    holes: tuple[Hole, ...] = ()

    @property
    def of_couples(self) -> bool:
        return COUPLES in self.text

    @property
    def length(self) -> int:
        return len(self.text) + sum(len(one.plain) + 60 for one in self.holes if isinstance(one, Sealed))


#: By the id in the model: the key, and its bytes as they are wrapped. What wraps others is not needed itself.
Keys = dict[bytes, tuple[Key | None, bytes]]


@dataclass
class Copy:
    """The numbers, the beginnings of names, and the keys of one copy. ``time`` says for which time its couples come."""

    number: int
    time: int = 0
    keys: Keys = field(default_factory=dict)

    def __post_init__(self) -> None:
        again = f"-{self.time + 1}" if self.time else ""
        self._own = (
            (PRACTICE, b"%08x" % self.number),
            (COUPLES, b"%08x" % (self.number + self.time * FURTHER)),
            (MAIL_OF_PRACTICE, f"c{self.number}.".encode()),
            (MAIL_OF_COUPLES, f"c{self.number}{again}.".encode()),
            (SHORT_NAME, f"c{self.number}-".encode()),
        )

    def named(self, text: bytes) -> bytes:
        """Return a template's text with the numbers and names of this copy."""
        for mark, own in self._own:
            text = text.replace(mark, own)
        return text

    def id(self, template: bytes) -> uuid.UUID:
        return uuid.UUID(self.named(template).decode())

    def written(self, piece: Piece) -> bytes:
        """Return rows as COPY reads them."""
        first, *rest = self.named(piece.text).split(HOLE)
        filled = zip(piece.holes, rest, strict=True)
        return b"".join([first, *(rb"\\x" + self._filled(hole).hex().encode() + after for hole, after in filled)])

    def _filled(self, hole: Hole) -> bytes:
        key, wrapped = self.keys[hole.key]
        if isinstance(hole, Wrapped) or key is None:
            return wrapped
        return vault.seal_under(key, hole.plain, place=self.named(hole.place).decode(), lane=hole.lane)


# ── the model ────────────────────────────────────────────────────────────────

#: One row: what COPY writes of each column.
Row = dict[str, bytes]


class Model:
    """One practice, read once. ``above`` is a connection above all walls; it writes the copies, too.

    ``without`` names tables that copies have no rows of.
    """

    def __init__(
        self,
        above: psycopg.Connection,
        practice_id: uuid.UUID,
        *,
        several: Collection[uuid.UUID],
        without: Collection[str] = (),
    ) -> None:
        self._above, self.practice_id = above, practice_id
        rows = _Rows(above, practice_id, without)
        self._ids = rows.templates({str(one).encode() for one in several})
        self._id_of_practice = self._ids[str(practice_id).encode()]
        self._practice_keys = [row["id"] for row in rows.by_table["practice_practicekey"]]
        self._data_keys = {
            row["id"]: (row["client_id"].replace(NULL, b""), row["wrapped_by_id"], row["purpose"].decode())
            for row in rows.by_table["practice_datakey"]
        }
        self._mails = rows.mails(self._ids)
        self._addresses = re.compile(rb"(?<![\w.+-])(?:" + b"|".join(map(re.escape, self._mails)) + rb")")
        self._columns = {table: list(found[0]) for table, found in rows.by_table.items() if found}
        self._rows: dict[str, list[Piece]] = {}
        with tenancy.acting(tenancy.as_system(practice_id)):
            for table in self._columns:
                sealed = _sealed_columns(table)
                self._rows[table] = [self._template(table, row, sealed) for row in rows.by_table[table]]
        self._pieces = {table: list(_together(found)) for table, found in self._rows.items()}

    def rows(self, table: str, *, times: int = 1) -> int:
        """Return how many rows of a table a practice has whose couples come so many times."""
        return sum(times if one.of_couples else 1 for one in self._rows.get(table, ()))

    def size(self, *, times: int = 1) -> int:
        """Return how much text one such practice is."""
        rows = [one for found in self._rows.values() for one in found]
        return sum((times if one.of_couples else 1) * one.length for one in rows)

    def write(self, numbers: Iterable[int], *, times: int = 1) -> None:
        """Write copies, in one transaction: no trigger fires, and nothing is looked up."""
        batch = [self._copies(number, times) for number in numbers]
        with self._above.transaction():
            self._above.execute("SET LOCAL session_replication_role = replica")
            for table, pieces in self._pieces.items():
                columns = sql.SQL(", ").join(map(sql.Identifier, self._columns[table]))
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
                with self._above.cursor().copy(into) as writing:
                    for piece in pieces:
                        for copies in batch:
                            for copy in copies if piece.of_couples else copies[:1]:
                                writing.write(copy.written(piece))

    def _copies(self, number: int, times: int) -> list[Copy]:
        """Return one practice, once for each time that its couples come, with fresh keys."""
        copies = [Copy(number, time) for time in range(times)]
        above = self._fresh_practice_keys(copies[0])
        common: Keys = {one: (None, bytes(row.wrapped or b"")) for one, row in above.items()}
        common |= self._fresh_data_keys(copies[0], above, of_couples=False)
        for copy in copies:
            copy.keys = common | self._fresh_data_keys(copy, above, of_couples=True)
        return copies

    def _fresh_practice_keys(self, copy: Copy) -> dict[bytes, PracticeKey]:
        made = {}
        for one in self._practice_keys:
            practice_id, key_id = copy.id(self._id_of_practice), copy.id(self._ids[one])
            row = PracticeKey(id=key_id, practice_id=practice_id)
            row.wrapped_by, row.wrapped = vault.wrap_practice_key(practice_id, key_id)
            made[one] = row
        return made

    def _fresh_data_keys(self, copy: Copy, above: Mapping[bytes, PracticeKey], *, of_couples: bool) -> Keys:
        made: Keys = {}
        for one, (client, by, purpose) in self._data_keys.items():
            if (COUPLES in self._ids[one]) == of_couples:
                key = Key(
                    id=copy.id(self._ids[one]),
                    practice_id=copy.id(self._id_of_practice),
                    client_id=copy.id(self._ids[client]) if client else None,
                    purpose=purpose,
                    secret=keyring.fresh(),
                )
                row = DataKey(id=key.id, practice_id=key.practice_id, client_id=key.client_id, purpose=purpose)
                row.wrapped_by = above[by]
                made[one] = key, vault.wrap_key(row, key.secret)
        return made

    # ── templates ────────────────────────────────────────────────────────────

    def _template(self, table: str, row: Row, sealed: Mapping[str, str]) -> Piece:
        """Return one row of the model as a template; ``sealed`` are its sealed columns, each with that of its lane."""
        holes: list[Hole] = []
        values = dict(row)
        hole: Hole
        for column, value in row.items():
            if value in EMPTY:
                continue
            if column in sealed:
                hole = self._opened(f"{table}.{column}.".encode(), row, row.get(sealed[column], b"").decode(), value)
            elif column == "wrapped" and table in KEYS:
                hole = Wrapped(row["id"])
            else:
                continue
            values[column] = HOLE
            holes.append(hole)
        if table == "practice_practicekey":
            values["wrapped_by"] = keyring.present()[0].encode()
        if table == "practice_practice":
            values["slug"] = SHORT_NAME + row["slug"]
        return Piece(self._marked(b"\t".join(values.values()) + b"\n"), tuple(holes))

    def _opened(self, place: bytes, row: Row, lane: str, value: bytes) -> Sealed:
        blob = bytes.fromhex(value[3:].decode())
        key = str(uuid.UUID(bytes=blob[1:17])).encode()
        client, _by, purpose = self._data_keys[key]
        plain = vault.unseal(
            blob,
            client_id=uuid.UUID(client.decode()) if client else None,
            practice_id=self.practice_id,
            place=(place + row["id"]).decode(),
            lane=lane,
            purpose=purpose,
        )
        return Sealed(key, plain, place + self._ids[row["id"]], lane if blob[:1] == vault.OF_LANE else "")

    def _marked(self, line: bytes) -> bytes:
        """Return a line with marks in place of what each copy has of its own."""
        mine = UUID.findall(line)
        other = COUPLES if any(self._ids.get(one, b"").endswith(COUPLES) for one in mine) else PRACTICE
        line = UUID.sub(lambda found: self._ids.get(found[0]) or found[0][:-8] + other, line)
        return self._addresses.sub(lambda found: self._mails[found[0]] + found[0], line)


# ── the rows of the model ────────────────────────────────────────────────────


class _Rows:
    """All rows of one practice as COPY writes them, by table."""

    def __init__(self, above: psycopg.Connection, practice_id: uuid.UUID, without: Collection[str]) -> None:
        self._above = above
        self.by_table: dict[str, list[Row]] = {}
        for table in _walled():
            if table in without:
                continue
            column = "id" if table == "practice_practice" else "practice_id"
            self._take(table, column, [practice_id], NEWEST_LINES if table == "practice_auditevent" else "")
        mine = {uuid.UUID(one.decode()) for one in UUID.findall(self._all())}
        for table, column in ACCOUNTS.items():
            self._take(table, column, mine)
        self._leave_files_out()

    def _take(self, table: str, column: str, of: Collection[uuid.UUID], end: LiteralString = "") -> None:
        columns = [name for (name,) in self._above.execute(COLUMNS, [table])]
        chosen = sql.SQL(
            "COPY (SELECT {} FROM (SELECT * FROM {} WHERE {} = ANY({}) {}) t ORDER BY id) TO STDOUT"
        ).format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.Identifier(table),
            sql.Identifier(column),
            sql.Literal(list(of)),
            sql.SQL(end),
        )
        with self._above.cursor().copy(chosen) as out:
            lines = b"".join(out).splitlines()
        self.by_table[table] = [dict(zip(columns, line.split(b"\t"), strict=True)) for line in lines]

    def _all(self) -> bytes:
        return b"\n".join(_joined(row) for rows in self.by_table.values() for row in rows)

    def _leave_files_out(self) -> None:
        """Leave out rows with a file in them, and then whatever points at what was left out."""
        gone: set[bytes] = set()
        before = -1
        while before != len(gone):
            before = len(gone)
            for table, rows in self.by_table.items():
                left = [one for one in rows if len(_joined(one)) <= LONGEST and gone.isdisjoint(_pointed_at(one))]
                if len(left) < len(rows):
                    gone |= {one["id"] for one in rows if "id" in one} - {one["id"] for one in left if "id" in one}
                    self.by_table[table] = left

    def templates(self, several: set[bytes]) -> dict[bytes, bytes]:
        """Return by id what stands for it in a template: itself, where it belongs to all practices."""
        several, before = set(several), -1
        rows = [row for rows in self.by_table.values() for row in rows if "id" in row]
        while before != len(several):
            before = len(several)
            several |= {row["id"] for row in rows if not several.isdisjoint(_pointed_at(row))}
        own = {row["id"] for row in rows}
        marked = {one: one[:-8] + (COUPLES if one in several else PRACTICE) for one in own | several}
        return {one: one for one in self._of_everybody()} | marked

    def _of_everybody(self) -> Iterator[bytes]:
        """Yield the ids of the rows that tables with practice data hold for all practices: the library."""
        for table in _walled():
            if table != "practice_practice":
                shared = sql.SQL("SELECT id::text FROM {} WHERE practice_id IS NULL").format(sql.Identifier(table))
                for (one,) in self._above.execute(shared):
                    yield one.encode()

    def mails(self, ids: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Return by address what stands before it in a template."""
        rows = [row for rows in self.by_table.values() for row in rows if "id" in row and b"@" in row.get("email", b"")]
        return {row["email"]: MAIL_OF_COUPLES if COUPLES in ids[row["id"]] else MAIL_OF_PRACTICE for row in rows}


def _walled() -> list[str]:
    tables = [record.class_._meta.db_table for record in registry.all_records() if record.is_walled]
    return [one for one in tables if one not in LEFT_OUT]


def _joined(row: Row) -> bytes:
    return b"\t".join(row.values())


def _pointed_at(row: Row) -> set[bytes]:
    return set(UUID.findall(_joined(row))) - {row.get("id", b"")}


def _sealed_columns(table: str) -> dict[str, str]:
    """Return the sealed columns of a table, each with that of its lane."""
    record = next(one for one in registry.all_records() if one.class_._meta.db_table == table)
    fields = record.class_._meta.concrete_fields
    by_hand = {str(one.column): "" for one in fields if one.name in record.sealed_bytes}
    return by_hand | {str(one.column): one.lane for one in fields if isinstance(one, SealedTextField)}


def _together(rows: list[Piece]) -> Iterator[Piece]:
    """Yield rows in portions that lie together: those of the practice itself, those of its couples."""
    for of_couples in (False, True):
        mine = [one for one in rows if one.of_couples == of_couples]
        for n in range(0, len(mine), TOGETHER):
            some = mine[n : n + TOGETHER]
            yield Piece(b"".join(one.text for one in some), tuple(hole for one in some for hole in one.holes))
