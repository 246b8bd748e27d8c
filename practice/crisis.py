"""Help that is always there: numbers and addresses by country, as data with a date.

The entries stand in ``crisis.yaml`` beside this module, each with its source and the day it was listed.
Only verified ones are shown.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

#: An entry that nobody has looked at for so long is not shown any more; a test warns before.
OLDEST = datetime.timedelta(days=180)


@dataclass(frozen=True)
class Resource:
    """One place to turn to."""

    country: str
    need: str
    name: str
    contact: str
    hours: str
    source: str
    listed_on: datetime.date
    verified: bool

    @property
    def tel(self) -> str:
        """The number as a phone dials it, or nothing when it is no plain number."""
        plain = "".join(self.contact.split())
        return plain if plain.isdigit() else ""


@cache
def resources() -> tuple[Resource, ...]:
    """Return every entry of the data file."""
    rows: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "crisis.yaml").read_text("utf-8"))
    return tuple(Resource(**row) for row in rows)


def emergency_number(country: str) -> str:
    """Return what to dial in danger; empty when we do not know it for this country."""
    return next((one.contact for one in resources() if one.need == "emergency" and one.country == country), "")


def help_in(country: str) -> list[Resource]:
    """Return the verified entries of a country, other than the emergency number."""
    return [one for one in resources() if one.country == country and one.verified and one.need != "emergency"]
