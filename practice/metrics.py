"""What Prometheus may know: how often, how long, how many. No person, no practice, no path with an id in it.

Each process counts in files of its own in one folder (``ATTUNE_STATE/metrics``), and whichever process is asked adds
them up, those of workers with the same folder included. What a process had counted when it ended is added to what
ended before it, so that files do not pile up and no sum ever falls. What lies in the database is looked up when
somebody asks, at most once in :data:`FRESH` seconds.

Without ``ATTUNE_METRICS_TOKEN`` nothing is written to any file and nobody is told anything.
"""

from __future__ import annotations

import fcntl
import logging
import os
import platform
import threading
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import django
import prometheus_client.values
from celery import signals
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger(__name__)

FOLDER = Path(settings.STATE) / "metrics"
#: Seconds for which what was looked up in the database is told again.
FRESH = 15.0
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
HOST = platform.node().replace("_", "-")
#: What stands in a file's name for all processes of this machine that have ended.
ENDED = "ended"


def _which() -> str:
    return f"{HOST}-{os.getpid()}"


def _count_in_files() -> None:
    """Let the library write its files; where it may not, each process tells of itself alone, and nobody is held up."""
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "lock").touch()
    except OSError as error:
        log.error("Figures of several processes are not added up, %s: %s", FOLDER, type(error).__name__)
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)
    prometheus_client.values.ValueClass = prometheus_client.values.MultiProcessValue(_which)


if settings.ATTUNE_METRICS_TOKEN:
    _count_in_files()

COUNTED = CollectorRegistry()
REQUESTS = Counter("attune_requests", "Requests that were answered.", ("view", "method", "status"), registry=COUNTED)
REQUEST_SECONDS = Histogram(
    "attune_request_seconds", "How long answers took.", ("view",), registry=COUNTED,
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)  # fmt: skip
TASKS = Counter("attune_tasks", "Jobs that ended.", ("task", "outcome"), registry=COUNTED)
TASK_SECONDS = Histogram(
    "attune_task_seconds", "How long jobs took.", ("task",), registry=COUNTED,
    buckets=(0.05, 0.25, 1, 5, 15, 60, 180, 300),
)  # fmt: skip
HANDED_OVER = Counter(
    "attune_messages", "Messages that were handed over, by what became of it.", ("channel", "state"), registry=COUNTED
)
READ = Counter(
    "attune_heavy_reads", "Reports and exports that were read, where there is a replica.", ("place",), registry=COUNTED
)
POOL = Gauge(
    "attune_database_pool", "Connections of the pools, and requests that wait for one.", ("what",),
    registry=COUNTED, multiprocess_mode="livesum",
)  # fmt: skip


# ── what is counted ──


class Counted:
    """Count each answer under the name of its address: never under its path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.ATTUNE_METRICS_TOKEN:
            return self.get_response(request)
        began = time.monotonic()
        response = self.get_response(request)
        view = _name_of(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        REQUEST_SECONDS.labels(view).observe(time.monotonic() - began)
        _tell_of_pool()
        return response


def _name_of(request: HttpRequest) -> str:
    found = request.resolver_match
    if found is None:
        return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"
    return found.url_name or "unnamed"


def _tell_of_pool() -> None:
    pool = getattr(connection, "pool", None)
    if pool is None:
        return
    said = pool.get_stats()
    for what in ("pool_size", "pool_available", "requests_waiting"):
        POOL.labels(what).set(said.get(what, 0))


def handed_over(channel: str, state: str) -> None:
    """Count what became of handing over one message."""
    if settings.ATTUNE_METRICS_TOKEN:
        HANDED_OVER.labels(channel, state).inc()


def read_from(place: str) -> None:
    """Count where something heavy was read: ``replica``, or ``primary`` because the replica could not be."""
    if settings.ATTUNE_METRICS_TOKEN:
        READ.labels(place).inc()


_began: dict[str, float] = {}


@signals.task_prerun.connect
def _task_begins(task_id: str = "", **kwargs: Any) -> None:
    if settings.ATTUNE_METRICS_TOKEN:
        _began[task_id] = time.monotonic()


@signals.task_postrun.connect
def _task_ends(task_id: str = "", task: Any = None, state: str | None = "", **kwargs: Any) -> None:
    began = _began.pop(task_id, None)
    if began is not None:
        TASKS.labels(task.name, (state or "unknown").lower()).inc()
        TASK_SECONDS.labels(task.name).observe(time.monotonic() - began)


@signals.worker_process_init.connect
def _worker_begins(**kwargs: Any) -> None:
    if settings.ATTUNE_METRICS_TOKEN and _files_are_used():
        add_up_ended()


# ── what is told ──


def told() -> bytes:
    """Return everything in the words of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_looked_up)
    if not _files_are_used():
        return generate_latest(COUNTED) + generate_latest(registry)
    add_up_ended()
    with _alone():
        MultiProcessCollector(registry, str(FOLDER))
        return generate_latest(registry)


