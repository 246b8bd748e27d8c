"""What is measured, and how near to its floor it shall come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.pages.asking import Request
from tests.benchmarks.pages.sides import FLOOR, OURS

#: Acts that can be done once each are prepared so many times: a round may have as many but for those that warm up.
MOST = 60


@dataclass(frozen=True)
class Prepared:
    """What both sides are asked for one case. What it wrote is undone before it is asked again."""

    ours: list[Request]
    floor: list[Request]
    #: Whether asking changes anything. A list of requests is then asked once through between two layings-out.
    writes: bool = False
    #: SQL that lays out the floor's own tables afresh.
    afresh: str = ""

    def of(self, name: str) -> list[Request]:
        return {OURS: self.ours, FLOOR: self.floor}[name]


@dataclass(frozen=True)
class Case:
    """One page or act. ``rate`` is the least part of the floor's requests in a second, ``work`` the most of its
    instructions; None: no goal was set."""

    name: str
    prepare: Callable[[], Prepared]
    rate: float | None = None
    work: float | None = None


_cases: dict[str, Case] = {}


def case(name: str, *, rate: float | None = None, work: float | None = None) -> Callable:
    """Decorate what lays out one case, and prepares what is asked."""

    def register(prepare: Callable[[], Prepared]) -> Callable[[], Prepared]:
        _cases[name] = Case(name, prepare, rate, work)
        return prepare

    return register


def every() -> dict[str, Case]:
    """Return all cases by name, in the order of the table."""
    from tests.benchmarks.pages import desk, portal  # noqa: F401  they name themselves

    return _cases
