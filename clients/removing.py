"""Which rows go when somebody is erased, which are emptied, and what is left of what others share with them.

The registry says it table by table (``keep``, ``empties``, ``stays``, ``belongs``), so a table that is added next year
is in it or fails the build. The rules, in one place:

* rows that are of this person, or for them alone, go;
* rows that are for others as well stay: what was agreed, given and planned together is theirs, too. In them this
  person is an id that names nobody any more;
* what staff wrote of a couple as a whole stays until the last of its people goes;
* what points at a row that goes goes along if it is a part of it, and else lets go of it. If it is somebody else's,
  nothing at all is removed (:class:`Entangled`).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from clients.models import Client, Partner
from clients.signals import somebody_goes
from practice import registry
from practice.registry import Erased, Reads, Record, Scope
from practice.vault import SealedTextField
from practice.walls import foreign_keys_inside_practice

Ids = set[uuid.UUID]


class Entangled(Exception):
    """A row of somebody else's is a part of one that would go: a fault of ours, and nothing was removed."""


@dataclass(frozen=True)
class Person:
    """Whose rows are looked for. ``alone`` are the couples of which nobody is left but them."""

    client_id: uuid.UUID
    couples: tuple[uuid.UUID, ...]
    alone: tuple[uuid.UUID, ...]


@dataclass
class Plan:
    """Ids by table: what goes and what is emptied."""

    person: Person
    goes: dict[str, Ids] = field(default_factory=lambda: defaultdict(set))
    emptied: dict[str, Ids] = field(default_factory=lambda: defaultdict(set))


def person_of(client_id: uuid.UUID) -> Person:
    """Return what is looked for when this client goes."""
    couples = list(Partner.objects.filter(client_id=client_id).values_list("couple_id", flat=True))
    others = Partner.objects.filter(couple_id__in=couples, client__erased_at=None).exclude(client_id=client_id)
    shared = set(others.values_list("couple_id", flat=True))
    return Person(client_id, tuple(couples), tuple(one for one in couples if one not in shared))


def plan(client_id: uuid.UUID) -> Plan:
    """Return what would become of everything that is kept of a client. Needs the role that erases."""
    found = Plan(person_of(client_id))
    for record in about_people():
        if record.erased == Erased.STAYS:
            continue
        into = found.goes if record.erased == Erased.GOES else found.emptied
        into[record.model] |= _ids(_rows(record, found.person))
    for _receiver, more in somebody_goes.send(sender=Client, person=found.person):
        if isinstance(more, dict):
            for model, ids in more.items():
                found.goes[model] |= set(ids)
    _take_along(found)
    return found


def plan_own(client_id: uuid.UUID) -> Plan:
    """Return what nobody but the client could ever read, and what only lets somebody in or reaches them."""
    found = Plan(person_of(client_id))
    for record in about_people():
        if record.erased != Erased.GOES or not record.person:
            continue
        rows = record.class_._default_manager.filter(record.of(client_id))
        if record.lane == Reads.ROW:
            found.goes[record.model] |= _ids(rows.filter(lane="own"))
        elif record.lane == Reads.OWN or record.keep == registry.Keep.ACCESS:
            found.goes[record.model] |= _ids(rows)
    _take_along(found)
    return found


def carry_out(found: Plan) -> None:
    """Remove and empty, in the running transaction. Needs the role that erases."""
    for record in about_people():
        _let_go(record, found)
    for model, ids in found.goes.items():
        if ids:
            rows = registry.record_of(model).class_._default_manager.filter(pk__in=ids)
            rows._raw_delete(rows.db)
    for model, ids in found.emptied.items():
        if ids:
            record = registry.record_of(model)
            values = {name: empty(record.class_._meta.get_field(name)) for name in record.empties}
            record.class_._default_manager.filter(pk__in=ids).update(**values)


