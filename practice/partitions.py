"""A table with practice data in parts, each practice wholly in one of them, and together again.

    split("exercises_response", into=16)    # sixteen tables of a sixteenth, by a hash of the practice
    join("exercises_response")              # one table, as migrations make it

A part is vacuumed, and its indexes made anew, apart from the others; a query under the walls names its practice, so
PostgreSQL looks into one part alone. For small tables that costs more than it gives: docs/growing.md tells when it
pays.

To the code nothing changes. The table keeps its name, its rights, its policies and its triggers, and so do the
migrations to come, which name the table and never a part. The parts stand in schemas of their own, which no role of
Attune's may enter: whoever reads goes through the table, and so through its walls. They bear the table's name there,
since the trail writes down the name of the table that a row was written to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import sql

#: More parts than this cost more in planning than they give.
MOST = 64
#: Where the table stands while its rows are copied, and where its parts stand.
BEFORE, PART = "attune_before", "attune_part_"

CONSTRAINTS = """
    SELECT conname, contype, pg_get_constraintdef(oid), coalesce(nullif(confrelid, 0)::regclass::text, '')
      FROM pg_constraint
     WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f') AND conparentid = 0
     ORDER BY contype <> 'p', contype = 'f', conname
"""
POINTS_IN = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE confrelid = %(table)s::regclass AND contype = 'f' AND conparentid = 0 AND conrelid <> %(table)s::regclass
     ORDER BY 1, 2
"""
#: `ONLY` says that the parts of an index come later: here they come with it.
INDEXES = """
    SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index i
     WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid
                                                      AND c.conrelid = i.indrelid)
     ORDER BY 1
"""
#: A trigger for each row comes to the parts by itself; one for each statement does not.
TRIGGERS = """
    SELECT pg_get_triggerdef(oid), tgtype & 1 = 0 FROM pg_trigger
     WHERE tgrelid = %s::regclass AND NOT tgisinternal AND tgparentid = 0 ORDER BY tgname
"""
POLICIES = """
    SELECT policyname, permissive, cmd, roles::text[], qual, with_check FROM pg_policies
     WHERE schemaname = 'public' AND tablename = %s ORDER BY policyname
"""
RIGHTS = """
    SELECT relkind = 'S', relname, '', privilege_type, grantee::regrole::text
      FROM pg_class, aclexplode(relacl)
     WHERE grantee NOT IN (0, relowner) AND (oid = %(table)s::regclass OR oid = %(numbers)s::regclass)
    UNION ALL
    SELECT false, %(table)s, attname, privilege_type, grantee::regrole::text
      FROM pg_attribute, aclexplode(attacl)
     WHERE attrelid = %(table)s::regclass AND attnum > 0 AND grantee <> 0
    ORDER BY 1, 2, 3, 4, 5
"""
COLUMNS = """
    SELECT attname, attidentity <> '' FROM pg_attribute
     WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
KIND = """
    SELECT c.relkind, c.relrowsecurity AND c.relforcerowsecurity, coalesce(a.attnotnull, false)
      FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'practice_id'
     WHERE c.oid = to_regclass('public.' || quote_ident(%s))
"""
FORCED = "SELECT oid::regclass::text FROM pg_class WHERE oid = ANY(%s::regclass[]) AND relforcerowsecurity ORDER BY 1"
PARTS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1"
SINGLE_KEY, KEY_OF_PARTS = "PRIMARY KEY (id)", "PRIMARY KEY (practice_id, id)"


class CannotSplit(ValueError):
    """The text says why."""


def parts_of(table: str) -> list[str]:
    """Return the parts of a table; none: it stands in one."""
    with connection.cursor() as cursor:
        return [part for (part,) in _rows(cursor, PARTS, [table])]


@transaction.atomic
def split(table: str, *, into: int) -> int:
    """Spread a table's rows over so many parts, by practice; return how many rows there are.

    Asked of the owner of the tables, with nobody at work: the table is locked until its rows are copied, and needs
    its own size on the disk once more. Raises :class:`CannotSplit`.
    """
    if not 2 <= into <= MOST:
        raise CannotSplit(f"A table is split into 2 to {MOST} parts.")
    return _made_anew(table, into=into)


@transaction.atomic
def join(table: str) -> int:
    """Bring a table's rows together again; return how many there are. Asked as :func:`split` is."""
    return _made_anew(table, into=0)


