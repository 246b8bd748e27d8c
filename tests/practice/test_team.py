"""The practice's own page: what it says, who works there, and how colleagues come in."""

from __future__ import annotations

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from practice import inviting, limits, outbox
from practice.models import Membership, Message, Practice, StaffInvitation, User
from tests import pages
from tests.factories import (
    inside,
    make_client,
    make_couple,
    make_member,
    make_practice,
    make_user,
    signed_in,
    user_of,
)

pytestmark = pytest.mark.django_db

GOOD = "a long line of words"


def settings_of(practice, **changes):
    return {
        "name": practice.name,
        "tagline": "",
        "address": "",
        "country": practice.country,
        "time_zone": practice.time_zone,
        "reply_hours": "on working days",
        "secrets_policy": "limited",
        **changes,
    }


def invite(practice, owner, email="sam@example.org", role="therapist") -> tuple[StaffInvitation, str]:
    with inside(practice):
        invitation = inviting.invite(name="Sam Lund", email=email, role=role, by=owner)
        return invitation, path_of(invitation)


def path_of(invitation) -> str:
    return pages.path_of(inviting.link(invitation))


def letter_of(practice, invitation) -> Message:
    with inside(practice):
        return Message.objects.filter(about_id=invitation.pk).latest("id")


# ── the page ──


def test_owners_change_what_the_practice_says(practice, owner):
    sent = settings_of(practice, name="Linden & Oak", reply_hours="on Mondays", time_zone="Europe/Paris")
    signed_in(owner).post("/desk/practice/", sent)
    with inside(practice):
        now = Practice.objects.get()
    assert (now.name, now.reply_hours, now.time_zone) == ("Linden & Oak", "on Mondays", "Europe/Paris")


@pytest.mark.parametrize("role", ["supervisor", "therapist", "coordinator"])
def test_only_owners_find_it(practice, owner, role):
    member = make_member(practice, role)
    invitation, _path = invite(practice, owner)
    browser = signed_in(member)
    assert browser.get("/desk/practice/").status_code == 404
    assert browser.post("/desk/practice/", settings_of(practice, name="Mine")).status_code == 404
    assert browser.post("/desk/practice/invite/", {"email": "x@example.org"}).status_code == 404
    assert browser.post(f"/desk/practice/invitations/{invitation.pk}/withdraw/").status_code == 404
    assert browser.post(f"/desk/practice/team/{owner.pk}/end/").status_code == 404
    assert browser.post(f"/desk/practice/team/{member.pk}/role/", {"role": "owner"}).status_code == 404


def test_another_practices_rows_are_unknown(owner, neighbour):
    stranger = make_member(neighbour, "owner", "Hana Moor")
    invitation, _path = invite(neighbour, stranger)
    browser = signed_in(owner)
    assert browser.post(f"/desk/practice/team/{stranger.pk}/end/").status_code == 404
    assert browser.post(f"/desk/practice/invitations/{invitation.pk}/resend/").status_code == 404
    assert "Hana Moor" not in browser.get("/desk/practice/").content.decode()


def test_the_minutes_a_week_are_the_practices_own(practice, owner):
    browser = signed_in(owner)
    browser.post("/desk/practice/", settings_of(practice, weekly_minutes="45"))
    practice = _again(practice)
    assert practice.weekly_minutes == 45
    browser.post("/desk/practice/", settings_of(practice, weekly_minutes=""))
    assert _again(practice).weekly_minutes == 45
    assert browser.post("/desk/practice/", settings_of(practice, weekly_minutes="4")).status_code == 200
    assert _again(practice).weekly_minutes == 45


def _again(practice):
    with inside(practice):
        return type(practice).objects.get(pk=practice.pk)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 121), ("name", "\x00"), ("country", "ZZ"), ("time_zone", "right/UTC"),
     ("secrets_policy", "anything"), ("reply_hours", "x" * 1_000_000), ("address", "a\x00b")],
)  # fmt: skip
def test_bad_settings_are_explained_beside_their_field(practice, owner, field, value):
    answer = signed_in(owner).post("/desk/practice/", settings_of(practice, **{field: value}))
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}


def test_a_new_way_with_secrets_is_agreed_to_anew(practice, owner, mara):
    from clients import consents

    browser = signed_in(owner)
    browser.post("/desk/practice/", settings_of(practice, name="Another name"))
    with inside(practice):
        assert consents.missing(mara) == []
    browser.post("/desk/practice/", settings_of(practice, secrets_policy="no_secrets"))
    with inside(practice):
        assert consents.missing(mara) == ["secrets"]


# ── the team ──


def test_roles_change_and_access_ends(practice, owner, therapist):
    browser = signed_in(owner)
    browser.post(f"/desk/practice/team/{therapist.pk}/role/", {"role": "supervisor"})
    with inside(practice):
        assert Membership.objects.get(pk=therapist.pk).role == "supervisor"
    browser.post(f"/desk/practice/team/{therapist.pk}/role/", {"role": "emperor"})
    with inside(practice):
        assert Membership.objects.get(pk=therapist.pk).role == "supervisor"
    browser.post(f"/desk/practice/team/{therapist.pk}/end/", {"to": str(owner.pk)})
    with inside(practice):
        assert Membership.objects.get(pk=therapist.pk).ended_at