def counts(found: Plan) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many rows of each table go and are emptied, as far as staff may know of them.

    What its author kept to themselves alone is not counted: that there was something is nobody's business.
    """
    told: dict[str, int] = {}
    for model, ids in sorted(found.goes.items()):
        record = registry.record_of(model)
        if record.lane == Reads.OWN or not ids:
            continue
        rows = record.class_._default_manager.filter(pk__in=ids)
        number = rows.exclude(lane="own").count() if _has(record, "lane") else len(ids)
        if number:
            told[model] = number
    return told, {model: len(ids) for model, ids in sorted(found.emptied.items()) if ids}


def about_people() -> Iterator[Record]:
    """Every table with rows about somebody, those of messages included."""
    for record in registry.all_records():
        if record.scope in (Scope.PERSON, Scope.COUPLE):
            yield record


def empty(column: Any) -> Any:
    """Return what a column holds when nothing is left in it."""
    if column.null:
        return None
    if column.model is Client and column.name == "name":
        return _("(erased)")
    if isinstance(column, SealedTextField | models.CharField | models.TextField):
        return ""
    return column.get_default()


def _rows(record: Record, person: Person) -> QuerySet:
    """The rows of one table that are of a person, for them alone, or of a couple in which nobody is left."""
    wanted = Q(pk__in=[])
    if record.person:
        wanted |= record.of(person.client_id)
    if _has(record, "audience"):
        wanted |= Q(audience=[person.client_id])
    if _has(record, "readers") and record.person and "__" not in record.person:
        wanted |= Q(readers=[person.client_id], **{record.person: None})
    if _has(record, "couple") and person.alone:
        wanted |= Q(couple__in=person.alone)
    return record.class_._default_manager.filter(wanted)


def _take_along(found: Plan) -> None:
    """Add what is a part of what goes, until nothing is added any more."""
    fresh = {model: set(ids) for model, ids in found.goes.items() if ids}
    while fresh:
        added: dict[str, Ids] = defaultdict(set)
        for record, pointer in _pointers():
            target = fresh.get(pointer.related_model._meta.label)
            if not target or not _is_part(record, pointer):
                continue
            more = (
                _ids(record.class_._default_manager.filter(**{f"{pointer.name}__in": target}))
                - found.goes[record.model]
            )
            if more:
                _nobody_elses(record, more, found.person)
                found.goes[record.model] |= more
                added[record.model] |= more
        fresh = added


def _pointers() -> Iterator[tuple[Record, Any]]:
    for record in about_people():
        for pointer in foreign_keys_inside_practice(record.class_):
            yield record, pointer


def _is_part(record: Record, pointer: Any) -> bool:
    return not pointer.null or pointer.name in record.belongs


def _nobody_elses(record: Record, ids: Ids, person: Person) -> None:
    if record.erased != Erased.GOES:
        raise Entangled(f"{record.model} would lose what it is about.")
    if record.person and "__" not in record.person:
        others = record.class_._default_manager.filter(pk__in=ids).exclude(record.of(person.client_id))
        if others.filter(**{f"{record.person}__isnull": False}, **_living(record)).exists():
            raise Entangled(f"{record.model} of somebody else hangs on what would go.")


def _living(record: Record) -> dict[str, Any]:
    """Rows of those who were erased before are nobody's."""
    return {} if record.model == "practice.Message" else {f"{record.person}__erased_at": None}


def _let_go(record: Record, found: Plan) -> None:
    """Let the rows of one table that stay point at nothing that goes."""
    for pointer in foreign_keys_inside_practice(record.class_):
        target = found.goes.get(pointer.related_model._meta.label)
        if target and pointer.null:
            rows = record.class_._default_manager.filter(**{f"{pointer.name}__in": target})
            rows.exclude(pk__in=found.goes.get(record.model, set())).update(**{pointer.name: None})


def _has(record: Record, name: str) -> bool:
    return name in {one.name for one in record.class_._meta.concrete_fields}


def _ids(rows: Iterable) -> Ids:
    return set(rows.values_list("pk", flat=True)) if isinstance(rows, QuerySet) else set(rows)