def _made_anew(table: str, *, into: int) -> int:
    with connection.cursor() as cursor:
        _look(cursor, table, split=bool(into))
        _run(cursor, "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", sql.Identifier(table))
        kept = _Kept.of(cursor, table)
        kept.let_go(cursor)
        old_parts = parts_of(table)
        _run(cursor, "CREATE SCHEMA {}", sql.Identifier(BEFORE))
        _run(cursor, "ALTER TABLE {} SET SCHEMA {}", sql.Identifier(table), sql.Identifier(BEFORE))
        _make(cursor, table, into)
        rows = _copy(cursor, table)
        _run(cursor, "DROP TABLE {}", sql.Identifier(BEFORE, table))
        _run(cursor, "DROP SCHEMA {}", sql.Identifier(BEFORE))
        _remove_empty_schemas(cursor, old_parts)
        kept.put_back(cursor, key=KEY_OF_PARTS if into else SINGLE_KEY)
        _run(cursor, "ANALYZE {}", sql.Identifier(table))
        return rows


def _look(cursor: Any, table: str, *, split: bool) -> None:
    [kind, walled, of_practices] = next(iter(_rows(cursor, KIND, [table])), [None, None, None])
    if kind is None:
        raise CannotSplit(f"There is no table {table}.")
    if not (walled and of_practices):
        raise CannotSplit(f"Rows of {table} do not each belong to a practice.")
    if (kind == "p") == split:
        raise CannotSplit(f"{table} stands in parts already: join it first." if split else f"{table} stands in one.")


def _make(cursor: Any, table: str, into: int) -> None:
    """Make the table with the columns and checks of the one before, and its parts."""
    _run(
        cursor,
        "CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES)"
        + (" PARTITION BY HASH (practice_id)" if into else ""),
        sql.Identifier("public", table),
        sql.Identifier(BEFORE, table),
    )
    for number in range(into):
        schema = f"{PART}{number:02}"
        _run(cursor, "CREATE SCHEMA IF NOT EXISTS {}", sql.Identifier(schema))
        _run(
            cursor,
            "CREATE TABLE {} PARTITION OF {} FOR VALUES WITH (MODULUS {}, REMAINDER {})",
            sql.Identifier(schema, table),
            sql.Identifier("public", table),
            sql.Literal(into),
            sql.Literal(number),
        )


def _copy(cursor: Any, table: str) -> int:
    """Copy all rows. The owner is not above the walls of the table before, so these stand open for its last moment."""
    columns = _rows(cursor, COLUMNS, [table])
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _drawn in columns)
    before, now = sql.Identifier(BEFORE, table), sql.Identifier("public", table)
    _run(cursor, "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", before)
    _run(cursor, "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}", now, names, names, before)
    rows: int = cursor.rowcount
    for name, drawn in columns:
        if drawn:
            last = "SELECT last_value, is_called FROM {}"
            [[value, called]] = _run(cursor, last, sql.Identifier(BEFORE, *_numbers(cursor, f"{BEFORE}.{table}", name)))
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [table, name, value, called])
    return rows


def _numbers(cursor: Any, table: str, column: str) -> list[str]:
    """Return the name of the sequence that a column's numbers are drawn from, without its schema."""
    [[name]] = _rows(cursor, "SELECT pg_get_serial_sequence(%s, %s)", [table, column])
    return [name.rpartition(".")[2]] if name else []


def _remove_empty_schemas(cursor: Any, parts: Iterable[str]) -> None:
    used = "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = %s::regnamespace)"
    for schema in sorted({part.partition(".")[0] for part in parts}):
        if _rows(cursor, used, [schema]) == [(False,)]:
            _run(cursor, "DROP SCHEMA {}", sql.Identifier(schema))


