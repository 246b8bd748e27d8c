"""Sessions by a program."""

from __future__ import annotations

import datetime

import pytest
import time_machine

from clients.models import Appointment, Couple
from practice.api.scopes import Scope
from tests.factories import inside, make_couple, make_member
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 22, 9, 0, tzinfo=datetime.UTC)
NEW = {"day": "2026-11-26", "at": "18:00", "minutes": 75, "place": "Room 2"}
SERIES = {**NEW, "every_weeks": 1, "count": 4}
ALL = "/api/v1/appointments/"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def program(therapist):
    return program_of(therapist)


def of(couple):
    return f"/api/v1/couples/{couple.pk}/appointments/"


def one(answer):
    return f"{ALL}{answer.json()['appointments'][0]['id']}/"


def test_a_session_is_planned_by_the_couples_clocks(program, practice, couple):
    with inside(practice):
        Couple.objects.update(time_zone="America/New_York")
    answer = program.post(of(couple), NEW)
    assert answer.status_code == 201
    made = answer.json()["appointments"][0]
    assert (made["starts_at"], made["at"], made["place"]) == ("2026-11-26T23:00:00Z", "18:00:00", "Room 2")
    assert program.get(answer["Location"]).json() == made
    assert program.get(of(couple)).json()["results"] == [made]


def test_a_series_is_moved_from_one_on(program, couple):
    first = one(program.post(of(couple), SERIES))
    answer = program.patch(first, {"day": "2026-11-27", "at": "17:30", "following": True})
    assert (answer.status_code, answer.json()["sequence"]) == (200, 1)
    days = sorted(one["day"] for one in program.get(of(couple)).json()["results"])
    assert days == ["2026-11-27", "2026-12-04", "2026-12-11", "2026-12-18"]
    assert program.patch(first, {"place": "Room 3"}).json()["sequence"] == 1


def test_who_moves_second_is_told(program, couple):
    first = one(program.post(of(couple), NEW))
    old = program.get(first)["ETag"]
    program.patch(first, {"at": "17:00"})
    answer = program.patch(first, {"at": "19:00"}, If_Match=old)
    assert (answer.status_code, answer.json()["code"]) == (412, "changed")
    assert program.get(first).json()["at"] == "17:00:00"


def test_who_comes_is_said(program, practice, couple, mara, theo):
    made = program.post(of(couple), {**NEW, "partner_ids": [str(mara.pk)]}).json()["appointments"][0]
    assert made["partner_ids"] == [str(mara.pk)]
    both = program.patch(f"{ALL}{made['id']}/", {"partner_ids": [str(theo.pk), str(mara.pk)]}).json()
    assert both["partner_ids"] == [str(mara.pk), str(theo.pk)]
    with inside(practice):
        assert Appointment.objects.get().audience == []


def test_calling_off_and_taking_it_back(program, couple):
    first = one(program.post(of(couple), SERIES))
    assert program.post(f"{first}cancel/", {"following": True}).json()["state"] == "cancelled"
    assert len(program.get(f"{of(couple)}?state=cancelled").json()["results"]) == 4
    assert program.post(f"{first}restore/").json()["state"] == "planned"
    assert len(program.get(f"{of(couple)}?state=planned").json()["results"]) == 1


def test_how_it_went_out_is_noted_afterwards(program, couple):
    first = one(program.post(of(couple), NEW))
    early = program.post(f"{first}outcome/", {"missed": True})
    assert (early.status_code, early.json()["code"]) == (409, "ahead")
    with time_machine.travel(NOW + datetime.timedelta(days=6), tick=False):
        assert program.post(f"{first}outcome/", {"missed": True}).json()["state"] == "missed"
        assert program.post(f"{first}outcome/", {"missed": False}).json()["state"] == "planned"
        program.post(f"{first}cancel/", {})
        late = program.post(f"{first}restore/")
        assert (late.status_code, late.json()["code"]) == (409, "over")
        called_off = program.post(f"{first}outcome/", {"missed": True})
        assert (called_off.status_code, called_off.json()["code"]) == (409, "cancelled")


