"""Destroying keys: what was sealed with them is gone for good, here and in every copy of the database.

A destroyed key's row stays, without its bytes, as the proof of it: whose key, since when, by whom and why. The
database takes no bytes back into it, and the trail has a line of its own about it. Copies of the table of keys
end with the back-ups of it, which are kept for a few days (README.md); a running process forgets a key within
:data:`practice.vault.KEY_SECONDS`.
"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from django.db.models import QuerySet

from practice import archives, clock, tenancy, two_people, vault
from practice.models import DataKey, PracticeKey, TwoPersonAct


@dataclass(frozen=True)
class Destroyed:
    """The proof for one key. Without a client it is the practice's own."""

    key_id: uuid.UUID
    client_id: uuid.UUID | None
    purpose: str
    made_at: datetime.datetime
    destroyed_at: datetime.datetime
    destroyed_by: uuid.UUID | None
    why: str


def destroy_keys_of(client_id: uuid.UUID, *, why: str, purpose: str | None = None) -> list[Destroyed]:
    """Destroy the keys of one client in the bound practice, all or those of one purpose; return the proofs.

    ``why`` is a word or two of ours ("erasure", "retention"), never anybody's own words. What was destroyed
    before is left as it is. The bound user is who did it.
    """
    rows = DataKey.objects.filter(client_id=client_id)
    return _destroy(rows if purpose is None else rows.filter(purpose=purpose), why)


def destroy_keys_of_practice(*, why: str) -> list[Destroyed]:
    """Destroy every key of the bound practice, and with them all text that anybody wrote in it."""
    proofs = _destroy(DataKey.objects.all(), why)
    with tenancy.elevated():
        _forget_bytes(PracticeKey.objects.all(), why)
    return proofs


@two_people.does(TwoPersonAct.Act.KEY_DESTRUCTION)
def destroy_after_two_agreed(act: TwoPersonAct) -> None:
    """Destroy the keys of the client that two people of the practice agreed on; ``purpose`` may narrow it."""
    if act.about_id is None:
        raise ValueError("Whose keys are to be destroyed was not said.")
    destroy_keys_of(act.about_id, why="two agreed", purpose=act.details.get("purpose"))


def proofs_of(client_id: uuid.UUID) -> list[Destroyed]:
    """Return what was ever destroyed of one client in the bound practice, the oldest first."""
    with tenancy.elevated():
        rows = DataKey.objects.filter(client_id=client_id, destroyed_at__isnull=False).order_by("destroyed_at", "pk")
        return [_proof(row) for row in rows]


def _destroy(rows: QuerySet[DataKey], why: str) -> list[Destroyed]:
    with tenancy.elevated():
        ids = _forget_bytes(rows, why)
        # What lies here holds what a key opened, and what of the same person was never sealed.
        archives.destroy_all(kinds=archives.OF_SEVERAL)
        return [_proof(row) for row in DataKey.objects.filter(pk__in=ids).order_by("pk")]


def _forget_bytes(rows: QuerySet, why: str) -> list[uuid.UUID]:
    asker = tenancy.current()
    by = asker.user_id if asker else None
    whole = rows.filter(wrapped__isnull=False)
    ids = list(whole.select_for_update().order_by("pk").values_list("pk", flat=True))
    whole.filter(pk__in=ids).update(wrapped=None, destroyed_at=clock.Now(), destroyed_by=by, destroyed_why=why)
    vault.forget_keys()
    return ids


def _proof(row: DataKey) -> Destroyed:
    when = row.destroyed_at
    if when is None:
        raise ValueError(f"{row} is whole.")
    return Destroyed(row.pk, row.client_id, row.purpose, row.made_at, when, row.destroyed_by, row.destroyed_why)
