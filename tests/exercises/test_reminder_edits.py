"""Whatever people change and in whatever order: the reminders that stand are those of a fresh plan, less what left.

Each example lives through some days with a dozen rounds at once, of two people in two zones, by two channels.
"""

from __future__ import annotations

import datetime
import itertools
import random
from contextlib import contextmanager

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import reach as reaching
from clients.models import Client, Contact
from clients.signals import contact_changed
from exercises import pausing, reminders
from exercises.models import Assignment, Occurrence, Pause
from exercises.person_facts import quiet_hours
from exercises.reminding import GAP, GAP_OF_ONE, MOST_A_DAY
from exercises.steps import Clock, Round, steps, worth_saying
from practice import clock, delivery, moves
from practice.handing_off import HandOff
from practice.models import Message
from tests.exercises.given import as_attune
from tests.exercises.given_reminders import give

pytestmark = pytest.mark.django_db

State = Message.State
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
#: The clocks of Europe and America change in these weeks of 2027, not on the same day.
START = datetime.datetime(2027, 3, 12, 12, tzinfo=datetime.UTC)
ZONES = ("Europe/London", "America/New_York", "Pacific/Apia", "Asia/Tokyo", "Australia/Lord_Howe")
HOURS = (datetime.time(0), datetime.time(7), datetime.time(12, 30), datetime.time(22))
LIKED = (None, datetime.time(8, 15), datetime.time(20))
CHANNELS = ("email", "push")
ROUNDS = 12
#: What a person changes about themselves.
WISHES = ("zone", "quiet", "like", "channel")
EDITS = (*WISHES, "steps", "move", "pause", "resume", "pass", "pass", "again")

edits = st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 999)), min_size=6, max_size=12)


@contextmanager
def at(moment: datetime.datetime):
    """Let this process and its connection believe that it is ``moment``."""
    with time_machine.travel(moment, tick=False), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('attune.clock_shift', (%s::timestamptz - now())::text, true)", [moment])
        yield


