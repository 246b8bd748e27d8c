"""Who is asking: the practice and the person that a transaction is bound to.

PostgreSQL's row-level security reads what is bound here, so a query that forgets its filter returns only
what its asker may see, and with nobody bound every table with practice data refuses to answer. Three doors
lead in: the middleware for requests, :class:`practice.celery.PracticeTask` for jobs, and :func:`acting` for
commands and tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from django.db import connection, transaction

from practice import request_ids, roles, trips

SETTINGS = (
    "practice", "user", "token", "person", "couples", "people", "present", "notes", "room", "given", "request",
    "closed",
)  # fmt: skip


class NoPractice(RuntimeError):
    """Practice data was asked for without saying whose."""


class Closed(PermissionError):
    """A sign-in that only shows that somebody reads the mailbox reads nothing back, and lets nobody else read more."""


class OtherPractice(RuntimeError):
    """Code bound to one practice tried to work in another one."""


@dataclass(frozen=True)
class Asker:
    """What a transaction is bound to.

    ``couples`` and ``people`` are the ids that the person wall lets through: for a therapist the caseload,
    for a partner their own couples and the clients in them. ``present`` are those of a partner's couples who have
    not left. Other roles leave them empty.

    ``sharing`` is the couple with whom a therapist looks at one screen. Then ``room`` are the people in front of it,
    and ``given`` the assignments that all of them know of: nothing else is read (see :mod:`practice.shared_screen`).
    """

    role: str
    practice_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None
    #: The access token by which a program works for the user. It opens nothing: the trail says it.
    token_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    couples: Sequence[uuid.UUID] = field(default=())
    people: Sequence[uuid.UUID] = field(default=())
    present: Sequence[uuid.UUID] = field(default=())
    sharing: uuid.UUID | None = None
    room: Sequence[uuid.UUID] = field(default=())
    given: Sequence[uuid.UUID] = field(default=())
    notes: Sequence[uuid.UUID] = field(default=())
    emergencies: Sequence[uuid.UUID] = field(default=())
    request_id: str = ""
    #: A client's sign-in that shows only that somebody reads the mailbox: private lanes are not read back.
    #: Since when, as PostgreSQL reads it: what is typed from then on is its own.
    closed: str = ""

    def settings(self) -> dict[str, str]:
        return {
            "practice": str(self.practice_id or ""),
            "user": str(self.user_id or ""),
            "token": str(self.token_id or ""),
            "person": str(self.person_id or ""),
            "couples": _array(self.couples),
            "people": _array(self.people),
            "present": _array(self.present),
            # Empty where no screen is shared: the policies ask for that first, without taking an array apart.
            "room": _array(self.room) if self.sharing else "",
            "given": _array(self.given) if self.sharing else "",
            "notes": _array(self.notes),
            "request": self.request_id or request_ids.current().request_id,
            "closed": self.closed,
        }


def _array(ids: Sequence[uuid.UUID]) -> str:
    return "{" + ",".join(str(one) for one in ids) + "}"


_current: ContextVar[Asker | None] = ContextVar("asker", default=None)


def current() -> Asker | None:
    """Return who the running block is bound to, or None outside of one."""
    return _current.get()


def only_if_open() -> None:
    """Raise :class:`Closed` where the bound sign-in only shows that somebody reads the mailbox."""
    asker = current()
    if asker is not None and asker.closed:
        raise Closed


def current_practice_id() -> uuid.UUID:
    """Return the bound practice's id; raise :class:`NoPractice` outside of :func:`acting`."""
    asker = current()
    if asker is None or asker.practice_id is None:
        raise NoPractice("This needs a practice: wrap it in tenancy.acting(…).")
    return asker.practice_id


ONE_MOMENT, ONLY_READS = "ISOLATION LEVEL REPEATABLE READ, READ ONLY", "READ ONLY"


@contextmanager
def acting(asker: Asker, *, one_moment: bool = False) -> Iterator[Asker]:
    """Run the block in one transaction, bound to ``asker``.

    Nested use may change the role inside one practice; it never changes the practice
    (:class:`OtherPractice`). On leaving, the outer binding holds again, also after an error.

    ``one_moment``: the block only reads, and all of it as it was in one moment. Inside of another transaction, which
    has begun to read already, it only reads.
    """
    outer = _may_follow(asker)
    token = _current.set(asker)
    try:
        with ExitStack() as ending:
            _begin(ending, asker, outer, one_moment)
            yield asker
            _end(ending, asker, outer)
    finally:
        _current.reset(token)


