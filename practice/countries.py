"""Countries by their two letters, from the list that comes with the time zone data."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def names() -> dict[str, str]:
    """Return every country's name by its ISO 3166 code, in alphabetical order of the names."""
    lines = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return dict(sorted(((row[0], row[1]) for row in rows), key=lambda pair: pair[1].casefold()))


def choices() -> list[tuple[str, str]]:
    return list(names().items())
