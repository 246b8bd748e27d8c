"""Time zones: the real ones, by their own names."""

from __future__ import annotations

import zoneinfo
from functools import cache

#: What only some machines know, or what is no place.
NO_PLACES = frozenset({"Factory", "localtime", "posixrules"})

#: Regions as the time zone database spells them, in the order in which they are offered.
REGIONS = (
    "Europe",
    "America",
    "Africa",
    "Asia",
    "Atlantic",
    "Australia",
    "Indian",
    "Pacific",
    "Antarctica",
    "Arctic",
)


@cache
def zone_names() -> frozenset[str]:
    """Return every name that a person may give as their time zone."""
    return frozenset(
        name
        for name in zoneinfo.available_timezones()
        if name not in NO_PLACES and not name.startswith(("posix/", "right/"))
    )


def is_zone(name: str) -> bool:
    """Tell whether ``name`` is exactly a time zone's name: near misses are not."""
    return name in zone_names()


@cache
def choices() -> list[tuple[str, list[tuple[str, str]] | str]]:
    """Return the zones as a select offers them: places by region, then the one that is no place."""
    groups: list[tuple[str, list[tuple[str, str]] | str]] = []
    for region in REGIONS:
        places = sorted(name for name in zone_names() if name.startswith(f"{region}/"))
        groups.append((region, [(name, place(name)) for name in places]))
    return [*groups, ("UTC", "UTC")]


def place(name: str) -> str:
    """Return how people say a zone: 'America/Argentina/La_Rioja' is 'Argentina, La Rioja'."""
    return ", ".join(name.split("/")[1:] or [name]).replace("_", " ")
