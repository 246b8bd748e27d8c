"""How a worker takes jobs from the broker: as Celery does, save for one that it can not lay down.

Where the connection breaks while a worker says that its job is done, Celery writes that down and goes on. The transport
still counts the job as in hand; a worker that takes one at a time waits for empty hands for good. It lives and hears
nothing, and while others work no watchdog (:mod:`practice.watchdog`) sees it. So it connects anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from celery.worker import consumer
from kombu.message import Message


class Consumer(consumer.Consumer):
    """Celery's, which connects anew when a job could be neither acknowledged nor rejected."""

    def call_soon(self, p: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run it in the worker's next round. What acknowledges or rejects a job must have done so by its end."""
        message = getattr(p, "__self__", None)
        return super().call_soon(_lays_down(p, message) if isinstance(message, Message) else p, *args, **kwargs)


def _lays_down(say: Callable[..., Any], message: Message) -> Callable[..., Any]:
    @functools.wraps(say)
    def said(*args: Any, **kwargs: Any) -> None:
        say(*args, **kwargs)
        if not message.acknowledged:
            raise ConnectionError("The broker was not told about a job's end.")

    return said
