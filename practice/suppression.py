"""Addresses that are left alone: they bounced, complained, or said STOP. Only a keyed hash of them is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from practice import clock, vault
from practice.models import Suppression

Reason = Suppression.Reason


def hash_of(channel: str, address: str) -> str:
    """Return what an address is known by here. Nobody without the installation's key can make it."""
    plain = f"{channel}\0{address.strip().lower()}".encode()
    return hashlib.blake2b(plain, key=vault.secret_for("suppression"), digest_size=32).hexdigest()


def suppress(channel: str, sender: str, address: str, reason: str) -> bool:
    """Leave an address alone from now on, for everybody who sends as ``sender``; tell whether that is new."""
    _row, made = Suppression.objects.get_or_create(
        channel=channel,
        sender=sender,
        address_hash=hash_of(channel, address),
        lifted_at=None,
        defaults={"reason": reason, "since": clock.now()},
    )
    return made


def lift(channel: str, sender: str, address: str) -> bool:
    """Let messages reach an address again, after its owner proved that it is theirs or said START."""
    rows = Suppression.objects.filter(
        channel=channel, sender=sender, address_hash=hash_of(channel, address), lifted_at=None
    )
    return rows.update(lifted_at=clock.Now()) > 0


def reasons(channel: str, sender: str, addresses: Iterable[str]) -> dict[str, str]:
    """Return why messages may not go to some of these addresses; those that they may go to are left out."""
    hashes = {hash_of(channel, one): one for one in addresses}
    found = Suppression.objects.filter(
        channel=channel, sender=sender, address_hash__in=hashes, lifted_at=None
    ).values_list("address_hash", "reason")
    return {hashes[hashed]: reason for hashed, reason in found}


def suppressed(channel: str, sender: str, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses that must be left alone."""
    return set(reasons(channel, sender, addresses))
