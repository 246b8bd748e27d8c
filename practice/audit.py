"""Lines of the audit trail that no trigger can see: who opened or took away what."""

from __future__ import annotations

import uuid

from django.db import connection

from practice import tenancy


def looked(act: str, subject: str, subject_id: uuid.UUID) -> None:
    """Write down that the bound person looked at, exported or downloaded something.

    ``act`` is a verb (``opened``, ``downloaded``), ``subject`` a table's name; no words of anybody's.
    """
    asker = tenancy.current()
    if asker is None:
        raise tenancy.NoPractice("Looking happens inside a practice.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT attune_looked(%s, %s, %s)", [act, subject, subject_id])
