"""Lines of the audit trail that no trigger can see: who opened or took away what, and who was turned away."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextvars import ContextVar
from typing import Any

from django.db import connection, models
from django.http import HttpRequest, HttpResponse

from practice import tenancy, trips

CLIENTS, COUPLES = "clients_client", "clients_couple"
#: The lane of what no client ever learns of: staff notes, alerts, signs.
STAFF = "staff"
#: What a line about an address says it is about, before its name.
PAGE = "page "
TURNED_AWAY = (403, 404)
#: Whoever is told that nothing changed since they read it has looked as well.
READ = (200, 304)

#: Whether this request has left a line by itself, or has nothing to tell.
_told: ContextVar[bool] = ContextVar("told", default=False)

LINE = "SELECT attune_looked(%s, %s, %s, %s, %s, %s)"
LINES = "SELECT attune_looked(%s, %s, one, NULL, one, '') FROM unnest(%s::uuid[]) AS one"
CLIENT_LINES = "SELECT attune_looked(%s, %s, one, one, NULL, '') FROM unnest(%s::uuid[]) AS one"


def looked(
    act: str,
    subject: str,
    subject_id: uuid.UUID | None,
    *,
    client_id: uuid.UUID | None = None,
    couple_id: uuid.UUID | None = None,
    lane: str = "",
) -> None:
    """Write down that the bound person looked at, exported or downloaded something.

    ``act`` is a verb (``opened``, ``downloaded``), ``subject`` a table's name; no words of anybody's. Whose record it
    is about follows from a client or couple as subject; for everything else it is said. Clients read the lines about
    their own record: a line about a couple, without a client, is one that both may learn of.
    """
    if tenancy.current() is None:
        raise tenancy.NoPractice("Looking happens inside a practice.")
    if subject == CLIENTS:
        client_id = client_id or subject_id
    elif subject == COUPLES:
        couple_id = couple_id or subject_id
    trips.soon((LINE, [act, subject, subject_id, client_id, couple_id, lane]))
    _told.set(True)


def looked_at_couples(act: str, couple_ids: Collection[uuid.UUID]) -> None:
    """Do what :func:`looked` does for each of several couples whose words stand on one page, in one statement."""
    _looked_at_several(LINES, act, COUPLES, couple_ids)


def looked_at_clients(act: str, client_ids: Collection[uuid.UUID]) -> None:
    """Do what :func:`looked` does for each of several clients whose records are in one file, in one statement."""
    _looked_at_several(CLIENT_LINES, act, CLIENTS, client_ids)


def _looked_at_several(lines: str, act: str, subject: str, ids: Collection[uuid.UUID]) -> None:
    if tenancy.current() is None:
        raise tenancy.NoPractice("Looking happens inside a practice.")
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(lines, [act, subject, sorted(set(ids))])
    _told.set(True)


def looked_at(act: str, row: models.Model, *, lane: str | None = None) -> None:
    """Do what :func:`looked` does for a row that says itself whose it is, and in which lane.

    It is its client's or author's, or of the one person that it was given to; else the couple's.
    """
    looked(
        act,
        row._meta.db_table,
        row.pk,
        client_id=_person_of(row),
        couple_id=getattr(row, "couple_id", None),
        lane=getattr(row, "lane", "") if lane is None else lane,
    )


def _person_of(row: Any) -> uuid.UUID | None:
    for name in ("client_id", "author_id", "partner_id"):
        if hasattr(row, name):
            return getattr(row, name)
    audience = getattr(row, "audience", None)
    return audience[0] if isinstance(audience, list) and len(audience) == 1 else None


def begin_request() -> None:
    """Forget what the request before this one told."""
    _told.set(False)


def nothing_told() -> None:
    """Say that this request is answered with nothing of anybody: a region that pages ask for again and again.

    Only the view knows that. No header that a browser sends takes the place of this.
    """
    _told.set(True)


def of_request(request: HttpRequest, response: HttpResponse) -> None:
    """Write down what a request did that left no line by itself: staff read something, somebody was turned away.

    Only addresses about something of the practice count: those with an id in them. What clients read of their own
    leaves no line; what anybody changes, the database's triggers write.
    """
    match = request.resolver_match
    about = [(name, value) for name, value in (match.kwargs if match else {}).items() if isinstance(value, uuid.UUID)]
    if not about or match is None:
        return
    turned_away = response.status_code in TURNED_AWAY
    read = request.method in ("GET", "HEAD") and response.status_code in READ
    if not turned_away and (_told.get() or not read or request.membership is None):  # type: ignore[attr-defined]
        return
    ids = dict(about)
    of_somebody = {} if turned_away else {"client_id": ids.get("client_id"), "couple_id": ids.get("couple_id")}
    act = "turned away" if turned_away else "opened"
    looked(act, f"{PAGE}{match.url_name}"[:80], about[-1][1], lane=STAFF, **of_somebody)
