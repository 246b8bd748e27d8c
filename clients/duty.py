"""Who is there: the people of the practice, who is away today, and who looks after what meanwhile.

The roster always ends at somebody: a practice has an owner, whoever else may be gone (:mod:`practice.team`).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from clients import sight
from clients.models import Absence, CaseloadEntry, Cover
from practice import tenancy
from practice.models import Membership, Practice
from practice.zones import start_of_day

Role = Membership.Role


@dataclass(frozen=True)
class Call:
    """Somebody to be told, and for whom they stand in, when they do."""

    member_id: uuid.UUID
    instead_of: uuid.UUID | None = None


@dataclass(frozen=True)
class Roster:
    """Everybody of the bound practice who may read answers, as things stand at one moment."""

    practice: Practice
    members: dict[uuid.UUID, Membership]
    away: dict[uuid.UUID, Absence]
    caseload: dict[uuid.UUID, list[uuid.UUID]]
    covers: dict[uuid.UUID, set[uuid.UUID]]

    @classmethod
    def read(cls, now: datetime, couples: Collection[uuid.UUID] | None = None) -> Roster:
        """Read it in five queries; ``couples`` narrows whose therapists are read."""
        practice = Practice.objects.get(pk=tenancy.current_practice_id())
        members = Membership.objects.filter(ended_at=None).exclude(role=Role.COORDINATOR).order_by("joined_at", "pk")
        entries = CaseloadEntry.objects.order_by("since", "pk")
        if couples is not None:
            entries = entries.filter(couple_id__in=couples)
        caseload: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        for couple_id, member_id in entries.values_list("couple_id", "membership_id"):
            caseload[couple_id].append(member_id)
        running = Cover.objects.filter(ended_at=None).exclude(until__lte=now)
        if couples is not None:
            running = running.filter(couple_id__in=couples)
        covers: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
        for couple_id, member_id in running.values_list("couple_id", "membership_id"):
            covers[couple_id].add(member_id)
        today = now.astimezone(practice.zone).date()
        away = {one.membership_id: one for one in absences_on(today).order_by("made_at", "pk")}
        return cls(practice, {one.pk: one for one in members}, away, caseload, covers)

    def is_there(self, member_id: uuid.UUID) -> bool:
        """Whether somebody works here and is not away today."""
        return member_id in self.members and member_id not in self.away

    def sees(self, member_id: uuid.UUID, couple_id: uuid.UUID) -> bool:
        """Whether a couple is within somebody's walls: theirs, or covered."""
        theirs = (*self.caseload.get(couple_id, ()), *self.covers.get(couple_id, ()))
        return member_id in self.members and member_id in theirs

    def stand_in(self, member_id: uuid.UUID | None) -> Call | None:
        """Who is to be told for somebody: themselves, or who covers for them, also across two absences."""
        at, seen = member_id, set()
        while at is not None and at not in seen and at in self.away:
            seen.add(at)
            at = self.away[at].covered_by_id
        if at is None or member_id is None or not self.is_there(at):
            return None
        return Call(at, instead_of=member_id if at != member_id else None)

    def therapists(self, couple_id: uuid.UUID) -> list[Call]:
        """Those of a couple, each as somebody who is there."""
        return self._there(one for one in self.caseload.get(couple_id, []) if one in self.members)

    def cover(self, couple_id: uuid.UUID) -> list[Call]:
        """Who covers in this practice, besides those named for an absence of the couple's therapists."""
        named = [self.away[one].covered_by_id for one in self.caseload.get(couple_id, []) if one in self.away]
        return self._there([*named, self.practice.duty_cover_id])

    def lead(self) -> list[Call]:
        """With whom it ends: the lead, or else owners and supervisors who are there, or else any owner."""
        found = self._there([self.practice.duty_lead_id])
        if found:
            return found
        runs = [pk for pk, one in self.members.items() if one.role == Role.OWNER]
        over = [pk for pk, one in self.members.items() if one.role == Role.SUPERVISOR]
        return self._there(runs) or self._there(over) or [Call(pk) for pk in [*runs, *self.members][:1]]

    def _there(self, members: Iterable[uuid.UUID | None]) -> list[Call]:
        calls = [call for call in map(self.stand_in, members) if call is not None]
        return list({call.member_id: call for call in reversed(calls)}.values())[::-1]

    def until(self, absent_id: uuid.UUID) -> datetime | None:
        """When somebody's absence is over."""
        absence = self.away.get(absent_id)
        return start_of_day(absence.ends_on + timedelta(days=1), self.practice.zone) if absence else None


