"""The Celery application, and the door that jobs enter a practice through."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from typing import Any

from celery import Celery, Task, signals

from practice import request_ids

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice.settings")

app = Celery("attune", task_cls="practice.celery:PracticeTask")
app.config_from_object("practice.celery_config")
app.autodiscover_tasks()


@signals.celeryd_init.connect
def _bring_watchdog(**kwargs: Any) -> None:
    """Give every worker a watchdog, before it puts its parts together. (It needs the settings: not at import.)"""
    from practice.watchdog import WatchdogStep

    app.steps["worker"].add(WatchdogStep)


class NotAnId(ValueError):
    """Something else than an id was to be put into the queue."""


def only_ids(arguments: Iterable[Any]) -> None:
    """Refuse arguments of a job that are no ids: no name, no word, no address may come to lie in the broker."""
    for one in arguments:
        try:
            is_id = str(uuid.UUID(one)) == one
        except (ValueError, AttributeError, TypeError):
            is_id = False
        if not is_id:
            raise NotAnId("Jobs carry ids and nothing else.")


class PracticeTask(Task):
    """A job. Those that carry a ``practice_id`` run bound to it, as Attune itself, in one transaction.

    Arguments are ids and nothing else: what a queue holds may be read by whoever runs it. A job with
    ``steps = True`` enters the practice by itself, because it commits more than once.
    """

    abstract = True
    ignore_result = True
    steps = False

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Ring for the job; raise :class:`NotAnId` for an argument that is none, before anything leaves."""
        only_ids([*(args or ()), *(kwargs or {}).values()])
        options["headers"] = request_ids.carried(options.get("headers"))
        return super().apply_async(args, kwargs, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from practice import tenancy

        practice_id = kwargs.get("practice_id")
        if practice_id is None or self.steps:
            return super().__call__(*args, **kwargs)
        with tenancy.acting(tenancy.as_system(uuid.UUID(str(practice_id)))):
            return super().__call__(*args, **kwargs)
