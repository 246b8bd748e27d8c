"""Queries that are written once.

What pages ask again and again differs in a few values only. A :class:`Written` query keeps its text and how its rows
become objects, and puts the values of each asking in their places. It is the same query all the same: the practice
that is bound stands in it, and the walls hold.

    _DRAFTS = Written(lambda author: Draft.objects.filter(author_id=author), author=UUID)
    _DRAFTS.all(author=person.pk)

Several that are asked one after another anyway go to the server :func:`together`, in one trip; a page that asks many
modules may ask :func:`ahead` for all of them.
"""

from __future__ import annotations

import datetime
import itertools
import operator
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

from practice import tenancy, trips
from practice.written import prepared
from practice.written.literals import literals
from practice.written.rows import Rows

Row = TypeVar("Row")
Found = TypeVar("Found")
#: Stands for the practice that is bound when it is asked.
_PRACTICE = "the bound practice"
#: Values that nobody has, of each type: where they come out of the writing is where the others go in.
_MARKS: dict[type, Callable[[int], Any]] = {
    uuid.UUID: lambda number: uuid.UUID(int=number),
    str: lambda number: f"value {number} of a written query",
    datetime.datetime: lambda number: datetime.datetime(1, 1, 1, microsecond=number, tzinfo=datetime.UTC),
    datetime.date: lambda number: datetime.date(1, 1, 1) + datetime.timedelta(days=number),
}
#: What the server calls them.
_TYPES: dict[type, str] = {uuid.UUID: "uuid", str: "text", datetime.datetime: "timestamptz", datetime.date: "date"}
#: What the server finds out by what it is compared with, or where it goes.
_UNKNOWN = "unknown"
#: What is somebody's or some moment's, and so never part of a text that all are asked with.
_OPEN = (uuid.UUID, datetime.date)
_PLACES = re.compile(r"(?<!%)(?:%%)*%s")
_MARKED = re.compile("%[s%]")


@dataclass(frozen=True)
class Asked(Generic[Found]):
    """A statement with its values, and how what comes of it is read. Without any text nothing is asked.

    Without values (None), they stand in the text already.
    """

    sql: str
    values: Sequence[Any] | None
    read: Callable[[Any], Found]
    #: Of what may be prepared.
    text: Text | FixedText | None = None


def together(*every: Asked[Any], bind: prepared.Statement | None = None) -> list[Any]:
    """Send statements in one trip to the server; return what came of each. Each sees what those before it did.

    ``bind`` goes before them. Outside of a transaction, what it binds ends with the trip.
    """
    if bind is not None:
        return together(Asked(*bind, lambda cursor: None), *every)[1:]
    found = [_read_ahead(one) if one.sql else one.read(None) for one in every]
    missing = [at for at, one in enumerate(every) if one.sql and found[at] is None]
    if missing:
        for at, one in zip(missing, _sent([every[at] for at in missing]), strict=True):
            found[at] = one
    return found


def together_elevated(*every: Asked[Any]) -> list[Any]:
    """Do what :func:`together` does, as Attune itself; by the end of the trip whoever is bound is so again."""
    with tenancy.elevated_for_one_trip() as around:
        if around is None:
            return together(*every)
        first, last = (Asked(*one, lambda cursor: None) for one in around)
        return together(first, *every, last)[1:-1]


def soon(*every: Asked[Any]) -> None:
    """Make changes along with the next statement of :func:`practice.trips.gathering`; nobody is told how many."""
    with connection.cursor() as cursor:
        for one in every:
            if one.sql:
                trips.soon(_to_wait(one, cursor))


def _to_wait(asked: Asked[Any], cursor: Any) -> prepared.Statement:
    """Return what makes a change later on. What the server does not know yet is prepared at once.

    What waits may come to nothing, and then nothing would have been prepared.
    """
    kept = prepared.of(cursor.cursor.connection)
    with kept.one_trip() if kept else nullcontext():
        *new, change = _statements(asked, kept, cursor.cursor)
        for one in new:
            cursor.execute(*one)
    return change


