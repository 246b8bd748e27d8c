"""The trail's seals: batches of lines, each closed by a hash over them and over the seal before.

A line counts once no transaction is under way any more that could still add one before it. That is found without
holding anybody up: the newest lines are noted first, then a transaction's number is drawn, and when every
transaction with a lower one is over, all that may ever stand before those lines is there. (A line takes its own
number only after its transaction has one: see the trigger in migration 0013.)

Whoever may change the database's files may write a trail of their own, seals included. What they can not change
is a seal's hash that was kept elsewhere before: see :mod:`practice.anchoring`.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import struct
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import QuerySet

from practice import clock, dispatch, tenancy
from practice.models import AuditEvent, AuditSeal

#: How many lines one seal closes at most.
PORTION = 2000
#: How long to wait for transactions that are under way; after that the next run tries.
PATIENCE = 3.0
#: What has not been sealed by then is a fault.
LATE = datetime.timedelta(hours=1)
FIRST = "0" * 64

_ENTRY = struct.Struct(">q16s")

# As text, so that what is hashed is what PostgreSQL holds, whoever reads it.
LINES = """
    SELECT id, practice_id::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), role, user_id::text,
           request, act, subject, subject_id::text, client_id::text, couple_id::text, lane, changes::text,
           token_id::text
    FROM practice_auditevent WHERE practice_id = %s AND id > %s AND id <= %s ORDER BY id LIMIT %s
"""
OVER = "SELECT NOT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS one WHERE one < %s::xid8)"
LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit seal ' || %s, 0))"


# ── sealing ──────────────────────────────────────────────────────────────────


def seal_all() -> int:
    """Seal what is new in every practice; return how many seals were made. Safe at any time, by any number at once."""
    waiting = {one: newest for one in dispatch.practices() if (newest := _newest_unsealed(one))}
    if not waiting or not _all_before_is_over():
        return 0
    return sum(_seal_up_to(practice_id, newest) for practice_id, newest in waiting.items())


def late() -> int:
    """Return in how many practices there are lines that should have been sealed long ago."""
    return sum(map(_is_late, dispatch.practices()))


def _newest_unsealed(practice_id: uuid.UUID) -> int | None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        return _unsealed(practice_id).order_by("-pk").values_list("pk", flat=True).first()


def _is_late(practice_id: uuid.UUID) -> bool:
    with tenancy.acting(tenancy.as_system(practice_id)):
        first = _unsealed(practice_id).order_by("pk").values_list("at", flat=True).first()
        return first is not None and first < clock.now() - LATE


def _unsealed(practice_id: uuid.UUID) -> QuerySet[AuditEvent]:
    last = _last_seal(practice_id)
    return AuditEvent.objects.filter(practice_id=practice_id, pk__gt=last.last_line if last else 0)


def _last_seal(practice_id: uuid.UUID) -> AuditSeal | None:
    return AuditSeal.objects.filter(practice_id=practice_id).defer("lines").order_by("-number").first()


def _all_before_is_over() -> bool:
    """Wait until every transaction is over that began to write before now; False when that takes too long."""
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        drawn = cursor.fetchone()[0]
    until = time.monotonic() + PATIENCE
    while True:
        with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)), connection.cursor() as cursor:
            cursor.execute(OVER, [drawn])
            if cursor.fetchone()[0]:
                return True
        if time.monotonic() > until:
            return False
        time.sleep(0.05)


def _seal_up_to(practice_id: uuid.UUID, newest: int) -> int:
    made = 0
    while _seal_portion(practice_id, newest):
        made += 1
    return made


def _seal_portion(practice_id: uuid.UUID, newest: int) -> bool:
    with tenancy.acting(tenancy.as_system(practice_id)), connection.cursor() as cursor:
        cursor.execute(LOCK, [str(practice_id)])
        if not cursor.fetchone()[0]:
            return False  # somebody else is at it
        last = _last_seal(practice_id)
        entries = list(_entries(practice_id, last.last_line if last else 0, newest, PORTION))
        if not entries:
            return False
        seal = AuditSeal(
            practice_id=practice_id,
            number=last.number + 1 if last else 1,
            last_line=entries[-1][0],
            lines=b"".join(_ENTRY.pack(*one) for one in entries),
            before=last.hash if last else FIRST,
            sealed_at=clock.now(),
        )
        seal.hash = hash_of(seal)
        seal.save(force_insert=True)
    return True


def hash_of(seal: AuditSeal) -> str:
    """Return the hash of all that a seal says."""
    said = [
        str(seal.practice_id),
        seal.number,
        seal.last_line,
        hashlib.sha256(bytes(seal.lines)).hexdigest(),
        seal.before,
        seal.sealed_at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _entries(practice_id: uuid.UUID, after: int, up_to: int, limit: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Give each line's number and the hash of what it says, in order."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [practice_id, after, up_to, limit])
        for number, *words, token_id in cursor:
            # A line without a token says what it said before there were any.
            words += [token_id] if token_id else []
            yield number, hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).digest()[:16]


# ── looking whether it holds ─────────────────────────────────────────────────


@dataclass
class Checked:
    """What was found in one practice's trail. ``broken`` says in words what does not hold; empty: all does."""

    practice_id: uuid.UUID
    seals: int = 0
    lines: int = 0
    unsealed: int = 0
    broken: list[str] = field(default_factory=list)