def test_the_last_owner_stays(practice, owner):
    browser = signed_in(owner)
    for act, sent in (("end", {}), ("role", {"role": "therapist"})):
        page = browser.post(f"/desk/practice/team/{owner.pk}/{act}/", sent, follow=True)
        assert "only owner" in page.content.decode()
        with inside(practice):
            still = Membership.objects.get(pk=owner.pk)
        assert (still.role, still.ended_at) == ("owner", None)


def test_with_a_second_owner_the_first_may_go(practice, owner):
    second = make_member(practice, "owner", "Second Owner")
    assert signed_in(owner).post(f"/desk/practice/team/{owner.pk}/end/", {"to": str(second.pk)}).url == "/"
    with inside(practice):
        assert Membership.objects.get(pk=owner.pk).ended_at


def test_a_member_changes_their_own_name_and_zone_and_nobody_elses(practice, therapist, colleague):
    signed_in(therapist).post("/desk/account/", {"name": "Ines K.", "time_zone": "Asia/Tokyo", "role": "owner"})
    with inside(practice):
        mine, other = Membership.objects.get(pk=therapist.pk), Membership.objects.get(pk=colleague.pk)
    assert (mine.name, mine.role, other.name) == ("Ines K.", "therapist", "Dr Sam Lund")
    assert user_of(therapist).time_zone == "Asia/Tokyo"


# ── invitations ──


def test_inviting_plans_one_neutral_letter(practice, owner):
    sent = {"name": "Sam Lund", "email": " SAM@example.org", "role": "coordinator"}
    signed_in(owner).post("/desk/practice/invite/", sent)
    with inside(practice):
        invitation = StaffInvitation.objects.get()
        message = Message.objects.get()
        letter = outbox.handler_of(message.kind).compose(message)
        assert outbox.handler_of(message.kind).wanted(message) == ""
    assert (invitation.email, invitation.role) == ("sam@example.org", "coordinator")
    assert letter.to_address == "sam@example.org"
    assert path_of(invitation) in letter.text
    assert path_of(invitation) in letter.html
    said = f"{letter.subject} {letter.text} {letter.html}".lower()
    assert not any(word in said for word in ("sam lund", "linden", "olu", "therap", "couple"))


def test_one_open_invitation_for_an_address(practice, owner):
    browser = signed_in(owner)
    sent = {"name": "Sam", "email": "sam@example.org", "role": "therapist"}
    browser.post("/desk/practice/invite/", sent)
    again = browser.post("/desk/practice/invite/", {**sent, "email": "Sam@Example.org"})
    assert "open invitation to this address" in again.content.decode()
    with inside(practice):
        assert StaffInvitation.objects.count() == 1


def test_accepting_makes_an_account_and_a_member_in_that_role(practice, owner):
    invitation, path = invite(practice, owner, role="supervisor")
    browser = Browser()
    assert browser.post(path, {"password": GOOD}).url == "/"
    with inside(practice):
        member = Membership.objects.get(name="Sam Lund")
        invitation.refresh_from_db()
    assert member.role == "supervisor"
    assert invitation.accepted_at
    assert user_of(member).email == "sam@example.org"
    assert browser.get("/desk/account/").status_code == 200


@pytest.mark.parametrize("method", ["get", "head"])
def test_b41_opening_the_link_consumes_nothing(practice, owner, method):
    invitation, path = invite(practice, owner)
    users = User.objects.count()
    for _time in range(3):
        assert getattr(Browser(), method)(path).status_code == 200
    with inside(practice):
        invitation.refresh_from_db()
    assert invitation.is_open
    assert User.objects.count() == users
    assert Browser().post(path, {"password": GOOD}).status_code == 302


def test_b41_used_withdrawn_expired_resent_forged_and_unknown_links_meet_the_same_page(practice, owner):
    _used, used_path = invite(practice, owner, "a@example.org")
    Browser().post(used_path, {"password": GOOD})
    withdrawn, withdrawn_path = invite(practice, owner, "b@example.org")
    expired, expired_path = invite(practice, owner, "c@example.org")
    resent, resent_path = invite(practice, owner, "d@example.org")
    with inside(practice):
        inviting.withdraw(withdrawn)
        expired.expires_at = timezone.now() - datetime.timedelta(seconds=1)
        expired.save()
        inviting.resend(resent)
    _open, open_path = invite(practice, owner, "e@example.org")
    forged = open_path[:-4] + "AAA/"
    paths = [used_path, withdrawn_path, expired_path, resent_path, forged]
    paths += ["/join/team/nonsense/", "/join/team/" + "A" * 76 + "/", "/join/team/💛/"]
    pages = set()
    for path in paths:
        for answer in (Browser().get(path), Browser().post(path, {"password": GOOD})):
            text = re.sub(r'nonce="[^"]*"|value="[^"]*"', "", answer.content.decode())
            pages.add((answer.status_code, text))
    assert len(pages) == 1
    assert "does not work any more" in text
    with inside(practice):
        assert Membership.objects.exclude(pk=owner.pk).count() == 1


