"""Files that one passphrase opens, and nothing that lies here does.

The passphrase makes a key pair (scrypt, then X25519) and is forgotten; the public half is enough to write a file that
only the passphrase opens. So a file can be made days after somebody chose the passphrase, by a worker that never
knew it. docs/practice-export.md says the format byte by byte, for whoever has to open one without Attune.

A file is a line with its name, a line of JSON (what the passphrase needs, and the file's own key, wrapped), and
chunks of :data:`A_CHUNK` bytes, all but the last (:mod:`practice.sealed_chunks`). So a file can be read from anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from practice import keyring
from practice.sealed_chunks import TAG, ChunkBroken, Chunks, Sealer

NAME = b"ATTUNE PRACTICE EXPORT 1\n"
A_CHUNK = 2**16
#: Cost of one guess at a passphrase: 32 MB of memory and about a tenth of a second.
COST = {"n": 2**15, "r": 8, "p": 1}
LONGEST_HEADER = 2000


class NotOpened(ValueError):
    """No such file, another passphrase, or a file that was changed or cut off."""


@dataclass(frozen=True)
class Lock:
    """The public half of what a passphrase makes: enough to write for it, of no use to read."""

    salt: bytes
    public: bytes

    @classmethod
    def of(cls, passphrase: str) -> Lock:
        """Make the lock for a passphrase somebody just chose."""
        salt = secrets.token_bytes(16)
        return cls(salt, _pair(passphrase, salt).public_key().public_bytes_raw())

    def as_data(self) -> dict[str, str]:
        return {"salt": self.salt.hex(), "public": self.public.hex()}

    @classmethod
    def from_data(cls, data: dict[str, str]) -> Lock:
        """Return what :meth:`as_data` was made of."""
        return cls(bytes.fromhex(data["salt"]), bytes.fromhex(data["public"]))


def _pair(passphrase: str, salt: bytes) -> X25519PrivateKey:
    # However a keyboard puts a letter together, it is the same letter.
    words = unicodedata.normalize("NFC", passphrase).encode()
    return X25519PrivateKey.from_private_bytes(hashlib.scrypt(words, salt=salt, **COST, maxmem=2**26, dklen=32))


def _wrapping_key(shared: bytes, once: bytes, public: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=NAME + once + public).derive(shared)


class Writer(io.RawIOBase):
    """Write plain bytes; what goes on to ``sink`` only the passphrase opens. To be closed: the end is part of it."""

    def __init__(self, sink: Callable[[bytes], Any], lock: Lock) -> None:
        key = keyring.fresh()
        header = _header(lock, key)
        self._sealer = Sealer(_chunks(key, header), A_CHUNK, sink)
        self._written = 0
        sink(NAME + header)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, plain: Any) -> int:
        self._sealer.write(plain)
        self._written += len(plain)
        return len(plain)

    def close(self) -> None:
        if not self.closed:
            self._sealer.end()
        super().close()


def _header(lock: Lock, key: bytes) -> bytes:
    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    wrapping = _wrapping_key(once.exchange(X25519PublicKey.from_public_bytes(lock.public)), public, lock.public)
    said = {"salt": lock.salt.hex(), "once": public.hex(), "key": keyring.encrypt(wrapping, key, NAME).hex(), **COST}
    return json.dumps(said, sort_keys=True).encode() + b"\n"


def _chunks(key: bytes, header: bytes) -> Chunks:
    return Chunks(key, hashlib.sha256(NAME + header).digest())


class Reader(io.RawIOBase):
    """Read the plain bytes of such a file from anywhere, chunk by chunk. Raises :class:`NotOpened`."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file, self._at = file, 0
        if file.read(len(NAME)) != NAME:
            raise NotOpened("This is no export of a practice.")
        header = file.readline(LONGEST_HEADER)
        self._chunks = _chunks(_key_in(header, passphrase), header)
        self._start = len(NAME) + len(header)
        sealed = file.seek(0, io.SEEK_END) - self._start
        self._last = -(-sealed // (A_CHUNK + TAG)) - 1
        self._size = sealed - (self._last + 1) * TAG
        self._known: tuple[int | None, bytes] = (None, b"")
        self._chunk(self._last)  # a file whose end is not its end is not looked into

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something: whoever asks for ten bytes counts on ten."""
        wanted = min(len(buffer), max(0, self._size - self._at))
        done = 0
        while done < wanted:
            number, skip = divmod(self._at, A_CHUNK)
            found = self._chunk(number)[skip : skip + wanted - done]
            buffer[done : done + len(found)] = found
            done, self._at = done + len(found), self._at + len(found)
        return done

    def _chunk(self, number: int) -> bytes:
        if self._known[0] != number:
            if number < 0:
                raise NotOpened("The file has no end: it was cut off.")
            self._file.seek(self._start + number * (A_CHUNK + TAG))
            sealed = self._file.read(A_CHUNK + TAG)
            try:
                plain = self._chunks.open(number, sealed, last=number == self._last)
            except ChunkBroken as error:
                raise NotOpened("The file was changed or cut off.") from error
            self._known = number, plain
        return self._known[1]


def _key_in(header: bytes, passphrase: str) -> bytes:
    try:
        said = json.loads(header)
        once, salt, wrapped = (bytes.fromhex(said[name]) for name in ("once", "salt", "key"))
        if {name: said[name] for name in COST} != COST:
            raise NotOpened("It was made at another cost, by another release.")
        pair = _pair(passphrase, salt)
        shared = pair.exchange(X25519PublicKey.from_public_bytes(once))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotOpened("This is no whole export of a practice.") from error
    try:
        return keyring.decrypt(_wrapping_key(shared, once, pair.public_key().public_bytes_raw()), wrapped, NAME)
    except keyring.SealBroken as error:
        raise NotOpened("The passphrase does not open this file.") from error
