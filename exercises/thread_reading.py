"""Threads as one reader sees them: what is new to them, who said what, and what it is about."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from clients.models import Client, Couple, Partner
from exercises.models import Comment, Response, Thread
from exercises.threads import is_closed, threads_for, waiting_for_practice
from exercises.vocabulary import Lane
from practice.models import Membership
from practice.written import Written

#: Threads on one page, and comments that a thread shows.
A_PAGE = 25
MOST_COMMENTS = 200


@dataclass(frozen=True)
class Line:
    """One comment with its author's name. ``position`` is None for the therapist."""

    comment: Comment
    name: str
    position: int | None
    mine: bool
    is_new: bool


@dataclass
class Shown:
    """A thread as one reader sees it."""

    thread: Thread
    title: str
    people: list[Partner]
    unread: bool
    latest: Comment | None = None
    lines: list[Line] = field(default_factory=list)
    closed: bool = False

    @property
    def alone(self) -> bool:
        """Whether it is between one partner and the therapist."""
        return len(self.thread.audience) == 1

    @property
    def lane(self) -> Lane:
        return Lane.PRIVATE if self.alone else Lane.SHARED


def listed(who: Client | Membership, threads: Collection[Thread], couples: Iterable[Couple]) -> list[Shown]:
    """Return threads with title and last words, in a fixed number of queries. ``couples`` come ``with_partners``."""
    by_id = {couple.pk: couple for couple in couples}
    last: dict[uuid.UUID, Comment] = {
        one.thread_id: one
        for one in Comment.objects.filter(thread__in=threads)
        .order_by("thread_id", "-said_at", "-pk")
        .distinct("thread_id")
    }
    return [
        Shown(
            thread=one,
            title=title_of(one),
            people=[p for p in by_id[one.couple_id].partners.all() if p.client_id in one.audience],
            unread=bool(getattr(one, "unread", False)),
            latest=last.get(one.pk),
            closed=one.closed_at is not None,
        )
        for one in threads
    ]


def in_full(who: Client | Membership, thread: Thread, couple: Couple) -> Shown:
    """Return a thread with everything said in it, oldest first."""
    comments = list(
        Comment.objects.filter(thread=thread).select_related("membership").order_by("-said_at", "-pk")[:MOST_COMMENTS]
    )
    comments.reverse()
    places = {partner.client_id: partner for partner in couple.partners.all()}
    seen_at = getattr(thread, "seen_at", None)
    lines = [_line(one, who, places, seen_at) for one in comments]
    return Shown(
        thread=thread,
        title=title_of(thread),
        people=[partner for partner in couple.partners.all() if partner.client_id in thread.audience],
        unread=any(line.is_new for line in lines),
        latest=comments[-1] if comments else None,
        lines=lines,
        closed=is_closed(thread),
    )


def _line(one: Comment, who: Client | Membership, places: dict[uuid.UUID, Partner], seen_at: datetime | None) -> Line:
    mine = who.pk in (one.author_id, one.membership_id)
    is_new = not mine and (seen_at is None or one.said_at > seen_at)
    if one.author_id is None:
        return Line(one, one.membership.name if one.membership else "", None, mine, is_new)
    partner = places.get(one.author_id)
    return Line(one, partner.client.name if partner else "", partner.position if partner else None, mine, is_new)


def title_of(thread: Thread) -> str:
    """What it is about, in words that anybody in it may read; '' for a free thread."""
    if thread.assignment_id is None or thread.assignment is None:
        return ""
    return thread.assignment.edition.neutral_title


def with_subject(threads: QuerySet[Thread]) -> QuerySet[Thread]:
    """Fetch what threads are about along with them."""
    return threads.select_related("assignment__edition")


def thread_or_404(who: Client | Membership, couples: Collection[uuid.UUID], thread_id: uuid.UUID) -> Thread:
    """Return a thread that this person may read; anything else is the same 404."""
    thread = with_subject(threads_for(who, couples)).filter(pk=thread_id).first()
    if thread is None:
        raise Http404
    return thread


def of_couple(who: Membership, couple: Couple, client: Client | None = None) -> QuerySet[Thread]:
    """Return the threads with all partners, or (with a client) those with one of them alone."""
    rows = with_subject(threads_for(who, [couple.pk]))
    return rows.filter(audience=[client.pk]) if client else rows.filter(audience__len__gt=1)


def about(who: Membership, response: Response, couple: Couple, *, apart: bool) -> list[Shown]:
    """Return the threads that point to a response: those with all partners, or (``apart``) with one alone."""
    rows = with_subject(threads_for(who, [couple.pk])).filter(response=response)
    rows = rows.filter(audience__len=1) if apart else rows.filter(audience__len__gt=1)
    return listed(who, list(rows), [couple])


WAITING_OPENLY: Written[uuid.UUID] = Written(
    lambda couples: waiting_for_practice(couples).filter(audience__len__gt=1).order_by().values_list("pk", flat=True),
    couples=[uuid.UUID],
)


def waiting_openly(couple: Couple) -> int:
    """Return how many threads with all partners wait for an answer from the practice."""
    return len(WAITING_OPENLY.all(couples=[couple.pk]))
