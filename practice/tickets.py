"""Links for people who have no sign-in yet: invitations.

A ticket names a practice and a row and proves it with a keyed hash over the row's nonce. Nothing secret is
stored: a stolen database makes no ticket without the master key, and a new nonce kills the old link.
Opening a ticket changes nothing, however often a mail scanner does it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass

from practice import vault

PROOF_BYTES = 24


@dataclass(frozen=True)
class Ticket:
    """What a link claims. Believe it only after :meth:`proves`."""

    practice_id: uuid.UUID
    row_id: uuid.UUID
    proof: bytes

    def proves(self, purpose: str, nonce: str) -> bool:
        """Tell whether the link was made for this very row and has not been replaced since."""
        return hmac.compare_digest(self.proof, _proof(purpose, self.row_id, nonce))


def issue(purpose: str, *, practice_id: uuid.UUID, row_id: uuid.UUID, nonce: str) -> str:
    """Return the text of a link for one row."""
    raw = practice_id.bytes + row_id.bytes + _proof(purpose, row_id, nonce)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(text: str) -> Ticket | None:
    """Return what a link claims, or None when it is no ticket at all."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != 32 + PROOF_BYTES:
        return None
    return Ticket(uuid.UUID(bytes=raw[:16]), uuid.UUID(bytes=raw[16:32]), raw[32:])


def _proof(purpose: str, row_id: uuid.UUID, nonce: str) -> bytes:
    key = vault.secret_for(f"ticket {purpose}")
    return hmac.new(key, row_id.bytes + nonce.encode(), hashlib.sha256).digest()[:PROOF_BYTES]
