"""One id for all that one request causes: in the log, the answer, the trail, and the jobs that it rings for."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.test import Client as Browser

from practice import request_ids, tenancy
from practice.celery import app
from practice.logs import Lines
from tests.factories import signed_in

pytestmark = pytest.mark.django_db

OURS = "0123456789abcdef0123456789abcdef"
HEADER = {request_ids.HEADER: OURS}
#: What somebody might send in its place.
NONE = ("", "x", OURS[:-1], OURS + "0", OURS.upper(), f"{OURS}\r\nX-Evil: 1", f" {OURS}", "0" * 31 + "é", "../" + OURS)


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is logged meanwhile, read as whoever collects logs does."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(Lines())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(one) for one in handler.stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_each_request_has_an_id_of_its_own_in_its_answer():
    ids = [Browser().get(path).headers[request_ids.HEADER] for path in ("/healthz", "/account/login/", "/nothing/")]
    assert len(set(ids)) == 3
    assert all(request_ids.read(one) == one for one in ids)


def test_the_proxys_id_counts_where_one_stands_and_where_it_is_one(settings):
    assert Browser().get("/healthz", headers=HEADER).headers[request_ids.HEADER] != OURS, "no proxy stands there"
    settings.ATTUNE_BEHIND_PROXY = True
    for said in (OURS, str(uuid.UUID(OURS))):
        assert Browser().get("/healthz", headers={request_ids.HEADER: said}).headers[request_ids.HEADER] == OURS
    for said in NONE:
        answered = Browser().get("/healthz", headers={request_ids.HEADER: said}).headers[request_ids.HEADER]
        assert request_ids.read(answered), said
        assert answered != OURS, said


def test_every_line_of_a_request_carries_its_id(settings, lines, therapist):
    settings.ATTUNE_BEHIND_PROXY = True
    browser = signed_in(therapist)
    browser.raise_request_exception = False

    def breaks(*args: Any, **kwargs: Any) -> None:
        logging.getLogger("practice").warning("Something happens")
        raise ValueError

    with mock.patch("exercises.views.desk.queue", side_effect=breaks):
        assert browser.get("/desk/", headers=HEADER).status_code == 500
    logging.getLogger("practice").warning("Nobody asked for this")
    *of_request, other = lines()
    assert [one["message"].split(" (")[0] for one in of_request] == [
        "Something happens",
        "Internal Server Error: /desk/",
    ]
    assert {one["request"] for one in of_request} == {OURS}
    assert "request" not in other


def test_the_trail_names_the_request(settings, therapist, couple):
    settings.ATTUNE_BEHIND_PROXY = True
    assert signed_in(therapist).get(f"/desk/couples/{couple.pk}/", headers=HEADER).status_code == 200
    with connection.cursor() as cursor, tenancy.acting(tenancy.as_system(couple.practice_id)):
        cursor.execute("SELECT request FROM practice_auditevent WHERE act = 'opened' ORDER BY id DESC LIMIT 1")
        assert cursor.fetchone() == (OURS,)


@pytest.fixture
def seen() -> Iterator[list[Any]]:
    """A job that tells under which id it ran, and what the database was told."""
    found: list[Any] = []

    @app.task(name="tests.tells", shared=False)
    def tells(*, practice_id: str) -> None:
        logging.getLogger("practice").warning("A job runs")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.request')")
            found.append((request_ids.current(), cursor.fetchone()[0]))

    found.append(tells)
    yield found
    app.tasks.pop("tests.tells")


def test_a_job_goes_on_under_the_id_of_the_request_that_rang_for_it(seen, practice, lines):
    """As a worker gets it: through what was published, and nothing else."""
    tells = seen.pop(0)
    published: list[dict[str, Any]] = []
    with mock.patch.object(
        app.amqp,
        "send_task_message",
        lambda producer, name, message, headers=None, **more: published.append({**message.headers, **(headers or {})}),
    ):
        token = request_ids._now.set(request_ids.Cause(OURS))
        with transaction.atomic():
            tells.delay(practice_id=str(practice.pk))
        request_ids._now.reset(token)
        tells.delay(practice_id=str(practice.pk))
    assert [one.get(request_ids.OF_JOB) for one in published] == [OURS, None]
    for headers in published:
        tells.apply(kwargs={"practice_id": str(practice.pk)}, task_id=headers["id"], headers=headers)
    ids = [OURS, published[1]["id"].replace("-", "")]
    assert seen == [(request_ids.Cause(one, "tests.tells"), one) for one in ids]
    told = [one for one in lines() if one["message"] == "A job runs"]
    assert [(one["request"], one["job"]) for one in told] == [(one, "tests.tells") for one in ids]
    assert request_ids.current() == request_ids.Cause(), "and it ends with the job"


def test_what_came_with_a_job_and_is_no_id_is_not_written_anywhere(seen, practice):
    tells = seen.pop(0)
    tells.apply(kwargs={"practice_id": str(practice.pk)}, headers={request_ids.OF_JOB: "words of somebody"})
    ((cause, _told),) = seen
    assert request_ids.read(cause.request_id)
