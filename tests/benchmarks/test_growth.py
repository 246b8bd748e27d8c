"""One database that grows, and the same practice in it: does a page take longer because others have more?

    ATTUNE_BENCH_GROWTH=10000,1000000,10000000 make bench    # responses; 10 million take about 50 GB and two hours

A page may take at most 1.2 times as long at the last size as at the first. Time is that of the processor, ours and
that of PostgreSQL for us, so that a busy machine changes little; blocks are the pages of tables and indexes that
PostgreSQL looked at, and repeat exactly. Nothing here asserts on time; that each page answers, and that its queries
keep to their indexes at that size, is looked at. What is written is rolled back each time.
"""

from __future__ import annotations

import datetime
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client as Browser
from django.test import override_settings
from django.test.client import MULTIPART_CONTENT as MULTIPART
from django.utils import timezone

from clients.models import Client, Couple
from exercises.models import Occurrence, Response
from practice import dispatch, identity, tenancy, vault
from practice.local.copying import Model, copies_there
from practice.models import Membership, User
from reports import editions
from reports.demo import growing, people
from reports.material import Period
from tests import databases
from tests.benchmarks.pages.trips import Trips, counted
from tests.explaining import explained
from tests.factories import acting_as, signed_in
from tests.practice.api.callers import Program, program_of

SIZES = [int(one) for one in os.environ.get("ATTUNE_BENCH_GROWTH", "2500,10000").split(",")]
REQUESTS = int(os.environ.get("ATTUNE_BENCH_REQUESTS", "20"))
ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "15"))
WARM = 4
GOAL = 1.2
#: Each practice has about so many responses, at every size; there are at least so many practices.
RESPONSES_EACH, FEWEST = 1284, 2
#: A table of fewer blocks is rightly read as a whole.
LARGE = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relpages > 64"
#: Beyond the first size practices come without these: they tell nobody else's page anything.
LEFT_OUT = ("exercises_reading", "exercises_review", "clients_portalvisit")


def test_pages_while_others_grow(
    django_db_setup: None, django_db_blocker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    taken: dict[str, dict[int, Taken]] = {}
    vault.forget_keys()
    with capsys.disabled(), _quick(), django_db_blocker.unblock(), databases.another() as above:
        for number, size in enumerate(SIZES):
            _grow(above, size, without=LEFT_OUT if number else ())
            for name, one in _measured(above).items():
                taken.setdefault(name, {})[size] = one
            print(f"\n{markdown(taken)}\n\n{kept(taken)}", flush=True)
        connection.close()
    vault.forget_keys()


def _quick() -> override_settings:
    return override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STAFF_NEED_SECOND_FACTOR=False,
        SIGN_IN_RESTS=datetime.timedelta(days=1),
        # As production keeps them: what is kept for any size must hold for all of them.
        DATABASE_KEEPS_PLANS=True,
    )


def _grow(above: psycopg.Connection, size: int, without: tuple[str, ...]) -> None:
    begun = time.monotonic()
    model: Model = growing.model_of_demo(above, without)
    practices = max(FEWEST, round(size / RESPONSES_EACH)) - copies_there(above)
    connection.close()
    if practices > 0:
        wished = growing.wish(model, practices=practices, responses=practices * RESPONSES_EACH)
        print(f"\n{size:,} responses: {practices:,} more practices, {growing.in_words(wished.bytes)}", flush=True)
        growing.grow(above, model, wished, lambda words: print(f"  {words}", end="\r", flush=True))
    [rows, disk] = above.execute(
        "SELECT (SELECT count(*) FROM exercises_response), pg_database_size(current_database())"
    ).fetchone() or (0, 0)
    print(
        f"\n{rows:,} responses in {copies_there(above):,} practices, {growing.in_words(disk)} "
        f"({disk / rows / 1000:.1f} kB each), after {time.monotonic() - begun:.0f} s",
        flush=True,
    )


# ── the practice that is measured ────────────────────────────────────────────


@dataclass
class Practice:
    """Ines, Mara and Theo of the first copy."""

    therapist: Membership
    couple: Couple
    mara: Client
    asked: Occurrence
    desk: Browser = field(init=False)
    portal: Browser = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        self.desk, self.portal = signed_in(self.therapist), signed_in(self.mara)
        self.program = program_of(self.therapist)


def _practice() -> Practice:
    therapist = _who(people.INES.email).membership
    mara = _who(people.MARA.email).person
    assert therapist is not None
    assert mara is not None
    with tenancy.acting(tenancy.as_system(mara.practice_id)):
        couple = Couple.objects.with_partners().get(partners__client=mara)
        open_ = Occurrence.objects.open().filter(audience__contains=[mara.pk], opens_at__lte=timezone.now())
        sent = Response.objects.filter(author=mara)
        asked = open_.exclude(pk__in=sent.values("occurrence_id")).order_by("-closes_at").first()
    assert asked is not None, "Mara was asked nothing"
    return Practice(therapist, couple, mara, asked)


def _who(email: str) -> identity.Identity:
    user = User.objects.get(email=f"c1.{email}")
    with transaction.atomic():
        tenancy.bind_user(user.pk)
        [one] = identity.all_of(user)
        return one


def _get(browser: Browser, path: str) -> Callable[[], None]:
    def ask() -> None:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    return ask


def _post(browser: Browser, path: str, status: int, typed: Any = None, *, kind: str = MULTIPART) -> Callable[[], None]:
    """Write, and undo it."""

    def ask() -> None:
        with transaction.atomic():
            answer = browser.post(path, typed or {}, kind, headers={"accept": "application/json"})
            assert answer.status_code == status, (path, answer.status_code, answer.content[:300])
            transaction.set_rollback(True)

    return ask


