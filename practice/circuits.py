"""Circuit breakers: a provider that is out of order is left alone for a while, and then tried with one message.

Each has a key of its own (:mod:`practice.providers`), so one practice's broken server is nobody else's matter.
All of it is judged by the database's clock and shared by all workers.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from django.db.models import F

from practice import clock
from practice.models import Circuit

FIRST, LONGEST = 15.0, 600.0


@dataclass(frozen=True)
class Health:
    """The providers that failed lately. ``resting`` ones are left alone, the others may be tried with one message."""

    resting: frozenset[str] = frozenset()
    half_open: frozenset[str] = frozenset()

    @property
    def troubled(self) -> frozenset[str]:
        return self.resting | self.half_open


def health() -> Health:
    """Return how the providers are now. Needs any bound role that works for the installation."""
    now = clock.now()
    rows = dict(Circuit.objects.filter(failures__gt=0).values_list("key", "open_until"))
    resting = frozenset(key for key, until in rows.items() if until is not None and until > now)
    return Health(resting, frozenset(rows) - resting)


def failed(key: str, reason: str, *, after: float = 0) -> None:
    """Write down that a provider is out of order: it rests, each time twice as long, ten minutes at most.

    ``after`` is the pause that it asked for itself, in seconds.
    """
    circuit, _made = Circuit.objects.get_or_create(key=key, defaults={"changed_at": clock.now()})
    Circuit.objects.filter(key=key).update(
        failures=F("failures") + 1,
        open_until=clock.Now() + rest_after(circuit.failures + 1, after),
        reason=reason[:60],
        changed_at=clock.Now(),
    )


def rest_after(failures: int, asked: float = 0) -> datetime.timedelta:
    """Return how long to leave a provider alone after so many failures in a row."""
    longest = min(LONGEST, FIRST * 2 ** min(max(failures - 1, 0), 10))
    return datetime.timedelta(seconds=max(asked, longest * random.uniform(0.8, 1.2)))  # noqa: S311 no secret


def works(key: str) -> None:
    """Write down that a provider took something: it is well again."""
    Circuit.objects.filter(key=key, failures__gt=0).update(failures=0, open_until=None, changed_at=clock.Now())
