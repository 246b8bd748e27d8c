"""What to bring to the next session: responses, and lines of one's own. Staff only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from clients.models import Client, Couple
from exercises.models import AgendaItem, Response
from practice.models import Membership
from practice.written import Written

LONGEST = 400


def bring(response: Response, by: Membership, *, apart: bool = False, words: str = "") -> AgendaItem:
    """Put a response on the list for the next session; once is enough."""
    there = AgendaItem.objects.filter(response=response, apart=apart, done_at=None).first()
    if there is not None:
        return there
    item = AgendaItem(
        couple_id=response.couple_id,
        response=response,
        apart=apart,
        client_id=response.author_id if apart else None,
        words=words,
        added_by=by,
    )
    try:
        with transaction.atomic():
            item.save(force_insert=True)
    except IntegrityError:  # a colleague did the same in this moment
        return AgendaItem.objects.get(response=response, apart=apart, done_at=None)
    return item


def is_on(response: Response, *, apart: bool = False) -> bool:
    return AgendaItem.objects.filter(response=response, apart=apart, done_at=None).exists()


def leave_out(response: Response, *, apart: bool = False) -> None:
    """Take a response off the list again."""
    AgendaItem.objects.filter(response=response, apart=apart, done_at=None).delete()


def note_down(couple: Couple, by: Membership, words: str, *, client: Client | None = None) -> AgendaItem:
    """Put a line of one's own on the list; with ``client`` it belongs to that partner's private part."""
    return AgendaItem.objects.create(couple=couple, apart=client is not None, client=client, words=words, added_by=by)


def waiting(couple: Couple | uuid.UUID) -> QuerySet[AgendaItem]:
    """Return what is still to be brought up, in the order it was noted."""
    rows = AgendaItem.objects.filter(couple=couple, done_at=None)
    return rows.select_related("response__edition", "response__author", "client", "added_by").order_by("added_at", "pk")


#: The same, to be asked.
WAITING: Written[AgendaItem] = Written(lambda couple: waiting(couple), couple=uuid.UUID)


def done(items: Iterable[AgendaItem]) -> None:
    """Cross items off; they stay in the record."""
    keys = [one.pk for one in items]
    AgendaItem.objects.filter(pk__in=keys, done_at=None).update(done_at=timezone.now())


def not_done(item: AgendaItem) -> None:
    """Put an item back on the list, unless the same response is on it again by now."""
    again = AgendaItem.objects.filter(response=item.response_id, apart=item.apart, done_at=None)
    if item.response_id is None or not again.exists():
        AgendaItem.objects.filter(pk=item.pk).update(done_at=None)