def test_a_mistake_is_pointed_at_and_plans_nothing(program, couple, mara):
    for changes, pointer in (
        ({"day": "2026-11-01"}, "/day"),
        ({"day": "2029-11-01"}, "/day"),
        ({"day": "2027-03-28", "at": "01:30"}, "/at"),
        ({"link": "http://call.example.org"}, "/link"),
        ({"link": "javascript:alert(1)"}, "/link"),
        ({"minutes": 5}, "/minutes"),
        ({"partner_ids": []}, "/partner_ids"),
        ({"partner_ids": [str(couple.pk)]}, "/partner_ids"),
        ({"count": 4}, "/every_weeks"),
        ({"every_weeks": 2}, "/count"),
        ({"every_weeks": 2, "until": "2026-11-20"}, "/until"),
        ({"place": 7 * ["x"]}, "/place"),
    ):
        answer = program.post(of(couple), {**NEW, **changes})
        assert answer.status_code == 400, changes
        assert answer.json()["errors"][0]["pointer"] == pointer, (changes, answer.json())
    assert program.get(of(couple)).json()["results"] == []
    alone = one(program.post(of(couple), NEW))
    assert program.patch(alone, {"following": True}).json()["errors"][0]["pointer"] == "/following"


def test_the_caseloads_sessions_are_filtered(program, practice, couple, therapist):
    other = make_couple(practice, ("Una", "Vic"), therapist=therapist, login=False)
    program.post(of(couple), NEW)
    program.post(of(other), {**NEW, "day": "2026-12-10"})
    for query, days in (
        ("", ["2026-12-10", "2026-11-26"]),
        (f"?couple={couple.pk}", ["2026-11-26"]),
        ("?starts_from=2026-12-01T00:00:00Z", ["2026-12-10"]),
        ("?starts_before=2026-12-01T00:00:00Z", ["2026-11-26"]),
    ):
        assert [one["day"] for one in program.get(ALL + query).json()["results"]] == days, query
    for query in ("?starts_from=soon", "?state=odd", "?couple=7", "?from=2026"):
        assert program.get(ALL + query).status_code == 400, query


def test_lists_ask_the_database_as_often_for_many_as_for_one(
    program, practice, couple, therapist, django_assert_max_num_queries
):
    program.post(of(couple), NEW)
    for more in (False, True):
        if more:
            for n in range(3):
                new = make_couple(practice, (f"A{n}", "B"), therapist=therapist, login=False)
                program.post(of(new), SERIES)
            program.post(of(couple), SERIES)
        for path, n in ((ALL, 17 if more else 1), (of(couple), 5 if more else 1)):
            with django_assert_max_num_queries(22):
                assert len(program.get(path).json()["results"]) == n


def test_sessions_of_others_are_not_there(practice, neighbour, couple, program, colleague, coordinator, owner):
    first = one(program.post(of(couple), NEW))
    far = make_member(neighbour, "owner", "Far")
    for who in (colleague, far):
        theirs = program_of(who)
        assert theirs.get(ALL).json()["results"] == []
        assert theirs.get(of(couple)).status_code == 404
        assert theirs.post(of(couple), NEW).status_code == 404
        assert theirs.get(first).status_code == 404
        assert theirs.call("PATCH", first, {"at": "10:00"}, If_Match="*").status_code == 404
        for act in ("cancel", "restore", "outcome"):
            assert theirs.post(f"{first}{act}/", {"missed": True}).status_code == 404
    for who in (coordinator, owner):
        office = program_of(who)
        assert len(office.get(ALL).json()["results"]) == 1
        assert office.patch(first, {"place": f"Room {who.role}"}).status_code == 200
    read = program_of(coordinator, Scope.APPOINTMENTS_READ)
    assert read.post(of(couple), NEW).status_code == 403