class Life:
    """A couple, their rounds, and what was done to them so far."""

    def __init__(self, couple, therapist) -> None:
        self.couple, self.therapist, self.now = couple, therapist, START
        self.people = couple.clients
        self.sent: list[tuple[datetime.datetime, Message]] = []
        self.rest: Pause | None = None
        with at(self.now):
            self.given = [give(couple, therapist, reminder_steps=None) for _ in range(4)]
            self.rounds = [self._ask(number) for number in range(ROUNDS)]
            self.plan()

    def _ask(self, number: int) -> Occurrence:
        person = self.people[number % 2]
        due = START + (number % 6 * 17 + 5) * HOUR
        with as_attune(self.couple):
            zone = Contact.objects.get(client=person).zone
            return Occurrence.objects.create(
                couple=self.couple,
                assignment=self.given[number % 4],
                client=person,
                audience=[person.pk],
                slot=due.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
                opens_at=due - 40 * HOUR,
                due_at=due,
                closes_at=due + 50 * HOUR,
            )

    def plan(self) -> None:
        with as_attune(self.couple):
            rows = list(Occurrence.objects.all())
            random.Random(len(self.sent)).shuffle(rows)
            reminders.plan_for(*rows)

    def does(self, what: str, n: int) -> None:
        """Let one edit happen now; ``n`` says to whom or what, and how."""
        if what == "pass":
            self.lets_time_pass(n)
            return
        with at(self.now), as_attune(self.couple):
            if what in WISHES:
                self.wishes(self.people[n % 2], what, n)
            else:
                self.changes_the_plan(what, n)

    def lets_time_pass(self, n: int) -> None:
        for _ in range(2):
            self.now += (1 + n % 9) * HOUR
            self.deliver()

    def wishes(self, person: Client, what: str, n: int) -> None:
        """A person sets their zone, their quiet hours, the time they like, or switches a channel."""
        contact = Contact.objects.get(client=person)
        match what:
            case "zone":
                contact.time_zone = ZONES[n % len(ZONES)]
            case "quiet":
                contact.quiet_from, contact.quiet_until = HOURS[n % 4], HOURS[n // 4 % 4]
            case "like":
                contact.remind_at = LIKED[n % 3]
            case "channel":
                self._switch(person, CHANNELS[n // 2 % 2])
        contact.save()
        contact_changed.send(sender=Contact, client=person)

    def _switch(self, person: Client, channel: str) -> None:
        if not reaching.choose(person, channel, "reminders"):
            reaching.end(person.pk, by="you", channel=channel, topic="reminders")

    def changes_the_plan(self, what: str, n: int) -> None:
        """A therapist chooses other moments, moves a round, rests all, goes on; or everything is planned again."""
        match what:
            case "steps":
                self._chooses_steps(self.given[n % 4], [None, ["due"], ["opens", "follow_up"], []][n // 4 % 4])
            case "move":
                self._moves(self.rounds[n % ROUNDS], by=(n % 50 - 20) * HOUR)
            case "pause" if self.rest is None:
                yesterday = self.now.date() - DAY
                self.rest = pausing.pause(
                    self.couple, by=self.therapist, kind="other", starts_on=yesterday, ends_on=None
                )
            case "resume" if self.rest is not None:
                pausing.lift(self.rest)
                self.rest = None
            case "again":
                self.plan()

    def _chooses_steps(self, given: Assignment, chosen: list[str] | None) -> None:
        given.reminder_steps = chosen
        given.save()
        reminders.follow_assignment(given)

    def _moves(self, asked: Occurrence, by: datetime.timedelta) -> None:
        row = Occurrence.objects.get(pk=asked.pk)
        row.due_at = min(row.due_at + by, row.closes_at - HOUR)
        row.moved_at = self.now
        row.save()
        reminders.plan_for(row)

    def deliver(self) -> None:
        """Let leave what may, and take it as accepted."""
        with at(self.now):
            mine = moves.claim(self.couple.practice_id, "me", most=1000)
            with delivery.Courier(0) as courier:
                departures = HandOff(self.couple.practice_id, "me", frozenset(), courier.carrier_of).run(mine)
            with as_attune(self.couple):
                for one in departures:
                    message = Message.objects.get(pk=one.message_id)
                    message.state, message.begun_at, message.finished_at = State.ACCEPTED, self.now, self.now
                    message.lease_until = None
                    message.save()
                    self.sent.append((self.now, message))

    # --- what must hold at any moment -----------------------------------------------------------

    def check(self) -> None:
        with at(self.now), as_attune(self.couple):
            self._stands_as_planned_afresh()
            for person in self.people:
                self._is_left_in_peace(person)

    def _stands_as_planned_afresh(self) -> None:
        """R7: what stands is a fresh plan's, less what came to an end; nothing stands where all rests."""
        stands = Message.objects.filter(state=State.PLANNED)
        found = {(one.person_id, one.channel, one.occasion): one.planned_for for one in stands}
        over = Message.objects.exclude(state__in=[State.PLANNED, State.CANCELLED])
        ended = set(over.values_list("person_id", "channel", "occasion"))
        every, worth = self._afresh()
        assert self._ahead(found) == {key: when for key, when in self._ahead(worth).items() if key not in ended}
        assert found.keys() - self._ahead(found).keys() <= every - ended

    def _ahead(self, moments: dict[tuple, datetime.datetime]) -> dict[tuple, datetime.datetime]:
        return {key: when for key, when in moments.items() if when > self.now}

    def _afresh(self) -> tuple[set[tuple], dict[tuple, datetime.datetime]]:
        """All reminders there could be, and when those would leave that are worth saying."""
        every, worth = set(), {}
        for row in Occurrence.objects.filter(state="open").select_related("assignment"):
            contact = Contact.objects.get(client_id=row.client_id)
            policy = row.assignment.reminder_steps
            asked = Round(row.slot, row.opens_at, row.due_at, row.closes_at, by_hand=row.moved_at is not None)
            for channel in reaching.channels([row.client_id], "reminders")[row.client_id] or {"portal"}:
                hours = Clock(contact.zone, contact.remind_at, quiet_hours(contact, channel))
                planned = steps(asked, hours, ["opens", "due", "follow_up"] if policy is None else policy)
                keys = {one: (row.client_id, channel, f"occurrence:{row.pk}:{one.step}") for one in planned}
                every |= set(keys.values())
                worth |= {keys[one]: one.due_at for one in worth_saying(planned, clock.now())}
        return every, worth

    def _is_left_in_peace(self, person: Client) -> None:
        """R4 and R19: nothing twice, gaps are kept, and no day is too full, wherever somebody moved."""
        for channel in CHANNELS:
            mine = [(when, one) for when, one in self.sent if (one.person_id, one.channel) == (person.pk, channel)]
            occasions = [one.occasion for _when, one in mine]
            assert len(occasions) == len(set(occasions))
            for (earlier, first), (later, second) in itertools.pairwise(mine):
                about = {Occurrence.objects.get(pk=one.about_id).assignment_id for one in (first, second)}
                assert later - earlier >= (GAP_OF_ONE if len(about) == 1 else GAP)
            zone = Contact.objects.get(client=person).zone
            last = self.now.astimezone(zone).date()
            assert sum(when.astimezone(zone).date() == last for when, _one in mine) <= MOST_A_DAY + 1


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(edits)
def test_r4_r7_r9_r10_whatever_is_changed_the_reminders_that_stand_are_those_of_a_fresh_plan(couple, therapist, todo):
    with transaction.atomic():
        life = Life(couple, therapist)
        life.check()
        for what, n in todo:
            before = len(life.sent)
            life.does(what, n)
            assert life.rest is None or len(life.sent) == before, "R10: nothing leaves while it rests"
            life.check()
        transaction.set_rollback(True)
