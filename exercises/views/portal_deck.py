"""A deck of cards: turn one over, talk, and say what became of it. Passing is one of three plain answers."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from exercises import decks, sittings
from exercises import doing as doings
from exercises.decks import Deck
from exercises.doing import Doing
from exercises.views.portal_do import over


def _drawn_from(request: Any, occurrence_id: uuid.UUID) -> tuple[Doing, Deck]:
    doing = doings.of(request.person, request.practice, occurrence_id)
    deck = decks.deck_of(doing)
    if deck is None:
        raise Http404
    return doing, deck


@require_safe
@for_consenting_clients
def cards(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """The card on the table, the back of the next one, or the end for today."""
    doing, deck = _drawn_from(request, occurrence_id)
    if not doing.can_answer:
        return over(request, doing) or redirect("portal_today")
    sitting = sittings.current(doing)
    if sitting is not None and sitting.paused_at is not None:
        return redirect("do_steps", occurrence_id)  # a break closes the card, too
    context = {
        "doing": doing,
        "deck": deck,
        "draw": deck.on_table,
        "card": deck.card(deck.on_table) if deck.on_table else None,
        "of": len(deck.cards),
        "sitting": sitting,
        "several": len(sittings.audience_of(doing)) > 1,
        "has_steps": bool(sittings.steps_of(doing)),
        "talk": decks.to_talk_about(doing) if deck.enough or (deck.next is None and deck.on_table is None) else (),
    }
    return render(request, "exercises/portal/deck.html", context)


@require_POST
@for_consenting_clients
def draw(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Turn the next card over, or say what became of the one that lies there."""
    doing, _deck = _drawn_from(request, occurrence_id)
    if not doing.can_answer:
        return over(request, doing) or redirect("portal_today")
    said = request.POST.get("outcome", "")
    if said:
        try:
            decks.settle(doing, uuid.UUID(request.POST.get("card", "")), said)
        except ValueError:
            raise Http404 from None
    else:
        decks.turn_over(doing)
    return redirect("do_cards", occurrence_id)
