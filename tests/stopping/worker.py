"""The real Celery application, with one job more that takes its time: for real workers that are stopped meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path

from practice.celery import app

__all__ = ["app"]


@app.task(name="tests.stopping.slow")
def slow(*, which: str) -> None:
    marks = Path(os.environ["MARKS"])
    (marks / f"begun-{which}").touch(exist_ok=False)
    until = time.monotonic() + 30
    while not (marks / "go-on").exists() and time.monotonic() < until:
        time.sleep(0.02)
    (marks / f"done-{which}").touch(exist_ok=False)
