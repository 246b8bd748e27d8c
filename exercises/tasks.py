"""The jobs that keep occurrences written ahead and closed in time. Safe to run twice, late, or at once."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Callable, Iterable

from django.db.models import Q

from exercises import digests, occurrences, pausing, programs
from exercises.models import Assignment, ProgramRun
from practice import clock, dispatch, tenancy
from practice.celery import app

log = logging.getLogger(__name__)

#: Occurrences are written 30 days ahead; an assignment with less than this before it is planned again.
NEAR = datetime.timedelta(days=28)


@app.task(name="exercises.tasks.plan", steps=True, expires=300)
def plan() -> None:
    """Write what falls due in the coming weeks, in all practices."""
    _in_each_practice(_open_weeks)
    _in_each_practice(_plan_practice)


@app.task(name="exercises.tasks.close", steps=True, expires=300)
def close() -> None:
    """Close what can no longer be answered, in all practices."""
    _in_each_practice(_close_practice)


@app.task(name="exercises.tasks.plan_digests", steps=True, expires=600)
def plan_digests() -> None:
    """Plan the daily letters of those who work in the practices."""
    _in_each_practice(_plan_digests)


def _in_each_practice(job: Callable[[uuid.UUID], None]) -> None:
    _each("Practice %s steps aside: %s", dispatch.practices(), job)


def _each(complaint: str, ids: Iterable[uuid.UUID], job: Callable[[uuid.UUID], None]) -> None:
    """Do the same for each; one that fails is logged by its id, and takes no other with it."""
    for one in ids:
        try:
            job(one)
        except Exception as error:
            log.error(complaint, one, type(error).__name__)


def _plan_digests(practice_id: uuid.UUID) -> None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        digests.plan_all(clock.now())


def _plan_practice(practice_id: uuid.UUID) -> None:
    """Write what falls due for each assignment that is planned too short ahead, one transaction each."""
    system = tenancy.as_system(practice_id)
    with tenancy.acting(system):
        now = clock.now()
        near = Q(planned_until=None) | Q(planned_until__lt=(now + NEAR).date())
        waiting = list(Assignment.objects.running().filter(near, couple__status="active").values_list("pk", flat=True))

    def plan_one(assignment_id: uuid.UUID) -> None:
        with tenancy.acting(system):
            assignment = Assignment.objects.filter(pk=assignment_id).first()
            if assignment is not None:
                occurrences.plan(assignment, now)

    _each("Assignment %s can not be planned: %s", waiting, plan_one)


def _open_weeks(practice_id: uuid.UUID) -> None:
    """Open the weeks of programs whose time has come, one transaction each."""
    system = tenancy.as_system(practice_id)
    with tenancy.acting(system):
        now = clock.now()
        runs = list(ProgramRun.objects.filter(ended_at=None).values_list("pk", flat=True))

    def open_one(run_id: uuid.UUID) -> None:
        with tenancy.acting(system):
            run = ProgramRun.objects.filter(pk=run_id).first()
            if run is not None:
                programs.open_what_is_due(run, now)

    _each("Program %s can not go on: %s", runs, open_one)


def _close_practice(practice_id: uuid.UUID) -> None:
    with tenancy.acting(tenancy.as_system(practice_id)):
        now = clock.now()
        pausing.settle_all(now)
        occurrences.close_due(now)
        occurrences.end_finished(now)
