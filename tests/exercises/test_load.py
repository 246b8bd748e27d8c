"""Minutes a week: what the fullest of the next four weeks asks of one person."""

from __future__ import annotations

import datetime
import uuid

import pytest

from exercises.load import Piece, minutes_a_week
from exercises.recurrence import Recurrence

MARA, THEO = uuid.uuid4(), uuid.uuid4()
TODAY = datetime.date(2026, 11, 25)


def piece(rule, minutes=10, *, clients=(MARA, THEO), first=TODAY):
    return Piece(clients, Recurrence.parse(rule), first, minutes)


@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        ("once", 10),
        ("FREQ=DAILY", 70),
        ("FREQ=DAILY;INTERVAL=2", 40),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", 30),
        ("FREQ=WEEKLY;INTERVAL=2", 10),
        ("FREQ=MONTHLY;BYDAY=1SU", 10),
        ("FREQ=DAILY;COUNT=3", 30),
    ],
)
def test_each_rhythm(rule, minutes):
    assert minutes_a_week([piece(rule)], MARA, TODAY) == minutes


def test_pieces_add_up_for_those_they_are_for():
    pieces = [piece("FREQ=WEEKLY", 45), piece("FREQ=DAILY", 2, clients=(THEO,))]
    assert minutes_a_week(pieces, MARA, TODAY) == 45
    assert minutes_a_week(pieces, THEO, TODAY) == 59


def test_what_is_over_or_far_ahead_asks_nothing_now():
    assert minutes_a_week([piece("once", first=TODAY - datetime.timedelta(days=1))], MARA, TODAY) == 0
    assert minutes_a_week([piece("once", first=TODAY + datetime.timedelta(days=60))], MARA, TODAY) == 0
    assert minutes_a_week([], MARA, TODAY) == 0
