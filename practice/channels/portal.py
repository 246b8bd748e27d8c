"""The portal itself: nothing leaves the house, the message waits on the person's own pages."""

from __future__ import annotations

from typing import Any

from practice.channels.base import Fate, Letter
from practice.models import Message


class Portal:
    """Takes everything at once: the row is the message."""

    repeats_safely = True

    def open(self) -> None:
        pass

    def prepare(self, message: Message, letter: Letter, address: str) -> None:
        pass

    def send(self, parcel: Any) -> str:
        return ""

    def fate_of(self, message: Message) -> Fate:
        return Fate.TAKEN

    def close(self) -> None:
        pass
