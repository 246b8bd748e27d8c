"""When something breaks, the page and the log say so without anybody's words."""

from __future__ import annotations

import io
import logging
import logging.config
from collections.abc import Iterator
from unittest import mock

import pytest
from django.conf import settings
from django.test import Client as Browser

from tests.factories import signed_in

pytestmark = pytest.mark.django_db

WORDS = "he wrote it himself"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the configured handler would write."""
    said = settings.LOGGING["formatters"]["plain"]
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
def test_a_page_that_breaks_says_nothing_of_what_it_held(request, log, name, path, breaks):
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


def test_an_error_is_told_by_its_kind_and_its_lines_and_so_is_what_caused_it(log):
    try:
        try:
            int(WORDS)  # whose error quotes what it was given
        except ValueError as cause:
            raise LookupError(WORDS) from cause
    except LookupError:
        logging.getLogger("practice").exception("That did not work")
    said = log.getvalue()
    assert WORDS not in said
    assert "ERROR practice That did not work\nbuiltins.LookupError\n  File " in said
    assert "because of\nbuiltins.ValueError" in said


@pytest.mark.parametrize(
    "path", ["/join/AbCdEf123/", "/join/team/AbCdEf123/", "/account/password/reset/key/x-AbCdEf123/"]
)
def test_a_link_that_opens_a_door_is_not_written_down(log, path):
    assert Browser(enforce_csrf_checks=True).post(path).status_code == 403
    assert "Forbidden" in log.getvalue()
    assert "AbCdEf123" not in log.getvalue()


def test_a_link_that_stops_messages_is_not_written_down(log):
    assert Browser().post("/stop/AbCdEf123/").status_code == 404
    assert "Not Found" in log.getvalue()
    assert "AbCdEf123" not in log.getvalue()


def test_a_failed_job_is_logged_by_its_kind(log):
    """Celery writes the exception into the message; the line must still hold none of its text."""
    context = {"name": "reports.tasks.make_report", "id": "1", "exc": f"ValueError('{WORDS}')", "traceback": WORDS}
    logging.getLogger("celery.app.trace").error(
        "Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s", context
    )
    assert "raised unexpected: ValueError" in log.getvalue()
    assert WORDS not in log.getvalue()