def _sent(every: Sequence[Asked[Any]]) -> list[Any]:
    found = []
    with connection.cursor() as cursor:
        raw = cursor.cursor
        kept = prepared.of(raw.connection)
        with kept.one_trip() if kept else nullcontext():
            sent = [_statements(one, kept, raw) for one in every]
            _execute(cursor, [one for statements in sent for one in statements])
            for one, statements in zip(every, sent, strict=True):
                for _before in statements[1:]:
                    cursor.nextset()  # past what was prepared for it
                found.append(one.read(cursor))
                cursor.nextset()
    return found


def _statements(asked: Asked[Any], kept: prepared.Prepared | None, raw: Any) -> list[prepared.Statement]:
    if kept is None or asked.text is None or asked.values is None or prepared.is_among_many(asked.values):
        return [(asked.sql, asked.values)]
    text, types, values = asked.text.numbered(asked.values, raw)
    return kept.asking(text, types, literals(values, raw))


def _execute(cursor: Any, statements: Sequence[prepared.Statement]) -> None:
    if len(statements) == 1:
        cursor.execute(*statements[0])
    else:
        raw = cursor.cursor
        joined = "; ".join(sql if values is None else raw.mogrify(sql, values) for sql, values in statements)
        cursor.execute(joined)


#: Who asked ahead, and what was found.
_ahead: ContextVar[tuple[tenancy.Asker | None, list[tuple[Asked[Any], Any]]] | None] = ContextVar("ahead", default=None)


@contextmanager
def ahead(*every: Asked[list[Any]]) -> Iterator[None]:
    """Ask in one trip what the block asks in many: there, these questions are answered by what was found here.

    The block changes nothing that they ask for. What it asks as somebody else is asked anew.
    """
    token = _ahead.set((tenancy.current(), list(zip(every, together(*every), strict=True))))
    try:
        yield
    finally:
        _ahead.reset(token)


def _read_ahead(asked: Asked[Any]) -> Any:
    asker, known = _ahead.get() or (None, [])
    if not known or asker is not tenancy.current():
        return None
    return next((found for one, found in known if one.sql is asked.sql and one.values == asked.values), None)


