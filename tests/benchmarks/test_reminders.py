"""Reminders handed over per second, next to a bare loop of the same claims and sends in the same run."""

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

import pytest
from django.conf import settings
from django.db import connection

from practice.ids import uuid7
from practice.models import Message, Practice, User
from tests.benchmarks import reminding
from tests.databases import superuser
from tests.factories import inside, make_practice

pytestmark = pytest.mark.django_db(transaction=True)

DUE = int(os.environ.get("ATTUNE_BENCH_REMINDERS", "10000"))
ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "3"))
WORKERS = 2


@contextmanager
def sink() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.sink"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
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


def test_ten_thousand_reminders_due_at_the_same_minute(capsys: pytest.CaptureFixture[str]) -> None:
    practice = make_practice()
    made = User.objects.bulk_create(
        [User(email=f"person-{number}@example.org") for number in range(DUE)], batch_size=1000
    )
    people = [one.pk for one in made]
    settings.EMAIL_HOST = "127.0.0.1"
    speeds: dict[str, list[float]] = {"bare": [], "deliver": []}
    memory, cpu = [], {"bare": 0.0, "deliver": 0.0}
    with sink() as port:
        for _ in range(ROUNDS):
            for how, found in speeds.items():
                fill(practice, people)
                speed, used = race(how, practice, port)
                assert arrived(port) == [DUE, DUE]
                found.append(speed)
                cpu[how] += sum(one["cpu"] for one in used)
                if how == "deliver":
                    memory += [(one["before"] / 1024, one["after"] / 1024) for one in used]
    with inside(practice):
        assert Message.objects.filter(state=Message.State.ACCEPTED).count() == DUE
    ratios = [ours / bare for ours, bare in zip(speeds["deliver"], speeds["bare"], strict=True)]
    with capsys.disabled():
        print(f"\n{DUE} reminders due at the same minute, {WORKERS} workers, {ROUNDS} rounds in turn")
        for how, found in speeds.items():
            print(
                f"  {how:>8}: {statistics.median(found):7.0f} a second ({min(found):.0f} to {max(found):.0f}),", end=""
            )
            print(f" {cpu[how] / DUE / ROUNDS * 1000:.2f} ms of a worker's processor each")
        print(f"  ratio of each round: {', '.join(f'{one:.2f}' for one in ratios)}")
        print("  memory in MB, before and after: " + ", ".join(f"{a:.0f} → {b:.0f}" for a, b in memory))
