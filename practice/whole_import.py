"""Bringing a practice's whole export into an installation that does not have the practice.

All of it or nothing: one transaction, and before it ends the content is read again from the tables and has to be
what the export says of itself. Ids stay; texts are sealed anew with keys of this installation; accounts are made
without a password, and sign in with one that they choose by mail.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import itertools
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, models, transaction
from django.db.models import Max
from django.utils import timezone

from practice import dispatch, held, plain_rows, registry, roles, tenancy, whole_export
from practice.models import User
from practice.plain_rows import Surroundings
from practice.registry import Record, Shared

#: What a hostile file may make us keep in memory.
MANIFEST_AT_MOST, A_LINE_AT_MOST = 2**22, 2**26


class Refused(ValueError):
    """The export is not taken in, and nothing was changed. Its words hold nobody's data."""


@dataclass(frozen=True)
class Export:
    """A practice's export, opened."""

    archive: zipfile.ZipFile
    manifest: dict[str, Any]

    @property
    def practice_id(self) -> uuid.UUID:
        return uuid.UUID(self.manifest["practice"])

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Return what the lines of one file hold."""
        with self.archive.open(name) as member:
            while text := member.readline(A_LINE_AT_MOST):
                yield json.loads(text)


def look_into(file: Any) -> Export:
    """Open an export and check every file in it by the manifest; raise :class:`Refused` where one is not as it says."""
    try:
        archive = zipfile.ZipFile(file)
        if archive.getinfo(whole_export.MANIFEST).file_size > MANIFEST_AT_MOST:
            raise Refused("Its list of contents is too long to be one.")
        found = Export(archive, json.loads(archive.read(whole_export.MANIFEST)))
        _check_files(found)
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile, RecursionError, EOFError) as error:
        raise error if isinstance(error, Refused) else Refused("This is no whole export of a practice.") from error
    return found


def _check_files(export: Export) -> None:
    said = export.manifest
    if said["format"] != whole_export.FORMAT:
        raise Refused(f"It is of format {said['format']!s:.9}; this release reads {whole_export.FORMAT}.")
    there = set(export.archive.namelist()) - {whole_export.MANIFEST, whole_export.README}
    if there != set(said["files"]):
        raise Refused("The files in it are not those that its list names.")
    sums = {name: _sum(export.archive, name) for name in sorted(there)}
    wrong = [name for name, one in sums.items() if vars(one) != said["files"][name]]
    if wrong:
        raise Refused("These files are not what they were: " + ", ".join(wrong))
    if whole_export.content_digest(sums) != said["content"]:
        raise Refused("The files do not make up the content that it names.")


def _sum(archive: zipfile.ZipFile, name: str) -> whole_export.Sum:
    with archive.open(name) as member:
        return whole_export.Sum.of(iter(functools.partial(member.readline, A_LINE_AT_MOST), b""))


def compare(export: Export) -> list[str]:
    """Return the files whose content here is another one than in the export; none when all is the same."""
    with tenancy.acting(tenancy.as_system(export.practice_id), one_moment=True):
        return _differing(export)


def _differing(export: Export) -> list[str]:
    now = whole_export.sums_now(export.practice_id)
    apart = {whole_export.file_of(one) for one in whole_export.exported() if one.only_read} | {whole_export.CATALOGUE}
    said = export.manifest["files"]
    return sorted(name for name, one in now.items() if name not in apart and vars(one) != said.get(name))


@dataclass
class Taken:
    """What was brought in: rows by table, accounts, and rows that the catalogue here did not have."""

    rows: dict[str, int] = field(default_factory=dict)
    accounts: int = 0
    catalogue: int = 0


def take_in(export: Export) -> Taken:
    """Bring an export in, or raise :class:`Refused`. Needs the login role, and the owner's for the catalogue."""
    _may_be_taken(export)
    added = _complete_the_catalogue(export)
    taken = Taken(catalogue=len(added))
    try:
        _take_in_rows(export, taken)
    except BaseException:
        _take_back(added)
        raise
    return taken


def _take_in_rows(export: Export, taken: Taken) -> None:
    try:
        with transaction.atomic():
            taken.accounts = _open_accounts(export)
            with tenancy.acting(tenancy.as_system(export.practice_id, request_id="import")):
                _TakingIn(export, taken).run()
                if wrong := _differing(export):
                    raise Refused("What was written is not what the export holds: " + ", ".join(wrong))
                # In the same moment: where the practice comes from may still send.
                held.begin_after_import()
    except OperationalError:
        raise  # the database, not the file
    except DatabaseError as error:
        raise Refused(f"The database does not take it: {_place(error)}.") from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise error if isinstance(error, Refused) else Refused("Some of it is not what its table holds.") from error


def _place(error: DatabaseError) -> str:
    said = getattr(error.__cause__, "diag", None)
    return str(getattr(said, "constraint_name", None) or getattr(said, "table_name", None) or "one of its rules")


def _may_be_taken(export: Export) -> None:
    said = export.manifest
    if said["tables"] != whole_export.shape():
        here = ", ".join(f"{app} {name}" for app, name in whole_export.state_of_the_tables().items())
        there = ", ".join(f"{app!s:.20} {name!s:.60}" for app, name in sorted(said["state"].items()))
        raise Refused(
            f"It comes from another release. Bring it into the same one and migrate then. There: {there}. Here: {here}."
        )
    if export.practice_id in dispatch.practices():
        raise Refused("The practice is in this installation already.")
    addresses = [one["email"] for one in export.lines(whole_export.PEOPLE)]
    if User.objects.filter(email__in=addresses).exists():
        raise Refused("Somebody of the practice has an account here already.")


# ── accounts ─────────────────────────────────────────────────────────────────


