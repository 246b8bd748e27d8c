"""What a client's page weighs on its way to a phone, when it is there to be read, and whether anything on it moves.

A real Chromium at 390 px asks a real gunicorn, with files as production serves them, over a line as slow as a phone's
with poor reception (1.6 Mbit/s, 150 ms: the line that Lighthouse takes) and a processor four times slower than this
one. Cold is a first visit; warm is the next page of the same evening, fonts and all other files cached.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from clients.models import Client, Couple
from practice.models import Membership
from tests.browser.conftest import PHONE, chromium_path
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import make_couple, make_member, make_practice, signed_in
from tests.hosts.hosts import Host, broker_url, database_url, ended

pytestmark = pytest.mark.django_db(transaction=True)

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "3"))
#: Most kilobytes over the wire (1 kB = 1000 bytes).
COLD, WARM = 150, 60
SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER = 4

WATCH = """
window.shift = 0; window.largest = 0; window.moved = [];
new PerformanceObserver((list) => { for (const one of list.getEntries()) {
  window.shift += one.value;
  for (const {node, previousRect: from, currentRect: to} of one.sources)
    window.moved.push(`${node?.outerHTML?.slice(0, 70) ?? node?.nodeName ?? "what is gone by now"}, ` +
      `${Math.round(one.startTime)} ms: ${from.x}, ${from.y}, ${from.width} wide to ${to.x}, ${to.y}, ${to.width}`);
} })
  .observe({type: "layout-shift", buffered: true});
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.largest = one.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
"""
SEEN = """() => ({
  first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  largest: window.largest, shift: window.shift, moved: window.moved,
})"""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Collect the files, serve Attune, and yield where."""
    own = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.served", "ATTUNE_BENCH_STATIC": str(folder / "static")}
    host = Host("one", folder, database_url(), broker_url(), **own)
    collect = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, env=host.environment, check=True)
    with ended(host):
        host.serve()
        yield f"http://127.0.0.1:{host.port}"


@dataclass
class Paint:
    """What one page was on each of its visits."""

    kilobytes: list[float] = field(default_factory=list)
    html: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    largest: list[float] = field(default_factory=list)
    shift: list[float] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    requests: int = 0

    def row(self, name: str, most: int) -> str:
        middle = [statistics.median(one) for one in (self.kilobytes, self.html, self.first, self.largest)]
        verdict = "yes" if max(self.kilobytes) <= most and max(self.shift) == 0 else "**no**"
        return (
            f"| {name} | {middle[0]:.1f} | {most} | {middle[1]:.1f} | {self.requests} | {middle[2]:.0f} |"
            f" {middle[3]:.0f} | {max(self.shift):.4f} | {verdict} |"
        )


class Phone:
    """A fresh profile on a slow phone: what it keeps, it has from this visit alone."""

    def __init__(self, chromium: Browser, site: str, who: Client | None) -> None:
        self.context = chromium.new_context(viewport=PHONE, base_url=site, locale="en-GB")  # type: ignore[arg-type]
        if who:
            value = signed_in(who).cookies["session"].value
            self.context.add_cookies([{"name": "session", "value": value, "url": site}])
        self.context.add_init_script(WATCH)
        self.page: Page = self.context.new_page()
        self.line: CDPSession = self.context.new_cdp_session(self.page)
        self.line.send("Network.enable")
        self.line.send("Network.emulateNetworkConditions", SLOW_LINE)
        self.line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        self.arrived: dict[str, float] = {}
        self.document = ""
        self.line.on("Network.responseReceived", self._begun)
        self.line.on("Network.loadingFinished", self._ended)

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *error: object) -> None:
        self.context.close()

    def _begun(self, event: dict[str, Any]) -> None:
        if event["type"] == "Document":
            self.document = event["requestId"]

    def _ended(self, event: dict[str, Any]) -> None:
        self.arrived[event["requestId"]] = event["encodedDataLength"]

    def visit(self, path: str, paint: Paint) -> None:
        self.arrived.clear()
        answer = self.page.goto(path, wait_until="networkidle")
        assert answer is not None
        assert answer.ok
        self.page.wait_for_timeout(200)
        seen = self.page.evaluate(SEEN)
        paint.kilobytes.append(sum(self.arrived.values()) / 1000)
        paint.html.append(self.arrived[self.document] / 1000)
        paint.requests = sum(size > 0 for size in self.arrived.values())
        paint.first.append(seen["first"])
        paint.largest.append(seen["largest"])
        paint.shift.append(seen["shift"])
        paint.moved |= set(seen["moved"])


def evening(couple: Couple, therapist: Membership) -> dict[str, str]:
    """Give ten things, and return the pages of the evening that one partner has."""
    given = [give(couple, therapist, "shared", EVERY_TYPE)[0] for _ in range(10)]
    return {
        "today": "/today/",
        "one thing, opened": f"/do/{given[0].pk}/",
        "its first question": f"/do/{given[0].pk}/1/",
        "together": "/together/",
        "progress": "/lately/",
        "you": "/you/",
    }


def test_first_paint_on_a_phone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    therapist = make_member(make_practice())
    couple = make_couple(therapist.practice, therapist=therapist)
    pages = evening(couple, therapist)
    who = couple.clients[0]
    cold = {name: Paint() for name in ("sign in", *pages)}
    warm = {name: Paint() for name in pages}
    with served(tmp_path) as site, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        for _ in range(ROUNDS):
            with Phone(chromium, site, None) as phone:
                phone.visit("/account/login/", cold["sign in"])
            for name, path in pages.items():
                with Phone(chromium, site, who) as phone:
                    phone.visit(path, cold[name])
            with Phone(chromium, site, who) as phone:
                phone.visit("/together/", Paint())
                for name, path in pages.items():
                    phone.visit(path, warm[name])
        chromium.close()
    with capsys.disabled():
        print(f"\nFirst paint on a phone, {timezone.now():%Y-%m-%d}, {ROUNDS} rounds\n")
        print("| page | kB | at most | of it HTML | requests | first paint, ms | largest, ms | shift | met |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|---|")
        for visit, paints, most in (("cold", cold, COLD), ("warm", warm, WARM)):
            for name, paint in paints.items():
                print(paint.row(f"{name}, {visit}", most))
        for name, paint in (cold | warm).items():
            for moved in sorted(paint.moved):
                print(f"{name}: moved {moved}")
