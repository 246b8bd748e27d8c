"""What kinds of messages there are for people in care: by which switch they come, and what each was about.

The apps above register their own; this app never asks what an exercise is. Everything said here is said inside
the portal, to the person whose message it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

from clients.models import Client
from practice.models import Message


@dataclass(frozen=True)
class About:
    """What one message was about: in the page's own words, and where it leads ('' where there is nothing any more)."""

    what: str
    url: str = ""


#: Given messages of one kind and of one person, all at once: what each was about. Those left out are gone.
Describe = Callable[[Client, Sequence[Message]], dict[uuid.UUID, About]]


@dataclass(frozen=True)
class Kind:
    """``topic`` is the switch it comes by, '' where it comes by none. ``on_today`` are those that would show
    nowhere else in the portal: one sent there is said on the first page. Those that are not ``listed`` are told
    of nowhere."""

    name: str
    describe: Describe | None = None
    topic: str = ""
    on_today: bool = False
    listed: bool = True
    #: What each step says of itself, as a sentence.
    steps: Mapping[str, str | Promise] = field(default_factory=dict)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Say what a kind is; called once from an app's ``ready()``."""
    _kinds[kind.name] = kind


def of(name: str) -> Kind:
    """Return a kind; one that nobody registered comes by no switch and is about nothing."""
    return _kinds.get(name) or Kind(name)


def about(topic: str) -> list[str]:
    """Return the names of all kinds that come by a switch."""
    return [name for name, kind in _kinds.items() if kind.topic == topic]


def unlisted() -> list[str]:
    return [name for name, kind in _kinds.items() if not kind.listed]


def on_today() -> list[str]:
    return [name for name, kind in _kinds.items() if kind.on_today]


def described(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, About]:
    """Return what each message was about, asking each kind once."""
    found: dict[uuid.UUID, About] = {}
    for name in {one.kind for one in messages}:
        describe = of(name).describe
        if describe is not None:
            found |= describe(person, [one for one in messages if one.kind == name])
    return found
