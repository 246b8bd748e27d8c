"""Files to take away: asked for by one account, made by a worker, sealed, and gone after a short time.

What is put into one is declared where it is known::

    @archives.makes(Archive.Kind.OWN_COPY, lives=timedelta(hours=24), once=True)
    def own_copy(archive: Archive, tell: archives.Tell) -> Iterator[bytes]: ...

    archive = archives.ask(Archive.Kind.OWN_COPY, user_id=…, person_id=…)    # rings; the page shows how far it is
    body = archives.take(archive)                                            # the only time, where it is ``once``

A maker runs outside of any transaction and enters the practice by itself, as whoever it reads for. It calls ``tell``
between its steps, at least every two minutes: a maker that gives no sign for :data:`LOST_AFTER` is taken for dead, and
another one begins anew. The row is the record and the broker only rings: what got lost is taken up by :func:`tend`.

A maker of something large is declared with ``goes_on=True`` and is given :class:`Parts` as well: what it puts there is
sealed at once, and is there for whoever goes on after it. It raises :class:`LaterOn` when it has worked long enough.

Whether it may be asked for, and the fresh sign-in before it, is for the page to see to. The database shows an archive
to the account that asked and to nobody else, and its pieces to nobody but Attune itself.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from practice import attempts, tenancy
from practice.attempts import BROKEN, Overtaken
from practice.models import Archive, ArchivePiece
from practice.models.archive import SET_ASIDE

log = logging.getLogger(__name__)

State, Kind = Archive.State, Archive.Kind
#: What a member of staff asks for, or sent.
OF_STAFF = (Kind.RECORD_COPY, Kind.PRACTICE_EXPORT, Kind.COUPLE_RECORD, Kind.MANY_RECORDS, Kind.COUPLES_FILE)
#: What holds words of several people and lies under the practice's key: a key of one of them takes none of it along.
OF_SEVERAL = (Kind.PRACTICE_EXPORT, Kind.COUPLE_RECORD, Kind.MANY_RECORDS, Kind.COUPLES_FILE)
Tell = Callable[[int, str], None]
Maker = Callable[..., Iterator[bytes]]

#: Bytes of one piece: what is in memory while one is sealed or opened.
A_PIECE = 2**20
#: Without a sign since then, nobody is making it any more.
LOST_AFTER = timedelta(minutes=5)
#: A ring that nobody answered for so long was never heard.
UNHEARD_AFTER = timedelta(seconds=60)
#: A row without bytes is kept for so long, to count by.
REMEMBERED = timedelta(days=1)

SEALING = _("Putting it away safely")
READY = _("Ready")
TOO_LONG = _("It took too long. Nothing was lost.")


class LaterOn(Exception):
    """It goes on another time: what was finished is put away, and others want their turn."""


class NotThere(Exception):
    """It is not made yet, was taken away already, was thrown away, or has run out."""


@dataclass(frozen=True)
class _Kind:
    make: Maker
    lives: timedelta
    once: bool
    goes_on: bool = False


_kinds: dict[str, _Kind] = {}


def makes(kind: str, *, lives: timedelta, once: bool, goes_on: bool = False) -> Callable[[Maker], Maker]:
    """Declare what is put into archives of a kind, for how long they lie here, and whether they are given out once.

    ``goes_on``: the maker puts finished parts away, and another attempt goes on after them.
    """

    def register(maker: Maker) -> Maker:
        _kinds[kind] = _Kind(maker, lives, once, goes_on)
        return maker

    return register


def declared() -> list[str]:
    """Return the kinds that something makes here."""
    return [kind for kind in Archive.Kind.values if kind in _kinds]


def lives(kind: str) -> timedelta:
    """Return for how long a finished archive of a kind lies here."""
    return _kinds[kind].lives


# ── asking ───────────────────────────────────────────────────────────────────


def ask(
    kind: str,
    *,
    user_id: uuid.UUID,
    person_id: uuid.UUID | None = None,
    about_id: uuid.UUID | None = None,
    details: dict[str, Any] | None = None,
) -> Archive:
    """Ask for an archive in the bound practice, and ring once the transaction is through.

    While the same is being made there is no second one. What the same account asked for of this kind, about the same
    and with the same ``details`` before, and has not taken, is destroyed.
    """
    if kind not in _kinds:
        raise LookupError(f"Nothing makes {kind!r} here.")
    with tenancy.elevated() as asker:
        one_at_a_time(kind, user_id)
        for before in _same(kind, user_id, person_id, about_id, details or {}).select_for_update():
            if before.is_moving:
                return before
            destroy(before)
        made = Archive.objects.create(
            kind=kind, user_id=user_id, person_id=person_id, about_id=about_id, details=details or {}
        )
        ring(asker.practice_id, made.pk)
    return made


def one_at_a_time(kind: str, user_id: uuid.UUID) -> None:
    """Hold back, until the running transaction ends, whoever asks for this kind with the same account here.

    Where there is none yet no row can be held: two first clicks at the same moment would make two files.
    """
    key = f"archives {tenancy.current_practice_id()} {kind} {user_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _same(
    kind: str,
    user_id: uuid.UUID,
    person_id: uuid.UUID | None,
    about_id: uuid.UUID | None,
    details: dict[str, Any],
) -> Any:
    rows = Archive.objects.filter(kind=kind, user_id=user_id, person_id=person_id, about_id=about_id, details=details)
    return rows.filter(destroyed_at=None).order_by("asked_at", "pk")


def asked_since(kind: str, user_id: uuid.UUID, since: datetime) -> int:
    """Return how many an account asked for since then, whatever became of them. At most :data:`REMEMBERED` back."""
    with tenancy.elevated():
        return Archive.objects.filter(kind=kind, user_id=user_id, asked_at__gt=since).count()


def newest(
    kind: str, user_id: uuid.UUID, *, about_id: uuid.UUID | None = None, details: dict[str, Any] | None = None
) -> Archive | None:
    """Return the newest one that an account may still do something with, as the bound asker sees it.

    ``details``: only of those that were asked for with just these; None: whatever theirs are.
    """
    rows = Archive.objects.filter(kind=kind, user_id=user_id, about_id=about_id, destroyed_at=None)
    if details is not None:
        rows = rows.filter(details=details)
    found = rows.order_by("-asked_at", "-pk").first()
    return found if found is not None and (found.is_there or found.state != State.DONE) else None


# ── making ───────────────────────────────────────────────────────────────────


def ring(practice_id: uuid.UUID | None, archive_id: uuid.UUID) -> None:
    """Ask a worker to make it, once the running transaction is through."""
    from practice.tasks import make_archive

    ids = {"practice_id": str(practice_id), "archive_id": str(archive_id)}
    transaction.on_commit(lambda: make_archive.delay(**ids), robust=True)


def make(practice_id: uuid.UUID, archive_id: uuid.UUID) -> None:
    """Make one archive, outside of any request. Done stays done, and two workers never make the same one."""
    archive = _begin(practice_id, archive_id)
    if archive is None:
        return
    making = _Making(practice_id, archive)
    try:
        making.run()
    except Overtaken:
        return
    except LaterOn:
        making.set_down()
    except SoftTimeLimitExceeded:
        log.warning("archive %s took too long", archive_id)
        making.fail(TOO_LONG)
    except Exception as error:
        # An error's words may hold somebody's: only its kind is written down.
        log.error("archive %s failed: %s", archive_id, type(error).__name__)
        making.fail(BROKEN)


def _begin(practice_id: uuid.UUID, archive_id: uuid.UUID) -> Archive | None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        archive = Archive.objects.select_for_update().filter(pk=archive_id, destroyed_at=None).first()
        if archive is None or archive.kind not in _kinds:
            return None
        begun = attempts.take_up(archive, lost_after=LOST_AFTER)
        if archive.state == State.FAILED:
            archive.pieces.all().delete()
        elif begun:
            _unfinished(archive).delete()
        return archive if begun else None


def _unfinished(archive: Archive) -> QuerySet[ArchivePiece]:
    """What an attempt that ended leaves behind and the next one can not use: half a file."""
    pieces = archive.pieces.all()
    return pieces.filter(number__lt=SET_ASIDE) if _kinds[archive.kind].goes_on else pieces


class Parts:
    """What a file will be made of, put away as it is finished: sealed, and there for the attempt that goes on.

    A part has a number from 0 on, and one or several bodies, which are told apart by theirs (below
    :attr:`BODIES`). It is there whole or not at all.
    """

    BODIES = 8
    #: Pieces of one body at most.
    PIECES = 256

    def __init__(self, making: _Making) -> None:
        self._making = making
        self._practice_id, self._archive_id = making.practice_id, making.archive.pk

    def put(self, part: int, bodies: Mapping[int, bytes]) -> None:
        """Put one part away. May raise Overtaken."""
        with tenancy.acting(tenancy.as_system(self._practice_id)):
            row = self._making.mine()
            for body, plain in bodies.items():
                self._put(row, self._first(part, body), plain)
            row.touched_at = timezone.now()
            row.save(update_fields=["touched_at"])

    def _put(self, row: Archive, first: int, plain: bytes) -> None:
        if len(plain) > self.PIECES * A_PIECE:
            raise ValueError("A part is too large.")
        for number, begin in enumerate(range(0, len(plain) or 1, A_PIECE), first):
            piece = ArchivePiece(practice_id=self._practice_id, archive=row, number=number)
            piece.seal(plain[begin : begin + A_PIECE], row.person_id)
            piece.save(force_insert=True)

    def there(self) -> set[int]:
        """Return the numbers of the parts that are put away."""
        with tenancy.acting(tenancy.as_system(self._practice_id)):
            numbers = ArchivePiece.objects.filter(archive_id=self._archive_id, number__gte=SET_ASIDE)
            each = self.BODIES * self.PIECES
            return {(number - SET_ASIDE) // each for number in numbers.values_list("number", flat=True)}

    def read(self, part: int, body: int) -> Iterator[bytes]:
        """Return one body again, piece by piece; nothing where the part has none of this number."""
        first = self._first(part, body)
        for number in range(first, first + self.PIECES):
            with tenancy.acting(tenancy.as_system(self._practice_id)):
                piece = ArchivePiece.objects.filter(archive_id=self._archive_id, number=number).first()
                plain = piece.opened(self._making.archive.person_id) if piece is not None else None
            if plain is None:
                return
            yield plain

    def _first(self, part: int, body: int) -> int:
        return SET_ASIDE + (part * self.BODIES + body) * self.PIECES


class _Making:
    """One attempt at one archive; every step in a transaction of its own."""

    def __init__(self, practice_id: uuid.UUID, archive: Archive) -> None:
        self.practice_id = practice_id
        self.archive = archive
        self.hash = hashlib.sha256()
        self.size = self.pieces = 0
        self.waiting = b""

    def run(self) -> None:
        kind = _kinds[self.archive.kind]
        more = (Parts(self),) if kind.goes_on else ()
        for part in kind.make(self.archive, self.tell, *more):
            self.waiting += part
            while len(self.waiting) >= A_PIECE:
                self._put_away(self.waiting[:A_PIECE])
                self.waiting = self.waiting[A_PIECE:]
        if self.waiting:
            self._put_away(self.waiting)
        self._finish()

    def tell(self, percent: int, step: str) -> None:
        """Say how far it is; ``step`` is marked for translation and said to whoever asked. May raise Overtaken."""
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            attempts.show(self.mine(), percent, step)

    def _put_away(self, plain: bytes) -> None:
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            row = self.mine()
            piece = ArchivePiece(practice_id=self.practice_id, archive=row, number=self.pieces)
            piece.seal(plain, row.person_id)
            piece.save(force_insert=True)
            row.touched_at = timezone.now()
            row.save(update_fields=["touched_at"])
        self.hash.update(plain)
        self.size, self.pieces = self.size + len(plain), self.pieces + 1

    def _finish(self) -> None:
        now = timezone.now()
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            row = self.mine()
            row.state, row.percent, row.step, row.failure = State.DONE, 100, READY, ""
            row.finished_at = row.touched_at = now
            row.expires_at = now + lives(row.kind)
            row.size, row.sha256 = self.size, self.hash.hexdigest()
            row.save()
            row.pieces.filter(number__gte=SET_ASIDE).delete()

    def set_down(self) -> None:
        """Let another attempt go on, at once; this one was none that broke."""
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            row = self.mine()
            _unfinished(row).delete()
            attempts.set_down(row)
            ring(self.practice_id, row.pk)

    def fail(self, failure: str) -> None:
        """Keep nothing of it. The first time it is tried once more, then whoever asked is told."""
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            try:
                row = self.mine()
            except Overtaken:
                return
            _unfinished(row).delete()
            if attempts.break_off(row, failure):
                ring(self.practice_id, row.pk)
            else:
                row.pieces.all().delete()

    def mine(self) -> Archive:
        """Hold the row that this attempt is at. Raises Overtaken."""
        return attempts.mine(Archive.objects.filter(destroyed_at=None), self.archive.pk, self.archive.attempts)


# ── taking away ──────────────────────────────────────────────────────────────


def take(archive: Archive) -> bytes:
    """Return the bytes of an archive that is small enough for memory; of one that is given out once, destroy it.

    The bound asker must see it. Raises :class:`NotThere`.
    """
    with tenancy.elevated():
        row = _held(archive)
        body = b"".join(one.opened(row.person_id) for one in row.pieces.order_by("number"))
        _mark_taken(row)
        if _kinds[row.kind].once:
            destroy(row)
    return body


def begin_taking(archive: Archive) -> tuple[int, Callable[[int], Iterator[bytes]]]:
    """Return the size of a large archive and a reader from any byte on, for one that may be taken more than once.

    The reader works after the request's transaction has ended: piece by piece, each in one of its own.
    Raises :class:`NotThere`.
    """
    if _kinds[archive.kind].once:
        raise ValueError("What is given out once is taken whole.")
    practice_id = tenancy.current_practice_id()
    with tenancy.elevated():
        row = _held(archive)
        _mark_taken(row)
    return row.size or 0, lambda first=0: _from(practice_id, row.pk, row.person_id, first)


def _from(practice_id: uuid.UUID, pk: uuid.UUID, person_id: uuid.UUID | None, first: int) -> Iterator[bytes]:
    number, skip = divmod(first, A_PIECE)
    while True:
        with tenancy.acting(tenancy.as_system(practice_id)):
            piece = ArchivePiece.objects.filter(archive_id=pk, number=number).first()
            body = piece.opened(person_id) if piece is not None else b""
        if len(body) <= skip:
            return
        yield body[skip:]
        number, skip = number + 1, 0


def _held(archive: Archive) -> Archive:
    row = Archive.objects.select_for_update().filter(pk=archive.pk).first()
    if row is None or not row.is_there:
        raise NotThere
    return row


def _mark_taken(row: Archive) -> None:
    row.taken_at = row.taken_at or timezone.now()
    row.save(update_fields=["taken_at"])


def destroy(archive: Archive) -> None:
    """Destroy the bytes, whatever state it is in; who makes it notices and stops."""
    with tenancy.elevated():
        ArchivePiece.objects.filter(archive_id=archive.pk).delete()
        archive.destroyed_at = timezone.now()
        archive.save(update_fields=["destroyed_at"])


def destroy_all(*, kinds: Collection[str] = Archive.Kind.values, of_user: uuid.UUID | None = None) -> int:
    """Destroy what lies in the bound practice or is being made; of these kinds, of one account alone where it is named.

    Returns how many.
    """
    with tenancy.elevated():
        rows = Archive.objects.filter(kind__in=kinds, destroyed_at=None).order_by("pk")
        found = list((rows if of_user is None else rows.filter(user_id=of_user)).select_for_update())
        for archive in found:
            destroy(archive)
    return len(found)


def destroy_of_member(user_id: uuid.UUID) -> int:
    """Destroy what an account asked for as a member of the bound practice: their work here has ended.

    What they asked for as somebody in care stays theirs.
    """
    return destroy_all(kinds=OF_STAFF, of_user=user_id)


# ── files that wait ──────────────────────────────────────────────────────────


def hold(kind: str, body: bytes, *, user_id: uuid.UUID, lives: timedelta) -> Archive:
    """Put away a file that somebody sent, sealed, until they have looked at it; what waited of them before goes.

    It is given out to the pages of that account alone (:func:`waiting`, :func:`read`), and destroyed when its time is
    over, like any other.
    """
    now = timezone.now()
    with tenancy.elevated() as asker:
        destroy_all(kinds=(kind,), of_user=user_id)
        made = Archive.objects.create(
            kind=kind,
            user_id=user_id,
            state=State.DONE,
            finished_at=now,
            expires_at=now + lives,
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
        )
        for number, start in enumerate(range(0, len(body), A_PIECE)):
            piece = ArchivePiece(practice_id=asker.practice_id, archive=made, number=number)
            piece.seal(body[start : start + A_PIECE], None)
            piece.save(force_insert=True)
    return made


def waiting(pk: uuid.UUID, *, user_id: uuid.UUID, lock: bool = False) -> Archive:
    """Return the file of :func:`hold` that waits for an account; raise :class:`NotThere`."""
    with tenancy.elevated():
        rows = Archive.objects.select_for_update() if lock else Archive.objects.all()
        found = rows.filter(pk=pk, user_id=user_id, kind=Kind.COUPLES_FILE).first()
    if found is None or not found.is_there:
        raise NotThere
    return found


def read(archive: Archive) -> bytes:
    """Return the bytes of a file that waits; it goes on waiting."""
    with tenancy.elevated():
        return b"".join(one.opened(archive.person_id) for one in archive.pieces.order_by("number"))


def note(archive: Archive, details: dict[str, Any]) -> None:
    """Keep what was said about a file that waits: ids and words of ours."""
    with tenancy.elevated():
        archive.details = details
        archive.save(update_fields=["details"])


# ── tending ──────────────────────────────────────────────────────────────────


def tend() -> None:
    """Destroy what has run out, forget what is past, and ring again for what nobody makes, in the bound practice."""
    asker, now = tenancy.current(), timezone.now()
    if asker is None:
        raise tenancy.NoPractice("Archives are tended inside a practice.")
    live = Archive.objects.filter(destroyed_at=None)
    for archive in live.filter(expires_at__lte=now).select_for_update(skip_locked=True):
        destroy(archive)
    for archive in live.filter(state=State.FAILED, finished_at__lt=now - REMEMBERED).select_for_update():
        destroy(archive)
    Archive.objects.filter(destroyed_at__isnull=False, asked_at__lt=now - REMEMBERED).delete()
    unheard = Q(state=State.WAITING) & (
        Q(touched_at__lt=now - UNHEARD_AFTER) | Q(touched_at=None, asked_at__lt=now - UNHEARD_AFTER)
    )
    for archive_id in live.filter(unheard | attempts.lost(LOST_AFTER)).order_by("pk").values_list("pk", flat=True):
        ring(asker.practice_id, archive_id)
