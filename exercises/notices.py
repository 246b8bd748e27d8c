"""Neutral letters that there is something to look at; here that of a thread: one until they have looked.

Upper apps have letters of their own by :class:`Notice` and :func:`drafts`.
"""

from __future__ import annotations

import abc
import datetime
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

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

        def occasion(person: uuid.UUID) -> str:
            at = seen.get(person)
            return f"thread:{thread.pk}:{'never' if at is None else int(at.timestamp() * 1000)}"

        about = {"about_id": thread.pk, "couple_id": thread.couple_id}
        return outbox.add(drafts(KIND, thread.audience, now, occasion=occasion, **about))


def drafts(
    kind: str,
    people: Collection[uuid.UUID],
    now: datetime.datetime,
    *,
    about_id: uuid.UUID,
    couple_id: uuid.UUID,
    occasion: Callable[[uuid.UUID], str],
) -> list[Message]:
    """Draft a letter for each of these people who can sign in, by each of their channels and outside their quiet hours.

    ``occasion`` names for a person what has one letter and no second. Needs elevated rights: contacts are theirs alone.
    """
    contacts = Contact.objects.filter(client_id__in=people, client__user__isnull=False).defer("phone").order_by("pk")
    channels = reach.channels(people, reach.Topic.NEWS)
    return [
        outbox.draft(
            kind,
            person_id=contact.client_id,
            about_id=about_id,
            couple_id=couple_id,
            occasion=occasion(contact.client_id),
            due_at=quiet.next_allowed(now, contact.quiet_from, contact.quiet_until, contact.zone),
            fresh_for=FRESH_FOR,
            channel=channel,
        )
        for contact in contacts
        for channel in ways(channels.get(contact.client_id, set()))
    ]


def ways(chosen: set[str]) -> list[str]:
    """The channels to tell somebody by: those that they chose, or else their own pages alone."""
    return sorted(chosen - {Message.Channel.PORTAL}) or [Message.Channel.PORTAL]


class Notice(Reminder, abc.ABC):
    """What may forbid such a letter: the same as for a reminder, and what becomes of the thing it is about."""

    template = "notice"

    @abc.abstractmethod
    def things(self, ids: set[uuid.UUID]) -> Mapping[uuid.UUID, Thing]:
        """Return what letters are about, by id, as far as it is still there; in a fixed number of queries."""

    def decide(self, messages: Sequence[Message], now: datetime.datetime) -> dict[uuid.UUID, outbox.Verdict]:
        """Decide about many at once, in a fixed number of queries."""
        reading = _Reading(self.things, messages, now)
        return {one.pk: reading.verdict(one) for one in messages}


@dataclass(frozen=True)
class Thing:
    """What a letter is about: whose it is, who may look at it, and for whom of them there is no need any more."""

    couple_id: uuid.UUID
    readers: Collection[uuid.UUID]
    #: The reason why somebody needs no letter.
    needless: Mapping[uuid.UUID, str] = field(default_factory=dict)


class _Reading:
    """Everything that forbids or delays some letters, read under locks, as for reminders."""

    def __init__(
        self,
        things: Callable[[set[uuid.UUID]], Mapping[uuid.UUID, Thing]],
        messages: Sequence[Message],
        now: datetime.datetime,
    ) -> None:
        self.now = now
        self.couples = lock_couples(one.couple_id for one in messages)
        self.partners = partners_in(self.couples.keys())
        self.people = People(messages, now, reach.Topic.NEWS)
        self.things = things({one.about_id for one in messages if one.about_id})
        self.reminded = _about_to_be_reminded(messages, now)

    def verdict(self, message: Message) -> outbox.Verdict:
        thing, who = self.things.get(message.about_id), message.person_id
        if thing is None or who not in thing.readers:
            return outbox.Skip("no longer there")
        if thing.couple_id not in self.couples or self.people.are_busy(who):
            return outbox.Wait(self.now + reminding.BUSY)
        person = self.people.of(message, reminder_due=(who, message.channel) in self.reminded)
        in_couple = (thing.couple_id, who) in self.partners
        reason = (
            reminding.by_couple(self.couples[thing.couple_id], in_couple=in_couple)
            or thing.needless.get(who)
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


class _OfThread(Notice):
    """A letter about what was said: it falls away when they have looked meanwhile."""

    def things(self, ids: set[uuid.UUID]) -> dict[uuid.UUID, Thing]:
        threads = Thread.objects.in_bulk(ids)
        unseen = _Unseen(threads)
        return {
            pk: Thing(one.couple_id, one.audience, {who: unseen.why_not(pk, who) for who in one.audience})
            for pk, one in threads.items()
        }


outbox.register(KIND, _OfThread())
