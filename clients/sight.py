"""Whoever comes to see a couple by somebody else's act is told of to its therapists, whatever let them in.

There are four ways past the person wall (:mod:`clients.scope`): a caseload, a cover, a supervisor's grant, and an
emergency, which tells by itself (:mod:`clients.emergencies`). The others end in :func:`gained`. Who, by whom, how and
until when is read from the trail and from what opened the couple, on its timeline and on a page of its own: nobody is
let in without leaving a line.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import CaseloadEntry, Couple, Cover, EmergencyAccess, Supervision
from practice import envelopes, outbox, tenancy
from practice.models import AuditEvent, Membership, Message
from practice.written import Written, together_elevated

KIND = "sight"
FRESH_FOR = datetime.timedelta(days=14)
#: How long the desk says that somebody was let in.
ON_DESK_FOR = datetime.timedelta(days=7)
#: How many changes the page of one couple shows, and the page of all.
A_FEW, A_PAGE = 10, 60
ENTRY, COVER = CaseloadEntry._meta.db_table, Cover._meta.db_table


# ── telling ──────────────────────────────────────────────────────────────────


def gained(
    member: Membership, couples: Collection[uuid.UUID], *, occasion: str, before: Collection[uuid.UUID] = ()
) -> None:
    """Tell the therapists of these couples that ``member`` sees them from now on. Call it in the act's transaction.

    Told are those on the couples' caseload, whoever is away included, and ``before``: who was on it until this act. Not
    ``member``, nor who is bound: nobody is told of what they do. Where a couple has no other therapist, the other
    owners are told; where there are none, the trail alone says it. ``occasion`` names the act: one letter each.
    """
    with tenancy.elevated():
        write(_to_be_told(member, couples, before), about_id=member.pk, occasion=occasion)


def write(people: Iterable[uuid.UUID], *, about_id: uuid.UUID, occasion: str, kind: str = KIND) -> None:
    """Plan the letters. They leave for whoever is away, too, and whatever becomes of the couple."""
    for member_id in people:
        outbox.plan(
            kind,
            person_id=member_id,
            about_id=about_id,
            couple_id=None,
            occasion=occasion,
            due_at=timezone.now(),
            fresh_for=FRESH_FOR,
        )


def _to_be_told(member: Membership, couples: Collection[uuid.UUID], before: Collection[uuid.UUID]) -> list[uuid.UUID]:
    others = Membership.objects.filter(ended_at=None).exclude(pk=member.pk).exclude(role=Membership.Role.COORDINATOR)
    there = {one.pk: one for one in others.order_by("joined_at", "pk")}
    entries = CaseloadEntry.objects.filter(couple_id__in=couples, membership_id__in=there)
    looked_after = set(entries.values_list("couple_id", "membership_id"))
    people = {*before} | {therapist for _couple, therapist in looked_after}
    alone = {*couples} - {couple for couple, _therapist in looked_after}
    if not {*before} & there.keys() and (alone or not couples):
        people |= {pk for pk, one in there.items() if one.role == Membership.Role.OWNER}
    asker = tenancy.current()
    acts = asker.user_id if asker else None
    return [pk for pk, one in there.items() if pk in people and one.user_id != acts]


def told_lately(member: Membership) -> bool:
    """Whether this member was told of somebody within the last days, in one query."""
    since = timezone.now() - ON_DESK_FOR
    return bool(*together_elevated(_TOLD.of(member=member.pk, since=since)))


_TOLD: Written[tuple[uuid.UUID]] = Written(
    lambda member, since: Message.objects.filter(kind=KIND, person_id=member, due_at__gt=since).values_list("pk")[:1],
    member=uuid.UUID,
    since=datetime.datetime,
)


# ── reading it ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Change:
    """That somebody came to see a couple, or does not any more: who, by whom, how, and until when."""

    at: datetime.datetime
    couple_id: uuid.UUID | None
    member: str
    by: str
    how: str
    came: bool = True
    until: datetime.datetime | None = None
    couple: str = ""
    #: Whose couples it is about, where it is about all of somebody's.
    whose: str = ""


def of_couple(couple: Couple) -> list[Change]:
    """Return the latest changes of who sees one couple, the newest first: also of who has gone again."""
    with tenancy.elevated():
        return _changes({couple.pk}, A_FEW)


def of_member(member: Membership) -> list[Change]:
    """Return the same for all couples of somebody's caseload, and for owners of all couples; with the couples' names.

    Names alone: an owner reads nothing of a couple by it.
    """
    with tenancy.elevated():
        couples = None
        if not member.runs_practice:
            couples = set(CaseloadEntry.objects.filter(membership=member).values_list("couple_id", flat=True))
        found = _changes(couples, A_PAGE)
        ids = {one.couple_id for one in found} - {None}
        names = {one.pk: str(one) for one in Couple.objects.with_partners().filter(pk__in=ids)}
    return [replace(one, couple=names.get(one.couple_id, "")) for one in found]


def _changes(couples: set[uuid.UUID] | None, most: int) -> list[Change]:
    team = list(Membership.objects.values_list("pk", "user_id", "name"))
    names = _Names({str(pk): name for pk, _user, name in team}, {user: name for _pk, user, name in team})
    found = [*_of_trail(couples, names, most), *_of_grants(couples, most), *_of_emergencies(couples, most)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


@dataclass(frozen=True)
class _Names:
    members: dict[str, str]
    users: dict[uuid.UUID, str]

    def member(self, pk: object) -> str:
        return self.members.get(str(pk), _("somebody from before"))

    def user(self, pk: uuid.UUID | None) -> str:
        """Who did it. What a client's answer set going, Attune did."""
        return self.users.get(pk, _("Attune itself")) if pk else _("Attune itself")


