"""Values as they stand in SQL.

The driver finds out for each value how it is written, and most that pages ask with are ids and moments: they hold
nothing that could end a literal. Whatever else there is, the driver writes.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import UUID


def literals(values: Sequence[Any], cursor: Any) -> list[str]:
    """Return how values stand in SQL that is sent over a cursor of the driver's."""
    return [_plain(one) or cursor.mogrify("%s", [one]) for one in values]


def _plain(value: Any) -> str:
    """Return how an id, several of them, or a moment is written; empty for everything else."""
    kind = type(value)
    if kind is UUID:
        return f"'{value.hex}'::uuid"
    if kind is datetime.datetime and value.tzinfo is datetime.UTC:
        return f"'{value}'::timestamptz"
    if kind is list and value and all(type(one) is UUID for one in value):
        return f"'{{{','.join([one.hex for one in value])}}}'::uuid[]"
    return ""
