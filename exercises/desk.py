"""What waits for a therapist: one queue, filled by whoever knows of something to look at.

Apps above this one register a provider; each is asked once a page, for all couples of the asker together.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from practice.models import Membership
from practice.written import Asked, ahead


@dataclass(frozen=True)
class QueueItem:
    """One thing to look at. ``kind`` is one of the states of the design (risk, ask, talk, new, open).

    ``urgent`` items come first, whatever their age; ``calm`` ones come last: worth a thought when there is time.
    What is ``aside`` stands on the couple's page and not on Today.
    ``detail`` holds no words of a client.
    """

    kind: str
    what: str
    couple_id: uuid.UUID
    detail: str
    since: datetime
    url: str
    action: str
    urgent: bool = False
    calm: bool = False
    aside: bool = False
    #: It waits although they are not in care any more.
    after_care: bool = False
    #: How many answers it is about, where they wait to be read.
    unread: int = 0


#: Given who asks and the couples on the page, returns what is there to look at, in a fixed number of queries.
QueueProvider = Callable[[Membership, Collection[uuid.UUID]], list[QueueItem]]
_providers: list[QueueProvider] = []
#: Those whose items are all aside.
_aside: list[QueueProvider] = []
Question = Callable[[Membership, Collection[uuid.UUID]], Asked[list[Any]]]
_questions: dict[QueueProvider, Question] = {}


def register_queue(provider: QueueProvider) -> QueueProvider:
    """Let an app put its own items into the queue on Today; use it as a decorator."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def register_aside(provider: QueueProvider) -> QueueProvider:
    """Let an app put items on the couple's page that never stand on Today; use it as a decorator."""
    _aside.append(provider)
    return register_queue(provider)


def asking(question: Question) -> Callable[[QueueProvider], QueueProvider]:
    """Say what a provider asks whatever it finds: all such questions go to the database in one trip."""

    def keep(provider: QueueProvider) -> QueueProvider:
        _questions[provider] = question
        return provider

    return keep


def queue(membership: Membership, couples: Collection[uuid.UUID], *, with_aside: bool = True) -> list[QueueItem]:
    """Return everything that waits: urgent first, then the longest waiting, what is calm last."""
    if not couples:
        return []
    asked = _providers if with_aside else [one for one in _providers if one not in _aside]
    # Who may not read answers is not asked for them ahead either: the database would refuse.
    known = [one for one in asked if one in _questions] if membership.sees_answers else []
    with ahead(*(_questions[one](membership, couples) for one in known)):
        items = [item for provider in asked for item in provider(membership, couples)]
    if not with_aside:
        items = [item for item in items if not item.aside]
    return sorted(items, key=lambda item: (not item.urgent, item.calm, item.since))