def _cases(one: Practice) -> dict[str, Callable[[], object]]:
    desk, do, api = f"/desk/couples/{one.couple.pk}/", f"/do/{one.asked.pk}/", f"/api/v1/couples/{one.couple.pk}/"
    return {
        "open form": _get(one.portal, f"{do}1/"),
        "submit": _post(one.portal, f"{do}send/", 302),
        "autosave": _post(one.portal, f"{do}save/", 200, {"base_version": "0"}),
        "portal today": _get(one.portal, "/today/"),
        "caseload": _get(one.desk, "/desk/"),
        "couples": _get(one.desk, "/desk/couples/"),
        "couple page": _get(one.desk, desk),
        "session sheet": _get(one.desk, f"{desk}sheet/"),
        "progress": _get(one.desk, f"{desk}progress/"),
        "library search": _get(one.desk, "/desk/library/?q=tea"),
        "API submit": _post(one.portal, f"/api/v1/me/occurrences/{one.asked.pk}/submit/", 200, kind="application/json"),
        "API list": lambda: one.program.get(f"{api}responses/").json()["results"],
        "one-year report, its material": lambda: _year(one),
    }


def _year(one: Practice) -> None:
    today = timezone.localdate()
    with acting_as(one.therapist):
        couple = Couple.objects.with_partners().get(pk=one.couple.pk)
        year = Period(today - datetime.timedelta(days=364), today, couple.zone)
        editions.clinical_material(couple, year, timezone.now())


# ── measuring ────────────────────────────────────────────────────────────────


@dataclass
class Taken:
    """What one page took, in milliseconds of a processor for each request, round by round."""

    ours: list[float]
    database: list[float]
    blocks: float
    statements: int
    faults: list[str]

    @property
    def whole(self) -> float:
        return statistics.median(a + b for a, b in zip(self.ours, self.database, strict=True))


def _measured(above: psycopg.Connection) -> dict[str, Taken]:
    cases = _cases(_practice())
    large = {name for (name,) in above.execute(LARGE)}
    found = {name: Taken([], [], 0, 0, []) for name in cases}
    for name, ask in cases.items():
        with explained(above) as plans:
            ask()
        found[name].faults = sorted({f"{one.how} of {one.table}" for one in plans.faults if one.table in large})
        with counted(trips := Trips()):
            ask()
        found[name].statements = trips.statements
        for _ in range(WARM):
            ask()
        found[name].blocks = _blocks(above, ask)
    for _round in range(ROUNDS):
        for name, ask in cases.items():
            with _watched(found[name]):
                for _ in range(REQUESTS):
                    ask()
    found["what is due, of all practices"] = _of_everybody()
    return found


def _of_everybody() -> Taken:
    """Looking for due messages is the one thing that asks each practice: it grows with their number."""
    taken = Taken([], [], 0, 0, [])
    dispatch.practices_with_due()
    with _watched(taken, times=1):
        dispatch.practices_with_due()
    return taken


@contextmanager
def _watched(taken: Taken, times: int = REQUESTS) -> Iterator[None]:
    connection.ensure_connection()
    server = psutil.Process(connection.connection.info.backend_pid)
    theirs, ours = sum(server.cpu_times()[:2]), time.process_time()
    yield
    taken.ours.append((time.process_time() - ours) / times * 1000)
    taken.database.append((sum(server.cpu_times()[:2]) - theirs) / times * 1000)


def _blocks(above: psycopg.Connection, ask: Callable[[], object]) -> float:
    """Return how many blocks PostgreSQL looks at for one request."""
    before = _looked_at(above)
    for _ in range(REQUESTS):
        ask()
    return (_looked_at(above) - before) / REQUESTS


def _looked_at(above: psycopg.Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
    pid = connection.connection.info.backend_pid
    asked = "SELECT sum(coalesce(hits, 0) + coalesce(reads, 0)) FROM pg_stat_get_backend_io(%s)"
    [blocks] = above.execute(f"{asked} WHERE object = 'relation'", [pid]).fetchone() or (0,)
    return int(blocks or 0)


# ── what came of it ──────────────────────────────────────────────────────────


def markdown(taken: dict[str, dict[int, Taken]]) -> str:
    sizes = list(next(iter(taken.values())))
    head = ["page", *(f"ms at {size:,} (database's)" for size in sizes), "blocks", "statements", "last to first"]
    head.append("goal")
    rows = [head, ["---"] * len(head), *(_row(name, sizes, by_size) for name, by_size in taken.items())]
    faults = [f"{name} at {size:,}: {fault}" for name, of in taken.items() for size in of for fault in of[size].faults]
    return "\n".join([*(f"| {' | '.join(row)} |" for row in rows), "", *(faults or ["Every query keeps to an index."])])


def _row(name: str, sizes: list[int], of: dict[int, Taken]) -> list[str]:
    ratio = of[sizes[-1]].whole / of[sizes[0]].whole if of[sizes[0]].whole else 1
    times = [f"{of[size].whole:.1f} ({statistics.median(of[size].database):.1f})" for size in sizes]
    blocks, statements = ", ".join(f"{of[size].blocks:.0f}" for size in sizes), str(of[sizes[-1]].statements)
    if not of[sizes[0]].statements:
        return [name, *times, "", "", f"{ratio:.2f}", "grows with the practices"]
    met = "met" if ratio <= GOAL else "not met"
    return [name, *times, blocks, statements, f"{ratio:.2f}", f"≤ {GOAL:g}: {met}"]


def kept(taken: dict[str, dict[int, Taken]]) -> str:
    place = Path(settings.STATE, "benchmarks", "growth.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    plain = {name: {str(size): asdict(one) for size, one in of.items()} for name, of in taken.items()}
    place.write_text(json.dumps(plain, indent=1))
    return f"As JSON: {place}"
