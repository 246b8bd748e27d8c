"""Addresses by ids: what a table of many rows leads to is looked up once, and written for each row."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cache

from django.urls import get_script_prefix, reverse


def address_of(name: str, *ids: uuid.UUID) -> str:
    """Return what ``reverse`` returns for these ids."""
    return addresses(name, len(ids))(*ids)


def addresses(name: str, places: int = 1) -> Callable[..., str]:
    """Return what makes an address of so many ids, for a list of them."""
    return _pattern(name, places, get_script_prefix()).format


@cache
def _pattern(name: str, places: int, _prefix: str) -> str:
    marks = [uuid.UUID(int=number) for number in range(1, places + 1)]
    pattern = reverse(name, args=marks).replace("{", "{{").replace("}", "}}")
    for mark in marks:
        pattern = pattern.replace(str(mark), "{}")
    return pattern
