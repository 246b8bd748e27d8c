"""Sitting down to it, step by step: one step a screen, on one phone or on several that keep in step.

A sitting belongs to those who do it together: everybody the round is for, or one person alone where each
does it for themselves; nobody else learns of it. Every change counts ``version`` up and names the count it was
built on, so two phones never undo each other: the later one is told how it stands (:class:`Behind`). A break
is the exception: it is always heard, at once, from anybody.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.models import Partner
from exercises import breaks, pacing
from exercises.doing import Doing
from exercises.models import Sitting
from exercises.vocabulary import Lane, Participation

Mode = Sitting.Mode


class Behind(Exception):
    """It was changed elsewhere in the meantime, or rests. Nothing was written; ``sitting`` is how it stands."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__("changed elsewhere")
        self.sitting = sitting


class Ended(Exception):
    """Somebody got up in the meantime. Nothing was written."""


def steps_of(doing: Doing) -> list[pacing.Step]:
    """Return the steps with the time that each may take."""
    return pacing.paced(doing.edition.content.get("steps", []), doing.edition.content.get("minutes", 0))


def adapted_to(doing: Doing) -> list[str]:
    """Return what the therapist chose to add for these people: a lighter way, a way at a distance."""
    texts = doing.edition.content.get("adaptations") or {}
    return [texts[key] for key in doing.assignment.tailoring.get("adaptations", ()) if key in texts]


def audience_of(doing: Doing) -> list[uuid.UUID]:
    """Return who sits down together: one person alone where each does it for themselves."""
    alone = doing.edition.content.get("participation") == Participation.EACH_ALONE and not doing.assignment.is_joint
    if alone or doing.assignment.lane in (Lane.OWN, Lane.PRIVATE):
        return [doing.person.pk]
    return sorted(doing.assignment.audience)


def people(doing: Doing) -> list[Partner]:
    """Return those who sit down together, in their fixed order."""
    there = audience_of(doing)
    rows = Partner.objects.filter(couple=doing.occurrence.couple_id, client__in=there, left_at=None)
    return list(rows.select_related("client").order_by("position"))


def takes_turns(doing: Doing) -> bool:
    """Tell whether one speaks while the others listen."""
    return doing.edition.content.get("participation") == Participation.TURN_TAKING and len(audience_of(doing)) > 1


def current(doing: Doing) -> Sitting | None:
    """Return the sitting that is going on, if any."""
    return _going_on(doing).select_related("turn_of").first()


def _going_on(doing: Doing):
    return Sitting.objects.filter(
        assignment=doing.assignment, slot=doing.occurrence.slot, audience=audience_of(doing), ended_at=None
    )


def begin(doing: Doing, *, mode: str = Mode.ONE_PHONE, first: uuid.UUID | None = None) -> Sitting:
    """Sit down; where somebody has already, join them as they are."""
    found = current(doing)
    if found is not None:
        return found
    turns = [one.client_id for one in people(doing)] if takes_turns(doing) else []
    speaks = first if first in turns else next(iter(turns), None)
    try:
        with transaction.atomic():
            return Sitting.objects.create(
                couple_id=doing.occurrence.couple_id,
                assignment=doing.assignment,
                slot=doing.occurrence.slot,
                audience=audience_of(doing),
                mode=mode if mode in Mode.values else Mode.ONE_PHONE,
                turn_of_id=speaks,
                started_by=doing.person,
            )
    except IntegrityError:  # the other phone was faster by a moment
        return _going_on(doing).get()


def go(doing: Doing, *, step: int, version: int) -> Sitting:
    """Show another step, or the closing screen behind the last one. A timer ends with its step."""
    sitting = _locked(doing, version)
    sitting.step = min(max(step, 0), len(steps_of(doing)))
    sitting.timer_started_at = sitting.timer_seconds = None
    return _changed(sitting)


def start_timer(doing: Doing, *, seconds: int, version: int) -> Sitting:
    sitting = _locked(doing, version)
    sitting.timer_started_at = timezone.now()
    sitting.timer_seconds = min(max(seconds, pacing.SHORTEST), pacing.LONGEST)
    return _changed(sitting)


def stop_timer(doing: Doing, *, version: int) -> Sitting:
    sitting = _locked(doing, version)
    sitting.timer_started_at = sitting.timer_seconds = None
    return _changed(sitting)


def pass_turn(doing: Doing, *, version: int) -> Sitting:
    """Let the next one speak; roles swap, and everybody else listens."""
    sitting = _locked(doing, version)
    if sitting.turn_of_id is not None:
        order = [one.client_id for one in people(doing)]
        sitting.turn_of_id = _after(sitting.turn_of_id, order)
        sitting.timer_started_at = sitting.timer_seconds = None
    return _changed(sitting)


def _after(one: uuid.UUID, order: Sequence[uuid.UUID]) -> uuid.UUID:
    return order[(order.index(one) + 1) % len(order)] if one in order else order[0]


def pause(doing: Doing) -> Sitting:
    """Call a break for everybody, whatever the other phone is doing. Nobody is asked why."""
    begin(doing)
    sitting = _going_on(doing).select_for_update().get()
    if sitting.paused_at is None:
        sitting.paused_at = timezone.now()
        sitting.paused_until = sitting.paused_at + breaks.agreed(doing.occurrence.couple_id).length
        sitting.timer_started_at = sitting.timer_seconds = None
        _changed(sitting)
    return sitting


def resume(doing: Doing, *, version: int) -> Sitting:
    """Go on after this very break, called off by anybody; a newer one stays."""
    sitting = _locked(doing, version, resting=True)
    sitting.paused_at = sitting.paused_until = None
    return _changed(sitting)


def end(doing: Doing) -> None:
    """Get up. Doing it twice changes nothing."""
    _going_on(doing).update(ended_at=timezone.now())


def _locked(doing: Doing, version: int, *, resting: bool = False) -> Sitting:
    """Return the sitting for a change that was built on ``version``; two phones take turns."""
    sitting = _going_on(doing).select_for_update().first()
    if sitting is None:
        raise Ended
    if sitting.version != version or (sitting.paused_at is not None) != resting:
        raise Behind(sitting)
    return sitting


def _changed(sitting: Sitting) -> Sitting:
    sitting.version += 1
    sitting.save()
    return sitting


def left(moment: datetime.datetime | None, now: datetime.datetime) -> int | None:
    """Return the whole seconds until ``moment``, never below nought."""
    return None if moment is None else max(round((moment - now).total_seconds()), 0)


def timer_ends(sitting: Sitting) -> datetime.datetime | None:
    if sitting.timer_started_at is None or sitting.timer_seconds is None:
        return None
    return sitting.timer_started_at + datetime.timedelta(seconds=sitting.timer_seconds)
