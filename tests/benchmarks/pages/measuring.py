"""Both sides in turn, the same number of times, and what came of it."""

from __future__ import annotations

import statistics
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from practice import vault
from tests import databases
from tests.benchmarks.pages.cases import Case, Prepared
from tests.benchmarks.pages.sides import FLOOR, OURS, Side, both, can_count, counting, side
from tests.benchmarks.test_reminders import postmaster, processor
from tests.databases import superuser

WARM = 5
#: Requests that instructions are counted over; what allocates less often than that is not seen by each.
COUNTED = 4


@dataclass
class Taken:
    """What one side took for one case."""

    seconds: list[list[float]] = field(default_factory=list)
    cpu: float = 0
    database: float = 0
    bytes: int = 0
    trips: int = 0
    statements: int = 0
    instructions: int | None = None

    @property
    def rates(self) -> list[float]:
        return [len(one) / sum(one) for one in self.seconds]

    @property
    def p95(self) -> float:
        every = sorted(second for one in self.seconds for second in one)
        return every[min(len(every) - 1, int(len(every) * 0.95))]

    def each(self, seconds: float) -> float:
        """Return milliseconds a request."""
        return seconds / sum(map(len, self.seconds)) * 1000


@dataclass
class Measured:
    """One case, measured."""

    case: Case
    ours: Taken = field(default_factory=Taken)
    floor: Taken = field(default_factory=Taken)

    def of(self, name: str) -> Taken:
        return {OURS: self.ours, FLOOR: self.floor}[name]

    @property
    def rate(self) -> float:
        """Requests in a second, as part of the floor's."""
        return statistics.median(self.ours.rates) / statistics.median(self.floor.rates)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of what each round by itself says."""
        each = [a / b for a, b in zip(self.ours.rates, self.floor.rates, strict=True)]
        if len(each) < 2:
            return each[0], each[0]
        low, _middle, high = statistics.quantiles(each, n=4, method="inclusive")
        return low, high

    @property
    def tail(self) -> float:
        """The slowest twentieth, as a multiple of the floor's."""
        return self.ours.p95 / self.floor.p95

    @property
    def work(self) -> float | None:
        """Instructions, as a multiple of the floor's."""
        if self.ours.instructions is None or not self.floor.instructions:
            return None
        return self.ours.instructions / self.floor.instructions


def measured(case: Case, *, rounds: int, times: int, count: bool = True) -> Measured:
    """Lay out a case and measure it: time in rounds by turns, then what repeats exactly."""
    found = Measured(case)
    with laid_out(case) as ground:
        with both() as sides:
            for name, one in sides.items():
                _counted(ground, one, found.of(name))
            for number in range(rounds):
                for name in (OURS, FLOOR) if number % 2 else (FLOOR, OURS):
                    _round(ground, sides[name], found.of(name), times)
        if count and can_count():
            for name in (OURS, FLOOR):
                with counting(name) as one:
                    found.of(name).instructions = _instructions(ground, one)
    return found


@dataclass
class Ground:
    """What was laid out for one case, and can be laid out again."""

    prepared: Prepared
    rows: dict[str, bytes]

    def again(self, one: Side, warm: int = 0) -> None:
        """Hand a side its requests; what was written before is undone."""
        if self.prepared.writes:
            name = connection.settings_dict["NAME"]
            databases.wipe(name)
            databases.put_rows(name, self.rows)
            with superuser(name) as server:
                if self.prepared.afresh:
                    server.execute(self.prepared.afresh)  # type: ignore[call-overload]
                server.execute("VACUUM ANALYZE")
        one.tell(do="requests", requests=[request.plain() for request in self.prepared.of(one.name)])
        if warm:
            one.tell(do="run", times=warm)


@contextmanager
def laid_out(case: Case) -> Iterator[Ground]:
    """Make what a case needs; take it away at the end."""
    vault.forget_keys()
    name = connection.settings_dict["NAME"]
    try:
        prepared = case.prepare()
        connection.close()
        with superuser(name) as server:
            if prepared.afresh:
                server.execute(prepared.afresh)  # type: ignore[call-overload]
            server.execute("VACUUM ANALYZE")
        yield Ground(prepared, databases.take_rows(name) if prepared.writes else {})
    finally:
        connection.close()
        databases.wipe(name)
        with superuser(name) as server:
            server.execute("DROP SCHEMA IF EXISTS floor CASCADE")


def _counted(ground: Ground, one: Side, taken: Taken) -> None:
    ground.again(one, WARM)
    told = one.tell(do="count")
    taken.bytes, taken.trips, taken.statements = told["bytes"], told["trips"], told["statements"]


def _round(ground: Ground, one: Side, taken: Taken, times: int) -> None:
    ground.again(one, 1)
    server = postmaster()
    before = processor(server, children=True)
    told = one.tell(do="run", times=times)
    taken.database += processor(server, children=True) - before
    taken.seconds.append(told["seconds"])
    taken.cpu += told["cpu"]


def _instructions(ground: Ground, one: Side) -> int:
    ground.again(one, WARM)
    one.watch()
    one.tell(do="run", times=1)
    return one.instructions(COUNTED)


def look_at(case: Case, given: Namespace) -> str:
    """Return what somebody who makes one case faster wants to see of it."""
    with laid_out(case) as ground, side(given.side) as one:
        ground.again(one, WARM)
        if given.profile:
            return one.tell(do="profile", times=given.profile, sort=given.sort, lines=given.lines)["profile"]
        if given.statements:
            log = one.tell(do="count")["log"]
            return "\n\n".join(f"{number}. {sql}" for number, sql in enumerate(log, 1))
        told = one.tell(do="show")
        return f"{told['status']}\n{told['headers']}\n\n{told['body']}"
