"""Which index PostgreSQL takes for what a page asks, under row-level security, as if there were very many practices.

What a block sends is explained just before, in its own transaction and under whoever is bound in it; nothing is written
down a second time. A *fault* is a look into a large table that gets longer with other people's rows: a scan of the
whole table, or of an index whose first column is left open. Tables that were empty when the planner was told are not
judged: a scan of them says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from unittest import mock

import psycopg
import sqlparse

#: Tables of the installation that do not grow with the practices in it.
SMALL = {"django_content_type", "practice_circuit", "practice_installationsecret", "practice_pace", "practice_pulse"}
#: Looking for work asks each practice once, and no page does.
LOOKING_FOR_WORK = 'SELECT "practice_practice"."id" AS "pk" FROM "practice_practice" WHERE EXISTS'
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "EXECUTE")
PREPARES = "PREPARE"
BINDS = "SELECT set_config("

#: The planner is told that there are so many times as many rows as there are, none of them more of the library that
#: all practices share, and that no value of an id is frequent.
TIMES = 1000
CROWDED = f"""
    UPDATE pg_class SET reltuples = reltuples * {TIMES}
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND reltuples > 0;
    UPDATE pg_statistic s
       SET stadistinct = CASE WHEN stadistinct > 0 THEN -least(1, stadistinct * {TIMES} / c.reltuples)
                              ELSE stadistinct END,
           stanullfrac = CASE WHEN a.attname = 'practice_id' THEN stanullfrac / {TIMES} ELSE stanullfrac END,
           stakind1 = 0, stakind2 = 0, stakind3 = 0, stakind4 = 0, stakind5 = 0,
           stanumbers1 = NULL, stanumbers2 = NULL, stanumbers3 = NULL, stanumbers4 = NULL, stanumbers5 = NULL,
           stavalues1 = NULL, stavalues2 = NULL, stavalues3 = NULL, stavalues4 = NULL, stavalues5 = NULL
      FROM pg_class c, pg_attribute a
     WHERE c.oid = s.starelid AND c.relnamespace = 'public'::regnamespace AND c.reltuples > 0
       AND a.attrelid = c.oid AND a.attnum = s.staattnum AND a.atttypid = 'uuid'::regtype
"""
FILLED = """
    SELECT relname FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples > 0
"""
INDEXES = """
    SELECT i.relname, a.attname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
      JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
"""


def pretend_many(above: psycopg.Connection) -> None:
    """Tell the planner of a database that is not used for anything else that it is very large."""
    above.execute("ANALYZE")
    above.execute(CROWDED)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Fault:
    """A query that looks at more the more practices there are."""

    how: str
    table: str
    sql: str

    def __str__(self) -> str:
        return f"{self.how} of {self.table}, for: {self.sql}"


@dataclass
class Explained:
    """The plans of what a block sent."""

    above: psycopg.Connection
    plans: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @cached_property
    def first_columns(self) -> dict[str, str]:
        return dict(self.above.execute(INDEXES).fetchall())

    @cached_property
    def judged(self) -> set[str]:
        """Return the tables that may grow, and hold rows."""
        return {name for (name,) in self.above.execute(FILLED)} - SMALL

    @property
    def faults(self) -> list[Fault]:
        looked = [(sql, plan) for sql, plan in self.plans if not sql.startswith(LOOKING_FOR_WORK)]
        return [fault for sql, plan in looked for fault in self._of(plan, sql)]

    @property
    def tables(self) -> set[str]:
        """Return what was looked at."""
        return {table for _sql, plan in self.plans for _node, table in nodes(plan) if table}

    def _of(self, plan: dict[str, Any], sql: str) -> Iterator[Fault]:
        for node, table in nodes(plan):
            if table in self.judged:
                if node["Node Type"].endswith("Seq Scan"):
                    yield Fault("a scan", table, sql)
                elif name := node.get("Index Name"):
                    first = self.first_columns[name]
                    if not re.search(rf"\b{first}\)?(::\w+)? (= |IS NULL)", node.get("Index Cond", "")):
                        yield Fault(f"a scan of the index {name}", table, sql)


def nodes(plan: dict[str, Any], table: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the steps of a plan, each with the table that it looks at."""
    table = plan.get("Relation Name", table)
    yield plan, table
    for one in plan.get("Plans", ()):
        yield from nodes(one, table)


@contextmanager
def explained(above: psycopg.Connection) -> Iterator[Explained]:
    """Explain whatever goes through a cursor in the block. ``above`` tells what indexes there are."""
    found = Explained(above)
    execute = psycopg.Cursor.execute

    def watched(cursor: Any, query: Any, params: Any = None, **kwargs: Any) -> Any:
        line = cursor.connection
        text = cursor.mogrify(query, params) if isinstance(query, str) and hasattr(cursor, "mogrify") else ""
        statements = [one.rstrip("; \n") for one in sqlparse.split(text)]
        if line is not found.above and any(map(_is_explained, statements)):
            # Before they are sent, each under what is bound when its turn comes; nothing of it stays.
            with line.transaction(force_rollback=True):
                found.plans += [one for sql in statements for one in _plan(line, execute, sql)]
            for sql in statements:
                if sql.startswith(PREPARES):  # is no part of a transaction
                    execute(psycopg.ClientCursor(line), f"DEALLOCATE {re.split('[ (]', sql)[1]}")
        return execute(cursor, query, params, **kwargs)

    with mock.patch.object(psycopg.Cursor, "execute", watched):
        yield found


def _is_explained(sql: str) -> bool:
    return sql.lstrip("( \n").upper().startswith(EXPLAINED) and not sql.startswith(BINDS)


def _plan(line: Any, execute: Any, sql: str) -> Iterator[tuple[str, dict[str, Any]]]:
    cursor = psycopg.ClientCursor(line)
    if sql.startswith((BINDS, PREPARES)):
        execute(cursor, sql)
    elif _is_explained(sql):
        execute(cursor, f"EXPLAIN (FORMAT JSON) {sql}")
        [(told,)] = cursor.fetchall()
        [plan] = json.loads(told) if isinstance(told, str) else told
        yield sql, plan["Plan"]
