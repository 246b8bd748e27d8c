"""A letter that something was said to somebody: neutral words, one for each thread until they have looked."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping, Sequence

from django.db.models import Max

from clients import quiet, reach
from clients.models import Contact
from exercises import reminding
from exercises.models import Comment, Seen, Thread
from exercises.person_facts import People, lock_couples, partners_in
from exercises.reminders import Reminder
from practice import outbox, tenancy
from practice.models import Message

KIND = "talk"
#: After this nobody needs a letter any more: it stands on their first page.
FRESH_FOR = datetime.timedelta(days=3)


def tell_of(thread: Thread, now: datetime.datetime) -> list[Message]:
    """Plan a letter for everybody in a thread, unless one is on its way or was sent since they last looked.

    The occasion names the moment of their last look: until there is a later one, it stays the same occasion.
    """
    with tenancy.elevated():
        seen = dict(Seen.objects.filter(thread=thread, author__isnull=False).values_list("author_id", "seen_at"))
        contacts = Contact.objects.filter(client_id__in=thread.audience, client__user__isnull=False).defer("phone")
        channels = reach.channels(thread.audience, reach.Topic.NEWS)
        return outbox.add(
            [
                _draft(thread, contact, seen.get(contact.client_id), channel, now)
                for contact in contacts
                for channel in ways(channels.get(contact.client_id, set()))
            ]
        )


def ways(chosen: set[str]) -> list[str]:
    """The channels to tell somebody by: those that they chose, or else their own pages alone."""
    return sorted(chosen - {Message.Channel.PORTAL}) or [Message.Channel.PORTAL]


def _draft(
    thread: Thread, contact: Contact, seen_at: datetime.datetime | None, channel: str, now: datetime.datetime
) -> Message:
    return outbox.draft(
        KIND,
        person_id=contact.client_id,
        about_id=thread.pk,
        couple_id=thread.couple_id,
        occasion=f"thread:{thread.pk}:{'never' if seen_at is None else int(seen_at.timestamp() * 1000)}",
        due_at=quiet.next_allowed(now, contact.quiet_from, contact.quiet_until, contact.zone),
        fresh_for=FRESH_FOR,
        channel=channel,
    )


class Notice(Reminder):
    """What may forbid the letter: the same as for a reminder, and that they have looked meanwhile."""

    template = "notice"

    def decide(self, messages: Sequence[Message], now: datetime.datetime) -> dict[uuid.UUID, outbox.Verdict]:
        """Decide about many at once, in a fixed number of queries."""
        reading = _Reading(messages, now)
        return {one.pk: reading.verdict(one) for one in messages}


class _Reading:
    """Everything that forbids or delays some letters, read under locks, as for reminders."""

    def __init__(self, messages: Sequence[Message], now: datetime.datetime) -> None:
        self.now = now
        self.threads = Thread.objects.in_bulk({one.about_id for one in messages})
        self.couples = lock_couples(one.couple_id for one in messages)
        self.partners = partners_in(self.couples.keys())
        self.people = People(messages, now, reach.Topic.NEWS)
        self.unseen = _Unseen(self.threads)
        self.reminded = _about_to_be_reminded(messages, now)

    def verdict(self, message: Message) -> outbox.Verdict:
        thread, who = self.threads.get(message.about_id), message.person_id
        if thread is None or who not in thread.audience:
            return outbox.Skip("no longer there")
        if thread.couple_id not in self.couples or self.people.are_busy(who):
            return outbox.Wait(self.now + reminding.BUSY)
        person = self.people.of(message, reminder_due=(who, message.channel) in self.reminded)
        in_couple = (thread.couple_id, who) in self.partners
        reason = (
            reminding.by_couple(self.couples[thread.couple_id], in_couple=in_couple)
            or self.unseen.why_not(thread.pk, who)
            or reminding.by_person(person)
        )
        return outbox.Skip(reason) if reason else reminding.when(person, self.now, message.fresh_until, self.now)


class _Unseen:
    """What the practice said last in each thread, and when each of the others looked."""

    def __init__(self, threads: Mapping[uuid.UUID, Thread]) -> None:
        said = Comment.objects.filter(thread__in=threads, author=None).order_by()
        self.said = dict(said.values_list("thread_id").annotate(Max("said_at")))
        seen = Seen.objects.filter(thread__in=threads, author__isnull=False).order_by()
        looks = seen.values_list("thread_id", "author_id").annotate(Max("seen_at"))
        self.seen = {(thread, person): at for thread, person, at in looks}

    def why_not(self, thread: uuid.UUID, person: uuid.UUID) -> str:
        said, seen = self.said.get(thread), self.seen.get((thread, person))
        if said is None:
            return "no longer there"
        return "seen" if seen is not None and seen >= said else ""


def _about_to_be_reminded(messages: Sequence[Message], now: datetime.datetime) -> set[tuple[uuid.UUID, str]]:
    """Who is about to get a reminder, and by which channel: it says the same, and the letter waits for it."""
    due = Message.objects.filter(
        kind="reminder",
        person_id__in={one.person_id for one in messages},
        state__in=(Message.State.PLANNED, Message.State.CLAIMED),
        due_at__lte=now,
        fresh_until__gt=now,
    )
    return set(due.values_list("person_id", "channel"))


outbox.register(KIND, Notice())
