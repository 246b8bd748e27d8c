"""Text messages and the law: none before eight or after nine in the United States, whatever somebody has chosen."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from clients import reach as reaching
from clients.models import Client, Contact, Reach
from exercises import reminders
from exercises.models import Occurrence
from practice import clock, delivery, tenancy
from practice.local import texts as gateways
from practice.models import Message
from tests.exercises.given_reminders import HOUR, MIDNIGHT, again, give
from tests.factories import user_of

pytestmark = pytest.mark.django_db(transaction=True)

State = Message.State
CHICAGO, LONDON = "America/Chicago", "Europe/London"
AMERICAN, BRITISH = "+13125550142", "+447700900123"


@pytest.fixture
def gateway(tmp_path: Path, settings) -> Iterator[Path]:
    running = gateways.serve_in_thread(tmp_path)
    settings.ATTUNE_SMS_URL, settings.ATTUNE_SMS_TOKEN, settings.ATTUNE_SMS_FROM = running.url, "t", "+13125550100"
    yield tmp_path
    running.shutdown()
    running.server_close()


@pytest.fixture
def clock_at() -> Iterator[object]:
    """Set the database's clock to a wall time of tomorrow."""

    def to(hour: int, minute: int, zone: str) -> datetime.datetime:
        tomorrow = datetime.datetime.now(ZoneInfo(zone)).date() + datetime.timedelta(days=1)
        moment = datetime.datetime.combine(tomorrow, datetime.time(hour, minute), tzinfo=ZoneInfo(zone))
        seconds = (moment - datetime.datetime.now(datetime.UTC)).total_seconds()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('attune.clock_shift', %s, false)", [f"{seconds} seconds"])
        return moment

    yield to
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('attune.clock_shift', '', false)")


def planned_text(given, person: Client, *, zone: str, number: str) -> Message:
    """Plan a text message that is due now, for somebody who has chosen no quiet hours at all."""
    with tenancy.acting(tenancy.as_system(person.practice_id)):
        contact = Contact.objects.get(client=person)
        contact.time_zone, contact.phone = zone, number
        contact.quiet_from = contact.quiet_until = MIDNIGHT
        contact.save()
        reaching.end(person.pk, by=Reach.Ended.YOU)
        reaching.choose(person, Message.Channel.SMS, Reach.Topic.REMINDERS)
        now = clock.now()
        asked = Occurrence.objects.create(
            couple_id=given.couple_id, assignment=given, client=person, audience=[person.pk],
            # Moved by hand, so that it is due at this very moment in whichever zone.
            slot=now.strftime("%Y-%m-%dT%H:%M"), moved_at=now,
            opens_at=now - HOUR, due_at=now, closes_at=now + 40 * HOUR,
        )  # fmt: skip
        reminders.plan_for(asked)
        message = Message.objects.get(person_id=person.pk, channel=Message.Channel.SMS, step="due")
        # As if it had been planned before the person came under this law: what counts is the last look.
        Message.objects.exclude(pk=message.pk).delete()
        Message.objects.filter(pk=message.pk).update(planned_for=now, due_at=now, fresh_until=now + 36 * HOUR)
        return message


#: Either the zone or the number makes it American.
AMERICANS = [(CHICAGO, AMERICAN), (CHICAGO, BRITISH), (LONDON, AMERICAN)]


@pytest.mark.parametrize(("zone", "number"), AMERICANS)
@pytest.mark.parametrize(("hour", "minute", "days"), [(6, 0, 0), (21, 30, 1)])
def test_r6_an_american_text_waits_for_eight_whatever_was_chosen(
    couple, therapist, mara, gateway, clock_at, zone, number, hour, minute, days
):
    moment = clock_at(hour, minute, zone)
    message = planned_text(give(couple, therapist), mara, zone=zone, number=number)
    delivery.deliver(5)
    assert gateways.inbox(gateway) == []
    waits = again(message)
    assert (waits.state, waits.reason) == (State.PLANNED, "")
    eight = datetime.datetime.combine(moment.date(), datetime.time(8), tzinfo=ZoneInfo(zone))
    assert waits.due_at == eight + datetime.timedelta(days=days)


@pytest.mark.parametrize(
    ("zone", "number", "hour"),
    [(CHICAGO, AMERICAN, 8), (CHICAGO, AMERICAN, 20), (LONDON, BRITISH, 6), (LONDON, BRITISH, 22)],
)
def test_r6_a_text_leaves_where_and_when_no_law_forbids_it(
    couple, therapist, mara, gateway, clock_at, zone, number, hour
):
    clock_at(hour, 30, zone)
    message = planned_text(give(couple, therapist), mara, zone=zone, number=number)
    delivery.deliver(5)
    assert again(message).state == State.ACCEPTED, again(message).reason
    (sent,) = gateways.inbox(gateway)
    assert sent.recipient == number
    assert user_of(mara).email not in sent.text
