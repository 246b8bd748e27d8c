"""What became of a message, in plain words for the person it was for."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from practice import held
from practice.models import Message

State = Message.State


@dataclass(frozen=True)
class Fate:
    """``kind`` is a state of the pages (see the ``state`` tag); ``moving`` says that there is more to come soon."""

    kind: str
    words: str | Promise
    moving: bool = False


MOVING = Fate("open", _("On its way"), moving=True)
FATES = {
    State.PLANNED: MOVING,
    State.CLAIMED: MOVING,
    State.HANDING_OFF: MOVING,
    State.ACCEPTED: Fate("done", _("Handed over")),
    State.DELIVERED: Fate("done", _("Arrived")),
    State.BOUNCED: Fate("ask", _("Came back")),
    State.COMPLAINED: Fate("ask", _("Reported as unwanted")),
    State.SKIPPED: Fate("open", _("Not sent")),
    State.CANCELLED: Fate("open", _("Called off")),
    State.UNKNOWN: Fate("ask", _("Nobody knows whether it arrived")),
    State.DEAD: Fate("ask", _("Could not be handed over")),
}
#: Why something was not sent, where that helps.
REASONS = {
    "suppressed": Fate("ask", _("Not sent: this address is left alone")),
    "no address": Fate("ask", _("Not sent: there is no address")),
    "no such channel": Fate("ask", _("Not sent: this way is closed at the moment")),
    held.REASON: Fate("open", _("Not sent: nothing is sent at the moment")),
    "stale": Fate("ask", _("Not sent: it would have come too late")),
}
HERE = Fate("done", _("It is on your first page"))


def of(message: Message) -> Fate:
    """Return what became of a message."""
    if message.state == State.SKIPPED:
        return REASONS.get(message.reason, FATES[State.SKIPPED])
    if message.channel == Message.Channel.PORTAL and message.state in (State.ACCEPTED, State.DELIVERED):
        return HERE
    return FATES[State(message.state)]
