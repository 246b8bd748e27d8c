"""Values that we write into SQL ourselves say the same as those that the driver writes."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from typing import Any

import pytest
from django.db import connection

from practice.written.literals import literals

A, B = uuid.UUID(int=2**64 + 17), uuid.UUID(int=2**127 - 3)
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


class Word(str):
    """Not quite a str."""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [
        A,
        [A],
        [A, B],
        [A] * 50,
        ["a", "b'c"],
        datetime.datetime(2026, 3, 2, 9, 30, 0, 17, tzinfo=datetime.UTC),
        datetime.datetime(999, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN),
        datetime.date(2026, 3, 2),
        "it's; DROP TABLE x --",
        "50 % of \\'",
        "",
        Word("word"),
        7,
        True,
        None,
    ],
    ids=str,
)
def test_what_is_written_is_what_the_driver_writes(value: Any) -> None:
    with connection.cursor() as cursor:
        [ours] = literals([value], cursor.cursor)
        drivers = cursor.cursor.mogrify("%s", [value])
        cursor.execute(f"SELECT {ours} IS NOT DISTINCT FROM {drivers}, pg_typeof({ours}) = pg_typeof({drivers})")
        assert cursor.fetchone() == (True, True)
