"""Trips to the database server: statements that belong together go in one.

Each trip costs a page more than what most statements do, and a request binds itself several times. What is sent
together is still a statement of its own, in the order in which it was said, inside the transaction that is open;
without one there is nothing that what is bound would hold for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection, transaction

#: A text, and its values.
Statement = tuple[str, Sequence[Any] | None]
#: As Django says it, with nothing beside it.
_SAVEPOINT = re.compile(r'(SAVEPOINT|ROLLBACK TO SAVEPOINT) ("\w+")')


@contextmanager
def before_next(sql: str, values: Sequence[Any]) -> Iterator[None]:
    """Send ``sql`` with, and before, the first statement of the block; by itself where the block has none.

    The block talks to the database through Django alone: what goes past its cursors would not wait for ``sql``.
    """
    with gathering():
        soon((sql, values))
        yield


@contextmanager
def gathering() -> Iterator[None]:
    """Let what is said :func:`soon` in the block wait for its next statement, or for its end.

    So does a savepoint in it, for its first statement. Where the block ends with an error, or is to be rolled back,
    what waits is not sent.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Statements go together inside a transaction.")
    mine, every = _Waiting(), connection.execute_wrappers
    # Before the others: what they were told earlier then goes earlier.
    every.insert(next((at for at, one in enumerate(every) if isinstance(one, _Waiting)), len(every)), mine)
    try:
        yield
        if not connection.needs_rollback:
            mine.send()
    finally:
        every.remove(mine)


def soon(*statements: Statement) -> None:
    """Send statements with the next one of :func:`gathering`, else at once. Nobody is told what they did.

    Where one of them fails, the next one says so.
    """
    waiting = next((one for one in connection.execute_wrappers if isinstance(one, _Waiting)), None) or _Waiting()
    waiting.statements += statements
    if waiting not in connection.execute_wrappers:
        waiting.send()


class _Waiting:
    """Sees each statement of a block on its way out, and lets it take along what waits."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if (told := _SAVEPOINT.fullmatch(sql)) and self._holds(*told.groups()):
            return None
        if not self.statements:
            return execute(sql, params, many, context)
        raw = context["cursor"].cursor
        if many or isinstance(raw, psycopg.ServerCursor):
            self.send()  # by itself: a cursor on the server, or one statement for many rows, is alone in its trip
            return execute(sql, params, many, context)
        before, self.statements = self.statements, []
        texts = [*(raw.mogrify(*one) for one in before), sql if params is None else raw.mogrify(sql, params)]
        result = execute("; ".join(texts), None, many, context)
        for _one in before:
            raw.nextset()  # to the rows that the caller asked for
        return result

    def _holds(self, word: str, name: str) -> bool:
        """Let a savepoint wait; forget what was said after one to which everything goes back."""
        begins = (f"SAVEPOINT {name}", None)
        if word == "SAVEPOINT":
            self.statements.append(begins)
            return True
        self.statements = self.statements[: self.statements.index(begins) + 1] if begins in self.statements else []
        return False

    def send(self) -> None:
        """Send what waits."""
        before, self.statements = self.statements, []
        if before:
            with connection.cursor() as cursor:
                joined = "; ".join(cursor.cursor.mogrify(*one) for one in before)
                cursor.execute(joined)
