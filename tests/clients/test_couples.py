"""Taking a couple on: two or more people, one address each, on somebody's caseload."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client as Browser

from clients import inviting
from clients.models import CaseloadEntry, Client, ClientInvitation, Contact, Couple
from practice.models import Message
from tests.factories import (
    inside,
    make_client,
    make_couple,
    make_member,
    make_practice,
    signed_in,
    user_of,
)

pytestmark = pytest.mark.django_db

NEW = "/desk/couples/new/"


def couple_of(*people: dict[str, str], **fields) -> dict[str, str]:
    sent = {
        "partner-TOTAL_FORMS": str(len(people)),
        "partner-INITIAL_FORMS": "0",
        "time_zone": "Europe/London",
        "invite": "on",
        **fields,
    }
    for number, person in enumerate(people):
        whole = {"name": f"Person {number}", "pronouns": "", "email": "", "time_zone": "", **person}
        sent |= {f"partner-{number}-{name}": value for name, value in whole.items()}
    return sent


LEA = {"name": "Lea", "pronouns": "she/they", "email": "lea@example.org"}
NOOR = {"name": "Noor", "pronouns": "er", "email": "noor@example.org", "time_zone": "Asia/Tokyo"}
IDA = {"name": "Ida", "email": "ida@example.org"}


def test_a_therapist_takes_a_couple_on_for_themselves(practice, therapist):
    answer = signed_in(therapist).post(NEW, couple_of(LEA, NOOR))
    with inside(practice):
        couple = Couple.objects.with_partners().get()
        assert answer.url == f"/desk/couples/{couple.pk}/"
        assert [(one.name, one.pronouns) for one in couple.clients] == [("Lea", "she/they"), ("Noor", "er")]
        zones = list(Contact.objects.order_by("client__name").values_list("time_zone", flat=True))
        assert zones == ["Europe/London", "Asia/Tokyo"]
        assert CaseloadEntry.objects.get().membership_id == therapist.pk
    assert signed_in(therapist).get(answer.url).status_code == 200


def test_each_partner_gets_an_invitation_of_their_own(practice, therapist):
    signed_in(therapist).post(NEW, couple_of(LEA, NOOR))
    with inside(practice):
        assert set(ClientInvitation.objects.values_list("email", flat=True)) == {
            "lea@example.org",
            "noor@example.org",
        }
        assert Message.objects.filter(kind=inviting.KIND).count() == 2


def test_invitations_can_wait(practice, therapist):
    signed_in(therapist).post(NEW, {k: v for k, v in couple_of(LEA, NOOR).items() if k != "invite"})
    with inside(practice):
        assert Couple.objects.count() == 1
        assert not ClientInvitation.objects.exists()


def test_three_partners_keep_their_order(practice, therapist):
    signed_in(therapist).post(NEW, couple_of(LEA, NOOR, IDA))
    with inside(practice):
        couple = Couple.objects.with_partners().get()
        assert [(one.position, one.client.name) for one in couple.partners.all()] == [
            (0, "Lea"),
            (1, "Noor"),
            (2, "Ida"),
        ]


def test_one_more_partner_keeps_what_was_typed_and_judges_nothing(practice, therapist):
    page = signed_in(therapist).post(NEW, couple_of({"name": "Lea", "email": "half an addr"}, {"name": ""}, add="1"))
    html = page.content.decode()
    assert 'name="partner-2-name"' in html
    assert 'value="half an addr"' in html
    assert "has-error" not in html
    with inside(practice):
        assert not Couple.objects.exists()


def test_no_more_than_six(practice, therapist):
    people = [{"name": f"P{number}"} for number in range(6)]
    page = signed_in(therapist).post(NEW, couple_of(*people, add="1"))
    assert 'name="partner-6-name"' not in page.content.decode()
    signed_in(therapist).post(NEW, couple_of(*people, {"name": "P7"}))
    with inside(practice):
        couple = Couple.objects.with_partners().first()
        assert couple is None or len(couple.clients) <= 6


@pytest.mark.parametrize("people", [[LEA], [LEA, {"name": ""}], []])
def test_one_person_is_no_couple(practice, therapist, people):
    assert signed_in(therapist).post(NEW, couple_of(*people)).status_code == 200
    with inside(practice):
        assert not Couple.objects.exists()


# ── one address for each person ──


@pytest.mark.parametrize(
    "same",
    [
        "lea@example.org",
        "  LEA@Example.ORG ",
        "ｌｅａ@example.org",
        "lea\u200b@example.org",
        "lea+second@example.org",
    ],
)
def test_b24_two_partners_cannot_share_a_mailbox(practice, therapist, same):
    answer = signed_in(therapist).post(NEW, couple_of(LEA, {**NOOR, "email": same}))
    errors = answer.context["partners"].errors
    assert errors[0] == {}
    assert "Each person needs an address of their own" in errors[1]["email"][0]
    assert 'id="id_partner-1-email_error"' in answer.content.decode()
    with inside(practice):
        assert not Couple.objects.exists()
        assert not Client.objects.exists()


def test_an_address_in_use_is_refused_without_saying_whose(practice, therapist, colleague):
    theirs = make_couple(practice, ("Uma", "Vic"), therapist=colleague)
    secretary = make_member(practice, "coordinator", "Wesley Quill")
    with inside(practice):
        client_address = Contact.objects.get(client=theirs.clients[0]).email
    said = set()
    for address in (client_address.upper(), user_of(secretary).email):
        answer = signed_in(therapist).post(NEW, couple_of(LEA, {**NOOR, "email": address}))
        html = answer.content.decode()
        assert "Uma" not in html
        assert "Quill" not in html
        said.add(answer.context["partners"].errors[1]["email"][0])
    assert len(said) == 1


def test_another_practices_addresses_are_free_here(practice, therapist, neighbour):
    stranger = make_client(neighbour, "Xan")
    signed_in(therapist).post(NEW, couple_of(LEA, {**NOOR, "email": user_of(stranger).email}))
    with inside(practice):
        assert Couple.objects.count() == 1


def test_editing_a_partner_obeys_the_same_rule(practice, therapist):
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist, login=False)
    lea, noor = couple.clients
    browser = signed_in(therapist)
    page = f"/desk/couples/{couple.pk}/partners/%s/"
    fields = {"name": "Lea", "pronouns": "", "time_zone": "Europe/London", "email": "lea@example.org"}
    assert browser.post(page % lea.pk, fields).status_code == 302
    again = browser.post(page % noor.pk, {**fields, "name": "Noor", "email": "Lea@example.org"})
    assert "cannot be used here" in again.content.decode()
    assert browser.post(page % lea.pk, {**fields, "name": "Lea B."}).status_code == 302


def test_a_new_address_ends_the_invitation_to_the_old_one(practice, therapist):
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist, login=False)
    lea = couple.clients[0]
    browser = signed_in(therapist)
    page = f"/desk/couples/{couple.pk}/partners/{lea.pk}/"
    fields = {"name": "Lea", "pronouns": "", "time_zone": "Europe/London"}
    browser.post(page, {**fields, "email": "old@example.org"})
    browser.post(f"{page}invite/")
    browser.post(page, {**fields, "email": "new@example.org"})
    with inside(practice):
        assert ClientInvitation.objects.get().withdrawn_at


def test_the_address_of_somebody_who_signs_in_is_theirs_to_change(practice, therapist, couple, mara):
    before = user_of(mara).email
    page = f"/desk/couples/{couple.pk}/partners/{mara.pk}/"
    fields = {"name": "Mara B.", "pronouns": "", "time_zone": "Europe/Paris", "email": "other@example.org"}
    signed_in(therapist).post(page, fields)
    with inside(practice):
        assert Contact.objects.get(client=mara).email == before
        assert Client.objects.get(pk=mara.pk).name == "Mara B."


# ── who may ──


def test_owners_and_coordinators_say_whose_couple_it_is(practice, owner, coordinator, therapist):
    for member in (owner, coordinator):
        page = signed_in(member).get(NEW).content.decode()
        assert "Dr Ines Karlsen" in page
        assert "Cory Desk" not in page.split("Who looks after them")[1]
    refused = signed_in(coordinator).post(NEW, couple_of(LEA, NOOR))
    assert refused.context["form"].errors.keys() == {"therapists"}
    signed_in(coordinator).post(NEW, couple_of(LEA, NOOR, therapists=str(therapist.pk)))
    with inside(practice):
        assert CaseloadEntry.objects.get().membership_id == therapist.pk


def test_a_member_of_another_practice_cannot_be_chosen(practice, owner, therapist, neighbour):
    stranger = make_member(neighbour, "therapist", "Stranger")
    answer = signed_in(owner).post(NEW, couple_of(LEA, NOOR, therapists=str(stranger.pk)))
    assert answer.context["form"].errors.keys() == {"therapists"}


def test_therapists_do_not_deal_out_couples(practice, therapist, colleague, couple):
    page = f"/desk/couples/{couple.pk}/therapists/"
    assert signed_in(therapist).get(page).status_code == 404
    assert signed_in(therapist).post(page, {"therapists": str(colleague.pk)}).status_code == 404


def test_a_couple_changes_caseloads(practice, owner, therapist, colleague, couple):
    signed_in(owner).post(f"/desk/couples/{couple.pk}/therapists/", {"therapists": str(colleague.pk)})
    assert signed_in(therapist).get(f"/desk/couples/{couple.pk}/status/").status_code == 404
    assert signed_in(colleague).get(f"/desk/couples/{couple.pk}/status/").status_code == 200


@pytest.mark.parametrize("path", ["status/", "sessions/new/", "clearance/", "partners/{client}/"])
def test_outside_the_caseload_a_couple_is_unknown(practice, colleague, couple, mara, path):
    address = f"/desk/couples/{couple.pk}/" + path.format(client=mara.pk)
    unknown = address.replace(str(couple.pk), "01890000-0000-7000-8000-000000000000")
    for one in (address, unknown):
        assert signed_in(colleague).get(one).status_code == 404
        assert signed_in(colleague).post(one, {}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "\x00"),
        ("name", "N" * 1_000_000),
        ("email", "a\x00@example.org"),
        ("email", "‮gro.elpmaxe@ael"),
        ("time_zone", "posix/UTC"),
        ("pronouns", "p" * 41),
    ],
)
def test_bad_input_about_a_partner_is_explained_beside_its_field(practice, therapist, field, value):
    answer = signed_in(therapist).post(NEW, couple_of(LEA, {**NOOR, field: value}))
    assert answer.status_code == 200
    assert field in answer.context["partners"].errors[1]
    with inside(practice):
        assert not Couple.objects.exists()


@pytest.mark.parametrize("total", ["", "abc", "-1", "99999999999", "1000000"])
def test_a_forged_number_of_partners_breaks_nothing(practice, therapist, total):
    for more in ({}, {"add": "1"}):
        sent = couple_of(LEA, NOOR, **more) | {"partner-TOTAL_FORMS": total}
        assert signed_in(therapist).post(NEW, sent).status_code == 200
    with inside(practice):
        assert not Couple.objects.exists()


@pytest.mark.parametrize("name", ["Zoë 💛", "ليلى", "<b>Lea</b>", "O'Neil & Søn"])
def test_names_are_free(practice, therapist, name):
    answer = signed_in(therapist).post(NEW, couple_of({**LEA, "name": name}, NOOR))
    with inside(practice):
        assert Couple.objects.with_partners().get().clients[0].name == name
    assert "<b>Lea</b>" not in signed_in(therapist).get(answer.url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_same_form_sent_twice_at_once_makes_one_couple():
    practice = make_practice()
    browsers = [signed_in(make_member(practice, name=f"Dr {number}")) for number in range(4)]

    def send(browser: Browser) -> int:
        try:
            return browser.post(NEW, couple_of(LEA, NOOR)).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(send, browsers))
    assert answers == [200, 200, 200, 302]
    with inside(practice):
        assert Couple.objects.count() == 1
        assert Contact.objects.count() == 2
