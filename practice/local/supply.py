"""What Attune is made of: packages bound by their hashes, licences that let us, holes that are known.

    python -m practice.local.supply [--service URL]

Ends with 1 for a package without a hash, a licence that nobody looked at, a known hole without a dated exception, or
an exception that has run out. Where the list of known holes cannot be asked, it says so and goes on: what is known on
this machine is still looked at. Exceptions stand in ``pyproject.toml`` under ``[tool.attune.supply]``.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
#: Older than this, the newest package of uv.lock says that nobody has looked for newer ones.
OLDEST = datetime.timedelta(days=60)

#: They ask for no more than to be named.
PERMISSIVE = re.compile(
    r"^(MIT|MIT-0|MIT-CMU|BSD|0BSD|BSD-[23]-Clause|BSD 2-Clause License|BSD License|New BSD|MIT License|ISC|Zlib"
    r"|Apache[- ]2\.0|Apache Software License|PSF-2\.0|Python Software Foundation License|CNRI-Python|CC0-1\.0|HPND"
    r"|Unlicense)$"
)
#: Those that ask for more, each with why that is met. All are used as they come, as libraries beside our own code.
LOOKED_AT = {
    "certifi": "MPL-2.0: a list of certificates, unchanged",
    "fido2": "BSD; one of its files is a list under MPL-2.0, unchanged",
    "pikepdf": "MPL-2.0: unchanged",
    "psycopg": "LGPL-3.0: imported, unchanged, and anybody may put another version in its place",
    "psycopg-binary": "LGPL-3.0: as psycopg",
    "psycopg-pool": "LGPL-3.0: as psycopg",
    "py-vapid": "MPL-2.0: unchanged",
    "pyphen": "GPL, LGPL or MPL at one's choice: MPL-1.1, unchanged",
    "pyxform": "BSD-2-Clause, in its LICENSE; its metadata does not say",
    "uritemplate": "BSD-3-Clause or Apache-2.0, at one's choice",
    "pywebpush": "MPL-2.0: unchanged",
    "qrcode": "BSD; 'Other' is the name of the code, a trademark that asks for nothing",
}


class Unreachable(Exception):
    """The list of known holes could not be asked."""


@dataclass(frozen=True)
class Hole:
    """A known hole in one of the packages, under all its names."""

    package: str
    version: str
    names: tuple[str, ...]
    mended_in: tuple[str, ...] = ()

    def __str__(self) -> str:
        mended = f", mended in {' '.join(self.mended_in)}" if self.mended_in else ""
        return f"{self.package} {self.version}: {' '.join(self.names)}{mended}"


@dataclass(frozen=True)
class Leave:
    """A hole that is lived with for a while, and why it does no harm here."""

    name: str
    until: datetime.date
    because: str


# ── bound by hashes ──────────────────────────────────────────────────────────


def locked(text: str) -> list[dict[str, Any]]:
    """Return the packages of a lock file's text, without Attune itself."""
    return [one for one in tomllib.loads(text)["package"] if "virtual" not in one["source"]]


def unbound(packages: Iterable[dict[str, Any]]) -> list[str]:
    """Return what comes from elsewhere than the registry, or without the hash of each of its files."""
    return [
        one["name"]
        for one in packages
        if "registry" not in one["source"]
        or not _files(one)
        or not all(file.get("hash", "").startswith("sha256:") for file in _files(one))
    ]


def _files(package: dict[str, Any]) -> list[dict[str, Any]]:
    return [*([package["sdist"]] if "sdist" in package else []), *package.get("wheels", [])]


def newest(packages: Iterable[dict[str, Any]]) -> datetime.datetime:
    """Return when the newest of these packages came out."""
    return max(
        datetime.datetime.fromisoformat(file["upload-time"])
        for one in packages
        for file in _files(one)
        if "upload-time" in file
    )


def used(packages: Iterable[dict[str, Any]], root: Iterable[str]) -> set[str]:
    """Return the names of what is installed for real: what ``root`` asks for, and what that asks for."""
    asks = {one["name"]: [need["name"] for need in _needs(one)] for one in packages}
    found: set[str] = set()
    waiting = list(root)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += asks.get(name, [])
    return found


def _needs(package: dict[str, Any]) -> list[dict[str, Any]]:
    return [*package.get("dependencies", []), *chain(*package.get("optional-dependencies", {}).values())]


# ── licences ─────────────────────────────────────────────────────────────────


