"""Statements whose plan the server keeps: most of what pages ask takes longer to plan behind the walls than to answer.

A plan belongs to one connection, one text and one role: under another role the same text stands behind other walls, and
the server would plan it anew each time. What is bound is no part of it: each asking compares with what is bound then.

A question about many is planned for these: a plan that is kept is made for a list of ten, and one for a caseload of
fifty took ten times as long with it.

Behind a pooler that gives each transaction whichever connection is free, nothing is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import ProgrammingError

from practice import roles, tenancy

#: SQL, and its values.
Statement = tuple[str, Sequence[Any] | None]
#: What the server takes a list for whose length it does not know.
LONGEST = 10


def is_among_many(values: Sequence[Any]) -> bool:
    """Tell whether a longer list stands among the values than plans that are kept are made for."""
    lists = [one for one in values if isinstance(one, list)]
    return bool(lists) and max(map(len, lists)) > LONGEST


class Prepared:
    """What one connection has prepared."""

    def __init__(self) -> None:
        #: By text and role, and those of the trip that is under way.
        self.names: dict[tuple[str, str], str] = {}
        self.new: dict[tuple[str, str], str] = {}
        self.numbers = itertools.count(1)

    @contextmanager
    def one_trip(self) -> Iterator[None]:
        """Remember what is prepared in the block; where it fails, none of it: the next trip takes other names."""
        self.new = {}
        try:
            yield
        except ProgrammingError as error:
            if isinstance(error.__cause__, psycopg.errors.InvalidSqlStatementName):
                self.names.clear()  # somebody made the server forget
            raise
        self.names |= self.new

    def asking(self, text: str, types: Sequence[str], values: Sequence[str]) -> list[Statement]:
        """Return what asks ``text``, in which values stand as ``$1``; prepared before, where it is new here.

        The values are SQL already.
        """
        asker = tenancy.current()
        key = text, asker.role if asker else roles.LOGIN
        name = self.names.get(key)
        if name is not None:
            return [_execute(name, values)]
        name = self.new[key] = f"attune_{next(self.numbers)}"
        given = f"({', '.join(types)})" if types else ""
        return [(f"PREPARE {name}{given} AS {text}", None), _execute(name, values)]


def _execute(name: str, values: Sequence[str]) -> Statement:
    return f"EXECUTE {name}({', '.join(values)})" if values else f"EXECUTE {name}", None


#: By connection; None for one that leads to many.
_kept: WeakKeyDictionary[psycopg.Connection, Prepared | None] = WeakKeyDictionary()


def of(connection: psycopg.Connection) -> Prepared | None:
    """Return what a connection has prepared; None where it must not prepare anything."""
    if not settings.DATABASE_KEEPS_PLANS:
        return None
    if connection not in _kept:
        _kept[connection] = Prepared() if _is_direct(connection) else None
    return _kept[connection]


def _is_direct(connection: psycopg.Connection) -> bool:
    """Tell whether one process of the server answers all that is sent: a pooler says a number of its own for it."""
    with connection.cursor() as cursor:
        row = cursor.execute("SELECT pg_backend_pid()").fetchone()
    return row is not None and row[0] == connection.info.backend_pid
