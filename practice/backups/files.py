"""One file of a back-up: tables in frames, compressed, and sealed for whoever holds the restore key.

The machine that makes back-ups has the public half alone (``ATTUNE_BACKUP_KEY``) and can not read them again. The
private half (``ATTUNE_RESTORE_KEY``) is needed on the day of a restore, and the installation's key goes into the seal
as well: who has neither reads the first line, and who lacks the installation's key can not make a file that passes for
a back-up. In bytes::

    attune backup 1 | a line of JSON: Header | chunks of length, AES-256-GCM(zlib(frames)), the last one marked

A frame is its kind, its length and its content. A file that was cut, mixed with another or altered does not open.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
import struct
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from practice import keyring
from practice.sealed_chunks import ChunkBroken, Chunks, Sealer

Kind = Literal["data", "keys"]

MAGIC = b"attune backup 1\n"
#: What is sealed together. A broken byte costs no more than finding out.
CHUNK = 1 << 20
LONGEST_HEADER = 4096
PUBLIC, PRIVATE = "attune-backup-", "attune-restore-"

_LENGTH, _FRAME = struct.Struct(">I"), struct.Struct(">cI")


class BackupBroken(RuntimeError):
    """A file is no back-up, is not whole, or is for another key. The text says which; it holds no content."""


# ── keys ─────────────────────────────────────────────────────────────────────


def fresh_pair() -> tuple[str, str]:
    """Return a new public and private key, as text for the environment."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return _text(PUBLIC, public), _text(PRIVATE, private.private_bytes_raw())


def read_public(text: str) -> X25519PublicKey:
    """Return the key in ``ATTUNE_BACKUP_KEY``; raise ValueError where it is none, or is the private one."""
    return X25519PublicKey.from_public_bytes(_bytes(PUBLIC, text))


def read_private(text: str) -> X25519PrivateKey:
    """Return the key in ``ATTUNE_RESTORE_KEY``; raise ValueError where it is none."""
    return X25519PrivateKey.from_private_bytes(_bytes(PRIVATE, text))


