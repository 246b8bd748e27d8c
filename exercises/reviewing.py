"""Working through what came back: what waits for it, marking it, and telling its author.

To have read something is each therapist's own affair (:mod:`exercises.record`). To have *worked through* it
stands once, whoever of the practice did it, and its author learns of it. As everywhere, what one partner
keeps from the others is ``apart``: it waits on a page of its own, and its review reaches its author alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, QuerySet

from clients.models import Client, Couple
from exercises import record
from exercises.caseload import APART, kept_apart
from exercises.models import AgendaItem, Response, Review
from practice.models import Membership
from practice.written import Written

#: For so long a partner's first page says that somebody has looked at what they sent.
TOLD_FOR = timedelta(days=7)
MOST_TOLD = 3
#: Reviews that are read for that.
LOOKING_BACK = 60


@dataclass(frozen=True)
class Waiting:
    """One response to work through, with what was said in it."""

    couple: Couple
    response: Response
    event: record.Event
    on_agenda: bool


@dataclass(frozen=True)
class PrivatePile:
    """How much of one partner's waits on their private view."""

    couple: Couple
    client: Client
    position: int
    count: int


def to_review(
    couples: Collection[uuid.UUID], *, client: Client | None = None, oldest_first: bool = False
) -> QuerySet[Response]:
    """Return what nobody has worked through: what is for all partners, or what ``client`` keeps from the others.

    Of something that was amended, the last revision stands for all.
    """
    rows = _newest(couples).select_related("edition", "author", "occurrence__assignment")
    if client is None:
        rows = rows.exclude(lane__in=APART).filter(~_reviewed(apart=False))
    else:
        rows = rows.filter(kept_apart(), ~_reviewed(apart=True), author=client)
    return rows.order_by("submitted_at", "pk") if oldest_first else rows.order_by("-submitted_at", "-pk")


def _newest(couples: Collection[uuid.UUID]) -> QuerySet[Response]:
    later = Response.objects.filter(
        practice_id=OuterRef("practice_id"),
        occurrence=OuterRef("occurrence"),
        author=OuterRef("author"),
        revision__gt=OuterRef("revision"),
    )
    return Response.objects.filter(~Exists(later), couple_id__in=couples)


def _reviewed(*, apart: bool) -> Exists:
    return Exists(Review.objects.filter(practice_id=OuterRef("practice_id"), response=OuterRef("pk"), apart=apart))


COUNTS: Written[tuple[uuid.UUID, int]] = Written(
    lambda couples: (
        _newest(couples)
        .exclude(lane__in=APART)
        .filter(~_reviewed(apart=False))
        .order_by()
        .values_list("couple_id")
        .annotate(n=Count("pk"))
    ),
    couples=[uuid.UUID],
)


