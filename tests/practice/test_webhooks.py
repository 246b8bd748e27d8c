"""Other systems are told that something happened: signed, once and again, never from what was rolled back."""

from __future__ import annotations

import datetime
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from practice import calling_out, held, outbox, outside, tasks, tenancy, webhooks
from practice.channels.wire import NoAnswer, NotConnected, Wire
from practice.ids import uuid7
from practice.keyring import KeyOutOfReach
from practice.models import AuditEvent, Membership, Message, Webhook, WebhookDelivery
from tests.factories import acting_as, inside, make_member, signed_in
from tests.practice.hooked import ADDRESS, again, due_now, lines, make_hook, told

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
PAGE = "/desk/practice/webhooks/"
ABOUT = {"couple_id": uuid.UUID(int=1)}


def tell(practice: Any, occasion: str = "one", couple_id: uuid.UUID | None = None) -> int:
    with inside(practice):
        return webhooks.tell("couple.closed", occasion=occasion, about=ABOUT, couple_id=couple_id)


@pytest.fixture
def hook(practice) -> Webhook:
    return make_hook(practice, "couple.closed")[0]


# ── telling ──────────────────────────────────────────────────────────────────


def test_an_event_is_told_once_and_holds_ids_and_nothing_else(practice, hook, other_side):
    assert (tell(practice), tell(practice)) == (1, 1)
    assert calling_out.deliver() == {"delivered": 1}
    assert calling_out.deliver() == {}
    (body,) = other_side.bodies
    assert body.pop("api").endswith(f"/api/v1/couples/{ABOUT['couple_id']}/")
    assert datetime.datetime.fromisoformat(body.pop("time")).utcoffset() == datetime.timedelta()
    assert body == {
        "id": str(lines(practice)[0].event_id),
        "type": "couple.closed",
        "practice": str(practice.pk),
        "resources": {"couple_id": str(ABOUT["couple_id"])},
    }


def test_what_is_rolled_back_was_never_told(practice, hook, other_side):
    with inside(practice), transaction.atomic():
        assert webhooks.tell("couple.closed", occasion="x", about=ABOUT) == 1
        transaction.set_rollback(True)
    assert (calling_out.deliver(), other_side.calls) == ({}, [])


def test_only_ids_go_into_an_event(practice, hook):
    with inside(practice):
        for about in ({"couple_id": "Mara"}, {}):
            with pytest.raises(ValueError, match="ids"):
                webhooks.tell("couple.closed", occasion="x", about=about)  # type: ignore[arg-type]
        with pytest.raises(LookupError):
            webhooks.tell("couple.dreams", occasion="x", about={})


def test_b2_another_practice_is_told_nothing(practice, neighbour, other_side):
    make_hook(neighbour)
    assert tell(practice) == 0
    assert calling_out.deliver() == {}
    assert told(neighbour) == []


def test_whoever_is_not_told_of_an_event_or_pauses_hears_nothing_of_it(practice, hook, other_side):
    make_hook(practice, "report.ready")
    tell(practice)
    with inside(practice):
        webhooks.pause(hook)
    assert told(practice) == [("couple.closed", "dropped")], "what waits is not sent either"
    assert tell(practice, "two") == 0
    with inside(practice):
        webhooks.resume(hook)
    assert tell(practice, "three") == 1
    assert calling_out.deliver() == {"delivered": 1}


# ── signed ───────────────────────────────────────────────────────────────────


