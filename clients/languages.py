"""The languages that a client can choose to read in. Apps above say what they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from clients.models import Client

Offer = Callable[[Client], Iterable[tuple[str, str]]]
F = TypeVar("F", bound=Offer)
_offers: list[Offer] = []


def register_languages(offer: F) -> F:
    """Let ``offer`` say which languages there are for a client: pairs of code and name."""
    _offers.append(offer)
    return offer


def on_offer(client: Client) -> list[tuple[str, str]]:
    """Return the languages that this client can choose among, each once, by name."""
    found = {code: name for offer in _offers for code, name in offer(client)}
    return sorted(found.items(), key=lambda one: one[1].casefold())