def test_b41_an_invitation_dies_with_the_access_of_who_sent_it(practice, owner):
    make_member(practice, "owner", "Second Owner")
    _invitation, path = invite(practice, owner)
    with inside(practice):
        Membership.objects.filter(pk=owner.pk).update(ended_at=timezone.now())
    assert Browser().get(path).status_code == 404


def test_a_client_ticket_opens_no_team_door(practice, owner, therapist):
    from clients import inviting as clients_inviting

    couple = make_couple(practice, therapist=therapist, login=False)
    with inside(practice):
        client = couple.clients[0]
        client.contacts.update(email="lea@example.org")
        invitation = clients_inviting.invite(client, couple, by=therapist)
        ticket = clients_inviting.link(invitation).rstrip("/").rsplit("/", 1)[1]
    assert Browser().get(f"/join/team/{ticket}/").status_code == 404
    assert Browser().get(f"/join/{ticket}/").status_code == 200


def test_somebody_with_an_account_signs_in_instead_of_choosing_a_password(practice, owner):
    known = make_user("sam@example.org")
    _invitation, path = invite(practice, owner)
    stranger = Browser()
    page = stranger.get(path).content.decode()
    assert 'name="password"' not in page
    assert f"/account/login/?next={path}" in page
    assert stranger.post(path, {"password": GOOD}).status_code == 200
    with inside(practice):
        assert not Membership.objects.filter(user=known).exists()
    browser = Browser()
    browser.force_login(known, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post(path).url == "/"
    with inside(practice):
        assert Membership.objects.filter(user=known, role="therapist").exists()


def test_b41_somebody_else_who_is_signed_in_cannot_take_it(practice, owner, therapist):
    invitation, path = invite(practice, owner)
    browser = signed_in(therapist)
    assert "another address" in browser.get(path).content.decode()
    browser.post(path, {"password": GOOD})
    with inside(practice):
        invitation.refresh_from_db()
    assert invitation.is_open


def test_whoever_took_the_address_without_proving_it_loses_it_to_its_reader(practice, owner):
    squatter = User.objects.create_user("sam@example.org", "the squatters own words")
    _invitation, path = invite(practice, owner)
    Browser().post(path, {"password": GOOD})
    squatter.refresh_from_db()
    assert squatter.check_password(GOOD)


def test_a_resent_letter_replaces_the_first(practice, owner):
    invitation, _path = invite(practice, owner)
    first = letter_of(practice, invitation)
    with inside(practice):
        inviting.resend(invitation)
        handler = outbox.handler_of(first.kind)
        assert handler.wanted(first) == "a newer link was sent"
        assert handler.wanted(Message.objects.latest("id")) == ""
        inviting.withdraw(invitation)
        assert {one.state for one in Message.objects.all()} == {"cancelled"}
        assert handler.wanted(first) == "invitation closed"


def test_b41_only_a_nonce_is_stored_never_the_link(practice, owner):
    invitation, path = invite(practice, owner)
    proof = path.rstrip("/").rsplit("/", 1)[1]
    with inside(practice), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(i)::text FROM practice_staffinvitation i WHERE id = %s", [invitation.pk])
        assert proof not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_b41_fifty_who_accept_at_once_become_one_member(monkeypatch):
    monkeypatch.delitem(limits.PAGES, "join_team")
    practice = make_practice()
    owner = make_member(practice, "owner")
    _invitation, path = invite(practice, owner)

    def accept(_number: int) -> int:
        try:
            return Browser().post(path, {"password": GOOD}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(accept, range(50)))
    assert answers.count(302) == 1
    assert set(answers) <= {302, 404, 200}
    assert User.objects.filter(email="sam@example.org").count() == 1
    with inside(practice):
        assert Membership.objects.filter(name="Sam Lund").count() == 1


def test_the_team_page_asks_no_more_for_many_than_for_one(practice, owner, django_assert_max_num_queries):
    browser = signed_in(owner)
    browser.get("/desk/practice/")
    with django_assert_max_num_queries(40) as one:
        browser.get("/desk/practice/")
    for number in range(8):
        make_member(practice, name=f"Member {number}")
        invite(practice, owner, f"n{number}@example.org")
    with django_assert_max_num_queries(len(one.captured_queries)):
        browser.get("/desk/practice/")


def test_clients_find_nothing_of_the_desk(practice):
    browser = signed_in(make_client(practice, "Mara"))
    for path in ("/desk/practice/", "/desk/account/", "/desk/couples/new/"):
        assert browser.get(path).status_code == 404
