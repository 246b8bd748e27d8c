"""The Celery application of a rehearsal: the real one, hasty, and with marked points at which it may be killed.

A file named after a point in CHAOS_ORDERS is an order: whichever process comes there first takes it away and dies by
SIGKILL. Nothing else is changed: the functions run as they are.
"""

from __future__ import annotations

import datetime
import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from celery import signals

from practice.celery import app

__all__ = ["app"]

#: In the order in which a message comes by them.
POINTS = (
    "before_claim",
    "after_claim",
    "after_render",
    "after_handoff",
    "after_begun",
    "after_accept",
    "before_commit",
)
LEASE = datetime.timedelta(seconds=float(os.environ.get("CHAOS_LEASE", "4")))


def dies_at(point: str) -> None:
    """Die here if that was ordered. Taking the order away is atomic: one order, one death."""
    order = Path(os.environ["CHAOS_ORDERS"]) / point
    try:
        order.rename(order.with_suffix(f".{os.getpid()}.done"))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def before(
    point: str, run: Callable[..., Any], comes_by: Callable[..., bool] = lambda *args, **kwargs: True
) -> Callable[..., Any]:
    """Die instead of running, where the arguments show that a message comes by."""

    @functools.wraps(run)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if comes_by(*args, **kwargs):
            dies_at(point)
        return run(*args, **kwargs)

    return wrapped


def after(
    point: str, run: Callable[..., Any], came_by: Callable[[Any], bool] = lambda found: True
) -> Callable[..., Any]:
    """Die once it returned something that shows that a message came by."""

    @functools.wraps(run)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        found = run(*args, **kwargs)
        if came_by(found):
            dies_at(point)
        return found

    return wrapped


@signals.worker_init.connect
@signals.beat_init.connect
def _let_chaos_in(**kwargs: Any) -> None:
    django.setup()
    from tests.chaos import kinds

    kinds.register(on_deadly=lambda: os.kill(os.getpid(), signal.SIGKILL))
    _hurry()
    _mark()


def _hurry() -> None:
    """Minutes become seconds, so that a rehearsal sees many of them."""
    from practice import circuits, handing_off, moves, pace, watchdog

    moves.CLAIM = handing_off.LEASE = LEASE
    moves.FIRST_PAUSE, moves.LONGEST_PAUSE = 0.25, 1.0
    handing_off.SOON = datetime.timedelta(seconds=1)
    circuits.FIRST, circuits.LONGEST, circuits.TRIAL = 1.0, 3.0, LEASE
    watchdog.GRACE = 5.0
    pace.MINUTE = datetime.timedelta(seconds=1)


def _mark() -> None:
    from practice import delivery, moves
    from practice.channels import email
    from practice.handing_off import HandOff

    moves.claim = after("after_claim", before("before_claim", moves.claim), bool)
    HandOff._write_letters = after("after_render", HandOff._write_letters)  # type: ignore[method-assign]
    delivery.Courier._hands_off = after("after_handoff", delivery.Courier._hands_off, bool)  # type: ignore[method-assign]
    moves.turn_over = after("after_begun", moves.turn_over, lambda found: bool(found[1]))
    email.Email.send = after("after_accept", email.Email.send)  # type: ignore[method-assign]
    # Endings are written down one by one in a transaction, or all in one trip where they are plain.
    moves._write_down = after("before_commit", moves._write_down)
    moves._turn_over_at_once = before(
        "before_commit", moves._turn_over_at_once, lambda practice_id, worker, ended, begins: bool(ended)
    )


@signals.celeryd_init.connect
def _tick_faster(**kwargs: Any) -> None:
    # What is left of a job that outlives its worker must be over before its lease is taken for the dead's.
    app.conf.task_soft_time_limit, app.conf.task_time_limit = 20, 25


@app.on_after_configure.connect
def _ring_often(sender: Any, **kwargs: Any) -> None:
    every = {
        "practice.tasks.deliver": 1.0,
        "practice.tasks.probe": 1.5,
        "practice.tasks.sweep": 2.0,
        "practice.tasks.plant_pulse": 2.0,
        "practice.tasks.watch": 5.0,
    }
    sender.conf.beat_schedule = {task: {"task": task, "schedule": seconds} for task, seconds in every.items()}
