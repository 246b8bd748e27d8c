"""Several hosts on one database and one broker, and one of them lost while people work."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from practice import tasks
from practice.celery import PracticeTask, app
from practice.local.servers import wait_until
from practice.models import Membership, Message, Practice
from tests.chaos.sink import Sink, _Conversation
from tests.exercises.given_reminders import ask, give, reach, remind
from tests.factories import inside, make_couple, make_member, make_practice
from tests.hosts import pairs
from tests.hosts.hosts import Host, broker_url, database_url, ended

pytestmark = pytest.mark.django_db(transaction=True)

COUPLES, REMINDED = 15, 25
#: How many of one host's letters nobody knows about when it is lost: what begins at once (practice/delivery.py).
RIDDLES = 10
State = Message.State


class SlowSink(Sink):
    """A mail server that takes a moment over each letter, so that some are under way at any time."""

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Slowly(self, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()


class _Slowly(_Conversation):
    async def takes(self) -> None:
        await super().takes()
        await asyncio.sleep(0.05)


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = SlowSink()
    yield made
    made.close()


def planned(practice: Practice, therapist: Membership) -> list[Message]:
    """Have reminders due now, one for each partner of some couples."""
    made: list[Message] = []
    for _ in range(REMINDED):
        couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist)
        reach(couple, quiet_from="00:00", quiet_until="00:00")
        made += remind(ask(give(couple, therapist)))
    assert len(made) == 2 * REMINDED
    return made


def now_of(practice: Practice) -> list[Message]:
    with inside(practice):
        return list(Message.objects.filter(kind="reminder"))


def in_hand(practice: Practice) -> list[Message]:
    return [one for one in now_of(practice) if one.state in (State.PLANNED, State.CLAIMED, State.HANDING_OFF)]


class Crowd:
    """People who send at whichever host is there; whom one leaves without an answer presses again at another."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        self.done = 0
        self.again = 0
        self.lock = threading.Lock()

    def goes_through(self, number: int, half: pairs.Half) -> tuple[int, int, str]:
        typed = self._somewhere(number, half.types)
        status, leads_to = self._somewhere(number + 1, half.sends)
        with self.lock:
            self.done += 1
        return typed, status, leads_to

    def _somewhere(self, number, act):
        for turn in range(len(self.hosts) + 1):
            try:
                return act(self.hosts[(number + turn) % len(self.hosts)].port)
            except (OSError, HTTPException):
                with self.lock:
                    self.again += 1
        raise AssertionError("no host answers")


def ring(task: PracticeTask, broker: str, times: int = 1) -> None:
    with app.connection(broker) as line:
        for _ in range(times):
            task.apply_async(connection=line)


def test_a_host_that_is_lost_under_load_takes_nothing_along(sink: Sink, tmp_path: Path) -> None:
    """No answer is lost, nobody is signed out, no reminder comes twice, though both have rung for all of them."""
    practice = make_practice()
    therapist = make_member(practice)
    couples = pairs.make_pairs(practice, therapist, COUPLES)
    people = [half for pair in couples for half in pair]
    reminders = planned(practice, therapist)
    connection.close()
    broker = broker_url()
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(sink.port)}
    hosts = [Host(name, tmp_path, database_url(), broker, **mail) for name in ("one", "two")]
    with ended(*hosts):
        for host in hosts:
            host.serve()
            host.work("--concurrency", "2")
        crowd = Crowd(hosts)
        ring(tasks.deliver, broker, times=6)
        with ThreadPoolExecutor(12) as pool:
            under_way = [pool.submit(crowd.goes_through, number, half) for number, half in enumerate(people)]
            assert wait_until(lambda: crowd.done >= 5 and len(sink.taken) >= 5, 120), hosts[0].said()
            hosts[0].is_lost()
            came = [one.result(300) for one in under_way]
        assert crowd.again > 0, "somebody was at the lost host"
        assert Counter(came) == Counter((200, 302, f"/do/{one.asked.pk}/sent/") for one in people), hosts[1].said()
        _settles(practice, broker, hosts[1])
        for half in people:
            status, _to, page = half.phone.get(hosts[1].port, "/today/")
            assert (status, half.person.name in page) == (200, True)
    for one, other in couples:
        for half in (one, other):
            assert pairs.answers_of(half) == [half.words]
            assert pairs.read_by(half) == {one.person.pk, other.person.pk}
    assert pairs.openings() == {half.asked.pk: 1 for half in people}
    states = {one.message_id: one.state for one in now_of(practice)}
    assert set(states) == {one.message_id for one in reminders}
    assert set(sink.counts.values()) == {1}, "nothing twice"
    assert set(sink.counts) <= set(states)
    accepted = {one for one, state in states.items() if state == State.ACCEPTED}
    assert accepted <= set(sink.counts)
    assert {states[one] for one in set(states) - accepted} <= {State.UNKNOWN}
    assert len(states) - len(accepted) <= 2 * RIDDLES
    assert {path.name.partition(".")[0] for host in hosts for path in (host.home / "state").iterdir()} <= {"beat"}
    assert not [path for host in hosts for path in (host.home / "home").rglob("*") if path.is_file()]


def _settles(practice: Practice, broker: str, left: Host) -> None:
    """What the host that is left can do at once is done; then the six minutes of the lost one's leases go by."""
    held: list[set[str]] = []

    def stands_still() -> bool:
        time.sleep(0.5)
        held.append({one.message_id for one in in_hand(practice)})
        return len(held) > 4 and held[-1] == held[-4]

    ring(tasks.deliver, broker)
    assert wait_until(stands_still, 90), left.said()
    with inside(practice):
        gone = timezone.now() - datetime.timedelta(seconds=1)
        Message.objects.filter(state__in=[State.CLAIMED, State.HANDING_OFF]).update(lease_until=gone)
    ring(tasks.sweep, broker)

    def is_done() -> bool:
        ring(tasks.deliver, broker)
        time.sleep(1)
        return not in_hand(practice)

    assert wait_until(is_done, 90), left.said()
