"""Keys, wrapped: the practice's, its clients', and one secret of the installation. See practice/vault.py."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from practice import tenancy, vault
from practice.ids import uuid7
from practice.models.base import BoundManager, PracticeModel, inside


class Wrapped(PracticeModel):
    """A key that another one wraps. Destroyed means no bytes, for ever: the database takes none back."""

    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)
    #: The user who did it; empty: Attune itself, by a rule.
    destroyed_by = models.UUIDField(null=True)
    destroyed_why = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(wrapped__isnull=True, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at__isnull=True),
                name="%(class)s_whole_or_destroyed",
            )
        ]


class PracticeKeyManager(BoundManager):
    def present(self, practice_id: uuid.UUID) -> Any:
        """Return the practice's newest whole key, held so that nobody destroys it meanwhile; make the first one."""
        # Twice: the one that was found may have been destroyed while its row was waited for.
        for _turn in range(2):
            held = self.raw(
                "SELECT * FROM practice_practicekey WHERE practice_id = %s AND wrapped IS NOT NULL "
                "ORDER BY id DESC LIMIT 1 FOR SHARE",
                [practice_id],
            )
            for row in held:
                return row
        return self.make(practice_id)

    def make(self, practice_id: uuid.UUID) -> PracticeKey:
        """Make a new key for a practice. From now on it wraps what is made."""
        key_id = uuid7()
        wrapped_by, wrapped = vault.wrap_practice_key(practice_id, key_id)
        row = PracticeKey(id=key_id, practice_id=practice_id, wrapped_by=wrapped_by, wrapped=wrapped)
        row.save(force_insert=True)
        return row


class PracticeKey(Wrapped):
    """What wraps the data keys of one practice; itself wrapped by a key of the installation."""

    #: The name of the installation's key (see practice/keyring.py).
    wrapped_by = models.CharField(max_length=16)

    objects = PracticeKeyManager()

    def __str__(self) -> str:
        return f"practice key {self.pk}"


class DataKeyManager(BoundManager):
    def current(self, practice_id: uuid.UUID, client_id: uuid.UUID | None, purpose: str = "") -> DataKey:
        """Return the newest whole key of a practice or client for a purpose; make the first one when there is none."""
        found = self._newest(practice_id, client_id, purpose)
        return found if found is not None else self.make(practice_id, client_id, purpose)

    def make(self, practice_id: uuid.UUID, client_id: uuid.UUID | None, purpose: str = "") -> DataKey:
        """Make a new key. From now on it seals; what older ones sealed, they open."""
        with tenancy.elevated():
            wrapped_by = PracticeKey.objects.present(practice_id)
            row = DataKey(
                id=uuid7(), practice_id=practice_id, client_id=client_id, purpose=purpose, wrapped_by=wrapped_by
            )
            row.wrapped = vault.wrap_new_key(row)
            row.save(force_insert=True)
        return row

    def _newest(self, practice_id: uuid.UUID, client_id: uuid.UUID | None, purpose: str) -> Any:
        rows = self.filter(practice_id=practice_id, client_id=client_id, purpose=purpose, wrapped__isnull=False)
        return rows.select_related("wrapped_by").order_by("-id").first()


class DataKey(Wrapped):
    """What seals texts: a key of one client, or of the practice itself (``client_id`` empty), for one purpose.

    Several may live side by side: texts name their key, the newest one seals.
    """

    client_id = models.UUIDField(null=True, editable=False)
    #: Empty for everything that has no key of its own.
    purpose = models.CharField(max_length=20, blank=True, editable=False)
    #: Empty: made before practices had keys, and wrapped by the installation's until the next rotation.
    wrapped_by = inside(PracticeKey, null=True, related_name="+", on_delete=models.DO_NOTHING)

    objects = DataKeyManager()

    class Meta(Wrapped.Meta):
        indexes = [models.Index(fields=["practice", "client_id"], name="datakey_of_client")]

    def __str__(self) -> str:
        return f"data key {self.pk}"


class InstallationSecret(models.Model):
    """A secret of the whole installation, wrapped by its key, so that this key can be changed and the secret stays."""

    name = models.CharField(primary_key=True, max_length=20)
    wrapped = models.BinaryField()
    wrapped_by = models.CharField(max_length=16, blank=True)

    def __str__(self) -> str:
        return self.name
