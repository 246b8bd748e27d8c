"""The house that chaos is let loose on: real servers and processes of its own, each of which may be killed."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg

from practice import roles
from practice.local import leftovers, machine, postgres, postgres_home, valkey
from practice.local.servers import wait_until, working_in
from tests import databases
from tests.chaos.proxy import Proxy
from tests.chaos.sink import CANARY, Sink

CHECKOUT = Path(__file__).resolve().parents[2]
PR_SET_PDEATHSIG = 1


def _dies_with_us() -> None:
    """Ask the kernel to end a child when its parent ends, however that happens."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Servers:
    """PostgreSQL and Valkey, durable as in life: what was committed survives a SIGKILL."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.start()

    def start(self) -> None:
        self.postgres = postgres.ensure(self.state, durable=True)
        self.valkey = valkey.ensure(self.state).removeprefix("redis+socket://").partition("?")[0]

    def copy_tables(self, socket_dir: str, name: str) -> None:
        """Make the database as a copy of one on another server of ours: quicker than to migrate."""
        with psycopg.connect(host=str(self.postgres.socket_dir), user="postgres", autocommit=True) as server:
            for statement in roles.statements():
                server.execute(statement)
            server.execute(f"CREATE DATABASE attune OWNER {roles.OWNER}")
        databases.copy_tables(socket_dir, name, self.postgres.socket_dir)

    @property
    def postgres_socket(self) -> str:
        return str(self.postgres.socket_dir / f".s.PGSQL.{self.postgres.port}")

    @property
    def postgres_log(self) -> Path:
        return postgres_home.home(self.state.absolute()) / "server.log"

    def kill_postgres(self) -> None:
        data = postgres_home.home(self.state.absolute()) / "data"
        _kill(lambda: working_in(data, "postgres"))

    def kill_valkey(self) -> None:
        _kill(lambda: working_in(self.state.resolve() / "valkey", "valkey-server"))

    def erase(self) -> None:
        valkey.erase(self.state)
        postgres.erase(self.state)


def _kill(find: Callable[[], list]) -> None:
    for process in find():
        with suppress(Exception):
            process.kill()
    wait_until(lambda: not find(), 20)


class Program:
    """One of our processes, in a group of its own. ``tend`` starts it again after it ended."""

    def __init__(self, name: str, words: list[str], environment: dict[str, str], logs: Path) -> None:
        self.name, self.words, self.environment = name, words, environment
        self.log = logs / f"{name}.log"
        self.starts = 0
        self.wanted = True
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.words],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_dies_with_us if sys.platform == "linux" else None,
            )
        self.starts += 1
        self.wanted = True

    def tend(self) -> None:
        if self.wanted and self.process.poll() is not None:
            self._end_group()
            self.start()

    def kill(self) -> None:
        """End it and its children at once; it stays down until it is started or tended."""
        self._end_group()
        self.process.wait(20)

    def stop(self) -> None:
        self.wanted = False
        self.kill()

    def freeze(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def _end_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class House:
    """All of it, with proxies on the lines between. Use it as a context: nothing is left behind."""

    def __init__(self, state: Path, *, workers: int, beats: int, watchdog: float, lease: float) -> None:
        self.state = state
        self.counts = {"worker": workers, "beat": beats}
        self.settings = {"ATTUNE_WATCHDOG_SECONDS": str(watchdog), "CHAOS_LEASE": str(lease)}
        self.orders = state / "orders"
        self.logs = state / "logs"
        self.programs: list[Program] = []

    def __enter__(self) -> House:
        for folder in (self.orders, self.logs, self.state / "beat"):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.servers = Servers(self.state)
        self.sink = Sink()
        self.to_database = Proxy(self.servers.postgres_socket)
        self.to_broker = Proxy(self.servers.valkey)
        self.to_mail = Proxy(self.sink.port)
        return self

    def __exit__(self, *error: object) -> None:
        for program in self.programs:
            with suppress(Exception):
                program.thaw()
        leftovers.end_groups([one.process.pid for one in self.programs], grace=0)
        for program in self.programs:
            with suppress(Exception):
                program.process.wait(10)
        for line in (self.to_database, self.to_broker, self.to_mail, self.sink):
            line.close()
        self.servers.erase()

    def environment(self, *, through_proxies: bool) -> dict[str, str]:
        database = str(self.to_database.port) if through_proxies else str(self.servers.postgres.socket_dir)
        return {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "ATTUNE_ENV")},
            **machine.library_path(),
            **self.settings,
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "CHAOS_DATABASE": database,
            "CHAOS_BROKER": str(self.to_broker.port),
            "CHAOS_SMTP": str(self.to_mail.port),
            "CHAOS_ORDERS": str(self.orders),
            "ATTUNE_CANARY_ADDRESS": CANARY,
            "ATTUNE_STATE": str(self.state),
        }

    def open(self) -> None:
        """Start workers and schedulers."""
        there = self.environment(through_proxies=True)
        app = ["celery", "-A", "tests.chaos.worker"]
        for number in range(self.counts["worker"]):
            words = [*app, "worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
            words += ["-n", f"worker{number}@chaos"]
            self.programs.append(Program(f"worker{number}", words, there, self.logs))
        for number in range(self.counts["beat"]):
            words = [*app, "beat", "--pidfile=", "--schedule", str(self.state / "beat" / str(number))]
            self.programs.append(Program(f"beat{number}", words, there, self.logs))

    def of(self, kind: str) -> list[Program]:
        return [one for one in self.programs if one.name.startswith(kind)]

    def tend(self) -> None:
        for program in self.programs:
            program.tend()

    def heal(self) -> None:
        """Repair everything that chaos may have broken."""
        self.servers.start()
        self.sink.behave()
        for line in (self.to_database, self.to_broker, self.to_mail):
            line.heal()
        for program in self.programs:
            program.wanted = True
            with suppress(ProcessLookupError, PermissionError):
                program.thaw()
        self.tend()

    def order(self, point: str) -> None:
        (self.orders / point).touch()

    def obeyed(self, point: str, seconds: float) -> bool:
        """Wait until somebody died at a marked point; take the order back when nobody came by."""
        if self.wait(lambda: not (self.orders / point).exists(), seconds):
            return True
        with suppress(FileNotFoundError):
            (self.orders / point).unlink()
        return False

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition, and start again meanwhile what ends."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.tend()
            time.sleep(0.1)
        return True
