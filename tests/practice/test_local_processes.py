"""The demo's supervisor, its keys and its ports."""

import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from practice.local import keys, leftovers, machine, ports
from practice.local.servers import wait_until

# A demo without its servers: what is looked at here is how its processes are kept.
DEMO = """
import os, sys
from pathlib import Path
from practice.local import ports, processes
from practice.local.processes import Command

state = Path(sys.argv[1]) / "demo"
processes.settle(state)
at = ports.current()
commands = [
    Command("mail", [sys.executable, "-m", "practice.local.smtp", str(state), str(at.smtp)],
            lambda: ports.listening(at.smtp)),
    Command("worker", ["/bin/sh", "-c", "sleep 987 & wait"]),
]
def ready(at):
    print("ready", at.web, at.smtp, os.environ["ATTUNE_STATE"], flush=True)
    return int(sys.argv[2]) if len(sys.argv) > 2 else None
sys.exit(processes.run(state, prepare=lambda: None, on_ready=ready, commands=commands))
"""


class Demo:
    def __init__(self, state: Path, *more: str) -> None:
        self.state = state
        script = state / "demo.py"
        script.write_text(DEMO)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(state), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"ATTUNE_SMTP_PORT": str(port), "PYTHONPATH": str(machine.CHECKOUT)},
        )

    def says(self, start: str) -> str:
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith(start):
                return line
        raise AssertionError("".join(lines))

    def children(self) -> dict[str, int]:
        return {trace.name: trace.pid for trace in leftovers._read(self.state / "demo")}


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    leftovers.end(tmp_path / "demo")


def runs(pid: int) -> bool:
    return leftovers.runs(pid)


def test_ctrl_c_ends_everything(state: Path) -> None:
    demo = Demo(state)
    assert demo.says("ready").split()[-1] == str(state)
    children = demo.children()
    assert set(children) == {"mail", "worker"}
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(30) == 0
    assert not any(runs(pid) for pid in children.values())


def test_a_check_ends_by_itself_with_its_own_code(state: Path) -> None:
    demo = Demo(state, "3")
    demo.says("ready")
    assert demo.process.wait(30) == 3


def test_what_dies_starts_again(state: Path) -> None:
    demo = Demo(state)
    demo.says("ready")
    before = demo.children()["mail"]
    os.kill(before, signal.SIGKILL)
    demo.says("mail ended")
    assert wait_until(lambda: demo.children()["mail"] != before, 20)
    demo.process.terminate()
    assert demo.process.wait(30) == 0


def test_only_one_at_a_time(state: Path) -> None:
    first = Demo(state)
    first.says("ready")
    second = Demo(state)
    assert "running already" in second.process.communicate(timeout=30)[0]
    assert second.process.returncode == 1
    first.process.terminate()
    assert first.process.wait(30) == 0


def test_leftovers_of_a_killed_demo_are_ended(state: Path) -> None:
    first = Demo(state)
    first.says("ready")
    left = first.children()
    first.process.kill()
    first.process.wait()
    assert all(runs(pid) for pid in left.values())
    second = Demo(state)
    second.says("Ending what an interrupted demo left")
    second.says("ready")
    assert not any(runs(pid) for pid in left.values())
    second.process.terminate()
    assert second.process.wait(30) == 0


def test_a_stranger_with_a_recorded_pid_is_left_alone(state: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    began = psutil.Process(stranger.pid).create_time()
    try:
        leftovers.record(
            state,
            [
                leftovers.Trace("web", stranger.pid, began - 100, ["60"]),
                leftovers.Trace("worker", stranger.pid, began, ["61"]),
            ],
        )
        leftovers.end(state)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_record_that_was_cut_short_is_no_record(tmp_path: Path) -> None:
    (tmp_path / leftovers.RECORD).write_text('[{"name": "w')
    leftovers.end(tmp_path)


def test_a_taken_port_is_passed_over_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("ATTUNE_WEB_PORT", str(port))
        monkeypatch.setenv("ATTUNE_SMTP_PORT", str(port))
        chosen = ports.choose(said.append)
    assert len({port, *chosen}) == 4
    assert said == [
        f"Port {port} is taken; web uses {chosen.web}.",
        f"Port {port} is taken; mail uses {chosen.smtp}.",
    ]


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    made = keys.key(tmp_path, "master-key")
    assert len(base64.urlsafe_b64decode(made)) == 32
    assert keys.key(tmp_path, "master-key") == made
    assert keys.key(tmp_path, "secret-key") != made
    path = tmp_path / "keys" / "master-key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["master-key", "secret-key"]
