"""Sessions, clearance and status, from the couple's page."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.utils import timezone

from clients import appointments, clearing, inviting
from clients.models import Appointment, Clearance, ClientInvitation, Contact, Couple
from clients.signals import appointments_changed
from practice.models import Message
from tests.factories import inside, make_couple, signed_in

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
GOOD = {"day": "2026-11-26", "at": "18:00", "minutes": "75", "place": "Room 2"}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def heard():
    couples = []

    def listen(couple, **kwargs):
        couples.append(couple.pk)

    appointments_changed.connect(listen)
    yield couples
    appointments_changed.disconnect(listen)


def plan(who, couple, **changes):
    return signed_in(who).post(f"/desk/couples/{couple.pk}/sessions/new/", {**GOOD, **changes})


def test_a_session_is_planned_in_the_couples_zone(practice, therapist, couple, heard):
    with inside(practice):
        Couple.objects.update(time_zone="America/New_York")
    assert plan(therapist, couple).url == f"/desk/couples/{couple.pk}/"
    with inside(practice):
        session = Appointment.objects.get()
    assert session.starts_at == datetime.datetime(2026, 11, 26, 23, 0, tzinfo=datetime.UTC)
    assert (session.minutes, session.place) == (75, "Room 2")
    assert heard == [couple.pk]


def test_coordinators_plan_sessions_too(practice, coordinator, couple):
    assert plan(coordinator, couple).status_code == 302


def test_calling_off_tells_whoever_waits_for_it_once(practice, therapist, couple, heard):
    plan(therapist, couple)
    with inside(practice):
        session = Appointment.objects.get()
    browser = signed_in(therapist)
    browser.post(f"/desk/sessions/{session.pk}/cancel/")
    browser.post(f"/desk/sessions/{session.pk}/cancel/")
    assert len(heard) == 2
    with inside(practice):
        assert not Appointment.objects.ahead(NOW).exists()
    assert browser.get(f"/desk/sessions/{session.pk}/cancel/").status_code == 405


def test_the_form_offers_the_same_hour_a_week_on(practice, therapist, couple):
    plan(therapist, couple)
    form = signed_in(therapist).get(f"/desk/couples/{couple.pk}/sessions/new/").context["form"]
    assert form.initial["day"] == datetime.date(2026, 11, 26)
    assert form.initial["at"] == datetime.time(18)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("day", "2026-11-21"),
        ("day", "2032-01-01"),
        ("day", "2026-02-30"),
        ("day", "0001-01-01"),
        ("day", "9999-12-31"),
        ("day", ""),
        ("at", "25:00"),
        ("at", "\x00"),
        ("minutes", "5"),
        ("minutes", "10000000000000000000000"),
        ("minutes", "long"),
        ("place", "x" * 1_000_000),
        ("place", "a\x00b"),
    ],
)
def test_bad_sessions_are_explained_beside_their_field(practice, therapist, couple, field, value):
    answer = plan(therapist, couple, **{field: value})
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}


def test_a_time_that_the_clocks_skip_is_no_session(practice, therapist, couple):
    answer = plan(therapist, couple, day="2027-03-28", at="01:30")
    assert "does not exist" in answer.context["form"].errors["at"][0]


def test_sessions_outside_the_caseload_are_unknown(practice, colleague, couple):
    with inside(practice):
        session = appointments.make(couple, starts_at=NOW, minutes=60, place="")
    assert signed_in(colleague).post(f"/desk/sessions/{session.pk}/cancel/").status_code == 404


# ── clearance ──


def test_clearance_rests_on_asking_each_partner_alone(practice, therapist, couple):
    browser = signed_in(therapist)
    path = f"/desk/couples/{couple.pk}/clearance/"
    refused = browser.post(path, {"note": "seen apart on 3 May"})
    assert refused.context["form"].errors.keys() == {"asked_apart"}
    browser.post(path, {"note": "seen apart on 3 May", "asked_apart": "on"})
    with inside(practice):
        record = clearing.current(couple)
        assert (record.note, record.recorded_by_id) == ("seen apart on 3 May", therapist.pk)


def test_one_record_counts_and_withdrawn_none_does(practice, therapist, couple):
    browser = signed_in(therapist)
    path = f"/desk/couples/{couple.pk}/clearance/"
    for note in ("first", "second"):
        browser.post(path, {"note": note, "asked_apart": "on"})
    with inside(practice):
        assert Clearance.objects.filter(withdrawn_at=None).count() == 1
        assert clearing.current(couple).note == "second"
    browser.post(f"{path}withdraw/")
    with inside(practice):
        assert clearing.current(couple) is None
        assert Clearance.objects.count() == 2


def test_coordinators_know_nothing_of_clearance(practice, coordinator, couple):
    path = f"/desk/couples/{couple.pk}/clearance/"
    assert signed_in(coordinator).get(path).status_code == 404
    assert signed_in(coordinator).post(f"{path}withdraw/").status_code == 404


@pytest.mark.parametrize("note", ["", "   ", "\x00", "n" * 1_000_000])
def test_clearance_needs_words_that_fit(practice, therapist, couple, note):
    answer = signed_in(therapist).post(f"/desk/couples/{couple.pk}/clearance/", {"note": note, "asked_apart": "on"})
    assert answer.context["form"].errors.keys() == {"note"}


# ── status ──


def change(who, couple, status):
    return signed_in(who).post(f"/desk/couples/{couple.pk}/status/", {"status": status})


@pytest.mark.parametrize("status", ["separated", "closed"])
def test_parting_ends_everything_that_is_under_way(practice, therapist, status, heard):
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist, login=False)
    with inside(practice):
        Contact.objects.filter(client=couple.clients[0]).update(email="lea@example.org")
        inviting.invite(couple.clients[0], couple, by=therapist)
        appointments.make(couple, starts_at=NOW + datetime.timedelta(days=3), minutes=60, place="")
    change(therapist, couple, status)
    with inside(practice):
        assert Couple.objects.get(pk=couple.pk).status == status
        assert ClientInvitation.objects.get().withdrawn_at
        assert Message.objects.get().state == "cancelled"
        assert not Appointment.objects.ahead(timezone.now()).exists()
    assert len(heard) == 2


def test_from_the_next_request_on_ex_partners_see_nothing_of_each_other(practice, therapist, couple, mara):
    from tests.factories import acting_as

    with acting_as(mara):
        assert Couple.objects.count() == 1
    change(therapist, couple, "separated")
    with acting_as(mara):
        assert not Couple.objects.exists()
    assert signed_in(mara).get("/you/").status_code == 200


def test_a_pause_keeps_sessions_and_invitations(practice, therapist, couple):
    plan(therapist, couple)
    change(therapist, couple, "paused")
    with inside(practice):
        assert Couple.objects.get(pk=couple.pk).status == "paused"
        assert Appointment.objects.ahead(NOW).count() == 1


def test_looking_at_the_page_changes_nothing_and_it_says_what_follows(practice, therapist, couple):
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/status/").content.decode()
    assert "neither partner sees anything of the couple" in page
    with inside(practice):
        assert Couple.objects.get(pk=couple.pk).status == "active"


@pytest.mark.parametrize("status", ["", "divorced", "\x00", "ACTIVE"])
def test_unknown_statuses_change_nothing(practice, therapist, couple, status):
    assert change(therapist, couple, status).status_code == 200
    with inside(practice):
        assert Couple.objects.get(pk=couple.pk).status == "active"
