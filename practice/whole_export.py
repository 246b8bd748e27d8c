"""Everything that one practice keeps, as files of plain rows in one ZIP, and what they are known by.

Which tables go along, and which rows of them, the registry says (:mod:`practice.registry`). Left behind are keys,
sign-ins and secrets; what stays with its author; and whatever points at a row that is left behind.
"""

from __future__ import annotations

import datetime
import functools
import graphlib
import hashlib
import json
import operator
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from practice import plain_rows, registry
from practice.models import DataKey, User
from practice.plain_rows import Surroundings
from practice.registry import Record

FORMAT = 1
MANIFEST, README = "manifest.json", "READ ME.txt"
PEOPLE, CATALOGUE = "data/accounts.jsonl", "data/catalogue.jsonl"
#: Rows in memory at a time: a report's PDF is part of its row.
AT_A_TIME = 100

READ_ME = """This is everything that {name} keeps in Attune, as of {at} (UTC).

data/<table>.jsonl    one row in each line, as JSON. Texts are open: whoever reads this file reads all of it.
manifest.json         what is in it, with the SHA-256 of each file, and what stayed behind and why.

Not in it: passwords, second factors, keys and links; psychotherapy notes; drafts; and whatever a client keeps to
themselves alone. Clients take their own copy from their own pages.

"manage.py import_practice" brings it into an installation of Attune. docs/practice-export.md says how it is made.
"""


def exported() -> list[Record]:
    """Return the tables that go along, what others need before those that need it; the practice itself comes last.

    Last, so that the rules of today don't judge what was given under those of yesterday: some ask the practice.
    """
    lines = {record.model: record for record in registry.all_records() if record.export}
    order = graphlib.TopologicalSorter({label: needed(record) & lines.keys() for label, record in lines.items()})
    first = [label for label in order.static_order() if label != "practice.Practice"]
    return [lines[label] for label in [*first, "practice.Practice"]]


def needed(record: Record) -> set[str]:
    """Return the tables without whose rows one of this table can not be: those it points at and must."""
    return {
        field.related_model._meta.label  # type: ignore[union-attr]
        for field in plain_rows.columns(record)
        if field.is_relation and not field.null and field.related_model is not record.class_
    }


def file_of(record: Record) -> str:
    """Return the path of a table's rows inside an export."""
    return f"data/{record.model}.jsonl"


def shape() -> dict[str, list[str]]:
    """Return the columns of each table that goes along: an export is only taken in where they are the same."""
    return {record.model: sorted(one.attname for one in plain_rows.columns(record)) for record in exported()}


def left_behind_in_words() -> list[str]:
    """Return what is not in an export, for people."""
    return [
        gettext(
            "Passwords, second factors and sign-ins: everybody signs in anew elsewhere, by a mail to their address."
        ),
        gettext("Keys and links: invitations, devices, and the access to your own mail or text service."),
        gettext("What a client keeps to themselves alone, and drafts. They take it along in a copy of their own."),
        gettext("Psychotherapy notes: they are for the therapist who wrote them."),
        gettext("Messages that have not left yet."),
    ]


def surroundings(practice_id: uuid.UUID) -> Surroundings:
    """Return what the rows of the bound practice are read and written with."""
    names: dict[uuid.UUID, tuple[str, ...]] = {}
    for shared in registry.all_shared():
        rows = _manager(shared.model).filter(practice=None)
        names |= {pk: (shared.model, *map(str, key)) for pk, *key in rows.values_list("pk", *shared.key)}
    gone = DataKey.objects.filter(wrapped=None).values_list("pk", flat=True)
    return Surroundings(practice_id, names, {name: pk for pk, name in names.items()}, frozenset(gone))


def _manager(model: str) -> models.Manager:
    return apps.get_model(model)._default_manager


# ── which rows ───────────────────────────────────────────────────────────────


@dataclass
class Chosen:
    """Which rows of the bound practice go along: all but those ``behind``, by table."""

    practice_id: uuid.UUID
    behind: dict[str, set[Any]]

    @classmethod
    def now(cls, practice_id: uuid.UUID) -> Chosen:
        records = exported()
        behind = {record.model: _of_themselves(record, practice_id) for record in records}
        found = True
        while found:
            found = False
            for record in records:
                more = _pointing(record, practice_id, behind) - behind[record.model]
                behind[record.model] |= more
                found = found or bool(more)
        return cls(practice_id, behind)

    def rows(self, record: Record) -> Iterator[models.Model]:
        """Return the rows of one table that go along, in the order of their ids."""
        rows = _all(record, self.practice_id).order_by("pk")
        behind = self.behind[record.model]
        return (row for row in rows.iterator(chunk_size=AT_A_TIME) if row.pk not in behind)


def _all(record: Record, practice_id: uuid.UUID) -> QuerySet:
    column = "pk" if record.model == "practice.Practice" else "practice_id"
    return record.class_._default_manager.filter(**{column: practice_id})


def _of_themselves(record: Record, practice_id: uuid.UUID) -> set[Any]:
    behind = Q(lane="own") if record.stays_with_author else Q()
    if record.left_behind is not None:
        behind = behind | record.left_behind
    return set(_all(record, practice_id).filter(behind).values_list("pk", flat=True)) if behind else set()


def _pointing(record: Record, practice_id: uuid.UUID, behind: dict[str, set[Any]]) -> set[Any]:
    """Return the rows that point at one that is left behind: nobody shall guess from them what it was."""
    asked = [
        Q(**{f"{field.attname}__in": behind[label]})
        for field in plain_rows.columns(record)
        if field.is_relation and behind.get(label := field.related_model._meta.label)  # type: ignore[union-attr]
    ]
    if not asked:
        return set()
    return set(_all(record, practice_id).filter(functools.reduce(operator.or_, asked)).values_list("pk", flat=True))


