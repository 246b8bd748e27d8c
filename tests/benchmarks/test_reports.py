"""A year of one couple on paper, next to bare WeasyPrint on the same page in the same run; and a caseload of forty.

What counts is the processor time of all that takes part: ours is the task of a worker, from the rows to the sealed
file, with what PostgreSQL did for it; bare WeasyPrint finds the page, its stylesheet and its pictures ready in a
folder, and only prints. The goal is at most 0.9 of it. Both are warm, and take turns.
"""

from __future__ import annotations

import datetime
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO

import pikepdf
import pytest
from django.db import connection, transaction

from clients.models import Client, Couple
from exercises.models import MeasureEntry
from practice.models import Membership, Practice
from reports import caseload, pdf, progress, tasks
from reports.models import Report
from reports.wording import tidied
from tests.benchmarks import beside, printing
from tests.benchmarks.beside import Beside
from tests.benchmarks.test_reminders import postmaster, processor
from tests.factories import acting_as, make_couple, make_member, make_practice
from tests.reports.factories import MOOD, NOW, QUESTIONS, Giver, home, weeks
from tests.reports.orders import again, asked, wish

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = int(os.environ.get("ATTUNE_BENCH_ROUNDS", "5"))
GOAL = 0.9
TIMES = tuple(int(one) for one in os.environ.get("ATTUNE_BENCH_TIMES", "1,4,16").split(","))
COUPLES, WORKERS = 40, 2
WEEKS = 52
FIRST = datetime.date(2025, 6, 1)
YEAR = {"begins_on": FIRST, "ends_on": FIRST + datetime.timedelta(days=7 * WEEKS - 1)}


# ── a couple's year, as rows ─────────────────────────────────────────────────


