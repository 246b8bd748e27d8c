"""One file after another: two people who bring the same one begin one draft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from practice import tenancy


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Whatever is taken into the bound practice's library inside happens whole, and after what came before."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            key = f"library of {tenancy.current_practice_id()}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [key])
        yield
