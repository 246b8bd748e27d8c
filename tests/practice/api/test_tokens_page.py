"""The page on which staff make and withdraw tokens for programs."""

from __future__ import annotations

import datetime
import re
from html import unescape
from unittest import mock

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from practice import tasks, team, trail_words, vault
from practice.api import repeating, tokens
from practice.models import AccessToken, AccountEvent, AuditEvent, DoneOnce, Membership
from tests.factories import PASSWORD, acting_as, inside, make_member, signed_in, user_of
from tests.practice.api.callers import Program, program_of

PAGE = "/desk/account/tokens/"
NEW = {"name": "Spreadsheet", "scopes": ["couples:read"], "days": "30"}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch) -> None:
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: True)


def made_by(browser: Browser, draft: str = "") -> str:
    found = re.search(r"attune_[\w-]+", browser.post(PAGE, {**NEW, "draft": draft}).content.decode())
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


def test_whoever_leaves_and_comes_back_makes_new_ones(therapist, owner, couple):
    program = program_of(therapist)
    with acting_as(owner):
        team.leave(therapist, to=owner)
    with inside(therapist.practice):
        Membership.objects.filter(pk=therapist.pk).update(ended_at=None)
    assert program.get("/api/v1/couples/").status_code == 401


def test_another_role_ends_what_was_made_for_the_one_before(coordinator, owner, couple):
    program = program_of(coordinator)
    with acting_as(owner):
        team.change_role(coordinator, "therapist")
    assert program.get("/api/v1/couples/").status_code == 401


def test_an_account_that_was_got_back_by_its_mailbox_has_none(therapist, couple):
    program = program_of(therapist)
    tokens.end_all_of_account(user_of(therapist))
    assert program.get("/api/v1/couples/").status_code == 401


def test_what_only_owners_do_is_offered_to_owners_alone(therapist, owner, couple):
    offered = {who: "webhooks:write" in signed_in(who).get(PAGE).content.decode() for who in (therapist, owner)}
    assert offered == {therapist: False, owner: True}


def test_a_new_password_withdraws_all_tokens_and_says_so_on_the_page_and_outside(therapist, couple):
    programs, browser = [program_of(therapist), program_of(therapist)], signed_in(therapist)
    new = {"oldpassword": PASSWORD, "password1": "other everyday words here", "password2": "other everyday words here"}
    browser.post("/account/password/change/", {**new, "oldpassword": "wrong words entirely"})
    assert programs[0].get("/api/v1/couples/").status_code == 200, "nothing was changed"
    mail.outbox.clear()
    answer = browser.post("/account/password/change/", new, follow=True)
    assert "All tokens that let programs work for you were withdrawn" in answer.content.decode()
    assert [one.get("/api/v1/couples/").status_code for one in programs] == [401, 401]
    told = AccountEvent.objects.filter(user_id=therapist.user_id, what__in=["tokens_ended", "password_changed"])
    assert sorted(told.values_list("what", flat=True)) == ["password_changed", "tokens_ended"]
    assert [letter.to for letter in mail.outbox] == [[therapist.user.email]] * 2


def test_the_page_asks_who_it_is_before_anything_is_shown(therapist, monkeypatch):
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: False)
    answer = signed_in(therapist).get(PAGE)
    assert (answer.status_code, "/account/reauthenticate/" in answer["Location"]) == (302, True)


def test_a_form_that_is_sent_twice_makes_one_token_and_shows_it_both_times(therapist, couple):
    browser = signed_in(therapist)
    draft = re.search(r'name="draft" value="([\w-]+)"', browser.get(PAGE).content.decode())
    assert draft
    sent = {**NEW, "draft": draft[1]}
    texts = {re.search(r"attune_[\w-]+", browser.post(PAGE, sent).content.decode())[0] for _ in range(2)}  # type: ignore[index]
    other = browser.post(PAGE, {**sent, "name": "Another"}).content.decode()
    assert len(texts) == 1
    assert texts.pop() not in other
    with inside(therapist.practice):
        assert sorted(one.name for one in AccessToken.objects.all()) == ["Another", "Spreadsheet"]
        AccessToken.objects.update(ended_at=timezone.now())
    assert "attune_" not in browser.post(PAGE, sent, follow=True).content.decode()


