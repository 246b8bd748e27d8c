"""Brings this machine to where `make demo` and `make test` can run. The Makefile calls it step by step.

    python3 -I practice/local/machine.py environment | libraries | browser

It runs before anything is installed, so it uses the standard library alone and imports nothing of Attune.
What is there already is found in a moment; what is missing is installed, or one line says how.
"""

import ctypes
import ctypes.util
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
UV = "uv==0.13.9"  # with uv.lock it decides every version; the packages themselves are pinned there
MACOS = sys.platform == "darwin"

# What WeasyPrint loads: the name on Linux, and the one that macOS finds it by.
LIBRARIES = {
    "libgobject-2.0.so.0": "gobject-2.0",
    "libpango-1.0.so.0": "pango-1.0",
    "libpangoft2-1.0.so.0": "pangoft2-1.0",
    "libfontconfig.so.1": "fontconfig",
    "libharfbuzz.so.0": "harfbuzz",
    "libharfbuzz-subset.so.0": "harfbuzz-subset",
}
LIBRARY_PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_SHELL = "chromium-headless-shell"
PGBOUNCER = "pgbouncer"
CHROMIUMS_OF_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def environment() -> None:
    """Make `.venv` hold exactly what uv.lock names."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        package = f"python3.{sys.version_info.minor}-venv"
        _install("Python's venv module", apt=[package], brew=[], said="with your Python's package manager")
    python = VENV / "bin" / "python"
    if not (python.exists() and _succeeds([python, "-c", "import pip"])):
        _say("Making the environment .venv")
        _run([sys.executable, "-m", "venv", "--clear", VENV])
    uv = VENV / "bin" / "uv"
    if not (uv.exists() and _succeeds([uv, "--version"])):
        _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV])
    _say("Installing the packages of uv.lock")
    # The certificates of this machine, and this very Python: nothing else is to be fetched.
    settings = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_LINK_MODE": "copy"}
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    _run([uv, "sync", "--frozen", "--quiet"], env=inherited | settings)


def libraries() -> None:
    """Have the system libraries that WeasyPrint draws text with."""
    if not missing_libraries():
        return
    _install("The libraries that PDFs are made with", apt=LIBRARY_PACKAGES, brew=["pango"])
    check: list[str | Path] = [
        VENV / "bin" / "python",
        "-W",
        "error::DeprecationWarning:weasyprint",
        "-c",
        "import weasyprint",
    ]
    if not _succeeds(check, env=os.environ | library_path()):
        _give_up("WeasyPrint still does not find its libraries; its own message: .venv/bin/weasyprint --info")


def browser() -> None:
    """Have Chromium for the browser tests, poppler to look into PDFs, and pgbouncer where it is easily had."""
    if chromium() is None:
        _install("Chromium, for the browser tests", apt=["chromium"], brew=["--cask", "chromium"])
    _have_the_shell()
    if shutil.which("pdftotext") is None or shutil.which("pdftoppm") is None:
        _install("poppler, for the tests of PDFs", apt=["poppler-utils"], brew=["poppler"])
    _have_pgbouncer()


def _have_the_shell() -> None:
    """Have Chromium without a browser's windows, where it is easily had: it does the same in less time."""
    if shutil.which(CHROMIUM_SHELL) or not _succeeds(["apt-cache", "show", CHROMIUM_SHELL]):
        return
    _say(f"Chromium's shell, for quicker browser tests: installing {CHROMIUM_SHELL}")
    if not _with_apt([CHROMIUM_SHELL]):
        _say("It could not be installed. The tests take Chromium itself.")


def _have_pgbouncer() -> None:
    """Have a pooler of transactions to test behind; where it is no package its tests say what is missing."""
    if pgbouncer() or not _succeeds(["apt-cache", "show", PGBOUNCER]):
        return
    _say(f"A pooler of transactions, for the tests behind one: installing {PGBOUNCER}")
    if not _with_apt([PGBOUNCER]):
        _say("It could not be installed. Those tests are left out.")


def pgbouncer() -> str | None:
    """The pgbouncer of this machine."""
    return shutil.which(PGBOUNCER, path=_with_sbin(os.environ.get("PATH", "")))


def chromium() -> str | None:
    """The Chromium or Chrome of this machine."""
    found = (shutil.which(name) for name in CHROMIUMS)
    return next((path for path in found if path), None) or next(
        (path for path in CHROMIUMS_OF_MACOS if os.access(path, os.X_OK)), None
    )


def missing_libraries() -> list[str]:
    """Which of WeasyPrint's libraries cannot be loaded."""
    os.environ.update(library_path())
    return [name for name, on_macos in LIBRARIES.items() if not _loads(name, on_macos)]


def library_path() -> dict[str, str]:
    """The environment that lets Python find Homebrew's libraries; empty where there is no need."""
    if not MACOS:
        return {}
    usual = "/opt/homebrew/lib:/usr/local/lib:/usr/lib"
    return {"DYLD_FALLBACK_LIBRARY_PATH": os.environ.get("DYLD_FALLBACK_LIBRARY_PATH", usual)}


def _loads(name: str, on_macos: str) -> bool:
    if MACOS:
        return ctypes.util.find_library(on_macos) is not None
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _install(what: str, *, apt: list[str], brew: list[str], said: str = "by hand") -> None:
    """Install with the system's package manager if we may; else one line says what is missing and how to get it."""
    if shutil.which("apt-get"):
        by_hand = f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(apt)}"
        if not _may_install():
            _give_up(f"{what}: missing, and only root can install it. Please run: {by_hand}")
        _say(f"{what}: installing {' '.join(apt)}")
        if not _with_apt(apt):
            _give_up(f"{what}: could not be installed. Please run: {by_hand}")
    elif MACOS and brew and shutil.which("brew"):
        _say(f"{what}: installing {brew[-1]} with Homebrew")
        if not _succeeds(["brew", "install", *brew]):
            _give_up(f"{what}: could not be installed. Please run: brew install {' '.join(brew)}")
    elif MACOS and brew:
        _give_up(f"{what}: missing. Please install Homebrew (https://brew.sh), then: brew install {' '.join(brew)}")
    else:
        _give_up(f"{what}: missing. Please install it {said}; on Debian it is {' '.join(apt)}")


def _as_root() -> list[str]:
    return [] if os.getuid() == 0 else ["sudo", "-n"]


def _may_install() -> bool:
    return not _as_root() or _succeeds([*_as_root(), "true"])


def _with_apt(packages: list[str]) -> bool:
    """Install packages of Debian or Ubuntu; tell whether that worked."""
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "PATH": _with_sbin(os.environ.get("PATH", ""))}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    steps: list[Sequence[str]] = [[*_as_root(), "apt-get", "update", "-qq"], [*_as_root(), *install]]
    return _may_install() and all(_succeeds(step, env=env) for step in steps)


def _with_sbin(path: str) -> str:
    return f"{path or os.defpath}:/usr/local/sbin:/usr/sbin:/sbin"  # dpkg insists on them


def _succeeds(command: Sequence[str | Path], env: dict[str, str] | None = None) -> bool:
    try:
        result = subprocess.run(
            [str(word) for word in command],
            cwd=CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return result.returncode == 0


def _run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
    words = [str(word) for word in command]
    if subprocess.run(words, cwd=CHECKOUT, env=env, check=False).returncode != 0:
        _give_up(f"This did not work: {' '.join(words)}")


def _say(text: str) -> None:
    print(text, flush=True)


def _give_up(text: str) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    {"environment": environment, "libraries": libraries, "browser": browser}[sys.argv[1]]()