@cache
def _files_are_used() -> bool:
    return getattr(prometheus_client.values.ValueClass, "_multiprocess", False)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the folder: nothing is added up while it is read."""
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def add_up_ended() -> None:
    """Add what processes of this machine had counted when they ended to what ended before them."""
    with _alone():
        for file in sorted(FOLDER.glob(f"*_{HOST}-*.db")):
            kind, _, which = file.stem.rpartition("_")
            pid = which.removeprefix(f"{HOST}-")
            if not pid.isdigit() or _lives(int(pid)):
                continue
            if not kind.startswith("gauge"):
                _add(file, FOLDER / f"{kind}_{HOST}-{ENDED}.db")
            file.unlink()


def _add(file: Path, into: Path) -> None:
    sums = MmapedDict(str(into))
    for key, value, _timestamp, _place in MmapedDict.read_all_values_from_file(str(file)):
        sums.write_value(key, sums.read_value(key)[0] + value, 0.0)
    sums.close()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, so it is there
        return True
    return True


class LookedUp:
    """What the database knows, as a collector. A database that is away is told as such, and the rest is told still."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: list[Metric] = []
        self.until = 0.0

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        with self.lock:
            if time.monotonic() >= self.until:
                self.found = list(_look_up())
                self.until = time.monotonic() + FRESH
            return self.found

    def forget(self) -> None:
        self.until = 0.0


_looked_up = LookedUp()


def _look_up() -> Iterator[Metric]:
    yield _versions()
    answers = GaugeMetricFamily("attune_database_answers", "Whether the database could be asked.")
    try:
        found = [*_outbox(), _alarms(), *_pulse()]
    except Exception as error:
        log.error("The figures of the database are missing: %s", type(error).__name__)
        found = []
    answers.add_metric([], float(bool(found)))
    yield answers
    yield from found
    yield from _replica()


def _versions() -> Metric:
    made = GaugeMetricFamily("attune_build", "What runs here.", labels=("version", "python", "django"))
    made.add_metric((version(), platform.python_version(), django.get_version()), 1)
    return made


@cache
def version() -> str:
    """Return Attune's own version; empty where its description did not come along."""
    try:
        return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    except (OSError, KeyError):
        return ""


def _outbox() -> Iterator[Metric]:
    from practice import clock, dispatch, tenancy
    from practice.models import Message

    states = Message.State
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        now = clock.now()
        due = Q(state=states.PLANNED, due_at__lte=now)
        rows = Message.objects.filter(state__in=[states.PLANNED, states.CLAIMED, states.HANDING_OFF])
        said = rows.aggregate(
            planned=Count("pk", filter=Q(state=states.PLANNED, due_at__gt=now)),
            due=Count("pk", filter=due),
            claimed=Count("pk", filter=Q(state=states.CLAIMED)),
            handing_off=Count("pk", filter=Q(state=states.HANDING_OFF)),
            oldest=Min("due_at", filter=due),
        )
    waiting = GaugeMetricFamily("attune_outbox", "Messages that have not left yet.", labels=("state",))
    for state in ("planned", "due", "claimed", "handing_off"):
        waiting.add_metric((state,), said[state])
    yield waiting
    age = (now - said["oldest"]).total_seconds() if said["oldest"] else 0.0
    yield GaugeMetricFamily("attune_outbox_oldest_due_seconds", "How late the oldest message is.", value=age)


def _alarms() -> Metric:
    from practice import alarms

    made = GaugeMetricFamily("attune_alarm", "Alarms that are on, and of how many things.", labels=("name",))
    for alarm in alarms.found():
        made.add_metric((alarm.name,), alarm.count or 1)
    return made


def _replica() -> Iterator[Metric]:
    from practice import replica

    if not replica.is_set():
        return
    try:
        lag = replica.look()
    except replica.NotThere:
        lag = None
    yield GaugeMetricFamily("attune_replica_answers", "Whether the replica follows.", value=float(lag is not None))
    if lag is not None:
        yield GaugeMetricFamily("attune_replica_behind_bytes", "What is still to come to it.", value=lag.bytes)
        yield GaugeMetricFamily("attune_replica_behind_seconds", "Since when nothing came.", value=lag.seconds)


def _pulse() -> Iterator[Metric]:
    from practice import pulse

    heart = pulse.heartbeat()
    if heart.age is not None:
        seconds = heart.age.total_seconds()
        yield GaugeMetricFamily("attune_pulse_age_seconds", "How long ago the whole way worked.", value=seconds)
