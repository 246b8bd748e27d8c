"""What was shared, day by day; it outlives the assignment, and nothing private is in it."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from time_machine import travel

from exercises import answering
from exercises.models import Assignment, Occurrence
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


THANKS = [
    {"key": "thanks", "type": "short_text", "label": "Thank you for"},
    {"key": "doubt", "type": "short_text", "label": "A doubt of mine", "private": True},
]


def send(author, occurrence, ago: int, **raw: str) -> None:
    moment = timezone.now() - datetime.timedelta(days=ago)
    with as_attune(occurrence):
        Occurrence.objects.filter(pk=occurrence.pk).update(opens_at=moment - datetime.timedelta(hours=3))
    with travel(moment, tick=False), acting_as(author):
        mine = Occurrence.objects.get(pk=occurrence.pk)
        answering.submit(mine, author=author, raw={key: [value] for key, value in raw.items()})


def test_a_gratitude_is_there_on_the_next_load_and_outlives_the_assignment(couple, therapist, mara, theo):
    hers, _his = give(couple, therapist, "shared", THANKS)
    send(mara, hers, 0, thanks="the soup", doubt="do you mean it")
    path = f"/together/of/{hers.assignment_id}/"
    page = signed_in(theo).get(path).content.decode()
    assert "the soup" in page
    assert "do you mean it" not in page
    with as_attune(couple):
        Assignment.objects.filter(pk=hers.assignment_id).update(ended_at=timezone.now())
    assert "the soup" in signed_in(theo).get(path).content.decode()


def test_days_stand_newest_first_with_everybody_on_them(couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "shared", THANKS)
    later = give(couple, therapist, "shared", assignment=hers.assignment, slot="2026-11-30T20:00")
    send(mara, hers, 3, thanks="the soup")
    send(theo, his, 3, thanks="the walk")
    send(mara, next(one for one in later if one.client_id == mara.pk), 1, thanks="the song")
    page = signed_in(mara).get(f"/together/of/{hers.assignment_id}/").content.decode()
    assert page.index("the song") < page.index("the soup")
    assert "the walk" in page


def test_with_nothing_open_it_is_as_unknown_as_nothing(couple, therapist, mara, theo):
    later = timezone.now() + datetime.timedelta(days=2)
    hers, _his = give(couple, therapist, "reveal", THANKS, reveals_at=later)
    send(mara, hers, 0, thanks="the soup")
    assert signed_in(theo).get(f"/together/of/{hers.assignment_id}/").status_code == 404
    private = give(couple, therapist, "private", THANKS, to=[mara])[0]
    send(mara, private, 0, thanks="hidden")
    assert signed_in(theo).get(f"/together/of/{private.assignment_id}/").status_code == 404
    assert signed_in(mara).get(f"/together/of/{private.assignment_id}/").status_code == 404
