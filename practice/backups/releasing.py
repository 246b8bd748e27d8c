"""Letting the application into a restored database.

Until then nothing was sent, but the installation that was lost may have gone on after the back-up: whatever fell due
since may have reached people. Nobody can know, so it is marked unknown and shown, as after any hand-over without an
answer, and not sent again; but for what is rather sent twice than never. What falls due from now on goes out.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field

from django.db import connection, transaction
from psycopg import sql

from practice import audit, dispatch, outbox, roles, tenancy
from practice.backups import restoring
from practice.clock import Now
from practice.models import Message

State = Message.State
#: Nobody had it yet when the back-up was made, as far as that knows.
NOT_LEFT = (State.PLANNED, State.CLAIMED, State.HANDING_OFF)
REASON = "restored"

HELD = """
    SELECT NOT has_database_privilege(%s, oid, 'CONNECT'), coalesce(shobj_description(oid, 'pg_database'), '')
    FROM pg_database WHERE datname = %s
"""


@dataclass
class Released:
    """What was let out, and what was kept back for good, by kind of message."""

    words: str
    unknown: Counter[str] = field(default_factory=Counter)


def release(url: str) -> Released:
    """Open a restored database to the application; raise :class:`~.restoring.CannotRestore` where there is none.

    ``url`` is the one that it was restored with. Processes may start afterwards.
    """
    name = connection.settings_dict["NAME"]
    with restoring.as_operator(url):
        words = _may_be_released(name)
        found = Released(words)
        with transaction.atomic():
            for practice_id in dispatch.practices():
                found.unknown += _settle(practice_id)
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO PUBLIC").format(sql.Identifier(name)))
                cursor.execute(sql.SQL("COMMENT ON DATABASE {} IS NULL").format(sql.Identifier(name)))
    return found


def _may_be_released(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(HELD, [roles.LOGIN, name])
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise restoring.CannotRestore(f"The database {name} is open already.")
    if not row[1].startswith(restoring.READY):
        raise restoring.CannotRestore(f"The restore of {name} did not end: drop that database and restore again.")
    return row[1].removeprefix(restoring.READY).strip()


def _settle(practice_id: uuid.UUID) -> Counter[str]:
    """Mark what may have been sent meanwhile, and tell the practice's trail that this is a restored copy."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        audit.looked("restored", "practice_practice", practice_id, lane=audit.STAFF)
        due = Message.objects.filter(state__in=NOT_LEFT, due_at__lte=Now())
        due = due.exclude(channel=Message.Channel.PORTAL).exclude(kind__in=outbox.repeating_kinds())
        ids, kinds = [], Counter[str]()
        for pk, kind in due.select_for_update().order_by("pk").values_list("pk", "kind"):
            ids.append(pk)
            kinds[kind] += 1
        # The way that every message goes whose worker gave no answer: the database knows no shorter one.
        rows = Message.objects.filter(pk__in=ids)
        rows.filter(state=State.PLANNED).update(state=State.CLAIMED)
        rows.filter(state=State.CLAIMED).update(state=State.HANDING_OFF, begun_at=Now())
        rows.update(state=State.UNKNOWN, reason=REASON, finished_at=Now(), worker="", lease_until=None)
    return kinds