def test_a_form_of_somebody_else_makes_another_token(therapist, owner, couple):
    texts = {made_by(signed_in(who), draft="A" * 43) for who in (therapist, owner)}
    assert len(texts) == 2


def test_making_and_withdrawing_stand_in_the_account_of_its_owner_who_is_told_outside(therapist, owner, couple):
    made_by(signed_in(therapist))
    with inside(therapist.practice):
        token = AccessToken.objects.get()
    signed_in(owner).post(f"{PAGE}{token.pk}/end/")
    told = AccountEvent.objects.filter(user_id=therapist.user_id).order_by("at").values_list("what", flat=True)
    assert [one for one in told if one != "new_browser"] == ["token_made", "token_ended"]
    assert [letter.to for letter in mail.outbox] == [[therapist.user.email]] * 2
    assert "attune_" not in "".join(letter.body for letter in mail.outbox)
    assert "withdrawn" in signed_in(therapist).get("/account/sign-ins/").content.decode()


def test_a_token_is_withdrawn_although_no_letter_leaves(therapist, couple, monkeypatch):
    program = program_of(therapist)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", mock.Mock(side_effect=OSError))
    signed_in(therapist).post(f"{PAGE}{program.token.pk}/end/")
    assert program.get("/api/v1/couples/").status_code == 401


def test_the_trail_says_in_words_that_a_token_was_made_and_withdrawn(therapist, owner, couple):
    program = program_of(therapist)
    signed_in(therapist).post(f"{PAGE}{program.token.pk}/end/")
    page = unescape(re.sub(r"<[^>]+>|\s+", " ", signed_in(owner).get("/desk/practice/trail/").content.decode()))
    assert re.search(r"added +a token for a program", page)
    assert re.search(r"changed +a token for a program", page)
    assert "Spreadsheet" not in page


def test_b123_the_trail_says_by_which_token_something_was_read_or_changed(therapist, owner, couple, mara):
    program = program_of(therapist)
    path = f"/api/v1/couples/{couple.pk}/"
    program.get(path)
    program.patch(path, {"status": "paused"})
    signed_in(therapist).get(f"/desk/couples/{couple.pk}/")
    with inside(therapist.practice):
        rows = AuditEvent.objects.filter(user_id=therapist.user_id, couple_id=couple.pk).order_by("pk")
        said = [(one.act, one.subject, one.token_id) for one in rows]
    by_token = program.token.pk
    assert ("opened", "page api_couple", by_token) in said
    assert trail_words.thing("page api_couple") == "“couple” at the door for programs"
    assert ("update", "clients_couple", by_token) in said
    assert {token for _act, subject, token in said if "api" not in subject} == {by_token, None}
    page = unescape(signed_in(owner).get("/desk/practice/trail/").content.decode())
    assert f"by a program, with the token “Spreadsheet” ({by_token})" in page
    assert program.text not in page
    assert "Spreadsheet" not in signed_in(mara).get("/you/record/").content.decode()


def test_answers_to_programs_are_forgotten_after_a_day(therapist, couple):
    program = program_of(therapist)
    program.post(
        "/api/v1/couples/", {"partners": [{"name": "A"}, {"name": "B"}], "time_zone": "UTC"}, Idempotency_Key="k"
    )
    with inside(therapist.practice):
        assert repeating.forget_old() == 0
        DoneOnce.objects.update(at=timezone.now() - repeating.KEPT - datetime.timedelta(minutes=1))
    tasks.forget_answers()
    with inside(therapist.practice):
        assert not DoneOnce.objects.exists()


def test_whoever_runs_the_office_makes_one_too_though_no_sealed_text_is_theirs(coordinator):
    browser = signed_in(coordinator)
    vault.forget_keys()
    text = made_by(browser)
    vault.forget_keys()
    assert Program(text).get("/api/v1/couples/").status_code == 200
    vault.forget_keys()
    assert "Spreadsheet" in browser.get(PAGE).content.decode()
