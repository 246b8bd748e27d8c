"""Filters for paper: the direction of a text and the letter of a partner's position."""

from __future__ import annotations

from django import template

from reports import marks, wording

register = template.Library()

register.filter("direction", wording.direction)


@register.filter
def ink(position: int | None) -> str:
    """The class of a partner's ink: 'ink-a'. Empty without a position."""
    return "" if position is None else f"ink-{marks.letter(position)}"
