"""Heavy reading beside the primary: reports and exports are read from a streaming replica, where there is one.

    said = replica.read(asker, lambda: everything_of(couple))

What was committed before the call is in what is read: the replica is asked until it has come that far, and where it
does not in :data:`PATIENCE` seconds, is away, goes away meanwhile or is none, the primary is read instead. Nobody's
report fails for a replica. Without DATABASE_REPLICA_URL all of it is read from the primary.

While the replica is read it *is* the database of the running thread: querysets, keys, names of practices and whatever
says ``connection`` ask it, and nothing can reach the primary by mistake. What is there stands behind the same roles
and policies, because a replica is the same database, and nothing can be written there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connection, connections

from practice import metrics, own_line, tenancy

log = logging.getLogger(__name__)

T = TypeVar("T")

ALIAS = "replica"
#: Seconds that a report waits for a replica that is behind, and that it is asked in vain when it is away.
PATIENCE, GIVEN_UP = 3.0, 2
#: Seconds for which this process leaves a replica alone that was away or too far behind.
REST = 30.0
EVERY = 0.05

#: Gone, not there yet, or a query that was in the way of what came from the primary.
AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

#: Which database this is, the same in each of its replicas, and whether whoever signs in is above policies.
WHICH = """
    (SELECT s.system_identifier || '.' || d.oid FROM pg_control_system() s, pg_database d
     WHERE d.datname = current_database()),
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
"""
#: How far the primary is with everything that was committed. Commits that wait for no disk may be beyond what is there.
HERE = f"""
    SELECT {WHICH}, ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int, lsn::text
    FROM (SELECT CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END) AS reached (lsn)
"""  # noqa: S608 ours
#: How far a replica is behind that.
THERE = f"""
    SELECT {WHICH}, greatest(c.timeline_id, r.min_recovery_end_timeline), pg_is_in_recovery(),
        pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn())::bigint,
        coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float, 0)
    FROM pg_control_checkpoint() c, pg_control_recovery() r
"""  # noqa: S608 ours


class NotThere(Exception):
    """The replica is not read. The text says why, for the log and the doctor: words of ours alone."""


@dataclass(frozen=True)
class Reached:
    """How far the primary was. The same place on another timeline is another history."""

    which: str
    timeline: int
    lsn: str


@dataclass(frozen=True)
class Lag:
    """How far a replica is behind: bytes that are to come, and seconds since the last change that came."""

    bytes: int
    seconds: float


_alone_until = 0.0


def is_set() -> bool:
    """Whether there is to be a replica."""
    return ALIAS in connections.settings


def look(patience: float = 0.0) -> Lag:
    """Return how far the replica is behind after so many seconds, over lines of its own. Raises :class:`NotThere`."""
    try:
        with own_line.connect(seconds=GIVEN_UP) as here, own_line.connect(seconds=GIVEN_UP, alias=ALIAS) as there:
            return _wait(there, _reached(here), patience)
    except AWAY as error:
        raise NotThere(f"it is not reached ({type(error).__name__})") from None


# ── reading ──────────────────────────────────────────────────────────────────


def read(asker: tenancy.Asker, job: Callable[[], T]) -> T:
    """Return what ``job`` reads, bound to ``asker``: all of it as it was in one moment, and that one is not past yet.

    ``job`` only reads: what it writes is refused. It is called again where the first time broke off.
    """
    if not is_set() or connection.in_atomic_block:
        return _in_one_moment(asker, job)
    try:
        found = _read_there(asker, job)
    except NotThere as reason:
        log.warning("The primary is read and not the replica: %s", reason)
        metrics.read_from("primary")
        return _in_one_moment(asker, job)
    metrics.read_from(ALIAS)
    return found


def try_again() -> None:
    """Leave the replica alone no longer."""
    global _alone_until
    _alone_until = 0.0


def _read_there(asker: tenancy.Asker, job: Callable[[], T]) -> T:
    global _alone_until
    if time.monotonic() < _alone_until:
        raise NotThere("it is left alone for a while")
    reached = _reached(connection)
    try:
        with _in_place_of_the_primary():
            # Before the transaction: what one sees is settled as it begins.
            if behind := _wait(connection, reached, PATIENCE).bytes:
                raise NotThere(f"it is {behind} bytes behind")
            return _in_one_moment(asker, job)
    except (NotThere, *AWAY) as error:
        _alone_until = time.monotonic() + REST
        raise error if isinstance(error, NotThere) else NotThere(f"it is away ({type(error).__name__})") from None


def _in_one_moment(asker: tenancy.Asker, job: Callable[[], T]) -> T:
    with tenancy.acting(asker, one_moment=True):
        return job()


@contextmanager
def _in_place_of_the_primary() -> Iterator[None]:
    """Let whatever asks the database in this thread ask the replica."""
    primary = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = connections[ALIAS]
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = primary
        connections[ALIAS].close()  # back into its pool


# ── how far it is ────────────────────────────────────────────────────────────


def _wait(line: Any, reached: Reached, patience: float) -> Lag:
    """Wait until the replica has what the primary had; return what it lacks after so many seconds."""
    until = time.monotonic() + patience
    while (lag := _lag(line, reached)).bytes and time.monotonic() < until:
        time.sleep(EVERY)
    return lag


def _reached(line: Any) -> Reached:
    which, _superior, timeline, lsn = _row(line, HERE)
    return Reached(which, timeline, lsn)


def _lag(line: Any, reached: Reached) -> Lag:
    which, superior, timeline, follows, behind, seconds = _row(line, THERE, [reached.lsn])
    if which != reached.which or not follows or behind is None:
        raise NotThere("it is no replica of this database")
    if timeline != reached.timeline:
        raise NotThere("it follows another primary, or has not seen yet that there is a new one")
    if superior:
        raise NotThere("its role is above row-level security")
    return Lag(behind, seconds) if behind > 0 else Lag(0, 0.0)


def _row(line: Any, sql: str, values: list[str] | None = None) -> tuple:
    try:
        with line.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchone()
    except AWAY:
        raise
    except (DatabaseError, psycopg.DatabaseError) as error:  # not every service lets itself be asked
        raise NotThere(f"it can not be told how far it is ({type(error).__name__})") from None
