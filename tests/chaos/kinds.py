"""A kind of message for rehearsals, handled like any other: it says nothing and is about nobody."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from practice import outbox, tenancy
from practice.ids import uuid7
from practice.models import Message

KIND = "rehearsal"
#: A word of somebody's, which no log may hold.
CANARY = "zqwordsofsomebodyqz"
#: What a message is about decides how it misbehaves.
PLAIN, POISON, DEADLY, UNWANTED = "plain", "poison", "deadly", "unwanted"


class Rehearsal(outbox.Handler):
    """Wanted, unless its occasion says otherwise. ``on_deadly`` is what a message does that ends its worker."""

    def __init__(self, on_deadly: Any = None) -> None:
        self.on_deadly = on_deadly

    def wanted(self, message: Message) -> str:
        what = message.occasion.partition(":")[0]
        if what == POISON:
            raise ValueError(f"a fault of its own, about {CANARY}")
        if what == DEADLY and self.on_deadly:
            self.on_deadly()
        return "not wanted" if what == UNWANTED else ""

    def compose(self, message: Message) -> outbox.Letter:
        return outbox.Letter("Something", "Words", "<p>Words</p>", to_address=f"{message.person_id.hex}@example.org")


def register(on_deadly: Any = None) -> None:
    outbox.register(KIND, Rehearsal(on_deadly))


def plan(practice_id, count: int, due_at: datetime.datetime, *, what: str = PLAIN, hours: float = 48) -> list[Message]:
    """Put so many into a practice's outbox, each for somebody else."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        return outbox.add(_drafts(count, due_at, what, datetime.timedelta(hours=hours)))


def _drafts(count: int, due_at: datetime.datetime, what: str, fresh_for: datetime.timedelta) -> Iterable[Message]:
    for _ in range(count):
        person = uuid7()
        yield outbox.draft(
            KIND,
            person_id=person,
            about_id=person,
            couple_id=None,
            occasion=f"{what}:{person}",
            due_at=due_at,
            fresh_for=fresh_for,
        )
