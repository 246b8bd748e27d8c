"""Reminders handed over per second, next to bare loops that claim and send the same in the same run.

``letters`` is the loop that counts: a thin script by hand that does the same work, of whose rate ours must reach
at least half. ``blank`` sends bytes that were written beforehand, and is thinner than the work. Both stand in
:mod:`tests.benchmarks.by_hand`. On a machine that has other things to do, the processor time of each message says
more than the rate: it adds up workers, PostgreSQL and the mail server.
"""

from __future__ import annotations

import datetime
import json
import os
import smtplib
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from practice.ids import uuid7
from practice.models import Message, Practice, User
from tests.benchmarks import beside, reminding
from tests.benchmarks.beside import Beside
from tests.databases import superuser
from tests.factories import inside, make_practice

pytestmark = pytest.mark.django_db(transaction=True)

DUE = int(os.environ.get("ATTUNE_BENCH_REMINDERS", "10000"))
ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "3"))
WORKERS = 2
GOAL = 0.5
OURS, BARE = "deliver", ("letters", "blank")


@contextmanager
def sink() -> Iterator[tuple[int, int]]:
    """Run the mail server; yield its port and its process."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.sink"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process.pid
        finally:
            process.terminate()


def fill(practice: Practice, people: list) -> None:
    """Have all of them due at the same minute, and nothing else."""
    with superuser(connection.settings_dict["NAME"]) as server:
        server.execute("TRUNCATE practice_message")
        server.execute("DELETE FROM practice_pace")
    due = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    with inside(practice):
        Message.objects.bulk_create(
            [
                Message(
                    kind=reminding.KIND,
                    occasion=f"due:{number}",
                    person_id=person,
                    about_id=uuid7(),
                    planned_for=due,
                    due_at=due,
                    fresh_until=due + datetime.timedelta(hours=12),
                )
                for number, person in enumerate(people)
            ],
            batch_size=1000,
        )
    with superuser(connection.settings_dict["NAME"]) as server:
        server.execute("VACUUM ANALYZE practice_message")


def processor(pid: int, *, children: bool = False) -> float:
    """Return how many seconds a process took of a processor; with those that it started, if they are wanted."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        alive = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if children else []
    except (FileNotFoundError, ProcessLookupError):  # it ended this very moment
        return 0
    taken = sum(int(one) for one in fields[11 : 15 if children else 13]) / os.sysconf("SC_CLK_TCK")
    if children:
        taken += sum(processor(int(one)) for one in alive)
    return taken


def postmaster() -> int:
    """Return the process that all of the database's belong to."""
    with superuser(connection.settings_dict["NAME"]) as server:
        backend = server.execute("SELECT pg_backend_pid()").fetchone()[0]
        return int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])


def race(how: str, practice: Practice, port: int) -> tuple[float, list[dict]]:
    """Let two workers do it; return how many a second, and what each of them used."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "ATTUNE_TEST_DATABASE": connection.settings_dict["NAME"],
        "ATTUNE_TEST_SMTP_PORT": str(port),
        "ATTUNE_BENCH_PRACTICE": str(practice.pk),
    }
    words = [sys.executable, "-m", "tests.benchmarks.worker", how]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(words, env=environment, **pipes) for _ in range(WORKERS)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    used = [json.loads(worker.stdout.readline()) for worker in workers]
    for worker in workers:
        worker.communicate()
    return sum(one["sent"] for one in used) / max(one["seconds"] for one in used), used


def arrived(port: int) -> list[int]:
    with smtplib.SMTP("127.0.0.1", port) as server:
        return [int(number) for number in server.docmd("STAT")[1].split()]


@dataclass
class Rounds:
    """What came of the rounds that one way of sending had."""

    speeds: list[float] = field(default_factory=list)
    worker: float = 0
    database: float = 0
    sink: float = 0
    memory: list[tuple[float, float]] = field(default_factory=list)

    def each(self, seconds: float) -> str:
        return f"{seconds / DUE / len(self.speeds) * 1000:.2f}"

    def __str__(self) -> str:
        median, least, most = statistics.median(self.speeds), min(self.speeds), max(self.speeds)
        whole = self.worker + self.database + self.sink
        return (
            f"{median:6.0f} a second ({least:.0f} to {most:.0f}); {self.each(whole)} ms of a processor each: "
            f"worker {self.each(self.worker)}, database {self.each(self.database)}, mail server {self.each(self.sink)}"
        )


def test_ten_thousand_reminders_due_at_the_same_minute(capsys: pytest.CaptureFixture[str]) -> None:
    practice = make_practice()
    made = User.objects.bulk_create(
        [User(email=f"person-{number}@example.org") for number in range(DUE)], batch_size=1000
    )
    people = [one.pk for one in made]
    settings.EMAIL_HOST = "127.0.0.1"
    found = {how: Rounds() for how in (*BARE, OURS)}
    with sink() as (port, server):
        for _ in range(ROUNDS):
            for how, rounds in found.items():
                fill(practice, people)
                database, mail = processor(postmaster(), children=True), processor(server)
                speed, used = race(how, practice, port)
                rounds.database += processor(postmaster(), children=True) - database
                rounds.sink += processor(server) - mail
                rounds.worker += sum(one["cpu"] for one in used)
                rounds.speeds.append(speed)
                rounds.memory += [(one["before"] / 1024, one["after"] / 1024) for one in used]
                assert arrived(port) == [DUE, DUE]
    with inside(practice):
        assert Message.objects.filter(state=Message.State.ACCEPTED).count() == DUE
    ratios = {
        how: [ours / bare for ours, bare in zip(found[OURS].speeds, found[how].speeds, strict=True)] for how in BARE
    }
    beside.found(
        Beside("reminders", "letters a second", ratios["letters"], GOAL, more=True),
        Beside("reminders, beside blank letters", "letters a second", ratios["blank"], more=True),
    )
    with capsys.disabled():
        print(f"\n{DUE} reminders due at the same minute, {WORKERS} workers, {ROUNDS} rounds in turn")
        for how, rounds in found.items():
            print(f"  {how:>8}: {rounds}")
        for how, ratio in ratios.items():
            print(f"  {OURS} to {how}, each round: {', '.join(f'{one:.2f}' for one in ratio)}")
        print("  memory in MB, before and after: " + ", ".join(f"{a:.0f} → {b:.0f}" for a, b in found[OURS].memory))
