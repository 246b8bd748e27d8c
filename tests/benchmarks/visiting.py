"""People who visit a web server: `python -m tests.benchmarks.visiting PORT SECONDS`.

It reads a line of JSON, a list of sign-ins and the form that each was given. All look at everything once, so that the
server is warm, and it prints `ready`. After another line it prints one of JSON: what each request took in milliseconds,
how long all of it took, and how many were answered with something else than the page. Each visitor waits for an answer
before they go on, and has no pauses between: it is the server that is measured.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time

import django

PATHS = ("/today/", "/do/{form}/", "/do/{form}/1/", "/together/")


class Visitor(threading.Thread):
    def __init__(self, port: int, session: str, form: str) -> None:
        super().__init__()
        from tests.hosts.hosts import Phone

        self.phone, self.port, self.form = Phone(session), port, form
        self.until = 0.0
        self.saves = self.errors = 0
        self.took: list[float] = []

    def run(self) -> None:
        acts = itertools.cycle([*PATHS, ""])
        while time.monotonic() < self.until:
            path = next(acts)
            self.visits(path) if path else self.saves_something()

    def looks_around(self) -> None:
        """Open everything once, and count nothing of it."""
        for path in PATHS:
            self.visits(path)
        self.took.clear()

    def visits(self, path: str) -> None:
        self._visits(path.format(form=self.form))

    def saves_something(self) -> None:
        # Made from what it was last here: nothing else changes it.
        said = {"question": "near", "near": str(self.saves % 11), "base_version": "1000000"}
        self._visits(f"/do/{self.form}/save/", **said)
        self.saves += 1

    def _visits(self, path: str, **fields: str) -> None:
        began = time.perf_counter()
        try:
            ask = self.phone.post if fields else self.phone.get
            self.errors += ask(self.port, path, **fields)[0] != 200
        except OSError:
            self.errors += 1
        self.took.append((time.perf_counter() - began) * 1000)


def main() -> None:
    django.setup()
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    visitors = [Visitor(port, *one) for one in json.loads(sys.stdin.readline())]
    for one in visitors:
        one.looks_around()
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    for one in visitors:
        one.until = began + seconds
        one.start()
    for one in visitors:
        one.join()
    took, errors = [ms for one in visitors for ms in one.took], sum(one.errors for one in visitors)
    print(json.dumps([took, time.monotonic() - began, errors]))


if __name__ == "__main__":
    main()
