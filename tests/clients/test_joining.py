"""A partner's own door: neutral, single use, theirs alone."""

from __future__ import annotations

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from clients import inviting, status
from clients.models import Client, ClientInvitation, Contact, Couple
from practice import limits, outbox
from practice.models import Message, User
from tests import pages
from tests.factories import (
    inside,
    make_couple,
    make_member,
    make_practice,
    make_user,
    signed_in,
    user_of,
)

pytestmark = pytest.mark.django_db

GOOD = "a long line of words"


@pytest.fixture
def waiting(practice, therapist) -> Couple:
    """A couple of whom nobody signs in yet; both have an address."""
    return ready_to_join(practice, therapist)


def ready_to_join(practice, therapist) -> Couple:
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist, login=False)
    with inside(practice):
        for client in couple.clients:
            Contact.objects.filter(client=client).update(
                email=f"{client.name.lower()}@example.org", time_zone="Europe/Oslo"
            )
    return couple


def invite(practice, couple, therapist, number=0) -> tuple[ClientInvitation, str]:
    with inside(practice):
        invitation = inviting.invite(couple.clients[number], couple, by=therapist)
        return invitation, path_of(invitation)


def path_of(invitation) -> str:
    return pages.path_of(inviting.link(invitation))


def test_accepting_makes_a_verified_account_and_leads_to_the_welcome(practice, therapist, waiting):
    invitation, path = invite(practice, waiting, therapist)
    browser = Browser()
    assert browser.post(path, {"password": GOOD}).url == "/"
    with inside(practice):
        lea = Client.objects.get(name="Lea")
        invitation.refresh_from_db()
    assert invitation.accepted_at
    user = user_of(lea)
    assert (user.email, user.time_zone) == ("lea@example.org", "Europe/Oslo")
    assert EmailAddress.objects.get(user=user).verified
    assert browser.get("/you/").url == "/welcome/"


def test_the_page_names_nobody_and_nothing(practice, therapist, waiting):
    _invitation, path = invite(practice, waiting, therapist)
    html = Browser().get(path).content.decode()
    assert not any(word in html for word in ("Linden", "Noor", "Karlsen", ">Lea<", "ouple", "omework"))


@pytest.mark.parametrize("method", ["get", "head"])
def test_b41_a_mail_scanner_consumes_nothing(practice, therapist, waiting, method):
    invitation, path = invite(practice, waiting, therapist)
    for _time in range(3):
        assert getattr(Browser(), method)(path).status_code == 200
    with inside(practice):
        invitation.refresh_from_db()
    assert invitation.is_open
    assert not User.objects.filter(email="lea@example.org").exists()
    assert Browser().post(path, {"password": GOOD}).status_code == 302


def test_b41_every_link_that_does_not_work_meets_the_same_page(practice, therapist, waiting):
    _used, used_path = invite(practice, waiting, therapist, 0)
    Browser().post(used_path, {"password": GOOD})
    first, resent_path = invite(practice, waiting, therapist, 1)
    second, expired_path = invite(practice, waiting, therapist, 1)
    assert first.pk == second.pk
    with inside(practice):
        second.refresh_from_db()
        second.expires_at = timezone.now() - datetime.timedelta(minutes=1)
        second.save()
    paths = [used_path, resent_path, expired_path, "/join/nothing/", "/join/" + "B" * 76 + "/"]
    pages = set()
    for path in paths:
        for answer in (Browser().get(path), Browser().post(path, {"password": GOOD})):
            text = re.sub(r'nonce="[^"]*"|value="[^"]*"', "", answer.content.decode())
            pages.add((answer.status_code, text))
    assert len(pages) == 1
    assert not User.objects.filter(email="noor@example.org").exists()


def test_b41_a_link_used_twice_leaves_the_first_password(practice, therapist, waiting):
    _invitation, path = invite(practice, waiting, therapist)
    Browser().post(path, {"password": GOOD})
    Browser().post(path, {"password": "quite another line of words"})
    assert User.objects.get(email="lea@example.org").check_password(GOOD)


@pytest.mark.parametrize("password", ["", "short", "lea@example.org!!", "x" * 2000, "\x00" * 20, "              "])
def test_a_poor_password_is_explained_and_nothing_is_used_up(practice, therapist, waiting, password):
    invitation, path = invite(practice, waiting, therapist)
    page = Browser().post(path, {"password": password})
    assert page.status_code == 200
    assert 'id="id_password_error"' in page.content.decode()
    with inside(practice):
        invitation.refresh_from_db()
    assert invitation.is_open


