"""Queries that are written once in each process: Django takes longer to write most than the server to answer them.

What pages ask again and again differs in a few values only. A :class:`Written` query keeps its text and how its rows
become objects, and puts the values of each asking in their places. It is the same query all the same: the practice
that is bound stands in it, and the walls hold.

    _DRAFTS = Written(lambda author: Draft.objects.filter(author_id=author), author=UUID)
    _DRAFTS.all(author=person.pk)
"""

from __future__ import annotations

import copy
import datetime
import itertools
import operator
import uuid
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from practice import tenancy

Row = TypeVar("Row")
#: Stands for the practice that is bound when it is asked.
_PRACTICE = "the bound practice"
#: Values that nobody has, of each type: where they come out of the writing is where the others go in.
_MARKS: dict[type, Callable[[int], Any]] = {
    uuid.UUID: lambda number: uuid.UUID(int=number),
    str: lambda number: f"value {number} of a written query",
    datetime.datetime: lambda number: datetime.datetime(1, 1, 1, microsecond=number, tzinfo=datetime.UTC),
}
#: Of a longer list the query is written each time: each length has its own text.
LONGEST = 4


class Written(Generic[Row]):
    """One query. ``build`` makes it from values of the named types, and from nothing else that changes.

    ``[UUID]`` is a list of ids, for what is looked up among a few. Nothing is prefetched.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], **types: type | list[type]) -> None:
        self.build, self.types = build, types
        #: By whether a practice is bound, which the manager writes down, and by how long the lists are.
        self._texts: dict[tuple[int, ...], _Text] = {}

    def all(self, **values: Any) -> list[Row]:
        """Ask, and return every row."""
        lists = [len(values[name]) for name, kind in self.types.items() if isinstance(kind, list)]
        if any(length > LONGEST for length in lists):
            return list(self.build(**values))
        if 0 in lists:
            return []
        asker = tenancy.current()
        practice = asker.practice_id if asker else None
        key = (practice is not None, *lists)
        text = self._texts.get(key)
        if text is None:
            # Whoever is second writes the same once more.
            text = self._texts[key] = self._write(practice, values)
        return text.ask({**values, _PRACTICE: practice})

    def first(self, **values: Any) -> Row | None:
        """Ask, and return the first row; ``build`` says which one that is."""
        return next(iter(self.all(**values)), None)

    def _write(self, practice: uuid.UUID | None, values: Mapping[str, Any]) -> _Text:
        numbers = itertools.count(1)
        marks: dict[str, Any] = {}
        places: dict[Any, Callable[[Mapping[str, Any]], Any]] = {}
        for name, kind in self.types.items():
            if isinstance(kind, list):
                marks[name] = [_MARKS[kind[0]](next(numbers)) for _value in values[name]]
                places |= {mark: _member(name, at) for at, mark in enumerate(marks[name])}
            else:
                marks[name] = _MARKS[kind](next(numbers))
                places[marks[name]] = operator.itemgetter(name)
        return _Text(self.build(**marks), places, practice)


def _member(name: str, at: int) -> Callable[[Mapping[str, Any]], Any]:
    return lambda values: values[name][at]


class _Text:
    """The text of a query, and what stands where in it."""

    def __init__(
        self, rows: QuerySet, places: Mapping[Any, Callable[[Mapping[str, Any]], Any]], practice: uuid.UUID | None
    ) -> None:
        self.rows = rows
        self.compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, values = self.compiler.as_sql()
        self.values = list(values)
        plain = [(at, one) for at, one in enumerate(values) if not isinstance(one, list)]
        if not set(places) <= {one for _at, one in plain}:
            # What changed on its way in has no place, and would be left out.
            raise AssertionError(f"Not every value stands in the query: {self.sql}")
        every = dict(places)
        if practice is not None:
            every[practice] = operator.itemgetter(_PRACTICE)
        self.places = [(at, every[one]) for at, one in plain if one in every]

    def ask(self, values: Mapping[str, Any]) -> list[Any]:
        given = list(self.values)
        for at, of in self.places:
            given[at] = of(values)
        compiler: Any = copy.copy(self.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]  # this thread's
        compiler.as_sql = lambda: (self.sql, tuple(given))
        # All that Django's own iteration wants to know of where rows come from.
        query = SimpleNamespace(get_compiler=lambda *_using, **_by_name: compiler)
        rows: Any = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        iteration: Any = self.rows._iterable_class
        return list(iteration(rows))
