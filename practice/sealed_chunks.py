"""Bytes under one key that is used for nothing else, in chunks: none can be changed, exchanged or left off unnoticed.

Each chunk is AES-256-GCM with its number, and whether it is the last one, as its nonce. How chunks stand in a file is
the file's own matter: a back-up writes the length of each before it (:mod:`practice.backups.files`); a file for a
passphrase has all of one size, so that it can be read from anywhere (:mod:`practice.passphrase_files`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

#: Bytes that a chunk grows by when it is sealed.
TAG = 16


class ChunkBroken(ValueError):
    """A chunk was altered, stands in another place, is another file's, or is not the last one where the file ends."""


class Chunks:
    """The chunks of one file. ``bound`` is what has to stand unchanged in the open beside them."""

    def __init__(self, key: bytes, bound: bytes | None = None) -> None:
        self._cipher, self._bound = AESGCM(key), bound

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        """Return a chunk as it is put down; each number only once under a key."""
        return self._cipher.encrypt(_nonce(number, last=last), plain, self._bound)

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Return what :meth:`seal` was given; raise :class:`ChunkBroken`."""
        try:
            return self._cipher.decrypt(_nonce(number, last=last), sealed, self._bound)
        except (InvalidTag, ValueError) as error:
            raise ChunkBroken from error


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class Sealer:
    """Cut what is written into chunks of ``size`` bytes and give them, sealed, to ``put``. To be ended."""

    def __init__(self, chunks: Chunks, size: int, put: Callable[[bytes], Any]) -> None:
        self._chunks, self._size, self._put = chunks, size, put
        self._waiting = bytearray()
        self._number = 0

    def write(self, plain: bytes) -> None:
        self._waiting += plain
        # The last chunk stays back: only at the end is it known to be the last.
        while len(self._waiting) > self._size:
            self._seal(bytes(self._waiting[: self._size]), last=False)
            del self._waiting[: self._size]

    def end(self) -> None:
        """Put down what waits, as the last chunk, also where it is empty."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._put(self._chunks.seal(self._number, plain, last=last))
        self._number += 1
