"""A primary with a streaming replica, made as docs/growing.md says, from the binaries that the tests run on."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections

from practice import replica, roles
from practice.local import postgres, postgres_home
from practice.local.servers import private_directory, wait_until, working_in
from practice.settings import REPLICA_LINE, REPLICA_POOL
from tests.databases import copy_tables

#: The tests' own: what is tried here outlives a process, not a machine.
QUICK = ("fsync = off", "full_page_writes = off", "autovacuum = off", "wal_receiver_status_interval = '1s'")
SLOT = "attune_replica"


class Server:
    """One PostgreSQL of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def start(self) -> None:
        self.address = postgres.ensure(self.state, durable=True)

    def above(self, database: str = "attune") -> psycopg.Connection:
        """Connect above all walls."""
        place = {"host": str(self.address.socket_dir), "port": self.address.port}
        return psycopg.connect(**place, user="postgres", dbname=database, autocommit=True)  # type: ignore[arg-type]

    def tell(self, *statements: str) -> Any:
        """Run statements; return the first column of the last one's first row."""
        with self.above() as line:
            for one in statements:
                cursor = line.execute(one)  # type: ignore[call-overload]
            return cursor.fetchone()[0] if cursor.description else None

    def changed(self, setting: str) -> None:
        self.tell(f"ALTER SYSTEM SET {setting}", "SELECT pg_reload_conf()")

    def dies(self) -> None:
        """End at once, as when the power fails."""
        data = postgres_home.home(self.state) / "data"
        for process in working_in(data, "postgres"):
            process.send_signal(signal.SIGKILL)
        wait_until(lambda: not working_in(data, "postgres"), 20)


class Pair:
    """The primary that Django is pointed to, and what follows it."""

    def __init__(self, place: Path) -> None:
        self.primary, self.standby = Server(place / "one"), Server(place / "two")

    def make(self, template: str) -> None:
        source = postgres.Address(Path(connection.get_connection_params()["host"]), postgres.PORT)
        self.primary.start()
        with self.primary.above("postgres") as line:
            for statement in [*(f"ALTER SYSTEM SET {one}" for one in QUICK), "SELECT pg_reload_conf()"]:
                line.execute(statement)  # type: ignore[call-overload]
            for statement in roles.statements():
                line.execute(statement)  # type: ignore[call-overload]
            line.execute(f"CREATE DATABASE attune OWNER {roles.OWNER}")
        copy_tables(source.socket_dir, template, self.primary.address.socket_dir)
        self._base_backup()
        self.standby.start()

    def _base_backup(self) -> None:
        self.standby.state.mkdir(mode=0o755)
        home = postgres_home.settle(self.standby.state)
        user = postgres_home.account(home)
        private_directory(home, user)
        place = ["-h", str(self.primary.address.socket_dir), "-p", str(self.primary.address.port), "-U", "postgres"]
        how = ["-R", "--create-slot", "-S", SLOT, "-X", "stream", "-c", "fast", "--no-sync"]
        command = ["pg_basebackup", "-D", str(home / "data"), *place, *how]
        said = postgres._run(postgres_home.binaries(user), command, user)
        assert said is None, said

    def erase(self) -> None:
        for server in (self.standby, self.primary):
            postgres.erase(server.state)

    def point_to_whichever_writes(self) -> None:
        """Let Django work on whichever of both is the primary: what DATABASE_URL says, with two hosts in it."""
        connection.close()
        _change(connection.settings_dict, self.primary, self.standby)
        connection.settings_dict["OPTIONS"] = {"target_session_attrs": "read-write"}

    def catch_up(self) -> None:
        """Wait until the standby has what the primary has now."""
        there = f"SELECT pg_last_wal_replay_lsn() >= '{self.primary.tell('SELECT pg_current_wal_flush_lsn()')}'"
        assert wait_until(lambda: self.standby.tell(there), 20)


def _change(words: dict[str, Any], *servers: Server) -> None:
    hosts = ",".join(str(one.address.socket_dir) for one in servers)
    words.update({"HOST": hosts, "PORT": str(postgres.PORT), "NAME": "attune", "USER": roles.LOGIN, "PASSWORD": ""})


@contextmanager
def pair() -> Iterator[Pair]:
    """Make both, point Django to them as DATABASE_URL and DATABASE_REPLICA_URL do, and to its own again after it."""
    place = Path(tempfile.mkdtemp(prefix="attune-pair-")).resolve()
    place.chmod(0o755)
    made, before = Pair(place), dict(connection.settings_dict)
    try:
        made.make(before["NAME"])
        made.point_to_whichever_writes()
        connections.settings[replica.ALIAS] = beside(made.standby)
        yield made
    finally:
        connection.close()
        connections[replica.ALIAS].close_pool()
        del connections.settings[replica.ALIAS]
        del connections[replica.ALIAS]
        connection.settings_dict.clear()
        connection.settings_dict.update(before)
        made.erase()
        shutil.rmtree(place)


def beside(server: Server) -> dict[str, Any]:
    """Return what the settings make of DATABASE_REPLICA_URL."""
    words = connections.configure_settings(
        {
            "default": {**settings.DATABASES["default"]},
            replica.ALIAS: {
                "ENGINE": "django.db.backends.postgresql",
                "CONN_HEALTH_CHECKS": True,
                "OPTIONS": {**REPLICA_LINE, "pool": REPLICA_POOL},
            },
        }
    )[replica.ALIAS]
    _change(words, server)
    return words


def while_paused(server: Server) -> Callable[[], None]:
    """Let a standby hold still what comes to it; return what lets it go on."""
    server.tell("SELECT pg_wal_replay_pause()")
    wait_until(lambda: server.tell("SELECT pg_get_wal_replay_pause_state()") == "paused", 10)
    return lambda: server.tell("SELECT pg_wal_replay_resume()")
