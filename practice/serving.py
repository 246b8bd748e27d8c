"""How the web server serves, the one place where that stands: ``gunicorn --config python:practice.serving``.

What is given on gunicorn's command line comes before this; ``WEB_CONCURRENCY`` says how many processes. `make bench`
compares these numbers with others (``tests/benchmarks/test_serving.py``).
"""

from __future__ import annotations

import os
from pathlib import Path

wsgi_app = "practice.wsgi:application"
worker_class = "gthread"
#: One for each core: a process works at one page at a time, whatever its threads wait for.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
#: While one waits for the database another works. More of them only make each other slower.
threads = 4
#: Who comes while all are busy waits here, and is not turned away.
backlog = 2048
#: What a stopped server's requests have to end in; the units and containers wait a little longer.
graceful_timeout = 30
#: A process ends after so many requests and a new one takes its place, each at another time: no memory grows for ever.
max_requests, max_requests_jitter = 10_000, 2_000
#: Where it shows that it lives. On a disk that is busy it would be taken for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
#: Nobody commands it but by signals.
control_socket_disable = True

#: Connections of one process to the database: one for each thread, and two for what is done beside a page.
CONNECTIONS = threads + 2
