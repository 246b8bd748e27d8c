"""What a client's first page says of the therapist: new messages, what was looked at, goals to say a number for.

All of it is this person's own: nothing here changes with what anybody else has said, sent or rated.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from clients.models import Client
from exercises.goals import due_for
from exercises.models import Goal, Thread
from exercises.reviewing import LookedAt, lately_looked_at
from exercises.thread_reading import with_subject
from exercises.threads import threads_of
from practice.written import Written

MOST = 3


@dataclass(frozen=True)
class News:
    threads: tuple[Thread, ...]
    looked_at: tuple[LookedAt, ...]
    goals: tuple[Goal, ...]

    @property
    def from_therapist(self) -> bool:
        return bool(self.threads or self.looked_at)


NEW: Written[Thread] = Written(
    lambda person, couples: with_subject(threads_of(person, couples)).filter(unread=True)[:MOST],
    person=uuid.UUID,
    couples=[uuid.UUID],
)


def news(person: Client, couples: Collection[uuid.UUID], now: datetime.datetime) -> News:
    """Read it. The number of queries does not grow with what there is."""
    return News(
        threads=tuple(NEW.all(person=person.pk, couples=couples)),
        looked_at=tuple(lately_looked_at(person, couples, now)),
        goals=tuple(due_for(person, couples)[:MOST]),
    )
