"""Who opened or changed somebody's own record, as that person reads it.

The database lets a client see the lines about themselves that staff or they themselves left, and about the couple
only those of months that are over: so nothing here moves when a partner does something. Which part of a record
was opened is not said, because somebody may be reading along; nor is what a partner opened, ever.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.functions import TruncMonth
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from practice import clock, roles
from practice.models import AuditEvent, Membership

#: How far the list goes back, and how many lines are read for it at most.
BACK = datetime.timedelta(days=366)
MOST = 5000

LOOKS = ("opened", "downloaded")
#: What of a look is told, in three words for everything: a list of tables would say what somebody answers to.
READ = (
    "clients_client",
    "exercises_assignment",
    "exercises_response",
    "exercises_thread",
    "exercises_journalentry",
    "reports_report",
)
DETAILS = ("clients_client",)
REACHED = ("clients_contact", "clients_reach")

OPENED, TOOK = gettext_lazy("opened your record"), gettext_lazy("took a copy of your record")
CHANGED, MOVED = gettext_lazy("changed your name or pronouns"), gettext_lazy("changed how you are reached")


@dataclass(frozen=True)
class Entry:
    """That somebody did something on a day, however often."""

    day: datetime.date
    who: str
    what: str | Promise


@dataclass(frozen=True)
class Month:
    """Who opened what belongs to the couple in a month that is over."""

    first: datetime.date
    who: list[str]


def of(person: Client, user_id: uuid.UUID) -> list[Entry]:
    """Return what was done with this person's own record, the newest first. Times are read in the active zone."""
    told = Q(act__in=LOOKS, subject__in=READ, role__in=roles.STAFF) | (
        Q(subject__in=DETAILS + REACHED) & (Q(role__in=roles.STAFF) | Q(user_id=user_id)) & ~Q(act__in=LOOKS)
    )
    rows = AuditEvent.objects.filter(told, client_id=person.pk, at__gt=clock.now() - BACK).order_by("-pk")
    lines: list[Any] = list(rows.values("at", "user_id", "act", "subject")[:MOST])
    names = _names(lines)
    entries = [
        Entry(
            timezone.localdate(line["at"]),
            _("You") if line["user_id"] == user_id else names.get(line["user_id"], _("Somebody of the practice")),
            _what(line),
        )
        for line in lines
    ]
    return list(dict.fromkeys(entries))


def of_couple() -> list[Month]:
    """Return who opened what belongs to the couple, by months that are over, the newest first."""
    rows = AuditEvent.objects.filter(client_id=None, act__in=LOOKS, at__gt=clock.now() - BACK)
    looks = rows.annotate(month=TruncMonth("at", tzinfo=datetime.UTC)).values("month", "user_id").distinct()
    found: list[Any] = list(looks.order_by("-month"))
    names = _names(found)
    months: dict[datetime.date, set[str]] = {}
    for line in found:
        who = names.get(line["user_id"], _("Somebody of the practice"))
        months.setdefault(line["month"].date(), set()).add(who)
    return [Month(first, sorted(who)) for first, who in months.items()]


def _names(lines: Iterable[Any]) -> dict[uuid.UUID, str]:
    return dict(Membership.objects.filter(user_id__in={one["user_id"] for one in lines}).values_list("user_id", "name"))


def _what(line: Any) -> str | Promise:
    if line["act"] in LOOKS:
        return TOOK if line["act"] == "downloaded" else OPENED
    return MOVED if line["subject"] in REACHED else CHANGED
