"""Taking out everything that a practice keeps: an owner asks, a second person confirms, a worker writes it.

The file is written for a passphrase that the owner chose while asking, and which nobody kept
(:mod:`practice.passphrase_files`): before it is taken away it opens for nobody here either. It lies here for
:data:`LIVES`, for that owner alone, and goes at once when they leave, stop being an owner or destroy it,
when a new one is confirmed, whenever anybody is erased, and whenever a key is destroyed.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from practice import archives, replica, tenancy, two_people, whole_export
from practice.models import Archive, Membership, Practice, TwoPersonAct
from practice.passphrase_files import Lock, Writer

KIND = Archive.Kind.PRACTICE_EXPORT
ACT = TwoPersonAct.Act.PRACTICE_EXPORT
LIVES = timedelta(days=7)

READING = _("Reading everything as it is now")


def ask(*, by: Membership, why: str, passphrase: str) -> TwoPersonAct:
    """Ask for the export; a second person confirms it. Raises what :func:`practice.two_people.ask` does."""
    return two_people.ask(ACT, by=by, why=why, details={"lock": Lock.of(passphrase).as_data()})


@two_people.does(ACT)
def begin(act: TwoPersonAct) -> None:
    """Let a worker write it; what was written before is destroyed."""
    end_all()
    archives.ask(KIND, user_id=act.asked_by.user_id, about_id=act.pk, details=act.details)


@archives.makes(KIND, lives=LIVES, once=False)
def write(archive: Archive, tell: archives.Tell) -> Iterator[bytes]:
    """Write it as it is in one moment. What lies in the temporary file meanwhile is for the passphrase, too."""
    tell(5, READING)
    _stop_unless_wanted(archive)
    with tempfile.TemporaryFile() as file:
        _write(archive, file)
        tell(60, archives.SEALING)
        file.seek(0)
        yield from iter(partial(file.read, archives.A_PIECE), b"")
    # Only now: whoever left meanwhile gets nothing.
    _stop_unless_wanted(archive)


def _write(archive: Archive, file: BinaryIO) -> None:
    def everything() -> None:
        file.seek(0)
        file.truncate()  # what was written before it broke off
        with Writer(file.write, lock_of(archive)) as sealed:
            practice = Practice.objects.get(pk=practice_id)
            whole_export.write(practice_id, practice.name, sealed, timezone.now())  # type: ignore[arg-type]

    practice_id = _practice_of(archive)
    replica.read(tenancy.as_system(practice_id), everything)


def _practice_of(archive: Archive) -> uuid.UUID:
    return archive.practice_id  # type: ignore[return-value]


def lock_of(archive: Archive) -> Lock:
    """Return what the file is written for."""
    return Lock.from_data(archive.details["lock"])


def _stop_unless_wanted(archive: Archive) -> None:
    with tenancy.acting(tenancy.as_system(_practice_of(archive))):
        act = TwoPersonAct.objects.select_related("asked_by__user").get(pk=archive.about_id)
        owner = act.asked_by
        if owner.ended_at is None and owner.runs_practice and owner.user.is_active:
            return
        archives.destroy(archive)
    raise archives.Overtaken


def in_force() -> QuerySet[Archive]:
    """Exports of the bound practice that lie here or are being made, the newest first."""
    return Archive.objects.filter(kind=KIND, destroyed_at=None).order_by("-asked_at", "-pk")


def end_all(*, of_user: uuid.UUID | None = None) -> int:
    """Destroy exports of the bound practice, all or those of one account; return how many."""
    return archives.destroy_all(kinds=(KIND,), of_user=of_user)


def was_made() -> bool:
    """Tell whether the bound practice was ever taken out, so that it may be elsewhere by now."""
    return history().filter(outcome=TwoPersonAct.Outcome.DONE).exists()


def history() -> QuerySet[TwoPersonAct]:
    """Every export that was asked for in the bound practice, the newest first."""
    return TwoPersonAct.objects.filter(act=ACT).select_related("asked_by", "decided_by").order_by("-asked_at", "-pk")
