"""Asking for the record of a couple, or of all couples that somebody may read, and taking it away.

It holds what its asker reads on the couple's pages, and so it is no act of two: a fresh sign-in, a line in the trail
that the partners read in their own record, and an end after :data:`LIVES`. An owner asks for several couples at once;
those whose words are not theirs to read are not among them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from clients.models import Client, Couple
from practice import archives, audit, identity, roles, tenancy
from practice.models import Archive, Membership, Practice
from practice.zones import start_of_day

#: It lies on a server and holds everything: no longer than a copy to hand over.
LIVES = timedelta(hours=24)
Kind = Archive.Kind
KINDS = (Kind.COUPLE_RECORD, Kind.MANY_RECORDS)


class NotTheirs(Exception):
    """The words of this couple are not theirs to take out, at most to read for an emergency's hours."""


class Format(StrEnum):
    """What it is written as."""

    CSV = "csv"
    JSON = "json"
    FHIR = "fhir"
    PDF = "pdf"


@dataclass(frozen=True)
class Wish:
    """What was asked for. Days are the practice's, both included; None: from the beginning, or until now."""

    formats: tuple[Format, ...]
    begins_on: date | None = None
    ends_on: date | None = None
    names: bool = False
    #: With what partners told the therapist alone, and with scores that are made from it.
    private: bool = True

    def as_data(self) -> dict[str, Any]:
        return {
            "formats": [str(one) for one in Format if one in self.formats],
            "begins_on": self.begins_on.isoformat() if self.begins_on else None,
            "ends_on": self.ends_on.isoformat() if self.ends_on else None,
            "names": self.names,
            "private": self.private,
        }

    @classmethod
    def of(cls, archive: Archive) -> Wish:
        said = archive.details
        first, last = (date.fromisoformat(said[one]) if said[one] else None for one in ("begins_on", "ends_on"))
        return cls(tuple(map(Format, said["formats"])), first, last, said["names"], said["private"])

    def since(self, practice: Practice) -> datetime | None:
        return start_of_day(self.begins_on, practice.zone) if self.begins_on else None

    def before(self, practice: Practice) -> datetime | None:
        return start_of_day(self.ends_on + timedelta(days=1), practice.zone) if self.ends_on else None


def couples_of(archive: Archive) -> list[uuid.UUID]:
    """Return whose records it holds, or will hold."""
    return [uuid.UUID(one) for one in archive.details["couples"]]


# ── asking ───────────────────────────────────────────────────────────────────


def ask_for_couple(couple: Couple, wish: Wish, *, by: Membership) -> Archive:
    """Ask for one couple's record; what the same account asked for of it before is destroyed.

    Raises :class:`NotTheirs`.
    """
    if not may_take_out(couple.pk):
        raise NotTheirs
    return _ask(Kind.COUPLE_RECORD, [couple.pk], couple.pk, wish, by)


def ask_for_all(wish: Wish, *, by: Membership) -> Archive:
    """Ask for the records of all couples whose words ``by`` may read now; of none, it is empty."""
    return _ask(Kind.MANY_RECORDS, readable(), None, wish, by)


def readable() -> list[uuid.UUID]:
    """Return the couples whose words the bound member of staff reads, and not for an emergency's hours alone."""
    return sorted(_theirs(tenancy.current()))


def may_take_out(couple_id: uuid.UUID) -> bool:
    """Whether the bound member of staff may take this couple's record away: an emergency opens it for reading alone."""
    return couple_id in _theirs(tenancy.current())


def _theirs(asker: tenancy.Asker | None) -> set[uuid.UUID]:
    return set(asker.couples) - set(asker.emergencies) if asker is not None else set()


def _ask(kind: Kind, couples: list[uuid.UUID], about_id: uuid.UUID | None, wish: Wish, by: Membership) -> Archive:
    details = {**wish.as_data(), "couples": [str(one) for one in couples]}
    user_id = _user(by)
    archives.one_at_a_time(kind, user_id)
    for before in _lying(kind, user_id, about_id):
        if before.details != details:
            archives.destroy(before)
    return archives.ask(kind, user_id=user_id, about_id=about_id, details=details)


def _lying(kind: Kind, user_id: uuid.UUID, about_id: uuid.UUID | None) -> list[Archive]:
    with tenancy.elevated():
        rows = Archive.objects.filter(kind=kind, user_id=user_id, about_id=about_id, destroyed_at=None)
        return list(rows.select_for_update().order_by("pk"))


def newest_for_couple(couple: Couple, *, by: Membership) -> Archive | None:
    """Return what ``by`` asked for of a couple, while they may still do something with it."""
    return archives.newest(Kind.COUPLE_RECORD, _user(by), about_id=couple.pk)


def newest_for_all(*, by: Membership) -> Archive | None:
    """Return what ``by`` asked for of all their couples, while it holds no couple that is theirs no more."""
    found = archives.newest(Kind.MANY_RECORDS, _user(by))
    return found if found is not None and is_still_theirs(found) else None


def _user(member: Membership) -> uuid.UUID:
    return member.user_id


def is_still_theirs(archive: Archive) -> bool:
    """Whether the bound asker may take out every couple that an archive holds."""
    return set(couples_of(archive)) <= _theirs(tenancy.current())


# ── as whoever asked ─────────────────────────────────────────────────────────


def reader_of(archive: Archive) -> tenancy.Asker:
    """Return whoever asked, as things stand now. Raises Overtaken, and destroys it, where it is theirs no more."""
    practice_id: Any = archive.practice_id
    with tenancy.acting(tenancy.as_system(practice_id)):
        member = Membership.objects.select_related("user").filter(user_id=archive.user_id, ended_at=None).first()
    asker = None
    if member is not None and member.user.is_active and member.is_clinician:
        asker = identity.still(tenancy.Asker(roles.THERAPIST, practice_id, archive.user_id))
    if asker is not None and set(couples_of(archive)) <= _theirs(asker):
        return asker
    with tenancy.acting(tenancy.as_system(practice_id)):
        archives.destroy(archive)
    raise archives.Overtaken


# ── taking away ──────────────────────────────────────────────────────────────


def take(archive: Archive) -> tuple[int, Callable[[int], Iterator[bytes]]]:
    """Return the size and a reader from any byte on; write down who takes it. Raises :class:`archives.NotThere`.

    Partners read of it: each in their own record, and in what is told of couples.
    """
    if not is_still_theirs(archive):
        raise archives.NotThere
    size, read = archives.begin_taking(archive)
    couples = couples_of(archive)
    audit.looked_at_clients("downloaded", _people(couples))
    audit.looked_at_couples("downloaded", couples)
    return size, read


def _people(couples: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    people = Client.objects.filter(partnerships__couple__in=couples, erased_at=None)
    return list(people.order_by("pk").values_list("pk", flat=True).distinct())


def file_of(archive: Archive) -> tuple[str, str]:
    """Return the file's name, which says nothing of anybody, and its kind."""
    formats = Wish.of(archive).formats
    if archive.kind == Kind.MANY_RECORDS or len(formats) > 1:
        return "record.zip", "application/zip"
    return {
        Format.CSV: ("answers.csv", "text/csv; charset=utf-8"),
        Format.JSON: ("answers.json", "application/json"),
        Format.FHIR: ("record.fhir.json", "application/fhir+json"),
        Format.PDF: ("record.pdf", "application/pdf"),
    }[formats[0]]
