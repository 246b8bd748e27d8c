"""What becomes of the rows of a query that is written once: the same as Django makes of them, looked up once."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.expressions import ColPairs
from django.db.models.query import ModelIterable, get_related_populators

from practice.written.instances import Maker


class Rows:
    """How rows of one query become objects, for as long as the process runs."""

    def __init__(self, compiler: Any) -> None:
        self.compiler = compiler
        self.columns = [one for one, _sql, _name in compiler.select[: compiler.col_count]]

    def objects(self, rows: list[Any]) -> list[Any]:
        """Return rows as Django's own iteration makes them."""
        if not rows:
            return []
        if self.compiler.has_extra_select:
            rows = [row[: self.compiler.col_count] for row in rows]
        if self.compiler.iterable_class is ModelIterable and not self._has_composites:
            return list(self._instances(rows))
        return self._as_django_does(rows)

    @cached_property
    def _converters(self) -> Mapping[int, Any]:
        """What becomes of values by column. Looking for it takes longer than doing it."""
        return self.compiler.get_converters(self.columns)

    @cached_property
    def _has_composites(self) -> bool:
        return any(isinstance(one, ColPairs) for one in self.columns)

    # ── instances ──

    @cached_property
    def _shape(self) -> tuple[Maker, slice, list[str], list[Any]]:
        """What makes an instance, where its columns lie and what they are called, and what is selected along."""
        select, klass = self.compiler.select, self.compiler.klass_info
        lies = slice(klass["select_fields"][0], klass["select_fields"][-1] + 1)
        names = [column.target.attname for column, _sql, _name in select[lies]]
        along: Any = get_related_populators  # its stubs are of another version
        return Maker(klass["model"], names), lies, names, _made_by_us(along(klass, select, DEFAULT_DB_ALIAS))

    def _instances(self, rows: Iterable[Sequence[Any]]) -> Iterator[Any]:
        maker, lies, names, related = self._shape
        annotations = (self.compiler.annotation_col_map or {}).items()
        if self._converters:
            rows = self.compiler_here().apply_converters(rows, self._converters)
        for row in rows:
            one = maker.from_db(DEFAULT_DB_ALIAS, names, row[lies])
            for each in related:
                each.populate(row, one)
            for name, at in annotations:
                setattr(one, name, row[at])
            yield one

    # ── whatever else a query returns ──

    def compiler_here(self) -> Any:
        """Return the compiler with this thread's connection."""
        compiler = copy.copy(self.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]
        return compiler

    def _as_django_does(self, rows: list[Any]) -> list[Any]:
        compiler = self.compiler_here()
        compiler.execute_sql = lambda *_how, **_by_name: [rows]
        compiler.get_converters = lambda _columns: self._converters
        compiler.has_composite_fields = lambda _columns: self._has_composites
        # All that the iteration wants to know of where rows come from.
        query = SimpleNamespace(get_compiler=lambda *_using, **_by_name: compiler)
        rows_of: Any = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        return list(compiler.iterable_class(rows_of))


def _made_by_us(populators: list[Any]) -> list[Any]:
    """Let what is selected along with a model be made in the same way, however deep it lies."""
    for one in populators:
        one.model_cls = Maker(one.model_cls, one.init_list)
        _made_by_us(one.related_populators)
    return populators
