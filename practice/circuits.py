"""Circuit breakers: a provider that is out of order is left alone for a while, and then tried with one message.

Each has a key of its own (:mod:`practice.providers`), so one practice's broken server is nobody else's matter.
All of it is judged by the database's clock and shared by all workers. Needs any role that works for the
installation to be bound.
"""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass

from django.db.models import Q

from practice import clock
from practice.models import Circuit

FIRST, LONGEST = 15.0, 600.0
#: The longest pause that is granted to a provider that asks for one.
LONGEST_ASKED = 6 * 3600.0
#: Longer than the handing over of one message may last: nobody else tries a provider meanwhile.
TRIAL = datetime.timedelta(minutes=2)
#: How often in a row a provider may say 'not now' before it is left alone.
STRIKES = 5
PROBER = "the prober"


@dataclass(frozen=True)
class Health:
    """The providers that failed lately. ``resting`` ones are left alone, the others may be tried with one message."""

    resting: frozenset[str] = frozenset()
    half_open: frozenset[str] = frozenset()

    @property
    def troubled(self) -> frozenset[str]:
        return self.resting | self.half_open

    def without(self, key: str) -> Health:
        """Return what is left to say when a provider is well again."""
        return Health(self.resting - {key}, self.half_open - {key})

    def resting_too(self, key: str) -> Health:
        """Return how it is once a provider is left alone."""
        return Health(self.resting | {key}, self.half_open - {key})


def health() -> Health:
    """Return how the providers are now."""
    now = clock.now()
    rows = dict(Circuit.objects.filter(failures__gt=0).values_list("key", "open_until"))
    resting = frozenset(key for key, until in rows.items() if until is not None and until > now)
    return Health(resting, frozenset(rows) - resting)


def failed(key: str, reason: str, *, after: float = 0, tried: bool = False) -> None:
    """Write down that a provider is out of order: it rests, each time twice as long, ten minutes at most.

    ``after`` is the pause that it asked for itself, in seconds. ``tried`` tells that it was a trial: what
    comes from others while it rests already is one and the same failure.
    """
    now = clock.now()
    Circuit.objects.get_or_create(key=key, defaults={"changed_at": now})
    circuit = Circuit.objects.select_for_update().get(key=key)
    rests = circuit.open_until is not None and circuit.open_until > now
    if tried or not rests or not circuit.failures:
        circuit.failures = min(circuit.failures + 1, 1000)
        circuit.open_until = now + rest_after(circuit.failures, after)
    elif circuit.open_until is not None:
        circuit.open_until = max(circuit.open_until, now + datetime.timedelta(seconds=_granted(after)))
    circuit.reason, circuit.changed_at = reason[:60], now
    circuit.save()


def rest_after(failures: int, asked: float = 0) -> datetime.timedelta:
    """Return how long to leave a provider alone after so many failures in a row."""
    longest = min(LONGEST, FIRST * 2 ** min(max(failures - 1, 0), 10))
    return datetime.timedelta(seconds=max(_granted(asked), longest * random.uniform(0.8, 1.2)))  # noqa: S311 no secret


def _granted(asked: float) -> float:
    return min(asked, LONGEST_ASKED)


def may_try(key: str) -> bool:
    """Ask to try a provider that has rested long enough; one asker is told yes, all others no."""
    rested = Circuit.objects.filter(key=key, failures__gt=0, open_until__lte=clock.Now())
    return rested.update(open_until=clock.Now() + TRIAL, changed_at=clock.Now()) == 1


def works(key: str) -> None:
    """Write down that a provider took something: it is well again."""
    Circuit.objects.filter(key=key, failures__gt=0).update(failures=0, open_until=None, changed_at=clock.Now())


def begin_probing() -> bool:
    """Ask to be the one who tries providers, so that those who deliver are never all held up at once."""
    Circuit.objects.get_or_create(key=PROBER, defaults={"changed_at": clock.now()})
    free = Circuit.objects.filter(Q(open_until=None) | Q(open_until__lte=clock.Now()), key=PROBER)
    return free.update(open_until=clock.Now() + TRIAL, changed_at=clock.Now()) == 1


def end_probing() -> None:
    """Let the next one try providers."""
    Circuit.objects.filter(key=PROBER).update(open_until=None)
