"""What Attune keeps, and whose it is: one line for every table, job, letter and download.

Each app declares its own in ``records.py``. A table without a line fails the build (``tests/test_registry.py``), and
so does a line that says something else than the database does. From these lines follow the matrices of who may
read and write what, a person's own copy, the practice's export, erasure and retention.
"""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Scope(enum.StrEnum):
    """To whom a row belongs."""

    INSTALLATION = "installation"
    PRACTICE = "practice"
    COUPLE = "couple"
    PERSON = "person"


class Reads(enum.StrEnum):
    """Who may read a row, besides Attune itself inside the practice.

    *Staff* are the therapists of the caseload and the owners; the front desk only where ``office`` says so.
    """

    #: Nobody's words: settings, the library, counters.
    OPEN = ""
    #: The row's own ``lane``, ``readers`` and ``opens_at`` say it.
    ROW = "row"
    #: Staff, and the clients in the row's ``readers``: the one it is of only as one of them.
    READERS = "readers"
    #: Staff, and the clients in the row's ``audience``.
    AUDIENCE = "audience"
    #: Staff, and all partners of the couple.
    COUPLE = "couple"
    #: Staff, and the one person it is of.
    PRIVATE = "private"
    #: The one person it is of, and no staff.
    OWN = "own"
    #: Staff; no client ever.
    STAFF = "staff"
    #: Nobody but Attune itself.
    NOBODY = "nobody"


class Keep(enum.StrEnum):
    """Retention class: for how long it is kept. The lengths are data, by country, and not here."""

    #: The record of care.
    CLINICAL = "clinical"
    #: A therapist's own notes, apart from the record.
    NOTES = "notes"
    #: How somebody is reached; of no use once care has ended.
    CONTACT = "contact"
    #: What somebody agreed to: proof, kept as long as what it is about.
    CONSENT = "consent"
    #: Signing in, invitations, codes, devices.
    ACCESS = "access"
    #: That a message went out, without its words.
    DELIVERY = "delivery"
    #: Who changed or read what.
    AUDIT = "audit"
    #: Keys to sealed text.
    KEYS = "keys"
    #: The practice itself: its people, settings, letterhead.
    PRACTICE = "practice"
    #: Exercises, programs and forms, without anybody's answers.
    LIBRARY = "library"
    #: Counters and the like, of a few days.
    TECHNICAL = "technical"


class Erased(enum.StrEnum):
    """What becomes of the rows of one person when what is kept of them is erased."""

    #: They are removed.
    GOES = "goes"
    #: They stay for the sake of others, of counts and of bills, without what was of this person.
    EMPTIED = "emptied"
    #: They stay as they are: nothing in them is anybody's once the rest is gone.
    STAYS = "stays"


#: What goes along with a person. All other classes stay, and hold nothing but ids and times.
GO = frozenset({Keep.CLINICAL, Keep.NOTES, Keep.CONTACT, Keep.CONSENT, Keep.ACCESS})


@dataclass(frozen=True)
class Record:
    """One table. ``model`` is its label, as in ``"clients.Contact"``.

    ``person``: ORM path to the client whose row it is, author or subject (``""``: nobody's alone). Their erasure
    takes it along.
    ``lane``: who reads it. ``office``: the front desk does, too.
    ``own_copy``: whether its rows go into a person's own copy. What they may read of it is decided by the walls: read
    it as that person, and as Attune by ``person`` where the portal has no right to the table at all (lane ``staff``).
    ``withheld``: columns that no client reads; the portal's role has no right to them.
    ``empties``: columns that are emptied when somebody is erased whose row it is; the row stays. ``stays``: why it
    stays as it is. Without either, ``keep`` says it. ``belongs``: pointers that may be empty and still say of what a
    row is a part: it goes when that goes.
    ``why_not``: why it does not, for everything about people. ``export``: whether it goes into the practice's
    export; ``not_exported``: why it does not. ``left_behind``: rows that don't although the table does, and
    ``why_left_behind``; what stays with its author (lane ``own``) never does. ``only_read``: why it is in the export
    to be read, and not taken in again where the export is brought to. ``sealed_bytes``: columns of bytes that are
    sealed by hand, for ``person``, where a text would be a ``SealedTextField``.
    ``not_backed_up``: why no back-up holds it; everything else is in every one (see :mod:`practice.backups`).
    """

    model: str
    scope: Scope
    person: str = ""
    lane: Reads = Reads.OPEN
    keep: Keep = Keep.CLINICAL
    own_copy: bool = False
    why_not: str = ""
    export: bool = True
    not_exported: str = ""
    office: bool = False
    withheld: tuple[str, ...] = ()
    not_backed_up: str = ""
    empties: tuple[str, ...] = ()
    stays: str = ""
    belongs: tuple[str, ...] = ()
    left_behind: Q | None = None
    why_left_behind: str = ""
    only_read: str = ""
    sealed_bytes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        about_people = self.scope in (Scope.COUPLE, Scope.PERSON)
        if self.scope == Scope.PERSON and not self.person:
            raise ValueError(f"{self.model}: whose is it?")
        if about_people and self.own_copy == bool(self.why_not):
            raise ValueError(f"{self.model}: in a person's own copy, or why not?")
        if self.export == bool(self.not_exported):
            raise ValueError(f"{self.model}: in the practice's export, or why not?")
        if self.empties and self.stays:
            raise ValueError(f"{self.model}: is it emptied, or does it stay?")
        if self.export and self.lane in (Reads.OWN, Reads.NOBODY):
            raise ValueError(f"{self.model}: whose lane is {self.lane} leaves the practice with nobody else.")
        if (self.left_behind is None) != (not self.why_left_behind):
            raise ValueError(f"{self.model}: which rows stay behind, and why?")

    @property
    def class_(self) -> type[models.Model]:
        """The model itself."""
        return apps.get_model(self.model)

    @property
    def erased(self) -> Erased:
        """What becomes of a person's rows when that person is erased."""
        if self.empties:
            return Erased.EMPTIED
        return Erased.STAYS if self.stays or self.keep not in GO else Erased.GOES

    @property
    def is_walled(self) -> bool:
        """Whether it lies behind the practice wall."""
        return self.scope != Scope.INSTALLATION

    @property
    def stays_with_author(self) -> bool:
        """Whether some of its rows are read by nobody but their author: those whose lane is ``own``."""
        if self.lane not in (Reads.ROW, Reads.READERS, Reads.STAFF):
            return False
        return any(field.name == "lane" for field in self.class_._meta.concrete_fields)

    def of(self, client_id: uuid.UUID) -> Q:
        """Return the condition for rows that are of one client. Needs ``person``."""
        if not self.person:
            raise ValueError(f"{self.model} is nobody's alone.")
        field: Any = self.class_._meta
        for part in self.person.split("__"):
            found = field.get_field(part)
            field = found.related_model._meta if found.is_relation else found
        if isinstance(field, ArrayField):
            return Q(**{f"{self.person}__contains": [client_id]})
        return Q(**{self.person: client_id})


