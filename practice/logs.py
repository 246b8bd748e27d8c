"""Lines of the log: what went wrong and where, never what somebody wrote.

Whatever is in it, an event stays one line that says nothing else than it said: what could end a line, colour a
terminal or turn the order of reading is written out as an escape, and what is endless is cut.
"""

from __future__ import annotations

import copy
import datetime
import json
import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from practice import request_ids

#: Paths that open a door to whoever holds them: invitations, new passwords, the end of messages, calendars.
_DOORS = re.compile(r"(/join/(?:team/)?|/stop/|/calendar/|/password/reset/key/)[^/\s]+")

#: What ends lines, steers terminals or turns the order of reading, and halves of characters that no file takes.
_STEERS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
#: Characters of a line's own words.
LONGEST = 8000

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutWords(logging.Formatter):
    """Writes an exception as its kind and its lines of code.

    Its text is left out: a database quotes the row that it refuses, a parser the word that it stumbles over.
    """

    def format(self, record: logging.LogRecord) -> str:
        return _DOORS.sub(r"\1…", super().format(_clean(record)))

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _one_line(record.message) + _reference(record)
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        return "\nbecause of\n".join(_told(one) for one in _chain(ei[1]))


class Lines(WithoutWords):
    """One JSON object for each event, on one line: for whoever collects logs."""

    def format(self, record: logging.LogRecord) -> str:
        fresh = _clean(record)
        said = {
            "at": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _DOORS.sub(r"\1…", _one_line(fresh.getMessage()) + _reference(fresh)),
        }
        said |= _cause(record)
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said)


def _clean(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy without the text of an exception, which another handler may have written out in full."""
    fresh = copy.copy(record)
    fresh.exc_text = None
    if isinstance(fresh.args, dict) and "exc" in fresh.args:
        fresh.args = _without_exception_text(fresh.args)
    return fresh


def _one_line(text: str) -> str:
    """Return words that stay on their line, and that end."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return _STEERS.sub(lambda found: found.group().encode("unicode_escape").decode(), short)


def _reference(record: logging.LogRecord) -> str:
    """Name what stands on the page that somebody met, so that they can tell us which line is theirs."""
    reference = getattr(getattr(record, "request", None), "reference", "")
    return f" (reference {reference})" if reference else ""


def _cause(record: logging.LogRecord) -> dict[str, str]:
    """Return the request that a line belongs to, and the job, as far as there are any."""
    cause = request_ids.current()
    request_id = cause.request_id or getattr(getattr(record, "request", None), "request_id", "")
    return {key: value for key, value in (("request", request_id), ("job", cause.job)) if value}


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
