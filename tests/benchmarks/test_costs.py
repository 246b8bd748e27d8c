"""What Attune costs to run: memory of each of its processes, and bytes in the database for a couple's year.

Memory is what a process holds of its own with its part of what it shares (PSS): the sum over all processes is what the
machine gives. Bytes are those of the demo's practice, with indexes, trail, messages and sealed files, after a vacuum.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from django.db import connection
from django.utils import timezone

from clients.models import Couple
from exercises.models import Response
from practice import tenancy
from reports.demo import filling
from tests.databases import superuser
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import make_couple, make_member, make_practice, signed_in
from tests.hosts.hosts import Host, Phone, broker_url, database_url, ended

pytestmark = pytest.mark.django_db(transaction=True)

VISITS = 200
YEAR = 365.25
#: Tables by what they hold; the rest is small.
KINDS = {
    "answers": r"exercises_(response|answer|draft|sitting)",
    "what is due, and when": r"exercises_(occurrence|assignment)",
    "scores and alerts": r"reports_(score|reading|alert|review)",
    "messages": r"practice_message",
    "the trail": r"practice_(audit|trail|entry)",
    "files and reports": r"(archive|file|report|picture|chunk)",
}


def test_memory_of_each_process(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    therapist = make_member(make_practice())
    couple = make_couple(therapist.practice, therapist=therapist)
    paths = [f"/do/{give(couple, therapist, 'shared', EVERY_TYPE)[0].pk}/1/" for _ in range(10)] + ["/today/"]
    phone = Phone(signed_in(couple.clients[0]).cookies["session"].value)
    connection.close()
    host = Host("one", tmp_path, database_url(), broker_url())
    with ended(host):
        host.serve()
        host.work("--concurrency", "2")
        for number in range(VISITS):
            assert phone.get(host.port, paths[number % len(paths)])[0] == 200
        time.sleep(10)  # workers have joined, and beat has planned
        warm = held(host)
    with capsys.disabled():
        print(f"\nMemory of each process after {VISITS} pages (PSS)\n\n| process | MB |\n|---|---:|")
        for name, megabytes in {**warm, "together": sum(warm.values())}.items():
            print(f"| {name} | {megabytes:.0f} |")


def held(host: Host) -> dict[str, float]:
    """Return the megabytes of each program of a host, and of each process that it started."""
    found = {}
    for program in host.programs:
        parent = psutil.Process(program.process.pid)
        for number, one in enumerate([parent, *parent.children(recursive=True)]):
            found[f"{program.name}, {f'child {number}' if number else 'parent'}"] = one.memory_full_info().pss / 1e6
    return found


def test_bytes_of_a_couples_year(capsys: pytest.CaptureFixture[str]) -> None:
    before = sizes()
    assert filling.fill()
    filling.ask_for_reports()
    taken = {table: size - before.get(table, 0) for table, size in sizes().items()}
    years, responses = lived()
    by_kind = Counter[str]()
    for table, size in taken.items():
        by_kind[next((kind for kind, pattern in KINDS.items() if re.search(pattern, table)), "all else")] += size
    whole = sum(taken.values())
    with capsys.disabled():
        print(f"\nBytes in the database: {years:.1f} couple-years of the demo, {responses} answered forms\n")
        print("| what | kB a couple-year | kB an answered form |\n|---|---:|---:|")
        for kind, size in [*by_kind.most_common(), ("together", whole)]:
            print(f"| {kind} | {size / years / 1000:.0f} | {size / responses / 1000:.1f} |")
        print("\nThe largest tables, kB:", ", ".join(f"{t} {s / 1000:.0f}" for t, s in largest(taken)))


def largest(taken: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(taken.items(), key=lambda one: -one[1])[:12]


def sizes() -> dict[str, int]:
    """Return the bytes of each table with its indexes and what lies beside it."""
    with superuser(connection.settings_dict["NAME"]) as server:
        server.execute("VACUUM FULL")
        return dict(
            server.execute(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall()
        )


def lived() -> tuple[float, int]:
    """Return how many years the demo's couples have been in care, added up, and how many forms they answered."""
    today = timezone.localdate()
    with tenancy.acting(tenancy.as_system(filling.practice_of_demo())):
        began = Couple.objects.values_list("started_on", flat=True)
        return sum((today - one).days for one in began if one) / YEAR, Response.objects.count()