def _may_follow(asker: Asker) -> Asker | None:
    """Return who is bound now; refuse an asker without a practice, and one of another practice."""
    if asker.practice_id is None and asker.role != roles.DISPATCH:
        raise NoPractice(f"{asker.role} needs a practice.")
    outer = current()
    if outer is not None and outer.practice_id != asker.practice_id:
        raise OtherPractice("One transaction, one practice.")
    return outer


def _begin(ending: ExitStack, asker: Asker, outer: Asker | None, one_moment: bool) -> None:
    """Begin a block's transaction or savepoint, and bind ``asker`` in it."""
    if not connection.in_atomic_block:
        ending.enter_context(transaction.atomic())
        bind, values = _binding(asker)
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION {ONE_MOMENT}; {bind}" if one_moment else bind, values)
        return
    # In the savepoint, so that rolling back to it restores what was bound before; both go with the first statement.
    ending.enter_context(trips.gathering())
    ending.enter_context(transaction.atomic())
    if one_moment:
        trips.soon((f"SET TRANSACTION {ONLY_READS}", None))
    trips.soon(_binding(asker, bound=outer))


def _end(ending: ExitStack, bound: Asker | None, then: Asker | None) -> None:
    """End a block's transaction or savepoint, in which ``bound`` is; ``then`` is bound afterwards."""
    # What is bound is local to its transaction: where that ends here, or is rolled back, nothing is to be undone.
    # Releasing a savepoint alone would keep it.
    if not connection.savepoint_ids or connection.needs_rollback:
        ending.close()
        return
    with trips.before_next(*_binding(then, bound=bound)):
        ending.close()


@contextmanager
def of_request() -> Iterator[None]:
    """Open the transaction of a request: in it :func:`as_user` finds who somebody is, :func:`for_the_rest` binds it.

    Afterwards nobody is bound any more, or whoever was before.
    """
    outer = current()
    token = _current.set(outer)
    try:
        with ExitStack() as ending:
            ending.enter_context(transaction.atomic())
            yield
            _end(ending, None, outer)
    finally:
        _current.reset(token)


@contextmanager
def for_the_rest(asker: Asker) -> Iterator[Asker]:
    """Bind what is left of :func:`of_request`, from this block on, to ``asker`` with its caseload or couple filled in.

    The binding goes to the server together with the first statement of the block.
    """
    _may_follow(asker)
    system = replace(asker, role=roles.SYSTEM)
    _current.set(system)
    with trips.before_next(*_binding(system)):
        asker = _found(asker)
    _current.set(asker)
    with trips.before_next(*_binding(asker, bound=system)):
        yield asker


@contextmanager
def elevated() -> Iterator[Asker]:
    """Run the block as Attune itself inside the bound practice: opening reveals, scores, alerts.

    Where that is bound already, the block has no savepoint of its own: an error of the database in it ends them all.
    """
    asker = current()
    if asker is None:
        raise NoPractice("Only a bound transaction can be elevated.")
    if asker.role == roles.SYSTEM:
        yield asker
        return
    with acting(replace(asker, role=roles.SYSTEM)) as system:
        yield system


@contextmanager
def elevated_for_one_trip() -> Iterator[tuple[trips.Statement, trips.Statement] | None]:
    """Do what :func:`elevated` does for statements that go to the server together.

    The block has them go between the two that it is given, which bind Attune itself and whoever was bound before: no
    savepoint is needed, since nothing can happen between them. None where Attune itself is bound already.
    """
    asker = current()
    if asker is None:
        raise NoPractice("Only a bound transaction can be elevated.")
    if asker.role == roles.SYSTEM:
        yield None
        return
    system = replace(asker, role=roles.SYSTEM)
    token = _current.set(system)
    try:
        yield _binding(system, bound=asker), _binding(asker, bound=system)
    finally:
        _current.reset(token)


