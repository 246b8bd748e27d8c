"""What the people of the demo wrote, in the order in which they wrote it."""

from __future__ import annotations

from reports.demo.words import mara_and_theo, others

#: person -> exercise -> question -> one text for each time they answered; an empty one was left blank.
SAID: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {**mara_and_theo.SAID, **others.SAID}


def said(name: str, slug: str, key: str, turn: int) -> str:
    """Return what this person wrote the `turn`-th time; empty when they left it blank."""
    texts = SAID.get(name, {}).get(slug, {}).get(key, ())
    return texts[turn] if turn < len(texts) else ""