def counts(couples: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many responses wait in each couple, as far as they are for all partners."""
    return dict(COUNTS.all(couples=couples))


def private_piles(couples: Collection[Couple]) -> list[PrivatePile]:
    """Return whose private views hold something to work through. ``couples`` come ``with_partners``."""
    rows = _newest([one.pk for one in couples]).annotate(
        waits=ExpressionWrapper(kept_apart() & ~_reviewed(apart=True), BooleanField())
    )
    found = rows.filter(waits=True).order_by().values_list("couple_id", "author_id").annotate(n=Count("pk"))
    piles = {(couple_id, author_id): n for couple_id, author_id, n in found}
    return [
        PrivatePile(couple, partner.client, partner.position, piles[couple.pk, partner.client_id])
        for couple in couples
        for partner in couple.partners.all()
        if (couple.pk, partner.client_id) in piles
    ]


_ON_AGENDA: dict[bool, Written[uuid.UUID]] = {
    apart: Written(
        lambda responses, apart=apart: AgendaItem.objects.filter(
            response__in=responses, apart=apart, done_at=None
        ).values_list("response_id", flat=True),
        responses=[uuid.UUID],
    )
    for apart in (False, True)
}


def in_full(
    responses: Collection[Response], couples: Iterable[Couple], membership: Membership, *, apart: bool = False
) -> list[Waiting]:
    """Return responses with their answers, in a fixed number of queries. ``couples`` come ``with_partners``."""
    by_id = {couple.pk: couple for couple in couples}
    places = {
        (couple.pk, partner.client_id): partner.position
        for couple in by_id.values()
        for partner in couple.partners.all()
    }
    agenda = set(_ON_AGENDA[apart].all(responses=[one.pk for one in responses]))
    shown = record.events_of(
        responses, lambda one: places.get((one.couple_id, one.author_id), 0), membership, apart=apart
    )
    return [
        Waiting(by_id[one.couple_id], one, event, one.pk in agenda) for one, event in zip(responses, shown, strict=True)
    ]


# ── marking ──────────────────────────────────────────────────────────────────


def mark(response: Response, membership: Membership, *, apart: bool = False) -> Review:
    """Write down that a response was worked through, which also means read. Whoever was first stands."""
    mark_all([response], membership, apart=apart)
    return Review.objects.select_related("membership").get(response=response, apart=apart)


def mark_all(responses: Collection[Response], membership: Membership, *, apart: bool = False) -> None:
    """Mark many at once, of one of the two views."""
    rows = [
        Review(couple_id=one.couple_id, response=one, author_id=one.author_id, apart=apart, membership=membership)
        for one in responses
    ]
    Review.objects.bulk_create(rows, ignore_conflicts=True)
    record.mark_read(membership, responses, apart=apart)


def unmark(response: Response, membership: Membership, *, apart: bool = False) -> bool:
    """Take one's own mark back; return whether there was one. A colleague's stays."""
    gone, _by_model = Review.objects.filter(response=response, apart=apart, membership=membership).delete()
    return bool(gone)


def review_of(response: Response, *, apart: bool = False) -> Review | None:
    """Return who worked through a response, if anybody did."""
    return Review.objects.filter(response=response, apart=apart).select_related("membership").first()


# ── what its author learns ───────────────────────────────────────────────────


@dataclass(frozen=True)
class LookedAt:
    """That somebody has looked at what this person sent, once or several times; ``at`` is the latest."""

    title: str
    by: str
    at: datetime
    times: int = 1


def looked_at(person: Client, couples: Collection[uuid.UUID], *, limit: int = MOST_TOLD) -> list[LookedAt]:
    """Return what of this person's own was looked at, the latest first, the same thing in one line.

    The database shows reviews to their author alone.
    """
    return _in_lines(_of_author(person.pk, couples)[:LOOKING_BACK])[:limit]


def _of_author(author: uuid.UUID, couples: Collection[uuid.UUID]) -> QuerySet[Review]:
    return (
        Review.objects.filter(author=author, couple_id__in=couples)
        .select_related("response__edition", "membership")
        .order_by("-reviewed_at", "-pk")
    )


def _in_lines(reviews: Iterable[Review]) -> list[LookedAt]:
    seen: set[uuid.UUID] = set()
    found: dict[tuple[str, str], LookedAt] = {}
    for one in reviews:
        if one.response_id in seen:  # its open part and its private one
            continue
        seen.add(one.response_id)
        line = (one.response.edition.neutral_title, one.membership.name)
        times = found[line].times + 1 if line in found else 1
        found[line] = LookedAt(*line, found[line].at if line in found else one.reviewed_at, times)
    return list(found.values())


LATELY_REVIEWED: Written[Review] = Written(
    lambda author, couples, since: _of_author(author, couples).filter(reviewed_at__gte=since)[:LOOKING_BACK],
    author=uuid.UUID,
    couples=[uuid.UUID],
    since=datetime,
)


def lately_looked_at(person: Client, couples: Collection[uuid.UUID], now: datetime) -> list[LookedAt]:
    """Return what was looked at in the last week, for this person's first page."""
    rows = LATELY_REVIEWED.all(author=person.pk, couples=couples, since=now - TOLD_FOR)
    return _in_lines(rows)[:MOST_TOLD]
