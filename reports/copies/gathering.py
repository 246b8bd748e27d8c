"""What goes into a copy of what is kept about a person: row by row, from the lines of the registry.

Their own holds all of it. The one that staff hand over (:func:`without_their_own`, :func:`with_unkept`) is without what
its person keeps to themselves, and with what they sent without keeping a copy.

Everything is read as that person, so that the walls decide; what no client's role reads at all, and is about one
person alone, is read as Attune by whose it is. Of what others wrote under their own name only what was said to
everybody in it is there: one answer together, a conversation, an agreement and who said yes to it. What a partner
answered and lets the other read stays on the pages: it is theirs, and ends when they part.

Columns that move when somebody else does something are left out of every table (:data:`NOT_TOLD`). So a copy is a
function of what its person wrote, was given and agreed on, and equal contents give equal bytes.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet

from clients.models import Client, ConsentText, Couple
from exercises.models import Edition, Program
from exercises.vocabulary import Lane
from practice import registry, tenancy
from practice.models import Membership
from practice.registry import Reads, Record, Scope

#: Columns that no copy tells, of any table or of one: because others move them, because they say how the machine
#: works and nothing about anybody, or because they are files and lie in the copy as such.
MOVED_BY_OTHERS = frozenset({"readers", "opens_at", "reveals_at", "ready_at", "unfolded_at", "people"})
HOW_IT_WORKS = frozenset(
    [
        *("practice", "couple", "given_key", "request_key", "tailoring", "content", "planned_until", "slot"),
        *("position", "user", "Draft.version", "JournalEntry.version"),
        *(f"Sitting.{one}" for one in ("version", "step", "turn_of", "timer_started_at", "timer_seconds")),
        *(f"Message.{one}" for one in ("worker", "lease_until", "attempts", "handed_off_at", "provider")),
        *(f"Message.{one}" for one in ("provider_id", "merged_into", "fresh_until", "step", "occasion")),
        *(f"Message.{one}" for one in ("couple_id", "person_id", "about_id")),
        *(f"Report.{one}" for one in ("state", "touched_at", "percent", "step", "attempts", "narrowed_at")),
        *(f"Report.{one}" for one in ("failure", "caseload_order", "standing_order", "requested_by", "requested_at")),
        "Report.summary",  # it stands on the paper
    ]
)
IN_FILES_OF_THEIR_OWN = frozenset({"pdf", "sealed"})
#: How they may be called was settled in person, so that somebody who reads along does not learn of it; no page of
#: theirs shows it either.
SETTLED_IN_PERSON = frozenset(
    f"Contact.{one}" for one in ("safe_channel", "never_call", "call_when", "call_as", "asked_on", "asked_by")
)
NOT_TOLD = MOVED_BY_OTHERS | HOW_IT_WORKS | IN_FILES_OF_THEIR_OWN | SETTLED_IN_PERSON

#: What names no couple, and is told all the same to whoever reads one: the columns that stand on the couple's pages.
ON_ITS_PAGES = {
    "clients.Client": frozenset({"id", "name", "pronouns", "erased_at"}),
    "clients.Contact": frozenset({"id", "client", "email", "time_zone"}),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """The rows of one table that go into a copy."""

    record: Record
    rows: list[models.Model]

    @property
    def name(self) -> str:
        return self.record.model

    @property
    def fields(self) -> list[models.Field]:
        """The columns that are told, in their order."""
        model = self.record.class_
        left_out = NOT_TOLD | set(self.record.withheld)
        every = model._meta.concrete_fields
        return [one for one in every if not {one.name, f"{model.__name__}.{one.name}"} & left_out]


def records() -> list[Record]:
    """The tables that go into a copy, in the order of the registry."""
    return [one for one in registry.all_records() if one.own_copy]


def left_out() -> list[Record]:
    """The tables about people that do not, each with its reason."""
    return [one for one in registry.all_records() if one.why_not]


def tables(person: Client) -> list[Table]:
    """Read all of it, as the person who is bound."""
    return [Table(one, list(_rows(one, person))) for one in records()]


def _rows(record: Record, person: Client) -> QuerySet[Any]:
    rows = _light(record).filter(theirs(record, person)).order_by("pk")
    if record.lane != Reads.STAFF:
        return rows
    # No client's role has a right to the table: by whose it is, then.
    with tenancy.elevated():
        return _read(rows)


def _light(record: Record) -> QuerySet[Any]:
    model = record.class_
    heavy = [one.name for one in model._meta.concrete_fields if one.name in IN_FILES_OF_THEIR_OWN]
    return model._default_manager.defer(*heavy, *record.withheld)


def _read(rows: QuerySet[Any]) -> QuerySet[Any]:
    len(rows)
    return rows


# ── by other hands ───────────────────────────────────────────────────────────


def without_their_own(every: list[Table]) -> list[Table]:
    """Leave out what somebody keeps to themselves, with all that hangs on it: for a copy that staff hand over."""
    hidden = {row.pk for table in every for row in table.rows if _is_own(table.record, row)}
    before = -1
    while before != len(hidden):
        before = len(hidden)
        hidden |= {row.pk for table in every for row in table.rows if _points_at(table, row) & hidden}
    return [Table(one.record, [row for row in one.rows if row.pk not in hidden]) for one in every]


def _is_own(record: Record, row: Any) -> bool:
    return record.lane == Reads.OWN or getattr(row, "lane", "") == Lane.OWN


def _points_at(table: Table, row: Any) -> set[Any]:
    every = (one.attname for one in table.record.class_._meta.concrete_fields if one.is_relation)
    # What was not read is not asked for now: the person's role has no right to it, and it leads to staff.
    return {getattr(row, one) for one in every if one not in row.get_deferred_fields()}


def with_unkept(every: list[Table], person: Client) -> list[Table]:
    """Add what they sent without keeping a copy, which their own sign-in never reads again. Read as Attune.

    Of a few tables that sign-in does read the bare row: each is there once.
    """
    return [Table(one.record, _once([*one.rows, *_unkept(one.record, person)])) for one in every]


def _once(rows: list[Any]) -> list[Any]:
    found = {row.pk: row for row in rows}
    return [found[pk] for pk in sorted(found)]


def _unkept(record: Record, person: Client) -> list[Any]:
    if not _has(record, "author_keeps"):
        return []
    with tenancy.elevated():
        return list(_light(record).filter(record.of(person.pk), author_keeps=False))


def of_couple(every: list[Table], couple_id: uuid.UUID) -> list[Table]:
    """Leave out what is not of one couple: for a copy in the hands of somebody who reads that couple.

    They may not read the person's other couples, nor learn that there are any. So of what names no couple, and moves
    wherever its person is in care, only what everybody finds who looks at one couple stays: :data:`ON_ITS_PAGES`.
    """
    found = []
    for one in every:
        if names_couple(one.record):
            found.append(Table(one.record, [row for row in one.rows if _couple_of(row) == couple_id]))
        elif one.name in ON_ITS_PAGES:
            hidden = {field.name for field in one.fields} - ON_ITS_PAGES[one.name]
            narrow = replace(one.record, withheld=(*one.record.withheld, *sorted(hidden)))
            found.append(Table(narrow, one.rows))
    return found


def names_couple(record: Record) -> bool:
    """Whether every row of a table says of which couple it is."""
    return record.class_ is Couple or "couple_id" in {one.attname for one in record.class_._meta.concrete_fields}


def _couple_of(row: Any) -> uuid.UUID | None:
    return row.pk if isinstance(row, Couple) else row.couple_id


def theirs(record: Record, person: Client) -> Q:
    """Return the condition for the rows of a table that belong into somebody's copy, besides what the walls say."""
    if not record.person:
        return Q()
    own = record.of(person.pk)
    if record.scope == Scope.COUPLE:
        # Of everybody together, or of them.
        return own | Q(**{f"{record.person}__isnull": True})
    if record.lane == Reads.AUDIENCE:
        return Q()
    if record.lane == Reads.ROW:
        return own | Q(lane=Lane.JOINT)
    return own


