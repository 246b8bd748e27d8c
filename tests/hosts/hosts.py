"""Hosts: each a web server and a worker, with a home and a state of their own, on one database and one broker.

What they have in common is what an operator gives them: ``DATABASE_URL``, ``CELERY_BROKER_URL`` and the keys.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

from practice.local import leftovers, machine, ports, postgres, valkey
from practice.local.servers import tail
from tests.chaos.house import Program
from tests.practice.mail_server import free_port

READY_SECONDS = 90
#: What a test's own process was told of itself, and no host may know.
OWN = ("ATTUNE_", "DJANGO_", "DATABASE_", "CELERY_", "EMAIL_", "HOME")


def database_url(*, host: str = "", port: int = 0) -> str:
    """Return where the database of this test is, as an operator writes it; ``host`` and ``port``: through there."""
    address = postgres.ensure(settings.STATE / "test", durable=False)
    place = urlencode({"host": host or str(address.socket_dir), "port": port or address.port}, quote_via=quote)
    return f"postgresql://attune_login@/{connection.settings_dict['NAME']}?{place}"


def broker_url() -> str:
    """Return a database of the broker that only this test process uses, emptied."""
    from kombu import Connection

    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = valkey.ensure(settings.STATE / "test").replace("virtual_host=0", f"virtual_host={1 + number % 15}")
    with Connection(url) as line:
        line.default_channel.client.flushdb()
    return url


class Host:
    """One machine as far as its programs can tell: nothing of another's is in their environment or in their home."""

    def __init__(self, name: str, folder: Path, database: str, broker: str = "", **environment: str) -> None:
        self.name = name
        self.home = folder / name
        for one in ("home", "state", "logs"):
            (self.home / one).mkdir(parents=True)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(OWN)}
        self.environment = {
            **inherited,
            **machine.library_path(),
            "HOME": str(self.home / "home"),
            "ATTUNE_STATE": str(self.home / "state"),
            "ATTUNE_WATCHDOG_SECONDS": "0",
            "ATTUNE_LOG_LEVEL": "INFO",
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker or broker_url(),
            **environment,
        }
        self.port = 0
        self.programs: list[Program] = []

    def serve(self, *words: str) -> None:
        """Start the web server, as the units and the image start it; return once it answers."""
        self.port = free_port()
        how = ["gunicorn", "--config", "python:practice.serving", "--bind", f"127.0.0.1:{self.port}"]
        self.begin("web", [*how, *words])
        until = time.monotonic() + READY_SECONDS
        while not ports.listening(self.port):
            assert time.monotonic() < until, self.said()
            time.sleep(0.05)

    def work(self, *words: str, app: str = "practice") -> None:
        """Start a worker and a scheduler."""
        celery = ["celery", "-A", app]
        node = ["-n", f"{self.name}@{self.name}"]
        self.begin("worker", [*celery, "worker", *node, "--without-gossip", "--without-mingle", *words])
        self.begin("beat", [*celery, "beat", "--pidfile=", "--schedule", str(self.home / "state" / "beat")])

    def begin(self, name: str, words: list[str]) -> Program:
        self.programs.append(Program(name, words, self.environment, self.home / "logs"))
        return self.programs[-1]

    def is_lost(self) -> None:
        """End everything on it at once, as when the power goes."""
        for program in self.programs:
            program.kill()

    def said(self) -> str:
        """What its programs said last, for a test that fails."""
        return "\n".join(f"{one.name}:\n{tail(one.log, lines=40)}" for one in self.programs)

    def whole_log(self) -> str:
        return "\n".join(one.log.read_text(errors="replace") for one in self.programs)

    def end(self) -> None:
        leftovers.end_groups([one.process.pid for one in self.programs], grace=0)
        for program in self.programs:
            with suppress(Exception):
                program.process.wait(10)


@contextmanager
def ended(*hosts: Host) -> Iterator[None]:
    """Whatever happens in the block, nothing of these hosts is left behind."""
    try:
        yield
    finally:
        for host in hosts:
            host.end()


class Phone:
    """A person's browser: it holds a sign-in, and sends forms to whichever host it is told."""

    CSRF = "c" * 32

    def __init__(self, session: str, *, seconds: float = 120) -> None:
        self.cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={self.CSRF}"
        self.seconds = seconds

    def get(self, port: int, path: str) -> tuple[int, str, str]:
        return self._ask(port, "GET", path, None)

    def post(self, port: int, path: str, **fields: str) -> tuple[int, str, str]:
        return self._ask(port, "POST", path, urlencode(fields))

    def _ask(self, port: int, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        """Return status, where it leads, and the page. Raises OSError where nobody answered."""
        line = HTTPConnection("127.0.0.1", port, timeout=self.seconds)
        headers = {"Host": "localhost", "Cookie": self.cookies, "X-CSRFToken": self.CSRF, "Connection": "close"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request(method, path, body=body, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()
        finally:
            line.close()
