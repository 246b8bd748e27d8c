"""What stands in somebody's calendar. Other apps add theirs: what is due, reports.

A partner's words are neutral: whoever looks at a shared calendar, a phone on a table or an account at work reads
"Appointment" and "Reminder", the same for everything, and never what it is about, with whom or where.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clients import consents
from clients.models import Appointment, CaseloadEntry, Client, Couple, StaffCalendar
from practice import tenancy

#: From how far back to how far ahead a calendar reaches, and how many entries of one kind it has at most.
BEHIND = datetime.timedelta(days=30)
AHEAD = datetime.timedelta(days=400)
MOST = 500
#: What has a moment and no length is shown for so long.
SHORT = datetime.timedelta(minutes=15)

#: So that a row is called otherwise in each calendar, and the same there for ever.
_NAMES = uuid.UUID("6d3f5f0e-6a64-5c38-9d0b-0d1a3a5c7e21")


@dataclass(frozen=True)
class Entry:
    """One entry. ``busy``: it takes up its owner's time. ``sequence`` and ``changed_at`` are those of RFC 5545."""

    uid: str
    title: str
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    zone: str
    sequence: int
    changed_at: datetime.datetime
    cancelled: bool = False
    busy: bool = False


@dataclass(frozen=True)
class Window:
    """Which time a calendar shows."""

    now: datetime.datetime

    @property
    def first(self) -> datetime.datetime:
        return self.now - BEHIND

    @property
    def last(self) -> datetime.datetime:
        return self.now + AHEAD


PersonSource = Callable[[Client, list[Couple], Window], Iterable[Entry]]
StaffSource = Callable[[StaffCalendar, Mapping[uuid.UUID, "Seen"], Window], Iterable[Entry]]
_person_sources: list[PersonSource] = []
_staff_sources: list[StaffSource] = []


@dataclass(frozen=True)
class Seen:
    """A couple of a therapist's, and what is put behind a word to tell it from others."""

    couple: Couple
    suffix: str


def for_people(source: PersonSource) -> PersonSource:
    """Let an app add entries to calendars of people in care; it is asked as the person, behind their walls."""
    _person_sources.append(source)
    return source


def for_staff(source: StaffSource) -> StaffSource:
    """Let an app add entries to calendars of therapists; it is asked as the therapist, behind their walls."""
    _staff_sources.append(source)
    return source


def uid_of(whose: uuid.UUID, *what: object) -> str:
    """Return the name of an entry: the same for ever in one person's calendar, and another one in anybody else's."""
    return str(uuid.uuid5(_NAMES, ":".join(str(one) for one in (whose, *what))))


def made_at(row_id: uuid.UUID) -> datetime.datetime:
    """Return when a row was made: its id says it."""
    return datetime.datetime.fromtimestamp((row_id.int >> 80) // 1000, datetime.UTC)


def of_person(person: Client, now: datetime.datetime) -> list[Entry]:
    """Return what a person finds in their calendar. Needs them bound.

    Nothing while they have not agreed to everything, and nothing of a couple that rests, has parted or ended.
    """
    asker = tenancy.current()
    if asker is None or not asker.couples or consents.missing(person):
        return []
    couples = list(Couple.objects.filter(pk__in=asker.couples, status=Couple.Status.ACTIVE))
    window = Window(now)
    found = [entry for source in _person_sources for entry in source(person, couples, window)] if couples else []
    return sorted(found, key=lambda one: (one.starts_at, one.uid))


def of_member(row: StaffCalendar, now: datetime.datetime) -> list[Entry]:
    """Return what a therapist finds in their calendar: of their own caseload. Needs them bound."""
    own = CaseloadEntry.objects.filter(membership_id=row.membership_id).values("couple_id")
    couples = Couple.objects.in_care().filter(pk__in=own).with_partners()
    seen = {one.pk: Seen(one, _suffix(one, row.names)) for one in couples}
    window = Window(now)
    found = [entry for source in _staff_sources for entry in source(row, seen, window)] if seen else []
    return sorted(found, key=lambda one: (one.starts_at, one.uid))


def _suffix(couple: Couple, names: str) -> str:
    said = [one.client.name for one in couple.partners.all() if one.left_at is None]
    if names == StaffCalendar.Names.NONE:
        return ""
    if names == StaffCalendar.Names.INITIALS:
        said = [name[:1].upper() for name in said]
    return " " + " & ".join(said)


# ── sessions ─────────────────────────────────────────────────────────────────


def _sessions(couples: Iterable[uuid.UUID], window: Window) -> Iterable[Appointment]:
    rows = Appointment.objects.filter(couple__in=list(couples), starts_at__range=(window.first, window.last))
    return rows.order_by("starts_at", "pk")[:MOST]


def _entry(one: Appointment, *, whose: uuid.UUID, title: str, zone: str) -> Entry:
    return Entry(
        uid=uid_of(whose, one.pk),
        title=title,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        zone=zone,
        sequence=one.sequence,
        changed_at=max(filter(None, (made_at(one.pk), one.changed_at))),
        cancelled=one.cancelled_at is not None,
        busy=True,
    )


@for_people
def _sessions_of_person(person: Client, couples: list[Couple], window: Window) -> Iterable[Entry]:
    zones = {one.pk: one.time_zone for one in couples}
    return [
        _entry(one, whose=person.pk, title=_("Appointment"), zone=zones[one.couple_id])
        for one in _sessions(zones, window)
        if not one.audience or person.pk in one.audience
    ]


@for_staff
def _sessions_of_member(row: StaffCalendar, seen: Mapping[uuid.UUID, Seen], window: Window) -> Iterable[Entry]:
    found = []
    for one in _sessions(seen, window):
        there = seen[one.couple_id]
        title = _("Session") + there.suffix
        found.append(_entry(one, whose=row.membership_id, title=title, zone=there.couple.time_zone))
    return found
