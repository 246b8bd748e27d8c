"""Sealed text: what people wrote, unreadable without the installation's key.

Keys hang on each other: a key of the installation (from the environment, see :mod:`practice.keyring`) wraps the
key of a practice, that one wraps the data keys of its clients and its own, and these seal texts. Destroying a
data key makes every text under it unreadable for ever, in backups too when the table of keys is backed up apart
and briefly (see :mod:`practice.destroying`).

A sealed value is ``version | key id | nonce | ciphertext`` under AES-256-GCM, bound to practice, table,
column and row, and in version 2 to the lane; the key itself is bound to its practice, client and purpose. Moved
anywhere else it does not open. A failure raises :class:`SealBroken`, it never returns a substitute.
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import models

from practice import keyring
from practice.keyring import KeyOutOfReach, SealBroken

__all__ = ["KeyOutOfReach", "SealBroken", "SealedTextField", "seal", "unseal"]

#: Bound to its place alone, and bound to its lane as well.
OF_PLACE, OF_LANE = b"\x01", b"\x02"
#: How long a key stays in memory: so long a destroyed one may still open something in a running process.
KEY_SECONDS = 60
KEYS_KEPT = 512


def seal(
    plain: bytes,
    *,
    client_id: uuid.UUID | None,
    practice_id: uuid.UUID,
    place: str,
    lane: str = "",
    purpose: str = "",
) -> bytes:
    """Seal ``plain`` for one ``place`` (``table.column.row``) under the client's or the practice's key.

    With a ``lane`` it opens only where the row still says that lane; a ``purpose`` has keys of its own.
    """
    return seal_under(_keys.for_sealing(practice_id, client_id, purpose), plain, place=place, lane=lane)


def seal_under(key: Key, plain: bytes, *, place: str, lane: str = "") -> bytes:
    """Do what :func:`seal` does, with a key at hand."""
    version = OF_LANE if lane else OF_PLACE
    return version + key.id.bytes + keyring.encrypt(key.secret, plain, _bound_to(key.practice_id, place, lane))


def unseal(
    blob: bytes,
    *,
    client_id: uuid.UUID | None,
    practice_id: uuid.UUID,
    place: str,
    lane: str = "",
    purpose: str = "",
) -> bytes:
    """Open what :func:`seal` made for the same person, place, lane and purpose; raise :class:`SealBroken` otherwise."""
    if len(blob) < 45 or blob[:1] not in (OF_PLACE, OF_LANE):
        raise SealBroken("This is no sealed text of ours.")
    key = _keys.for_opening(practice_id, uuid.UUID(bytes=blob[1:17]))
    if (key.client_id, key.purpose) != (client_id, purpose):
        raise SealBroken("A sealed text is under the key of somebody else.")
    lane = lane if blob[:1] == OF_LANE else ""  # sealed before lanes were bound: by its place alone
    return keyring.decrypt(key.secret, blob[17:], _bound_to(practice_id, place, lane))


def _bound_to(practice_id: uuid.UUID, place: str, lane: str = "") -> bytes:
    return "|".join(filter(None, (str(practice_id), place, lane))).encode()


# ── keys ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Key:
    """A data key, opened."""

    id: uuid.UUID
    practice_id: uuid.UUID
    client_id: uuid.UUID | None
    purpose: str
    secret: bytes


class _Keys:
    """Data keys in memory: few, for a short time, so that a destroyed key stops working soon."""

    def __init__(self) -> None:
        self._opened: dict[uuid.UUID, tuple[float, Key]] = {}
        self._newest: dict[tuple[uuid.UUID, uuid.UUID | None, str], tuple[float, uuid.UUID]] = {}

    def forget(self) -> None:
        self._opened.clear()
        self._newest.clear()

    def for_sealing(self, practice_id: uuid.UUID, client_id: uuid.UUID | None, purpose: str) -> Key:
        known = self._newest.get((practice_id, client_id, purpose))
        if known and known[0] > time.monotonic():
            return self.for_opening(practice_id, known[1])
        from practice.models import DataKey

        row = DataKey.objects.current(practice_id, client_id, purpose)
        self._newest[practice_id, client_id, purpose] = (time.monotonic() + KEY_SECONDS, row.pk)
        return self._keep(row)

    def for_opening(self, practice_id: uuid.UUID, key_id: uuid.UUID) -> Key:
        known = self._opened.get(key_id)
        if known and known[0] > time.monotonic() and known[1].practice_id == practice_id:
            return known[1]
        from practice.models import DataKey

        row = DataKey.objects.select_related("wrapped_by").filter(practice_id=practice_id, pk=key_id).first()
        if row is None or row.wrapped is None:
            raise SealBroken("The key of a sealed text is gone.")
        return self._keep(row)

    def _keep(self, row: Any) -> Key:
        if len(self._opened) >= KEYS_KEPT:
            self.forget()
        key = Key(row.pk, row.practice_id, row.client_id, row.purpose, unwrap(row))
        self._opened[row.pk] = (time.monotonic() + KEY_SECONDS, key)
        return key


_keys = _Keys()


def forget_keys() -> None:
    """Drop the keys held in memory, after one was destroyed and between tests."""
    _keys.forget()


def wrap_practice_key(practice_id: uuid.UUID, key_id: uuid.UUID, secret: bytes | None = None) -> tuple[str, bytes]:
    """Wrap a practice's key, a fresh one without ``secret``; return the wrapping key's name and the bytes.

    Refuses (:class:`KeyOutOfReach`) under a key that does not open this installation's secret: nothing is ever
    wrapped by a key that was set by mistake.
    """
    _installation_secret()
    return keyring.wrap(secret or keyring.fresh(), _bound_to(practice_id, f"practice key.{key_id}"))


def unwrap_practice_key(row: Any) -> bytes:
    """Return the bytes of a practice's key."""
    if row.wrapped is None:
        raise SealBroken("The key of this practice is gone.")
    return keyring.unwrap(row.wrapped_by, bytes(row.wrapped), _bound_to(row.practice_id, f"practice key.{row.pk}"))


