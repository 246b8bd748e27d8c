"""The page on which staff make and withdraw tokens for programs."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Browser

from practice.models import AccessToken
from tests.factories import inside, make_member, signed_in
from tests.practice.api.callers import Program, program_of

PAGE = "/desk/account/tokens/"
NEW = {"name": "Spreadsheet", "scopes": ["couples:read"], "days": "30"}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch) -> None:
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: True)


def made_by(browser: Browser) -> str:
    found = re.search(r"attune_[\w-]+", browser.post(PAGE, NEW).content.decode())
    assert found
    return found[0]


def test_a_token_is_shown_once_and_works(therapist, couple):
    browser = signed_in(therapist)
    text = made_by(browser)
    assert Program(text).get("/api/v1/couples/").status_code == 200
    assert text not in browser.get(PAGE).content.decode()
    with inside(therapist.practice):
        token = AccessToken.objects.get()
        assert text not in str(vars(token))


def test_a_token_without_a_purpose_is_asked_for_one_and_nothing_is_lost(therapist, db):
    answer = signed_in(therapist).post(PAGE, {"name": "Spreadsheet", "days": "30"})
    assert "Choose at least one" in answer.content.decode()
    assert "Spreadsheet" in answer.content.decode()
    with inside(therapist.practice):
        assert not AccessToken.objects.exists()


def test_whoever_made_it_withdraws_it(therapist, couple):
    program = program_of(therapist)
    signed_in(therapist).post(f"{PAGE}{program.token.pk}/end/")
    assert program.get("/api/v1/couples/").status_code == 401


def test_an_owner_withdraws_anybodys_and_nobody_else_does(therapist, owner, colleague, couple):
    program = program_of(therapist)
    assert signed_in(colleague).post(f"{PAGE}{program.token.pk}/end/").status_code == 404
    assert program.get("/api/v1/couples/").status_code == 200
    assert "Spreadsheet" in signed_in(owner).get(PAGE).content.decode()
    assert "Spreadsheet" not in signed_in(colleague).get(PAGE).content.decode()
    signed_in(owner).post(f"{PAGE}{program.token.pk}/end/")
    assert program.get("/api/v1/couples/").status_code == 401


def test_an_owner_of_another_practice_withdraws_nothing(therapist, neighbour, couple):
    program = program_of(therapist)
    far = make_member(neighbour, "owner", "Far")
    assert signed_in(far).post(f"{PAGE}{program.token.pk}/end/").status_code == 404
    assert program.get("/api/v1/couples/").status_code == 200


def test_the_page_asks_who_it_is_before_anything_is_shown(therapist, monkeypatch):
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: False)
    answer = signed_in(therapist).get(PAGE)
    assert (answer.status_code, "/account/reauthenticate/" in answer["Location"]) == (302, True)
