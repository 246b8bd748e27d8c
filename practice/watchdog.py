"""A watchdog inside each worker's main process, which needs neither the scheduler nor the broker.

A worker can live and do nothing: its connection to the broker was cut and nobody told it, or it reconnected and
listens to nothing. So it is judged by what was done. When no pulse (:mod:`practice.pulse`) was reached for three
minutes although the database answers, an alarm is raised, and the worker begins again in the same process, as it does
on SIGHUP. Where it does not end by itself, for what hangs may be its main loop, it is replaced.

It looks with a connection of its own: what the pool holds belongs to jobs, and would be inherited by forks.
"""

from __future__ import annotations

import atexit
import datetime
import logging
import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from celery import bootsteps, platforms
from celery.worker import state as worker_state
from django.conf import settings

from practice import alarms, own_line, roles
from practice.alarms import Alarm

log = logging.getLogger(__name__)

#: How often this process has begun again without any pulse since: each time it is more patient.
RESTARTS = "ATTUNE_WATCHDOG_RESTARTS"
MOST_DOUBLINGS = 5
ALARM_EVERY = datetime.timedelta(minutes=15)
LOOKS_PER_SILENCE = 12
#: How long, in seconds, a worker may take to end by itself. Its main loop may be what hangs.
GRACE = 30.0

#: Which pulses there are and which were reached, as two words that change. Not when: a clock may be set.
PULSES = """
    SELECT coalesce(sum(hashtextextended(id::text, 0)) FILTER (WHERE reached_at IS NOT NULL), 0)::text,
           coalesce(sum(hashtextextended(id::text, 0)), 0)::text
    FROM practice_pulse
"""


@dataclass(frozen=True)
class Seen:
    """What one look at the database told: words for the pulses that were reached, and for those planted."""

    reached: str = ""
    planted: str = ""
    answers: bool = True


class Watchdog:
    """Looks for pulses until told to stop; ``restart`` is what it does about silence."""

    def __init__(self, silence: float, restart: Any = None) -> None:
        self.silence = silence
        self.restart = restart or begin_again
        self.last = Seen()
        self.reached_at = self.planted_at = time.monotonic()
        self.stopped = threading.Event()
        self.restarts = int(os.environ.get(RESTARTS) or 0)

    def run(self) -> None:
        while not self.stopped.wait(max(self.silence / LOOKS_PER_SILENCE, 0.5)):
            try:
                if self.judges(self.looks()):
                    return
            except Exception as error:
                log.error("The watchdog stumbles: %s", type(error).__name__)

    @property
    def patience(self) -> float:
        """How long silence is borne: longer each time that beginning again did not help."""
        return self.silence * 2 ** min(self.restarts, MOST_DOUBLINGS)

    def looks(self) -> Seen:
        try:
            with _own_connection() as own:
                return Seen(*(own.execute(PULSES).fetchone() or ()))
        except psycopg.Error:
            return Seen(answers=False)

    def judges(self, seen: Seen) -> bool:
        """Act on what was seen; tell whether the worker begins again."""
        now = time.monotonic()
        if not seen.answers:
            # Jobs wait for the database, not for us; silence is counted anew once it is back.
            self.reached_at = self.planted_at = now
            return False
        self._compare(seen, now)
        if now - self.reached_at < self.patience:
            return False
        # Where pulses are planted somebody does work: it is the mail server that they do not reach.
        works = now - self.planted_at < self.silence
        self.barks(works)
        if works:
            return False
        os.environ[RESTARTS] = str(self.restarts + 1)
        self.restart()
        return True

    def _compare(self, seen: Seen, now: float) -> None:
        first = self.last == Seen()
        if not first and seen.reached != self.last.reached:
            self.reached_at = now
            self.restarts = 0
            os.environ.pop(RESTARTS, None)
        if not first and seen.planted != self.last.planted:
            self.planted_at = now
        self.last = seen

    def barks(self, works: bool) -> None:
        if works:
            alarm = Alarm("silent", "pulses are planted and do not reach the mail server")
        else:
            alarm = Alarm("silent", "no pulse gets through, so scheduler, broker or workers do not work")
            log.warning("No pulse for %.0f seconds: this worker begins again.", self.patience)
        with _own_connection() as own, own.cursor() as cursor:
            first = alarms.is_first(cursor, alarm.name, ALARM_EVERY)
        if first:
            alarms.tell(alarm)


def _own_connection() -> psycopg.Connection:
    return own_line.connect(roles.DISPATCH)


def begin_again() -> None:
    """Let the worker end in good order and begin anew in this process; replace it where it does not end."""
    atexit.register(_replace)
    setattr(worker_state, "should_stop", platforms.EX_OK)  # noqa: B010 its stubs say None
    time.sleep(GRACE)
    log.error("This worker does not end by itself: it is replaced at once.")
    _replace()


def _replace() -> None:
    """Run the same command line again in this process.

    Its children end the job that they have, find their pipes closed, and end; should the job be rung again: it is
    harmless twice.
    """
    platforms.close_open_fds({0, 1, 2})
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


class WatchdogStep(bootsteps.StartStopStep):
    """Starts the watchdog with the worker, before it has ever reached a broker."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        self.watchdog: Watchdog | None = None
        super().__init__(worker, **kwargs)

    def include_if(self, worker: Any) -> bool:
        return settings.ATTUNE_WATCHDOG_SECONDS > 0

    def start(self, worker: Any) -> None:
        self.watchdog = Watchdog(settings.ATTUNE_WATCHDOG_SECONDS)
        threading.Thread(target=self.watchdog.run, name="watchdog", daemon=True).start()

    def stop(self, worker: Any) -> None:
        if self.watchdog:
            self.watchdog.stopped.set()
