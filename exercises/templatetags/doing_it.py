"""Ways to do an exercise besides answering: step by step, card by card, on paper, on one phone handed over."""

from __future__ import annotations

from typing import Any

from django import template

from exercises import decks, handover, revealing, sittings

register = template.Library()


@register.inclusion_tag("exercises/portal/_ways.html", takes_context=True)
def ways(context: template.Context) -> dict[str, Any]:
    """The ways that there are for what this page is about; nothing where there is none."""
    doing, narrow = context["doing"], context.get("narrow")
    return {
        "doing": doing,
        "adapted": sittings.adapted_to(doing),
        "ways": {"steps": bool(sittings.steps_of(doing)), "cards": bool(decks.cards_of(doing))} if not narrow else {},
    }


@register.inclusion_tag("exercises/portal/_pass_on.html", takes_context=True)
def pass_on(context: template.Context) -> dict[str, Any]:
    """The offer to pass the phone on, after sending; the same whatever the others have done."""
    doing = context["doing"]
    takers = [] if context.get("narrow") else handover.takers(doing)
    return {"doing": doing, "takers": takers, "request": context["request"], "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("exercises/portal/_say_ready.html", takes_context=True)
def say_ready(context: template.Context) -> dict[str, Any]:
    """One's own word for opening a sealed round, where the partners decide; the same whatever the others do."""
    doing = context["doing"]
    shown = revealing.by_their_own_yes(doing.assignment) and not revealing.is_open(doing.occurrence, doing.now)
    return {"doing": doing, "shown": shown, "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def prompts(context: template.Context, content: dict[str, Any]) -> tuple[str, ...]:
    """The prompts to show below each other: none of a deck, and none that the therapist took out."""
    doing = context.get("doing")
    if doing is None:
        return tuple(content.get("prompts") or ())
    return decks.prompts_of(doing)
