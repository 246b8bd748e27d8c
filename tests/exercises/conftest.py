"""What several of these tests begin with."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
from django.utils import timezone
from time_machine import travel

from clients.models import Client, Couple
from exercises.models import Assignment, Occurrence
from practice.models import Membership, Message
from tests.exercises import given_reminders
from tests.exercises.given_reminders import MIDNIGHT


@pytest.fixture
def a_minute_ago() -> Iterator[None]:
    """The database's clock stands at the beginning of the test; what opens now has to lie before it."""
    with travel(timezone.now() - datetime.timedelta(minutes=1)):
        yield


@pytest.fixture
def no_quiet_hours(couple: Couple) -> None:
    """For tests that run at any hour; those about quiet hours set their own."""
    given_reminders.reach(couple, quiet_from=MIDNIGHT, quiet_until=MIDNIGHT)


@pytest.fixture
def given(couple: Couple, therapist: Membership) -> Assignment:
    """Something that both partners are reminded of when it is due."""
    return given_reminders.give(couple, therapist)


@pytest.fixture
def due(given: Assignment, mara: Client) -> Occurrence:
    """A round of it that has just fallen due for Mara."""
    return given_reminders.ask(given, mara)


@pytest.fixture
def reminder(due: Occurrence) -> Message:
    """The one reminder of that round."""
    (planned,) = given_reminders.remind(due)
    return planned
