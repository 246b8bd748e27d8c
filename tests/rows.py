"""Whether anything changed in the database, seen from above all walls."""

from __future__ import annotations

from collections.abc import Callable, Collection

import psycopg
from django.db import connection

#: What a request may write without changing anybody's data: its session, a counter, that somebody looked.
UNREAD = ("django_session", "attune_cache", "practice_auditevent", "practice_limit", "practice_signin")


def rows_of_all_tables(superuser: Callable[[str], psycopg.Connection]) -> dict[str, tuple[int, str]]:
    """Return the number of rows and a fingerprint of each table, as committed now."""
    with superuser(connection.settings_dict["NAME"]) as server:
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (table,) in tables:
            row = server.execute(
                f"SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {table} t"  # type: ignore[arg-type]
            ).fetchone()
            assert row is not None
            found[table] = row
        return found


def changed(
    before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]], *, apart_from: Collection[str] = ()
) -> dict[str, tuple[int, int]]:
    """Return the tables that differ, with their numbers of rows before and after."""
    return {
        table: (before[table][0], after[table][0])
        for table in before
        if before[table] != after[table] and table not in apart_from
    }
