"""Webhooks by programs: what owners do on their pages, for owners alone."""

from __future__ import annotations

import pytest

from practice import calling_out, outside, webhooks
from practice.api.scopes import Scope
from practice.models import Webhook
from tests.factories import inside, make_member, signed_in
from tests.practice.api.callers import program_of
from tests.practice.hooked import ADDRESS, make_hook

pytestmark = pytest.mark.django_db

HOOKS = "/api/v1/webhooks/"
NEW = {"address": ADDRESS, "events": ["couple.closed", "report.ready"]}


@pytest.fixture(autouse=True)
def _resolves(monkeypatch) -> None:
    monkeypatch.setattr(outside, "_resolved", lambda host, port: ["8.8.8.8"])


def test_a_program_of_an_owner_adds_tries_changes_and_ends_one(practice, owner, other_side):
    program = program_of(owner)
    made = program.post(HOOKS, NEW, Idempotency_Key="k-1")
    assert made.status_code == 201
    assert program.post(HOOKS, NEW, Idempotency_Key="k-1").json() == made.json(), "sent twice, it is one"
    secret, here = made.json()["secret"], made["Location"]
    assert secret.startswith(webhooks.PREFIX)
    shown = program.get(here).json()
    assert (shown["address"], shown["events"], shown["paused"]) == (ADDRESS, NEW["events"], False)
    assert program.get(HOOKS).json()["results"] == [shown]
    assert secret not in program.get(here).content.decode()

    assert program.post(f"{here}test/").status_code == 202
    assert calling_out.deliver() == {"delivered": 1}
    [line] = program.get(f"{here}deliveries/?state=delivered&event=test").json()["results"]
    assert (line["event"], line["state"], line["status"], line["next_at"]) == ("test", "delivered", 204, None)
    assert program.get(f"{here}deliveries/?state=waiting").json()["results"] == []

    renewed = program.post(f"{here}secret/").json()
    assert renewed["secret"] != secret
    assert renewed["two_secrets_until"]
    changed = program.patch(here, {"events": ["alert.raised"], "paused": True}).json()
    assert (changed["address"], changed["events"], changed["paused"]) == (ADDRESS, ["alert.raised"], True)
    assert program.patch(here, {"paused": False}).json()["paused"] is False
    assert program.call("DELETE", here).status_code == 428
    assert program.call("DELETE", here, If_Match="*").status_code == 204
    with inside(practice):
        assert not Webhook.objects.exists()


def test_b134_what_the_page_refuses_is_refused_with_its_pointer(practice, owner, settings, monkeypatch):
    settings.ATTUNE_LOCAL_PROVIDERS = False
    monkeypatch.setattr(outside, "_resolved", lambda host, port: [host])
    program = program_of(owner)
    hook, _secret = make_hook(practice)
    for address in ("http://8.8.8.8/", "https://127.0.0.1/", "https://8.8.8.8:444/", "no address"):
        for answer in (program.post(HOOKS, {**NEW, "address": address}), program.patch(at(hook), {"address": address})):
            assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/address"), address
    assert program.post(HOOKS, {**NEW, "events": ["couple.dreams"]}).status_code == 400
    monkeypatch.setattr(webhooks, "MOST", 1)
    answer = program.post(HOOKS, {**NEW, "address": "https://8.8.8.8/"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")


def at(hook: Webhook) -> str:
    return f"{HOOKS}{hook.pk}/"


def test_b8_it_is_for_owners_of_the_practice_and_for_tokens_made_for_it(practice, owner, therapist, neighbour):
    hook, _secret = make_hook(practice)
    far, narrow = program_of(make_member(neighbour, "owner", "Far")), program_of(owner, Scope.WEBHOOKS_READ)
    for program in (program_of(therapist), far):
        for answer in (program.get(at(hook)), program.post(f"{at(hook)}test/"), program.get(f"{at(hook)}deliveries/")):
            assert answer.status_code == 404
    assert far.get(HOOKS).json()["results"] == []
    assert narrow.get(at(hook)).status_code == 200
    assert narrow.post(f"{at(hook)}secret/").json()["code"] == "scope_missing"
    with inside(practice):
        assert Webhook.objects.get().deliveries.count() == 0


def test_a_browser_signs_in_once_more_first(practice, owner, monkeypatch):
    hook, _secret = make_hook(practice)
    browser = signed_in(owner)
    for answer in (browser.get(HOOKS), browser.get(at(hook)), browser.post(f"{at(hook)}secret/")):
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_again")
    monkeypatch.setattr("practice.api.webhooks.is_fresh", lambda request: True)
    assert browser.get(at(hook)).status_code == 200
