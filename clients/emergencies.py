"""Opening a couple that is not one's own in an emergency: with a reason, for hours, loudly, and looked at afterwards.

Nobody is asked first, since nobody may be there: it works at once. Whoever looks after the couple and the owners
are told in the same moment, by mail and on their desk; each step is in the audit trail; a banner stands on every page
while it lasts; and one of those who were told writes down afterwards what they found.
"""

from __future__ import annotations

import datetime
import uuid

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone

from clients import sight
from clients.models import CaseloadEntry, Client, Couple, EmergencyAccess, Partner
from practice import envelopes, outbox, tenancy
from practice.models import Membership, Message
from practice.written import Written

What, Role = EmergencyAccess.What, Membership.Role

KIND = "emergency_access"
SHOWN_FOR = datetime.timedelta(days=90)
#: For how many hours it may be opened.
HOURS = (1, 4, 12)
#: A reason of fewer signs says nothing.
SHORTEST = 20


class NotAllowed(Exception):
    """This member may not open this: no clinician, or no supervisor where it is about psychotherapy notes."""


class NothingFound(Exception):
    """No couple in care has partners of these names."""


def find(one: str, other: str) -> Couple:
    """Return the couple in care whose partners have these two names. Raises :class:`NothingFound`.

    Whoever asks has to know both; no list shows them whom there is.
    """
    with tenancy.elevated():
        named = [_people_named(one), _people_named(other)]
        found = Couple.objects.in_care()
        for people in named:
            found = found.filter(pk__in=Partner.objects.filter(client_id__in=people, left_at=None).values("couple_id"))
        couples = list(found.order_by("-started_on", "pk")[:1])
    if not couples or not all(named) or one.strip().casefold() == other.strip().casefold():
        raise NothingFound
    return couples[0]


def _people_named(name: str) -> set[uuid.UUID]:
    return set(Client.objects.filter(name__iexact=name.strip()).values_list("pk", flat=True))


def may_open(member: Membership, what: str) -> bool:
    """Whether somebody may break the glass: clinicians the record, supervisors psychotherapy notes.

    Where a practice has no supervisor, its owners stand in for one.
    """
    if member.ended_at or not member.is_clinician:
        return False
    if what == What.RECORD or member.role == Role.SUPERVISOR:
        return True
    supervised = Membership.objects.filter(ended_at=None, role=Role.SUPERVISOR).exists()
    return member.runs_practice and not supervised


def open_up(couple: Couple, *, by: Membership, why: str, hours: int, what: str = What.RECORD) -> EmergencyAccess:
    """Open a couple for some hours, and tell who has to know. It holds from the next request on.

    Raises :class:`NotAllowed`, or ValueError for a reason that says nothing or for other hours than :data:`HOURS`.
    """
    if len(why.strip()) < SHORTEST or hours not in HOURS:
        raise ValueError("An emergency has a reason and an end.")
    if not may_open(by, what):
        raise NotAllowed
    now = timezone.now()
    with tenancy.elevated():
        access = EmergencyAccess.objects.create(
            membership=by,
            couple=couple,
            what=what,
            why=why.strip(),
            opened_at=now,
            until=now + datetime.timedelta(hours=hours),
        )
        sight.write(told(access), kind=KIND, about_id=access.pk, occasion=f"emergency:{access.pk}")
    return access


def told(access: EmergencyAccess) -> list[uuid.UUID]:
    """Return who is told, and may look at it afterwards: the couple's therapists and the owners, but not who opened it.

    Where that is nobody, it is every other clinician.
    """
    others = Membership.objects.filter(ended_at=None).exclude(pk=access.membership_id).order_by("joined_at", "pk")
    therapists = CaseloadEntry.objects.filter(couple_id=access.couple_id).values("membership_id")
    found = [*others.filter(pk__in=therapists), *others.filter(role=Role.OWNER).exclude(pk__in=therapists)]
    return [one.pk for one in found or others.exclude(role=Role.COORDINATOR)]


def end(access: EmergencyAccess, *, by: Membership) -> None:
    """Close it before its time: whoever opened it, or an owner. Doing it again changes nothing."""
    if by.pk != access.membership_id and not by.runs_practice:
        raise NotAllowed
    with tenancy.elevated():
        EmergencyAccess.objects.filter(pk=access.pk, ended_at=None).update(ended_at=timezone.now())


def running(member: Membership) -> QuerySet[EmergencyAccess]:
    """What a member has open now, each with the couple's names."""
    rows = EmergencyAccess.objects.filter(membership=member, ended_at=None, until__gt=timezone.now())
    return _with_names(rows).order_by("until", "pk")


def to_review(member: Membership) -> list[EmergencyAccess]:
    """Return what this member was told of and nobody has looked at yet, the oldest first."""
    return _told_to(member, EmergencyAccess.objects.filter(reviewed_at=None).order_by("opened_at", "pk"))


def reviewed(member: Membership) -> list[EmergencyAccess]:
    """Return what this member was told of and somebody has looked at lately, the newest first, with what they found."""
    lately = EmergencyAccess.objects.filter(reviewed_at__gt=timezone.now() - SHOWN_FOR)
    return _told_to(member, lately.order_by("-reviewed_at", "pk"))


def _told_to(member: Membership, rows: QuerySet[EmergencyAccess]) -> list[EmergencyAccess]:
    others = _with_names(rows.exclude(membership=member).select_related("membership", "reviewed_by"))
    with tenancy.elevated():
        return [one for one in others if member.pk in told(one)]


def _with_names(rows: QuerySet[EmergencyAccess]) -> QuerySet[EmergencyAccess]:
    return rows.prefetch_related(Prefetch("couple", Couple.objects.with_partners()))


def something_waits(member: Membership) -> bool:
    """Whether something stands on this member's desk, in one query where nothing does."""
    return any(member.pk in told(one) for one in _TO_REVIEW.all(member=member.pk))


_TO_REVIEW: Written[EmergencyAccess] = Written(
    lambda member: (
        EmergencyAccess.objects.filter(reviewed_at=None).exclude(membership_id=member).defer("why", "finding")
    ),
    member=uuid.UUID,
)


def review(access: EmergencyAccess, *, by: Membership, finding: str) -> None:
    """Write down what one of those who were told found. Raises :class:`NotAllowed` for everybody else."""
    with tenancy.elevated():
        held = EmergencyAccess.objects.select_for_update(of=("self",)).get(pk=access.pk)
        if by.pk not in told(held) or held.reviewed_at is not None:
            raise NotAllowed
        held.reviewed_by, held.reviewed_at, held.finding = by, timezone.now(), finding.strip()
        held.save(update_fields=["reviewed_by", "reviewed_at", "finding"])
        outbox.cancel(held.pk, reason="reviewed")


class EmergencyLetter(outbox.Handler):
    """That there is something to look at: neutral, at any hour, until somebody did."""

    repeats = True

    def wanted(self, message: Message) -> str:
        access = EmergencyAccess.objects.filter(pk=message.about_id).first()
        works_here = Membership.objects.filter(pk=message.person_id, ended_at=None).exists()
        return "" if access and works_here and access.reviewed_at is None else "no longer there"

    def compose(self, message: Message) -> outbox.Letter:
        return envelopes.to_review(message, reverse("emergency"))


outbox.register(KIND, EmergencyLetter())
