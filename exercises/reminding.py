"""Whether one reminder may leave now: everything that forbids or delays it, and the one decision about it.

Free of the database. :mod:`exercises.reminder_facts` reads the facts, under locks, right before the hand-off.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from clients.quiet import Window, next_allowed_by_all
from practice.outbox import Send, Skip, Verdict, Wait

#: One person gets no more than this by one channel on one of their days, whatever was given.
MOST_A_DAY = 3
#: Between two messages to one person by one channel, and between two about the same thing.
GAP = datetime.timedelta(hours=1)
GAP_OF_ONE = datetime.timedelta(hours=8)
#: Two weeks, less what changed clocks, quiet hours and a slow server may have delayed the first one.
TWO_WEEKS = datetime.timedelta(days=13, hours=12)
#: Something that asks once a month is not given up after a single round.
ROUNDS_IGNORED = 2
#: How long to wait for whoever holds a row that decides.
BUSY = datetime.timedelta(seconds=3)
#: How long a letter waits for a reminder to the same person that says the same.
SOON = datetime.timedelta(seconds=30)

#: Why a reminder that was planned is not called for any more.
SILENT, NOT_THIS_STEP, NOT_THIS_WAY = "without reminders", "step not wanted", "wants none"
IGNORED = "two weeks without an answer"
STALE = "stale"
ACTIVE, OPEN = "active", "open"
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Person:
    """How one person may be reached about a topic by the message's channel, and what they got by it."""

    is_there: bool = True
    has_sign_in: bool = True
    is_locked_out: bool = False
    consents: bool = True
    channel_chosen: bool = True
    zone: ZoneInfo = UTC
    #: Quiet hours of their own, and by law for the channel.
    quiet: tuple[Window, ...] = ()
    #: By this channel: how many today by their own clock, and when the last one left.
    today: int = 0
    last_at: datetime.datetime | None = None
    #: A reminder to them is about to leave by the same channel.
    reminder_due: bool = False


@dataclass(frozen=True)
class Facts:
    """What is true of one reminder right before it leaves."""

    planned_for: datetime.datetime
    fresh_until: datetime.datetime
    step: str = ""
    #: Somebody else is changing a row that decides: ask again in a moment.
    busy: bool = False
    is_there: bool = True
    couple_status: str = ACTIVE
    in_couple: bool = True
    withdrawn: bool = False
    steps: frozenset[str] = frozenset()
    state: str = OPEN
    opens_at: datetime.datetime | None = None
    closes_at: datetime.datetime | None = None
    is_asked: bool = True
    has_answered: bool = False
    newer_is_due: bool = False
    #: When one about the same assignment last left for them by the same channel.
    last_of_assignment_at: datetime.datetime | None = None
    #: A stop is in force; else since when, and in how many rounds, reminders left without any sign from them.
    is_stopped: bool = False
    ignored_since: datetime.datetime | None = None
    ignored_rounds: int = 0
    person: Person = field(default_factory=Person)


def verdict(facts: Facts, now: datetime.datetime) -> Verdict:
    """Return what becomes of a reminder at this moment."""
    if facts.busy:
        return Wait(now + BUSY)
    reason = forbidden(facts, now)
    if reason:
        return Skip(reason)
    last = facts.last_of_assignment_at
    earliest = max(now, facts.opens_at or now, last + GAP_OF_ONE if last else now)
    end = min(facts.fresh_until, facts.closes_at or facts.fresh_until)
    return when(facts.person, earliest, end, now)


def forbidden(facts: Facts, now: datetime.datetime) -> str:
    """Return why it must not leave at all, '' when nothing speaks against it."""
    if not facts.is_there:
        return "no longer there"
    return (
        by_couple(facts.couple_status, in_couple=facts.in_couple)
        or _by_assignment(facts)
        or _by_round(facts, now)
        or by_person(facts.person)
        or (IGNORED if facts.is_stopped or is_ignored(facts, now) else "")
    )


def is_ignored(facts: Facts, now: datetime.datetime) -> bool:
    """Tell whether reminders of this assignment left for two weeks, and this person gave no sign."""
    since = facts.ignored_since
    return since is not None and now - since >= TWO_WEEKS and facts.ignored_rounds >= ROUNDS_IGNORED


def by_couple(status: str, *, in_couple: bool) -> str:
    """Return why nothing may leave for a couple, '' when nothing speaks against it."""
    if status != ACTIVE:
        return status
    return "" if in_couple else "left the couple"


def _by_assignment(facts: Facts) -> str:
    if facts.withdrawn:
        return "withdrawn"
    if not facts.steps:
        return SILENT
    return "" if facts.step in facts.steps else NOT_THIS_STEP


def _by_round(facts: Facts, now: datetime.datetime) -> str:
    if facts.state != OPEN:
        return facts.state
    if facts.closes_at is not None and facts.closes_at <= now:
        return "closed"
    if not facts.is_asked:
        return "not asked any more"
    if facts.has_answered:
        return "answered"
    if facts.newer_is_due:
        return "a newer one is due"
    last = facts.last_of_assignment_at
    return "said already" if last is not None and last >= facts.planned_for else ""


def by_person(person: Person) -> str:
    """Return why nothing may leave for this person by this channel, '' when nothing speaks against it."""
    if not person.is_there or not person.has_sign_in:
        return "no sign-in"
    if person.is_locked_out:
        return "account closed"
    if not person.consents:
        return "no consent"
    if not person.channel_chosen:
        return NOT_THIS_WAY
    return "enough for today" if person.today >= MOST_A_DAY else ""


def when(person: Person, earliest: datetime.datetime, end: datetime.datetime, now: datetime.datetime) -> Verdict:
    """Return whether it may leave now, or when: outside quiet hours, apart from the last one, before ``end``."""
    if person.last_at is not None:
        earliest = max(earliest, person.last_at + GAP)
    allowed = next_allowed_by_all(earliest, person.quiet, person.zone)
    if allowed is None:
        return Skip("quiet all day")
    if max(allowed, now) >= end:
        return Skip(STALE)
    if allowed > now:
        return Wait(allowed)
    return Wait(now + SOON) if person.reminder_due else Send()
