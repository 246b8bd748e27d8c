"""A pgbouncer between a test and its database: each transaction gets whichever connection is free."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from practice import roles
from practice.local import leftovers, machine, ports, postgres, postgres_home
from practice.local.servers import tail
from tests.practice.mail_server import free_port

#: Fewer than there are clients, so that they take turns on them.
SERVER_CONNECTIONS = 4
INI = """
[databases]
{name} = host={socket} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
stats_users = postgres
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
"""


@dataclass(frozen=True)
class Bouncer:
    port: int

    def transactions(self) -> int:
        """How many it has passed on so far."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="pgbouncer", autocommit=True,
            cursor_factory=psycopg.ClientCursor,
        ) as console:  # fmt: skip
            cursor = console.execute("SHOW STATS_TOTALS")
            names = [one.name for one in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return sum(int(one["xact_count"]) for one in rows if one["database"] != "pgbouncer")


@contextmanager
def bouncing() -> Iterator[Bouncer]:
    """Run one before the database of this test."""
    program = machine.pgbouncer()
    assert program is not None
    address = postgres.ensure(settings.STATE / "test", durable=False)
    # It runs as nobody's superuser, and must reach the server's socket: as whoever owns that.
    account = postgres_home.account(postgres_home.home((settings.STATE / "test").absolute()))
    folder, listen = Path(tempfile.mkdtemp(prefix="attune-bouncer-")), free_port()
    (folder / "users").write_text(f'"{roles.LOGIN}" ""\n"postgres" ""\n')
    place = {"name": connection.settings_dict["NAME"], "socket": address.socket_dir, "port": address.port}
    (folder / "ini").write_text(INI.format(**place, listen=listen, folder=folder, size=SERVER_CONNECTIONS))
    for one in (folder, folder / "users", folder / "ini") if account else ():
        os.chown(one, account.uid, account.gid)
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [program, folder / "ini"], stdout=said, stderr=said, cwd="/", start_new_session=True,
            **postgres_home.as_user(account),
        )  # fmt: skip
    try:
        until = time.monotonic() + 30
        while not ports.listening(listen):
            assert process.poll() is None, tail(log)
            assert time.monotonic() < until, tail(log)
            time.sleep(0.05)
        yield Bouncer(listen)
    finally:
        leftovers.end_groups([process.pid], grace=0)
        process.wait(10)
        shutil.rmtree(folder)


@contextmanager
def through(bouncer: Bouncer) -> Iterator[None]:
    """Point this process, and threads that it begins, to the database through there."""
    there = connection.settings_dict
    before = {name: there[name] for name in ("HOST", "PORT")}
    connection.close()
    there.update(HOST="127.0.0.1", PORT=str(bouncer.port))
    try:
        yield
    finally:
        connection.close()
        there.update(before)
