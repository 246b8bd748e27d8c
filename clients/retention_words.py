"""Numbers of rows in words, by the kind of thing they are."""

from __future__ import annotations

from collections.abc import Mapping

from practice import registry, trail_words


def told(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return what a number of rows is about and the number, the most first; things of one name are one."""
    found: dict[str, int] = {}
    for model, number in counts.items():
        thing = trail_words.thing(registry.record_of(model).class_._meta.db_table)
        found[thing] = found.get(thing, 0) + number
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