def absences_on(day: date) -> QuerySet[Absence]:
    """Absences that run on a day of the practice."""
    return Absence.objects.filter(called_off_at=None, begins_on__lte=day, ends_on__gte=day)


# ── looking after a couple for a while ───────────────────────────────────────


def in_turn(couple_id: uuid.UUID) -> None:
    """Wait for whoever else is about to let somebody in, or to end it; until this transaction is over.

    Without it, closing one alert could take a couple away from whoever is being told of another one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"duty {couple_id}"])


def let_in(member: Membership, couple: uuid.UUID, *, until: datetime | None) -> None:
    """Let somebody see a couple that is not theirs; without ``until``, until :func:`end_covers`.

    Its therapists are told, also when it is for longer than before. As Attune itself.
    """
    if not member.is_clinician or CaseloadEntry.objects.filter(membership=member, couple_id=couple).exists():
        return
    there, is_new = Cover.objects.get_or_create(
        membership=member, couple_id=couple, ended_at=None, defaults={"until": until}
    )
    if not is_new:
        if there.until is None or (until is not None and until <= there.until):
            return
        there.until = until
        there.save(update_fields=["until"])
    sight.gained(member, [couple], occasion=f"cover:{there.pk}:{until.isoformat() if until else 'open'}")


def end_covers(couple_id: uuid.UUID, now: datetime) -> None:
    """Nothing of this couple is urgent any more: whoever looked after it does not see it from now on."""
    Cover.objects.filter(couple_id=couple_id, ended_at=None).update(ended_at=now)


# ── absences ─────────────────────────────────────────────────────────────────


class Overlaps(ValueError):
    """There is an absence in these days already."""


class NamesThemselves(ValueError):
    """Somebody names themselves as cover for a colleague: that colleague says it, or an owner who does not cover."""


class CannotCover(ValueError):
    """Who should cover is away then, does not work here, or may not read answers."""


def plan_absence(
    member: Membership, *, begins_on: date, ends_on: date, covered_by: Membership, by: Membership
) -> Absence:
    """Write down that somebody is away. Raises :class:`Overlaps`, :class:`CannotCover` or :class:`NamesThemselves`.

    Who covers is said by who is away, or by an owner, who then is somebody else. Nobody needs more in a hurry: what is
    urgent climbs to the practice's cover and lead without any absence, and an emergency opens at once, with a reason.
    """
    if covered_by.pk == by.pk != member.pk:
        raise NamesThemselves
    with tenancy.elevated():
        # Both rows are held, so that two who cover for each other do not pass by one another.
        held = Membership.objects.select_for_update().filter(pk__in=[member.pk, covered_by.pk], ended_at=None)
        found = {one.pk: one for one in held.order_by("pk")}
        standing = Absence.objects.filter(called_off_at=None, begins_on__lte=ends_on, ends_on__gte=begins_on)
        if standing.filter(membership=member).exists():
            raise Overlaps
        cover = found.get(covered_by.pk)
        if cover is None or cover.pk == member.pk or not cover.sees_answers:
            raise CannotCover
        if standing.filter(membership=cover).exists():
            raise CannotCover
        return Absence.objects.create(
            membership=member, begins_on=begins_on, ends_on=ends_on, covered_by=cover, made_by=by
        )


def call_off(absence: Absence, now: datetime) -> None:
    """They are here after all; doing it again changes nothing."""
    with tenancy.elevated():
        Absence.objects.filter(pk=absence.pk, called_off_at=None).update(called_off_at=now)


def absences_ahead(today: date, member: Membership | None = None) -> QuerySet[Absence]:
    """Absences that run or are to come, the next one first; ``member`` only theirs."""
    rows = Absence.objects.filter(called_off_at=None, ends_on__gte=today).select_related("membership", "covered_by")
    rows = rows.order_by("begins_on", "pk")
    return rows.filter(membership=member) if member is not None else rows
