"""Data keys, wrapped: see practice/vault.py."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from practice import tenancy, vault
from practice.ids import uuid7
from practice.models.base import BoundManager, PracticeModel


class DataKeyManager(BoundManager):
    def current(self, practice_id: uuid.UUID, client_id: uuid.UUID | None) -> DataKey:
        """Return the newest whole key of a practice or client; make the first one when there is none."""
        found = self._newest(practice_id, client_id)
        if found is not None:
            return found
        with tenancy.elevated():
            key_id = uuid7()
            row = DataKey(
                id=key_id,
                practice_id=practice_id,
                client_id=client_id,
                wrapped=vault.wrap_new_key(practice_id, key_id),
            )
            row.save(force_insert=True)
        return row

    def _newest(self, practice_id: uuid.UUID, client_id: uuid.UUID | None) -> Any:
        return self.filter(practice_id=practice_id, client_id=client_id, wrapped__isnull=False).order_by("-id").first()


class DataKey(PracticeModel):
    """One key: of a client, or of the practice itself (``client_id`` empty). Destroyed means no bytes.

    Several may live side by side: texts name their key, the newest one seals.
    """

    client_id = models.UUIDField(null=True, editable=False)
    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    objects = DataKeyManager()

    class Meta:
        indexes = [models.Index(fields=["practice", "client_id"], name="datakey_of_client")]

    def __str__(self) -> str:
        return f"data key {self.pk}"
