"""Real processes that are told to end finish what they have in hand, take nothing new, and lose nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from kombu import Connection

from practice import celery_config
from practice.celery import app
from practice.local import leftovers

SECONDS = 60


def wait(condition: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


def seen(marks: Path, word: str) -> set[str]:
    return {one.name.removeprefix(f"{word}-") for one in marks.glob(f"{word}-*")}


@pytest.fixture
def begin(marks: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Start one of our programs in a group of its own; whatever is left of it at the end is ended."""
    begun: list[subprocess.Popen] = []

    def start(*words: str, pass_fds: tuple[int, ...] = (), **environment: str) -> subprocess.Popen:
        log = (tmp_path / "log").open("ab")
        there = {**os.environ, "MARKS": str(marks), "ATTUNE_WATCHDOG_SECONDS": "0", **environment}
        begun.append(
            subprocess.Popen(
                [sys.executable, "-m", *words], cwd=settings.BASE_DIR, env=there, stdout=log, stderr=log,
                start_new_session=True, pass_fds=pass_fds,
            )
        )  # fmt: skip
        return begun[-1]

    yield start
    leftovers.end_groups([one.pid for one in begun], grace=0)
    for one in begun:
        one.wait(SECONDS)


def ask(port: int, path: str) -> tuple[int, bytes]:
    line = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    line.request("GET", path, headers={"Host": "localhost"})
    answer = line.getresponse()
    return answer.status, answer.read()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that outlives the web server, as systemd's or a proxy's would: who comes meanwhile waits in it."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as made:
        yield made


def test_a_web_server_that_ends_finishes_its_requests_and_the_next_one_takes_the_others(begin, marks, listening):
    port = listening.getsockname()[1]
    words = ("gunicorn", "tests.stopping.web:application", "--worker-class", "gthread", "--workers", "1")
    words += ("--threads", "4", "--graceful-timeout", "30", "--bind", f"fd://{listening.fileno()}")
    first = begin(*words, pass_fds=(listening.fileno(),))
    with ThreadPoolExecutor(8) as people:
        in_hand = [people.submit(ask, port, f"/slow/{n}") for n in range(3)]
        wait(lambda: len(seen(marks, "begun")) == 3)
        first.send_signal(signal.SIGTERM)
        time.sleep(1)  # it says nowhere when it has heard that
        late = [people.submit(ask, port, f"/slow/{n}") for n in (3, 4)]
        assert first.poll() is None, "it does not leave its own"
        (marks / "go-on").touch()
        assert [one.result(SECONDS) for one in in_hand] == [(200, b"0"), (200, b"1"), (200, b"2")]
        assert first.wait(SECONDS) == 0
        assert seen(marks, "begun") == {"0", "1", "2"}, "and took no new ones"
        begin(*words, pass_fds=(listening.fileno(),))
        assert [one.result(SECONDS) for one in late] == [(200, b"3"), (200, b"4")]
        assert ask(port, "/healthz")[0] == 200
    assert seen(marks, "done") == {"0", "1", "2", "3", "4"}


def test_a_worker_that_ends_finishes_its_job_and_leaves_the_others_to_the_next_one(begin, marks):
    """Nothing is lost, and nothing is begun twice: a second beginning would break on its mark."""
    queue = f"stopping-{uuid.uuid4().hex}"
    words = ("celery", "-A", "tests.stopping.worker", "worker", "--concurrency", "1", "--without-gossip")
    words += ("--without-mingle", "-Q", queue, "-n", f"{queue}@here")
    ids = [str(uuid.uuid4()) for _ in range(3)]
    for one in ids:
        # By its name: loaded here, it would be a job of this process, too.
        app.send_task("tests.stopping.slow", kwargs={"which": one}, queue=queue)
    first = begin(*words)
    wait(lambda: len(seen(marks, "begun")) == 1)
    first.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert first.poll() is None, "it does not leave its job"
    (marks / "go-on").touch()
    assert first.wait(SECONDS) == 0
    assert len(seen(marks, "done")) == 1, "and takes no other one"
    begin(*words)
    wait(lambda: len(seen(marks, "done")) == 3)
    assert seen(marks, "begun") == seen(marks, "done") == set(ids)
    with Connection(celery_config.broker_url) as line:
        assert line.default_channel.client.llen(queue) == 0