def _text(prefix: str, key: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(key).decode()


def _bytes(prefix: str, text: str) -> bytes:
    if not text.startswith(prefix):
        raise ValueError(f"It begins with {prefix}")
    return keyring.read(text.removeprefix(prefix))


def name_of(public: X25519PublicKey) -> str:
    """Return what a restore key is known by."""
    return hashlib.blake2b(public.public_bytes_raw(), digest_size=8).hexdigest()


# ── a file ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Header:
    """What stands in the open on a back-up: when it was made and which keys it needs."""

    kind: Kind
    id: str
    made_at: str
    #: The names of the restore key and of the installation's key that open it.
    restore_key: str
    master_key: str
    #: The sender's half of the agreement on a key, for this file alone.
    ephemeral: str

    @property
    def moment(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self.made_at)

    def line(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode() + b"\n"


def header_of(path: Path) -> Header:
    """Read the first line of a back-up; raise :class:`BackupBroken` where there is none."""
    with path.open("rb") as file:
        return _header(file)


def _header(file: BinaryIO) -> Header:
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupBroken("This is no back-up of Attune.")
    try:
        return Header(**json.loads(file.readline(LONGEST_HEADER)))
    except (ValueError, TypeError):
        raise BackupBroken("The first line of this back-up can not be read.") from None


def _content_key(agreed: bytes, master: bytes, header: Header, public: X25519PublicKey) -> bytes:
    pinch = hashlib.blake2b(b"back-up", key=master, digest_size=32).digest()
    derive = HKDF(hashes.SHA256(), 32, salt=public.public_bytes_raw(), info=MAGIC + header.line())
    return derive.derive(agreed + pinch)


class Writer:
    """Writes one back-up. It has its name only once it is whole (``finish``); a broken off one is removed.

    ``key`` opens what was written, so that it can be read again before it counts. It is kept nowhere.
    """

    def __init__(self, path: Path, kind: Kind, made_at: datetime.datetime, public: X25519PublicKey) -> None:
        self.path, self.unfinished = path, path.with_name(path.name + ".unfinished")
        name, master = keyring.present()
        mine = X25519PrivateKey.generate()
        ephemeral = base64.b64encode(mine.public_key().public_bytes_raw()).decode()
        self.header = Header(kind, uuid.uuid4().hex, made_at.isoformat(), name_of(public), name, ephemeral)
        self.key = _content_key(mine.exchange(public), master, self.header, public)
        self._squeeze, self._sealer = zlib.compressobj(3), Sealer(Chunks(self.key), CHUNK, self._put)
        handle = os.open(self.unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._file.write(MAGIC + self.header.line())

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        self.unfinished.unlink(missing_ok=True)

    def frame(self, kind: bytes, content: bytes) -> None:
        """Add a frame; ``kind`` is one byte."""
        self._sealer.write(self._squeeze.compress(_FRAME.pack(kind, len(content)) + content))

    def told(self, kind: bytes, **words: Any) -> None:
        """Add a frame of JSON."""
        self.frame(kind, json.dumps(words).encode())

    def end(self) -> None:
        """Write out what waits. The file is whole then, under its unfinished name."""
        self._sealer.write(self._squeeze.flush())
        self._sealer.end()
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Give the file its name."""
        os.replace(self.unfinished, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _put(self, sealed: bytes) -> None:
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)


def frames(path: Path, key: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give a back-up's frames in order; raise :class:`BackupBroken` as soon as something is wrong with it."""
    left = bytearray()
    for piece in _unsqueezed(path, key):
        left += piece
        at = 0
        while len(left) - at >= _FRAME.size:
            kind, length = _FRAME.unpack_from(left, at)
            if len(left) - at - _FRAME.size < length:
                break
            begin = at + _FRAME.size
            yield kind, bytes(left[begin : begin + length])
            at = begin + length
        del left[:at]
    if left:
        raise BackupBroken("This back-up ends in the middle.")


def _unsqueezed(path: Path, key: bytes) -> Iterator[bytes]:
    expand = zlib.decompressobj()
    for chunk in _unsealed(path, Chunks(key)):
        yield expand.decompress(chunk)
    yield expand.flush()
    if not expand.eof:
        raise BackupBroken("This back-up ends in the middle.")


def _unsealed(path: Path, chunks: Chunks) -> Iterator[bytes]:
    with path.open("rb") as file:
        _header(file)
        sealed, number = _next_chunk(file), 0
        while sealed:
            following = _next_chunk(file)
            try:
                yield chunks.open(number, sealed, last=not following)
            except ChunkBroken:
                raise BackupBroken(f"This back-up does not open, from chunk {number} on: cut or altered.") from None
            sealed, number = following, number + 1
    if not number:
        raise BackupBroken("There is nothing in this back-up.")


def _next_chunk(file: BinaryIO) -> bytes:
    length = file.read(_LENGTH.size)
    if not length:
        return b""
    if len(length) < _LENGTH.size:
        raise BackupBroken("This back-up ends in the middle.")
    return file.read(min(_LENGTH.unpack(length)[0], 2 * CHUNK))


def key_for(header: Header, private: X25519PrivateKey, masters: Mapping[str, bytes]) -> bytes:
    """Return what opens a back-up; raise :class:`BackupBroken`, by name, where a key is not the right one."""
    public = private.public_key()
    if header.restore_key != name_of(public):
        raise BackupBroken(f"This back-up is for the restore key {header.restore_key}, and this is {name_of(public)}.")
    if header.master_key not in masters:
        raise BackupBroken(
            f"This back-up needs the installation's key {header.master_key}: put it into ATTUNE_MASTER_KEYS_ALSO."
        )
    agreed = private.exchange(X25519PublicKey.from_public_bytes(base64.b64decode(header.ephemeral)))
    return _content_key(agreed, masters[header.master_key], header, public)
