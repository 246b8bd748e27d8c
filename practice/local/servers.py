"""What the launchers of PostgreSQL and Valkey have in common.

The one rule behind all of it: a server is up when its socket answers. Pid files are hints that may be
stale, and a pid read from a file may by now belong to somebody else's program, so nothing here ever signals
one without knowing it.
"""

import fcntl
import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

# The kernel takes 107 bytes (103 on macOS) for a unix socket; PostgreSQL appends its own file name and a
# lock file's.
LONGEST_SOCKET_PATH = 90
# Characters that need no quoting in a shell, a URL or a PostgreSQL list of directories.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


class LocalServerError(RuntimeError):
    """A local server could not be started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """A user of this machine, as the one that a server is to run as."""

    uid: int
    gid: int


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`; other processes of this checkout wait their turn.

    The kernel lets go of it when the holder ends, however it ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError as error:
        raise LocalServerError(
            f"{path} belongs to another user. Run this as that user, or remove {path.parent}."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def socket_directory(preferred: Path, file_name: str) -> Path:
    """Where to put a socket: in `preferred`, or if that path is too long or needs quoting, under /tmp.

    Always the same answer for the same `preferred`, so that every process finds the socket without asking.
    """
    if len(bytes(preferred / file_name)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(preferred)):
        return preferred
    name = hashlib.sha256(bytes(preferred)).hexdigest()[:20]
    # Not TMPDIR, which may differ between processes. `private_directory` guards against others.
    return Path("/tmp") / f"attune-{name}"  # noqa: S108


def private_directory(path: Path, owner: Account | None) -> None:
    """Make `path` a directory that only `owner` (or who asks, when None) can enter.

    Refuses a directory that somebody else made under that name, which in /tmp could be a trap.
    """
    wanted = owner.uid if owner else os.getuid()
    try:
        path.mkdir(mode=0o700, parents=True)
        if owner:
            os.chown(path, owner.uid, owner.gid)
    except FileExistsError:
        pass
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (wanted, os.getuid()):
        raise LocalServerError(f"{path} belongs to another user. Run this as that user, or remove it.")
    if found.st_uid != wanted and owner:
        os.chown(path, owner.uid, owner.gid)
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


def working_in(directory: Path, program: str) -> list[psutil.Process]:
    """The living processes called `program` whose working directory is `directory`.

    Both servers change into their data directory, so this is how one of ours is told from anybody else's. A
    zombie is dead for our purpose: it holds no file.
    """
    found = []
    for process in psutil.process_iter(["name"]):
        if not (process.info["name"] or "").startswith(program):
            continue
        try:
            if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == directory:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # ended meanwhile, or belongs to a user who is none of ours
    return found


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Ask `condition` until it holds (True) or `seconds` have gone by (False)."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def tail(log: Path, start: int = 0, lines: int = 12) -> str:
    """The last lines of a log file, from byte `start` on, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