@dataclass(frozen=True)
class Job:
    """One task of the workers. ``carries`` are its arguments, ids every one of them."""

    name: str
    carries: tuple[str, ...] = ()


@dataclass(frozen=True)
class MessageKind:
    """One kind of message in the outbox. ``to``: ``"client"`` or ``"staff"``. ``about``: what its ``about_id`` names.

    ``security`` is for what is rather sent twice than never (:attr:`practice.outbox.Handler.repeats`), at any hour and
    whatever was chosen; to a client by their safe contact and in its hours alone.
    """

    kind: str
    to: str
    about: str
    security: bool = False


@dataclass(frozen=True)
class Download:
    """One address that answers with something else than a page: a paper, a picture, a file, data.

    ``lane`` is who may fetch it: who may read what it holds. :attr:`Reads.NOBODY`: it lies sealed, and Attune hands it
    to who asked for it.
    """

    door: str
    form: str
    lane: Reads = Reads.OPEN


@dataclass(frozen=True)
class Shared:
    """A table that holds the shipped catalogue, too: rows without a practice, which every practice reads.

    ``key`` are the paths to what such a row is known by in every installation. ``number`` counts within what the
    first of them names: a row from elsewhere takes the next one that is free. ``ends`` is the time since when one
    is not offered any more.
    """

    model: str
    key: tuple[str, ...]
    number: str = ""
    ends: str = ""


Line = Record | Job | MessageKind | Download | Shared

_lines: dict[tuple[type, str], Line] = {}


def register(*lines: Line) -> None:
    """Declare tables, jobs, messages and downloads; called once from an app's ``records.py``."""
    for line in lines:
        key = type(line), _name(line)
        if _lines.get(key, line) != line:
            raise ValueError(f"{_name(line)} is declared twice, and not alike.")
        _lines[key] = line


def _name(line: Line) -> str:
    match line:
        case Record() | Shared():
            return line.model
        case MessageKind():
            return line.kind
        case Download():
            return line.door
    return line.name


def all_records() -> list[Record]:
    """Return every declared table, in the order of declaration: practice, clients, exercises, reports."""
    return [line for line in _lines.values() if isinstance(line, Record)]


def record_of(model: type[models.Model] | str) -> Record:
    """Return the line of one table; raise :class:`LookupError` where nobody declared it."""
    label = model if isinstance(model, str) else model._meta.label
    line = _lines.get((Record, label))
    if not isinstance(line, Record):
        raise LookupError(f"{label} is not declared: say in records.py of its app whose it is.")
    return line


def all_jobs() -> list[Job]:
    return [line for line in _lines.values() if isinstance(line, Job)]


def all_messages() -> list[MessageKind]:
    return [line for line in _lines.values() if isinstance(line, MessageKind)]


def all_downloads() -> list[Download]:
    return [line for line in _lines.values() if isinstance(line, Download)]


def all_shared() -> list[Shared]:
    return [line for line in _lines.values() if isinstance(line, Shared)]
