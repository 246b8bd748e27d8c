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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

#: An entry that nobody has looked at for so long is not shown any more; a test warns before.
OLDEST = datetime.timedelta(days=180)


@dataclass(frozen=True)
class Resource:
    """One place to turn to."""

    country: str
    need: str
    name: str
    contact: str
    source: str
    listed_on: datetime.date
    verified: bool
    hours: str = ""
    region: str = ""
    for_whom: str = ""
    by: str = "phone"
    languages: str = ""
    cost: str = ""
    on_bill: str = ""
    checked_by: str = ""

    @property
    def tel(self) -> str:
        """The number as a phone dials it, or nothing when it is no plain number."""
        plain = "".join(self.contact.replace("-", " ").split())
        return plain if plain.isdigit() and self.by == "phone" else ""

    @property
    def url(self) -> str:
        """Its address, where it is a page."""
        return self.contact if self.by == "web" else ""

    @property
    def shown(self) -> bool:
        """Whether it was seen in a source, and not too long ago."""
        return self.verified and datetime.datetime.now(datetime.UTC).date() - self.listed_on <= OLDEST

    @property
    def details(self) -> list[str]:
        """For whom, when, in which languages, at what cost: as far as the source said."""
        found = [self.name, WHOM.get(self.for_whom, ""), self.region, self.hours, self.languages, self.cost]
        found += [_("by text message")] if self.by == "text" else []
        found += [_("does not show on the bill")] if self.on_bill == "no" else []
        return [str(one) for one in found if one]


WHOM = {"women": _lazy("for women"), "men": _lazy("for men"), "lgbt": _lazy("for LGBT+ people")}


@cache
def resources() -> tuple[Resource, ...]:
    """Return every entry of the data file."""
    rows: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "crisis.yaml").read_text("utf-8"))
    return tuple(Resource(**row) for row in rows)


def emergency_number(country: str) -> str:
    """Return what to dial in danger; empty when we do not know it for this country."""
    return next((one.contact for one in resources() if one.need == "emergency" and one.country == country), "")


def help_in(country: str, need: str = "") -> list[Resource]:
    """Return the verified and fresh entries of a country, other than the emergency number; of one need, if named."""
    return [
        one
        for one in resources()
        if one.country == country and one.shown and one.need != "emergency" and need in ("", one.need)
    ]


def directory() -> list[Resource]:
    """Return where places in other countries are listed."""
    return [one for one in resources() if one.need == "directory" and one.shown]


@dataclass(frozen=True)
class Help:
    """What somebody in one country is shown: what to dial in danger, places to turn to, and a list of others."""

    country: str
    emergency: str
    places: list[Resource]
    elsewhere: list[Resource]


def help_for(country: str, need: str = "") -> Help:
    """Return all of it; where a country has no such place that we trust, the number and the list are left."""
    places = help_in(country, need) or help_in(country)
    return Help(country, emergency_number(country) or "112", places, directory())
