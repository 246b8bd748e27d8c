"""Reading, for many messages at once, how their people may be reached now. Holds their contacts until the hand-off.

Whatever somebody else is changing this very moment is left out, so that nobody waits: ask again in a moment.
"""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db.models import F, OuterRef, Subquery

from clients import kinds, quiet, reach
from clients.consents import REQUIRED
from clients.models import Consent, Contact, Couple, Partner
from exercises.models import Occurrence
from exercises.reminding import Person
from practice import outbox
from practice.models import Message

#: Longer than any local day, and than any gap.
LOOK_BACK = datetime.timedelta(hours=26)

Pair = tuple[uuid.UUID, uuid.UUID]
LEAVING = (Message.State.HANDING_OFF, *outbox.LEFT)


def lock_couples(couples: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Hold these couples, and return the status of those that nobody else holds."""
    rows = Couple.objects.filter(pk__in=set(couples)).order_by("pk")
    return dict(rows.select_for_update(no_key=True, skip_locked=True).values_list("pk", "status"))


def partners_in(couples: Collection[uuid.UUID]) -> set[Pair]:
    """Return who is in which couple now."""
    return set(Partner.objects.filter(couple_id__in=couples, left_at=None).values_list("couple_id", "client_id"))


class People:
    """What is true of the people of some messages about a topic."""

    def __init__(self, messages: Sequence[Message], now: datetime.datetime, topic: str) -> None:
        self.now = now
        people = {one.person_id for one in messages}
        self.contacts = _lock_contacts(people, texts=any(one.channel == Message.Channel.SMS for one in messages))
        self.nobody = self._missing(people - self.contacts.keys())
        self.chosen = reach.channels(people, topic)
        self.agreed = _agreed(people)
        #: What left for them lately, by person and channel: when, and about which assignment.
        self.lately: dict[tuple[uuid.UUID, str], list[tuple[datetime.datetime, uuid.UUID | None]]] = _lately(
            people, now
        )

    def _missing(self, people: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """Of those whose contact could not be held, return who has none at all."""
        if not people:
            return set()
        return set(people) - set(Contact.objects.filter(client_id__in=people).values_list("client_id", flat=True))

    def are_busy(self, person: uuid.UUID) -> bool:
        return person not in self.contacts and person not in self.nobody

    def of(self, message: Message, *, reminder_due: bool = False) -> Person:
        """Return the facts of a message's person; ask only for those who are not busy."""
        contact = self.contacts.get(message.person_id)
        if contact is None:
            return Person(is_there=False)
        channels = self.chosen.get(message.person_id, set()) - {Message.Channel.PORTAL}
        left = [at for at, _about in self.lately[message.person_id, message.channel]]
        midnight = self.now.astimezone(contact.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return Person(
            has_sign_in=contact.client.user_id is not None,
            is_locked_out=contact.is_active is False,  # type: ignore[attr-defined]  # annotated
            consents=self.agreed[message.person_id] >= set(REQUIRED.items()),
            # Who has no other channel finds it on their pages.
            channel_chosen=message.channel in (channels or {Message.Channel.PORTAL}),
            zone=contact.zone,
            quiet=quiet_hours(contact, message.channel),
            today=sum(at >= midnight for at in left),
            last_at=max(left, default=None),
            reminder_due=reminder_due,
        )

    def last_about(self, message: Message, assignment_id: uuid.UUID) -> datetime.datetime | None:
        """When the last message about an assignment left for them by the same channel."""
        lately = self.lately[message.person_id, message.channel]
        return max((at for at, about in lately if about == assignment_id), default=None)


def quiet_hours(contact: Contact, channel: str) -> tuple[quiet.Window, ...]:
    """Return the hours in which this person is left in peace by a channel: their own, and those of the law.

    Nothing sounds when something stands on one's own pages: there are none for that.
    """
    if channel == Message.Channel.PORTAL:
        return ()
    own = quiet.Window(contact.quiet_from, contact.quiet_until)
    law = quiet.text_message_hours(contact.zone, contact.phone) if channel == Message.Channel.SMS else ()
    return (own, *law)


def _lock_contacts(people: Collection[uuid.UUID], *, texts: bool) -> dict[uuid.UUID, Contact]:
    # Held until the hand-off, so that the messages of one person are counted one after the other.
    rows = Contact.objects.select_for_update(no_key=True, of=("self",), skip_locked=True).select_related("client")
    rows = rows.filter(client_id__in=people).annotate(is_active=F("client__user__is_active")).order_by("pk")
    return {one.client_id: one for one in (rows if texts else rows.defer("phone"))}


def _agreed(people: Collection[uuid.UUID]) -> dict[uuid.UUID, set[tuple[str, str]]]:
    found = defaultdict(set)
    given = Consent.objects.filter(client_id__in=people, withdrawn_at=None)
    for client_id, about, version in given.values_list("client_id", "about", "version"):
        found[client_id].add((about, version))
    return found


def _counted() -> list[str]:
    """The kinds that count together against gaps and the day's share: whatever comes by a switch."""
    return [name for topic in reach.Topic for name in kinds.about(topic)]


def _lately(
    people: Collection[uuid.UUID], now: datetime.datetime
) -> dict[tuple[uuid.UUID, str], list[tuple[datetime.datetime, uuid.UUID | None]]]:
    found: dict[tuple[uuid.UUID, str], list[tuple[datetime.datetime, uuid.UUID | None]]] = defaultdict(list)
    assignment = Occurrence.objects.filter(pk=OuterRef("about_id")).values("assignment_id")
    left = Message.objects.filter(
        person_id__in=people, kind__in=_counted(), state__in=LEAVING, handed_off_at__gte=now - LOOK_BACK
    ).annotate(assignment=Subquery(assignment))
    for person, channel, at, about in left.values_list("person_id", "channel", "handed_off_at", "assignment"):
        if at is not None:
            found[person, channel].append((at, about))
    return found