@pytest.fixture
def verified() -> Any:
    """The function that docs/webhooks.md prints, as printed."""
    text = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    (printed,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    known: dict[str, Any] = {}
    exec(printed, known)  # noqa: S102 our own page
    return known["verified"]


def test_the_printed_example_takes_what_is_attunes_and_new_and_nothing_else(practice, other_side, verified):
    _hook, secret = make_hook(practice)
    tell(practice)
    calling_out.deliver()
    ((url, body, headers),) = other_side.calls
    assert url == ADDRESS
    now = int(headers["webhook-timestamp"])
    assert verified("whsec_" + "QUFB" * 8, headers, body, now) is None, "another secret"
    assert verified(secret, headers, body.replace(b"closed", b"opened"), now) is None, "another body"
    assert verified(secret, {**headers, "webhook-id": "x"}, body, now) is None, "another id"
    assert verified(secret, {**headers, "webhook-timestamp": str(now + 9)}, body, now) is None, "another time"
    assert verified(secret, headers, body, now + 301) is None, "an old one"
    assert verified(secret, headers, body, now + 3) == headers["webhook-id"]
    assert verified(secret, headers, body, now + 4) is None, "a repeat"


def test_b105_calls_are_signed_with_both_secrets_for_a_day_after_a_renewal(practice, other_side, verified):
    hook, former = make_hook(practice)
    with inside(practice):
        secret = webhooks.renew(hook)
    tell(practice)
    calling_out.deliver()
    _url, body, headers = other_side.calls[-1]
    now = int(headers["webhook-timestamp"])
    assert secret != former
    assert all(verified(one, {**headers}, body, now) for one in (former,))
    verified.__globals__["SEEN"].clear()
    assert verified(secret, headers, body, now)
    with inside(practice):
        Webhook.objects.update(former_until=timezone.now() - DAY)
    tell(practice, "two")
    calling_out.deliver()
    _url, body, headers = other_side.calls[-1]
    assert verified(former, headers, body, int(headers["webhook-timestamp"])) is None
    tasks.forget_calls()
    assert str(again(hook).former_secret) == ""


# ── again, and never ─────────────────────────────────────────────────────────


def test_what_fails_is_called_again_with_the_same_id_and_later_each_time(practice, hook, other_side):
    tell(practice)
    for number, says in enumerate((500, NotConnected("OSError"), NoAnswer("TimeoutError"), 302), 1):
        other_side.says = says
        assert calling_out.deliver() == {"waiting": 1}
        (line,) = lines(practice)
        assert (line.attempts, line.status) == (number, says if isinstance(says, int) else None)
        assert line.next_at - line.last_at >= datetime.timedelta(seconds=26 * 2 ** (number - 1))
        assert calling_out.deliver() == {}, "not before its time"
        due_now(practice)
    other_side.says = 200
    assert calling_out.deliver() == {"delivered": 1}
    assert len({headers["webhook-id"] for _url, _body, headers in other_side.calls}) == 1
    assert (again(hook).failures, again(hook).failing_since) == (0, None)


def test_an_event_is_given_up_after_a_day(practice, hook, other_side):
    tell(practice)
    with inside(practice):
        WebhookDelivery.objects.update(happened_at=timezone.now() - DAY)
    assert calling_out.deliver() == {"given_up": 1}
    assert (other_side.calls, lines(practice)[0].reason) == ([], "a day has passed")


def test_an_address_that_fails_gets_one_call_at_a_time_and_rests_as_long_as_it_asks(practice, hook, other_side):
    other_side.says, other_side.headers = 503, {"Retry-After": "3600"}
    for occasion in ("one", "two", "three"):
        tell(practice, occasion)
    assert calling_out.deliver() == {"waiting": 1}
    assert again(hook).rests_until - timezone.now() > datetime.timedelta(minutes=55)
    with inside(practice):
        Webhook.objects.update(rests_until=None)
    other_side.says = 204
    assert calling_out.deliver() == {"delivered": 2}


@pytest.mark.parametrize("says", [410, 500])
def test_an_address_that_is_gone_or_fails_for_long_is_switched_off_and_its_owners_told(
    practice, owner, therapist, hook, other_side, says
):
    other_side.says = says
    tell(practice)
    tell(practice, "two")
    if says == 500:
        with inside(practice):
            Webhook.objects.update(failing_since=timezone.now() - 3 * DAY, failures=1)
    calling_out.deliver()
    assert again(hook).off_at is not None
    assert {state for _event, state in told(practice)} == {"dropped"}
    with inside(practice):
        (letter,) = Message.objects.filter(kind="webhook_off")
        assert letter.person_id == owner.pk
        handler = outbox.handler_of("webhook_off")
        assert handler.wanted(letter) == ""
        assert "hooks.example.org" not in str(vars(handler.compose(letter)))
        webhooks.resume(hook)
        assert handler.wanted(letter) != ""
    assert tell(practice, "three") == 1


def test_a_worker_that_dies_leaves_a_line_that_is_called_again(practice, hook, other_side):
    tell(practice)
    call = calling_out._claim(practice.pk)
    assert isinstance(call, calling_out.Call)
    assert calling_out.deliver() == {}, "it is another worker's"
    with inside(practice):
        WebhookDelivery.objects.update(lease_until=timezone.now() - DAY)
    assert calling_out.deliver() == {"delivered": 1}
    assert calling_out._settle(call, calling_out.Ended(500, "late")) == "lost", "who comes late changes nothing"
    assert told(practice) == [("couple.closed", "delivered")]


def test_one_practice_that_can_not_be_worked_for_holds_up_no_other(practice, neighbour, hook, other_side, monkeypatch):
    make_hook(neighbour, "couple.closed")
    tell(practice)
    tell(neighbour)
    known = calling_out._secrets_of

    def without_its_key(one: Webhook, now: datetime.datetime) -> list[str]:
        if one.practice_id == practice.pk:
            raise KeyOutOfReach
        return known(one, now)

    monkeypatch.setattr(calling_out, "_secrets_of", without_its_key)
    assert calling_out.deliver() == {"delivered": 1}
    assert (told(practice), told(neighbour)) == ([("couple.closed", "waiting")], [("couple.closed", "delivered")])
    monkeypatch.undo()
    monkeypatch.setattr(calling_out, "Wire", other_side)
    assert calling_out.deliver() == {"delivered": 1}, "the key is back, and nothing is lost"


@pytest.mark.usefixtures("_fresh")
def test_an_address_whose_secret_does_not_open_is_switched_off_and_can_be_mended(
    practice, owner, hook, other_side, caplog
):
    tell(practice)
    tell(practice, "two")
    with inside(practice), connection.cursor() as cursor:
        cursor.execute("UPDATE practice_webhook SET secret = secret || 'x', address = address || 'x'")
    assert calling_out.deliver() == {"dropped": 1}
    assert (other_side.calls, calling_out.deliver(), caplog.text) == ([], {}, "")
    assert {state for _event, state in told(practice)} == {"dropped"}
    with inside(practice):
        assert Message.objects.filter(kind="webhook_off", person_id=owner.pk).exists()
    browser, page = signed_in(owner), f"{PAGE}{hook.pk}/"
    for path in (PAGE, page):
        assert "can not be read any more" in browser.get(path).content.decode()
    browser.post(page, {"address": ADDRESS, "events": ["couple.closed"]})
    assert len(secret_in(browser.post(f"{page}secret/"))) == 1
    browser.post(f"{page}resume/")
    tell(practice, "three")
    assert calling_out.deliver() == {"delivered": 1}


def test_b114_a_practice_that_is_held_makes_no_calls_nor_afterwards_for_what_fell_due(
    practice, owner, hook, other_side
):
    with inside(practice):
        held.begin_after_import()
    tell(practice)
    tell(practice, "two")
    with inside(practice):
        WebhookDelivery.objects.filter(pk=WebhookDelivery.objects.latest("pk").pk).update(next_at=timezone.now() + DAY)
    assert calling_out.deliver() == {"dropped": 1}
    with acting_as(owner):
        held.release(by=owner)
    due_now(practice)
    assert calling_out.deliver() == {"dropped": 1}
    assert (other_side.calls, {one.reason for one in lines(practice)}) == ([], {held.REASON})
    tell(practice, "three")
    assert calling_out.deliver() == {"delivered": 1}


def test_b120_what_is_called_off_while_a_call_fails_stays_called_off(practice, hook, other_side):
    couple_id = uuid7()
    tell(practice, couple_id=couple_id)

    def erases_meanwhile() -> int:
        with inside(practice):
            assert webhooks.forget_couples([couple_id]) == 1
        return 500

    other_side.says = erases_meanwhile
    assert calling_out.deliver() == {"lost": 1}
    (line,) = lines(practice)
    assert (line.state, line.reason, line.about, line.couple_id) == ("dropped", "erased", {}, None)
    due_now(practice)
    assert (calling_out.deliver(), len(other_side.calls)) == ({}, 1)


# ── never into our own house ─────────────────────────────────────────────────


def test_b134_no_call_leads_into_our_own_house(practice, hook, settings, monkeypatch):
    """Whatever was registered: a name may have been another one's then."""
    settings.ATTUNE_LOCAL_PROVIDERS = False
    known = {"rebinds.example.org": "10.0.0.7", "hooks.example.org": "169.254.169.254"}
    monkeypatch.setattr(outside, "_resolved", lambda host, port: [known.get(host, host)])
    monkeypatch.setattr(outside.socket, "create_connection", lambda *args, **more: pytest.fail("it was dialled"))
    assert isinstance(calling_out.Wire(), Wire)
    for number, address in enumerate(
        ("https://127.0.0.1/", "https://rebinds.example.org/", ADDRESS, "https://8.8.8.8:8443/", "http://8.8.8.8/")
    ):
        with inside(practice):
            Webhook.objects.filter(pk=hook.pk).delete() if number == 0 else None
            made, _secret = webhooks.add(address=address, events=["couple.closed"])
        tell(practice, str(number))
        assert calling_out.deliver() == {"waiting": 1}, address
        with inside(practice):
            webhooks.delete(made)


# ── pages ────────────────────────────────────────────────────────────────────


@pytest.fixture
def _fresh(monkeypatch) -> None:
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: True)
    monkeypatch.setattr("practice.views.webhooks.is_fresh", lambda request: True)
    monkeypatch.setattr(outside, "_resolved", lambda host, port: ["8.8.8.8"])


