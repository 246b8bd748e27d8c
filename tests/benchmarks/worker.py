"""One worker of the benchmark: `python -m tests.benchmarks.worker deliver|bare`.

It connects, prints `ready`, waits for a line, works until nothing is due, and prints what it took as JSON.
"""

from __future__ import annotations

import json
import os
import smtplib
import sys
import time
from pathlib import Path

import django

#: As many as one turn of the real worker.
CLAIM = """
    UPDATE practice_message SET state = 'claimed' WHERE id IN (
        SELECT id FROM practice_message WHERE practice_id = %s AND state = 'planned' AND due_at <= now()
        ORDER BY due_at LIMIT 50 FOR UPDATE SKIP LOCKED
    ) RETURNING id, person_id
"""
MARK = "UPDATE practice_message SET state = 'accepted' WHERE id = ANY(%s)"


def resident() -> int:
    """Return how much memory this process holds, in kilobytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def deliver() -> int:
    """The real thing."""
    from practice import delivery

    return delivery.deliver(seconds=600)["accepted"]


def bare() -> int:
    """Claim fifty, send them over one connection, mark them: nothing is read again, nothing can be known later."""
    import psycopg
    from django.conf import settings
    from django.db import connection

    params = connection.get_connection_params()
    where = {"host": params["host"], "port": params["port"], "dbname": params["dbname"]}
    sent, before, after = 0, *letter()
    with (
        psycopg.connect(**where, user="postgres", autocommit=True) as database,
        smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as server,
    ):
        database.execute("SET session_replication_role = replica")  # no trigger: it is bare
        practice = os.environ["ATTUNE_BENCH_PRACTICE"]
        while rows := database.execute(CLAIM, [practice]).fetchall():
            for message_id, person_id in rows:
                to = f"{person_id.hex}@example.org"
                head = f"Message-ID: <{message_id.hex}@attune.invalid>\r\nTo: {to}\r\n"
                server.sendmail("hello@attune.invalid", [to], before + head.encode() + after)
            database.execute(MARK, [[message_id for message_id, _person in rows]])
            sent += len(rows)
    return sent


def letter() -> tuple[bytes, bytes]:
    """Return the same letter as the real one, ready but for two lines of its head."""
    import uuid

    from practice import envelopes
    from practice.models import Message
    from tests.benchmarks.reminding import written

    mail = envelopes.enclose(Message(id=uuid.uuid4()), written(uuid.uuid4()), "nobody@example.org")
    made = mail.message()
    del made["To"], made["Message-ID"]
    return b"", made.as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def main() -> None:
    django.setup()
    from django.db import connection

    from practice import dispatch
    from tests.benchmarks import reminding

    reminding.register()
    letter()  # templates are read, modules are there
    dispatch.practices()
    work = {"deliver": deliver, "bare": bare}[sys.argv[1]]
    print("ready", flush=True)
    sys.stdin.readline()
    memory, began, cpu = resident(), time.monotonic(), time.process_time()
    sent = work()
    took = {"sent": sent, "seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}
    print(json.dumps(took | {"before": memory, "after": resident()}), flush=True)
    connection.close()


if __name__ == "__main__":
    if os.environ.get("ATTUNE_PROFILE"):
        import cProfile

        cProfile.run("main()", os.environ["ATTUNE_PROFILE"])
    else:
        main()
