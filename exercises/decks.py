"""A deck of cards: one prompt at a time, in the deck's own order, none twice until all have been turned over.

A card that the therapist took out never comes. Whoever draws together shares one deck and one card on the
table; where each does it alone, everybody has a deck of their own. A card left out is nobody's fault, so
nothing here counts them.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from exercises.doing import Doing
from exercises.models import Assignment, Draw
from exercises.sittings import audience_of
from exercises.vocabulary import Kind, Lane
from practice.written import Written

Outcome = Draw.Outcome
#: What may be said of a card that lies on the table.
SAID = (Outcome.DONE, Outcome.TALK, Outcome.PASSED)
#: After so many cards a day is enough suggested.
A_FEW = 3


@dataclass(frozen=True)
class Card:
    """A prompt with its place in the edition's list."""

    number: int
    text: str


@dataclass(frozen=True)
class Deck:
    """The deck as it lies there: what remains of this round, and the card on the table."""

    cards: tuple[Card, ...]
    round: int
    drawn: tuple[Draw, ...]
    today: int

    @property
    def on_table(self) -> Draw | None:
        return next((one for one in self.drawn if one.outcome == Outcome.TURNED and self.card(one)), None)

    @property
    def next(self) -> Card | None:
        """The card that comes next; None when this round is used up."""
        gone = {one.card for one in self.drawn}
        return next((card for card in self.cards if card.number not in gone), None)

    @property
    def place(self) -> int:
        """Which of the deck's cards lies on the table or comes next, from 1."""
        at = self.on_table.card if self.on_table else self.next.number if self.next else self.cards[-1].number
        return next(place for place, card in enumerate(self.cards, start=1) if card.number == at)

    @property
    def enough(self) -> bool:
        """Whether that was the deck for today: a suggestion, never a limit."""
        return self.on_table is None and self.today > 0 and self.today % A_FEW == 0

    def card(self, draw: Draw) -> Card | None:
        """Return what a draw turned over; None when the therapist has taken that card out since."""
        return next((card for card in self.cards if card.number == draw.card), None)


def cards(content: dict, left_out: Collection[int] = ()) -> tuple[Card, ...]:
    """Return a deck's cards in its order, without those that were taken out (by their place from 0)."""
    prompts = content.get("prompts") or []
    return tuple(Card(n, text) for n, text in enumerate(prompts) if n not in left_out)


def left_out(assignment: Assignment) -> frozenset[int]:
    """Return the places of the cards that the therapist took out for these people."""
    return frozenset(
        int(one) for one in assignment.tailoring.get("left_out", ()) if isinstance(one, int) or str(one).isdigit()
    )


def is_deck(content: dict) -> bool:
    """Tell whether the prompts of an exercise are cards: those of conversations, and any larger set."""
    prompts = content.get("prompts") or []
    return len(prompts) >= (2 if content.get("kind") == Kind.CONVERSATION else 3)


def prompts_of(doing: Doing) -> tuple[str, ...]:
    """Return the prompts to show below each other: none of a deck, and none that the therapist took out."""
    content = doing.edition.content
    return () if is_deck(content) else tuple(card.text for card in cards(content, left_out(doing.assignment)))


def cards_of(doing: Doing) -> tuple[Card, ...]:
    """Return the cards that these people may meet; empty when it is no deck."""
    content = doing.edition.content
    return cards(content, left_out(doing.assignment)) if is_deck(content) else ()


def deck_of(doing: Doing) -> Deck | None:
    """Return the deck as it lies there, or None when there is none."""
    there = cards_of(doing)
    if not there:
        return None
    draws = list(Draw.objects.filter(assignment=doing.assignment, audience=audience_of(doing)).order_by("drawn_at"))
    at = max((one.round for one in draws), default=0)
    today = timezone.localtime(doing.now).date()
    settled = [one for one in draws if one.outcome != Outcome.TURNED]
    return Deck(
        cards=there,
        round=at,
        drawn=tuple(one for one in draws if one.round == at),
        today=sum(1 for one in settled if timezone.localtime(one.drawn_at).date() == today),
    )


def turn_over(doing: Doing) -> None:
    """Turn the next card over; when one lies there already, it stays. A used-up deck begins again."""
    deck = deck_of(doing)
    if deck is None or deck.on_table is not None:
        return
    card, at = (deck.next, deck.round) if deck.next else (deck.cards[0], deck.round + 1)
    audience = audience_of(doing)
    try:
        with transaction.atomic():
            Draw.objects.create(
                couple_id=doing.occurrence.couple_id,
                assignment=doing.assignment,
                # The round of one person is nothing for the others who share the card.
                occurrence=doing.occurrence if set(doing.occurrence.audience) == set(audience) else None,
                audience=audience,
                card=card.number,
                round=at,
            )
    except IntegrityError:
        return  # the other phone turned the same one over a moment ago


def settle(doing: Doing, draw_id: uuid.UUID, outcome: str) -> bool:
    """Say what became of the card on the table; False when that has been said already."""
    on_table = Draw.objects.filter(
        pk=draw_id, assignment=doing.assignment, audience=audience_of(doing), outcome=Outcome.TURNED
    )
    return outcome in SAID and on_table.update(outcome=outcome) == 1


def to_talk_about(doing: Doing) -> list[Card]:
    """Return the cards that were kept for talking, in the order of the deck."""
    kept = Draw.objects.filter(assignment=doing.assignment, audience=audience_of(doing), outcome=Outcome.TALK)
    numbers = set(kept.values_list("card", flat=True))
    return [card for card in cards_of(doing) if card.number in numbers]


def _for_talking(couple: uuid.UUID, since: datetime.datetime) -> QuerySet[Draw]:
    rows = Draw.objects.filter(couple=couple, outcome=Outcome.TALK, drawn_at__gte=since)
    return rows.exclude(assignment__lane=Lane.OWN).select_related("assignment__edition").order_by("drawn_at", "pk")


KEPT_BY_SEVERAL: Written[Draw] = Written(
    lambda couple, since: _for_talking(couple, since).filter(audience__len__gt=1),
    couple=uuid.UUID,
    since=datetime.datetime,
)


def kept_for_talking(couple: uuid.UUID, since: datetime.datetime, *, alone: uuid.UUID | None = None) -> list[str]:
    """Return for the therapist the prompts that were kept for talking: by several together, or by one ``alone``.

    What a partner keeps for themselves is never among them.
    """
    if alone:
        found = list(_for_talking(couple, since).filter(audience=[alone]))
    else:
        found = KEPT_BY_SEVERAL.all(couple=couple, since=since)
    return [prompt for draw in found if (prompt := _prompt(draw))]


def _prompt(draw: Draw) -> str:
    prompts = draw.assignment.edition.content.get("prompts") or []
    return prompts[draw.card] if draw.card < len(prompts) else ""