def secret_in(answer: Any) -> list[str]:
    return re.findall(r"whsec_[\w+/=]+", answer.content.decode())


@pytest.mark.usefixtures("_fresh")
def test_an_owner_registers_one_sees_its_secret_once_and_tries_it(practice, owner, other_side, verified):
    browser = signed_in(owner)
    draft = re.search(r'name="draft" value="([\w-]+)"', browser.get(PAGE).content.decode())
    assert draft
    new = {"address": ADDRESS, "events": ["report.ready"], "draft": draft[1]}
    (secret,) = secret_in(browser.post(PAGE, new))
    assert secret_in(browser.post(PAGE, new)) == [secret], "sent twice, it is one"
    with inside(practice):
        hook = Webhook.objects.get()
    page = f"{PAGE}{hook.pk}/"
    assert (secret_in(browser.get(PAGE)), secret_in(browser.get(page))) == ([], [])
    browser.post(f"{page}test/")
    assert calling_out.deliver() == {"delivered": 1}
    _url, body, headers = other_side.calls[0]
    assert verified(secret, headers, body)
    assert other_side.bodies[0]["type"] == "test"
    assert "A test" in browser.get(page).content.decode()
    (renewed,) = secret_in(browser.post(f"{page}secret/"))
    assert renewed != secret
    browser.post(f"{page}pause/")
    assert again(hook).paused_at
    browser.post(f"{page}resume/")
    browser.post(page, {"address": ADDRESS + "/2", "events": ["couple.closed"]})
    assert (str(again(hook).address), again(hook).events) == (ADDRESS + "/2", ["couple.closed"])
    browser.post(f"{page}delete/")
    with inside(practice):
        assert not Webhook.objects.exists()
        assert secret not in str(list(AuditEvent.objects.values()))


