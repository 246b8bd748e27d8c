"""A partner's own journal: theirs alone, until they hand over a page.

A page is released by itself, to the therapist or to everybody in the couple, and can be taken back until
somebody else has read it. What was released is not written on: what others read stays what it was.
"""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet
from django.utils import timezone

from clients.models import Client, Couple
from exercises import attachments, lanes
from exercises.models import JournalEntry
from exercises.vocabulary import Lane
from practice import tenancy

#: To whom a page may be handed.
RELEASES = (Lane.PRIVATE, Lane.SHARED)
LIMIT = 20_000


class Changed(Exception):
    """The page was changed elsewhere since this save began. Nothing was written; ``entry`` is what stands there."""

    def __init__(self, entry: JournalEntry) -> None:
        super().__init__("changed elsewhere")
        self.entry = entry


class Released(Exception):
    """The page was handed over and is not written on any more."""


def of(author: Client) -> QuerySet[JournalEntry]:
    """Everything ``author`` wrote, the newest first."""
    return JournalEntry.objects.filter(author=author).order_by("-written_at", "-pk")


def begin(author: Client, couple_id: uuid.UUID, text: str, key: uuid.UUID) -> JournalEntry:
    """Write a new page under the key it was begun with; it is the author's alone."""
    page = JournalEntry(pk=key, author=author, couple_id=couple_id, text=text, lane=Lane.OWN, version=1)
    page.save(force_insert=True)
    return page


def write(entry: JournalEntry, text: str, *, base_version: int) -> JournalEntry:
    """Write on, built on the count that the page was read at. Raises :class:`Changed` or :class:`Released`."""
    locked = JournalEntry.objects.select_for_update().get(pk=entry.pk)
    if locked.lane != Lane.OWN:
        raise Released
    if locked.text == text:
        return locked
    if locked.version > base_version:
        raise Changed(locked)
    locked.text, locked.version = text, locked.version + 1
    locked.save(update_fields=["text", "version", "changed_at"])
    return locked


def release(entry: JournalEntry, lane: str, partners: list[uuid.UUID]) -> JournalEntry:
    """Hand a page over: to the therapist (private), or to the therapist and the ``partners`` (shared).

    Releasing again to the same changes nothing; a private page may go on to be shared, never the other way
    without taking it back first.
    """
    if lane not in RELEASES:
        raise ValueError(lane)
    locked = JournalEntry.objects.select_for_update().get(pk=entry.pk)
    if locked.lane in (lane, Lane.SHARED):
        return locked
    now = timezone.now()
    reach = lanes.readers_of(lane, author=locked.author_id, audience=partners, now=now)
    text = locked.text
    locked.lane, locked.readers, locked.opens_at = lane, list(reach.readers), reach.opens_at
    locked.released_at = locked.released_at or now
    _save_in_its_lane(locked, text)
    return locked


def take_back(entry: JournalEntry) -> bool:
    """Make a page one's own again. False when somebody has read it: that cannot be undone."""
    locked = JournalEntry.objects.select_for_update().get(pk=entry.pk)
    if locked.lane == Lane.OWN:
        return True
    if locked.first_read_at is not None:
        return False
    text = locked.text
    locked.lane, locked.readers, locked.opens_at, locked.released_at = Lane.OWN, [], None, None
    _save_in_its_lane(locked, text)
    return True


def _save_in_its_lane(page: JournalEntry, text: str) -> None:
    """Seal the words of a page anew: they open under the lane that they were sealed in, and under no other."""
    page.text = text
    page.save(update_fields=["text", "lane", "readers", "opens_at", "released_at"])
    attachments.follow(page)


def tear_out(entry: JournalEntry) -> bool:
    """Delete a page for good. False when somebody else has read it."""
    locked = JournalEntry.objects.select_for_update().get(pk=entry.pk)
    if locked.first_read_at is not None:
        return False
    locked.delete()
    return True


# ── reading what others released ─────────────────────────────────────────────


def shared_with(person: Client, couples: list[uuid.UUID]) -> QuerySet[JournalEntry]:
    """Pages that other partners handed to this one."""
    now = timezone.now()
    return (
        JournalEntry.objects.filter(
            Q(readers__contains=[person.pk]), couple__in=couples, lane=Lane.SHARED, opens_at__lte=now
        )
        .exclude(author=person)
        .select_related("author")
        .order_by("-released_at", "-pk")
    )


def released_to_staff(couple: Couple, *, private_of: Client | None = None) -> QuerySet[JournalEntry]:
    """What partners handed over: to everybody, or what one of them gave the therapist alone."""
    rows = JournalEntry.objects.filter(couple=couple).select_related("author").order_by("-released_at", "-pk")
    if private_of is None:
        return rows.filter(lane=Lane.SHARED)
    return rows.filter(lane=Lane.PRIVATE, author=private_of)


def mark_read(*entries: JournalEntry) -> None:
    """Note that somebody besides the author has read them; from then on they stay."""
    unread = [one.pk for one in entries if one.first_read_at is None]
    if unread:
        with tenancy.elevated():
            JournalEntry.objects.filter(pk__in=unread, first_read_at=None).exclude(lane=Lane.OWN).update(
                first_read_at=timezone.now()
            )
