"""Letters that did not arrive are shown to the therapist, until a later one does."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from clients.models import Client, Couple
from exercises.unreached import not_reached
from practice.ids import uuid7
from practice.models import Membership, Message
from tests.factories import acting_as, inside, make_couple

pytestmark = pytest.mark.django_db


def finished(practice, couple: Couple, person: Client, state: str, *, days_ago: int) -> None:
    at = timezone.now() - datetime.timedelta(days=days_ago)
    with inside(practice):
        Message.objects.create(
            kind="reminder", occasion=str(uuid7()), person_id=person.pk, about_id=uuid7(), couple_id=couple.pk,
            due_at=at, fresh_until=at, state=state, finished_at=at,
        )  # fmt: skip


def details(therapist: Membership, *couples: Couple) -> list[str]:
    with acting_as(therapist):
        return [item.detail for item in not_reached(therapist, [couple.pk for couple in couples])]


@pytest.mark.parametrize("state", ["dead", "unknown"])
def test_a_letter_that_may_not_have_arrived_is_shown_with_the_partners_name(practice, couple, mara, therapist, state):
    finished(practice, couple, mara, state, days_ago=1)
    [detail] = details(therapist, couple)
    assert "Mara" in detail
    assert "Theo" not in detail


def test_a_later_letter_that_arrived_ends_it(practice, couple, mara, therapist):
    finished(practice, couple, mara, "dead", days_ago=2)
    finished(practice, couple, mara, "accepted", days_ago=1)
    assert details(therapist, couple) == []


def test_old_troubles_are_history(practice, couple, mara, therapist):
    finished(practice, couple, mara, "dead", days_ago=15)
    assert details(therapist, couple) == []


def test_another_caseload_stays_another_ones(practice, couple, therapist, colleague):
    other = make_couple(practice, ("Ada", "Ruth"), therapist=colleague)
    finished(practice, other, other.clients[0], "dead", days_ago=1)
    assert details(therapist, couple, other) == []
    assert len(details(colleague, other)) == 1
