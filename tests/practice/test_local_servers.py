"""The launchers of PostgreSQL and Valkey: whatever happened before, there is one server and it answers."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from practice.local import postgres, postgres_home, servers, valkey
from practice.local.servers import LocalServerError


@pytest.fixture
def state() -> Iterator[Path]:
    """A directory that every user may enter: the one of pytest is closed, which is a case of its own."""
    place = Path(tempfile.mkdtemp(prefix="attune-test-")).resolve()
    place.chmod(0o755)
    yield place
    postgres.erase(place)
    valkey.erase(place)
    shutil.rmtree(place)


def ask(address: postgres.Address, query: str) -> str:
    with psycopg.connect(
        host=str(address.socket_dir), port=address.port, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        cursor = connection.execute(query)  # type: ignore[call-overload]
        return str(cursor.fetchone()[0]) if cursor.description else ""


def server_pid(state: Path) -> int:
    return int((postgres_home.home(state) / "data" / "postmaster.pid").read_text().split()[0])


def test_starts_once_and_keeps_its_data(state: Path) -> None:
    address = postgres.ensure(state, durable=True)
    ask(address, "CREATE TABLE kept AS SELECT 42 AS number")
    first = server_pid(state)
    assert postgres.ensure(state, durable=True) == address
    assert server_pid(state) == first
    postgres.stop(state)
    assert not postgres.answers(state)
    assert ask(postgres.ensure(state, durable=True), "SELECT number FROM kept") == "42"


def test_sorts_the_same_on_every_host_and_listens_on_no_port(state: Path) -> None:
    address = postgres.ensure(state, durable=True)
    provider = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'"
    assert ask(address, provider) == "bC.UTF-8"
    assert ask(address, "SHOW listen_addresses") == ""
    assert ask(address, "SHOW fsync") == "on"
    assert stat.S_IMODE(address.socket_dir.stat().st_mode) == 0o700


def test_throwaway_does_not_wait_for_the_disk(state: Path) -> None:
    address = postgres.ensure(state, durable=False)
    assert {name: ask(address, f"SHOW {name}") for name in postgres.THROWAWAY} == postgres.THROWAWAY


def test_survives_a_kill(state: Path) -> None:
    address = postgres.ensure(state, durable=True)
    ask(address, "CREATE TABLE many AS SELECT generate_series(1, 50000) AS number")
    os.kill(server_pid(state), signal.SIGKILL)
    assert ask(postgres.ensure(state, durable=True), "SELECT count(*) FROM many") == "50000"


def test_a_stale_pid_that_is_a_strangers_now(state: Path) -> None:
    postgres.ensure(state, durable=True)
    postgres.stop(state)
    pid_file = postgres_home.home(state) / "data" / "postmaster.pid"
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(f"{stranger.pid}\n{pid_file.parent}\n0\n5432\n\n\n\n")
        postgres.stop(state)  # must not stop the stranger
        postgres.ensure(state, durable=True)
        postgres.stop(state)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "12", "no number\n"])
def test_a_pid_file_that_was_cut_short(state: Path, content: str) -> None:
    postgres.ensure(state, durable=True)
    postgres.stop(state)
    (postgres_home.home(state) / "data" / "postmaster.pid").write_text(content)
    postgres.ensure(state, durable=True)


def test_an_interrupted_beginning(state: Path) -> None:
    unfinished = postgres_home.home(state) / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    postgres.ensure(state, durable=True)


def test_four_at_once_get_one_server(state: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from practice.local import postgres, valkey;"
        "state = Path(sys.argv[1]);"
        "print(postgres.ensure(state, durable=False), valkey.ensure(state))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(state)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=120)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(answers) == 1
    assert len(servers.working_in(state / "valkey", "valkey-server")) == 1


def test_data_of_another_version_is_left_alone(state: Path) -> None:
    postgres.ensure(state, durable=True)
    postgres.stop(state)
    (postgres_home.home(state) / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(LocalServerError, match="RESET=1"):
        postgres.ensure(state, durable=True)


@pytest.mark.parametrize("name", ["a clone with spaces & more", "x" * 100])
def test_any_path(state: Path, name: str) -> None:
    place = state / name
    try:
        address = postgres.ensure(place, durable=False)
        assert ask(address, "SELECT 1") == "1"
        assert len(str(address.socket_dir)) < servers.LONGEST_SOCKET_PATH
        assert valkey.ensure(place).startswith("redis+socket:///tmp/attune-")
    finally:
        postgres.erase(place)
        valkey.erase(place)
    assert not address.socket_dir.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root needs another user for PostgreSQL")
def test_root_keeps_private_directories_private(state: Path) -> None:
    private = state / "private"
    private.mkdir(mode=0o700)
    place = private / "state"
    try:
        address = postgres.ensure(place, durable=False)
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert postgres_home.SHARED_PLACE in address.socket_dir.parents
        assert postgres_home.home(place).stat().st_uid != 0
        assert postgres.ensure(place, durable=False) == address
    finally:
        postgres.erase(place)
    assert not address.socket_dir.exists()
    assert not (place / "postgres").is_symlink()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can take another user's place")
def test_a_socket_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    os.chown(trap, 12345, 12345)
    with pytest.raises(LocalServerError, match="another user"):
        servers.private_directory(trap, None)


def test_the_broker_keeps_what_is_in_its_queues(state: Path) -> None:
    url = valkey.ensure(state)
    path = state / "valkey" / valkey.SOCKET
    assert url == f"redis+socket://{path}?virtual_host=0"
    assert valkey._ask(path, b"LPUSH queue job\r\n") == b":1\r\n"
    assert b"noeviction" in valkey._ask(path, b"CONFIG GET maxmemory-policy\r\n")
    valkey.stop(state)
    assert valkey.ensure(state) == url
    assert valkey._ask(path, b"LLEN queue\r\n") == b":1\r\n"
    [server] = servers.working_in(state / "valkey", "valkey-server")
    server.kill()
    assert servers.wait_until(lambda: not valkey._answers(path), 10)
    assert valkey.ensure(state) == url
    assert path.exists()


def test_nothing_is_made_by_asking(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    postgres.stop(nowhere)
    valkey.stop(nowhere)
    assert not postgres.answers(nowhere)
    assert not nowhere.exists()


def test_a_zombie_holds_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"], cwd=tmp_path)
    assert [found.pid for found in servers.working_in(tmp_path.resolve(), "sleep")] == [process.pid]
    process.kill()
    assert servers.wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, 5)
    assert servers.working_in(tmp_path.resolve(), "sleep") == []
    process.wait()
