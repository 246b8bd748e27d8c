"""How much practice asks of each partner: minutes in the fullest of the next four weeks, and how many things.

Little and steady is kept; what is piled up is not. So the practice sets a limit in minutes, and one main task
with one small ritual beside it is what is suggested.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import add
from typing import Any

from clients.models import Couple
from exercises.models import Assignment
from exercises.recurrence import Freq, Recurrence
from exercises.schedule import dates
from exercises.vocabulary import Kind, Lane

WEEKS = 4
#: A ritual of no more minutes than this goes beside a main task.
SMALL = 10

Due = Assignment.Due


@dataclass(frozen=True)
class Piece:
    """What one assignment asks: minutes each time, of whom."""

    clients: tuple[uuid.UUID, ...]
    recurrence: Recurrence
    starts_on: date
    minutes: int
    due: str = Due.RHYTHM
    title: str = ""
    is_main: bool = True
    #: One partner's own: its title is said to nobody else, nor where somebody may look over a shoulder.
    apart: bool = False


@dataclass(frozen=True)
class Load:
    """What one person is asked for: minutes in the fullest week, things at a time, and the practice's limit."""

    minutes: int
    items: int
    limit: int

    @property
    def is_over(self) -> bool:
        return self.minutes > self.limit


def piece_of(assignment: Assignment, minutes: int) -> Piece:
    return Piece(tuple(assignment.audience), assignment.recurrence, assignment.starts_on, minutes, due=assignment.due)


def pieces_of(couple: Couple, *, besides: Assignment | None = None) -> list[Piece]:
    """Return what runs for a couple, with titles; ``besides`` is left out, as when something takes its place."""
    running = Assignment.objects.running().filter(couple=couple).exclude(due=Due.FOLLOW_UP).select_related("edition")
    return [
        Piece(
            tuple(one.audience),
            one.recurrence,
            one.starts_on,
            int(one.edition.content["minutes"]),
            due=one.due,
            title=one.edition.title,
            is_main=is_main(one.edition.content),
            apart=one.lane in (Lane.OWN, Lane.PRIVATE),
        )
        for one in running.defer("why")
        if besides is None or one.pk != besides.pk
    ]


def is_main(content: Mapping[str, Any]) -> bool:
    """Tell a main task from a small ritual beside it."""
    return content.get("kind") != Kind.RITUAL or int(content.get("minutes", 0)) > SMALL


def load_of(pieces: Sequence[Piece], client: uuid.UUID, today: date, limit: int) -> Load:
    theirs = [piece for piece in pieces if client in piece.clients]
    planned = [piece for piece in theirs if piece.due != Due.ON_DEMAND]
    return Load(minutes_a_week(theirs, [client], today), sum(_asks_soon(piece, today) for piece in planned), limit)


def main_tasks(pieces: Iterable[Piece], client: uuid.UUID, today: date, *, alone: bool) -> list[str]:
    """Return the titles of the main tasks that one person has in the coming weeks; private ones ``alone``."""
    theirs = [
        one
        for one in pieces
        if client in one.clients and one.is_main and one.due != Due.ON_DEMAND and (alone or not one.apart)
    ]
    return sorted({one.title for one in theirs if _asks_soon(one, today)})


def minutes_a_week(pieces: Iterable[Piece], clients: Iterable[uuid.UUID], today: date) -> int:
    """Return what these people are asked for in the fullest of the next four weeks of any of them, from today on.

    What comes before each session counts as once a week; what is begun on demand counts as nothing.
    """
    weeks = {client: [0] * WEEKS for client in clients}
    for piece in pieces:
        minutes = [times * piece.minutes for times in _times(piece, today)]
        for client in weeks.keys() & piece.clients:
            weeks[client] = [*map(add, weeks[client], minutes)]
    return max(map(max, weeks.values()), default=0)


def _asks_soon(piece: Piece, today: date) -> bool:
    return any(_times(piece, today))


def _times(piece: Piece, today: date) -> tuple[int, ...]:
    """How often it falls due in each of the next weeks."""
    if piece.due in (Due.ON_DEMAND, Due.FOLLOW_UP):
        return (0,) * WEEKS
    first = piece.starts_on
    if piece.due == Due.APPOINTMENT and piece.recurrence.freq == Freq.ONCE:
        first = max(first, today)  # whenever the session is, it is still ahead
    return _times_by_week(piece.recurrence, first, today)


@lru_cache(maxsize=1024)  # a rule and two days are nobody's
def _times_by_week(recurrence: Recurrence, first: date, today: date) -> tuple[int, ...]:
    end = today + timedelta(days=7 * WEEKS - 1)
    counted = Counter((day - today).days // 7 for day in dates(recurrence, first, start=today, end=end))
    return tuple(counted[week] for week in range(WEEKS))
