"""Figures for Prometheus: what is counted, for whom, and that nobody is in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as installation
from django.test import Client as Browser
from django.urls import resolve
from prometheus_client.parser import text_string_to_metric_families

from practice import metrics, tasks
from practice.metrics import LookedUp
from tests.factories import signed_in
from tests.practice.carrying import plan_many

TOKEN = "t" * 40


def figure(name: str, *labels: str) -> tuple[str, ...]:
    """How a figure is known here: its name, and the values of its labels in any order."""
    return name, *sorted(labels)


@pytest.fixture
def told(settings, monkeypatch) -> Iterator:
    """What Prometheus gets, read as it does: by name of the figure and its labels."""
    settings.ATTUNE_METRICS_TOKEN = TOKEN
    monkeypatch.setattr(metrics, "_looked_up", LookedUp())

    def read() -> dict[tuple[str, ...], float]:
        metrics._looked_up.forget()
        answer = Browser().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.content.decode())
        return {figure(one.name, *one.labels.values()): one.value for family in families for one in family.samples}

    return read


@pytest.mark.django_db
def test_without_a_secret_there_is_no_such_page_and_with_a_wrong_one_nothing_on_it(settings):
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert Browser().get("/metrics", headers=right).status_code == 404
    settings.ATTUNE_METRICS_TOKEN = TOKEN
    for said in ("", TOKEN, "Bearer ", f"Bearer {TOKEN}x", f"bearer {TOKEN}", "Bearer é"):
        answer = Browser().get("/metrics", headers={"Authorization": said})
        assert (answer.status_code, answer.content) == (401, b""), said
    assert Browser().get("/metrics", headers=right).status_code == 200


@pytest.mark.django_db
def test_a_request_is_counted_under_the_name_of_its_address(told, therapist, couple):
    path = f"/desk/couples/{couple.pk}/"
    view = resolve(path).url_name
    before = told()
    assert signed_in(therapist).get(path).status_code == 200
    Browser().get("/nothing/like/this/")
    Browser().generic("BREW", "/healthz")
    after = told()
    for labels in ((view, "GET", "200"), ("none", "GET", "404"), ("healthz", "other", "405")):
        key = figure("attune_requests_total", *labels)
        assert after[key] - before.get(key, 0) == 1, labels
    timed = ("attune_request_seconds_count", view)
    assert after[timed] - before.get(timed, 0) == 1


@pytest.mark.django_db(transaction=True)
def test_messages_and_jobs_are_counted_by_what_became_of_them(told, mail_server, practice, note):
    plan_many(practice, 3)
    first = told()
    assert first["attune_outbox", "due"] == 3
    assert first["attune_outbox_oldest_due_seconds",] > 0
    tasks.deliver.apply()
    after = told()
    assert after["attune_outbox", "due"] == 0
    sent = figure("attune_messages_total", "email", "accepted")
    ran = figure("attune_tasks_total", "practice.tasks.deliver", "success")
    assert after[sent] - first.get(sent, 0) == 3
    assert after[ran] - first.get(ran, 0) == 1
    versions = metrics.version(), sys.version.split()[0], metrics.django.get_version()
    assert after[figure("attune_build", *versions)] == 1
    assert metrics.version()


@pytest.mark.django_db
def test_a_database_that_is_away_is_told_and_the_rest_is_told_still(told, monkeypatch, caplog):
    monkeypatch.setattr(metrics, "_outbox", lambda: 1 / 0)
    after = told()
    assert after["attune_database_answers",] == 0
    assert not [key for key in after if key[0] == "attune_outbox"]
    assert [key for key in after if key[0] == "attune_requests_total"]


#: Two processes that count and end, one after the other, and a third that is asked.
SEVERAL = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "practice.settings"
django.setup()
from practice import metrics
metrics._looked_up.collect = lambda: []
for number in (1, 2):
    if not os.fork():
        metrics.REQUESTS.labels("couple", "GET", "200").inc(number)
        metrics.REQUEST_SECONDS.labels("couple").observe(number / 10)
        metrics.POOL.labels("pool_size").set(5)
        os._exit(0)
    os.wait()
metrics.REQUESTS.labels("couple", "GET", "200").inc(4)
metrics.POOL.labels("pool_size").set(1)
for again in (1, 2):
    text = metrics.told().decode()
print(text, *sorted(one.name for one in metrics.FOLDER.glob("*.db")), sep="\\n")
"""


def test_several_processes_are_added_up_and_those_that_ended_leave_one_file(tmp_path: Path):
    ours = {**os.environ, "ATTUNE_METRICS_TOKEN": TOKEN, "ATTUNE_STATE": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", SEVERAL],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=installation.BASE_DIR,
        env=ours,
    ).stdout
    assert 'attune_requests_total{method="GET",status="200",view="couple"} 7.0' in ended
    assert 'attune_request_seconds_count{view="couple"} 2.0' in ended
    assert 'attune_database_pool{what="pool_size"} 1.0' in ended, "of those that live"
    files = [one for one in ended.splitlines() if one.endswith(".db")]
    assert sum("-ended" in one for one in files) == 2, files
    assert len(files) == 4, "and two of the one that lives"


def test_a_folder_that_can_not_be_written_holds_nobody_up(monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setattr(metrics, "FOLDER", tmp_path / "file" / "metrics")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    before = metrics.prometheus_client.values.ValueClass
    metrics._count_in_files()
    assert metrics.prometheus_client.values.ValueClass is before
    assert "are not added up" in caplog.text