@pytest.mark.usefixtures("_fresh")
def test_a_form_that_is_sent_again_never_shows_a_secret_that_somebody_made_since(practice, owner):
    browser, sent = signed_in(owner), {"address": ADDRESS, "events": ["report.ready"], "draft": "A" * 43}
    (secret,) = secret_in(browser.post(PAGE, sent))
    with inside(practice):
        hook = Webhook.objects.get()
        Webhook.objects.update(made_at=timezone.now() - webhooks.JUST_MADE)
    late = browser.post(PAGE, sent)
    assert (secret_in(late), "its secret was shown then" in late.content.decode()) == ([], True)
    with inside(practice):
        Webhook.objects.update(made_at=timezone.now())
        assert webhooks.renew(webhooks.one_of(hook.pk)) != secret
    assert secret_in(browser.post(PAGE, sent)) == []


@pytest.mark.usefixtures("_fresh")
def test_owners_read_who_made_an_address_and_that_they_are_no_owner_any_more(practice, owner):
    other = make_member(practice, "owner", "Dr Gone")
    signed_in(other).post(PAGE, {"address": ADDRESS, "events": ["report.ready"]})
    with inside(practice):
        hook = Webhook.objects.get()
    browser = signed_in(owner)
    assert "Made by Dr Gone." in browser.get(PAGE).content.decode()
    gone = "Made by Dr Gone, who is no owner here any more"
    assert gone not in browser.get(f"{PAGE}{hook.pk}/").content.decode()
    for change in ({"role": "therapist"}, {"role": "owner", "ended_at": timezone.now()}):
        with inside(practice):
            Membership.objects.filter(pk=other.pk).update(**change)
        for page in (PAGE, f"{PAGE}{hook.pk}/"):
            assert gone in browser.get(page).content.decode()


