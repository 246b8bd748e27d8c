"""A worker whose line to the broker breaks while it says that a job is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from kombu import Connection, Message
from kombu.asynchronous import Hub
from kombu.utils.imports import symbol_by_name

from practice.celery import app
from practice.consuming import Consumer
from practice.local import valkey
from tests.chaos.proxy import Proxy


class Listening(Consumer):
    """As far as it runs in a loop; without the steps that connect it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub


@pytest.fixture
def line() -> Iterator[Proxy]:
    """A line to the broker that can be cut."""
    proxy = Proxy(valkey.ensure(settings.STATE / "test").removeprefix("redis+socket://").partition("?")[0])
    yield proxy
    proxy.close()


@pytest.fixture
def job(line) -> Iterator[Message]:
    """A job that a worker took, in a queue of its own."""
    with Connection(f"redis://127.0.0.1:{line.port}/0") as broker, broker.SimpleQueue(f"test-{uuid.uuid4()}") as queue:
        queue.put({})
        yield queue.get(timeout=10)
        line.heal()
        queue.consumer.channel.queue_delete(queue.queue.name)


@pytest.fixture
def says(job) -> Callable[[str], Any]:
    """Say something about the job as Celery does it: in the next round of the worker's loop."""
    hub = Hub()

    def say(what: str) -> None:
        Listening(hub).call_soon(getattr(job, what), app.log.get_default_logger(), job.channel.connection_errors)
        hub.run_once()

    yield say
    hub.close()


@pytest.mark.parametrize("what", ["ack_log_error", "reject_log_error"])
def test_a_worker_that_can_not_lay_down_a_job_connects_anew(line, job, says, what):
    line.cut()
    with pytest.raises(ConnectionError):
        says(what)
    assert not job.acknowledged
    assert isinstance(ConnectionError(), job.channel.connection_errors), "Celery connects anew after these"


@pytest.mark.parametrize("what", ["ack_log_error", "reject_log_error"])
def test_a_job_that_is_laid_down_leaves_the_hands_empty(job, says, what):
    says(what)
    assert job.acknowledged
    assert job.channel.qos.can_consume()


def test_workers_consume_so():
    assert symbol_by_name(app.conf.worker_consumer) is Consumer
