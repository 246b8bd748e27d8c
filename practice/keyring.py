"""The installation's own keys, which come from the environment and never reach the database.

They wrap the practices' keys and one secret of the installation, and nothing else; a practice's key wraps its
clients'. ``ATTUNE_MASTER_KEY`` wraps what is made now. ``ATTUNE_MASTER_KEYS_ALSO`` holds others that may be met:
the next one before it is used, the last one until ``manage.py rotate_keys`` says that nothing needs it any more.
A key is known by its name, which tells nothing about it.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings


class SealBroken(RuntimeError):
    """Something sealed could not be opened: moved, altered, or its key is gone."""


class KeyOutOfReach(SealBroken):
    """A key of the installation is not there. What it sealed is whole, and nothing is sealed without it."""


def read(text: str) -> bytes:
    """Return the key that an environment variable holds; raise ValueError where it is none."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except ValueError as error:
        raise ValueError("no URL-safe base64") from error
    if len(key) != 32:
        raise ValueError("not 32 bytes")
    return key


@cache
def name_of(key: bytes) -> str:
    """Return what a key is known by in the database."""
    return hashlib.blake2b(b"", key=key, person=b"name of a key", digest_size=8).hexdigest()


def present() -> tuple[str, bytes]:
    """Return the name and the bytes of the key that wraps what is made now."""
    key = _read(settings.ATTUNE_MASTER_KEY)
    return name_of(key), key


def known() -> dict[str, bytes]:
    """Return all keys of this installation by name, the present one first."""
    return {name_of(key): key for key in map(_read, (settings.ATTUNE_MASTER_KEY, *settings.ATTUNE_MASTER_KEYS_ALSO))}


_read = cache(read)


def wrap(plain: bytes, bound_to: bytes) -> tuple[str, bytes]:
    """Wrap a key under the present one; return that one's name and the wrapped bytes."""
    name, key = present()
    return name, encrypt(key, plain, bound_to)


def unwrap(wrapped_by: str, wrapped: bytes, bound_to: bytes) -> bytes:
    """Open what :func:`wrap` made. Without a name (from before there were names) every known key is tried."""
    keys = known()
    if wrapped_by:
        if wrapped_by not in keys:
            raise KeyOutOfReach(f"The installation's key {wrapped_by} is not in the environment.")
        return decrypt(keys[wrapped_by], wrapped, bound_to)
    for key in keys.values():
        try:
            return decrypt(key, wrapped, bound_to)
        except SealBroken:
            continue
    raise KeyOutOfReach("No key of the installation opens this.")


def fresh() -> bytes:
    """Return a new key."""
    return AESGCM.generate_key(256)


def encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Return ``nonce | ciphertext`` under AES-256-GCM."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Open what :func:`encrypt` made for the same purpose; raise :class:`SealBroken` otherwise."""
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("What is sealed here does not open.") from error
