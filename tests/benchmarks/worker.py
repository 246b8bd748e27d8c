"""One worker of the benchmark: `python -m tests.benchmarks.worker deliver|letters|blank`.

It connects, prints `ready`, waits for a line, works until nothing is due, and prints what it took as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from pathlib import Path

import django


def resident() -> int:
    """Return how much memory this process holds, in kilobytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def deliver() -> int:
    """The real thing."""
    from practice import delivery

    return delivery.deliver(seconds=600)["accepted"]


def main() -> None:
    django.setup()
    from django.db import connection

    from practice import dispatch
    from tests.benchmarks import by_hand, reminding

    reminding.register()
    reminding.written(uuid.uuid4())  # templates are read, modules are there
    dispatch.practices()
    work = {"deliver": deliver, "letters": by_hand.letters, "blank": by_hand.blank}[sys.argv[1]]
    print("ready", flush=True)
    sys.stdin.readline()
    memory, began, cpu = resident(), time.monotonic(), time.process_time()
    sent = work()
    took = {"sent": sent, "seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}
    print(json.dumps(took | {"before": memory, "after": resident()}), flush=True)
    connection.close()


if __name__ == "__main__":
    if os.environ.get("ATTUNE_PROFILE"):
        import cProfile

        # By processor time: waiting for the database or for others on this machine is not our own work.
        profile = cProfile.Profile(time.process_time)
        profile.runcall(main)
        profile.dump_stats(os.environ["ATTUNE_PROFILE"])
    else:
        main()