# ── what a table keeps ───────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Kept:
    """What belongs to a table besides its columns and rows, as PostgreSQL writes it."""

    table: str
    constraints: list[tuple[str, str, str, str]]
    points_in: list[tuple[str, str, str]]
    indexes: list[tuple[str]]
    triggers: list[tuple[str, bool]]
    policies: list[tuple[str, str, str, list[str], str | None, str | None]]
    rights: list[tuple[bool, str, str, str, str]]

    @classmethod
    def of(cls, cursor: Any, table: str) -> _Kept:
        numbers = next(iter(_numbers(cursor, table, "id")), None)
        return cls(
            table,
            constraints=_rows(cursor, CONSTRAINTS, [table]),
            points_in=_rows(cursor, POINTS_IN, {"table": table}),
            indexes=_rows(cursor, INDEXES, [table]),
            triggers=_rows(cursor, TRIGGERS, [table]),
            policies=_rows(cursor, POLICIES, [table]),
            rights=_rows(cursor, RIGHTS, {"table": table, "numbers": numbers}),
        )

    def let_go(self, cursor: Any) -> None:
        """Take away what points at the table."""
        for other, name, _said in self.points_in:
            _run(cursor, "ALTER TABLE {} DROP CONSTRAINT {}", sql.SQL(other), sql.Identifier(name))

    def put_back(self, cursor: Any, *, key: str) -> None:
        """Give it all to the table that took its place; ``key`` is the primary key that goes with its parts."""
        self._constrain(cursor, key)
        for (index,) in self.indexes:
            cursor.execute(index)
        for statement in self._triggers():
            cursor.execute(statement)
        for policy in self.policies:
            cursor.execute(_policy(cursor, self.table, *policy))
        for right in self.rights:
            cursor.execute(_right(cursor, self.table, *right))
        # Nobody may enter the schemas of the parts; if somebody is let in one day, they see nothing.
        for table in (self.table, *parts_of(self.table)):
            _run(cursor, "ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", sql.SQL(table))

    def _constrain(self, cursor: Any, key: str) -> None:
        """Add the constraints. PostgreSQL looks for what a row points at as the owner, who has to see it."""
        others = {other for *_rest, other in self.constraints} | {other for other, *_rest in self.points_in}
        with _seen_by_owner(cursor, others - {"", self.table}):
            for name, kind, said, _other in self.constraints:
                _add(cursor, self.table, name, key if kind == "p" else said)
            for other, name, said in self.points_in:
                _add(cursor, other, name, said)

    def _triggers(self) -> Iterator[str]:
        for said, of_statements in self.triggers:
            yield said
            for part in parts_of(self.table) if of_statements else ():
                yield said.replace(f" ON public.{self.table} ", f" ON {part} ")


@contextmanager
def _seen_by_owner(cursor: Any, tables: Iterable[str]) -> Iterator[None]:
    """Let the owner past the walls of tables inside the block; they are locked to everybody else until all is done."""
    forced = [one for (one,) in _rows(cursor, FORCED, [list(tables)])]
    for table in forced:
        _run(cursor, "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY", sql.SQL(table))
    yield
    for table in forced:
        _run(cursor, "ALTER TABLE {} FORCE ROW LEVEL SECURITY", sql.SQL(table))


def _add(cursor: Any, table: str, name: str, said: str) -> None:
    _run(cursor, "ALTER TABLE {} ADD CONSTRAINT {} {}", sql.SQL(table), sql.Identifier(name), sql.SQL(said))


def _policy(
    cursor: Any, table: str, name: str, kind: str, act: str, roles: list[str], using: str | None, check: str | None
) -> str:
    said = sql.SQL("CREATE POLICY {} ON {} AS {} FOR {} TO {}").format(
        sql.Identifier(name),
        sql.Identifier(table),
        sql.SQL(kind),
        sql.SQL(act),
        sql.SQL(", ").join(sql.SQL("PUBLIC") if role == "public" else sql.Identifier(role) for role in roles),
    )
    parts = [said, *([sql.SQL("USING ({})").format(sql.SQL(using))] if using else [])]
    parts += [sql.SQL("WITH CHECK ({})").format(sql.SQL(check))] if check else []
    return sql.SQL(" ").join(parts).as_string(cursor.connection)


def _right(cursor: Any, table: str, of_numbers: bool, name: str, column: str, right: str, role: str) -> str:
    return (
        sql.SQL("GRANT {}{} ON {}{} TO {}")
        .format(
            sql.SQL(right),
            sql.SQL(" ({})").format(sql.Identifier(column)) if column else sql.SQL(""),
            sql.SQL("SEQUENCE " if of_numbers else ""),
            sql.Identifier(name),
            sql.SQL(role),
        )
        .as_string(cursor.connection)
    )


# ── asking ───────────────────────────────────────────────────────────────────


def _rows(cursor: Any, asked: str, values: Any = None) -> list[Any]:
    cursor.execute(asked, values)
    return list(cursor.fetchall())


def _run(cursor: Any, said: str, *names: sql.Composable) -> list[Any]:
    cursor.execute(sql.SQL(said).format(*names))
    return list(cursor.fetchall()) if cursor.description else []
