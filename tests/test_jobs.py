"""Every job × what can go wrong with whose it is. The list of jobs is the registry's."""

from __future__ import annotations

import io
import logging
import uuid
from typing import Any

import pytest
from django.db import connection

from practice import registry, tenancy
from practice.celery import NotAnId, PracticeTask, app
from practice.logs import Lines, WithoutWords
from practice.models import Practice
from reports.models import Report
from reports.tasks import make_report
from tests.databases import superuser
from tests.factories import acting_as
from tests.rows import changed, rows_of_all_tables

JOBS = {job.name: job for job in registry.all_jobs()}
CANARY_WORD = "zqhomexjobqz"
OF_ONE_PRACTICE = [job for job in JOBS.values() if job.carries]


@pytest.fixture
def unsent(world) -> Report:
    """A report of the neighbour's that waits to be made."""
    house = world.far
    with acting_as(house["therapist"]):
        return Report.objects.create(
            couple=house.couple, audience="shared", begins_on=house.couple.started_on, ends_on=house.couple.started_on,
            requested_by=house["therapist"], request_key=uuid.uuid4(), reference="waits",
        )  # fmt: skip


def nobody_is_bound() -> bool:
    """Whether what the job bound is gone: for Python, and for the connection that the next job gets."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.practice', true), current_user = session_user")
        practice, alone = cursor.fetchone()
    return tenancy.current() is None and not practice and alone


@pytest.mark.parametrize("job", OF_ONE_PRACTICE, ids=lambda job: job.name)
def test_b12_a_job_without_a_practice_is_refused(job, committed):
    app.loader.import_default_modules()
    others = {name: str(uuid.uuid4()) for name in job.carries if name != "practice_id"}
    with pytest.raises(TypeError):
        app.tasks[job.name](**others)
    assert nobody_is_bound()


@pytest.mark.parametrize("whose", ["another practice's", "a practice that is gone"])
def test_b12_a_job_under_another_practice_finds_nothing_and_changes_nothing(world, committed, unsent, whose):
    practice = world.home.practice.pk if whose == "another practice's" else uuid.uuid4()
    before = rows_of_all_tables(superuser)
    make_report(practice_id=str(practice), report_id=str(unsent.pk))
    assert changed(before, rows_of_all_tables(superuser)) == {}
    assert nobody_is_bound()


class Broken(RuntimeError):
    pass


def test_b12_an_exception_in_the_middle_leaves_nothing_behind(world, committed):
    """What it wrote is undone, and the next job in the same process belongs to nobody until it says so."""

    class Breaks(PracticeTask):
        name = "tests.breaks"

        def run(self, *, practice_id: str) -> None:
            Practice.objects.filter(pk=practice_id).update(name="half done")
            raise Broken

    before = rows_of_all_tables(superuser)
    with pytest.raises(Broken):
        app.register_task(Breaks())(practice_id=str(world.home.practice.pk))
    del app.tasks["tests.breaks"]
    assert changed(before, rows_of_all_tables(superuser)) == {}
    assert nobody_is_bound()


def test_b12_after_every_job_nobody_is_bound(world, committed):
    """The jobs of the timetable run for all practices in turn, and one that fails is no reason to stay bound."""
    app.loader.import_default_modules()
    bound = {}
    for name, job in JOBS.items():
        if not job.carries:
            app.tasks[name]()
            bound[name] = nobody_is_bound()
    assert {name for name, free in bound.items() if not free} == set()
    assert len(bound) > 10


@pytest.mark.parametrize("name", JOBS)
def test_b103_a_job_that_breaks_writes_down_nothing_of_what_it_held(name, monkeypatch):
    """As the worker runs it: what failed is named by its kind and its place."""
    app.loader.import_default_modules()
    job, words = app.tasks[name], f"{CANARY_WORD} wrote to mara@example.org"

    def breaks(*args: Any, **kwargs: Any) -> None:
        held = words
        raise ValueError(held, kwargs)

    monkeypatch.setattr(job, "run", breaks)
    written = io.StringIO()
    for formatter in (WithoutWords("%(levelname)s %(name)s %(message)s"), Lines()):
        handler = logging.StreamHandler(written)
        handler.setFormatter(formatter)
        logging.getLogger().addHandler(handler)
    try:
        job.apply(kwargs={one: str(uuid.uuid4()) for one in JOBS[name].carries}, throw=False)
    finally:
        del logging.getLogger().handlers[-2:]
    assert written.getvalue().count("ValueError") >= 2
    assert CANARY_WORD not in written.getvalue()
    assert "@example.org" not in written.getvalue()


@pytest.mark.parametrize(
    "carried",
    [{"practice_id": "Linden House"}, {"report_id": "mara@example.org"}, {"note": {"words": "x"}}, {"n": 3},
     {"practice_id": uuid.uuid4()}, {"practice_id": "{" + str(uuid.uuid4()) + "}"}],
    ids=["a name", "an address", "words", "a number", "not in its one form", "nor decorated"],
)  # fmt: skip
def test_b12_nothing_but_ids_comes_into_the_queue(carried: dict[str, Any]):
    with pytest.raises(NotAnId):
        make_report.delay(**carried)
    with pytest.raises(NotAnId):
        make_report.apply_async(args=tuple(carried.values()))