def wrap_new_key(row: Any) -> bytes:
    """Return a fresh data key, wrapped by the practice's and bound to its practice, client and purpose."""
    return wrap_key(row, keyring.fresh())


def wrap_key(row: Any, secret: bytes) -> bytes:
    """Return a data key's bytes, wrapped by the practice's key that ``row`` names."""
    return keyring.encrypt(unwrap_practice_key(row.wrapped_by), secret, _belongs(row))


def unwrap(row: Any) -> bytes:
    """Return the bytes of a data key; raise :class:`SealBroken` where it or one above it does not open."""
    if row.wrapped_by_id is None:  # from before practices had keys of their own
        return keyring.unwrap("", bytes(row.wrapped), _bound_to(row.practice_id, f"key.{row.pk}"))
    return keyring.decrypt(unwrap_practice_key(row.wrapped_by), bytes(row.wrapped), _belongs(row))


def _belongs(row: Any) -> bytes:
    return _bound_to(row.practice_id, f"key.{row.pk}.{row.client_id or 'practice'}.{row.purpose}")


# ── secrets of the installation ──────────────────────────────────────────────

#: The one that all others are derived from.
ROOT = "root"
_secrets: dict[str, bytes] = {}


def secret_for(purpose: str) -> bytes:
    """Return a 32-byte key for one purpose. It stays the same when the installation's key is changed."""
    return hashlib.blake2b(purpose.encode(), key=_installation_secret(), digest_size=32).digest()


def _installation_secret() -> bytes:
    name, _key = keyring.present()
    if name not in _secrets:  # one key, one process, one secret: it never changes
        from practice.models import InstallationSecret

        row = InstallationSecret.objects.filter(name=ROOT).first()
        if row is None:
            raise KeyOutOfReach("The installation has no secret yet: `manage.py migrate` makes it.")
        _secrets[name] = keyring.unwrap(row.wrapped_by, bytes(row.wrapped), b"installation")
    return _secrets[name]


def wrap_installation_secret(secret: bytes) -> tuple[str, bytes]:
    """Wrap the installation's secret under its present key; return that one's name and the bytes."""
    return keyring.wrap(secret, b"installation")


# ── a column ─────────────────────────────────────────────────────────────────


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
    practice's key does. ``purpose`` gives it keys of its own, which nothing else is under. ``lane`` names the
    attribute with the row's lane: the text opens under that lane alone, so whoever changes the lane of a row
    has to set its text again. Empty text is stored empty. ``QuerySet.update`` is refused: a sealed text needs
    its row.
    """

    # What type checkers see on an instance: text.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def __init__(self, *args: Any, sealed_for: str = "", purpose: str = "", lane: str = "", **kwargs: Any) -> None:
        self.sealed_for, self.purpose, self.lane = sealed_for, purpose, lane
        kwargs.setdefault("blank", True)
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for option in ("sealed_for", "purpose", "lane"):
            if getattr(self, option):
                kwargs[option] = getattr(self, option)
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
            if self.lane:
                self.opened(bytes(text), model_instance)  # the row's lane changed and its text was not set again
            return bytes(text)  # read and never looked at: still sealed for this very row
        return seal(str(text).encode(), **self._bound(model_instance)) if text else b""

    def opened(self, blob: bytes, instance: models.Model) -> str:
        return unseal(blob, **self._bound(instance)).decode() if blob else ""

    def _bound(self, instance: models.Model) -> dict[str, Any]:
        return {
            "practice_id": instance.practice_id,  # type: ignore[attr-defined]
            "client_id": getattr(instance, self.sealed_for) if self.sealed_for else None,
            "place": self._place(instance),
            "lane": getattr(instance, self.lane) if self.lane else "",
            "purpose": self.purpose,
        }

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
    sealed = keyring.encrypt(secret_for(place), text.encode(), place.encode())
    return base64.urlsafe_b64encode(sealed).decode()


def unseal_for_installation(text: str, place: str) -> str:
    """Open what :func:`seal_for_installation` made; raise :class:`SealBroken` otherwise."""
    try:
        sealed = base64.urlsafe_b64decode(text)
    except ValueError as error:
        raise SealBroken("A sealed secret does not open.") from error
    return keyring.decrypt(secret_for(place), sealed, place.encode()).decode()
