"""Whose caseload a couple is on, and that nobody puts a couple on their own without its therapists knowing.

Whoever deals couples out reads nothing by that. To deal one to oneself opens it, as an emergency does, and so it is as
loud: those who look after the couple are told, whoever they were before and whoever they are now.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.emergencies import FRESH_FOR
from clients.models import CaseloadEntry, Couple
from practice import envelopes, outbox, tenancy
from practice.models import AuditEvent, Membership, Message

KIND = "caseload"
#: How many changes a page shows.
A_FEW = 10


def deal(couple: Couple, to: Collection[uuid.UUID], *, by: Membership) -> None:
    """Put a couple on the caseloads of these members and on no other; tell its therapists when ``by`` is a new one."""
    with transaction.atomic():
        entries = CaseloadEntry.objects.filter(couple=couple)
        before = set(entries.values_list("membership_id", flat=True))
        entries.exclude(membership_id__in=to).delete()
        for member_id in sorted(set(to) - before):
            entry = CaseloadEntry.objects.create(couple=couple, membership_id=member_id)
            if member_id == by.pk:
                _tell((before | set(to)) - {by.pk}, entry)


def _tell(therapists: set[uuid.UUID], entry: CaseloadEntry) -> None:
    """Plan the letters. Where nobody else looks after the couple they go to the other owners."""
    with tenancy.elevated():
        others = Membership.objects.filter(ended_at=None).exclude(pk=entry.membership_id).order_by("joined_at", "pk")
        for member in others.filter(pk__in=therapists) or others.filter(role=Membership.Role.OWNER):
            outbox.plan(
                KIND,
                person_id=member.pk,
                about_id=entry.couple_id,
                couple_id=None,
                occasion=f"caseload:{entry.pk}",
                due_at=timezone.now(),
                fresh_for=FRESH_FOR,
            )


@dataclass(frozen=True)
class Change:
    """That somebody was put on a couple's caseload, or taken off it, by whom and when."""

    at: datetime.datetime
    member: str
    by: str
    came: bool


def changes_of(couple: Couple) -> list[Change]:
    """Return the latest changes of who looks after a couple, the newest first: also of who has gone again."""
    with tenancy.elevated():
        lines = AuditEvent.objects.filter(couple_id=couple.pk, client_id=None, subject=CaseloadEntry._meta.db_table)
        found = list(lines.filter(act__in=("insert", "delete")).order_by("-pk")[:A_FEW])
        team = list(Membership.objects.values_list("pk", "user_id", "name"))
    members, users = {str(pk): name for pk, _user, name in team}, {user: name for _pk, user, name in team}
    return [
        Change(
            at=line.at,
            member=members.get(_member_in(line), _("somebody from before")),
            by=users.get(line.user_id, _("somebody from before")) if line.user_id else _("Attune itself"),
            came=line.act == "insert",
        )
        for line in found
    ]


def _member_in(line: AuditEvent) -> str:
    before, after = line.changes.get("membership_id", (None, None))
    return str(after or before)


class CaseloadLetter(outbox.Handler):
    """That there is something to look at: neutral, also when whoever it is about has gone from the caseload again."""

    repeats = True

    def wanted(self, message: Message) -> str:
        works_here = Membership.objects.filter(pk=message.person_id, ended_at=None).exists()
        return "" if works_here else "no longer there"

    def compose(self, message: Message) -> outbox.Letter:
        theirs = CaseloadEntry.objects.filter(membership_id=message.person_id, couple_id=message.about_id).exists()
        page = reverse("timeline", args=[message.about_id]) if theirs else reverse("desk")
        return envelopes.to_review(message, page)


outbox.register(KIND, CaseloadLetter())