# ── content ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Sum:
    """What one file is known by."""

    sha256: str
    size: int
    rows: int

    @classmethod
    def of(cls, lines: Iterable[bytes], put: Any = None) -> Sum:
        """Add lines up, and pass each on to ``put``."""
        digest, size, rows = hashlib.sha256(), 0, 0
        for line in lines:
            if put is not None:
                put(line)
            digest.update(line)
            size, rows = size + len(line), rows + 1
        return cls(digest.hexdigest(), size, rows)


class Content:
    """The lines of each file of one export, read in one moment."""

    def __init__(self, practice_id: uuid.UUID) -> None:
        self.around = surroundings(practice_id)
        self.chosen = Chosen.now(practice_id)
        self.accounts: set[uuid.UUID] = set()
        self.shared: set[uuid.UUID] = set()

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Return every file by name, with its lines; each has to be read to its end before the next."""
        for record in exported():
            yield file_of(record), self._lines(record)
        yield PEOPLE, self._people()
        yield CATALOGUE, self._catalogue()

    def _lines(self, record: Record) -> Iterator[bytes]:
        pointers = [one for one in plain_rows.columns(record) if one.is_relation]
        accounts = [one.attname for one in pointers if one.related_model is User]
        for row in self.chosen.rows(record):
            self.accounts |= {getattr(row, name) for name in accounts} - {None}
            self.shared |= {getattr(row, one.attname) for one in pointers} & self.around.names.keys()
            yield plain_rows.line(plain_rows.plain(record, row, self.around))

    def _people(self) -> Iterator[bytes]:
        """By which address somebody signs in, for those of the practice; nothing of what they are elsewhere."""
        rows = User.objects.filter(pk__in=self.accounts).order_by("pk").values("id", "email", "time_zone")
        for row in rows:
            yield plain_rows.line({**row, "id": str(row["id"])})

    def _catalogue(self) -> Iterator[bytes]:
        """What the practice gave from the shipped catalogue, and needs wherever it goes."""
        for shared in registry.all_shared():
            record = registry.record_of(shared.model)
            for row in _manager(shared.model).filter(pk__in=self._with_theirs(shared)).order_by("pk"):
                name = self.around.names[row.pk]
                yield plain_rows.line({"name": list(name), "row": plain_rows.plain(record, row, self.around)})

    def _with_theirs(self, shared: registry.Shared) -> set[uuid.UUID]:
        """Return the rows of one shared table that are pointed at, from the catalogue itself as well."""
        found = set(self.shared)
        for other in registry.all_shared():
            for field in apps.get_model(other.model)._meta.concrete_fields:
                if field.is_relation and not field.null and field.related_model._meta.label == shared.model:
                    rows = _manager(other.model).filter(pk__in=self.shared)
                    found |= set(rows.values_list(field.attname, flat=True))
        return found & {pk for pk, name in self.around.names.items() if name[0] == shared.model}


def content_digest(sums: dict[str, Sum]) -> str:
    """Return what the whole content is known by: equal content, equal digest, wherever it lies.

    What is only there to be read, and the catalogue, which has a number of its own everywhere, are no part of it.
    """
    apart = {file_of(record) for record in exported() if record.only_read} | {CATALOGUE}
    lines = [f"{one.sha256} {name}\n" for name, one in sorted(sums.items()) if name not in apart]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sums_now(practice_id: uuid.UUID) -> dict[str, Sum]:
    """Return what each file of an export of the bound practice would be known by now."""
    return {name: Sum.of(lines) for name, lines in Content(practice_id).files()}


# ── the archive ──────────────────────────────────────────────────────────────


def write(practice_id: uuid.UUID, name: str, file: BinaryIO, at: datetime.datetime) -> str:
    """Write the bound practice's whole export as a ZIP; return the digest of its content.

    ``file`` need not be seekable. ``at`` is the moment it stands for.
    """
    content, sums = Content(practice_id), {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(README, READ_ME.format(name=name, at=at.strftime("%Y-%m-%d %H:%M")))
        for path, lines in content.files():
            with archive.open(path, "w", force_zip64=True) as member:
                sums[path] = Sum.of(lines, member.write)
        digest = content_digest(sums)
        archive.writestr(MANIFEST, json.dumps(_manifest(practice_id, sums, digest, at), indent=1, sort_keys=True))
    return digest


def _manifest(practice_id: uuid.UUID, sums: dict[str, Sum], digest: str, at: datetime.datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "practice": str(practice_id),
        "at": at.isoformat(),
        "content": digest,
        "files": {name: vars(one) for name, one in sums.items()},
        "tables": shape(),
        "state": state_of_the_tables(),
        "only_read": {record.model: record.only_read for record in exported() if record.only_read},
        "not_in_it": _not_in_it(),
    }


def state_of_the_tables() -> dict[str, str]:
    """Return the newest migration of each app whose tables go along."""
    labels = {record.class_._meta.app_label for record in exported()}
    known = MigrationLoader(None).graph.leaf_nodes()
    return {app: name for app, name in sorted(known) if app in labels}


def _not_in_it() -> dict[str, str]:
    tables = {record.model: record.not_exported for record in registry.all_records() if not record.export}
    rows = {f"{one.model}, some rows": one.why_left_behind for one in exported() if one.why_left_behind}
    own = "What its author keeps to themselves alone stays with them."
    return tables | rows | {f"{one.model}, lane own": own for one in exported() if one.stays_with_author}
