"""A therapist and a couple in front of one screen: nothing is there that one of them could not read alone."""

from __future__ import annotations

import datetime
import time
import uuid

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import ResolverMatch
from django.utils import timezone

from practice import roles, shared_screen, tenancy
from practice.models import AuditEvent, Membership
from tests.doors import DOORS
from tests.factories import PASSWORD, acting_as, inside, make_couple, make_member, signed_in, takes_part
from tests.practice.test_walls import practice_tables, rows

pytestmark = pytest.mark.django_db

#: What staff read on a shared screen as ever: nobody's words, or who belongs to whom.
OPEN = {
    "clients_caseloadentry",
    "clients_client",
    "clients_couple",
    "clients_partner",
    "exercises_edition",
    "exercises_exercise",
    "exercises_illustration",
    "exercises_licenceconfirmation",
    "exercises_manuscript",
    "exercises_program",
    "exercises_questionnairefile",
    "exercises_shelf",
    "exercises_shelfentry",
    "practice_datakey",
    "practice_membership",
    "practice_practice",
    "practice_practicekey",
    "practice_user",
    "reports_letterhead",
}
#: Its own pages, and what leads to them.
THERE = {"shared_screen": 200, "shared_screen_end": 200, "home": 302, "desk": 302, "couple": 302}


def staff_read(table: str) -> bool:
    return rows("SELECT has_any_column_privilege(%s, %s, 'SELECT')", roles.THERAPIST, table) == [(True,)]


def test_b25_every_table_about_people_says_what_of_it_is_on_a_shared_screen():
    ruled = {table for (table,) in rows("SELECT tablename FROM pg_policies WHERE policyname = 'shared_screen'")}
    about_people = {one for one in practice_tables() if staff_read(one)} - OPEN
    assert about_people - ruled == set(), "say it with practice.walls.on_a_shared_screen in a migration"
    assert ruled & OPEN == set()


def asked(member: Membership, name: str, method: str = "GET") -> int:
    """What somebody who shares a screen meets at an address, before anything of it is made."""
    request = RequestFactory().generic(method, "/")
    request.membership, request.user = member, AnonymousUser()  # type: ignore[attr-defined]
    request.resolver_match = ResolverMatch(print, (), {}, name)
    found = shared_screen.SharedScreen(lambda one: HttpResponse()).process_view(request)
    return found.status_code if found else 200


def test_b25_no_page_is_there_but_the_ones_made_for_it():
    member = Membership(shares_with=uuid.uuid4(), shares_since=timezone.now())
    met = {name: asked(member, name) for name in DOORS}
    assert {name: status for name, status in met.items() if status != 404} == THERE
    assert {asked(member, name, "POST") for name in DOORS if name not in shared_screen.let_in()} == {404}
    assert {asked(Membership(), name) for name in DOORS} == {200}


def test_b25_b43_leaving_takes_a_sign_in_that_is_younger_than_the_sharing(practice, therapist, couple):
    browser = signed_in(therapist)
    assert browser.post(f"/desk/couples/{couple.pk}/shared-screen/")["Location"] == "/desk/shared-screen/"
    asked = browser.post("/desk/shared-screen/end/")
    assert asked["Location"].startswith("/account/reauthenticate/")
    with inside(practice):
        assert Membership.objects.get(pk=therapist.pk).shares_with == couple.pk
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 5}]
    session.save()
    assert browser.get("/desk/shared-screen/end/").status_code == 302  # they signed in just before it
    answer = browser.post("/account/reauthenticate/?next=/desk/shared-screen/end/", {"password": PASSWORD})
    assert answer["Location"] == "/desk/shared-screen/end/"
    assert browser.get("/desk/shared-screen/end/").status_code == 200
    assert browser.get(f"/desk/couples/{couple.pk}/private/{couple.clients[0].pk}/").status_code == 404
    assert browser.post("/desk/shared-screen/end/").status_code == 302
    assert browser.get(f"/desk/couples/{couple.pk}/private/{couple.clients[0].pk}/").status_code == 200
    with inside(practice):
        acts = AuditEvent.objects.filter(subject_id=couple.pk, subject="clients_couple")
        said = list(acts.filter(act__contains="sharing").values_list("act", flat=True))
        said += list(acts.filter(act__startswith="shared").values_list("act", flat=True))
        assert sorted(said) == ["shared the screen with", "stopped sharing the screen with"]
        times = [
            one.changes["shares_since"]
            for one in AuditEvent.objects.filter(subject_id=therapist.pk, act="update")
            if "shares_since" in one.changes
        ]
        assert times


def test_b25_an_owner_shares_like_a_therapist(practice, owner, couple):
    takes_part(couple, owner)
    browser = signed_in(owner)
    browser.post(f"/desk/couples/{couple.pk}/shared-screen/")
    other = make_couple(practice, ("Ada", "Ruth"))
    with acting_as(_again(owner)):
        assert tenancy.current().role == roles.THERAPIST
        couples = apps.get_model("clients.Couple").objects.values_list("pk", flat=True)
        assert list(couples) == [couple.pk]
    assert other.pk != couple.pk
    assert browser.get("/desk/practice/").status_code == 404


def _again(member: Membership) -> Membership:
    with tenancy.acting(tenancy.as_system(member.practice_id)):
        return Membership.objects.get(pk=member.pk)


def test_b25_one_partner_alone_is_no_joint_session(practice, therapist):
    alone = make_couple(practice, ("Una",), therapist=therapist)
    browser = signed_in(therapist)
    page = f"/desk/couples/{alone.pk}/shared-screen/"
    assert "at least two" in browser.get(page).content.decode()
    assert browser.post(page).status_code == 409


def test_b25_a_couple_that_is_not_theirs_any_more_shows_nothing(practice, couple, colleague):
    member = make_member(practice)
    with inside(practice):
        Membership.objects.filter(pk=member.pk).update(
            shares_with=couple.pk, shares_since=datetime.datetime.now(datetime.UTC)
        )
    with acting_as(_again(member)):
        assert not apps.get_model("clients.Couple").objects.exists()
    assert signed_in(member).get("/desk/shared-screen/").status_code == 404
