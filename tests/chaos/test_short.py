"""Real processes are killed, cut off and confused for about a minute; then the books are closed.

`make chaos` does the same for longer, in any order.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.chaos.worker import POINTS

#: For the tables that are copied; what happens then happens elsewhere.
pytestmark = pytest.mark.django_db

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS = 420


@pytest.fixture(scope="module")
def report(tmp_path_factory, django_db_setup, django_db_blocker) -> dict[str, Any]:
    """What one short rehearsal found. Its tables are copied from the test database, which has them already."""
    told = tmp_path_factory.mktemp("chaos") / "report.json"
    with django_db_blocker.unblock():
        params = connection.get_connection_params()
    words = ["-m", "tests.chaos", "--short", "--json", str(told), "--state", str(settings.STATE / "chaos")]
    words += ["--tables-of", f"{params['host']}:{params['dbname']}"]
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert told.exists(), ended.stdout + ended.stderr
    found = json.loads(told.read_text())
    return found | {"said": ended.stdout + ended.stderr}


def troubles(report: dict[str, Any], word: str) -> list[dict[str, Any]]:
    found = [one for one in report["troubles"] if word in one["name"]]
    assert found, f"there was no such trouble: {word}"
    return found


def recovered(report: dict[str, Any], *words: str) -> bool:
    return all(one["recovered"] is not None for word in words for one in troubles(report, word))


def test_r13_b145_everything_due_is_sent_explained_or_visibly_unknown(report):
    books = report["books"]
    assert books["due"] > 250, report["said"]
    assert books["due"] == books["sent"] + books["explained"] + books["unknown"], report["said"]
    assert (books["waiting"], books["unexplained"], books["lost"]) == (0, 0, 0), report["said"]


def test_r12_b145_nothing_reached_the_mail_server_twice(report):
    assert report["books"]["duplicates"] == 0, report["said"]


def test_b145_nothing_reached_the_mail_server_that_was_not_to_be_sent(report):
    assert report["books"]["unexpected"] == 0, report["said"]


def test_r28_the_ledger_adds_up_in_every_practice_and_hour(report):
    assert report["books"]["unbalanced"] == 0, report["said"]


def test_only_what_was_cut_off_in_the_act_is_unknown(report):
    """Each stall, drop and death leaves a few letters at most that nobody knows about."""
    assert report["books"]["unknown"] <= 40, report["said"]


def test_b136_a_worker_was_killed_at_each_marked_point(report):
    killed = {one["name"].rpartition(" ")[2] for one in troubles(report, "is killed: ") if one["notes"]["killed"]}
    assert killed == set(POINTS), report["said"]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param("a worker is killed", id="b136 a worker is killed at a marked point"),
        pytest.param("no scheduler", id="b137 r26 no scheduler"),
        pytest.param("couples are reminded", id="b136 a worker is killed among reminders"),
        pytest.param("one scheduler is frozen", id="b137 r26 frozen and killed schedulers"),
        pytest.param("PostgreSQL is killed", id="b138 the database is killed"),
        pytest.param("the broker is flushed", id="b139 the broker is flushed and killed"),
        pytest.param("the broker's connections are reset", id="b139 r27 the broker's connections are reset"),
        pytest.param("clock jumps", id="b141 the clock jumps"),
        pytest.param("two hosts", id="b141 two hosts disagree"),
        pytest.param("mail stalls", id="b142 the mail server stalls"),
        pytest.param("mail takes and hangs up", id="b142 the mail server drops what it took"),
        pytest.param("mail greylists", id="b142 the mail server greylists"),
        pytest.param("the line to", id="b144 lines are cut"),
    ],
)
def test_messages_flow_again_after(report, trouble):
    assert recovered(report, trouble), report["said"]


def test_r22_b143_poison_is_isolated_and_all_others_leave(report):
    (poison,) = troubles(report, "poison")
    assert poison["notes"]["others sent"], report["said"]
    assert poison["notes"]["isolated"], report["said"]


def test_r27_b139_a_worker_that_hears_nothing_begins_again(report):
    (silent,) = troubles(report, "go deaf")
    assert silent["notes"]["worker began again"], report["said"]
    assert silent["recovered"] is not None, report["said"]


def test_b137_r26_six_hours_without_a_scheduler_change_nothing_but_what_went_stale(report):
    (silent,) = troubles(report, "no scheduler for six hours")
    assert silent["notes"]["the fresh are sent"], report["said"]
    assert silent["notes"]["the stale are skipped"], report["said"]


def test_b102_no_log_of_workers_schedulers_or_servers_names_anybody(report):
    """While everything breaks: refused addresses, faults that quote, statements that are cut off."""
    assert report["about people"] == [], report["said"]


def test_r13_real_reminders_were_among_them(report):
    (reminded,) = troubles(report, "couples are reminded")
    assert reminded["notes"]["planned"] >= 6, report["said"]
    assert report["books"]["reasons"].get("reminder, accepted", 0) >= 3, report["said"]
