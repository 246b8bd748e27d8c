"""When something breaks, the page and the log say so without anybody's words."""

from __future__ import annotations

import datetime
import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser

from practice import checks, roles
from practice.logs import LONGEST
from tests.databases import superuser
from tests.factories import signed_in

pytestmark = pytest.mark.django_db

WORDS = "he wrote it himself"


@pytest.fixture(params=["plain", "lines"])
def log(request) -> Iterator[io.StringIO]:
    """What the handler would write: as people read it, and in production."""
    said = settings.LOGGING["formatters"][request.param]
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(logging.config.DictConfigurator({"version": 1}).configure_formatter(dict(said)))
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("name", "path", "breaks"),
    [
        ("mara", "/today/", "exercises.views.portal.first_page.today"),
        ("mara", "/you/", "clients.views.portal.YouForm"),
        ("therapist", "/desk/", "exercises.views.desk.queue"),
        ("therapist", "/desk/library/", "exercises.views.desk_library.library.find"),
    ],
)
def test_b103_a_page_that_breaks_says_nothing_of_what_it_held(request, log, name, path, breaks):
    browser = signed_in(request.getfixturevalue(name))
    browser.raise_request_exception = False
    request.getfixturevalue("couple")
    with mock.patch(breaks, side_effect=ValueError(WORDS)):
        answer = browser.get(path)
    assert answer.status_code == 500
    assert WORDS not in answer.content.decode()
    assert "Traceback" not in answer.content.decode()
    said = log.getvalue()
    assert WORDS not in said
    assert "builtins.ValueError" in said
    assert path in said
    number = re.search(r"whoever looks into it: (\w{8})<", answer.content.decode())
    assert number, "the page has a number"
    assert f"(reference {number[1]})" in said, "which stands beside the error"


def test_b103_an_error_is_told_by_its_kind_and_its_lines_and_so_is_what_caused_it(log):
    try:
        try:
            int(WORDS)  # whose error quotes what it was given
        except ValueError as cause:
            raise LookupError(WORDS) from cause
    except LookupError:
        logging.getLogger("practice").exception("That did not work")
    said = log.getvalue()
    assert WORDS not in said
    assert "That did not work" in said
    assert "builtins.LookupError" in said
    assert "because of\\nbuiltins.ValueError" in said.replace("\n", "\\n")


@pytest.mark.parametrize(
    "path", ["/join/AbCdEf123/", "/join/team/AbCdEf123/", "/account/password/reset/key/x-AbCdEf123/"]
)
def test_b102_a_link_that_opens_a_door_is_not_written_down(log, path):
    assert Browser(enforce_csrf_checks=True).post(path).status_code == 403
    assert "Forbidden" in log.getvalue()
    assert "AbCdEf123" not in log.getvalue()


def test_b102_a_link_that_stops_messages_is_not_written_down(log):
    assert Browser().post("/stop/AbCdEf123/").status_code == 404
    assert "Not Found" in log.getvalue()
    assert "AbCdEf123" not in log.getvalue()


def test_b102_the_databases_own_log_does_not_quote_what_it_refused():
    """Of another role the same log quotes it: there is something to look for."""
    with superuser(connection.settings_dict["NAME"]) as server:
        (folder,) = server.execute("SHOW data_directory").fetchone() or ("",)
    written = Path(folder).with_name("server.log")
    before = written.stat().st_size
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 'zqwordsofours'::uuid")
    with superuser(connection.settings_dict["NAME"]) as server, pytest.raises(psycopg.Error):
        server.execute("SELECT 'zqwordsoftheirs'::uuid")
    said = written.read_bytes()[before:]
    assert b"zqwordsoftheirs" in said
    assert b"zqwordsofours" not in said


def test_b102_the_check_before_a_start_says_when_the_databases_log_would_quote_people(monkeypatch):
    assert checks.database_quotes_nobody(databases=["default"]) == []
    monkeypatch.setattr(roles, "LOG", "client_min_messages")  # another one, which is at 'notice'
    assert [one.id for one in checks.database_quotes_nobody(databases=["default"])] == ["attune.W007"]


def test_b103_a_failed_job_is_logged_by_its_kind(log):
    """Celery writes the exception into the message; the line must still hold none of its text."""
    context = {"name": "reports.tasks.make_report", "id": "1", "exc": f"ValueError('{WORDS}')", "traceback": WORDS}
    logging.getLogger("celery.app.trace").error(
        "Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s", context
    )
    assert "raised unexpected: ValueError" in log.getvalue()
    assert WORDS not in log.getvalue()


#: What somebody may put where a line of the log names it: a path, a header, an address.
HOSTILE = {
    "another line": "x\r\n2026-01-01 00:00:00 ERROR practice ALARM made up",
    "a terminal": "\x1b[2J\x1b]0;title\x07 \x9b31m",
    "lines of other kinds": "a\u2028b\u2029c\x85d\x0be",
    "the other way round": "\u202egnp.exe\u202c \u2066x\u2069",
    "half a character": "\ud800",
    "quotes": '"}\\\', {"level": "INFO"}',
    "nul": "\x00",
    "a megabyte": "z" * 1_000_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_b106_an_event_is_one_line_whatever_is_in_it(log, what):
    """As an argument, as the message itself, and as the name of what a job raised."""
    text = HOSTILE[what]
    ours = [one for one in logging.getLogger().handlers if getattr(one, "stream", None) is log]
    # What the runner keeps of a test travels between processes, which half a character does not survive.
    with mock.patch.object(logging.getLogger(), "handlers", ours):
        logging.getLogger("practice").warning("Not known: %s", text)
        logging.getLogger("practice").warning(text.replace("%", ""))
        logging.getLogger("celery.app.trace").error("Raised: %(exc)s\n%(traceback)s", {"exc": text, "traceback": text})
    lines = log.getvalue().split("\n")
    assert len(lines) == 4, "three events, and the end of the last"
    assert all(one.isprintable() for one in lines)
    assert all(len(one) < 7 * LONGEST for one in lines)


def test_b106_in_production_an_event_is_one_json_object(log):
    try:
        raise ValueError(WORDS)
    except ValueError:
        logging.getLogger("practice").exception('He said "%s"', "x\ny")
    if not log.getvalue().startswith("{"):
        assert "ValueError\n  File" in log.getvalue(), "people read an error line by line"
        return
    said = json.loads(log.getvalue())
    assert log.getvalue().count("\n") == 1
    assert (said["level"], said["logger"], said["message"]) == ("ERROR", "practice", 'He said "x\\ny"')
    assert said["error"].startswith("builtins.ValueError\n  File ")
    assert datetime.datetime.fromisoformat(said["at"]).tzinfo is not None


@pytest.mark.parametrize(
    "path", ["/%0d%0aERROR%20practice%20ALARM/", "/%1b%5b2J/", "/%e2%80%a8x/", "/x%22%7d/", "/" + "y" * 5000]
)
def test_b106_an_address_forges_no_line(log, path):
    Browser().get(path)
    lines = log.getvalue().splitlines()
    assert len(lines) <= 1
    assert all(one.isprintable() for one in lines)


def test_b103_nobody_is_sent_an_error_by_mail():
    """What a mail about an error holds leaves the house; ours stay in the log, where they hold nothing."""
    assert settings.ADMINS == []
    assert not [one for one in settings.LOGGING["handlers"].values() if "Mail" in one["class"]]
