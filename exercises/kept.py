"""What partners keep besides their answers, as their therapist sees it: how it went, wins, pages, agreements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from clients.models import Client, Couple
from exercises import agreements, feedback, journal
from exercises.agreements import Kept
from exercises.desk import QueueItem, asking, register_queue
from exercises.models import Feedback, JournalEntry, Win
from exercises.vocabulary import Lane
from practice.links import address_of
from practice.models import Membership

A_PAGE = 30


@dataclass(frozen=True)
class WentSo:
    """How one task went for one partner, in words."""

    feedback: Feedback
    position: int

    @property
    def obstacles(self) -> list[str]:
        return feedback.obstacle_words(self.feedback.obstacles)

    @property
    def weighs(self) -> bool:
        return self.feedback.too_much or bool(feedback.WEIGHS & set(self.feedback.obstacles))


@dataclass(frozen=True)
class Page:
    """One of the two views: what is open to everybody, or what one partner told the therapist alone."""

    went: list[WentSo]
    wins: list[Win]
    journal: list[JournalEntry]
    agreements: list[Kept]


def page(couple: Couple, *, private_of: Client | None = None) -> Page:
    """Return the view, the newest first, in a fixed number of queries."""
    places = {partner.client_id: partner.position for partner in couple.partners.all()}
    went = Feedback.objects.filter(couple=couple).select_related("author", "occurrence__assignment__edition")
    wins = Win.objects.filter(couple=couple).select_related("author")
    if private_of is None:
        went, wins = went.filter(lane=Lane.SHARED), wins.filter(lane=Lane.SHARED)
    else:
        went = went.filter(lane=Lane.PRIVATE, author=private_of)
        wins = wins.filter(lane=Lane.PRIVATE, author=private_of)
    return Page(
        went=[WentSo(one, places.get(one.author_id, 0)) for one in went.order_by("-given_at")[:A_PAGE]],
        wins=list(wins.order_by("-marked_at")[:A_PAGE]),
        journal=list(journal.released_to_staff(couple, private_of=private_of)[:A_PAGE]),
        agreements=agreements.of(agreements.of_couple(couple)) if private_of is None else [],
    )


@register_queue
@asking(lambda membership, couples: feedback.TO_NOTE.of(couples=couples))
def too_much_or_not_free(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """A partner said that it is too much, or that they did not feel free: until somebody takes note."""
    return [
        QueueItem(
            kind="talk",
            what=_("Too much, or not free to speak"),
            couple_id=one.couple_id,
            detail=_("%(name)s said so privately after “%(title)s”.")
            % {"name": one.author.name, "title": one.occurrence.assignment.edition.title},
            since=one.given_at,
            url=address_of("kept_private", one.couple_id, one.author_id),
            action=_("Look"),
            urgent=bool(feedback.WEIGHS & set(one.obstacles)),
        )
        for one in feedback.to_note(couples)
    ]
