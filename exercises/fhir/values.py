"""Single values: value[x], answer[x], initial[x]. Read as their kind, or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from exercises.fhir.structure import Datum

INTEGER_LIMIT = 2**31
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?")
_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?")

#: The kinds of value that answer an item of a type.
KINDS: Mapping[str, frozenset[str]] = {
    "boolean": frozenset({"Boolean"}),
    "integer": frozenset({"Integer"}),
    "decimal": frozenset({"Decimal", "Integer"}),
    "date": frozenset({"Date"}),
    "dateTime": frozenset({"DateTime"}),
    "time": frozenset({"Time"}),
    "string": frozenset({"String"}),
    "text": frozenset({"String"}),
    "url": frozenset({"Uri", "Url", "String"}),
    "choice": frozenset({"Coding"}),
    "open-choice": frozenset({"Coding", "String"}),
    "quantity": frozenset({"Quantity"}),
}


def kinds_in(raw: Mapping[str, Any], start: str) -> list[str]:
    """The kinds of the values named ``start``: ["Integer"] for valueInteger."""
    return [
        name[len(start) :]
        for name in raw
        if name.startswith(start) and len(name) > len(start) and name[len(start)].isupper()
    ]


def datum(kind: str, value: Any) -> Datum | None:
    """The value, if it is a proper one of its kind."""
    reader = _READERS.get(kind)
    return reader(kind, value) if reader else None


def _flag(kind: str, value: Any) -> Datum | None:
    return Datum(kind, value) if isinstance(value, bool) else None


def _integer(kind: str, value: Any) -> Datum | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > INTEGER_LIMIT:
        return None
    return Datum(kind, value)


def _decimal(kind: str, value: Any) -> Datum | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    return Datum(kind, Decimal(value))


def _text(kind: str, value: Any) -> Datum | None:
    return Datum(kind, value) if isinstance(value, str) and value else None


def _date(kind: str, value: Any) -> Datum | None:
    """A day, or a month or year alone."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    return Datum(kind, value) if day_of(value) else None


def day_of(text: str) -> date | None:
    """The first day that a written date stands for."""
    try:
        return date.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError:
        return None


def _date_time(kind: str, value: Any) -> Datum | None:
    if not isinstance(value, str) or (moment_of(value) is None and _date(kind, value) is None):
        return None
    return Datum(kind, value)


def moment_of(text: str) -> datetime | None:
    """The moment, also with nanoseconds; without a zone it is naive."""
    found = _DATE_TIME.fullmatch(text)
    if not found:
        return None
    day, clock, zone = found.groups()
    clock = re.sub(r"(\.\d{6})\d+", r"\1", clock)
    if "." in clock:
        begin, _dot, fraction = clock.partition(".")
        clock = f"{begin}.{fraction.ljust(6, '0')}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{(zone or '').replace('Z', '+00:00')}")
    except (ValueError, OverflowError):
        return None


def _time(kind: str, value: Any) -> Datum | None:
    if not isinstance(value, str):
        return None
    found = _TIME.fullmatch(value)
    if not found:
        return None
    try:
        time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None
    return Datum(kind, value)


def _coding(kind: str, value: Any) -> Datum | None:
    if not isinstance(value, dict):
        return None
    code, system, display = (value.get(name) for name in ("code", "system", "display"))
    if any(one is not None and not isinstance(one, str) for one in (code, system, display)):
        return None
    if not code and not display:
        return None
    # A coding with words alone is told apart by its words.
    return Datum(kind, code or display, system or "", display or "")


def _quantity(kind: str, value: Any) -> Datum | None:
    if not isinstance(value, dict):
        return None
    number = value.get("value")
    if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
        return None
    unit, system, code = (value.get(name) for name in ("unit", "system", "code"))
    if any(one is not None and not isinstance(one, str) for one in (unit, system, code)):
        return None
    return Datum(kind, Decimal(number), system or "", unit or code or "", code or unit or "")


_READERS = {
    "Boolean": _flag,
    "Integer": _integer,
    "Decimal": _decimal,
    "String": _text,
    "Uri": _text,
    "Url": _text,
    "Date": _date,
    "DateTime": _date_time,
    "Time": _time,
    "Coding": _coding,
    "Quantity": _quantity,
}