def _open_accounts(export: Export) -> int:
    """Make the accounts, with addresses that were in use there and no password: nobody can take one over here."""
    made = 0
    for one in export.lines(whole_export.PEOPLE):
        user = User(id=uuid.UUID(one["id"]), email=one["email"], time_zone=one["time_zone"])
        user.password = make_password(None)
        user.save(force_insert=True)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        made += 1
    return made


# ── the catalogue ────────────────────────────────────────────────────────────


Added = list[tuple[Record, uuid.UUID]]


def _complete_the_catalogue(export: Export) -> Added:
    """Add what the practice gave and the catalogue here does not have, as the tables' owner: old editions mostly."""
    wanted = list(export.lines(whole_export.CATALOGUE))
    with roles.owner_connection(), transaction.atomic():
        return _Adding(wanted).run()


def _take_back(added: Added) -> None:
    """Remove again what was added for an export that is not taken in; what somebody has begun to use stays."""
    if not added:
        return
    with contextlib.suppress(DatabaseError), roles.owner_connection(), transaction.atomic():
        for record, pk in reversed(added):
            row = record.class_._default_manager.filter(practice=None, pk=pk)
            row._raw_delete(row.db)


class _Adding:
    def __init__(self, wanted: list[dict[str, Any]]) -> None:
        self.wanted = wanted
        self.ids: dict[tuple[str, ...], uuid.UUID] = {}
        self.added: list[tuple[Record, uuid.UUID, dict[str, Any]]] = []

    def run(self) -> Added:
        lines = {one.model: one for one in registry.all_shared()}
        for record in whole_export.exported():
            if record.model in lines:
                self._add(record, lines[record.model])
        for record, pk, data in self.added:
            named = {name: value for name, value in _later(record, data).items() if tuple(value["shared"]) in self.ids}
            _point(record, pk, named, self.ids)
        return [(record, pk) for record, pk, _data in self.added]

    def _add(self, record: Record, shared: Shared) -> None:
        rows = record.class_._default_manager.filter(practice=None)
        self.ids |= {(shared.model, *map(str, key)): pk for pk, *key in rows.values_list("pk", *shared.key)}
        for one in self.wanted:
            name = tuple(one["name"])
            if name[0] == shared.model and name not in self.ids:
                row = self._row(record, shared, one["row"])
                insert(record, [row])
                self.ids[name] = row.pk
                self.added.append((record, row.pk, one["row"]))

    def _row(self, record: Record, shared: Shared, data: dict[str, Any]) -> models.Model:
        nobody = Surroundings(uuid.UUID(int=0), {}, self.ids, frozenset())
        row: Any = plain_rows.row_from(record, {**data, **dict.fromkeys(_later(record, data))}, nobody)
        row.practice_id = None
        if shared.ends:  # nobody is offered what the catalogue here does not have
            setattr(row, shared.ends, getattr(row, shared.ends) or timezone.now())
        if shared.number:
            outer = shared.key[0].split("__")[0]
            there = record.class_._default_manager.filter(practice=None, **{outer: getattr(row, f"{outer}_id")})
            setattr(row, shared.number, (there.aggregate(most=Max(shared.number))["most"] or 0) + 1)
        return row


# ── rows ─────────────────────────────────────────────────────────────────────


class _TakingIn:
    """Writing the rows of one export, in the order in which they need each other."""

    def __init__(self, export: Export, taken: Taken) -> None:
        self.export, self.taken = export, taken
        self.around = whole_export.surroundings(export.practice_id)
        self.later: list[tuple[Record, uuid.UUID, dict[str, Any]]] = []

    def run(self) -> None:
        for record in whole_export.exported():
            if not record.only_read:
                self.taken.rows[record.model] = self._write(record)
        for record, pk, pointers in self.later:
            _point(record, pk, pointers, self.around.ids)

    def _write(self, record: Record) -> int:
        lines = self.export.lines(whole_export.file_of(record))
        count = 0
        while some := list(itertools.islice(lines, whole_export.AT_A_TIME)):
            insert(record, [self._row(record, data) for data in some])
            count += len(some)
        return count

    def _row(self, record: Record, data: dict[str, Any]) -> models.Model:
        later = _later(record, data)
        if later:
            self.later.append((record, uuid.UUID(data["id"]), later))
        return plain_rows.row_from(record, {**data, **dict.fromkeys(later)}, self.around)


def _later(record: Record, data: dict[str, Any]) -> dict[str, Any]:
    """Return the pointers into the library that are set once all of it is there: triggers look at once.

    Others are looked at when the transaction ends.
    """
    library = {one.model for one in registry.all_shared()}
    return {
        one.attname: data[one.attname]
        for one in plain_rows.columns(record)
        if one.is_relation
        and one.null
        and one.related_model._meta.label in library  # type: ignore[union-attr]
        and data[one.attname] is not None
    }


def _point(record: Record, pk: uuid.UUID, pointers: dict[str, Any], ids: Mapping[tuple[str, ...], uuid.UUID]) -> None:
    found = {
        name: ids[tuple(value["shared"])] if isinstance(value, dict) else uuid.UUID(value)
        for name, value in pointers.items()
    }
    if found:
        record.class_._default_manager.filter(pk=pk).update(**found)


def insert(record: Record, rows: list[Any]) -> None:
    """Write rows exactly as they are, their times of making included."""
    rows_of: Any = record.class_._default_manager.all()
    rows_of._insert(
        rows, fields=[_as_it_is(one) for one in record.class_._meta.concrete_fields], using=DEFAULT_DB_ALIAS
    )


def _as_it_is(field: Any) -> Any:
    """Return a column that writes what a row has, where it would write the present time."""
    field = copy.copy(field)
    field.auto_now = field.auto_now_add = False
    return field
