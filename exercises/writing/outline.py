"""The order of a form's items: a tree of their keys, and how it is rearranged. Nothing here knows a question.

An outline is a list of nodes, each a key and the outline of what lies inside it:

    [["warmth", []], ["week", [["sleep", []], ["talk", []]]]]
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Node = list[Any]
Outline = list[Node]


@dataclass(frozen=True)
class Place:
    """Where an item stands: its number among the items beside it (from 1), and how deep it lies."""

    key: str
    number: int
    of: int
    depth: int
    parent: str


def outline_of(items: Iterable[Mapping[str, Any]]) -> Outline:
    """The outline of a form's data."""
    return [[str(item["key"]), outline_of(item.get("questions") or ())] for item in items]


def places(outline: Outline, depth: int = 0, parent: str = "") -> Iterator[Place]:
    """Every item in the order of the form, what lies inside it after it."""
    for number, (key, inside) in enumerate(outline, start=1):
        yield Place(key, number, len(outline), depth, parent)
        yield from places(inside, depth + 1, key)


def keys_of(outline: Outline) -> list[str]:
    return [place.key for place in places(outline)]


def place_of(outline: Outline, key: str) -> Place | None:
    return next((place for place in places(outline) if place.key == key), None)


def added(outline: Outline, node: Node, after: str = "") -> Outline:
    """With one more item, behind another one; at the end when there is no such item."""
    made = copy.deepcopy(outline)
    home, index = _find(made, after) or (made, len(made) - 1)
    home.insert(index + 1, node)
    return made


def removed(outline: Outline, key: str) -> Outline:
    """Without an item and all that lies in it."""
    made = copy.deepcopy(outline)
    if found := _find(made, key):
        found[0].pop(found[1])
    return made


def moved_by(outline: Outline, key: str, steps: int) -> Outline:
    """With an item some places up (negative) or down among those beside it."""
    place = place_of(outline, key)
    return outline if place is None else moved_to(outline, key, place.number + steps)


def moved_to(outline: Outline, key: str, number: int) -> Outline:
    """With an item as the given one among those beside it, counted from 1."""
    made = copy.deepcopy(outline)
    if found := _find(made, key):
        home, index = found
        node = home.pop(index)
        home.insert(max(0, min(number - 1, len(home))), node)
    return made


def moved_before(outline: Outline, key: str, other: str) -> Outline:
    """With an item right before another one, wherever that lies; at the very end when ``other`` is empty.

    Nothing can move into itself: then the outline stays as it is.
    """
    made = copy.deepcopy(outline)
    found = _find(made, key)
    if found is None or key == other:
        return outline
    node = found[0].pop(found[1])
    if other in keys_of(node[1]):
        return outline
    home, index = _find(made, other) or (made, len(made))
    home.insert(index, node)
    return made


def moved_in(outline: Outline, key: str) -> Outline:
    """With an item at the end of the one before it: a question goes into the group above it."""
    made = copy.deepcopy(outline)
    if (found := _find(made, key)) and found[1] > 0:
        home, index = found
        node = home.pop(index)
        home[index - 1][1].append(node)
    return made


def moved_out(outline: Outline, key: str) -> Outline:
    """With an item behind the group that it lay in."""
    place = place_of(outline, key)
    if place is None or not place.parent:
        return outline
    made = copy.deepcopy(outline)
    home, index = _find(made, key) or (made, 0)
    node = home.pop(index)
    around, at = _find(made, place.parent) or (made, len(made) - 1)
    around.insert(at + 1, node)
    return made


def reconciled(outline: Outline, keys: Iterable[str], types: Mapping[str, str]) -> Outline:
    """An outline with exactly these items: unknown keys go, what it does not name comes to the end.

    So taking back an older order never loses a question that somebody added since. Items whose type cannot
    hold others lose none either: what lay in them comes right behind.
    """
    wanted, seen = set(keys), set()

    def kept(nodes: Outline) -> Outline:
        made: Outline = []
        for key, inside in nodes:
            if key not in wanted or key in seen:
                made += kept(inside)
                continue
            seen.add(key)
            within = kept(inside)
            holds = types.get(key) not in ("section", "instructions", "image", "link")
            made += [[key, within]] if holds else [[key, []], *within]
        return made

    made = kept(outline)
    return [*made, *([key, []] for key in keys if key not in seen)]


def _find(outline: Outline, key: str) -> tuple[Outline, int] | None:
    for index, (one, inside) in enumerate(outline):
        if one == key:
            return outline, index
        if found := _find(inside, key):
            return found
    return None
