"""Which of a couple's own words a report repeats."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext as _

from reports.material import Material, Words
from reports.paper import Quote

#: Characters of a text that says something and still fits; words are repeated whole or not at all.
SHORTEST, LONGEST = 24, 600
OF_EACH = 3
MOST = 8


def quotes(material: Material) -> tuple[Quote, ...]:
    """The newest words of each voice, oldest first. Private ones, in the therapist's copy, say that they are."""
    chosen: list[Words] = []
    said: set[str] = set()
    heard: dict[int | None, int] = defaultdict(int)
    for one in reversed(material.words):
        is_address = one.text.startswith(("https://", "http://"))
        fits = SHORTEST <= len(one.text) <= LONGEST and not is_address and one.text not in said
        if fits and len(chosen) < MOST and heard[one.position] < OF_EACH:
            heard[one.position] += 1
            said.add(one.text)
            chosen.append(one)
    return tuple(Quote(one.text, one.position, one.on, _source(one)) for one in reversed(chosen))


def _source(one: Words) -> str:
    return _("%(what)s, private") % {"what": one.what} if one.private else one.what
