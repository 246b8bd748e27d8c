"""Finding a practice by its short name, for commands."""

from __future__ import annotations

import uuid

from django.core.management.base import CommandError

from practice import dispatch, tenancy
from practice.models import Practice


def called(slug: str) -> uuid.UUID:
    """Return the practice of that short name; raise CommandError where there is none."""
    # The wall shows one practice at a time, so each is asked for its own short name.
    for practice_id in dispatch.practices():
        with tenancy.acting(tenancy.as_system(practice_id)):
            if Practice.objects.filter(pk=practice_id, slug=slug).exists():
                return practice_id
    raise CommandError(f"There is no practice “{slug}”.")
