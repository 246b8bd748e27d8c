"""Which reminders some occurrences call for: by person, by the channels they chose, and by step.

What is wanted follows from the occurrence, the person and the choices alone, so that planning again, in any
order and by any number of planners, ends in the same rows.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clients import reach
from clients.models import Contact, Couple
from exercises.models import Assignment, Occurrence
from exercises.person_facts import quiet_hours
from exercises.reminder_facts import steps_of, usual_steps
from exercises.reminding import NOT_THIS_STEP, NOT_THIS_WAY, SILENT
from exercises.steps import Clock, Planned, Round, steps, worth_saying
from practice import outbox
from practice.models import Message

KIND = "reminder"
PORTAL = Message.Channel.PORTAL

#: No step of the round fits any more: between its opening, its end and their quiet hours.
NO_TIME = "no time for it"

Key = tuple[uuid.UUID, str, str]


@dataclass(frozen=True)
class Place:
    """Where one reminder belongs."""

    occurrence: Occurrence
    person: uuid.UUID
    channel: str
    planned: Planned

    @property
    def key(self) -> Key:
        return self.person, self.channel, occasion_of(self.occurrence.pk, self.planned.step)

    def message(self) -> Message:
        return outbox.draft(
            KIND,
            person_id=self.person,
            about_id=self.occurrence.pk,
            couple_id=self.occurrence.couple_id,
            occasion=self.key[2],
            due_at=self.planned.due_at,
            fresh_for=self.planned.fresh_until - self.planned.due_at,
            channel=self.channel,
            step=self.planned.step,
        )


def occasion_of(occurrence_id: uuid.UUID, step: str) -> str:
    return f"occurrence:{occurrence_id}:{step}"


class Wishes:
    """Everything that the reminders of some occurrences depend on, in a fixed number of queries.

    Only those that are open call for any, and not while they wait for a session that nobody has planned.
    ``people`` limits whom it is about.
    """

    def __init__(self, occurrences: Iterable[Occurrence], people: Collection[uuid.UUID] | None = None) -> None:
        self.occurrences = [one for one in occurrences if one.state == Occurrence.State.OPEN]
        asked = {person for one in self.occurrences for person in one.audience}
        self.people = asked if people is None else asked & set(people)
        self.channels = {
            person: sorted(chosen - {PORTAL}) or [PORTAL] for person, chosen in self._chosen(self.people).items()
        }
        texts = any(Message.Channel.SMS in chosen for chosen in self.channels.values())
        contacts = Contact.objects.filter(client_id__in=self.people, client__user__isnull=False)
        self.contacts = {one.client_id: one for one in (contacts if texts else contacts.defer("phone"))}
        assignments = Assignment.objects.filter(pk__in={one.assignment_id for one in self.occurrences})
        usual = usual_steps() if self.occurrences else []
        self.chosen_steps = {one.pk: steps_of(one, usual) for one in assignments.only("remind", "reminder_steps")}
        together = {one.couple_id for one in self.occurrences if one.client_id is None}
        self.zones = {
            pk: ZoneInfo(name) for pk, name in Couple.objects.filter(pk__in=together).values_list("pk", "time_zone")
        }

    @staticmethod
    def _chosen(people: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
        found = reach.channels(people, reach.Topic.REMINDERS)
        return {person: set(found.get(person, ())) for person in people}

    def places(self) -> Iterator[list[Place]]:
        """Give all reminders that each occurrence calls for: one list for each person and channel."""
        for one in self.occurrences:
            for person in () if one.has_no_date else one.audience:
                contact = self.contacts.get(person)
                if contact is not None and person in self.people:
                    for channel in self.channels[person]:
                        yield self._places(one, contact, channel)

    def _places(self, one: Occurrence, contact: Contact, channel: str) -> list[Place]:
        asked = Round(
            slot=one.slot,
            opens_at=one.opens_at,
            due_at=one.due_at,
            closes_at=one.closes_at,
            by_hand=one.moved_at is not None,
            zone=self.zones.get(one.couple_id) if one.client_id is None else None,
        )
        clock = Clock(contact.zone, contact.remind_at, quiet_hours(contact, channel))
        chosen = self.chosen_steps[one.assignment_id]
        return [Place(one, contact.client_id, channel, planned) for planned in steps(asked, clock, chosen)]

    def why_not(self, message: Message) -> str:
        """Say why a planned reminder of one of these occurrences is not called for any more."""
        assignment = next(one.assignment_id for one in self.occurrences if one.pk == message.about_id)
        chosen = self.chosen_steps[assignment]
        if not chosen:
            return SILENT
        if message.step not in chosen:
            return NOT_THIS_STEP
        channels = self.channels.get(message.person_id, [])
        return NO_TIME if message.channel in channels and message.person_id in self.contacts else NOT_THIS_WAY


def wanted(wishes: Wishes, now: datetime.datetime) -> tuple[dict[Key, Place], dict[Key, Place]]:
    """Return every reminder that is called for, and those of them that are still worth saying."""
    every: dict[Key, Place] = {}
    worth: dict[Key, Place] = {}
    for places in wishes.places():
        every |= {one.key: one for one in places}
        still = set(worth_saying([one.planned for one in places], now))
        worth |= {one.key: one for one in places if one.planned in still}
    return every, worth
