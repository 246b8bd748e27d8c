"""The real application, with one address more that takes its time: for real web servers that are stopped meanwhile.

It leaves a file behind when it begins and another when it is done, so that whoever stops it knows what was in hand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse

from practice.wsgi import application as attune

MARKS = Path(os.environ["MARKS"])


def application(environ: dict[str, Any], start_response: StartResponse | Callable[..., Any]) -> Iterable[bytes]:
    if not environ["PATH_INFO"].startswith("/slow/"):
        return attune(environ, start_response)
    which = environ["PATH_INFO"].removeprefix("/slow/")
    (MARKS / f"begun-{which}").touch()
    until = time.monotonic() + 30
    while not (MARKS / "go-on").exists() and time.monotonic() < until:
        time.sleep(0.02)
    (MARKS / f"done-{which}").touch()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [which.encode()]
