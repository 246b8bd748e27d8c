"""The two processes that are measured: ours, and its floor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.db import connection

OURS, FLOOR = "ours", "floor"
SETTINGS = {OURS: "tests.benchmarks.pages.ours", FLOOR: "tests.benchmarks.pages.floor.settings"}


class Failed(AssertionError):
    """A process did not answer as it should."""


@dataclass
class Side:
    """One warm process."""

    name: str
    process: subprocess.Popen[str]
    #: Where callgrind writes, for a process that runs in it.
    folder: Path | None = None
    counted: int = field(default=0)

    def tell(self, **order: Any) -> dict[str, Any]:
        """Give an order and return what came of it."""
        _pipe(self.process.stdin).write(json.dumps(order) + "\n")
        _pipe(self.process.stdin).flush()
        line = _pipe(self.process.stdout).readline()
        if not line:
            raise Failed(f"{self.name} ended with {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise Failed(f"{self.name}: {found['error']}")
        return found

    # ── in callgrind ──

    def watch(self) -> None:
        """From now on instructions are counted; until now the process ran at nearly its own speed."""
        self._control("-i", "on")

    def instructions(self, times: int) -> int:
        """Return how many instructions one request takes, of so many."""
        assert self.folder is not None
        self.tell(do="settle")
        self._control("-z")
        self.tell(do="run", times=times)
        self._control("-d")
        self.counted += 1
        told = (self.folder / f"counts.{self.counted}").read_text()
        [total] = [line for line in told.splitlines() if line.startswith("totals: ")]
        return int(total.removeprefix("totals: ")) // times

    def _control(self, *words: str) -> None:
        subprocess.run(["callgrind_control", *words, str(self.process.pid)], check=True, capture_output=True)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@contextmanager
def side(name: str, *words: str, folder: Path | None = None) -> Iterator[Side]:
    """Start one of them, warm; it ends with the block."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": SETTINGS[name],
        "ATTUNE_TEST_DATABASE": connection.settings_dict["NAME"],
        "ATTUNE_TEST_SMTP_PORT": "1",  # no mail leaves
        "PYTHONHASHSEED": "0",
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [*words, sys.executable, "-m", "tests.benchmarks.pages.child"]
    with subprocess.Popen(command, env=environment, **pipes) as process:  # type: ignore[call-overload]
        try:
            if _pipe(process.stdout).readline() != "ready\n":
                raise Failed(f"{name} did not start")
            yield Side(name, process, folder)
            _pipe(process.stdin).close()
            process.wait(60)
        finally:
            process.kill()


@contextmanager
def both() -> Iterator[dict[str, Side]]:
    with side(OURS) as ours, side(FLOOR) as floor:
        yield {OURS: ours, FLOOR: floor}


def can_count() -> bool:
    """Tell whether instructions can be counted on this machine."""
    return bool(shutil.which("valgrind") and shutil.which("callgrind_control"))


@contextmanager
def counting(name: str) -> Iterator[Side]:
    """Start one of them in callgrind, not counting yet."""
    with tempfile.TemporaryDirectory() as place:
        words = [
            *("valgrind", "--tool=callgrind", "--instr-atstart=no", "-q"),
            f"--callgrind-out-file={place}/counts",
        ]
        with side(name, *words, folder=Path(place)) as found:
            yield found
