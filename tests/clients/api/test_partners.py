"""Correcting and inviting partners by a program."""

from __future__ import annotations

import pytest

from clients.models import ClientInvitation, Contact, Couple
from practice.api.scopes import Scope
from practice.models import Message
from tests.factories import inside, make_couple, make_member
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple(practice, therapist):
    """Nobody of them signs in yet."""
    return make_couple(practice, therapist=therapist, login=False)


def path(couple, client=None, rest=""):
    return f"/api/v1/couples/{couple.pk}/partners/" + (f"{client.pk}/" if client else "") + rest


def test_partners_are_listed_with_what_the_office_knows(therapist, couple, django_assert_max_num_queries):
    program = program_of(therapist)
    with django_assert_max_num_queries(21):
        found = program.get(path(couple)).json()["results"]
    assert [(one["name"], one["email"], one["time_zone"]) for one in found[::-1]] == [
        ("Mara", "", "Europe/London"),
        ("Theo", "", "Europe/London"),
    ]
    assert not {"safe_channel", "phone", "never_call"} & found[0].keys()


def test_a_partner_is_corrected_and_what_is_left_out_stays(therapist, couple, mara):
    program = program_of(therapist)
    answer = program.patch(path(couple, mara), {"email": "mara@example.org", "time_zone": "Europe/Lisbon"})
    assert answer.status_code == 200
    assert program.get(path(couple, mara)).json() == answer.json()
    assert (answer.json()["name"], answer.json()["time_zone"]) == ("Mara", "Europe/Lisbon")
    with inside(therapist.practice):
        assert Contact.objects.get(client=mara).email == "mara@example.org"


def test_a_correction_is_judged_as_on_the_page(therapist, couple, mara, theo):
    program = program_of(therapist)
    program.patch(path(couple, theo), {"email": "theo@example.org"})
    for said, pointer in (
        ({"email": "theo@example.org"}, "/email"),
        ({"name": ""}, "/name"),
        ({"time_zone": "Mars"}, "/time_zone"),
        ({"email": "mara"}, "/email"),
    ):
        answer = program.patch(path(couple, mara), said)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), said


def test_whose_sign_in_hangs_on_an_address_keeps_it(therapist, practice):
    joined = make_couple(practice, ("Una", "Vic"), therapist=therapist)
    program, who = program_of(therapist), joined.clients[0]
    assert program.patch(path(joined, who), {"email": "other@example.org"}).status_code == 400
    assert program.patch(path(joined, who), {"name": "Una May"}).status_code == 200
    answer = program.post(path(joined, who, "invitation/"))
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_to_invite")


def test_an_invitation_is_sent_once_and_withdrawn(therapist, couple, mara):
    program, here = program_of(therapist), path(couple, mara, "invitation/")
    assert program.post(here).status_code == 409  # no address yet
    program.patch(path(couple, mara), {"email": "mara@example.org"})
    first, again = (program.post(here, Idempotency_Key="k") for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    with inside(therapist.practice):
        assert Message.objects.filter(kind="client_invitation").count() == 1
        assert "nonce" not in str(first.json())
    assert program.call("DELETE", here).status_code == 428
    assert program.call("DELETE", here, If_Match=program.get(here)["ETag"]).status_code == 204
    assert program.get(here).status_code == 404
    with inside(therapist.practice):
        assert ClientInvitation.objects.get().withdrawn_at is not None


def test_another_address_ends_an_invitation(therapist, couple, mara):
    program, here = program_of(therapist), path(couple, mara, "invitation/")
    program.patch(path(couple, mara), {"email": "mara@example.org"})
    program.post(here)
    program.patch(path(couple, mara), {"email": "mara@example.com"})
    assert program.get(here).status_code == 404


def test_nobody_is_invited_after_care(therapist, couple, mara):
    program = program_of(therapist)
    program.patch(path(couple, mara), {"email": "mara@example.org"})
    with inside(therapist.practice):
        Couple.objects.update(status=Couple.Status.CLOSED)
    answer = program.post(path(couple, mara, "invitation/"))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_care")


def test_partners_of_others_are_not_there(practice, neighbour, couple, colleague, coordinator, mara):
    far = make_member(neighbour, "owner", "Far")
    for who in (colleague, far):
        for rest in ("", "invitation/"):
            assert program_of(who).get(path(couple, mara, rest)).status_code == 404
        assert program_of(who).post(path(couple, mara, "invitation/")).status_code == 404
        assert program_of(who).call("PATCH", path(couple, mara), {"name": "X"}, If_Match="*").status_code == 404
    assert program_of(coordinator).patch(path(couple, mara), {"name": "Mara L"}).status_code == 200
    read = program_of(coordinator, Scope.COUPLES_READ)
    assert read.patch(path(couple, mara), {"name": "Mara"}).status_code == 403
