"""Time zones: the real ones by their own names, whose land they lie in, and what a wall time means there.

`instant` is the only way from a wall time to a moment: for mail, pages and paper alike.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources

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


# ── wall time ────────────────────────────────────────────────────────────────


def instant(day: date, at: time, zone: zoneinfo.ZoneInfo) -> datetime | None:
    """The moment (UTC) that a local date and time mean; None when that date does not exist there.

    A time that the clocks skip moves forward by as much as they do; only if that would land on the next day
    does it move back instead. A time that comes twice means its first.
    """
    for fold in (0, 1):  # in a gap, 0 reads the time by the old offset (later), 1 by the new one (earlier)
        moment = datetime.combine(day, at, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        if moment.astimezone(zone).date() == day:
            return moment
    return None


def start_of_day(day: date, zone: zoneinfo.ZoneInfo) -> datetime:
    """The first moment of a local date; of the next one that exists."""
    return instant(day, time(), zone) or start_of_day(day + timedelta(days=1), zone)


# ── countries ────────────────────────────────────────────────────────────────

#: Names for American clocks that are older than the places.
AMERICAN = frozenset({"EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"})


@cache
def _countries() -> dict[str, str]:
    """Every zone of the data's own table with its country, and every older name with that of its place."""
    data = resources.files("tzdata").joinpath("zoneinfo")
    rows = [line.split("\t") for line in data.joinpath("zone.tab").read_text("utf-8").splitlines() if line[:1] != "#"]
    found = {row[2]: row[0] for row in rows}
    links = [line.split() for line in data.joinpath("tzdata.zi").read_text("utf-8").splitlines() if line[:2] == "L "]
    # A name of its own in the table wins: Anguilla keeps the time of Puerto Rico, and lies elsewhere.
    older = {name: found[place] for _l, place, name in links if name not in found and place in found}
    return older | found | dict.fromkeys(AMERICAN, "US")


def country_of(name: str) -> str:
    """The country (ISO 3166) that a zone lies in; empty for UTC and others that are no place."""
    return "US" if name.startswith("US/") else _countries().get(name, "")
