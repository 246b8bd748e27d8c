"""Secrets that are texts and say where they belong: an id of the practice, one of the row, and 32 random bytes.

Only a hash of the bytes is kept. Whoever comes with such a text needs no sign-in; what it opens, its row says.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid

SECRET_BYTES = 32
LONGEST = 200


class NoBearer(ValueError):
    """This is no text of ours."""


def written(practice_id: uuid.UUID, row_id: uuid.UUID, secret: bytes) -> str:
    """Return the text, in letters that an address takes."""
    return base64.urlsafe_b64encode(practice_id.bytes + row_id.bytes + secret).decode().rstrip("=")


def parts(text: str) -> tuple[uuid.UUID, uuid.UUID, bytes]:
    """Return practice, row and secret of a text; raise :class:`NoBearer` for any other text."""
    if len(text) > LONGEST:
        raise NoBearer
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise NoBearer from None
    if len(raw) != 32 + SECRET_BYTES:
        raise NoBearer
    return uuid.UUID(bytes=raw[:16]), uuid.UUID(bytes=raw[16:32]), raw[32:]


def digest(secret: bytes) -> str:
    """Return what is kept of a secret."""
    # A plain hash: there is nothing to guess in 32 bytes like these.
    return hashlib.sha256(secret).hexdigest()
