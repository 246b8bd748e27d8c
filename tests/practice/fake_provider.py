"""A provider that behaves as badly as real ones do, and a ledger of what it let through.

It can take a message and fall silent, take it twice, lose it, refuse it for good or for now, hang up, and
forget its connection. Which of these happens is drawn from a given chance, so that a test can repeat it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from practice import providers
from practice.channels.base import Fate, Letter, NotNow, Refused, Unreachable
from practice.models import Message
from practice.providers import Route

#: What may happen to one request, and whether the provider has the message afterwards.
HEALTHY = ("takes it",)
WORST = (
    "takes it",
    "takes it",
    "takes it",
    "takes it and is silent",
    "loses it and is silent",
    "says not now",
    "says not now, and when",
    "refuses it",
    "refuses the address",
    "is not there",
)

MAY_HAVE = ("takes it", "takes it and is silent", "loses it and is silent")


class Silence(OSError):
    """No answer came: nobody knows."""


@dataclass
class Ledger:
    """What reached people, by reference; and every request, in order."""

    arrived: Counter[str] = field(default_factory=Counter)
    requests: list[tuple[str, str, str]] = field(default_factory=list)

    def strayed(self) -> list[str]:
        """Return what another provider was asked to carry after one of them had it, or may have had it."""
        held: dict[str, str] = {}
        found = []
        for key, reference, way in self.requests:
            if held.get(reference, key) != key:
                found.append(reference)
            if way in MAY_HAVE:
                held.setdefault(reference, key)
        return found


class FakeProvider:
    """One provider. With ``repeats_safely`` it lets one reference through only once, and its log can be asked."""

    def __init__(
        self,
        key: str = "email",
        *,
        ledger: Ledger | None = None,
        repeats_safely: bool = False,
        ways: Iterable[str] = HEALTHY,
        chance: random.Random | None = None,
    ) -> None:
        self.key = key
        self.ledger = ledger or Ledger()
        self.repeats_safely = repeats_safely
        self.ways = tuple(ways)
        self.chance = chance or random.Random(0)
        self.taken: set[str] = set()
        self.is_there = True
        #: What else happens in the world while a request is under way.
        self.meanwhile: Callable[[], object] = lambda: None

    def route(self, *, channel: str = "email", per_minute: int = 0) -> Route:
        return Route(self.key, channel, "from@example.org", lambda: self, per_minute)

    # --- what every carrier can do

    def open(self) -> None:
        if not self.is_there:
            raise Unreachable("no connection")

    def prepare(self, message: Message, letter: Letter, address: str) -> str:
        return message.reference

    def send(self, parcel: Any) -> str:
        if not self.is_there:
            raise Unreachable("no connection")
        repeat = self.repeats_safely and parcel in self.taken
        way = "takes it" if repeat else self.chance.choice(self.ways)
        self.ledger.requests.append((self.key, parcel, way))
        self.meanwhile()
        match way:
            case "says not now":
                raise NotNow("reply 451")
            case "says not now, and when":
                raise NotNow("status 429", after=self.chance.randrange(1, 300))
            case "refuses it":
                raise Refused("reply 554")
            case "refuses the address":
                raise Refused("reply 550", address=True)
            case "is not there":
                raise Unreachable("no connection")
            case "loses it and is silent":
                raise Silence
        self._take(parcel)
        if way == "takes it and is silent":
            raise Silence
        return f"taken-{parcel}"

    def _take(self, reference: str) -> None:
        if not (self.repeats_safely and reference in self.taken):
            self.ledger.arrived[reference] += 1
        self.taken.add(reference)

    def fate_of(self, message: Message) -> Fate:
        if not self.repeats_safely:
            return Fate.UNKNOWN
        return Fate.TAKEN if message.reference in self.taken else Fate.NOT_TAKEN

    def close(self) -> None:
        pass


def use(monkeypatch: Any, *fakes: FakeProvider, per_minute: int = 0) -> None:
    """Let these carry all mail, the first one first."""
    monkeypatch.setattr(providers, "routes", lambda: {"email": [one.route(per_minute=per_minute) for one in fakes]})
