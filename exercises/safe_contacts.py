"""What the desk says of safe contact: whom to ask again, and whom to tell something in person."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from clients import safe_contact
from clients.models import Partner
from exercises.desk import QueueItem, register_aside, register_queue
from practice.links import address_of
from practice.models import Membership

LOOK_BACK = timedelta(days=14)


@register_aside
def to_ask(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One calm item for each couple in which somebody was not asked for a while. It stands on the couple's page."""
    if not membership.sees_answers:
        return []
    today = timezone.localdate()
    found: dict[uuid.UUID, Partner] = {}
    for one in safe_contact.to_ask(couples, today):
        found.setdefault(one.couple_id, one)
    return [
        QueueItem(
            kind="ask",
            what=_("How may they be reached safely?"),
            couple_id=one.couple_id,
            detail=_("To be asked in person, each apart"),
            since=timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0),
            url=address_of("safe_contact", one.couple_id, one.client_id),
            action=_("Write it down"),
            calm=True,
            aside=True,
        )
        for one in found.values()
    ]


@register_queue
def to_tell(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each notice about an account that could not leave by the way that is safe for the person."""
    if not membership.sees_answers:
        return []
    rows = safe_contact.untold(couples, timezone.now() - LOOK_BACK)
    if not rows:
        return []
    partners = Partner.objects.filter(couple_id__in=couples, client_id__in={one.person_id for one in rows})
    names = {one.client_id: one.client.name for one in partners.select_related("client")}
    return [
        QueueItem(
            kind="ask",
            what=_("To be told in person"),
            couple_id=one.couple_id,
            detail=_("%(name)s: something changed in how they sign in, and no letter could tell them safely.")
            % {"name": names.get(one.person_id, "")},
            since=one.finished_at or one.due_at,
            url=address_of("couple", one.couple_id),
            action=_("Open"),
        )
        for one in rows
        if one.couple_id is not None
    ]
