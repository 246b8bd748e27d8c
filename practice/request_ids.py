"""One id for all that one request causes: its lines in the log, in the audit trail, and in the jobs that it rings for.

It is 32 hexadecimal digits and tells nothing. The proxy in front may choose it (``X-Request-ID``, so that its own log
says the same); what it sends counts only where an installation says that a proxy stands there, and only where it is
such an id. A job that no request rang for goes by its own id.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, NamedTuple

from celery import signals
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
#: What carries it to a job, beside the job's arguments.
OF_JOB = "attune_request"
#: Also as it is written with hyphens.
WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Cause(NamedTuple):
    """What runs now, and in which job; both empty outside of requests and jobs."""

    request_id: str = ""
    job: str = ""


NOTHING = Cause()
_now: ContextVar[Cause] = ContextVar("cause", default=NOTHING)


def current() -> Cause:
    """Return what is being done now, and for which request."""
    return _now.get()


def read(said: object) -> str:
    """Return an id as we write it; empty for what is none."""
    return said.replace("-", "") if isinstance(said, str) and WELL_FORMED.fullmatch(said) else ""


class Numbered:
    """Give each request its id, and its answer the same in a header. Outermost, so that nothing goes without."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = read(request.headers.get(HEADER)) if settings.ATTUNE_BEHIND_PROXY else ""
        one = said or uuid.uuid4().hex
        # For what is logged about the request when this is done.
        request.request_id = one  # type: ignore[attr-defined]
        token = _now.set(Cause(one))
        try:
            response = self.get_response(request)
        finally:
            _now.reset(token)
        response.headers[HEADER] = one
        return response


# ── jobs ──


def carried(headers: dict[str, Any] | None) -> dict[str, Any]:
    """Return the headers of a job that is rung for now, with the id of what rings for it."""
    one = current().request_id
    return {**(headers or {}), **({OF_JOB: one} if one else {})}


#: By the job's own id: what it runs inside of ends with it.
_running: dict[str, Token[Cause]] = {}


@signals.task_prerun.connect
def _begins(task_id: str = "", task: Any = None, **kwargs: Any) -> None:
    said = getattr(task.request, OF_JOB, None) or (task.request.headers or {}).get(OF_JOB)
    _running[task_id] = _now.set(Cause(read(said) or read(task_id), task.name))


@signals.task_postrun.connect
def _ends(task_id: str = "", **kwargs: Any) -> None:
    if token := _running.pop(task_id, None):
        _now.reset(token)
