"""Asking for a copy of what is kept about a person: one's own, or the one that staff hand over."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Couple
from practice import archives
from practice.models import Archive
from practice.saying_why import SaysWhy

#: Of either kind. Short: it lies on a server, and whoever asked is there.
LIVES = timedelta(hours=24)
#: How many of their own anybody gets. Every copy is worked for, and nobody needs more of them.
A_DAY = 5


class Enough(SaysWhy):
    """As many as anybody gets in a day; ``message`` says so."""


def ask(person: Client, *, user_id: uuid.UUID) -> Archive:
    """Ask for a person's own copy; while one is being made it is that one. Raises :class:`Enough`.

    Nobody is written to about it, neither now nor when it is ready: it is there for whoever looks.
    """
    if archives.asked_since(Archive.Kind.OWN_COPY, user_id, timezone.now() - timedelta(days=1)) >= A_DAY:
        raise Enough(_("You have had several today. Please come back tomorrow, or ask your therapist."))
    return archives.ask(Archive.Kind.OWN_COPY, user_id=user_id, person_id=person.pk)


def ask_for(person: Client, couple: Couple, *, user_id: uuid.UUID) -> Archive:
    """Ask for the copy of one person's record in a couple, as staff who read it; while one is made it is that one."""
    return archives.ask(
        Archive.Kind.RECORD_COPY, user_id=user_id, person_id=person.pk, about_id=person.pk, details=_of(couple)
    )


def newest_for(person: Client, couple: Couple, *, user_id: uuid.UUID) -> Archive | None:
    """Return what an account asked for of one person's record in a couple, while it may still do something with it."""
    return archives.newest(Archive.Kind.RECORD_COPY, user_id, about_id=person.pk, details=_of(couple))


def couple_of(archive: Archive) -> uuid.UUID:
    """Return whose record a copy to hand over is of. Raises KeyError for one that does not say it."""
    return uuid.UUID(archive.details["couple"])


def _of(couple: Couple) -> dict[str, str]:
    return {"couple": str(couple.pk)}
