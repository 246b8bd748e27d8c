"""What Attune is measured against: the same reminders sent by scripts that somebody could write in an afternoon.

Both claim fifty rows at a time as PostgreSQL's superuser, without triggers and without row-level security, and send
over one connection with nothing that could say later what became of a letter that got lost.

* ``letters``: the thinnest honest script that does the same work. It claims with a worker and a lease, reads the
  addresses with one query, writes each letter with plain Django templates into an ``EmailMultiAlternatives`` with
  the headers that ours have, hands it to Django's SMTP backend, and marks it with the time. The goal of at least
  half the rate counts against this one.
* ``blank``: thinner than the work. Nothing is written and no address is read: the same bytes go out each time, but
  for two lines of the head, and rows are marked without worker, lease or time. It is what PostgreSQL and the mail
  server leave room for, and keeps the other comparison from flattering anybody.

Ours has two things that these do not have: it makes use of a mail server that takes several commands in one trip,
which Django's backend and smtplib do not, and its turns take up to a hundred rows once the server is known to be quick.
"""

from __future__ import annotations

import os
import smtplib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from typing import Any

import psycopg
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.template import engines
from django.utils import timezone

from practice import envelopes
from practice.models import Message
from tests.benchmarks.reminding import LINK, STOP, written

DUE = """
    SELECT id FROM practice_message WHERE practice_id = %s AND state = 'planned' AND due_at <= now()
    ORDER BY due_at LIMIT 50 FOR UPDATE SKIP LOCKED
"""
CLAIM_BLANK = f"UPDATE practice_message SET state = 'claimed' WHERE id IN ({DUE}) RETURNING id, person_id"
MARK_BLANK = "UPDATE practice_message SET state = 'accepted' WHERE id = ANY(%s)"
CLAIM = f"""
    UPDATE practice_message SET state = 'claimed', worker = %s, lease_until = now() + interval '6 minutes'
    WHERE id IN ({DUE}) RETURNING id, person_id
"""
ADDRESSES = "SELECT id, email FROM practice_user WHERE id = ANY(%s) AND is_active"
MARK = """
    UPDATE practice_message SET state = 'accepted', finished_at = now(), lease_until = NULL WHERE id = ANY(%s)
"""


def letters() -> int:
    """Claim, read the addresses, write, send, mark; return how many were sent."""
    practice, worker, sent = os.environ["ATTUNE_BENCH_PRACTICE"], uuid.uuid4().hex, 0
    write = _writer()
    server = get_connection("django.core.mail.backends.smtp.EmailBackend")
    server.open()
    with _database() as database:
        while rows := database.execute(CLAIM, [worker, practice]).fetchall():
            addresses = dict(database.execute(ADDRESSES, [[person for _message, person in rows]]).fetchall())
            sent += server.send_messages([write(one, person, addresses[person]) for one, person in rows])
            database.execute(MARK, [[message for message, _person in rows]])
    server.close()
    return sent


def blank() -> int:
    """Claim, send what was written beforehand, mark; return how many were sent."""
    practice, sent = os.environ["ATTUNE_BENCH_PRACTICE"], 0
    rest = _ready_but_for_two_lines()
    with _database() as database, smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server:
        while rows := database.execute(CLAIM_BLANK, [practice]).fetchall():
            for message_id, person_id in rows:
                to = f"{person_id.hex}@example.org"
                head = f"Message-ID: <{message_id.hex}@attune.invalid>\r\nTo: {to}\r\n"
                server.sendmail("hello@attune.invalid", [to], head.encode() + rest)
            database.execute(MARK_BLANK, [[message for message, _person in rows]])
            sent += len(rows)
    return sent


@contextmanager
def _database() -> Iterator[Any]:
    params = connection.get_connection_params()
    where = {"host": params["host"], "port": params["port"], "dbname": params["dbname"]}
    with psycopg.connect(**where, user="postgres", autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        yield database


def _writer() -> Callable[[uuid.UUID, uuid.UUID, str], EmailMultiAlternatives]:
    """Return what writes one letter: the words and headers of ours, by two plain templates."""
    ours = written(uuid.uuid4())
    text, html = (engines["django"].from_string(_as_template(part)) for part in (ours.text, ours.html))

    def write(message_id: uuid.UUID, person_id: uuid.UUID, address: str) -> EmailMultiAlternatives:
        words = {"link": LINK, "stop": STOP}
        headers = {
            "Message-ID": f"<{message_id.hex}@attune.invalid>",
            "Date": format_datetime(timezone.now()),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "List-Unsubscribe": f"<{STOP}{person_id.hex}/>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        mail = EmailMultiAlternatives(ours.subject, text.render(words), to=[address], headers=headers)
        mail.attach_alternative(html.render(words), "text/html")
        return mail

    return write


def _as_template(words: str) -> str:
    return words.replace(LINK, "{{ link }}").replace(STOP, "{{ stop }}")


def _ready_but_for_two_lines() -> bytes:
    mail = envelopes.enclose(Message(id=uuid.uuid4()), written(uuid.uuid4()), "nobody@example.org").message()
    del mail["To"], mail["Message-ID"]
    return mail.as_bytes(linesep="\r\n")  # type: ignore[call-arg]
