"""Runs all that the demo consists of, until it is interrupted.

    settle(state, reset=False)      # first: comes back in a process whose environment has the ports
    run(state, prepare=..., on_ready=...)

`run` has PostgreSQL and Valkey up through `prepare` (whoever connects starts them), then starts web,
worker, beat, mail sink and text message sink, each in a process group of its own so that Ctrl-C reaches this
process only, starts again what dies, and at the end stops everything. All of it keeps its data in `state`.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from practice.local import leftovers, machine, ports, postgres, valkey
from practice.local.servers import LocalServerError, tail

CHECKOUT = Path(__file__).resolve().parents[2]
SETTLED = "ATTUNE_SETTLED"
READY_SECONDS = 90
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60  # who ran this long begins again without a pause


def say_at_once(text: str) -> None:
    """Print a line now, also where the output goes to a file or a pipe."""
    print(text, flush=True)


@dataclass(frozen=True)
class Command:
    """A program to keep running; `answers` tells whether it is up (None: as soon as it runs)."""

    name: str
    words: Sequence[str]
    answers: Callable[[], bool] | None = None


def settle(state: Path, *, reset: bool = False, say: Callable[[str], object] = say_at_once) -> None:
    """Make room and choose ports, then run this same command line again with them in its environment.

    Returns in that second run only: settings read the environment once, at the start. `reset` removes all
    data first.
    """
    if os.environ.get(SETTLED) == str(os.getpid()):  # the pid stays the same, and no child inherits it
        return
    with _only_one(state):
        leftovers.end(state, say)
        if reset:
            erase(state)
        chosen = ports.choose(say)
    environment = os.environ | {
        SETTLED: str(os.getpid()),
        "ATTUNE_DEMO": "1",
        "ATTUNE_STATE": str(state.absolute().parent),
        "ATTUNE_WEB_PORT": str(chosen.web),
        "ATTUNE_SMTP_PORT": str(chosen.smtp),
        "ATTUNE_TEXTS_PORT": str(chosen.texts),
        **machine.library_path(),
    }
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606


def run(
    state: Path,
    *,
    prepare: Callable[[], object],
    on_ready: Callable[[ports.Ports], int | None],
    commands: Sequence[Command] | None = None,
    say: Callable[[str], object] = say_at_once,
) -> int:
    """Prepare, start everything, call `on_ready`, and stay until interrupted; returns the exit code.

    If `on_ready` returns a number, everything stops right then and that number is the exit code.
    """
    with _only_one(state):
        family = _Family(state, commands or demo_commands(state, ports.current()), say)
        with _signals(_interrupt):
            try:
                _hold_ports_while(prepare)
                family.start()
                code = on_ready(ports.current())
                while code is None:
                    family.tend()
                    time.sleep(0.2)
                return code
            except KeyboardInterrupt:
                return 0 if family.started else 130
            finally:
                with _signals(signal.SIG_IGN):
                    with suppress(OSError):  # the terminal may be gone
                        say("Stopping …")
                    family.stop()
                    valkey.stop(state)
                    postgres.stop(state)
                    with suppress(OSError):
                        say("Stopped. The data is kept.")


def _hold_ports_while(prepare: Callable[[], object]) -> None:
    """Get ready with all ports in our hand: filling takes its time, and another demo may begin meanwhile.

    If one was taken since it was chosen, the command line begins again and chooses others.
    """
    with ExitStack() as holding:
        try:
            holding.enter_context(ports.held(ports.current()))
        except OSError:
            del os.environ[SETTLED]
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
        prepare()


def erase(state: Path) -> None:
    """Remove all data of a demo that does not run."""
    postgres.erase(state)
    valkey.erase(state)
    for entry in state.iterdir() if state.exists() else ():
        if entry.name.endswith(".lock"):
            continue  # held by whoever calls
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def demo_commands(state: Path, at: ports.Ports) -> list[Command]:
    """What the demo runs beside PostgreSQL and Valkey."""
    web = ["gunicorn", "--config", "python:practice.serving", "--bind", f"127.0.0.1:{at.web}"]
    web += ["--graceful-timeout", "5"]
    worker = ["celery", "-A", "practice", "worker", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    short, long = ["-Q", "celery", "--concurrency", "2"], ["-Q", "papers", "-n", "papers@%h", "--concurrency", "1"]
    beat = ["celery", "-A", "practice", "beat", "--pidfile=", "--schedule", str(state / "beat" / "schedule")]
    mail = ["practice.local.smtp", str(state), str(at.smtp)]
    texts = ["practice.local.texts", str(state), str(at.texts)]
    return [
        Command("mail", _python(mail), lambda: ports.listening(at.smtp)),
        Command("texts", _python(texts), lambda: ports.listening(at.texts)),
        Command("web", _python(web), lambda: ports.listening(at.web)),
        Command("worker", _python([*worker, *short])),
        Command("papers", _python([*worker, *long])),
        Command("beat", _python(beat)),
    ]


def _python(words: list[str]) -> list[str]:
    return [sys.executable, "-m", *words]


class _Child:
    """One command, and the process that runs it now."""

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.trace: leftovers.Trace | None = None
        self.ended = 0  # times in a row
        self.began = 0.0
        self.again_at = 0.0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command.words,
                cwd=CHECKOUT,
                env=os.environ | machine.library_path() | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.began = time.monotonic()
        self.trace = leftovers.Trace.of(self.command.name, self.process.pid, self.command.words)

    def has_ended(self) -> bool:
        """Whether it has ended since the last question; plans when it is to start again."""
        if self.process is None or leftovers.runs(self.process.pid):
            return False
        # Not reaped yet, so its number still belongs to it, and to the workers that it may have left behind.
        leftovers.end_groups([self.process.pid], grace=0)
        self.process.wait()
        self.process = None
        self.ended = 1 if time.monotonic() - self.began > STEADY_SECONDS else self.ended + 1
        self.again_at = time.monotonic() + min(2.0 ** (self.ended - 1), LONGEST_PAUSE)
        return True


class _Family:
    """All the children of one demo."""

    def __init__(self, state: Path, commands: Sequence[Command], say: Callable[[str], object]) -> None:
        self.state = state
        self.say = say
        self.children = [_Child(command, state / "logs" / f"{command.name}.log") for command in commands]
        self.started = False

    def start(self) -> None:
        """Start all and wait until they answer; an error with the end of its log when one does not."""
        for folder in ("logs", "beat"):
            (self.state / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        for child in self.children:
            child.log.write_bytes(b"")
            child.start()
            self._record()
        end = time.monotonic() + READY_SECONDS
        while waiting := [c for c in self.children if c.process is None or not _up(c.command)]:
            self.tend()
            hopeless = next((child for child in self.children if child.ended > 2), None)
            if hopeless or time.monotonic() > end:
                child = hopeless or waiting[0]
                raise LocalServerError(f"{child.command.name} does not start.\n{tail(child.log)}")
            time.sleep(0.1)
        self.started = True

    def tend(self) -> None:
        """Start again what has ended."""
        for child in self.children:
            if child.has_ended():
                pause = max(child.again_at - time.monotonic(), 0)
                self.say(f"{child.command.name} ended; it starts again in {pause:.0f} s. See {child.log}")
            if child.process is None and time.monotonic() >= child.again_at:
                child.start()
                self._record()

    def stop(self) -> None:
        leftovers.end_groups([child.process.pid for child in self.children if child.process])
        for child in self.children:
            if child.process:
                child.process.wait()
        leftovers.record(self.state, [])

    def _record(self) -> None:
        leftovers.record(self.state, [child.trace for child in self.children if child.trace])


def _up(command: Command) -> bool:
    return command.answers is None or command.answers()


@contextmanager
def _only_one(state: Path) -> Iterator[None]:
    """Hold the demo of `state` for this process; the kernel lets go of it however the process ends."""
    state.mkdir(parents=True, exist_ok=True)
    handle = os.open(state / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalServerError(
                "The demo of this checkout is running already. Stop it with Ctrl-C where it runs."
            ) from None
        yield
    finally:
        os.close(handle)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def _signals(handler: Callable[[int, object], None] | signal.Handlers) -> Iterator[None]:
    """Answer Ctrl-C, a polite kill and a closed terminal with `handler`."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
