"""A practice's letterhead, as its paper shows it."""

from __future__ import annotations

from django.db import transaction

from practice.models import Practice
from reports import paper
from reports.models import Letterhead

MOST_LINES = 6


def letterhead_of(practice: Practice) -> paper.Letterhead:
    """Return the practice's name, address, colour and logo. Needs the practice to be the bound one."""
    words = words_of(practice)
    found = Letterhead.objects.filter(practice=practice).first()
    if found is None:
        return words
    return paper.Letterhead(words.name, words.tagline, found.colour, words.lines, bytes(found.logo or b"") or None)


def words_of(practice: Practice) -> paper.Letterhead:
    """Return what stands in the practice itself, without a logo."""
    lines = tuple(line.strip() for line in practice.address.splitlines() if line.strip())[:MOST_LINES]
    return paper.Letterhead(practice.name, practice.tagline, lines=lines)


def save(practice: Practice, *, colour: str, logo: bytes | None, without_logo: bool) -> None:
    """Keep a practice's colour and logo; without a new logo the old one stays, unless there shall be none."""
    with transaction.atomic():
        known, _made = Letterhead.objects.select_for_update().get_or_create(practice=practice)
        known.colour = colour
        if logo or without_logo:
            known.logo = logo or None
        known.save(update_fields=["colour", "logo"])
