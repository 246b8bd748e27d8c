"""Identifiers of every row: UUID version 7, made here so that any PostgreSQL and any shard will do."""

import uuid

from uuid_utils import compat


def uuid7() -> uuid.UUID:
    """Return a new id. It sorts by time of making and shows that time: never use it as a secret."""
    return compat.uuid7()
