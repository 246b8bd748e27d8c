"""The examples of docs/api.md, run as they are printed, against a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.db import connection

from exercises.models import Assignment
from practice.api.scopes import Scope
from reports import tasks
from reports.models import Report
from tests.exercises.api.test_responses import send
from tests.exercises.given import TWO_SCALES, give
from tests.factories import inside
from tests.practice.api.callers import program_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_printer")]

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
#: What the page says that its examples need.
NEEDED = (
    Scope.COUPLES_READ, Scope.LIBRARY_READ, Scope.ASSIGNMENTS_READ, Scope.ASSIGNMENTS_WRITE, Scope.RESPONSES_READ,
    Scope.REPORTS_READ, Scope.REPORTS_WRITE,
)  # fmt: skip


def printed(language: str, beginning: str) -> str:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return next(one for one in blocks if one.startswith(beginning))


@pytest.fixture
def a_worker(monkeypatch) -> None:
    """What is rung for is done at once, in a thread of its own."""

    def work(**ids: str) -> None:
        worker = threading.Thread(target=lambda: (tasks.make_report(**ids), connection.close()))
        worker.start()
        worker.join()

    monkeypatch.setattr(tasks.make_report, "delay", work)


@pytest.fixture
def answered(couple, therapist, mara, theo) -> None:
    for who, occurrence in zip((mara, theo), give(couple, therapist, "shared", TWO_SCALES), strict=True):
        send(occurrence, who, near="5")


@pytest.mark.usefixtures("a_worker", "answered")
def test_the_main_job_is_done_as_printed(live_server, couple, therapist, practice, tmp_path):
    known = {
        **os.environ,
        "ATTUNE_URL": live_server.url,
        "ATTUNE_TOKEN": program_of(therapist, *NEEDED).text,
    }
    given = 0
    for language, command in (
        ("Python", [sys.executable, "-c", printed("python", "import json")]),
        ("curl", ["sh", "-c", printed("sh", "set -e")]),
    ):
        here = tmp_path / language
        here.mkdir()
        ran = subprocess.run(command, cwd=here, env=known, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "5 of 10" in ran.stdout, language
        assert (here / "report.pdf").read_bytes().startswith(b"%PDF"), language
        with inside(practice):
            before, given = given, [one.why for one in Assignment.objects.all()].count("Ten minutes, each evening.")
            assert given > before, language
    with inside(practice):
        assert Report.objects.filter(state=Report.State.DONE).count() == 2


def test_the_example_in_python_is_short_and_needs_python_alone():
    lines = [line for line in printed("python", "import json").splitlines() if line]
    asked_for = {one.partition(".")[0] for one in lines[0].removeprefix("import ").split(", ")}
    assert len(lines) <= 20
    assert asked_for <= set(sys.stdlib_module_names)
