"""Changes that are written once.

They say what they change, and no signal of Django's is sent and nothing cascades: as ``QuerySet.update`` and
``bulk_create`` do. Each can be run by itself, or go :func:`~practice.written.together` with others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet
from django.db.models.sql import DeleteQuery, UpdateQuery
from psycopg.adapt import Transformer

from practice.written.queries import Asked, FixedText, Kept, together


class _Change(Kept):
    def __init__(self, build: Callable[..., Any], **types: type | list[type]) -> None:
        super().__init__(build, types)

    def run(self, **values: Any) -> int:
        """Do it; return how many rows it changed."""
        return together(self.of(**values))[0]

    def of(self, **values: Any) -> Asked[int]:
        """Return what :meth:`run` would do, for :func:`~practice.written.together`."""
        text, practice = self.text()
        if text.finds_nothing(values):
            return Asked("", (), lambda cursor: 0)
        return Asked(text.sql, text.given(values, practice), _count, text)


def _count(cursor: Any) -> int:
    return cursor.rowcount


class WrittenUpdate(_Change):
    """Sets columns. ``build`` returns the rows and what becomes of them, by column."""

    def compiler_of(self, built: tuple[QuerySet, Mapping[str, Any]]) -> Any:
        rows, becomes = built
        query: Any = rows.order_by().query.chain(UpdateQuery)
        query.add_update_values(becomes)
        return query.get_compiler(DEFAULT_DB_ALIAS)


class WrittenDelete(_Change):
    """Takes the rows away that ``build`` returns, and nothing along with them."""

    def compiler_of(self, built: QuerySet) -> Any:
        return built.order_by().query.chain(DeleteQuery).get_compiler(DEFAULT_DB_ALIAS)


class WrittenSave:
    """Saves some columns of a row that is there, by its key."""

    def __init__(self, model: type[Model], *columns: str) -> None:
        self.fields: list[Any] = [model._meta.get_field(column) for column in columns]
        key: Any = model._meta.pk
        name = connection.ops.quote_name
        becomes = ", ".join(f"{name(field.column)} = {_place(field)}" for field in self.fields)
        sql = f"UPDATE {name(model._meta.db_table)} SET {becomes} WHERE {name(key.column)} = %s"  # noqa: S608
        self.text = FixedText(sql)

    def run(self, row: Model) -> None:
        """Save it."""
        values = [field.get_db_prep_save(field.pre_save(row, False), connection) for field in self.fields]
        together(Asked(self.text.sql, [*values, row.pk], _nothing, self.text))


class WrittenInsert:
    """Adds rows of a model that have their keys already; ``skips`` those that stand there."""

    def __init__(self, model: type[Model], *, skips: bool = False) -> None:
        self.fields: list[Any] = [field for field in model._meta.local_concrete_fields if not field.generated]
        name = connection.ops.quote_name
        columns = ", ".join(name(field.column) for field in self.fields)
        self.row = f"({', '.join(map(_place, self.fields))})"
        self.begins = f"INSERT INTO {name(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
        self.ends = " ON CONFLICT DO NOTHING" if skips else ""

    def run(self, rows: Sequence[Model]) -> None:
        """Write the rows."""
        together(self.of(rows))

    def of(self, rows: Sequence[Model]) -> Asked[None]:
        """Return what :meth:`run` would do, for :func:`~practice.written.together`."""
        if not rows:
            return Asked("", (), _nothing)
        with connection.cursor() as cursor:
            driver = Transformer(cursor.cursor)
            columns = [_literals(field, rows, driver) for field in self.fields]
        written = ", ".join(self.row % one for one in zip(*columns, strict=True))
        for one in rows:
            one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS
        return Asked(self.begins + written + self.ends, None, _nothing)


def _literals(field: Any, rows: Sequence[Model], driver: Any) -> list[str]:
    """Return what stands in the column of a field, row by row. Most of it is what stood in the row before."""
    is_list = isinstance(field, ArrayField)
    before, literal, found = _NONE_YET, "", []
    for row in rows:
        value = field.pre_save(row, True)
        if value is not before and not (is_list and value == before):
            literal = driver.as_literal(field.get_db_prep_save(value, connection)).decode(driver.encoding)
            before = value
        found.append(literal)
    return found


_NONE_YET: Any = object()


def _nothing(cursor: Any) -> None:
    return None


def _place(field: Any) -> str:
    """Return where a field's value stands; some say of what type it is."""
    of = getattr(field, "get_placeholder", None)
    return of([], None, connection) if of else "%s"