def test_b41_somebody_known_elsewhere_signs_in_first(practice, therapist, waiting):
    known = make_user("lea@example.org")
    _invitation, path = invite(practice, waiting, therapist)
    page = Browser().get(path).content.decode()
    assert 'name="password"' not in page
    Browser().post(path, {"password": GOOD})
    known.refresh_from_db()
    assert not known.check_password(GOOD)
    browser = Browser()
    browser.force_login(known, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "Accept the invitation" in browser.get(path).content.decode()
    assert browser.post(path).url == "/"
    with inside(practice):
        assert Client.objects.get(name="Lea").user_id == known.pk


def test_b41_a_partner_who_is_signed_in_cannot_take_the_others_place(practice, therapist, waiting):
    _first, lea_path = invite(practice, waiting, therapist, 0)
    browser = Browser()
    browser.post(lea_path, {"password": GOOD})
    second, noor_path = invite(practice, waiting, therapist, 1)
    assert "another address" in browser.get(noor_path).content.decode()
    browser.post(noor_path, {"password": GOOD})
    with inside(practice):
        second.refresh_from_db()
        assert Client.objects.get(name="Noor").user_id is None
    assert second.is_open


def test_an_unproved_address_does_not_count_as_reading_it(practice, therapist, waiting):
    pretender = User.objects.create_user("lea@example.org", "the pretenders own words")
    invitation, path = invite(practice, waiting, therapist)
    browser = Browser()
    browser.force_login(pretender, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.post(path)
    with inside(practice):
        invitation.refresh_from_db()
    assert invitation.is_open


def test_b41_a_changed_role_or_couple_counts_as_it_is_when_accepted(practice, therapist, waiting):
    _invitation, path = invite(practice, waiting, therapist)
    with inside(practice):
        status.change(waiting, Couple.Status.SEPARATED)
    assert Browser().get(path).status_code == 404


def test_b41_an_invitation_dies_with_the_access_of_who_sent_it(practice, therapist, waiting):
    _invitation, path = invite(practice, waiting, therapist)
    with inside(practice):
        type(therapist).objects.filter(pk=therapist.pk).update(ended_at=timezone.now())
    assert Browser().get(path).status_code == 404


# ── the desk's side ──


def test_b41_sending_again_kills_the_earlier_link(practice, therapist, waiting):
    browser = signed_in(therapist)
    lea = waiting.clients[0]
    act = f"/desk/couples/{waiting.pk}/partners/{lea.pk}"
    browser.post(f"{act}/invite/")
    with inside(practice):
        old = path_of(ClientInvitation.objects.get())
    browser.post(f"{act}/invite/")
    with inside(practice):
        new = path_of(ClientInvitation.objects.get())
        handler = outbox.handler_of(inviting.KIND)
        said = [handler.wanted(one) for one in Message.objects.order_by("id")]
    assert said == ["a newer link was sent", ""]
    assert Browser().get(old).status_code == 404
    assert Browser().get(new).status_code == 200
    browser.post(f"{act}/withdraw/")
    assert Browser().get(new).status_code == 404


def test_the_letter_is_neutral_and_carries_the_link(practice, therapist, waiting):
    invitation, path = invite(practice, waiting, therapist)
    with inside(practice):
        message = Message.objects.get()
        letter = outbox.handler_of(inviting.KIND).compose(message)
    assert letter.to_address == "lea@example.org"
    assert path in letter.text
    said = f"{letter.subject} {letter.text} {letter.html}".lower()
    for word in ("lea@", "noor", "linden", "karlsen", "therap", "couple", "partner", "homework", "practice"):
        assert word not in said, word
    assert invitation.is_open


def test_whoever_signs_in_already_is_not_invited_again(practice, therapist, couple, mara):
    signed_in(therapist).post(f"/desk/couples/{couple.pk}/partners/{mara.pk}/invite/")
    with inside(practice):
        assert not ClientInvitation.objects.exists()


def test_invitations_outside_the_caseload_are_unknown(practice, colleague, waiting):
    lea = waiting.clients[0]
    browser = signed_in(colleague)
    for act in ("invite", "withdraw"):
        path = f"/desk/couples/{waiting.pk}/partners/{lea.pk}/{act}/"
        assert browser.post(path).status_code == 404
        assert browser.get(path).status_code in (404, 405)


@pytest.mark.django_db(transaction=True)
def test_b41_fifty_who_accept_at_once_become_one_account(monkeypatch):
    monkeypatch.delitem(limits.PAGES, "join")
    practice = make_practice()
    therapist = make_member(practice)
    couple = ready_to_join(practice, therapist)
    _invitation, path = invite(practice, couple, therapist)

    def accept(number: int) -> int:
        try:
            return Browser().post(path, {"password": f"{GOOD} number {number}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(accept, range(50)))
    assert answers.count(302) == 1
    assert set(answers) <= {302, 404, 200}
    assert User.objects.filter(email="lea@example.org").count() == 1
    with inside(practice):
        assert Client.objects.get(name="Lea").user_id