@contextmanager
def not_read_back() -> Iterator[None]:
    """Run the block as whoever asks, who writes something of their own; in a closed sign-in as Attune itself.

    Such a sign-in may write, and reads nothing of it back, not even to look whether it stands there already. The block
    names whose it is in each of its queries.
    """
    asker = current()
    with elevated() if asker is not None and asker.closed else nullcontext():
        yield


def at_once(asker: Asker, statements: Sequence[tuple[str, dict[str, Any]]]) -> list[list[tuple]]:
    """Run SQL in one transaction bound to ``asker``, in a single trip to the server; return the rows of each.

    For the few places where trips are what takes the time.
    """
    if connection.in_atomic_block:
        with acting(asker), connection.cursor() as cursor:
            return [_rows(cursor, *one) for one in statements]
    bind, values = _binding(asker)
    with connection.cursor() as cursor:
        # Without BEGIN, what is sent together is one transaction.
        cursor.execute("; ".join(cursor.cursor.mogrify(*one) for one in [(bind, values), *statements]))
        found = []
        while cursor.nextset():
            found.append(cursor.fetchall())
    return found


def _rows(cursor: Any, sql: str, values: dict[str, Any]) -> list[tuple]:
    cursor.execute(sql, values)
    return cursor.fetchall()


def as_system(practice_id: uuid.UUID, **kwargs) -> Asker:
    """Return the asker for planned work of one practice: jobs, commands, factories."""
    return Asker(role=roles.SYSTEM, practice_id=practice_id, **kwargs)


SIGNED_IN = "SELECT set_config('app.user', %s, true)"


def bind_user(user_id: uuid.UUID | Literal[""]) -> None:
    """Tell the database who signed in, so that the login role finds that user's own memberships."""
    with connection.cursor() as cursor:
        cursor.execute(SIGNED_IN, [str(user_id)])


@contextmanager
def as_user(user_id: uuid.UUID) -> Iterator[None]:
    """Do what :func:`bind_user` does together with the first statement of the block; it holds on after it."""
    with trips.before_next(SIGNED_IN, [str(user_id)]):
        yield


def signed_in_with(session_key: str) -> tuple[str, list[str]]:
    """Return the statement that binds whoever signed in with this session, or nobody: see :mod:`practice.sessions`."""
    found = "(SELECT user_id::text FROM practice_signin WHERE session_key = %s)"
    return f"SELECT set_config('app.user', coalesce({found}, ''), true)", [session_key]


@contextmanager
def signing_in(user_id: uuid.UUID) -> Iterator[None]:
    """Run the block as the login role with this user bound, inside the running transaction.

    Accounts belong to the installation. Rows of practices are found only as far as they say who the user is, in all
    of them.
    """
    outer = current()
    token = _current.set(None)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(*_binding(None))
            bind_user(user_id)
            yield
            cursor.execute(*_binding(outer))
    finally:
        _current.reset(token)


def _binding(asker: Asker | None, bound: Asker | None = None) -> tuple[str, list[str]]:
    """Return the statement that binds ``asker``; None: nobody, and the role that signs in to the database.

    ``bound`` is who is bound in the running transaction already: what it has in common with them stays as it is.
    """
    before = bound.settings() if bound else {}
    every = asker.settings() if asker else dict.fromkeys(SETTINGS, "")
    new = {name: value for name, value in every.items() if before.get(name) != value}
    calls = "".join(f"set_config('app.{name}', %s, true), " for name in new)
    return f"SELECT {calls}set_config('role', %s, true)", [*new.values(), asker.role if asker else "none"]


#: Set by an upper app: given who signed in, returns the ids that the person wall lets through.
ScopeFinder = Callable[[Asker], Asker]
_scope_finders: list[ScopeFinder] = []


def register_scope(finder: ScopeFinder) -> ScopeFinder:
    """Let an app fill in ``couples`` and ``people`` before the asker's own role is taken on."""
    _scope_finders.append(finder)
    return finder


def scoped(asker: Asker) -> Asker:
    """Return ``asker`` with its caseload or couple filled in, read as Attune itself."""
    with acting(replace(asker, role=roles.SYSTEM)):
        return _found(asker)


def _found(asker: Asker) -> Asker:
    for finder in _scope_finders:
        asker = finder(asker)
    return asker
