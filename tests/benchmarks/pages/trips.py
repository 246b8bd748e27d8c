"""How often a process goes to the database, and with how many statements, below everything that Django counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import psycopg
import sqlparse


@dataclass
class Trips:
    """What went to the database. Beginning and ending a transaction is not counted: the driver does that by itself."""

    trips: int = 0
    statements: int = 0
    log: list[str] = field(default_factory=list)

    def add(self, query: Any, times: int = 1) -> None:
        sql = query if isinstance(query, str) else query.as_string(None) if hasattr(query, "as_string") else str(query)
        self.trips += 1
        self.statements += len([one for one in sqlparse.split(sql) if one.strip(" ;")]) * times
        self.log.append(sql)


@contextmanager
def counted(trips: Trips) -> Iterator[None]:
    """Count what goes through any cursor of psycopg in the block, Django's own and others."""
    execute, many = psycopg.Cursor.execute, psycopg.Cursor.executemany

    def one(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        trips.add(query)
        return execute(cursor, query, *args, **kwargs)

    def several(cursor: Any, query: Any, rows: Any, **kwargs: Any) -> Any:
        rows = list(rows)
        trips.add(query, len(rows))
        return many(cursor, query, rows, **kwargs)

    with mock.patch.object(psycopg.Cursor, "execute", one), mock.patch.object(psycopg.Cursor, "executemany", several):
        yield
