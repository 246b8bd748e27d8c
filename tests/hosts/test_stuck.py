"""What is slow or stuck elsewhere slows no page, and reports that take long hold no letter up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from kombu import Connection

from practice import celery_config, single_sign_on, tasks
from practice.celery import app
from practice.local.servers import wait_until
from practice.models import Message, Practice, SingleSignOn
from reports.models import Report
from reports.tasks import make_report
from tests.chaos.sink import Sink
from tests.exercises.given_reminders import again, ask, give, reach, remind
from tests.factories import inside, make_couple, make_member, make_practice, user_of
from tests.hosts import pairs
from tests.hosts.hosts import Host, Phone, broker_url, database_url, ended
from tests.practice.mail_server import MailServer
from tests.reports import orders

pytestmark = pytest.mark.django_db(transaction=True)


class Silent(Sink):
    """A mail server that takes a connection and never says a word, and knows who is still waiting for one."""

    def __init__(self) -> None:
        self.waiting = 0
        super().__init__()
        self.stalls_at = "greeting"

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.waiting += 1
        try:
            await reader.read()  # until the other one hangs up
        except OSError:
            pass
        finally:
            self.waiting -= 1
            writer.transport.abort()


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    made.close()


def mail_at(port: int) -> dict[str, str]:
    return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}


def test_no_page_waits_for_a_mail_server_that_is_silent(silent: Silent, tmp_path: Path) -> None:
    """Those who ask for a code have their page while the letters are still waiting to be let in."""
    practice = make_practice()
    ((one, other),) = pairs.make_pairs(practice, make_member(practice), 1)
    addresses = [user_of(half.person).email for half in (one, other)]
    connection.close()
    host = Host("one", tmp_path, database_url(), broker_url(), **mail_at(silent.port))
    with ended(host):
        host.serve()
        for address in addresses:
            stranger = Phone("")
            assert stranger.post(host.port, "/account/password/reset/", email=address)[0] == 302, host.said()
        assert wait_until(lambda: silent.waiting == len(addresses), 10), "none of them was waited for"
        assert one.phone.get(host.port, "/today/")[0] == 200
        assert one.types(host.port) == 200
        assert one.sends(host.port) == (302, f"/do/{one.asked.pk}/sent/")
        assert silent.taken == []


def test_letters_leave_while_no_report_gets_a_turn(mail_server: MailServer, settings: Any, tmp_path: Path) -> None:
    """As when those who make reports are at work for hours: what is long waits in a line of its own."""
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist)
    reach(couple, quiet_from="00:00", quiet_until="00:00")
    (reminder,) = remind(ask(give(couple, therapist), couple.clients[0]))
    report = orders.asked(couple, therapist)
    broker = broker_url()
    host = Host("one", tmp_path, database_url(), broker, **mail_at(settings.EMAIL_PORT))
    ids = {"practice_id": str(practice.pk), "report_id": str(report.pk)}
    with ended(host), app.connection(broker) as line:
        for _ in range(20):
            make_report.apply_async(kwargs=ids, connection=line)
        tasks.deliver.apply_async(connection=line)
        host.begin("worker", _worker(celery_config.SHORT))
        assert mail_server.wait_for(1, 60), host.said()
        assert wait_until(lambda: again(reminder).state == Message.State.ACCEPTED, 20)
        assert orders.again(report).state == Report.State.WAITING
        assert _waiting(broker, celery_config.LONG) == 20
        host.begin("papers", _worker(celery_config.LONG))
        assert wait_until(lambda: orders.again(report).state == Report.State.DONE, 120), host.said()


def _worker(queue: str) -> list[str]:
    words = ["celery", "-A", "practice", "worker", "-Q", queue, "-n", f"{queue}@%h", "--concurrency", "1"]
    return [*words, "--without-gossip", "--without-mingle"]


def _waiting(broker: str, queue: str) -> int:
    with Connection(broker) as line:
        return line.default_channel.client.llen(queue)


def test_a_provider_that_is_stuck_leaves_threads_for_those_who_do_not_need_it(tmp_path: Path) -> None:
    """More people than there are threads wait at its door; others have their pages meanwhile."""
    practice = make_practice()
    ((one, _other),) = pairs.make_pairs(practice, make_member(practice), 1)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as stuck:
        _has_provider(practice, f"http://127.0.0.1:{stuck.getsockname()[1]}")
        connection.close()
        host = Host("one", tmp_path, database_url(), broker_url(), ATTUNE_LOCAL_PROVIDERS="1")
        with ended(host), ThreadPoolExecutor(12) as strangers:
            host.serve()
            assert one.phone.get(host.port, "/today/")[0] == 200, host.said()
            door = f"/sign-in/{quote(practice.slug)}/"
            waiting = [strangers.submit(Phone("").post, host.port, door) for _ in range(12)]
            assert wait_until(lambda: any(one.done() for one in waiting), 60), "some are told at once"
            assert one.phone.get(host.port, "/today/")[0] == 200, host.said()
            assert not all(one.done() for one in waiting), "others are still waiting for it"
            assert {one.result(60)[0] for one in waiting} == {403}


def _has_provider(practice: Practice, issuer: str) -> None:
    with inside(practice):
        now = practice.created_at
        config = SingleSignOn(issuer=issuer, application_id="attune", client_secret="x" * 20)
        config.domains, config.tried_at, config.on_since = ["linden.example"], now, now
        config.save()
        single_sign_on._show_door(config)
