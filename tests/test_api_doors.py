"""Every address for programs × everybody who may come to it, signed in as on the pages.

What is refused is refused like something that does not exist: the same 404, the same body, after the same questions to
the database. What a token adds is only less (tests/practice/api/test_calling.py).
"""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from practice.api.problems import CONTENT_TYPE
from tests.databases import superuser
from tests.doors import ANONYMOUS, API, PERSONAS, Door
from tests.rows import UNREAD, changed, rows_of_all_tables
from tests.test_doors import nearly_let_in, without_values
from tests.world import CANARY, World

WRITES = ("post", "put", "patch", "delete")
NOTHING_TO_READ = frozenset({405})


@pytest.fixture
def browsers(browser_of) -> dict[str, Browser]:
    return {name: browser_of(name) for name in (ANONYMOUS, *PERSONAS)}


def refused_with(door: Door, who: str) -> set[int]:
    if who == ANONYMOUS:
        return {401}
    return {405, 404} if door.get == NOTHING_TO_READ else {404}


def writes_of(path: str) -> list[str]:
    """Return the methods by which something is written there; of none, one that is refused like all of them."""
    view = resolve(path).func.cls
    return [method for method in WRITES if hasattr(view, method)] or ["post"]


@pytest.mark.django_db
def test_b8_b49_an_address_opens_for_nobody_but_its_kind_and_tells_nobody_a_word_that_is_not_for_them(world, browsers):
    wrong, told = {}, set()
    for name, door in API.items():
        path = door.path(name, world.home)
        for who, browser in browsers.items():
            answer = browser.get(path)
            wanted = set(door.get) if who in door.kind.who else refused_with(door, who)
            if answer.status_code not in wanted:
                wrong[name, who] = answer.status_code
            elif answer.status_code >= 400:
                assert answer["Content-Type"] == CONTENT_TYPE, (name, who)
            met = CANARY.findall(answer.content.decode(errors="replace"))
            told |= {(name, who, word) for word in met if who not in world.canaries[word]}
    assert wrong == {}
    assert told == set()


@pytest.mark.django_db
def test_b8_b18_what_is_somebody_elses_answers_and_takes_like_what_is_not_there(world, browsers):
    for name, door in API.items():
        if not door.about_something:
            continue
        path, nowhere = door.path(name, world.home), door.elsewhere(name, world.home)
        for who in sorted(nearly_let_in(door)):
            one, other = look(browsers[who], path), look(browsers[who], nowhere)
            assert one == other, (name, who)


def look(browser: Browser, path: str) -> tuple[int, bytes, list[str]]:
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(path)
    return answer.status_code, answer.content, without_values(asked)


@pytest.mark.django_db
def test_b91_a_write_with_a_cookie_alone_is_refused(world, browser_of):
    for name, door in API.items():
        path = door.path(name, world.home)
        for who in (ANONYMOUS, "owner", "therapist", "mara"):
            browser = browser_of(who, enforce_csrf_checks=True)
            for method in writes_of(path):
                answer = getattr(browser, method)(path, data="{}", content_type="application/json")
                assert answer.status_code in ({401} if who == ANONYMOUS else {403}), (name, who, method)


def test_b8_those_who_may_not_change_nothing_and_reading_changes_nothing(world, browsers, committed):
    before = rows_of_all_tables(superuser)
    for name, door in API.items():
        path = door.path(name, world.home)
        for who, browser in browsers.items():
            if who in door.kind.who:
                browser.get(path)
                continue
            for method in writes_of(path):
                answer = getattr(browser, method)(path, data="{}", content_type="application/json")
                assert answer.status_code in {401, 404, 405}, (name, who, method)
    assert changed(before, rows_of_all_tables(superuser), apart_from=UNREAD) == {}


@pytest.mark.django_db
def test_b103_what_breaks_gives_nothing_away(world: World, browsers, monkeypatch):
    from rest_framework.views import APIView

    def breaking(view, request, response, *args, **kwargs):
        raise ValueError(json.dumps(getattr(response, "data", None), default=str))

    monkeypatch.setattr(APIView, "finalize_response", breaking)
    for name, door in API.items():
        who = min(door.kind.who)
        browsers[who].raise_request_exception = False
        answer = browsers[who].get(door.path(name, world.home))
        assert (answer.status_code, answer["Content-Type"]) == (500, CONTENT_TYPE), name
        assert CANARY.findall(answer.content.decode(errors="replace")) == []
