"""How many processes, threads and connections serve pages best on this machine, with a mixed load of the portal.

Each way of serving gets the same visitors for some seconds (``ATTUNE_BENCH_SECONDS``), in turns
(``ATTUNE_BENCH_ROUNDS``).
Where the machine has other things to do, the processor's time of each request says more than the rate.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from django.db import connection

from practice import serving
from tests.factories import make_member, make_practice
from tests.hosts import pairs
from tests.hosts.hosts import Host, broker_url, database_url, ended

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = float(os.environ.get("ATTUNE_BENCH_SECONDS", "8"))
ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "1"))
#: Of each process of visitors; there are two of those.
VISITORS = 8


@dataclass
class Way:
    """One way of serving, and what was measured of it."""

    workers: int
    threads: int
    connections: int
    rates: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    errors: int = 0

    def row(self) -> str:
        p50, p95 = (statistics.quantiles(self.took, n=20)[at] for at in (9, 18))
        ours = (self.workers, self.threads, self.connections)
        is_ours = ours == (serving.workers, serving.threads, serving.CONNECTIONS)
        return (
            f"| {self.workers} × {self.threads}, {self.connections} each{' (ours)' if is_ours else ''} "
            f"| {statistics.median(self.rates):.0f} | {p50:.0f} | {p95:.0f} | {self.errors} "
            f"| {statistics.median(self.processor):.1f} | {statistics.median(self.memory):.0f} |"
        )


WAYS = [
    Way(1, 4, 6),
    Way(1, 8, 10),
    Way(2, 1, 3),
    Way(2, 4, 6),
    Way(2, 4, 2),
    Way(2, 8, 10),
    Way(4, 2, 4),
]


def processes(host: Host) -> list[psutil.Process]:
    """The processes of a web server that answer requests."""
    return psutil.Process(host.programs[0].process.pid).children()


def measure(way: Way, host: Host, people: list[list[tuple[str, str]]]) -> None:
    words = [sys.executable, "-m", "tests.benchmarks.visiting", str(host.port), str(SECONDS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    visiting = [subprocess.Popen(words, cwd=Path(__file__).parents[2], **pipes) for _ in people]
    for one, some in zip(visiting, people, strict=True):
        one.stdin.write(json.dumps(some) + "\n")
        one.stdin.flush()
    for one in visiting:
        assert one.stdout.readline() == "ready\n"
    before = sum(sum(one.cpu_times()[:2]) for one in processes(host))
    for one in visiting:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [json.loads(one.communicate()[0]) for one in visiting]
    took = [ms for some, _seconds, _errors in said for ms in some]
    way.took += took
    way.errors += sum(errors for _some, _seconds, errors in said)
    way.rates.append(len(took) / max(seconds for _some, seconds, _errors in said))
    used = sum(sum(one.cpu_times()[:2]) for one in processes(host)) - before
    way.processor.append(used / len(took) * 1000)
    way.memory.append(max(one.memory_info().rss for one in processes(host)) / 1024 / 1024)


def test_ways_of_serving_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    practice = make_practice()
    couples = pairs.make_pairs(practice, make_member(practice), VISITORS)
    people = [[(pair[at].session, str(pair[at].asked.pk)) for pair in couples] for at in (0, 1)]
    connection.close()
    for turn in range(ROUNDS):
        for way in WAYS if turn % 2 == 0 else WAYS[::-1]:
            name = f"{turn}-{way.workers}-{way.threads}-{way.connections}"
            own = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.serving_settings"}
            own |= {"BENCH_CONNECTIONS": str(way.connections), "WEB_CONCURRENCY": str(way.workers)}
            host = Host(name, tmp_path, database_url(), broker_url(), ATTUNE_LOG_LEVEL="ERROR", **own)
            with ended(host):
                host.serve("--threads", str(way.threads))
                measure(way, host, people)
    assert sum(way.errors for way in WAYS if way.connections >= way.threads) == 0
    with capsys.disabled():
        print(f"\n{2 * VISITORS} visitors without a pause, {SECONDS:.0f} s each way, {ROUNDS} round(s)")
        print("| processes × threads, connections | requests/s | p50 ms | p95 ms | errors | processor ms | MB each |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for way in WAYS:
            print(way.row())