@pytest.mark.usefixtures("_fresh")
def test_b134_an_address_that_leads_nowhere_or_to_ourselves_is_refused_beside_its_field(
    practice, owner, settings, monkeypatch
):
    settings.ATTUNE_LOCAL_PROVIDERS = False
    monkeypatch.setattr(outside, "_resolved", lambda host, port: [host])
    browser = signed_in(owner)
    for address in ("http://8.8.8.8/", "https://127.0.0.1/", "https://user:pass@8.8.8.8/", "https://8.8.8.8:444/"):
        answer = browser.post(PAGE, {"address": address, "events": ["report.ready"]})
        assert "public internet" in answer.content.decode(), address
    with inside(practice):
        assert not Webhook.objects.exists()


@pytest.mark.usefixtures("_fresh")
def test_there_are_ten_addresses_at_most(practice, owner, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST", 1)
    make_hook(practice)
    answer = signed_in(owner).post(PAGE, {"address": ADDRESS, "events": ["report.ready"]})
    assert "as many as there may be" in answer.content.decode()


@pytest.mark.usefixtures("_fresh")
def test_the_pages_ask_the_database_as_much_for_many_as_for_one(practice, owner, django_assert_max_num_queries):
    hook, _secret = make_hook(practice)
    browser = signed_in(owner)
    browser.get(PAGE)
    for number in range(5):
        make_hook(practice)
        with inside(practice):
            webhooks.test(hook)
        if number:
            continue
    for page in (PAGE, f"{PAGE}{hook.pk}/"):
        with django_assert_max_num_queries(22):
            assert browser.get(page).status_code == 200


def test_nobody_comes_in_without_a_fresh_sign_in_and_no_other_owner_at_all(practice, owner, neighbour, hook):
    for path in (PAGE, f"{PAGE}{hook.pk}/"):
        assert "/account/reauthenticate/" in signed_in(owner).get(path)["Location"]
    for act in ("secret", "test", "pause", "resume", "delete"):
        assert "/account/reauthenticate/" in signed_in(owner).post(f"{PAGE}{hook.pk}/{act}/")["Location"]
        far = signed_in(make_member(neighbour, "owner", "Far"))
        assert far.post(f"{PAGE}{hook.pk}/{act}/").status_code == 404
    assert told(practice) == []


def test_old_lines_of_the_log_go(practice, hook, other_side):
    tell(practice)
    calling_out.deliver()
    with inside(practice):
        WebhookDelivery.objects.update(finished_at=timezone.now() - 31 * DAY)
    tell(practice, "two")
    tasks.forget_calls()
    assert told(practice) == [("couple.closed", "waiting")]


def test_the_role_that_looks_for_work_reads_nothing_of_what_an_event_is_about(practice, hook):
    tell(practice)
    with pytest.raises(Exception, match="denied"), tenancy.acting(tenancy.Asker(role="attune_dispatch")):
        list(WebhookDelivery.objects.values_list("about", flat=True))
