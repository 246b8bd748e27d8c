"""Conversations with the therapist: with one partner alone, or with all of them together.

The audience is fixed when a thread begins; the database refuses another one. A partner's own thread is
nothing to the others: no row, no count, no letter. There is no thread without the therapist, so there is no
chat between partners. What is said is never changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from clients.models import Client, Couple, Partner
from exercises.caseload import APART
from exercises.models import Assignment, Comment, Response, Seen, Thread
from exercises.notices import tell_of
from practice import tenancy
from practice.models import Membership

LONGEST = 4000
IN_CARE = (Couple.Status.ACTIVE, Couple.Status.PAUSED)

#: Names a thread after who begins it and the key of their form: pressed twice, it begins once.
_BEGINNING = uuid.UUID("5f1e0d52-3c55-4a58-9d64-0d6a51d3f0c2")


class Closed(Exception):
    """Nothing more can be said in this thread."""


@dataclass(frozen=True)
class About:
    """What a thread is about, as far as everybody in it may know of that."""

    assignment: Assignment | None = None
    response: Response | None = None


# ── who may be in it, and what it may be about ───────────────────────────────


def present(couple: Couple) -> list[Partner]:
    """Return the partners who are here now, by position. The couple comes ``with_partners``."""
    return [partner for partner in couple.partners.all() if partner.left_at is None]


def allowed_about(
    audience: Collection[uuid.UUID], *, response: Response | None = None, assignment: Assignment | None = None
) -> About:
    """Return what a thread of these people may point to: nothing that one of them may not know of.

    A sealed answer, a private one, and what was given to one partner leave no trace in a thread of several.
    """
    if response is not None and assignment is None:
        assignment = response.occurrence.assignment
    readers = set() if response is None else {response.author_id, *_readers_now(response)}
    return About(
        assignment if assignment is not None and set(audience) <= set(assignment.audience) else None,
        response if set(audience) <= readers else None,
    )


def _readers_now(response: Response) -> Iterable[uuid.UUID]:
    if response.lane in APART or response.opens_at is None or response.opens_at > timezone.now():
        return ()
    return response.readers


# ── saying something ─────────────────────────────────────────────────────────


def begin(
    couple: Couple, audience: Collection[uuid.UUID], *, by: Client | Membership, text: str, key: uuid.UUID, about: About
) -> Thread:
    """Begin a thread with its first comment; with the same key again, return the one that was begun.

    ``about`` comes from :func:`allowed_about`. Needs people who are in the couple now; raises :class:`Closed` when
    the couple is in care no more.
    """
    if couple.status not in IN_CARE:
        raise Closed
    now = timezone.now()
    thread = Thread(
        pk=uuid.uuid5(_BEGINNING, f"{by.pk}:{key}"),
        couple=couple,
        audience=sorted(audience),
        assignment=about.assignment,
        response=about.response,
        latest_at=now,
    )
    with tenancy.not_read_back():
        try:
            with transaction.atomic():
                thread.save(force_insert=True)
        except IntegrityError:
            return Thread.objects.get(pk=thread.pk)
        _write(thread, by, text, key, now)
    return thread


def answer_to(
    response: Response, audience: Collection[uuid.UUID], *, by: Membership, text: str, key: uuid.UUID
) -> Thread:
    """Say something to one partner or to all about a response, in the thread that is there already, if one is."""
    about = allowed_about(audience, response=response)
    couple = response.couple
    if about.response is not None:
        there = Thread.objects.filter(
            couple=couple, audience=sorted(audience), response=about.response, closed_at=None
        ).first()
        if there is not None:
            say(there, by=by, text=text, key=key)
            return there
    return begin(couple, audience, by=by, text=text, key=key, about=about)


def say(thread: Thread, *, by: Client | Membership, text: str, key: uuid.UUID) -> Comment:
    """Add a comment; with the same key again nothing is added. Raises :class:`Closed`."""
    thread = Thread.objects.select_for_update(of=("self",)).get(pk=thread.pk)
    if is_closed(thread):
        raise Closed
    now = timezone.now()
    Thread.objects.filter(pk=thread.pk).update(latest_at=now)
    return _write(thread, by, text, key, now)


def _write(thread: Thread, by: Client | Membership, text: str, key: uuid.UUID, now: datetime) -> Comment:
    there = Comment.objects.filter(thread=thread, key=key).first()
    if there is not None:
        return there
    comment = Comment.objects.create(
        couple_id=thread.couple_id, thread=thread, audience=thread.audience, text=text, key=key, **_author(by)
    )
    see(thread, by, now=now)
    if isinstance(by, Membership):
        tell_of(thread, now)
    return comment


def _author(who: Client | Membership) -> dict[str, Client | Membership]:
    return {"membership": who} if isinstance(who, Membership) else {"author": who}


def is_closed(thread: Thread) -> bool:
    """Whether nothing can be added: it was closed, somebody in it has left, or the couple is in care no more."""
    if thread.closed_at is not None:
        return True
    here = Partner.objects.filter(
        couple=thread.couple_id,
        left_at=None,
        couple__status__in=IN_CARE,
        client_id__in=thread.audience,
    )
    return here.count() < len(thread.audience)


def close(thread: Thread) -> None:
    """Close a thread; it stays readable. Doing it again changes nothing."""
    Thread.objects.filter(pk=thread.pk, closed_at=None).update(closed_at=timezone.now())


def reopen(thread: Thread) -> None:
    Thread.objects.filter(pk=thread.pk).update(closed_at=None)


def see(thread: Thread, who: Client | Membership, *, now: datetime | None = None) -> None:
    """Write down that somebody has read a thread up to now. Only they themselves ever learn of it."""
    moment = now or timezone.now()
    row = Seen(couple_id=thread.couple_id, thread=thread, seen_at=moment, **_author(who))
    if not Seen.objects.filter(thread=thread, **_author(who)).update(seen_at=moment):
        Seen.objects.bulk_create([row], ignore_conflicts=True)


# ── reading ──────────────────────────────────────────────────────────────────


def threads_for(who: Client | Membership, couples: Collection[uuid.UUID]) -> QuerySet[Thread]:
    """Return the threads somebody may read, the latest first; ``unread`` tells whether others have spoken since."""
    if isinstance(who, Client):
        return threads_of(who.pk, couples)
    return _with_unread(Thread.objects.filter(couple_id__in=couples), {"membership": who})


def threads_of(client_id: uuid.UUID, couples: Collection[uuid.UUID]) -> QuerySet[Thread]:
    """Return the same of a client whose id alone is known."""
    rows = Thread.objects.filter(couple_id__in=couples, audience__contains=[client_id])
    return _with_unread(rows, {"author": client_id})


def _with_unread(rows: QuerySet[Thread], mine: dict[str, Any]) -> QuerySet[Thread]:
    seen = Seen.objects.filter(practice_id=OuterRef("practice_id"), thread=OuterRef("pk"), **mine)
    others = Comment.objects.filter(practice_id=OuterRef("practice_id"), thread=OuterRef("pk")).exclude(**mine)
    rows = rows.annotate(seen_at=Subquery(seen.values("seen_at")[:1]))
    spoken = Exists(others.filter(said_at__gt=OuterRef("seen_at")))
    unread = spoken | (Q(seen_at=None) & Exists(others))
    return rows.annotate(unread=ExpressionWrapper(unread, BooleanField())).order_by("-latest_at", "-pk")


def waiting_for_practice(couples: Collection[uuid.UUID]) -> QuerySet[Thread]:
    """Return open threads in which a partner spoke last; ``last_said_at`` tells when."""
    last = Comment.objects.filter(practice_id=OuterRef("practice_id"), thread=OuterRef("pk")).order_by(
        "-said_at", "-pk"
    )
    rows = Thread.objects.filter(couple_id__in=couples, closed_at=None).annotate(
        last_author=Subquery(last.values("author_id")[:1]), last_said_at=Subquery(last.values("said_at")[:1])
    )
    return rows.filter(last_author__isnull=False).order_by("last_said_at", "pk")
