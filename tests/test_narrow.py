"""Every address × a phone that was lent: the part it was lent for opens, and nothing else does.

The lent phone is Theo's for his part of one round; everything of his own beside it, of Mara's and of the practice is
the same 404 as an unknown page, read or written.
"""

from __future__ import annotations

import pytest
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse

from clients import pins
from exercises import handover
from practice import narrow
from tests.databases import superuser
from tests.doors import DOORS, account_paths
from tests.factories import acting_as
from tests.rows import UNREAD, changed, rows_of_all_tables

CODE = "7306"
REACH = narrow._reach[0]
ENDS = REACH.closing | {REACH.end}


@pytest.fixture
def lend(world, browser_of):
    """Return a fresh browser that Mara passed on and Theo opened his part in."""

    def lent() -> Browser:
        with acting_as(world.home["theo"]):
            pins.choose(world.home["theo"], CODE)
        # A copy of her sign-in: passing on ends only this one.
        from tests.factories import signed_in

        browser = signed_in(world.home["mara"])
        hers = world.home.occurrence("sealed", "mara")
        browser.post(f"/do/{hers.pk}/pass/", {"to": str(world.home["theo"].pk)})
        answer = browser.post("/pass/", {"code": CODE})
        assert answer.url == f"/do/{his(world).pk}/"
        return browser

    return lent


def his(world):
    return world.home.occurrence("sealed", "theo")


#: They answer before anybody asks who somebody is, and know nobody.
OF_THE_MACHINE = {"healthz", "readyz", "metrics"}


def path_of(name: str, world) -> str:
    return DOORS[name].path(name, world.home) if name in DOORS else account_paths()[name]


@pytest.mark.django_db
def test_his_part_opens(world, lend):
    browser = lend()
    for name in sorted(REACH.pages - {"do_save", "do_send"}):
        number = {"number": 1} if name == "do_question" else {}
        answer = browser.get(reverse(name, kwargs={"occurrence_id": his(world).pk, **number}))
        assert answer.status_code == 200, name
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ENDS))
def test_what_closes_it_ends_it(name, world, lend):
    browser = lend()
    try:
        path = reverse(name, kwargs={"occurrence_id": his(world).pk})
    except NoReverseMatch:
        path = reverse(name)
    answer = browser.get(path, follow=True)
    assert "Put the phone down together" in answer.content.decode()
    assert "_auth_user_id" not in browser.session


@pytest.mark.django_db
def test_nothing_else_opens(world, lend):
    browser = lend()
    opened = {}
    for name in {*DOORS, *account_paths()} - {*ENDS, *narrow.ALWAYS, narrow.HOME, *OF_THE_MACHINE}:
        answer = browser.get(path_of(name, world))
        if answer.status_code != 404:
            opened[name] = answer.status_code
    assert opened == {}
    # The same pages about his own other things, and about hers.
    for other in (world.home.occurrence("sealed", "mara"), world.home.occurrence("waiting", "theo")):
        for name in REACH.pages | {"do_sent", "portal_opened"}:
            number = {"number": 1} if name == "do_question" else {}
            path = reverse(name, kwargs={"occurrence_id": other.pk, **number})
            assert browser.get(path).status_code == 404, name
            assert browser.post(path, {"question": "words", "words": "x"}).status_code == 404, name
    assert "_auth_user_id" in browser.session, "looking elsewhere does not end it"


def test_nothing_else_is_changed(world, lend, committed):
    browser = lend()
    before = rows_of_all_tables(superuser)
    for name in {*DOORS, *account_paths()} - {*ENDS, *narrow.ALWAYS, *OF_THE_MACHINE}:
        if name != narrow.HOME:
            answer = browser.post(path_of(name, world), {"name": "x", "act": "begin", "code": CODE, "code_again": CODE})
            assert answer.status_code == 404, name
    assert changed(before, rows_of_all_tables(superuser), apart_from=UNREAD) == {}


@pytest.mark.django_db
def test_between_the_two_nobody_is_signed_in(world):
    from tests.factories import signed_in

    browser = signed_in(world.home["mara"])
    hers = world.home.occurrence("sealed", "mara")
    browser.post(f"/do/{hers.pk}/pass/", {"to": str(world.home["theo"].pk)})
    assert set(browser.session.keys()) == {handover.KEY}
    for name, door in DOORS.items():
        if door.kind.signed_in:
            assert browser.get(path_of(name, world)).status_code in (302, 405), name
            assert (
                browser.get(path_of(name, world))
                .headers.get("Location", "/account/login/")
                .startswith("/account/login/")
            ), name
