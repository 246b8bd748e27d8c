"""Messages to carry, and providers that behave as badly as real ones. For tests of the outbox."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from practice import clock, moves, outbox, tenancy
from practice.handing_off import Departure, HandOff
from practice.ids import uuid7
from practice.models import Message, Practice
from tests.factories import inside

State = Message.State
HOUR = datetime.timedelta(hours=1)


class Note(outbox.Handler):
    """A kind for tests: wanted unless told otherwise."""

    def __init__(self) -> None:
        self.reason = ""
        self.wait = datetime.timedelta()
        self.on_wanted = lambda message: None

    def wanted(self, message):
        self.on_wanted(message)
        return self.reason

    def not_before(self, message, now):
        return now + self.wait

    def compose(self, message):
        return outbox.Letter("Something", "Words", "<p>Words</p>", to_address=f"{message.person_id}@example.org")


@pytest.fixture
def note(monkeypatch) -> Note:
    handler = Note()
    monkeypatch.setitem(outbox._handlers, "note", handler)
    return handler


def plan(practice, *, due=-HOUR / 60, fresh_for=HOUR, **fields) -> Message:
    with inside(practice):
        given = {
            "person_id": uuid7(),
            "about_id": uuid7(),
            "couple_id": None,
            "occasion": f"note:{uuid7()}",
            "due_at": timezone.now() + due,
            "fresh_for": fresh_for,
        }
        planned = outbox.plan("note", **given | fields)
    assert planned is not None
    return planned


def now_of(message: Message) -> Message:
    with tenancy.acting(tenancy.as_system(message.practice_id)):
        return Message.objects.get(pk=message.pk)


def change(message: Message, **fields) -> None:
    with tenancy.acting(tenancy.as_system(message.practice_id)):
        Message.objects.filter(pk=message.pk).update(**fields)


def lease_ends(message: Message) -> None:
    change(message, lease_until=timezone.now() - HOUR)


def in_threads(job, count: int) -> None:
    def run() -> None:
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hand_off(message: Message, worker: str, *others: Message, practice=None) -> list[Departure]:
    """Read again all that could forbid these messages, as their worker does, and return what leaves."""
    carriers: dict = {}

    def carrier_of(route):
        return carriers.setdefault(route.key, route.build())

    practice_id = practice.pk if practice else message.practice_id
    return HandOff(practice_id, worker, (), carrier_of).run([message.pk, *(one.pk for one in others)])


def begins(practice: Practice, worker: str, departure: Departure) -> bool:
    """Tell whether a message may be given to its provider now."""
    return bool(moves.turn_over(practice.pk, worker, [], [departure])[1])


def plan_many(practice: Practice, count: int, *, people: list | None = None, **fields) -> list[Message]:
    """Have many notes due, in one go."""
    due = clock.now() - HOUR / 60
    with inside(practice):
        drafts = [
            outbox.draft(
                "note",
                person_id=people[number] if people else uuid7(),
                about_id=uuid7(),
                couple_id=None,
                occasion=f"note:{uuid7()}",
                **{"due_at": due, "fresh_for": 24 * 30 * HOUR} | fields,
            )
            for number in range(count)
        ]
        return outbox.add(drafts)


def all_of(practice: Practice) -> list[Message]:
    with inside(practice):
        return list(Message.objects.order_by("pk"))


@contextmanager
def shifted_clock() -> Iterator[Callable[[datetime.timedelta], None]]:
    """Let time pass at will, for this connection alone."""
    ahead = datetime.timedelta()

    def passes(time: datetime.timedelta) -> None:
        nonlocal ahead
        ahead += time
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('attune.clock_shift', %s, false)", [f"{ahead.total_seconds()} s"])

    try:
        yield passes
    finally:
        passes(-ahead)


@pytest.fixture
def time_passes() -> Iterator[Callable[[datetime.timedelta], None]]:
    with shifted_clock() as passes:
        yield passes
