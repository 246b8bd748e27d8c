"""Lines of the log: what went wrong and where, never what somebody wrote."""

from __future__ import annotations

import copy
import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

#: Paths that open a door to whoever holds them: invitations, new passwords, the end of messages.
_DOORS = re.compile(r"(/join/(?:team/)?|/stop/|/password/reset/key/)[^/\s]+")

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutWords(logging.Formatter):
    """Writes an exception as its kind and its lines of code.

    Its text is left out: a database quotes the row that it refuses, a parser the word that it stumbles over.
    """

    def format(self, record: logging.LogRecord) -> str:
        fresh = copy.copy(record)
        fresh.exc_text = None  # another handler may have written it out in full
        if isinstance(fresh.args, dict) and "exc" in fresh.args:
            fresh.args = _without_exception_text(fresh.args)
        return _DOORS.sub(r"\1…", super().format(fresh))

    def formatException(self, ei: ExcInfo) -> str:
        return "\nbecause of\n".join(_told(one) for one in _chain(ei[1]))


def _without_exception_text(context: dict[str, Any]) -> dict[str, Any]:
    """Celery puts a failed job's exception into the line itself, text and all: keep its kind."""
    kind = str(context["exc"]).partition("(")[0]
    return {**context, "exc": kind, "traceback": ""}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> str:
    frames = [
        f'  File "{one.filename}", line {one.lineno}, in {one.name}'
        for one in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join([f"{type(error).__module__}.{type(error).__qualname__}", *frames])


def place_of(error: BaseException) -> str:
    """Say what went wrong and where, without the error's own text: it may hold what people wrote."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_qualname} line {trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} in {where}"
