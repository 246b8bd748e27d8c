"""One warm process that answers requests: ``python -m tests.benchmarks.pages.child``.

Which application it is, the environment says: ``DJANGO_SETTINGS_MODULE``. It reads an order a line from its standard
input and writes what came of it, both as JSON. No server and no socket stands between: the application is called
as a server calls it, its answer is read to the end and closed.

``requests`` takes what will be asked, and begins at the first of them. Each is asked in its turn; where there is but
one it is asked again and again.
"""

from __future__ import annotations

import cProfile
import gc
import io
import json
import os
import pstats
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.pages.asking import Request
from tests.benchmarks.pages.trips import Trips, counted


class WrongAnswer(Exception):
    """The application did not do what was measured."""


class Asked:
    """The application, and what it is asked next."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application
        self.requests: list[Request] = []
        self.at = 0

    def take(self, requests: list[dict[str, Any]]) -> None:
        self.requests, self.at = [Request(**one) for one in requests], 0

    def next(self) -> Request:
        """Return what is to be asked now."""
        if len(self.requests) == 1:
            return self.requests[0]
        self.at += 1
        return self.requests[self.at - 1]

    def answer(self, request: Request) -> tuple[float, str, dict[str, str], bytes]:
        """Ask once; return the seconds it took, status, headers and body."""
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            told[:] = [status, headers]
            return lambda data: None

        environ = request.environ()
        began = time.perf_counter()
        answer = self.application(environ, start)
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        took = time.perf_counter() - began
        return took, told[0], dict(told[1]), body

    def ask(self) -> tuple[float, int]:
        """Ask what is next, and look at the answer; return the seconds it took and its size in bytes."""
        request = self.next()
        took, status, headers, body = self.answer(request)
        there = headers.get("Location", "") if 300 <= request.status < 400 else body.decode()
        if not status.startswith(str(request.status)) or request.marker not in there:
            told = f"{request.method} {request.path}: {status} {headers.get('Location', '')}"
            raise WrongAnswer(f"{told}, without {request.marker!r} in {body.decode()[:3000]}")
        return took, len(body)


def run(asked: Asked, times: int) -> dict[str, Any]:
    """Ask so often; return each one's seconds, and the processor's."""
    cpu = time.process_time()
    seconds = [asked.ask()[0] for _ in range(times)]
    return {"seconds": seconds, "cpu": time.process_time() - cpu}


def count(asked: Asked) -> dict[str, Any]:
    """Ask once; return its bytes, and what it asked of the database."""
    trips = Trips()
    with counted(trips):
        _took, size = asked.ask()
    return {"bytes": size, "trips": trips.trips, "statements": trips.statements, "log": trips.log}


def profile(asked: Asked, times: int, sort: str, lines: int) -> dict[str, Any]:
    """Ask so often; return where the time went, as a table of cProfile; waiting for the database stands by itself."""
    watch = cProfile.Profile()  # the processor's own clock takes longer to read than most functions take
    for _ in range(times):
        watch.runcall(asked.ask)
    out = io.StringIO()
    pstats.Stats(watch, stream=out).sort_stats(sort).print_stats(lines)
    return {"profile": out.getvalue()}


def obey(asked: Asked, order: dict[str, Any]) -> dict[str, Any]:
    match order:
        case {"do": "requests", "requests": requests}:
            asked.take(requests)
            return {}
        case {"do": "run", "times": times}:
            return run(asked, times)
        case {"do": "settle"}:
            gc.collect()
            return {}
        case {"do": "count"}:
            return count(asked)
        case {"do": "profile", "times": times, "sort": sort, "lines": lines}:
            return profile(asked, times, sort, lines)
        case {"do": "show"}:
            _took, status, headers, body = asked.answer(asked.next())
            return {"status": status, "headers": headers, "body": body.decode()}
    raise ValueError(order)


def main() -> None:
    # What anything prints must not stand among the answers.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from django.core.servers.basehttp import get_internal_wsgi_application

    asked = Asked(get_internal_wsgi_application())
    print("ready", file=told, flush=True)
    for line in sys.stdin:
        try:
            found = obey(asked, json.loads(line))
        except WrongAnswer as error:
            found = {"error": str(error)}
        print(json.dumps(found), file=told, flush=True)


if __name__ == "__main__":
    main()
