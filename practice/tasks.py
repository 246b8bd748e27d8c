"""The jobs of the outbox. Each is safe to run twice, late, or at once with itself."""

from __future__ import annotations

import logging
import uuid

from practice import (
    alarms,
    anchoring,
    archives,
    calling_out,
    delivery,
    dispatch,
    limits,
    pulse,
    sealing,
    signing_in,
    sweeping,
    tenancy,
    webhooks,
)
from practice.api import repeating
from practice.celery import app

log = logging.getLogger(__name__)


@app.task(name="practice.tasks.deliver", steps=True, expires=30)
def deliver() -> None:
    """Deliver what is due, in all practices. Rung by beat; a ring that waited too long is dropped."""
    delivery.deliver()
    pulse.reach()


@app.task(name="practice.tasks.probe", steps=True, expires=30)
def probe() -> None:
    """Try the providers that were out of order."""
    delivery.probe()


@app.task(name="practice.tasks.sweep", steps=True, expires=60)
def sweep() -> None:
    """Take care of what dead workers left behind."""
    sweeping.sweep()


@app.task(name="practice.tasks.resolve", steps=True, expires=300)
def resolve() -> None:
    """Ask the providers about messages that nobody knows the fate of."""
    sweeping.resolve_all()


@app.task(name="practice.tasks.plant_pulse", steps=True, expires=60)
def plant_pulse() -> None:
    """Plant a pulse: the next delivery carries it (see practice/pulse.py)."""
    pulse.plant()


@app.task(name="practice.tasks.watch", steps=True, expires=60)
def watch() -> None:
    """Raise the alarms that are on."""
    alarms.watch()


@app.task(name="practice.tasks.seal_trail", steps=True, expires=300)
def seal_trail() -> None:
    """Seal what is new in the audit trail, and sound an alarm where something could not be sealed for long."""
    sealing.seal_all()
    alarms.unsealed(sealing.late())


@app.task(name="practice.tasks.forget_signing_in", steps=True, expires=3600)
def forget_signing_in() -> None:
    """Delete what signing in leaves behind: limits that time has caught up with, sessions that ran out."""
    limits.forget_full()
    signing_in.forget_ended()


@app.task(name="practice.tasks.forget_answers", steps=True, expires=3600)
def forget_answers() -> None:
    """Delete what programs were answered more than a day ago, in all practices (see practice/api/repeating.py)."""
    for practice_id in dispatch.practices():
        try:
            with tenancy.acting(tenancy.as_system(practice_id)):
                repeating.forget_old()
        except Exception as error:
            log.error("Old answers of practice %s wait for the next run: %s", practice_id, type(error).__name__)


@app.task(name="practice.tasks.call_out", steps=True, expires=30)
def call_out() -> None:
    """Call the webhooks that are to be told of something, in all practices (see practice/calling_out.py)."""
    calling_out.deliver()


@app.task(name="practice.tasks.forget_calls", steps=True, expires=3600)
def forget_calls() -> None:
    """Delete old lines about calls, and former secrets, in all practices."""
    webhooks.forget_old_everywhere(log)


@app.task(name="practice.tasks.anchor_trail", steps=True, expires=3600)
def anchor_trail() -> None:
    """Put the newest seals where whoever changes the database can not reach."""
    anchoring.anchor()


@app.task(name="practice.tasks.make_archive", steps=True)
def make_archive(*, practice_id: str, archive_id: str) -> None:
    """Make one file to take away (see practice/archives.py)."""
    archives.make(uuid.UUID(practice_id), uuid.UUID(archive_id))


@app.task(name="practice.tasks.tend_archives", steps=True, expires=60)
def tend_archives() -> None:
    """Destroy files to take away that have run out, and ring again for those that nobody makes, in all practices."""
    for practice_id in dispatch.practices():
        try:
            with tenancy.acting(tenancy.as_system(practice_id)):
                archives.tend()
        except Exception as error:
            log.error("Archives of practice %s wait for the next run: %s", practice_id, type(error).__name__)
