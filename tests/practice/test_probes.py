"""Whoever watches the machines learns whether a process lives and can work, and nothing else."""

from __future__ import annotations

import json
import logging
import threading
from unittest import mock

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings

from practice import keyring, own_line, readiness
from tests.databases import superuser

pytestmark = pytest.mark.django_db

#: As a probe comes: by an address that no certificate is for, in plain HTTP.
PROBE = {"host": "10.1.2.3:8000"}
OF_PRODUCTION = {"ALLOWED_HOSTS": ["care.example.org"], "SECURE_SSL_REDIRECT": True}


@pytest.fixture(autouse=True)
def _looked_at_anew() -> None:
    readiness.kept.forget()
    yield
    readiness.kept.forget()


def ready() -> tuple[int, dict[str, bool]]:
    readiness.kept.forget()
    answer = Browser(headers=PROBE).get("/readyz")
    return answer.status_code, json.loads(answer.content)["parts"]


def test_a_process_says_that_it_lives_without_asking_the_database(django_assert_num_queries):
    with override_settings(**OF_PRODUCTION), django_assert_num_queries(0):
        answer = Browser(headers=PROBE).get("/healthz")
    assert (answer.status_code, json.loads(answer.content)) == (200, {"alive": True})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies


def test_pages_still_ask_for_the_host_and_for_https():
    with override_settings(**OF_PRODUCTION):
        assert Browser(headers=PROBE).get("/account/login/").status_code == 400
        assert Browser(headers={"host": "care.example.org"}).get("/account/login/").status_code == 301
        assert Browser(headers=PROBE).get("/healthz/").status_code == 400, "and so does everything beside these two"


def test_it_is_ready_when_every_part_does():
    with override_settings(**OF_PRODUCTION):
        assert ready() == (200, dict.fromkeys(readiness.PARTS, True))


def test_what_a_stranger_asks_for_a_hundred_times_is_looked_at_once():
    with mock.patch("practice.readiness.look", wraps=readiness.look) as looks:
        answers = {Browser(headers=PROBE).get("/readyz").status_code for _ in range(100)}
    assert (answers, looks.call_count) == ({200}, 1)


def test_a_look_that_lasts_holds_up_nobody_else():
    """Whoever asks meanwhile gets what was found before."""
    assert ready()[0] == 200
    readiness.kept.forget()
    began, goes_on = threading.Event(), threading.Event()

    def lasts() -> dict[str, bool]:
        began.set()
        goes_on.wait(30)
        return dict.fromkeys(readiness.PARTS, False)

    with mock.patch("practice.readiness.look", lasts):
        slow = threading.Thread(target=readiness.kept.now)
        slow.start()
        began.wait(30)
        assert Browser(headers=PROBE).get("/readyz").status_code == 200
        goes_on.set()
        slow.join()
    assert Browser(headers=PROBE).get("/readyz").status_code == 503


def test_each_part_that_fails_is_named_and_no_more_is_said(caplog, monkeypatch):
    """The log says what is wrong; the answer says which part it is."""
    other = keyring.read("n3Jm8QpYw2vT6rXc1ZsKd9FbGh4LaUe7Ri5No0Mtq-k=")
    everything_else = dict.fromkeys(readiness.PARTS, True)
    with caplog.at_level(logging.ERROR):
        with mock.patch("practice.keyring.known", return_value={keyring.name_of(other): other}):
            assert ready() == (503, everything_else | {"keys": False})
        known = readiness.known_migrations() | {("clients", "9999_to_come")}
        with mock.patch("practice.readiness.known_migrations", return_value=known):
            assert ready() == (503, everything_else | {"migrations": False})
        with mock.patch("practice.celery.app.connection_for_write", side_effect=OSError(f"{settings.STATE}")):
            assert ready() == (503, everything_else | {"broker": False})
        with mock.patch.dict(readiness.OF_DATABASE, {"policies": mock.Mock(side_effect=readiness.NotReady("a"))}):
            assert ready() == (503, everything_else | {"policies": False})
        monkeypatch.setattr(own_line, "connect", mock.Mock(side_effect=psycopg.OperationalError("password x")))
        assert ready() == (503, dict.fromkeys(readiness.PARTS, False) | {"broker": True})
    assert "clients.9999_to_come" in caplog.text
    assert "password" not in caplog.text
    assert str(settings.STATE) not in caplog.text


def test_a_table_whose_policies_are_not_forced_is_found(caplog):
    """On a table that is made and taken away in one transaction, which nobody else sees."""
    with superuser(connection.settings_dict["NAME"]) as line:
        readiness.policies(line)
        with line.transaction(force_rollback=True):
            line.execute("CREATE TABLE unguarded (practice_id uuid)")
            with pytest.raises(readiness.NotReady, match="on unguarded"):
                readiness.policies(line)
            line.execute("ALTER TABLE unguarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            readiness.policies(line)


def test_a_role_above_the_policies_is_found():
    with superuser(connection.settings_dict["NAME"]) as line, pytest.raises(readiness.NotReady):
        readiness.database(line)
