"""A real worker process, with a real broker: it is rung, and the mail arrives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from practice import tasks
from practice.celery import PracticeTask, app
from practice.local import valkey
from practice.models import Message
from tests.exercises.given_reminders import again, ask, give, reach, remind
from tests.practice.carrying import lease_ends
from tests.practice.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def broker() -> str:
    """A database of the broker that only this test process uses."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    address = valkey.ensure(settings.STATE / "test")
    return address.replace("virtual_host=0", f"virtual_host={1 + int(number) % 15}")


@pytest.fixture
def ring(broker) -> Iterator[Callable[[PracticeTask], object]]:
    """Ring for a job there, as beat does."""
    with app.connection(broker) as connection_to_broker:
        connection_to_broker.default_channel.queue_purge("celery")
        yield lambda task: task.apply_async(connection=connection_to_broker)


class Worker:
    """A worker process in a group of its own, which a test may kill."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        self.start()

    def start(self) -> None:
        words = ["celery", "-A", "practice", "worker", "--concurrency", "1", "--loglevel", "INFO"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(30)


@pytest.fixture
def worker(broker, mail_server: MailServer, settings, tmp_path) -> Iterator[Worker]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "CELERY_BROKER_URL": broker,
        "ATTUNE_TEST_DATABASE": connection.settings_dict["NAME"],
        "ATTUNE_TEST_SMTP_PORT": str(settings.EMAIL_PORT),
    }
    running = Worker(environment, tmp_path / "log")
    yield running
    running.end()


@pytest.fixture
def reminder(couple, therapist, mara) -> Message:
    reach(couple, quiet_from="00:00", quiet_until="00:00")
    (planned,) = remind(ask(give(couple, therapist), mara))
    return planned


def becomes(message: Message, state: str, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while again(message).state != state and time.monotonic() < end:
        time.sleep(0.1)
    return again(message).state == state


def test_a_ring_makes_the_mail_arrive_once(worker, ring, reminder, mara, mail_server):
    ring(tasks.deliver)
    ring(tasks.deliver)
    assert mail_server.wait_for(1, 60), worker.log.read_text()
    assert becomes(reminder, Message.State.ACCEPTED)
    assert mail_server.ids == [reminder.message_id]
    assert mara.user.email not in worker.log.read_text()


def test_a_worker_killed_while_it_waits_for_the_servers_answer_sends_nothing_twice(worker, ring, reminder, mail_server):
    mail_server.answers = ["take and stall"]
    ring(tasks.deliver)
    assert mail_server.wait_for(1, 60), worker.log.read_text()
    worker.end(signal.SIGKILL)
    assert again(reminder).state == Message.State.HANDING_OFF
    lease_ends(reminder)
    worker.start()
    ring(tasks.sweep)
    ring(tasks.deliver)
    assert becomes(reminder, Message.State.UNKNOWN, 60), worker.log.read_text()
    ring(tasks.deliver)
    time.sleep(1)
    assert mail_server.ids == [reminder.message_id]


def test_every_job_of_the_schedule_is_known_to_the_worker():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
