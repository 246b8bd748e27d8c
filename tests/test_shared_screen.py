"""A therapist and a couple in front of one screen: nothing is there that one of them could not read alone."""

from __future__ import annotations

import datetime
import time

import pytest
from django.apps import apps
from django.db import connection

from practice import roles, shared_screen, tenancy
from practice.models import AuditEvent, Membership
from tests.doors import DOORS
from tests.factories import PASSWORD, acting_as, inside, make_couple, make_member, signed_in
from tests.practice.test_walls import practice_tables, rows
from tests.world import CANARY

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
    "practice_user",
    "reports_letterhead",
}
#: Their own pages, the ways there, and what belongs to nobody's practice.
THERE = {"shared_screen": 200, "shared_screen_end": 302, "home": 302, "desk": 302, "couple": 302}
OUTSIDE = {"leave", "choose", "sign_up", "join", "join_team", "stop", "mail_hook", "mail_hook_own", "texts_came"}
OUTSIDE |= {"texts_came_of", "demo_mail", "demo_mail_one", "demo_mail_html", "demo_text_answer"}


@pytest.fixture
def shared(world):
    """Mara and Theo look along."""
    member = world.home["therapist"]
    with acting_as(member):
        shared_screen.begin(member, world.home.couple.pk)
    return member


def readable(table: str, practice_id) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id::text FROM {table} WHERE practice_id = %s", [practice_id])
        return {one for (one,) in cursor.fetchall()}


def staff_read(table: str) -> bool:
    return rows("SELECT has_any_column_privilege(%s, %s, 'SELECT')", roles.THERAPIST, table) == [(True,)]


def portal_reads(table: str) -> bool:
    return rows("SELECT has_column_privilege(%s, %s, 'id', 'SELECT')", roles.PORTAL, table) == [(True,)]


def test_b25_every_table_about_people_says_what_of_it_is_on_a_shared_screen():
    ruled = {table for (table,) in rows("SELECT tablename FROM pg_policies WHERE policyname = 'shared_screen'")}
    about_people = {one for one in practice_tables() if staff_read(one)} - OPEN
    assert about_people - ruled == set(), "say it with practice.walls.on_a_shared_screen in a migration"
    assert ruled & OPEN == set()


def test_b25_the_database_shows_what_both_may_read_and_nothing_else(world, shared):
    house = world.home
    for table in sorted({one for one in practice_tables() if staff_read(one)} - OPEN):
        with acting_as(shared):
            seen = readable(table, house.practice.pk)
        for name in ("mara", "theo"):
            with acting_as(house[name]):
                theirs = readable(table, house.practice.pk) if portal_reads(table) else set()
            if table == "exercises_occurrence":
                continue  # a round of the other one's own is known by what was given to both
            assert seen <= theirs, (table, name)
    with acting_as(shared):
        assert readable("exercises_response", house.practice.pk)
        assert readable("exercises_agreement", house.practice.pk)
        assert not readable("reports_alert", house.practice.pk)
        lanes = rows("SELECT DISTINCT lane FROM exercises_answer")
        assert {one for (one,) in lanes} <= {"shared", "reveal", "joint"}


def test_b25_no_other_page_is_there_and_no_word_that_is_not_both_of_theirs(world, shared, browser_of):
    browser, may, met = browser_of("therapist"), world.canaries, set()
    for name, door in DOORS.items():
        if name in OUTSIDE or (answer := browser.get(door.path(name, world.home))) is None:
            continue
        wanted = {THERE.get(name, 404)} if door.kind.signed_in else {200, 302, 404}
        assert answer.status_code in wanted, name
        if answer.status_code == 302 and name in ("desk", "couple"):
            assert answer["Location"] == "/desk/shared-screen/"
        met |= set(CANARY.findall(answer.content.decode() if not answer.streaming else ""))
    told = {word for word in met if not {"mara", "theo"} <= may[word]}
    assert told <= {word for word in met if word.startswith("zqhomexname")}
    assert any(word.startswith("zqhomexshared") for word in met)


def test_b25_what_is_posted_elsewhere_finds_nothing(world, shared, browser_of):
    browser = browser_of("therapist")
    for name in ("assign", "read_private", "note", "alert", "couple_status"):
        if name in DOORS:
            assert browser.post(DOORS[name].path(name, world.home)).status_code == 404, name


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
