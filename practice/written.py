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
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Generic, NamedTuple, TypeVar

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
    datetime.date: lambda number: datetime.date(1, 1, 1) + datetime.timedelta(days=number),
}
#: What is somebody's or some moment's, and so never part of a text that all are asked with.
_OPEN = (uuid.UUID, datetime.date)
_PLACES = re.compile(r"(?<!%)(?:%%)*%s")


class Written(Generic[Row]):
    """One query. ``build`` makes it from values of the named types, and from nothing else that changes.

    ``[UUID]`` is a list of ids, for ``__in`` alone; with an empty one nothing is asked. Nothing is prefetched.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], **types: type | list[type]) -> None:
        self.build, self.types = build, types
        #: By whether a practice is bound, which the manager writes down.
        self._texts: dict[bool, _Text] = {}

    def all(self, **values: Any) -> list[Row]:
        """Ask, and return every row."""
        [found] = together(self.of(**values))
        return found

    def of(self, **values: Any) -> Asked[Row]:
        """Return the query with its values, for :func:`together`."""
        return Asked(self, values)

    def first(self, **values: Any) -> Row | None:
        """Ask, and return the first row; ``build`` says which one that is."""
        return next(iter(self.all(**values)), None)

    def text(self, practice: uuid.UUID | None) -> _Text:
        """Return what is asked where ``practice`` is bound; written when it is first asked."""
        text = self._texts.get(practice is not None)
        if text is None:
            # Whoever is second writes the same once more.
            text = self._texts[practice is not None] = self._write(practice)
        return text

    def asks_nothing(self, values: Mapping[str, Any]) -> bool:
        """Tell whether a list among the values is empty."""
        return any(isinstance(kind, list) and not values[name] for name, kind in self.types.items())

    def _write(self, practice: uuid.UUID | None) -> _Text:
        places: dict[Any, Callable[[Mapping[str, Any]], Any]] = {}
        marks: dict[str, Any] = {}
        lists = set()
        for number, (name, kind) in zip(itertools.count(1), self.types.items(), strict=False):
            mark = _MARKS[kind[0] if isinstance(kind, list) else kind](number)
            if isinstance(kind, list):
                marks[name], places[mark] = [mark], _list(name)
                lists.add(mark)
            else:
                marks[name], places[mark] = mark, operator.itemgetter(name)
        return _Text(self.build(**marks), places, lists, practice)


class Asked(NamedTuple, Generic[Row]):
    """A query, and the values it is asked with."""

    written: Written[Row]
    values: Mapping[str, Any]


Statement = tuple[str, Sequence[Any]]


def together(*asked: Asked[Any], bind: Statement | None = None) -> list[list[Any]]:
    """Ask several in a single trip to the server, and return the rows of each.

    ``bind`` goes before them. Outside of a transaction, what it binds ends with the trip.
    """
    asker = tenancy.current()
    practice = asker.practice_id if asker else None
    texts = [
        (at, one.written.text(practice), {**one.values, _PRACTICE: practice})
        for at, one in enumerate(asked)
        if not one.written.asks_nothing(one.values)
    ]
    found: list[list[Any]] = [[] for _ in asked]
    if texts:
        before = [bind] if bind else []
        fetched = _fetched([*before, *((text.sql, text.given(values)) for _at, text, values in texts)])[len(before) :]
        for (at, text, _values), rows in zip(texts, fetched, strict=True):
            found[at] = text.objects(rows)
    return found


def _fetched(statements: list[Statement]) -> list[list[tuple]]:
    """Send statements together; return the rows of each."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        if len(statements) == 1:
            cursor.execute(*statements[0])
        else:
            cursor.execute("; ".join(cursor.cursor.mogrify(*one) for one in statements))
        found = [cursor.fetchall()]
        while len(found) < len(statements) and cursor.nextset():
            found.append(cursor.fetchall())
    return found


def _list(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda values: list(values[name])


class _Text:
    """The text of a query, and what stands where in it."""

    def __init__(
        self,
        rows: QuerySet,
        places: Mapping[Any, Callable[[Mapping[str, Any]], Any]],
        lists: Collection[Any],
        practice: uuid.UUID | None,
    ) -> None:
        self.rows = rows
        self.compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, values = self.compiler.as_sql()
        self.values = list(values)
        plain = [(at, one) for at, one in enumerate(values) if not isinstance(one, list)]
        if not set(places) <= {one for _at, one in plain}:
            # What changed on its way in has no place, and would be left out.
            raise AssertionError(f"Not every value stands in the query: {sql}")
        every = dict(places)
        if practice is not None:
            every[practice] = operator.itemgetter(_PRACTICE)
        self.places = [(at, every[one]) for at, one in plain if one in every]
        if any(isinstance(one, _OPEN) and one not in every for one in _flat(values)):
            raise AssertionError(f"An id, a moment or a day stands in the query that it was not given: {sql}")
        self.sql = _with_lists(sql, {at for at, one in plain if one in lists})
        columns = [one for one, _sql, _name in self.compiler.select[: self.compiler.col_count]]
        self.converters = self.compiler.get_converters(columns)

    def given(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return all values of the text, those of this asking in their places."""
        given = list(self.values)
        for at, of in self.places:
            given[at] = of(values)
        return tuple(given)

    def objects(self, fetched: list[tuple]) -> list[Any]:
        """Return what Django's own iteration makes of rows."""
        compiler: Any = copy.copy(self.compiler)
        compiler.connection = connections[DEFAULT_DB_ALIAS]  # this thread's
        compiler.execute_sql = lambda *_how, **_by_name: [fetched]
        compiler.get_converters = lambda _columns: self.converters
        # All that it wants to know of where they come from.
        query = SimpleNamespace(get_compiler=lambda *_using, **_by_name: compiler)
        rows: Any = SimpleNamespace(db=DEFAULT_DB_ALIAS, query=query, _known_related_objects={})
        iteration: Any = self.rows._iterable_class
        return list(iteration(rows))


def _flat(values: Collection[Any]) -> Iterator[Any]:
    for one in values:
        yield from _flat(one) if isinstance(one, list | tuple) else (one,)


def _with_lists(sql: str, lists: Collection[int]) -> str:
    """Write ``= ANY`` where a list stands after ``IN``: one text for lists of any length."""
    parts, done = [], 0
    for at, place in enumerate(_PLACES.finditer(sql)):
        if at not in lists:
            continue
        begins, ends = place.end() - len("IN (%s"), place.end() + 1
        if sql[begins:ends] != "IN (%s)":
            raise AssertionError(f"A list is asked for by __in alone: {sql}")
        parts += [sql[done:begins], "= ANY(%s)"]
        done = ends
    return "".join([*parts, sql[done:]])
