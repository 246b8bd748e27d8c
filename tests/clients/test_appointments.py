"""The calendar of sessions: series at their wall time, who comes, two who edit at once."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from clients import appointments
from clients.models import Appointment
from practice import tenancy
from practice.zones import zone_names
from tests.factories import acting_as, inside, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
NOW = datetime.datetime(2026, 10, 5, 9, 0, tzinfo=LONDON)
GOOD = {"day": "2026-10-08", "at": "18:00", "minutes": "75", "place": "Room 2"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


def plan(who, couple, **changes):
    return signed_in(who).post(f"/desk/couples/{couple.pk}/sessions/new/", {**GOOD, **changes})


def all_of(couple):
    with tenancy.acting(tenancy.as_system(couple.practice_id)):
        return list(Appointment.objects.filter(couple=couple).order_by("starts_at"))


def local(one, zone=LONDON):
    return timezone.localtime(one.starts_at, zone)


class TestSeries:
    def test_it_keeps_its_wall_time_when_the_clocks_change(self, therapist, couple):
        """London falls back on 25 October 2026."""
        plan(therapist, couple, repeats="1", ends="count", count="6")
        made = all_of(couple)
        assert [local(one).strftime("%m-%d %H:%M") for one in made] == [
            f"{day:%m-%d} 18:00" for day in (datetime.date(2026, 10, 8) + datetime.timedelta(weeks=n) for n in range(6))
        ]
        assert len({one.starts_at.astimezone(datetime.UTC).hour for one in made}) == 2
        assert len({one.series for one in made}) == 1

    def test_every_second_week_until_a_day(self, therapist, couple):
        plan(therapist, couple, repeats="2", ends="until", until="2026-11-20")
        assert [local(one).date().day for one in all_of(couple)] == [8, 22, 5, 19]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"repeats": "1", "ends": "count", "count": "999"}, "count"),
            ({"repeats": "1", "ends": "count", "count": ""}, "how many"),
            ({"repeats": "1", "ends": "until", "until": ""}, "choose the last day"),
            ({"repeats": "1", "ends": "until", "until": "2026-10-01"}, "before the first"),
            ({"link": "http://call.example.org/x"}, "https://"),
            ({"link": "javascript:alert(1)"}, "https://"),
            ({"comes": ["7f0f2c9e-0000-0000-0000-000000000000"]}, "valid"),
        ],
    )
    def test_what_is_wrong_is_said_and_plans_nothing(self, therapist, couple, changes, said):
        answer = plan(therapist, couple, **changes)
        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert all_of(couple) == []

    @settings(max_examples=60, deadline=None)
    @given(
        st.sampled_from(sorted(zone_names())).map(ZoneInfo),
        st.dates(datetime.date(2024, 1, 1), datetime.date(2030, 1, 1)),
        st.times().map(lambda t: t.replace(second=0, microsecond=0)),
        st.integers(1, 4),
    )
    def test_in_every_zone_each_of_a_series_is_at_its_hour_or_after_the_gap(self, zone, first, at, weeks):
        for day in appointments.days_of(first, every_weeks=weeks, count=30):
            there = appointments.moment(day, at, zone).astimezone(zone).replace(tzinfo=None)
            wall = datetime.datetime.combine(day, at)
            assert there >= wall or there.date() != day
            assert there - wall <= datetime.timedelta(hours=24)


class TestChanging:
    def edit(self, who, one, **changes):
        browser = signed_in(who)
        path = f"/desk/sessions/{one.pk}/"
        form = browser.get(path).context["form"]
        shown = {name: form.initial[name] for name in ("minutes", "place", "link", "comes", "seen")}
        data = {"day": form.initial["day"].isoformat(), "at": f"{form.initial['at']:%H:%M}", **shown, **changes}
        return browser.post(path, data)

    def test_one_of_a_series_moves_alone_and_is_counted(self, therapist, couple):
        plan(therapist, couple, repeats="1", ends="count", count="4")
        second = all_of(couple)[1]
        self.edit(therapist, second, day="2026-10-16", at="10:00")
        made = all_of(couple)
        assert [(local(one).day, one.sequence) for one in made] == [(8, 0), (16, 1), (22, 0), (29, 0)]
        assert made[1].moved_at is not None

    def test_all_from_here_on_move_along_at_their_wall_time(self, therapist, couple):
        plan(therapist, couple, repeats="1", ends="count", count="5")
        second = all_of(couple)[1]
        self.edit(therapist, second, day="2026-10-16", at="10:00", scope="following")
        assert [local(one).strftime("%d %H:%M") for one in all_of(couple)] == [
            "08 18:00",
            "16 10:00",
            "23 10:00",
            "30 10:00",
            "06 10:00",
        ]

    def test_two_who_edit_at_once_both_see_what_the_other_wrote(self, therapist, owner, couple):
        plan(therapist, couple)
        (one,) = all_of(couple)
        first, second = signed_in(therapist), signed_in(owner)
        path = f"/desk/sessions/{one.pk}/"
        seen = second.get(path).context["form"].initial["seen"]
        assert self.edit(therapist, one, place="The garden room").status_code == 302
        mine = {**GOOD, "place": "By telephone", "seen": seen}
        clash = second.post(path, mine)
        assert clash.status_code == 409
        page = clash.content.decode()
        assert "The garden room" in page
        assert "By telephone" in page
        assert all_of(couple)[0].place == "The garden room", "nothing was overwritten"
        again = second.post(path, {**mine, "seen": clash.context["form"]["seen"].value()})
        assert again.status_code == 302
        assert all_of(couple)[0].place == "By telephone"
        assert first.get(path).status_code == 200

    def test_called_off_and_on_again(self, therapist, couple):
        plan(therapist, couple, repeats="1", ends="count", count="3")
        first, second, third = all_of(couple)
        browser = signed_in(therapist)
        browser.post(f"/desk/sessions/{second.pk}/act/", {"act": "off_following"})
        assert [bool(one.cancelled_at) for one in all_of(couple)] == [False, True, True]
        browser.post(f"/desk/sessions/{third.pk}/act/", {"act": "on"})
        assert [bool(one.cancelled_at) for one in all_of(couple)] == [False, True, False]
        assert browser.get(f"/desk/sessions/{first.pk}/act/").status_code == 405

    def test_missed_is_noted_of_what_is_over_alone(self, therapist, couple, clock):
        plan(therapist, couple)
        (one,) = all_of(couple)
        browser = signed_in(therapist)
        browser.post(f"/desk/sessions/{one.pk}/act/", {"act": "missed"})
        assert all_of(couple)[0].missed_at is None
        clock.move_to(NOW + datetime.timedelta(days=6))
        browser = signed_in(therapist)
        browser.post(f"/desk/sessions/{one.pk}/act/", {"act": "missed"})
        assert all_of(couple)[0].missed_at is not None
        assert "did not take place" in browser.get(f"/desk/couples/{couple.pk}/sessions/").content.decode()
        browser.post(f"/desk/sessions/{one.pk}/act/", {"act": "kept"})
        assert all_of(couple)[0].missed_at is None


class TestWhoComes:
    def test_only_those_who_come_see_it_with_its_link(self, therapist, couple, mara, theo):
        plan(therapist, couple, comes=[str(mara.pk)], link="https://call.example.org/abc")
        assert "https://call.example.org/abc" in signed_in(mara).get("/today/").content.decode()
        page = signed_in(theo).get("/today/").content.decode()
        assert "call.example.org" not in page
        assert "Session with" not in page
        with acting_as(theo):
            assert Appointment.objects.count() == 0

    def test_everybody_is_nobody_in_particular(self, therapist, couple, mara, theo):
        plan(therapist, couple, comes=[str(mara.pk), str(theo.pk)])
        assert all_of(couple)[0].audience == []

    def test_somebody_has_to_come(self, therapist, couple):
        answer = plan(therapist, couple, comes=[""])
        assert answer.status_code == 200
        assert all_of(couple) == []


def test_the_list_costs_the_same_with_many(therapist, couple, django_assert_max_num_queries):
    browser = signed_in(therapist)
    path = f"/desk/couples/{couple.pk}/sessions/"
    for count in (2, 30):
        plan(therapist, couple, repeats="1", ends="count", count=str(count))
        with django_assert_max_num_queries(16):
            browser.get(path)


def test_another_practices_session_is_unknown(therapist, couple, neighbour):
    theirs = make_member(neighbour)
    away = make_couple(neighbour, therapist=theirs)
    plan(theirs, away)
    with inside(neighbour):
        one = Appointment.objects.get()
    assert signed_in(therapist).get(f"/desk/sessions/{one.pk}/").status_code == 404
