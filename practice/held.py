"""Holding back everything that a practice would send, until an owner releases it.

A practice that was brought here by ``import_practice`` is held from its first moment, because the place that it
came from may still send; an owner puts the same hold on the place that it left. While it lasts, whatever falls due is
closed as not sent (:data:`REASON`), in the hand-off itself and before its kind is asked anything
(:mod:`practice.handing_off`). What fell due before the release is not sent afterwards either, also where it is planned
only then: nothing goes out late in a heap.

What stands on our own pages is no sending. Two kinds leave all the same (``Handler.passes_holds``): the notice that
something about somebody's own sign-in has changed, and the code that somebody waits for who has just asked for it.
Whoever came in there would otherwise do so unseen, or not at all. Letters by which passwords are chosen anew do not go
through the outbox, and leave as ever.

A restored back-up is closed by other means, as a whole and towards the database
(:mod:`practice.backups.releasing`): nobody is let in there, and what fell due may have been sent. Here people work on,
and it is known that nothing was sent.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from practice import clock, outbox, tenancy
from practice.models import Membership, Message, SendingHold
from practice.written import Written

State = Message.State
Because = SendingHold.Because
PORTAL = Message.Channel.PORTAL

#: Why a message was not sent that fell due during a hold.
REASON = "held"
#: As far as what comes next is counted ahead.
AHEAD = datetime.timedelta(days=7)

# Two statements in one trip: the second one sees what was committed while the first one waited.
STANDING = """
    SELECT pg_advisory_xact_lock_shared(hashtextextended(%(key)s, 0));
    SELECT began_at, released_at FROM practice_sendinghold
    WHERE practice_id = %(practice)s ORDER BY began_at DESC LIMIT 1
"""
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


class NotTheirs(Exception):
    """Only an owner who works here holds and releases."""


class NotAsItStands(Exception):
    """It is held already, or it is not held."""


@dataclass(frozen=True)
class Standing:
    """Whether the bound practice is held, and until when its last hold reached."""

    is_held: bool = False
    released_at: datetime.datetime | None = None

    def keeps(self, message: Message) -> bool:
        """Tell whether a message that is due may not be sent."""
        due = message.planned_for or message.due_at
        is_late = self.released_at is not None and due < self.released_at
        if message.channel == PORTAL or not (self.is_held or is_late):
            return False
        return not outbox.handler_of(message.kind).passes_holds


def at_hand_off(practice_id: uuid.UUID) -> Standing:
    """Return how it stands, and let no hold begin or end before this transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"key": _key(practice_id), "practice": practice_id})
        cursor.nextset()
        newest = cursor.fetchone()
    return Standing(newest[1] is None, newest[1]) if newest else Standing()


def now() -> SendingHold | None:
    """Return the hold on the bound practice, None where there is none. Why it is there is read when it is asked for:
    not everybody may.
    """
    return _NOW.first()


_NOW: Written[SendingHold] = Written(
    lambda: SendingHold.objects.filter(released_at=None).defer("why").order_by("pk")[:1]
)


def history() -> QuerySet[SendingHold]:
    """Every hold that is over, the newest first."""
    past = SendingHold.objects.filter(released_at__isnull=False).select_related("began_by", "released_by")
    return past.order_by("-began_at")


def begin_after_import() -> SendingHold:
    """Hold the bound practice, in the transaction that brings it here. As Attune itself."""
    return SendingHold.objects.create(because=Because.IMPORTED, began_at=clock.now())


@transaction.atomic
def put_on(*, by: Membership, why: str) -> SendingHold:
    """Send nothing from here any more; what is due and has not begun to leave is closed as not sent.

    Raises :class:`NotTheirs` and :class:`NotAsItStands`.
    """
    _only_owners(by)
    with tenancy.elevated():
        _wait_for_hand_offs()
        if now():
            raise NotAsItStands
        hold = SendingHold.objects.create(because=Because.MOVED, why=why, began_at=clock.now(), began_by=by)
        _close_what_is_due(hold.began_at)
    return hold


@transaction.atomic
def release(*, by: Membership) -> Counter[str]:
    """Send again what falls due from now on; return by kind what no worker had closed yet, and is closed now.

    Raises :class:`NotTheirs` and :class:`NotAsItStands`.
    """
    _only_owners(by)
    with tenancy.elevated():
        _wait_for_hand_offs()
        hold = now()
        if hold is None:
            raise NotAsItStands
        hold.released_at, hold.released_by = clock.now(), by
        hold.save(update_fields=["released_at", "released_by"])
        return _close_what_is_due(hold.released_at)


def _only_owners(by: Membership) -> None:
    if not by.runs_practice or by.ended_at:
        raise NotTheirs


def _wait_for_hand_offs() -> None:
    # Whoever is in the middle of one read the rules before; all later ones read what is written here.
    asker = tenancy.current()
    if asker is None or asker.practice_id is None:
        raise tenancy.NoPractice("A practice is held inside it.")
    with connection.cursor() as cursor:
        cursor.execute(ALONE, [_key(asker.practice_id)])


def _key(practice_id: uuid.UUID) -> str:
    return f"sending {practice_id}"


def _kept() -> QuerySet[Message]:
    """Messages that a hold keeps here, whenever they are due."""
    passing = [kind for kind, handler in outbox.kinds().items() if handler.passes_holds]
    return Message.objects.exclude(channel=PORTAL).exclude(kind__in=passing)


def _close_what_is_due(moment: datetime.datetime) -> Counter[str]:
    due = _kept().filter(outbox.RECALLABLE, due_at__lte=moment).order_by("pk").select_for_update()
    found = dict(due.values_list("pk", "kind"))
    Message.objects.filter(outbox.RECALLABLE, pk__in=list(found)).update(
        state=State.SKIPPED, reason=REASON, finished_at=clock.Now(), worker="", lease_until=None
    )
    return Counter(found.values())


# ── what an owner reads before releasing ─────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """How many of one sort: ``late`` will not be sent any more, ``next`` are due within :data:`AHEAD`."""

    words: str
    late: int
    next: int


def outlook(hold: SendingHold) -> list[Row]:
    """Return what would happen if it were released now, by sort. In a fixed number of queries."""
    with tenancy.elevated():
        moment = clock.now()
        waiting = Q(state__in=[State.PLANNED, State.CLAIMED, State.HANDING_OFF])
        closed = Q(state=State.SKIPPED, reason=REASON, finished_at__gte=hold.began_at)
        rows = _kept()
        late = _by_sort(rows.filter(closed | waiting & Q(due_at__lte=moment)))
        ahead = _by_sort(rows.filter(waiting, due_at__gt=moment, due_at__lte=moment + AHEAD))
    return [Row(words, late[words], ahead[words]) for words in sorted(late.keys() | ahead.keys())]


def _by_sort(rows: QuerySet[Message]) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, count in rows.order_by().values_list("kind").annotate(count=Count("pk")):
        found[str(outbox.handler_of(kind).words)] += count
    return found
