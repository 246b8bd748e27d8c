"""Minutes a week: what the fullest of the next four weeks asks of one person."""

from __future__ import annotations

import datetime
import uuid

import pytest

from exercises.load import Piece, is_main, load_of, main_tasks, minutes_a_week
from exercises.recurrence import Recurrence

MARA, THEO = uuid.uuid4(), uuid.uuid4()
TODAY = datetime.date(2026, 11, 25)


def piece(rule, minutes=10, *, clients=(MARA, THEO), first=TODAY, **more):
    return Piece(clients, Recurrence.parse(rule), first, minutes, **more)


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
    assert minutes_a_week([piece(rule)], [MARA], TODAY) == minutes


def test_pieces_add_up_for_those_they_are_for():
    pieces = [piece("FREQ=WEEKLY", 45), piece("FREQ=DAILY", 2, clients=(THEO,))]
    assert minutes_a_week(pieces, [MARA], TODAY) == 45
    assert minutes_a_week(pieces, [THEO], TODAY) == 59


def test_what_is_over_or_far_ahead_asks_nothing_now():
    assert minutes_a_week([piece("once", first=TODAY - datetime.timedelta(days=1))], [MARA], TODAY) == 0
    assert minutes_a_week([piece("once", first=TODAY + datetime.timedelta(days=60))], [MARA], TODAY) == 0
    assert minutes_a_week([], [MARA], TODAY) == 0


def test_before_each_session_counts_as_weekly_and_on_demand_as_nothing():
    before_each = piece("FREQ=WEEKLY", 20, first=TODAY - datetime.timedelta(days=90), due="appointment")
    before_next = piece("once", 15, first=TODAY - datetime.timedelta(days=3), due="appointment")
    needed = piece("once", 45, due="on_demand")
    assert minutes_a_week([before_each], [MARA], TODAY) == 20
    assert minutes_a_week([before_next], [MARA], TODAY) == 15, "the session is ahead, whenever it was given"
    assert minutes_a_week([needed], [MARA], TODAY) == 0


def test_the_limit_is_the_practices_own_and_things_are_counted():
    load = load_of([piece("FREQ=DAILY", 10), piece("once", 45, due="on_demand"), piece("once")], MARA, TODAY, 60)
    assert (load.minutes, load.items, load.is_over) == (80, 2, True)
    assert not load_of([piece("FREQ=DAILY", 5)], MARA, TODAY, 60).is_over


def test_one_main_task_and_a_small_ritual_are_told_apart():
    assert is_main({"kind": "exercise", "minutes": 5})
    assert is_main({"kind": "ritual", "minutes": 60})
    assert not is_main({"kind": "ritual", "minutes": 5})


def test_a_private_main_task_is_named_on_its_own_page_alone():
    private = piece("FREQ=WEEKLY", title="Hers alone", apart=True, clients=(MARA,))
    assert main_tasks([private], MARA, TODAY, alone=False) == []
    assert main_tasks([private], MARA, TODAY, alone=True) == ["Hers alone"]
