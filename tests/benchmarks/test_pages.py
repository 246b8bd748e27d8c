"""Pages and acts next to their floors, in one run: see :mod:`tests.benchmarks.pages`.

Nothing here asserts on time; the table says what is met. That each answer is the right one is looked at all along.
"""

from __future__ import annotations

import os

import pytest

from tests.benchmarks import beside
from tests.benchmarks.pages import table
from tests.benchmarks.pages.cases import every
from tests.benchmarks.pages.measuring import Measured, measured
from tests.benchmarks.pages.sides import can_count

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "15"))
TIMES = int(os.environ.get("ATTUNE_BENCH_REQUESTS", "20"))
#: Instructions repeat within 1 %, and counting takes a minute a case: ``ATTUNE_BENCH_COUNT=0`` goes without.
COUNT = os.environ.get("ATTUNE_BENCH_COUNT", "1") == "1"


def test_pages_next_to_their_floors(capsys: pytest.CaptureFixture[str]) -> None:
    found: list[Measured] = []
    with capsys.disabled():
        print(f"\nPages next to their floors, {ROUNDS} rounds of {TIMES} requests in turn")
        if COUNT and not can_count():
            print("Instructions are not counted: there is no valgrind on this machine.")
        for case in every().values():
            found.append(measured(case, rounds=ROUNDS, times=TIMES, count=COUNT))
            beside.found(*table.besides(found[-1]))
            print(f"  {case.name}: {found[-1].rate:.2f}", flush=True)
        print(f"\n{table.markdown(found)}\n\n{table.kept(found)}")
