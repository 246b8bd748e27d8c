"""A daily letter to each member of staff, at their own hour, when something new waits at the desk for them.

It says no more than that: how many and whose stands on the page it leads to. Owners also hear of messages that
nobody could deliver, whoever's couple it is.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse

from clients.models import Couple, Parting
from exercises.desk import queue
from exercises.schedule import instant, zone
from practice import clock, envelopes, identity, outbox, tenancy
from practice.models import Membership, Message, User

KIND = "digest"
#: Later on the same day it says nothing that the desk does not say by itself.
FRESH_FOR = datetime.timedelta(hours=6)
#: A letter is planned this far ahead, so that a planner that was down for a while loses none.
AHEAD = datetime.timedelta(hours=30)
#: Whoever has had no letter yet hears of what began to wait since then.
LOOK_BACK = datetime.timedelta(days=7)


def plan_all(now: datetime.datetime) -> list[Message]:
    """Plan the next letter of each member of the bound practice. Safe to repeat.

    Who chose another hour gets a letter at that one; the earlier one is skipped when its time comes.
    """
    members = Membership.objects.filter(ended_at=None, digest_at__isnull=False).exclude(
        role=Membership.Role.COORDINATOR
    )
    return outbox.add(draft for member in members.select_related("user") for draft in _drafts(member, now))


def _drafts(member: Membership, now: datetime.datetime) -> Iterable[Message]:
    here = zone(member.user.time_zone)
    today = now.astimezone(here).date()
    for ahead in range(3):
        day = today + datetime.timedelta(days=ahead)
        due = instant(day, member.digest_at, here) if member.digest_at else None
        if day.weekday() in member.digest_weekdays and due is not None and now <= due <= now + AHEAD:
            yield outbox.draft(
                KIND,
                person_id=member.pk,
                about_id=member.pk,
                couple_id=None,
                # With the hour: who chooses another one on the same day is written to at that one.
                occasion=f"digest:{day.isoformat()}T{member.digest_at:%H:%M}",
                due_at=due,
                fresh_for=FRESH_FOR,
            )


class Digest(outbox.Handler):
    """What may forbid it: they left, they changed their hour, or nothing new waits."""

    def wanted(self, message: Message) -> str:
        member = Membership.objects.filter(pk=message.person_id, ended_at=None).select_related("user").first()
        if member is None:
            return "no longer there"
        if member.digest_at is None or not message.occasion.endswith(f"T{member.digest_at:%H:%M}"):
            return "another hour"
        since = _last(member) or clock.now() - LOOK_BACK
        return "" if waits_since(member, since) or _not_delivered(member, since) else "nothing new"

    def compose(self, message: Message) -> outbox.Letter:
        member = Membership.objects.get(pk=message.person_id)
        return envelopes.write(
            "notice",
            link=settings.ATTUNE_URL + reverse("desk"),
            stop=settings.ATTUNE_URL + reverse("account"),
            to_user_id=member.user_id,
        )


outbox.register(KIND, Digest())


def _last(member: Membership) -> datetime.datetime | None:
    left = Message.objects.filter(kind=KIND, person_id=member.pk, state__in=outbox.LEFT)
    return left.order_by("-handed_off_at").values_list("handed_off_at", flat=True).first()


def waits_since(member: Membership, since: datetime.datetime) -> bool:
    """Tell whether anything in a member's queue is urgent, or began to wait after a moment. Read as they would."""
    user = User.objects.get(pk=member.user_id)
    asker = tenancy.scoped(identity.Identity(user, tenancy.current_practice_id(), membership=member).asker())
    with tenancy.acting(asker):
        couples: list[uuid.UUID] = list(Couple.objects.in_care().values_list("pk", flat=True))
        # What only waits for the next session is no reason for a letter.
        if any(item.urgent or item.since > since for item in queue(member, couples, with_aside=False)):
            return True
        return Parting.objects.filter(noted_at=None).exists()


def _not_delivered(member: Membership, since: datetime.datetime) -> bool:
    return member.runs_practice and outbox.troubled().filter(finished_at__gt=since).exists()
