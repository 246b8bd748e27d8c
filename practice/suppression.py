"""Addresses that are left alone: they bounced, complained, or said STOP. Only a keyed hash of them is kept."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Iterable

from practice import clock, pace, vault
from practice.models import Suppression

Reason = Suppression.Reason
#: So many messages that come back for a passing reason, in one such window, count like one that does for good.
MOST_SOFT, SOFT_WINDOW = 5, datetime.timedelta(days=7)


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


def came_back_for_now(channel: str, sender: str, address: str) -> bool:
    """Count that a message came back for a passing reason; tell whether the address is left alone now for that."""
    key = hash_of(f"{channel}\0{sender}", address)
    within, _until = pace.take(f"soft:{key}", 1, limit=MOST_SOFT - 1, window=SOFT_WINDOW)
    return not within and suppress(channel, sender, address, Reason.BOUNCE)


def lift(channel: str, sender: str, address: str) -> bool:
    """Let messages reach an address again, after its owner proved that it is theirs or said START."""
    rows = Suppression.objects.filter(
        channel=channel, sender=sender, address_hash=hash_of(channel, address), lifted_at=None
    )
    return rows.update(lifted_at=clock.Now()) > 0


def lifted_since(channel: str, sender: str, address: str, moment: datetime.datetime) -> bool:
    """Tell whether a silence of this address was lifted after a moment: what happened before says nothing any more."""
    rows = Suppression.objects.filter(channel=channel, sender=sender, address_hash=hash_of(channel, address))
    return rows.filter(lifted_at__gt=moment).exists()


def reasons(channel: str, sender: str, addresses: Iterable[str]) -> dict[str, str]:
    """Return why messages may not go to some of these addresses; those that they may go to are left out."""
    hashes = {one: hash_of(channel, one) for one in addresses}
    rows = Suppression.objects.filter(
        channel=channel, sender=sender, address_hash__in=set(hashes.values()), lifted_at=None
    )
    found = dict(rows.values_list("address_hash", "reason"))
    # The same address may be written in several ways.
    return {one: found[hashed] for one, hashed in hashes.items() if hashed in found}


def suppressed(channel: str, sender: str, addresses: Collection[str]) -> set[str]:
    """Return those of the addresses that must be left alone."""
    return set(reasons(channel, sender, addresses))
