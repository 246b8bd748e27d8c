"""A letter that something was said to somebody: neutral words, one for each thread until they have looked."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

from clients import letters, quiet
from clients.models import Contact
from exercises.models import Comment, Seen, Thread
from exercises.reminders import Reminder, of_couple, of_person
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
        contacts = Contact.objects.filter(client_id__in=thread.audience, client__user__isnull=False)
        return outbox.add([_draft(thread, contact, seen.get(contact.client_id), now) for contact in contacts])


def _draft(thread: Thread, contact: Contact, seen_at: datetime.datetime | None, now: datetime.datetime) -> Message:
    return outbox.draft(
        KIND,
        person_id=contact.client_id,
        about_id=thread.pk,
        couple_id=thread.couple_id,
        occasion=f"thread:{thread.pk}:{'never' if seen_at is None else int(seen_at.timestamp() * 1000)}",
        due_at=quiet.next_allowed(now, contact.quiet_from, contact.quiet_until, contact.zone),
        fresh_for=FRESH_FOR,
    )


class Notice(Reminder):
    """What may forbid the letter: the same as for a reminder, and that they have looked meanwhile."""

    def wanted(self, message: Message) -> str:
        thread = Thread.objects.filter(pk=message.about_id).first()
        if thread is None or message.person_id not in thread.audience:
            return "no longer there"
        return (
            of_couple(thread.couple_id, message.person_id)
            or _of_thread(thread, message.person_id)
            or of_person(message.person_id)
        )

    def compose_all(self, messages: Sequence[Message]) -> dict[uuid.UUID, outbox.Letter]:
        return letters.write_all(messages, "notice")


def _of_thread(thread: Thread, person: uuid.UUID) -> str:
    said = Comment.objects.filter(thread=thread, author=None).order_by("-said_at").first()
    if said is None:
        return "no longer there"
    seen = Seen.objects.filter(thread=thread, author_id=person, seen_at__gte=said.said_at)
    return "seen" if seen.exists() else ""


outbox.register(KIND, Notice())
