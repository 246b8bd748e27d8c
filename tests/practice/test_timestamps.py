"""Timestamps are read in a quicker way than Django's, and come out as the same moments."""

from __future__ import annotations

import datetime

import pytest
from django.db import DataError, connection

from practice.timestamps import UtcLoader

pytestmark = pytest.mark.django_db

MOMENTS = [
    datetime.datetime(2026, 3, 29, 1, 30, tzinfo=datetime.UTC),
    datetime.datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=datetime.UTC),
    datetime.datetime(2026, 5, 4, 7, 8, 9, 120_000, tzinfo=datetime.UTC),
    datetime.datetime(1, 1, 1, microsecond=1, tzinfo=datetime.UTC),
    datetime.datetime.max.replace(tzinfo=datetime.UTC),
]


def read(sql: str, *values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def test_every_connection_reads_them_quickly():
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(connection.connection.adapters.types["timestamptz"].oid, 0) is (
        UtcLoader
    )


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_is_read_as_it_was_written(moment):
    found = read("SELECT %s::timestamptz", moment)
    assert found == moment
    assert found.tzinfo is datetime.UTC


def test_a_list_of_moments_and_none_are_read_too():
    assert read("SELECT %s::timestamptz[]", [*MOMENTS, None]) == [*MOMENTS, None]


@pytest.mark.parametrize("sql", ["SELECT 'infinity'::timestamptz", "SELECT '44-03-15 BC'::timestamptz"])
def test_what_no_datetime_can_hold_is_refused(sql):
    with pytest.raises(DataError):
        read(sql)