def licences_of(name: str) -> list[str]:
    """Return what a package says of its licence; nothing where it is not installed here or says nothing."""
    try:
        said = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    if "License-Expression" in said:
        return [one for one in re.split(r" AND | OR |[()]", said["License-Expression"]) if one.strip()]
    named = [one.rsplit(" :: ", 1)[-1] for one in said.get_all("Classifier") or [] if one.startswith("License ::")]
    named = [one for one in named if one != "OSI Approved"]
    free = said["License"].strip().split("\n")[0] if "License" in said else ""
    return named or ([free] if free else [])


def not_looked_at(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the packages whose licence asks for more than to be named, and that nobody wrote a reason for."""
    found = {name: licences_of(name) for name in sorted(names) if name not in LOOKED_AT and is_here(name)}
    return {name: said for name, said in found.items() if not said or not all(PERMISSIVE.match(one) for one in said)}


def is_here(name: str) -> bool:
    """Whether it is installed on this machine; some packages are for others alone."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


# ── known holes ──────────────────────────────────────────────────────────────


def holes(checkout: Path = CHECKOUT, service: str = "") -> list[Hole]:
    """Ask the list of known holes for every package that runs in a practice. Raises :class:`Unreachable`."""
    command = [
        str(CHECKOUT / ".venv" / "bin" / "uv"), "audit", "--frozen", "--no-default-groups", "--output-format", "json",
        "--preview-features", "audit-command,json-output", *(["--service-url", service] if service else []),
    ]  # fmt: skip
    quick = {"UV_HTTP_RETRIES": "0", "UV_SYSTEM_CERTS": "1", "UV_HTTP_TIMEOUT": "20", "UV_PYTHON_DOWNLOADS": "never"}
    told = subprocess.run(
        command, cwd=checkout, env=os.environ | quick, capture_output=True, text=True, timeout=120, check=False
    )
    try:
        return list(_read(json.loads(told.stdout)))
    except (json.JSONDecodeError, KeyError, TypeError):
        raise Unreachable((told.stderr.strip().splitlines() or ["no answer"])[-1].strip()) from None


def _read(said: dict[str, Any]) -> Iterator[Hole]:
    for one in said["vulnerabilities"]:
        package = one["dependency"]
        names = tuple(dict.fromkeys([one["id"], *(one.get("aliases") or [])]))
        yield Hole(package["name"], package["version"], names, tuple(one.get("fix_versions") or []))
    for one in said.get("adverse_statuses") or []:
        yield Hole(one["name"], "", (json.dumps(one, sort_keys=True),))


def leaves(pyproject: str) -> list[Leave]:
    """Return the exceptions of a ``pyproject.toml``'s text."""
    table = tomllib.loads(pyproject).get("tool", {}).get("attune", {}).get("supply", {})
    return [Leave(one["name"], one["until"], one["because"]) for one in table.get("leave", [])]


def unmended(found: Iterable[Hole], allowed: Iterable[Leave], today: datetime.date) -> list[Hole]:
    """Return the holes that no exception covers today."""
    lived_with = {one.name for one in allowed if one.until >= today}
    return [one for one in found if not lived_with & set(one.names)]


# ── all of it ────────────────────────────────────────────────────────────────


def look_through(service: str = "") -> Iterator[str]:
    """Say what is wrong, one line each."""
    packages, pyproject = locked((CHECKOUT / "uv.lock").read_text()), (CHECKOUT / "pyproject.toml").read_text()
    today = datetime.datetime.now(datetime.UTC).date()
    yield from (f"{name}: not bound by hashes" for name in unbound(packages))
    for name, said in not_looked_at(runs(packages, pyproject)).items():
        yield f"{name}: nobody looked at its licence ({', '.join(said) or 'it says none'})"
    yield from (f"{one.name}: this exception ended on {one.until}" for one in leaves(pyproject) if one.until < today)
    age = datetime.datetime.now(datetime.UTC) - newest(packages)
    if age > OLDEST:
        print(f"The newest package is {age.days} days old: `uv lock --upgrade` brings newer ones.")
    try:
        yield from (str(one) for one in unmended(holes(service=service), leaves(pyproject), today))
    except Unreachable as error:
        print(f"Known holes were NOT looked for, the list is out of reach: {error}")


def runs(packages: list[dict[str, Any]], pyproject: str) -> set[str]:
    """Return the names of the packages that run in a practice."""
    root = [re.split(r"[\[<>=!~; ]", one)[0] for one in tomllib.loads(pyproject)["project"]["dependencies"]]
    return used(packages, root)


def main(words: list[str]) -> int:
    service = words[1] if words[:1] == ["--service"] else ""
    wrong = list(look_through(service))
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print("Packages: nothing is wrong that is known here.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