def _has(record: Record, name: str) -> bool:
    return name in {one.name for one in record.class_._meta.concrete_fields}


# ── names for ids ────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Names:
    """What ids are called in a copy: people by name, forms by title; anything else keeps its id."""

    people: dict[uuid.UUID, str]
    staff: dict[uuid.UUID, str]
    titles: dict[uuid.UUID, str]
    words: dict[uuid.UUID, str]

    def of(self, field: models.Field, value: Any) -> Any:
        """Return the name behind an id in this column, or the value as it is."""
        if value is None:
            return None
        known = self._known(field)
        if known is None:
            return value
        if isinstance(value, list):
            return [known.get(one, "") for one in value]
        return known.get(value, "")

    def _known(self, field: models.Field) -> dict[uuid.UUID, str] | None:
        if isinstance(field, ArrayField) and field.name == "audience":
            return self.people
        match field.related_model:
            case model if model is Client:
                return self.people
            case model if model is Membership:
                return self.staff
            case model if model in (Edition, Program):
                return self.titles
            case model if model is ConsentText:
                return self.words
        return None


def names(person: Client, tables: Iterable[Table]) -> Names:
    """Read the names that these rows need. People are those whom this person may see; others stay unnamed."""
    wanted = _pointed_at(tables)
    return Names(
        people={**dict(Client.objects.values_list("pk", "name")), person.pk: person.name},
        staff=dict(Membership.objects.filter(pk__in=wanted[Membership]).values_list("pk", "name")),
        titles={**_titles(Edition, wanted), **_titles(Program, wanted)},
        words=_said(wanted[ConsentText]),
    )


def _said(texts: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The words that they agreed to, which a client's role reads by way of a consent of their own alone."""
    with tenancy.elevated():
        return dict(ConsentText.objects.filter(pk__in=texts).values_list("pk", "words"))


def _titles(model: Any, wanted: Mapping[Any, set[uuid.UUID]]) -> dict[uuid.UUID, str]:
    """What was given to them is called by its title, also where a client's role does not read the library."""
    with tenancy.elevated():
        return dict(model.objects.filter(pk__in=wanted[model]).values_list("pk", "title"))


def _pointed_at(tables: Iterable[Table]) -> Mapping[Any, set[uuid.UUID]]:
    """The ids that stand in the told columns, by the model that they lead to."""
    found: dict[Any, set[uuid.UUID]] = defaultdict(set)
    for table in tables:
        for one in table.fields:
            if one.related_model is not None:
                found[one.related_model] |= {getattr(row, one.attname) for row in table.rows} - {None}
    return found


# ── as data ──────────────────────────────────────────────────────────────────


def as_data(table: Table, known: Names) -> Iterator[Row]:
    """Give each row as plain JSON values, with its id so that rows can be told to belong together."""
    for row in table.rows:
        yield {one.name: _plain(known.of(one, getattr(row, one.attname))) for one in table.fields}


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list() | tuple():
            return [_plain(one) for one in value]
        case dict():
            return {key: _plain(one) for key, one in value.items()}
    return value
