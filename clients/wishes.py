"""Where somebody lives and what they read in, as they said: one row, which most pages ask for more than once."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from clients.models import Client, Contact
from practice import identity
from practice.written import Written

_REMEMBERED = "_wishes"


class Wishes(NamedTuple):
    """Empty where they said nothing."""

    time_zone: str = ""
    language: str = ""
    country: str = ""


_ROWS: Written[tuple[str, str, str]] = Written(
    lambda client: Contact.objects.filter(client_id=client).values_list("time_zone", "language", "country"),
    client=uuid.UUID,
)


def of(client: Client) -> Wishes:
    """Return what a person said; of whoever asks for a page, as it stood when the page began."""
    found: Wishes | None = client.__dict__.get(_REMEMBERED)
    return found or _read(_ROWS.all(client=client.pk))


@identity.register_zone_finder
def zone_of(client: Client) -> str:
    """Return the zone that a person lives in, as far as they said so."""
    return of(client).time_zone


def _remember(client: Client, rows: list[tuple[str, str, str]]) -> None:
    client.__dict__[_REMEMBERED] = _read(rows)


def _read(rows: list[tuple[str, str, str]]) -> Wishes:
    return Wishes(*rows[0]) if rows else Wishes()


identity.register_wanted(_ROWS, _remember)
