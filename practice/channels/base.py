"""What every channel can do, and the ways in which a provider says no.

The moment matters more than the reason: until the last byte was handed over nobody has a message, and it may
be tried again; after that only the provider's own answer tells, and where none comes nobody knows.
"""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from practice.models import Message


class NotNow(Exception):
    """The provider did not take it, and may take it later; ``after`` is the pause it asked for, in seconds."""

    def __init__(self, reason: str, after: float = 0) -> None:
        super().__init__(reason)
        self.after = after


class Unreachable(NotNow):
    """There is no provider to talk to, or it does not let us in: no fault of any message."""


class Refused(Exception):
    """The provider will never take this message. ``address`` tells that it is the address it refuses."""

    def __init__(self, reason: str, *, address: bool = False) -> None:
        super().__init__(reason)
        self.address = address


class Fate(enum.Enum):
    """What a provider's own log says about a message that nobody knows about."""

    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Device:
    """One browser of one person, and what is needed to push to it."""

    id: uuid.UUID
    subscription: str


@dataclass(frozen=True)
class Letter:
    """What leaves: neutral words, for one person.

    Name the recipient by ``to_user_id`` wherever there is a user, so that the address is the one that is
    true now; ``to_address`` (a mail address or an international number) is for people without a sign-in and
    for text messages; ``devices`` are for notifications. ``short`` is all that a text message or a
    notification says; ``link`` is where it leads. ``unsubscribe`` is the address of a one-click stop.
    """

    subject: str
    text: str
    html: str = ""
    short: str = ""
    link: str = ""
    unsubscribe: str = ""
    to_user_id: uuid.UUID | None = None
    to_address: str = ""
    devices: tuple[Device, ...] = ()


class Carrier(Protocol):
    """A way to one provider. Its errors hold codes and never an address or a text, so that they may be logged.

    ``repeats_safely`` tells that the provider takes a message with the same reference only once.
    """

    repeats_safely: bool

    def open(self) -> None:
        """Connect, or make sure that the connection still lives; raise :class:`Unreachable`."""
        ...

    def prepare(self, message: Message, letter: Letter, address: str) -> Any:
        """Return the parcel for :meth:`send`. Whatever can not be written down fails here, before anything left."""
        ...

    def send(self, parcel: Any) -> str:
        """Hand it over and return the provider's own name for it ('' if it has none).

        Raise :class:`NotNow` or :class:`Refused` when it is certain that it was not taken. Any other error
        means that nobody knows.
        """
        ...

    def fate_of(self, message: Message) -> Fate:
        """Ask the provider's log about a message that may have been handed over."""
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...
