"""Trips to the database server: two statements that belong together go in one.

Each trip costs a page more than what most statements do, and a request binds itself several times. What is sent
together is still two statements, in the order said here, inside the transaction that is open; without one there is
nothing that what is bound would hold for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, transaction


@contextmanager
def before_next(sql: str, values: Sequence[Any]) -> Iterator[None]:
    """Send ``sql`` with, and before, the first statement of the block; by itself where the block has none.

    The block talks to the database through Django alone: what goes past its cursors would not wait for ``sql``.
    """
    with _joined(sql, values, after=False):
        yield


@contextmanager
def after_next(sql: str, values: Sequence[Any]) -> Iterator[None]:
    """Send ``sql`` with, and after, the first statement of the block, which returns no rows; else by itself."""
    with _joined(sql, values, after=True):
        yield


@contextmanager
def _joined(sql: str, values: Sequence[Any], *, after: bool) -> Iterator[None]:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Statements go together inside a transaction.")
    joining = _Joining(sql, values, after)
    with connection.execute_wrapper(joining):
        yield
    if not joining.sent:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)


class _Joining:
    """Sees each statement of the block on its way out, and takes the first one along."""

    def __init__(self, sql: str, values: Sequence[Any], after: bool) -> None:
        self.sql, self.values, self.after = sql, values, after
        self.sent = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if self.sent:
            return execute(sql, params, many, context)
        raw = context["cursor"].cursor
        if many or isinstance(raw, psycopg.ServerCursor):
            return self._apart(execute, sql, params, many, context)
        self.sent = True
        texts = [raw.mogrify(self.sql, self.values), sql if params is None else raw.mogrify(sql, params)]
        if self.after:
            texts.reverse()
        result = execute("; ".join(texts), None, many, context)
        if not self.after:
            raw.nextset()  # to the rows that the caller asked for
        return result

    def _apart(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Two trips after all: a cursor on the server, or one statement for many rows, is alone in its own."""
        self.sent = True
        if not self.after:
            self._alone()
        result = execute(sql, params, many, context)
        if self.after:
            self._alone()
        return result

    def _alone(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.values)
