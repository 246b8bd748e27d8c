"""Rows as plain data and back: what is sealed is opened, and sealed again with the keys of the place it comes to.

One row is one JSON object with its keys in order, so that equal content is equal to the byte. The practice itself is
left out of it. What points at the shipped catalogue says so by name (see :class:`practice.registry.Shared`): the
same exercise has another id in every installation.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from practice import vault
from practice.registry import Record
from practice.vault import SealedTextField

#: What JSON holds as it is.
AS_IT_IS = (models.CharField, models.TextField, models.BooleanField, models.IntegerField, models.JSONField)
#: What is written as text, and how it is read again.
AS_TEXT: dict[type[models.Field], tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    models.UUIDField: (str, uuid.UUID),
    models.DateTimeField: (
        lambda value: value.astimezone(datetime.UTC).isoformat(),
        datetime.datetime.fromisoformat,
    ),
    models.DateField: (lambda value: value.isoformat(), datetime.date.fromisoformat),
    models.TimeField: (lambda value: value.isoformat(), datetime.time.fromisoformat),
    models.DecimalField: (str, decimal.Decimal),
    models.BinaryField: (lambda value: base64.b64encode(bytes(value)).decode(), base64.b64decode),
    SearchVectorField: (str, str),
}


class NoKnownForm(TypeError):
    """A column of a kind that nobody has said how to write."""


@dataclass(frozen=True)
class Surroundings:
    """What rows of one practice are read and written with.

    ``names`` are the names of catalogue rows by id, ``ids`` the other way round; ``gone`` are the keys of texts that
    were destroyed: such a text is empty from then on.
    """

    practice_id: uuid.UUID
    names: Mapping[uuid.UUID, tuple[str, ...]]
    ids: Mapping[tuple[str, ...], uuid.UUID]
    gone: frozenset[uuid.UUID]


def columns(record: Record) -> list[models.Field]:
    """Return the columns of a table that are written: all but the practice."""
    return [one for one in record.class_._meta.concrete_fields if one.name != "practice"]


def line(row: dict[str, Any]) -> bytes:
    """Return plain data as one line: the same data, the same bytes."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


# ── out ──────────────────────────────────────────────────────────────────────


def plain(record: Record, row: models.Model, around: Surroundings) -> dict[str, Any]:
    """Return one row as plain data."""
    return {field.attname: _plain(record, row, field, around) for field in columns(record)}


def _plain(record: Record, row: models.Model, field: models.Field, around: Surroundings) -> Any:
    if isinstance(field, SealedTextField) or field.name in record.sealed_bytes:
        stored = row.__dict__[field.attname]
        if isinstance(stored, bytes | memoryview) and _is_gone(bytes(stored), around):
            return ""
        return getattr(row, field.attname) if isinstance(field, SealedTextField) else _opened(record, row, field)
    value = getattr(row, field.attname)
    if value is None:
        return None
    if field.is_relation:
        return {"shared": list(around.names[value])} if value in around.names else str(value)
    return written(field, value)


def _is_gone(blob: bytes, around: Surroundings) -> bool:
    return len(blob) > 17 and uuid.UUID(bytes=blob[1:17]) in around.gone


def _opened(record: Record, row: models.Model, field: models.Field) -> str:
    blob = bytes(getattr(row, field.attname))
    return base64.b64encode(vault.unseal(blob, **_bound(record, row, field))).decode() if blob else ""


def _bound(record: Record, row: Any, field: models.Field) -> dict[str, Any]:
    return {
        "practice_id": row.practice_id,
        "client_id": getattr(row, row._meta.get_field(record.person).attname),
        "place": f"{row._meta.db_table}.{field.column}.{row.pk}",
    }


def written(field: models.Field, value: Any) -> Any:
    """Return one value as JSON has it; raise :class:`NoKnownForm` for a kind of column that nobody knows."""
    if value is None:
        return None
    if isinstance(field, ArrayField):
        return [written(field.base_field, one) for one in value]
    return _form(field)[0](value)


def _form(field: models.Field) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    for kind in type(field).__mro__:
        if kind in AS_TEXT:
            return AS_TEXT[kind]
        if kind in AS_IT_IS:
            return (lambda value: value), (lambda value: value)
    raise NoKnownForm(f"{field} is of a kind that nobody said how to write")


# ── in ───────────────────────────────────────────────────────────────────────


def row_from(record: Record, data: Mapping[str, Any], around: Surroundings) -> models.Model:
    """Return the unsaved row that plain data describe, sealed for this place.

    Raises KeyError, ValueError or TypeError for data that describe none.
    """
    row = record.class_()
    row.practice_id = around.practice_id  # type: ignore[attr-defined]
    sealed = []
    for field in columns(record):
        value = data[field.attname]
        if field.name in record.sealed_bytes:
            sealed.append((field, value))
        else:
            setattr(row, field.attname, _read(field, value, around))
    for field, value in sealed:  # bound to the row: its id and its person come first
        body = base64.b64decode(value)
        setattr(row, field.attname, vault.seal(body, **_bound(record, row, field)) if body else b"")
    return row


def _read(field: models.Field, value: Any, around: Surroundings) -> Any:
    if value is None:
        return None
    if isinstance(field, SealedTextField):
        if not isinstance(value, str):
            raise TypeError(f"{field} is text")
        return value
    if field.is_relation:
        return around.ids[tuple(value["shared"])] if isinstance(value, dict) else uuid.UUID(value)
    return read(field, value)


def read(field: models.Field, value: Any) -> Any:
    """Return what :func:`written` wrote."""
    if value is None:
        return None
    if isinstance(field, ArrayField):
        return [read(field.base_field, one) for one in value]
    return _form(field)[1](value)
