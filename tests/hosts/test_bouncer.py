"""Behind pgbouncer in transaction mode everything works as without it, and nobody sees what is another's."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from clients.models import Couple
from practice import own_line, readiness, roles, tasks, tenancy
from practice.celery import app
from practice.local import machine
from practice.models import Message, Practice
from practice.written import prepared
from tests.exercises.given_reminders import again, ask, give, reach, remind
from tests.factories import inside, make_couple, make_member, make_practice
from tests.hosts import bouncer, pairs
from tests.hosts.hosts import Host, broker_url, database_url, ended
from tests.practice.mail_server import MailServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(machine.pgbouncer() is None, reason="pgbouncer is not installed (Debian: pgbouncer)"),
]

THREADS, TRANSACTIONS = 8, 200


@pytest.fixture
def between(transactional_db: None) -> Iterator[bouncer.Bouncer]:
    with bouncer.bouncing() as made:
        yield made


def test_a_page_a_form_and_a_job_go_through_it(
    between: bouncer.Bouncer, mail_server: MailServer, settings: Any, tmp_path: Path
) -> None:
    practice = make_practice()
    therapist = make_member(practice)
    ((one, other),) = pairs.make_pairs(practice, therapist, 1)
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist)
    reach(couple, quiet_from="00:00", quiet_until="00:00")
    (reminder,) = remind(ask(give(couple, therapist), couple.clients[0]))
    there, broker = database_url(host="127.0.0.1", port=between.port), broker_url()
    host = Host("behind", tmp_path, there, broker, EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(settings.EMAIL_PORT))
    with ended(host):
        host.serve()
        host.begin("worker", ["celery", "-A", "practice", "worker", "--without-gossip", "--without-mingle"])
        before = between.transactions()
        for half in (one, other):
            assert half.phone.get(host.port, "/today/")[0] == 200, host.said()
            assert half.types(host.port) == 200, host.said()
            assert half.sends(host.port) == (302, f"/do/{half.asked.pk}/sent/"), host.said()
        assert between.transactions() >= before + 6
        with app.connection(broker) as line:
            tasks.deliver.apply_async(connection=line)
        assert mail_server.wait_for(1, 60), host.said()
    assert mail_server.ids == [reminder.message_id]
    assert again(reminder).state == Message.State.ACCEPTED
    for half in (one, other):
        assert pairs.answers_of(half) == [half.words]
        assert pairs.read_by(half) == {one.person.pk, other.person.pk}


def test_readiness_and_the_watchdog_reach_the_database_through_it(between: bouncer.Bouncer) -> None:
    with bouncer.through(between):
        assert readiness.look() == dict.fromkeys(readiness.PARTS, True)
        with own_line.connect(roles.DISPATCH, seconds=7) as line:
            assert line.execute("SELECT current_user, current_setting('statement_timeout')").fetchone() == (
                roles.DISPATCH, "7s",
            )  # fmt: skip


def test_a_pooler_is_noticed_and_nothing_prepared(between: bouncer.Bouncer, settings: Any) -> None:
    settings.DATABASE_KEEPS_PLANS = True

    def may_prepare() -> bool:
        with connection.cursor() as cursor:
            return prepared.of(cursor.connection) is not None

    assert may_prepare()
    with bouncer.through(between):
        assert not may_prepare()


def test_b14_eight_threads_on_four_connections_never_see_another_practice(between: bouncer.Bouncer) -> None:
    """Transactions of all kinds and ends; between them nobody is bound, and the tables refuse to answer."""
    practices = [make_practice(f"House {number}") for number in range(12)]
    couples = {one.pk: make_couple(one, login=False).pk for one in practices}
    seen: Counter[str] = Counter()
    served: dict[int, set[str]] = defaultdict(set)

    def work(number: int) -> None:
        draw = random.Random(number)
        try:
            for _turn in range(TRANSACTIONS):
                practice = draw.choice(practices)
                _one_transaction(draw, practice, couples[practice.pk], seen, served)
        finally:
            connection.close()

    with bouncer.through(between):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert set(seen) == {"own", "nothing"}
    assert seen["own"] == seen["nothing"] == THREADS * TRANSACTIONS
    assert len(served) <= bouncer.SERVER_CONNECTIONS
    assert all(len(people) == THREADS for people in served.values()), "the connections went round"


def _one_transaction(
    draw: random.Random, practice: Practice, couple: Any, seen: Counter[str], served: dict[int, set[str]]
) -> None:
    with suppress(ZeroDivisionError), inside(practice):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), current_setting('TimeZone')")
            line, zone = cursor.fetchone()
        served[line].add(threading.current_thread().name)
        found = [one.pk for one in _read(draw)]
        seen["own" if (found, zone) == ([couple], "UTC") else "another's"] += 1
        if draw.random() < 0.2:
            raise ZeroDivisionError
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('app.practice', true)")
        bound = cursor.fetchone()
    try:
        with transaction.atomic():
            Couple.objects.exists()
    except ProgrammingError as refused:
        seen["nothing" if "permission denied" in str(refused) and bound[0] == roles.LOGIN else "something"] += 1
    else:
        seen["something"] += 1


def _read(draw: random.Random) -> list[Couple]:
    """Read in one of the ways in which we read."""
    match draw.randrange(3):
        case 0:
            return list(Couple.objects.all())
        case 1:  # a cursor on the server
            return list(Couple.objects.iterator(chunk_size=1))
    with tenancy.elevated():
        return list(Couple.objects.all())
