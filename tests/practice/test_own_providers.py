"""Mail servers, services and gateways of a practice's own: kept sealed, tried out, and nobody else's matter."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test import Client as Browser

from practice import circuits, delivery, dispatch, own_providers, providers, tenancy
from practice.mail import OutsideBackend
from practice.models import Circuit, Provider
from tests.factories import acting_as, inside, make_client, make_member, make_practice, signed_in
from tests.practice import mail_server as servers
from tests.practice.carrying import now_of, plan
from tests.practice.mail_server import free_port

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-secret-word-for-smtp"
PAGE = "/desk/practice/delivery/"


@pytest.fixture
def owner(practice) -> Browser:
    return signed_in(make_member(practice, "owner"))


@pytest.fixture
def own_server():
    with servers.running() as (server, port):
        yield server, port


@pytest.fixture
def plain_smtp(monkeypatch) -> None:
    """The sinks of these tests speak no TLS; real servers must."""
    before = OutsideBackend.__init__

    def unencrypted(self: OutsideBackend, **access: Any) -> None:
        before(self, **access | {"use_tls": False, "use_ssl": False})

    monkeypatch.setattr(OutsideBackend, "__init__", unencrypted)


def make_server(practice, port: int, *, rank: int = 1, sender: str = "post@linden.example") -> Provider:
    access = {"host": "127.0.0.1", "port": port, "username": "", "password": "", "use_tls": False, "use_ssl": False}
    with inside(practice):
        return Provider.objects.create(
            channel="email", kind="smtp", sender=sender, rank=rank, access=json.dumps(access)
        )


def server_form(**changes: Any) -> dict[str, Any]:
    return {
        "sender": "post@linden.example",
        "host": "127.0.0.1",
        "port": "2525",
        "security": "starttls",
        "username": "post",
        "password": PASSWORD,
    } | changes


def page(owner: Browser, path: str = PAGE) -> str:
    answer = owner.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def said_after(owner: Browser, path: str, **posted: Any) -> str:
    return owner.post(path, posted, follow=True).content.decode()


def all_of(practice) -> list[Provider]:
    with inside(practice):
        return list(Provider.objects.order_by("channel", "rank"))


# --- carrying -----------------------------------------------------------------------------------


def test_a_practice_with_a_server_of_its_own_sends_through_it_beside_one_without(
    practice, note, mail_server, own_server
):
    server, port = own_server
    make_server(practice, port)
    far = make_practice("Elsewhere")
    mine, theirs = plan(practice), plan(far)
    assert delivery.deliver()["accepted"] == 2
    assert server.ids == [mine.message_id]
    assert mail_server.ids == [theirs.message_id]
    assert server.taken[0]["From"] == "Attune <post@linden.example>"
    assert mail_server.taken[0]["From"] == "Attune <hello@attune.invalid>"


def test_r20_a_broken_server_of_one_practice_delays_nobody(practice, note, mail_server):
    make_server(practice, free_port())
    far = make_practice("Elsewhere")
    mine = [plan(practice) for _ in range(30)]
    theirs = [plan(far) for _ in range(3)]
    delivery.deliver()
    assert sorted(mail_server.ids) == sorted(one.message_id for one in theirs)
    assert {now_of(one).state for one in mine} == {"planned"}


def test_r15_the_second_server_carries_while_the_first_is_out_of_order(practice, note, own_server):
    server, port = own_server
    make_server(practice, free_port())
    make_server(practice, port, rank=2)
    message = plan(practice)
    delivery.deliver()
    if not server.ids:
        delivery.deliver()
    assert server.ids == [message.message_id]


def test_an_address_that_a_server_refuses_ends_the_persons_choice_at_once(practice, note, mail_server):
    from clients.models import Reach

    client = make_client(practice, "Mara")
    mail_server.answers = ["RCPT 550 no such user"]
    message = plan(practice, person_id=client.pk)
    delivery.deliver()
    assert now_of(message).state == "dead"
    with inside(practice):
        assert {one.ended_by for one in Reach.objects.filter(client=client)} == {Reach.Ended.BOUNCED}


def test_a_report_that_comes_before_the_answer_is_no_trouble(practice, note, mail_server, monkeypatch, caplog):
    from practice import fates

    message = plan(practice)
    original = delivery.Courier.gives

    def reported_meanwhile(self, departure):
        ended = original(self, departure)
        fates.happened(practice.pk, message.pk, fates.Event.DELIVERED, provider="email", sender="x@example.org")
        return ended

    monkeypatch.setattr(delivery.Courier, "gives", reported_meanwhile)
    delivery.deliver()
    assert now_of(message).state == "delivered"
    assert "no longer ours" not in caplog.text


def test_the_installations_password_is_never_offered_to_a_practices_server(settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "installation", "its-own-secret"
    backend = OutsideBackend(host="mail.linden.example", port=587)
    assert (backend.username, backend.password) == ("", "")


def test_b134_a_practices_server_inside_our_house_is_not_connected_to(practice, note, own_server, settings):
    server, port = own_server
    make_server(practice, port)
    settings.ATTUNE_LOCAL_PROVIDERS = False
    message = plan(practice)
    delivery.deliver()
    assert server.ids == []
    assert now_of(message).state == "planned"


@pytest.mark.parametrize("greeting", [b"", b"220 " + b"x" * 400])
def test_a_server_that_drips_is_hung_up_on(settings, monkeypatch, greeting: bytes):
    import socket
    import threading
    import time

    from practice import mail
    from practice.channels.base import Unreachable

    monkeypatch.setattr(mail, "OUTSIDE_SECONDS", 0.4)
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _address = listener.accept()
        with line:
            for one in greeting or b"":
                try:
                    line.sendall(bytes([one]))
                except OSError:
                    return
                time.sleep(0.1)
            time.sleep(3)

    threading.Thread(target=drip, daemon=True).start()
    backend = OutsideBackend(host="127.0.0.1", port=listener.getsockname()[1], timeout=2)
    before = time.monotonic()
    with pytest.raises(Unreachable):
        backend.open()
    assert time.monotonic() - before < 2.5
    listener.close()


# --- the owner's page ---------------------------------------------------------------------------


def test_the_page_shows_what_there_is_and_how_it_does(practice, owner, own_server, note):
    said = page(owner)
    assert "hello@attune.invalid" in said
    _server, port = own_server
    provider = make_server(practice, port)
    plan(practice)
    delivery.deliver()
    said = page(owner)
    assert "post@linden.example" in said
    assert "Last 24 hours: 1 sent, 0 came back, 0 not known." in said
    assert "not used, because you have one of your own" in said
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        circuits.failed(str(provider.pk), "no connection: SMTPAuthenticationError")
    said = page(owner)
    assert "It does not accept the user name, password or key." in said
    assert "It rests until" in said


def test_the_page_asks_the_same_few_questions_however_much_there_is(practice, owner, django_assert_max_num_queries):
    for rank in range(1, 8):
        make_server(practice, 25, rank=rank)
    page(owner)
    with django_assert_max_num_queries(23):
        page(owner)


def test_a_server_is_kept_sealed_and_its_password_never_shown_again(practice, owner):
    answer = owner.post(f"{PAGE}server/", server_form())
    provider = all_of(practice)[0]
    assert answer.url == f"{PAGE}{provider.pk}/"
    with inside(practice):
        row = Provider.objects.filter(pk=provider.pk).values().get()
        assert PASSWORD.encode() not in bytes(row["access"])
        access = json.loads(Provider.objects.get(pk=provider.pk).access)
    assert access == {
        "host": "127.0.0.1", "port": 2525, "username": "post", "password": PASSWORD, "use_tls": True, "use_ssl": False
    }  # fmt: skip
    for path in (PAGE, f"{PAGE}{provider.pk}/"):
        assert PASSWORD not in page(owner, path)
    assert "kept" in page(owner, f"{PAGE}{provider.pk}/")
    refused = owner.post(f"{PAGE}{provider.pk}/", server_form(host="", password="typed-again"))
    assert "typed-again" not in refused.content.decode()


def test_a_password_left_empty_stays_but_never_goes_to_another_server(practice, owner):
    owner.post(f"{PAGE}server/", server_form())
    path = f"{PAGE}{all_of(practice)[0].pk}/"
    assert owner.post(path, server_form(password="", port="465", security="tls")).status_code == 302
    with inside(practice):
        access = json.loads(Provider.objects.get().access)
    assert (access["password"], access["use_ssl"], access["use_tls"]) == (PASSWORD, True, False)
    moved = owner.post(path, server_form(password="", host="localhost"))
    assert moved.status_code == 200
    assert "Please fill this in." in moved.content.decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "localhost", "192.168.0.1", "0"])
def test_b134_hosts_inside_are_refused_when_they_are_saved(practice, owner, settings, host: str):
    settings.ATTUNE_LOCAL_PROVIDERS = False
    answer = owner.post(f"{PAGE}server/", server_form(host=host))
    assert re.search("public internet|no server of this name", answer.content.decode())
    gateway = {"sender": "+447700900123", "url": f"https://{host}/", "token": "t"}
    answer = owner.post(f"{PAGE}gateway/", gateway)
    assert re.search("public internet|no server of this name|valid URL", answer.content.decode())
    assert all_of(practice) == []


@pytest.mark.parametrize("host", ["a b", "x\r\nQUIT", "http://x.example", "me@x.example", "x.example:25", "-x", "x..y"])
def test_odd_names_of_servers_are_refused(practice, owner, host: str):
    assert owner.post(f"{PAGE}server/", server_form(host=host)).status_code == 200
    assert all_of(practice) == []


def test_a_port_that_is_none_for_mail_is_refused(practice, owner):
    assert owner.post(f"{PAGE}server/", server_form(port="6379")).status_code == 200
    assert all_of(practice) == []


def test_a_service_gets_a_hook_address_that_is_shown_once(practice, owner):
    form = {
        "sender": "post@linden.example",
        "service": "mailgun",
        "region": "eu",
        "api_secret": "key-1",
        "signing_secret": "sign",
    }
    owner.post(f"{PAGE}service/", form)
    provider = all_of(practice)[0]
    said = owner.post(f"{PAGE}{provider.pk}/hook/").content.decode()
    with inside(practice):
        access = json.loads(Provider.objects.get().access)
    assert access["hook_secret"] in said
    assert f"/hooks/mail/{provider.pk}/" in said
    assert (access["api_key"], access["region"], access["webhook_signing_key"]) == ("key-1", "eu", "sign")
    again = page(owner, f"{PAGE}{provider.pk}/")
    assert access["hook_secret"] not in again
    assert "key-1" not in again
    owner.post(f"{PAGE}{provider.pk}/", form | {"api_secret": "", "signing_secret": ""})
    with inside(practice):
        assert json.loads(Provider.objects.get().access) == access


@pytest.mark.parametrize(("service", "missing"), [("postmark", "api_secret"), ("mailjet", "second_secret")])
def test_a_service_without_its_keys_is_not_kept(practice, owner, service: str, missing: str):
    form = {
        "sender": "post@linden.example",
        "service": service,
        "region": "us",
        "api_secret": "k",
        "second_secret": "s",
    }
    form[missing] = ""
    assert "Please fill this in." in owner.post(f"{PAGE}service/", form).content.decode()
    assert all_of(practice) == []


def test_the_order_is_changed_and_one_is_ended_with_its_secrets(practice, owner):
    first, second, third = (make_server(practice, 25, rank=rank, sender=f"{rank}@x.example") for rank in (1, 2, 3))
    owner.post(f"{PAGE}{third.pk}/first/")
    assert [one.pk for one in all_of(practice)] == [third.pk, first.pk, second.pk]
    owner.post(f"{PAGE}{third.pk}/end/")
    ended = next(one for one in all_of(practice) if one.pk == third.pk)
    assert ended.ended_at is not None
    with inside(practice):
        assert json.loads(Provider.objects.get(pk=third.pk).access) == {}
        assert [one.key for one in providers.routes()["email"]] == [str(first.pk), str(second.pk)]
    assert owner.get(f"{PAGE}{third.pk}/").status_code == 404
    assert owner.post(f"{PAGE}{third.pk}/first/").status_code == 404


def test_saving_anew_lets_a_resting_server_be_tried_at_once(practice, owner):
    owner.post(f"{PAGE}server/", server_form())
    provider = all_of(practice)[0]
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        circuits.failed(str(provider.pk), "no connection")
    owner.post(f"{PAGE}{provider.pk}/", server_form(port="587"))
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        assert not Circuit.objects.filter(key=str(provider.pk), failures__gt=0).exists()


# --- trying it ----------------------------------------------------------------------------------


def test_a_test_goes_through_exactly_that_server_to_the_owners_own_address(practice, owner, mail_server, own_server):
    server, port = own_server
    provider = make_server(practice, port)
    assert "It was taken." in said_after(owner, f"{PAGE}try/{provider.pk}/")
    assert [one["Subject"] for one in server.taken] == ["You have something to look at"]
    assert server.recipients[0].endswith("@example.org")
    assert mail_server.taken == []
    assert "It was taken." in said_after(owner, f"{PAGE}try/email/")
    assert len(mail_server.taken) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("RCPT 550 no", "It refuses this address"),
        ("RCPT 451 later", "It does not take messages now"),
        ("554 no", "It refuses the message itself"),
        ("take and hang up", "Nobody knows whether it took the message."),
    ],
)
def test_the_outcome_is_said_in_plain_words(practice, owner, own_server, answer: str, words: str):
    server, port = own_server
    server.answers = [answer]
    assert words in said_after(owner, f"{PAGE}try/{make_server(practice, port).pk}/")


def test_a_server_that_is_not_there_is_said_to_be_so(practice, owner):
    said = said_after(owner, f"{PAGE}try/{make_server(practice, free_port()).pk}/")
    assert "Nothing listens on this port." in said


def test_a_test_never_keeps_the_owner_waiting(practice, owner, own_server, monkeypatch):
    monkeypatch.setattr(own_providers, "TEST_SECONDS", 0.5)
    server, port = own_server
    server.answers = ["take and stall"]
    assert "No answer within ten seconds." in said_after(owner, f"{PAGE}try/{make_server(practice, port).pk}/")


def test_r19_only_so_many_tests_a_minute(practice, owner, own_server):
    server, port = own_server
    provider = make_server(practice, port)
    for _number in range(own_providers.TESTS_A_MINUTE + 2):
        said = said_after(owner, f"{PAGE}try/{provider.pk}/")
    assert "enough tests" in said
    assert len(server.taken) <= 2 * own_providers.TESTS_A_MINUTE  # a minute may end in between


@pytest.mark.parametrize("key", ["portal", "push", "nothing", "00000000-0000-0000-0000-000000000000"])
def test_what_cannot_be_tried_is_not_there(practice, owner, key: str):
    assert owner.post(f"{PAGE}try/{key}/").status_code == 404


# --- walls --------------------------------------------------------------------------------------


def test_a_neighbours_provider_is_not_there(practice, owner):
    far = make_practice("Elsewhere")
    theirs = make_server(far, 25)
    for path in ("", "hook/", "first/", "end/"):
        assert owner.post(f"{PAGE}{theirs.pk}/{path}").status_code == 404
    assert owner.post(f"{PAGE}try/{theirs.pk}/").status_code == 404
    with inside(practice):
        assert not Provider.objects.exists()


@pytest.mark.parametrize("role", ["therapist", "coordinator"])
def test_other_staff_may_not_read_providers_in_the_database_either(practice, role: str):
    make_server(practice, 25)
    with pytest.raises(ProgrammingError, match="permission denied"), acting_as(make_member(practice, role)):
        list(Provider.objects.all())


def test_clients_may_not_read_providers_in_the_database_either(practice):
    make_server(practice, 25)
    with pytest.raises(ProgrammingError, match="permission denied"), acting_as(make_client(practice, "Mara")):
        list(Provider.objects.all())


@pytest.mark.parametrize("role", ["therapist", "coordinator", "supervisor"])
def test_the_page_is_the_owners_alone(practice, role: str):
    browser = signed_in(make_member(practice, role))
    assert browser.get(PAGE).status_code == 404
    assert browser.post(f"{PAGE}server/", server_form()).status_code == 404
    assert all_of(practice) == []


@pytest.mark.parametrize("column", ["access", "sender"])
def test_the_dispatcher_sees_no_secret_and_no_sender(practice, column: str):
    make_server(practice, 25)
    bound = tenancy.acting(tenancy.Asker(role=dispatch.ROLE))
    with pytest.raises(ProgrammingError, match="permission denied"), bound:
        list(Provider.objects.values_list(column))
