"""Trying SQL as whoever is bound, many statements in one trip, and learning what came of each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from django.db import connection

#: What came of a statement: the number of rows it touched or found, or the state and words of its refusal.
TRY = """
DO $$
DECLARE
    one text;
    n bigint;
    came jsonb := '[]';
BEGIN
    FOR one IN SELECT jsonb_array_elements_text(current_setting('test.statements')::jsonb) LOOP
        BEGIN
            EXECUTE one;
            GET DIAGNOSTICS n = ROW_COUNT;
            came := came || to_jsonb(n::text);
        EXCEPTION WHEN OTHERS THEN
            came := came || to_jsonb(SQLSTATE || ' ' || SQLERRM);
        END;
    END LOOP;
    PERFORM set_config('test.came', came::text, true);
END $$
"""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def attempt(statements: Sequence[str]) -> list[str]:
    """Run each statement by itself, undo those that are refused; return what came of them, ids left out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('test.statements', %s, true)", [json.dumps(list(statements))])
        cursor.execute(TRY)
        cursor.execute("SELECT current_setting('test.came')")
        row = cursor.fetchone()
    assert row is not None
    return [_ID.sub("…", came) for came in json.loads(row[0])]