def live(couple: Couple, therapist: Membership, *, times: int = 1, count: int = WEEKS) -> None:
    """Let both answer once a week, so many forms at a time; and a measure each month."""
    giver = Giver(couple, therapist)
    with home(couple), transaction.atomic():
        for number in range(times):
            check = giver.edition(QUESTIONS[:3], title=f"Weekly check {number + 1}")
            mood = giver.edition(MOOD, title=f"Mood {number + 1}")
            [weekly], [evening] = giver.give(check, starts_on=FIRST), giver.give(mood, starts_on=FIRST)
            for at, day in enumerate(weeks(count, FIRST)):
                for who, client in enumerate(couple.clients):
                    if (at + who + number) % 9 == 8:
                        continue  # nobody answers always
                    close = min(10, 3 + at // 9 + (at * 7 + who + number) % 3)
                    said = "We came back to it the same evening, and that was new." if at % 13 == who else "Well."
                    giver.send(weekly, client, day, {"closeness": close, "heard": min(10, close + who), "note": said})
                    giver.send(evening, client, day, {"mood": 1 + (at + who) % 5})
        for at in range(0, count, 4):
            for who, client in enumerate(couple.clients):
                take(couple, therapist, client, FIRST + datetime.timedelta(days=7 * at), 44 + at // 2 + 9 * who)


def take(couple: Couple, by: Membership, client: Client, day: datetime.date, total: int) -> None:
    MeasureEntry.objects.create(
        couple=couple,
        client=client,
        measure="csi16",
        definition_version="1",
        taken_on=day,
        total=Decimal(total),
        entered_by=by,
    )


# ── two ways of printing ─────────────────────────────────────────────────────


@dataclass
class Printer:
    """A warm process that prints once for each line it is sent, and what that took."""

    process: subprocess.Popen[str]
    cpu: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    most: float = 0

    def begin(self) -> None:
        _pipe(self.process.stdin).write("go\n")
        _pipe(self.process.stdin).flush()

    def end(self) -> None:
        found = json.loads(_pipe(self.process.stdout).readline())
        self.cpu.append(found["cpu"])
        self.seconds.append(found["seconds"])
        self.most = found["most"]

    def go(self, server: int) -> None:
        before = processor(server, children=True)
        self.begin()
        self.end()
        self.database.append(processor(server, children=True) - before)

    @property
    def whole(self) -> list[float]:
        return [sum(both) for both in zip(self.cpu, self.database, strict=True)]


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@contextmanager
def printer(*words: str) -> Iterator[Printer]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "ATTUNE_TEST_DATABASE": connection.settings_dict["NAME"],
        "ATTUNE_TEST_SMTP_PORT": "1",  # no mail leaves
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "tests.benchmarks.printing", *words]
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        assert _pipe(process.stdout).readline() == "ready\n"
        yield Printer(process)
        _pipe(process.stdin).close()


def lay_ready(report: Report, folder: Path) -> None:
    """Write the page of a report, its stylesheet and its pictures into a folder, as anybody's site would have them."""
    couple = Couple.objects.with_partners().get(pk=report.couple_id)
    practice = Practice.objects.get(pk=report.practice_id)
    html, files = pdf.written(tidied(progress.of_report(report, couple, practice, NOW)))
    css = Path(progress.__file__).with_name("static").joinpath("reports", "paper.css").read_text("utf-8")
    for number, (address, (body, kind)) in enumerate(files.items()):
        name = f"picture-{number}.{kind.partition('/')[2].partition('+')[0]}"
        Path(folder, name).write_bytes(body)
        html = html.replace(f'src="{address}"', f'src="{name}"')
        css = css.replace(address, name)
    Path(folder, printing.PAGE).write_text(html, "utf-8")
    Path(folder, printing.SHEET).write_text(css, "utf-8")


def year_of(practice: Practice, therapist: Membership, times: int) -> Report:
    couple = make_couple(practice, (f"Ada {times}", f"Ben {times}"), therapist=therapist)
    live(couple, therapist, times=times)
    return asked(couple, therapist, audience="clinical", **YEAR)


def pages(path: Path) -> int:
    with pikepdf.open(path) as file:
        return len(file.pages)


@pytest.fixture(autouse=True)
def no_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker: reports are made by the processes of this benchmark."""
    monkeypatch.setattr(tasks.make_report, "delay", lambda **ids: None)


def test_a_year_of_one_couple_beside_bare_weasyprint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    practice = make_practice()
    therapist = make_member(practice)
    lines = []
    for times in TIMES:
        report = year_of(practice, therapist, times)
        folder = tmp_path / str(times)
        folder.mkdir()
        with home(report):
            lay_ready(again(report), folder)
        with printer("ours", str(report.pk)) as ours, printer("bare", str(folder)) as bare:
            for _ in range(ROUNDS):
                for one in (bare, ours):
                    one.go(postmaster())
        made = again(report)
        assert made.state == Report.State.DONE
        assert made.pages == pages(folder / printing.FILE)
        ratios = [a / b for a, b in zip(ours.whole, bare.whole, strict=True)]
        beside.found(Beside(f"report of one year, {times} times the data", "seconds of a processor", ratios, GOAL))
        lines.append(
            f"  {times:2} times the data, {made.pages} pages: ours {statistics.median(ours.whole):.2f} s of a processor"
            f" (database {statistics.median(ours.database):.2f}), bare {statistics.median(bare.whole):.2f};"
            f" ours to bare {statistics.median(ratios):.2f} (goal: {GOAL} at most);"
            f" most memory in MB: ours {ours.most:.0f}, bare {bare.most:.0f}"
        )
    with capsys.disabled():
        print(f"\nA report of one year for one couple, {ROUNDS} rounds in turn")
        print("\n".join(lines))


def test_a_caseload_of_forty_on_two_workers(capsys: pytest.CaptureFixture[str]) -> None:
    practice = make_practice()
    therapist = make_member(practice)
    couples = [make_couple(practice, (f"A{n}", f"B{n}"), therapist=therapist, login=False) for n in range(COUPLES)]
    for couple in couples:
        live(couple, therapist, count=12)
    with acting_as(therapist):
        chosen = wish(audience="clinical", begins_on=FIRST, ends_on=FIRST + datetime.timedelta(days=83))
        order = caseload.order(chosen, [one.pk for one in couples], by=therapist, practice=practice)
    with home(order):
        # What was rung for went to no broker: let the workers ask for their turn.
        Report.objects.filter(caseload_order=order).update(touched_at=NOW - tasks.LOST_AFTER)
    with printer("caseload", str(practice.pk)) as one, printer("caseload", str(practice.pk)) as other:
        workers = (one, other)
        for worker in workers:
            worker.begin()
        for worker in workers:
            worker.end()
        took = max(worker.seconds[0] for worker in workers)
    with home(order):
        assert caseload.progress_of(order).done == COUPLES
    with capsys.disabled():
        print(f"\nA caseload of {COUPLES}, twelve weeks each, on {WORKERS} workers: {took:.0f} s")
        print(f"  seconds of a processor each: {sum(worker.cpu[0] for worker in workers) / COUPLES:.2f}")
        print(f"  most memory in MB: {', '.join(f'{worker.most:.0f}' for worker in workers)}")
