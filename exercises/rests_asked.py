"""Rests from deep talks that a partner asked for: told to the therapists until one has seen it."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exercises.desk import QueueItem, asking, register_queue
from exercises.models import Pause
from practice.links import address_of
from practice.models import Membership
from practice.written import Written

_ASKED: Written[Pause] = Written(
    lambda couples: (
        Pause.objects.filter(couple_id__in=couples, asked_by__isnull=False, set_by=None, deep_only=True)
        .select_related("asked_by")
        .defer("reason")
    ),
    couples=[uuid.UUID],
)


@register_queue
@asking(lambda membership, couples: _ASKED.of(couples=couples))
def rests_asked(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each rest that nobody has acknowledged yet, ended or not."""
    return [
        QueueItem(
            kind="ask",
            what=_("A rest from deep talks"),
            couple_id=one.couple_id,
            detail=_detail(one),
            since=one.made_at,
            url=address_of("rests", one.couple_id),
            action=_("Look"),
        )
        for one in _ASKED.all(couples=couples)
    ]


def _detail(one: Pause) -> str:
    name = one.asked_by.name if one.asked_by else ""
    if one.lifted_at is not None:
        return _("%(name)s asked for a rest, and has ended it.") % {"name": name}
    if one.ends_on is None:
        return _("%(name)s asked for a rest.") % {"name": name}
    told = {"name": name, "day": date_format(one.ends_on, "j F")}
    if one.ends_on < timezone.localdate():
        return _("%(name)s asked for a rest until %(day)s; it is over.") % told
    return _("%(name)s asked for a rest until %(day)s.") % told
