"""A letter that there is something to look at, once a report lies in somebody's portal: neutral words, no more."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import kinds, quiet, reach
from clients.kinds import About
from clients.models import Client, Contact
from exercises import reminding
from exercises.notices import ways
from exercises.person_facts import People, lock_couples, partners_in
from exercises.reminders import Reminder
from practice import outbox, tenancy
from practice.models import Message
from reports.models import Report

KIND = "document"
#: After this nobody needs a letter any more: it stands in their portal.
FRESH_FOR = datetime.timedelta(days=3)


def tell_of(report: Report) -> list[Message]:
    """Plan a letter for every reader of a report that was just handed over; handed over again, there is a new one."""
    now = timezone.now()
    with tenancy.elevated():
        contacts = Contact.objects.filter(client_id__in=report.readers, client__user__isnull=False).defer("phone")
        channels = reach.channels(report.readers, reach.Topic.NEWS)
        return outbox.add(
            [
                _draft(report, contact, channel, now)
                for contact in contacts.order_by("pk")
                for channel in ways(channels.get(contact.client_id, set()))
            ]
        )


def _draft(report: Report, contact: Contact, channel: str, now: datetime.datetime) -> Message:
    released = int(report.released_at.timestamp() * 1000) if report.released_at else 0
    return outbox.draft(
        KIND,
        person_id=contact.client_id,
        about_id=report.pk,
        couple_id=report.couple_id,
        occasion=f"document:{report.pk}:{released}",
        due_at=quiet.next_allowed(now, contact.quiet_from, contact.quiet_until, contact.zone),
        fresh_for=FRESH_FOR,
        channel=channel,
    )


class Notice(Reminder):
    """What may forbid the letter: the same as for a reminder, and that the report was taken back."""

    template = "notice"

    def decide(self, messages: Sequence[Message], now: datetime.datetime) -> dict[uuid.UUID, outbox.Verdict]:
        """Decide about many at once, in a fixed number of queries."""
        reading = _Reading(messages, now)
        return {one.pk: reading.verdict(one) for one in messages}


class _Reading:
    """Everything that forbids or delays some letters, read under locks, as for reminders."""

    def __init__(self, messages: Sequence[Message], now: datetime.datetime) -> None:
        self.now = now
        rows = Report.objects.filter(released_at__isnull=False, withdrawn_at=None).defer("pdf", "summary")
        self.reports = rows.in_bulk({one.about_id for one in messages})
        self.couples = lock_couples(one.couple_id for one in messages)
        self.partners = partners_in(self.couples.keys())
        self.people = People(messages, now, reach.Topic.NEWS)

    def verdict(self, message: Message) -> outbox.Verdict:
        report, who = self.reports.get(message.about_id), message.person_id
        if report is None or who not in report.readers:
            return outbox.Skip("no longer there")
        if report.couple_id not in self.couples or self.people.are_busy(who):
            return outbox.Wait(self.now + reminding.BUSY)
        person = self.people.of(message)
        in_couple = (report.couple_id, who) in self.partners
        reason = reminding.by_couple(self.couples[report.couple_id], in_couple=in_couple) or reminding.by_person(person)
        return outbox.Skip(reason) if reason else reminding.when(person, self.now, message.fresh_until, self.now)


def _described(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, About]:
    """What each letter was about, as far as it still lies in this person's portal."""
    rows = Report.objects.filter(pk__in={one.about_id for one in messages}, readers__contains=[person.pk])
    there = set(rows.filter(released_at__isnull=False, withdrawn_at=None).values_list("pk", flat=True))
    about = About(_("A document from your therapist"), reverse("portal_documents"))
    return {one.pk: about for one in messages if one.about_id in there}


outbox.register(KIND, Notice())
kinds.register(kinds.Kind(KIND, _described, reach.Topic.NEWS))
