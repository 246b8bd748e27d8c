"""In which order things can be settled that need each other settled first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping


class Circle(ValueError):
    """These need each other, so there is no order."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys = tuple(keys)
        super().__init__(", ".join(self.keys))


def order_of(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The keys so that each comes after what it needs, and otherwise as given. Raises Circle."""
    place = {key: index for index, key in enumerate(needs)}
    waiting = {key: len(set(before)) for key, before in needs.items()}
    freed: dict[str, list[str]] = {}
    for key, before in needs.items():
        for one in set(before):
            freed.setdefault(one, []).append(key)
    ready = [place[key] for key, count in waiting.items() if not count]
    names = list(needs)
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        key = names[heapq.heappop(ready)]
        order.append(key)
        for one in freed.get(key, ()):
            waiting[one] -= 1
            if not waiting[one]:
                heapq.heappush(ready, place[one])
    if len(order) < len(names):
        raise Circle(_in_circles({key: set(needs[key]) for key in names if waiting[key]}))
    return order


def _in_circles(needs: dict[str, set[str]]) -> list[str]:
    """Of what waits in vain, what waits for itself: without what merely comes after."""
    while True:
        needed = set().union(*needs.values())
        idle = [key for key in needs if key not in needed]
        if not idle:
            return list(needs)
        for key in idle:
            del needs[key]