def taking_turns(about: str) -> Asked[None]:
    """Return what lets all who ask for the same wait for each other, until the end of the transaction."""
    return Asked("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [about], lambda cursor: None)


class Kept:
    """What all that is written once has in common: a text for each way in which it can be asked."""

    def __init__(self, build: Callable[..., Any], types: Mapping[str, type | list[type]]) -> None:
        self.build, self.types = build, types
        #: By whether a practice is bound, which the manager writes down.
        self._texts: dict[bool, Text] = {}

    def compiler_of(self, built: Any) -> Any:
        """Return Django's compiler of what was built."""
        raise NotImplementedError

    def text(self) -> tuple[Text, uuid.UUID | None]:
        """Return the text for whoever is bound now, and their practice."""
        asker = tenancy.current()
        practice = asker.practice_id if asker else None
        text = self._texts.get(practice is not None)
        if text is None:
            # Whoever is second writes the same once more.
            text = self._texts[practice is not None] = self._write(practice)
        return text, practice

    def _write(self, practice: uuid.UUID | None) -> Text:
        places: dict[Any, Callable[[Mapping[str, Any]], Any]] = {}
        marks: dict[str, Any] = {}
        lists = {}
        for number, (name, kind) in zip(itertools.count(1), self.types.items(), strict=False):
            mark = _MARKS[kind[0] if isinstance(kind, list) else kind](number)
            if isinstance(kind, list):
                marks[name], places[mark] = [mark], _list(name)
                lists[mark] = name
            else:
                marks[name], places[mark] = mark, operator.itemgetter(name)
        return Text(self.compiler_of(self.build(**marks)), places, lists, practice)


class Written(Kept, Generic[Row]):
    """One query. ``build`` makes it from values of the named types, and from nothing else that changes.

    ``[UUID]`` is a list of ids, for ``__in`` alone; with an empty one nothing is asked. Nothing is prefetched.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], **types: type | list[type]) -> None:
        super().__init__(build, types)

    def all(self, **values: Any) -> list[Row]:
        """Ask, and return every row."""
        return together(self.of(**values))[0]

    def first(self, **values: Any) -> Row | None:
        """Ask, and return the first row; ``build`` says which one that is."""
        return next(iter(self.all(**values)), None)

    def of(self, **values: Any) -> Asked[list[Row]]:
        """Return what :meth:`all` would ask, for :func:`together`."""
        text, practice = self.text()
        if text.finds_nothing(values):
            return Asked("", (), lambda cursor: [])
        return Asked(text.sql, text.given(values, practice), lambda cursor: text.rows.objects(cursor.fetchall()), text)

    def compiler_of(self, built: QuerySet[Any, Row]) -> Any:
        compiler = built.query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.iterable_class = built._iterable_class
        return compiler


def _list(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda values: list(values[name])


class Text:
    """The text of a statement, and what stands where in it."""

    def __init__(
        self,
        compiler: Any,
        places: Mapping[Any, Callable[[Mapping[str, Any]], Any]],
        lists: Mapping[Any, str],
        practice: uuid.UUID | None,
    ) -> None:
        self.compiler = compiler
        sql, values = compiler.as_sql()
        self.values = list(values)
        # A list that is stored is a value like any other.
        stored = {at: one[0] for at, one in enumerate(values) if isinstance(one, list) and one and one[0] in lists}
        plain = [(at, one) for at, one in enumerate(values) if not isinstance(one, list)]
        if not set(places) <= {one for _at, one in plain} | set(stored.values()):
            # What changed on its way in has no place, and would be left out.
            raise AssertionError(f"Not every value stands in the query: {sql}")
        every = dict(places)
        if practice is not None:
            every[practice] = operator.itemgetter(_PRACTICE)
        self.places = [(at, every[one]) for at, one in [*plain, *stored.items()] if one in every]
        if any(isinstance(one, _OPEN) and one not in every for one in _flat(values)):
            raise AssertionError(f"An id, a moment or a day stands in the query that it was not given: {sql}")
        self.among = {lists[one] for _at, one in plain if one in lists}
        lists_at = {at for at, one in plain if one in lists}
        self.sql = _with_lists(sql, lists_at)
        #: By place, what the server calls what stands there.
        self.types = {at: _type_of(values[at], at in lists_at) for at, _of in self.places}
        self._with_numbers = ""

    def finds_nothing(self, values: Mapping[str, Any]) -> bool:
        """Tell whether it asks for what is in an empty list."""
        return any(not values[name] for name in self.among)

    def given(self, values: Mapping[str, Any], practice: uuid.UUID | None) -> list[Any]:
        """Return what stands in its places when it is asked with ``values``."""
        given, values = list(self.values), {**values, _PRACTICE: practice}
        for at, of in self.places:
            given[at] = of(values)
        return given

    def numbered(self, given: Sequence[Any], cursor: Any) -> tuple[str, list[str], list[Any]]:
        """Return the text with numbers in its places, and the types and values of what stands there."""
        if not self._with_numbers:
            self._with_numbers = self._numbered(cursor)
        return self._with_numbers, list(self.types.values()), [given[at] for at in self.types]

    def _numbered(self, cursor: Any) -> str:
        numbers = {at: f"${number}" for number, at in enumerate(self.types, 1)}
        return _filled(self.sql, lambda at: numbers.get(at) or cursor.mogrify("%s", [self.values[at]]))

    @cached_property
    def rows(self) -> Rows:
        """What becomes of its rows."""
        return Rows(self.compiler)


class FixedText:
    """The text of a statement that is given a value for each of its places every time."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.with_numbers = _filled(sql, lambda at: f"${at + 1}")
        self.types = [_UNKNOWN] * len(_PLACES.findall(sql))

    def numbered(self, given: Sequence[Any], cursor: Any) -> tuple[str, list[str], list[Any]]:
        """Return the text with numbers in its places, and the types and values of what stands there."""
        return self.with_numbers, self.types, list(given)


def _filled(sql: str, what: Callable[[int], str]) -> str:
    """Put into each place of a text what its number says."""
    places = itertools.count()
    return _MARKED.sub(lambda found: "%" if found[0] == "%%" else what(next(places)), sql)


def _type_of(value: Any, is_among: bool) -> str:
    name = _TYPES.get(type(value), _UNKNOWN)
    return f"{name}[]" if is_among else name


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
