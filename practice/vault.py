"""Sealed text: what people wrote, unreadable without the installation's master key.

Each practice and each client has a data key of its own. The master key (``ATTUNE_MASTER_KEY``, from the
environment) wraps the data keys; destroying a data key makes every text under it unreadable for ever, in
backups too when the table of keys is backed up apart and briefly.

A sealed value is ``version | key id | nonce | ciphertext`` under AES-256-GCM, bound to practice, table,
column and row: moved anywhere else it does not open. A failure raises :class:`SealBroken`, it never returns
a substitute.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
import uuid
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

VERSION = b"\x01"
KEY_SECONDS = 300
KEYS_KEPT = 512


class SealBroken(RuntimeError):
    """A sealed text could not be opened: moved, altered, or its key is gone."""


def master_key() -> bytes:
    """Return the 32 bytes that wrap every data key."""
    return base64.urlsafe_b64decode(settings.ATTUNE_MASTER_KEY)


def secret_for(purpose: str) -> bytes:
    """Return a 32-byte key for one purpose, derived from the master key, so that none is reused."""
    return hashlib.blake2b(purpose.encode(), key=master_key(), digest_size=32).digest()


def seal(plain: bytes, *, client_id: uuid.UUID | None, practice_id: uuid.UUID, place: str) -> bytes:
    """Seal ``plain`` for one ``place`` (``table.column.row``) under the client's or the practice's key."""
    key_id, key = _keys.for_sealing(practice_id, client_id)
    nonce = os.urandom(12)
    return VERSION + key_id.bytes + nonce + AESGCM(key).encrypt(nonce, plain, _bound_to(practice_id, place))


def unseal(blob: bytes, *, practice_id: uuid.UUID, place: str) -> bytes:
    """Open what :func:`seal` made for the same place; raise :class:`SealBroken` otherwise."""
    if len(blob) < 45 or blob[:1] != VERSION:
        raise SealBroken("This is no sealed text of ours.")
    key = _keys.for_opening(practice_id, uuid.UUID(bytes=blob[1:17]))
    try:
        return AESGCM(key).decrypt(blob[17:29], blob[29:], _bound_to(practice_id, place))
    except InvalidTag as error:
        raise SealBroken("A sealed text does not belong to its place.") from error


def _bound_to(practice_id: uuid.UUID, place: str) -> bytes:
    return f"{practice_id}|{place}".encode()


class _Keys:
    """Data keys in memory: few, for a short time, so that a destroyed key stops working soon."""

    def __init__(self) -> None:
        self._opened: dict[uuid.UUID, tuple[float, uuid.UUID, bytes]] = {}
        self._newest: dict[tuple[uuid.UUID, uuid.UUID | None], tuple[float, uuid.UUID]] = {}

    def forget(self) -> None:
        self._opened.clear()
        self._newest.clear()

    def for_sealing(self, practice_id: uuid.UUID, client_id: uuid.UUID | None) -> tuple[uuid.UUID, bytes]:
        known = self._newest.get((practice_id, client_id))
        if known and known[0] > time.monotonic():
            return known[1], self.for_opening(practice_id, known[1])
        from practice.models import DataKey

        row = DataKey.objects.current(practice_id, client_id)
        self._newest[practice_id, client_id] = (time.monotonic() + KEY_SECONDS, row.pk)
        return row.pk, self._keep(practice_id, row)

    def for_opening(self, practice_id: uuid.UUID, key_id: uuid.UUID) -> bytes:
        known = self._opened.get(key_id)
        if known and known[0] > time.monotonic() and known[1] == practice_id:
            return known[2]
        from practice.models import DataKey

        row = DataKey.objects.filter(practice_id=practice_id, pk=key_id).first()
        if row is None or row.wrapped is None:
            raise SealBroken("The key of a sealed text is gone.")
        return self._keep(practice_id, row)

    def _keep(self, practice_id: uuid.UUID, row: Any) -> bytes:
        if len(self._opened) >= KEYS_KEPT:
            self.forget()
        key = unwrap(bytes(row.wrapped), practice_id, row.pk)
        self._opened[row.pk] = (time.monotonic() + KEY_SECONDS, practice_id, key)
        return key


_keys = _Keys()


def forget_keys() -> None:
    """Drop the keys held in memory, after one was destroyed and between tests."""
    _keys.forget()


def wrap_new_key(practice_id: uuid.UUID, key_id: uuid.UUID) -> bytes:
    """Return a fresh data key, wrapped by the master key and bound to its practice and id."""
    nonce = os.urandom(12)
    bound = _bound_to(practice_id, f"key.{key_id}")
    return nonce + AESGCM(master_key()).encrypt(nonce, AESGCM.generate_key(256), bound)


def unwrap(wrapped: bytes, practice_id: uuid.UUID, key_id: uuid.UUID) -> bytes:
    try:
        return AESGCM(master_key()).decrypt(wrapped[:12], wrapped[12:], _bound_to(practice_id, f"key.{key_id}"))
    except InvalidTag as error:
        raise SealBroken("The master key does not open this data key.") from error


class _Opened:
    """Reads as text: opens the stored bytes when somebody looks, and not before."""

    def __init__(self, field: SealedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, bytes | memoryview):
            value = instance.__dict__[name] = self.field.opened(bytes(value), instance)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedTextField(models.BinaryField):
    """A text column that the database only ever sees sealed.

    ``sealed_for`` names the attribute with the id of the client whose key seals it; without it the
    practice's key does. Empty text is stored empty. ``QuerySet.update`` is refused: a sealed text needs
    its row.
    """

    # What type checkers see on an instance: text.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, sealed_for: str = "", **kwargs: Any) -> None:
        self.sealed_for = sealed_for
        kwargs.setdefault("blank", True)
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        if self.sealed_for:
            kwargs["sealed_for"] = self.sealed_for
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Opened(self))

    def get_default(self) -> Any:
        return ""

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes:
        text = model_instance.__dict__.get(self.attname, "")
        if isinstance(text, bytes | memoryview):
            return bytes(text)  # read and never looked at: still sealed for this very row
        if not text:
            return b""
        return seal(
            str(text).encode(),
            practice_id=model_instance.practice_id,  # type: ignore[attr-defined]
            client_id=getattr(model_instance, self.sealed_for) if self.sealed_for else None,
            place=self._place(model_instance),
        )

    def opened(self, blob: bytes, instance: models.Model) -> str:
        if not blob:
            return ""
        return unseal(
            blob,
            practice_id=instance.practice_id,  # type: ignore[attr-defined]
            place=self._place(instance),
        ).decode()

    def _place(self, instance: models.Model) -> str:
        return f"{instance._meta.db_table}.{self.column}.{instance.pk}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, str):
            if value:
                raise TypeError(f"{self.name} is sealed: save the row, do not update or filter by its text.")
            value = b""
        return super().get_db_prep_value(value, connection, prepared)

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("Sealed text is exported by the access copy, not by serializers.")


def seal_for_installation(text: str, place: str) -> str:
    """Seal a secret that belongs to no practice (a second factor), as text."""
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(secret_for(place)).encrypt(nonce, text.encode(), place.encode())
    return base64.urlsafe_b64encode(sealed).decode()


def unseal_for_installation(text: str, place: str) -> str:
    """Open what :func:`seal_for_installation` made; raise :class:`SealBroken` otherwise."""
    try:
        raw = base64.urlsafe_b64decode(text)
        return AESGCM(secret_for(place)).decrypt(raw[:12], raw[12:], place.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise SealBroken("A sealed secret does not open.") from error
