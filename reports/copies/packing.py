"""A copy as one file: what is in it, each part with its checksum, and the same bytes for the same contents."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

SUMS, MANIFEST = "SHA256SUMS", "manifest.json"


@dataclass(frozen=True)
class Part:
    """One file inside: its path, its bytes, and what it is."""

    path: str
    body: bytes
    about: str = ""


def packed(parts: Iterable[Part], *, made_at: datetime, facts: dict[str, Any]) -> bytes:
    """Return a ZIP with these parts, a manifest with ``facts`` and each part's SHA-256, and the sums as text.

    ``sha256sum -c SHA256SUMS`` checks it. Nothing in it depends on when or where it is packed.
    """
    every = sorted(parts, key=lambda one: one.path)
    said = [{"path": one.path, "about": one.about, "bytes": len(one.body), "sha256": _sum(one.body)} for one in every]
    every.append(Part(MANIFEST, as_json({**facts, "made_at": made_at.isoformat(), "files": said})))
    sums = "".join(f"{_sum(one.body)}  {one.path}\n" for one in every)
    every.append(Part(SUMS, sums.encode()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one in every:
            archive.writestr(_entry(one.path, made_at), one.body, compresslevel=6)
    return out.getvalue()


@dataclass(frozen=True)
class Stream:
    """One file inside that comes in pieces: its path, what it is, and its bytes."""

    path: str
    about: str
    pieces: Iterable[bytes]


class Spool(io.RawIOBase):
    """What was written and not yet taken. It cannot be wound back, so an archive never asks for it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        body = bytes(piece)  # type: ignore[call-overload]
        self._pieces.append(body)
        return len(body)

    def taken(self) -> bytes:
        """Return what has come since, and forget it."""
        body, self._pieces = b"".join(self._pieces), []
        return body


def streamed(streams: Iterable[Stream], *, made_at: datetime, facts: dict[str, Any]) -> Iterator[bytes]:
    """Give a ZIP as :func:`packed` makes it, piece by piece: no file of it is ever whole in memory."""
    spool = Spool()
    said: list[dict[str, Any]] = []
    with zipfile.ZipFile(spool, "w") as archive:
        for one in streams:
            digest, size = hashlib.sha256(), 0
            with archive.open(_entry(one.path, made_at), "w", force_zip64=True) as member:
                for piece in one.pieces:
                    member.write(piece)
                    digest.update(piece)
                    size += len(piece)
                    yield spool.taken()
            said.append({"path": one.path, "about": one.about, "bytes": size, "sha256": digest.hexdigest()})
        manifest = as_json({**facts, "made_at": made_at.isoformat(), "files": said})
        archive.writestr(_entry(MANIFEST, made_at), manifest)
        sums = [f"{one['sha256']}  {one['path']}\n" for one in said] + [f"{_sum(manifest)}  {MANIFEST}\n"]
        archive.writestr(_entry(SUMS, made_at), "".join(sums))
    yield spool.taken()


def as_json(data: Any) -> bytes:
    """Return data as JSON that people can read, too: sorted keys, no escapes but where JSON needs them."""
    return (json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _entry(path: str, made_at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, made_at.astimezone(UTC).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o600 << 16
    return entry


def _sum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
