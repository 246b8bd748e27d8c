"""What a couple and their therapist see together on one screen: what all of them may read anyway."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

from clients.models import Appointment, Couple
from exercises import agreements, goals, record
from exercises.models import Agreement, Assignment, Response
from practice import clock, tenancy
from practice.models import Membership
from practice.tenancy import Asker

#: How far back it goes.
LATELY = 20


@tenancy.register_scope
def known_to_all(asker: Asker) -> Asker:
    """Add what was given to everybody in the room; runs as Attune itself."""
    if not asker.sharing:
        return asker
    given = Assignment.objects.filter(couple_id=asker.sharing, audience__contains=list(asker.room))
    return replace(asker, given=sorted(given.values_list("pk", flat=True)))


@dataclass
class Round:
    """One thing that was answered, with everybody's part side by side."""

    title: str
    events: list[record.Event] = field(default_factory=list)


@dataclass(frozen=True)
class Screen:
    """Everything that the page shows. The walls decide what that is; nothing here leaves anything out."""

    rounds: list[Round]
    agreed: list[agreements.Kept]
    goals: list[goals.Standing]
    next: Appointment | None


def of(couple: Couple, member: Membership) -> Screen:
    """Read the screen of one couple, through the walls of a shared screen."""
    standing = goals.for_all(couple).filter(reached_at=None, dropped_at=None)
    return Screen(
        rounds=_rounds(couple, member),
        agreed=[one for one in agreements.of(Agreement.objects.filter(couple=couple)) if one.holding],
        goals=goals.standings(couple, list(standing)),
        next=Appointment.objects.filter(couple=couple).ahead(clock.now()).first(),
    )


def _rounds(couple: Couple, member: Membership) -> list[Round]:
    rows = record.responses_of(couple).select_related("edition", "author", "occurrence")
    answered: list[Response] = list(rows[:LATELY])
    found: dict[tuple[uuid.UUID, str], Round] = {}
    for event in record.events(answered, couple, member):
        if event.response is None:
            continue
        at = event.response.occurrence
        found.setdefault((at.assignment_id, at.slot), Round(event.title)).events.append(event)
    for one in found.values():
        one.events.sort(key=lambda event: event.position)
    return list(found.values())
