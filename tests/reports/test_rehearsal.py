"""A rehearsal lives through a change of the clocks with the real planner and courier: the same wall time every day."""

from __future__ import annotations

import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from practice import clock
from reports.demo import rehearsal

pytestmark = pytest.mark.django_db(transaction=True)

HALF_PAST_SEVEN = datetime.time(19, 30)


def saturday_before_the_change() -> datetime.date:
    return rehearsal.next_change(ZoneInfo("America/New_York"), timezone.now().date()) - datetime.timedelta(days=1)


def test_half_past_seven_stays_half_past_seven_in_both_zones_and_nothing_comes_twice(mail_server):
    first = saturday_before_the_change()
    told = rehearsal.rehearse(first, 3, lambda words: None)
    sent = [one for one in told if one.state == "accepted"]
    assert {one.wall.time().replace(second=0, microsecond=0) for one in sent if one.step in ("", "due")} == {
        HALF_PAST_SEVEN
    }
    assert len({(one.name, one.wall.date()) for one in sent}) == len(sent), "one a day for each of them"
    offsets = {one.wall.utcoffset() for one in sent if one.name == rehearsal.SAM}
    assert len(offsets) == 2, "his clocks changed in between"
    assert any(one.name == rehearsal.LENA and one.reason == "done" for one in told), "what was answered early"


def test_a_line_says_who_when_on_both_clocks_and_what_became_of_it():
    wall = datetime.datetime(2027, 3, 14, 19, 30, tzinfo=ZoneInfo("America/New_York"))
    line = str(rehearsal.Told("Sam", wall, "due", "email", "cancelled", "done"))
    assert " ".join(line.split()) == "Sam Sun 14 Mar 19:30 EDT 23:30 UTC due email cancelled: done"


def test_the_mailbox_shows_the_days_that_were_rehearsed(mail_server):
    first = saturday_before_the_change()
    told = rehearsal.rehearse(first, 1, lambda words: None)
    dated = {parsedate_to_datetime(str(mail["Date"])).astimezone(datetime.UTC).date() for mail in mail_server.taken}
    assert dated == {one.wall.astimezone(datetime.UTC).date() for one in told if one.state == "accepted"}


def test_afterwards_the_clock_is_the_worlds_again(mail_server):
    rehearsal.rehearse(saturday_before_the_change(), 1, lambda words: None)
    assert abs(clock.now() - datetime.datetime.now(datetime.UTC)) < datetime.timedelta(minutes=1)


def test_days_that_are_over_are_not_rehearsed(mail_server):
    with pytest.raises(ValueError, match="ahead"):
        rehearsal.rehearse(timezone.now().date(), 1, lambda words: None)
