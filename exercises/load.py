"""How much practice asks of each partner: minutes in the fullest of the next four weeks."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from exercises.models import Assignment
from exercises.recurrence import Recurrence
from exercises.schedule import dates

WEEKS = 4
#: More than this a week is rarely kept; the meter is full there.
PLENTY = 60


@dataclass(frozen=True)
class Piece:
    """What one assignment asks: minutes each time, of whom."""

    clients: tuple[uuid.UUID, ...]
    recurrence: Recurrence
    starts_on: date
    minutes: int


def piece_of(assignment: Assignment, minutes: int) -> Piece:
    return Piece(tuple(assignment.audience), assignment.recurrence, assignment.starts_on, minutes)


def minutes_a_week(pieces: Iterable[Piece], client: uuid.UUID, today: date) -> int:
    """Return what one person is asked for in the fullest of the next four weeks, counted from today."""
    weeks = [0] * WEEKS
    end = today + timedelta(days=7 * WEEKS - 1)
    for piece in pieces:
        if client in piece.clients:
            for day in dates(piece.recurrence, piece.starts_on, start=today, end=end):
                weeks[(day - today).days // 7] += piece.minutes
    return math.ceil(max(weeks))
