"""When one person hears of one round: that it opened, that it is due, and once more the day after.

Free of the database, and the only place where a round becomes moments of reminders, on whatever way they
travel. The same round, person and choice give the same steps whenever and in whatever order they are asked
for, so planning again never makes a second one: what names a step is its round, its person and its kind.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clients.quiet import Window, next_allowed_by_all
from practice.models import Step
from practice.zones import instant

#: Later than this a reminder says nothing any more.
FRESH_FOR = datetime.timedelta(hours=24)
#: Who is reminded once more has this much time left at least.
TIME_LEFT = datetime.timedelta(hours=1)
#: The day after, or the one after that where a zone leaves a day out.
NEXT_DAYS = (1, 2)


@dataclass(frozen=True)
class Round:
    """What is known of an occurrence. ``zone`` is the one it was planned in, where that is not the person's own.

    ``slot`` is the wall time it was planned for, or a name without one; ``by_hand`` says that somebody chose
    its moments.
    """

    slot: str
    opens_at: datetime.datetime
    due_at: datetime.datetime
    closes_at: datetime.datetime
    by_hand: bool = False
    zone: ZoneInfo | None = None

    @property
    def wall(self) -> datetime.datetime | None:
        """The wall time that it is due at by its plan; None where its moments say everything."""
        if self.by_hand or not self.slot[:4].isdigit():
            return None
        return datetime.datetime.fromisoformat(self.slot)

    def is_open(self, moment: datetime.datetime) -> bool:
        return self.opens_at <= moment < self.closes_at


@dataclass(frozen=True)
class Clock:
    """One person's own clock: their zone, the time they like to be reminded at, and when never."""

    zone: ZoneInfo
    remind_at: datetime.time | None = None
    quiet: tuple[Window, ...] = ()

    def wall(self, moment: datetime.datetime) -> datetime.datetime:
        """The wall time of a moment, without its zone."""
        return moment.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def moment(self, wall: datetime.datetime) -> datetime.datetime | None:
        return instant(wall.date(), wall.time(), self.zone)

    def day(self, moment: datetime.datetime) -> datetime.date:
        return moment.astimezone(self.zone).date()

    def allowed(self, moment: datetime.datetime) -> datetime.datetime | None:
        """The moment itself, or when their quiet hours are over; None when they leave no time."""
        return next_allowed_by_all(moment, self.quiet, self.zone)


class Planned(NamedTuple):
    """One step: from when on it may leave, and until when it still says something."""

    step: Step
    due_at: datetime.datetime
    fresh_until: datetime.datetime


def steps(asked: Round, clock: Clock, chosen: Collection[str]) -> list[Planned]:
    """Return the chosen steps of a round for one person, in order, at most one on each of their days.

    None lies in quiet hours, before the round opens, or at or after its closing.
    """
    wall, due = _due(asked, clock)
    found = {
        Step.DUE: clock.allowed(due),
        Step.OPENS: clock.allowed(_opening(asked, clock)),
        Step.FOLLOW_UP: _following(asked, clock, wall),
    }
    planned: dict[datetime.date, Planned] = {}
    for step, moment in found.items():  # what matters more comes first and keeps the day
        if step not in chosen or moment is None or not asked.is_open(moment):
            continue
        if step is Step.OPENS and any(one.due_at <= moment for one in planned.values()):
            continue  # it is due already when they may hear that it is open
        fresh_until = min(moment + FRESH_FOR, asked.closes_at)
        planned.setdefault(clock.day(moment), Planned(step, moment, fresh_until))
    return sorted(planned.values(), key=lambda one: one.due_at)


def worth_saying(planned: Collection[Planned], now: datetime.datetime) -> list[Planned]:
    """Return what lies ahead of all steps of a round, and of what is due already the newest, while it is fresh.

    Whoever was away, moved, or is planned for late hears of a round once, not of all that they missed.
    """
    every = sorted(planned, key=lambda one: one.due_at)
    newest = [one for one in every if one.due_at <= now][-1:]
    ahead = [one for one in every if one.due_at > now]
    return [one for one in newest + ahead if one.fresh_until > now]


def _due(asked: Round, clock: Clock) -> tuple[datetime.datetime, datetime.datetime]:
    """The wall time and the moment that somebody is reminded at, before anything is said about quiet hours.

    By the plan's wall time it is the time that they like or else the plan's own, by their clock and on the
    plan's date. Where that is before the opening or after the closing, as it may be for what partners in far
    zones do together, and where no wall time is known, it is the moment itself.
    """
    for wall in _walls(asked, clock):
        moment = clock.moment(wall)
        allowed = clock.allowed(moment) if moment is not None and asked.is_open(moment) else None
        if moment is not None and allowed is not None and asked.is_open(allowed):
            return wall, moment
    return clock.wall(asked.due_at), asked.due_at


def _walls(asked: Round, clock: Clock) -> Iterator[datetime.datetime]:
    if asked.wall is None:
        return
    if clock.remind_at is not None:
        yield datetime.datetime.combine(asked.wall.date(), clock.remind_at)
    yield asked.wall


def _opening(asked: Round, clock: Clock) -> datetime.datetime:
    """The opening, at its planned wall time by this person's clock, though never before it is open."""
    if asked.wall is None or asked.zone is None:
        return asked.opens_at
    planned = asked.opens_at.astimezone(asked.zone).replace(tzinfo=None, fold=0)
    return max(clock.moment(planned) or asked.opens_at, asked.opens_at)


def _following(asked: Round, clock: Clock, wall: datetime.datetime) -> datetime.datetime | None:
    """Once more on their next day at the same wall time, while there is time left."""
    moments = (clock.moment(wall + datetime.timedelta(days=days)) for days in NEXT_DAYS)
    moment = next((one for one in moments if one is not None), None)
    allowed = None if moment is None else clock.allowed(moment)
    return allowed if allowed is not None and allowed + TIME_LEFT <= asked.closes_at else None
