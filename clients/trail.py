"""The practice's trail as its owners read it, page by page, the newest first."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clients.models import Client, Couple
from practice import audit, roles, tenancy, trail_words
from practice.models import AccessToken, AuditEvent, AuditSeal, Membership

A_PAGE = 50
#: Kinds of acts to choose from: looks, changes, refusals.
KINDS = {
    "opened": (
        "opened",
        "opened in an emergency",
        "looked in vain in an emergency",
        "gave deep work early",
        "shared the screen with",
        "stopped sharing the screen with",
    ),
    "taken": ("downloaded",),
    "changed": ("insert", "update", "delete"),
    "refused": ("turned away",),
}


@dataclass(frozen=True)
class Line:
    """One line in words. Never what somebody wrote, and never a value."""

    at: datetime.datetime
    who: str
    act: str
    thing: str
    whose: str
    changed: list[str]
    #: For somebody alone with the therapist, or never for a client's eyes.
    apart: bool
    #: The access token by which a program did it for them: its name, and its id. Never its secret.
    token: str = ""
    token_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody wants to read; anything that makes no sense is left out of it."""

    kind: str = ""
    by: uuid.UUID | None = None
    before: int | None = None

    @classmethod
    def of(cls, asked: Any) -> Wish:
        kind = asked.get("kind", "")
        before = asked.get("before", "")
        try:
            by = uuid.UUID(asked.get("by", ""))
        except ValueError:
            by = None
        return cls(kind if kind in KINDS else "", by, int(before) if before.isdecimal() and len(before) < 19 else None)


@dataclass
class Page:
    lines: list[Line] = field(default_factory=list)
    #: Where the next, older page begins; None: there is none.
    older: int | None = None


def read(wish: Wish) -> Page:
    """Return one page. Costs the same however long the trail is."""
    rows = AuditEvent.objects.order_by("-pk")
    if wish.kind:
        rows = rows.filter(act__in=KINDS[wish.kind])
    if wish.by:
        rows = rows.filter(user_id=wish.by)
    if wish.before is not None:
        rows = rows.filter(pk__lt=wish.before)
    found = list(rows[: A_PAGE + 1])
    shown = found[:A_PAGE]
    return Page(_told(shown), shown[-1].pk if len(found) > A_PAGE else None)


def sealed() -> AuditSeal | None:
    """Return the newest seal."""
    return AuditSeal.objects.defer("lines").order_by("-number").first()


def team() -> QuerySet[Membership]:
    """Return everybody who works or worked here."""
    return Membership.objects.order_by("name", "pk")


def _told(rows: list[AuditEvent]) -> list[Line]:
    staff = dict(Membership.objects.filter(user_id__in=_all(rows, "user_id")).values_list("user_id", "name"))
    # Names alone, also of couples that are not the owner's own: they answer for every line of the trail.
    with tenancy.elevated():
        clients = {one.pk: one for one in Client.objects.filter(pk__in=_all(rows, "client_id"))} | {
            one.user_id: one for one in Client.objects.filter(user_id__in=_all(rows, "user_id"))
        }
        tokens = {one.pk: str(one.name) for one in AccessToken.objects.filter(pk__in=_all(rows, "token_id"))}
        couples = {one.pk: str(one) for one in Couple.objects.with_partners().filter(pk__in=_all(rows, "couple_id"))}
    return [
        Line(
            at=row.at,
            who=_who(row, staff, clients),
            act=trail_words.act(row.act),
            thing=trail_words.thing(row.subject),
            whose=str(clients.get(row.client_id) or couples.get(row.couple_id, "")),
            changed=trail_words.columns(row.subject, row.changes) if row.act == "update" else [],
            apart=row.lane in ("private", audit.STAFF) and not row.subject.startswith(audit.PAGE),
            token=tokens.get(row.token_id, _("a token from before")) if row.token_id else "",
            token_id=row.token_id,
        )
        for row in rows
    ]


def _all(rows: Iterable[AuditEvent], name: str) -> set[uuid.UUID]:
    return {getattr(row, name) for row in rows} - {None}


def _who(row: AuditEvent, staff: dict, clients: dict) -> str:
    if row.user_id is None:
        return _("Attune itself")
    name = str(clients.get(row.user_id, "")) if row.role == roles.PORTAL else staff.get(row.user_id, "")
    return name or staff.get(row.user_id, "") or str(clients.get(row.user_id, "")) or _("somebody from before")