def check(practice_id: uuid.UUID, anchored: dict[int, str] | None = None) -> Checked:
    """Work every seal of a practice out again and compare. ``anchored`` are hashes by number, kept elsewhere."""
    found = Checked(practice_id)
    missing = dict(anchored or {})
    with tenancy.acting(tenancy.as_system(practice_id)):
        before, last_line = FIRST, 0
        for seal in AuditSeal.objects.filter(practice_id=practice_id).order_by("number").iterator(chunk_size=20):
            found.broken += _of_chain(seal, found.seals + 1, before)
            found.broken += _of_lines(practice_id, seal, last_line)
            kept = missing.pop(seal.number, seal.hash)
            if kept != seal.hash:
                found.broken.append(f"Seal {seal.number} is not the one that was anchored.")
            found.seals = seal.number
            found.lines += len(seal.lines) // _ENTRY.size
            before, last_line = seal.hash, seal.last_line
        found.unsealed = AuditEvent.objects.filter(practice_id=practice_id, pk__gt=last_line).count()
    found.broken += [f"Seal {number} was anchored and is gone: the end was cut." for number in sorted(missing)]
    return found


def _of_chain(seal: AuditSeal, expected: int, before: str) -> Iterator[str]:
    if seal.number != expected:
        yield f"Seal {expected} is missing before seal {seal.number}."
    if seal.before != before:
        yield f"Seal {seal.number} does not follow the one before it."
    if seal.hash != hash_of(seal):
        yield f"Seal {seal.number} was changed."


def _of_lines(practice_id: uuid.UUID, seal: AuditSeal, after: int) -> Iterator[str]:
    lines = bytes(seal.lines)
    sealed = dict(_ENTRY.iter_unpack(lines)) if len(lines) % _ENTRY.size == 0 else {}
    there = dict(_entries(practice_id, after, seal.last_line))
    differ = [number for number in sealed.keys() & there.keys() if sealed[number] != there[number]]
    if differ and sorted(sealed[one] for one in differ) == sorted(there[one] for one in differ):
        yield f"Seal {seal.number}: lines are in another order: {_some(differ)}."
    elif differ:
        yield f"Seal {seal.number}: lines were changed: {_some(differ)}."
    if gone := sealed.keys() - there.keys():
        yield f"Seal {seal.number}: lines were removed: {_some(gone)}."
    if new := there.keys() - sealed.keys():
        yield f"Seal {seal.number}: lines were put in: {_some(new)}."


def _some(numbers: Iterable[int]) -> str:
    listed = sorted(numbers)
    more = f" and {len(listed) - 10} more" if len(listed) > 10 else ""
    return ", ".join(map(str, listed[:10])) + more