def _of_trail(couples: set[uuid.UUID] | None, names: _Names, most: int) -> Iterator[Change]:
    told = Q(subject=ENTRY, act__in=("insert", "delete")) | Q(subject=COVER, act__in=("insert", "update"))
    lines = AuditEvent.objects.filter(told, client_id=None)
    if couples is not None:
        lines = lines.filter(couple_id__in=couples)
    rows = list(lines.order_by("-pk")[:most])
    covers = Cover.objects.in_bulk([row.subject_id for row in rows if row.subject == COVER])
    for row in rows:
        cover = covers.get(row.subject_id)
        whose = cover.membership_id if cover else next((one for one in row.changes.get("membership_id", ()) if one), "")
        yield Change(
            at=row.at,
            couple_id=row.couple_id,
            member=names.member(whose),
            by=names.user(row.user_id),
            how="cover" if row.subject == COVER else "caseload",
            came=row.act != "delete" and "ended_at" not in row.changes,
            until=cover.until if cover else None,
        )


def _of_grants(couples: set[uuid.UUID] | None, most: int) -> Iterator[Change]:
    """A grant opens all couples of a therapist: it stands there for each of whom somebody asks, else once."""
    rows = Supervision.objects.select_related("supervisor", "granted_by", "therapist").order_by("-since")
    if couples is not None:
        rows = rows.filter(therapist__in=CaseloadEntry.objects.filter(couple_id__in=couples).values("membership_id"))
    only = next(iter(couples)) if couples and len(couples) == 1 else None
    for one in rows[:most]:
        until = one.ended_at or one.last_moment
        yield Change(
            at=one.since,
            couple_id=only,
            member=one.supervisor.name,
            by=one.granted_by.name,
            how="supervision",
            until=until,
            whose=one.therapist.name,
        )


def _of_emergencies(couples: set[uuid.UUID] | None, most: int) -> Iterator[Change]:
    rows = EmergencyAccess.objects.select_related("membership").order_by("-opened_at")
    if couples is not None:
        rows = rows.filter(couple_id__in=couples)
    for one in rows.defer("why", "finding")[:most]:
        until, name = one.ended_at or one.until, one.membership.name
        yield Change(one.opened_at, one.couple_id, name, name, "emergency", until=until)


class SightLetter(outbox.Handler):
    """That there is something to look at: neutral, also when whoever it is about has gone again."""

    repeats = True

    def wanted(self, message: Message) -> str:
        works_here = Membership.objects.filter(pk=message.person_id, ended_at=None).exists()
        return "" if works_here else "no longer there"

    def compose(self, message: Message) -> outbox.Letter:
        return envelopes.to_review(message, reverse("sight"))


outbox.register(KIND, SightLetter())
