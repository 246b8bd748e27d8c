"""The record of the processes that a demo has started, so that the next one can end what a `kill -9` left
behind.

A pid alone proves nothing: it may be a stranger's by now. A process is taken for ours only if it also began
at the recorded moment and runs the recorded command.
"""

import json
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from practice.local.servers import wait_until

RECORD = "processes.json"
GRACE_SECONDS = 12
CLOCK_SECONDS = 2  # what a correction of the clock may shift the moment a process began


@dataclass(frozen=True)
class Trace:
    """What a process of ours is known by."""

    name: str
    pid: int
    began: float
    arguments: list[str]

    @classmethod
    def of(cls, name: str, pid: int, words: Sequence[str]) -> "Trace | None":
        """Take down the process `pid`, which we began with `words`; None if it has ended already.

        The words are not read from the process: in its first moment it has none to show.
        """
        try:
            return cls(name, pid, psutil.Process(pid).create_time(), list(words[1:]))
        except psutil.Error:
            return None

    def process(self) -> psutil.Process | None:
        """The process, if it still runs and is the same one."""
        try:
            process = psutil.Process(self.pid)
            same = (
                abs(process.create_time() - self.began) < CLOCK_SECONDS
                # Without the interpreter, whose path macOS may rewrite.
                and process.cmdline()[1:] == self.arguments
                and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return None
        return process if same else None


def record(state: Path, traces: Iterable[Trace]) -> None:
    """Write down the processes that run now, in place of what was there."""
    unfinished = state / f"{RECORD}.{os.getpid()}"
    unfinished.write_text(json.dumps([asdict(trace) for trace in traces], indent=1))
    unfinished.rename(state / RECORD)


def end(state: Path, say: Callable[[str], object] = print) -> None:
    """End what is left of an earlier demo of this `state`, and nothing else."""
    traces = _read(state)
    alive = [trace for trace in traces if trace.process()]
    if alive:
        say(f"Ending what an interrupted demo left running: {', '.join(trace.name for trace in alive)}.")
    end_groups([process.pid for process in (trace.process() for trace in alive) if process])
    (state / RECORD).unlink(missing_ok=True)


def end_groups(leaders: list[int], grace: float = GRACE_SECONDS) -> None:
    """Ask each process group to end by its leader, wait, then end what is left of the group."""
    for leader in leaders:
        _signal(os.kill, leader, signal.SIGTERM)  # the leader ends its own workers in good order
    wait_until(lambda: not any(runs(leader) for leader in leaders), grace)
    for leader in leaders:
        _signal(os.killpg, leader, signal.SIGKILL)
    wait_until(lambda: not any(runs(leader) for leader in leaders), 5)


def _signal(send: Callable[[int, int], None], target: int, number: int) -> None:
    # Gone already, or a group of zombies, for which macOS answers 'not permitted'.
    with suppress(ProcessLookupError, PermissionError):
        send(target, number)


def runs(pid: int) -> bool:
    """Whether the process `pid` lives; one that has ended and waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _read(state: Path) -> list[Trace]:
    try:
        return [Trace(**entry) for entry in json.loads((state / RECORD).read_text())]
    except (FileNotFoundError, ValueError, TypeError):
        return []
