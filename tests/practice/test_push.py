"""Notifications: sealed for one browser, to push services that we know, and to nobody else."""

from __future__ import annotations

import base64
import datetime
import io
import json
import socket
import time

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from practice import checks, clock, outside, signals
from practice.channels import push
from practice.channels.base import Letter, NotNow, Refused
from practice.channels.wire import NoAnswer
from practice.ids import uuid7
from practice.models import Message
from tests.factories import inside
from tests.practice.push_server import Phone, PushServer

LETTER = Letter("You have something to look at", "", short="You have something to look at", link="https://x.test/open/")


@pytest.fixture
def gone(practice):
    """The devices that were let go."""
    found = []

    def note(sender, device_id, message, **kwargs):
        found.append(device_id)

    signals.device_gone.connect(note)
    yield found
    signals.device_gone.disconnect(note)


def parcel(practice, *phones: Phone, letter: Letter = LETTER, carrier: push.Push | None = None):
    fresh = clock.now() + datetime.timedelta(hours=2)
    message = Message(pk=uuid7(), practice_id=practice.pk, channel="push", fresh_until=fresh)
    addressed = Letter(
        letter.subject, "", short=letter.short, link=letter.link, devices=tuple(one.device for one in phones)
    )
    with inside(practice):
        return (carrier or push.Push()).prepare(message, addressed, "")


# ── what arrives ─────────────────────────────────────────────────────────────


def test_a_notification_opens_in_the_browser_that_it_is_for(push_server, practice):
    phone = push_server.phone()
    sent = parcel(practice, phone)
    assert push_server.carrier().send(sent) == ""
    (arrived,) = push_server.taken
    said = phone.opened(arrived.body)
    assert (said["title"], said["link"]) == ("You have something to look at", "/open/")
    assert set(said) == {"title", "link", "fill"}
    assert arrived.headers["Urgency"] == "normal"
    assert arrived.headers["Topic"] == sent.message.reference
    assert 0 < int(arrived.headers["TTL"]) <= 3600
    with pytest.raises(Exception, match=r"."):
        Phone(phone.endpoint).opened(arrived.body)


def test_the_push_service_can_tell_that_it_is_us(push_server, practice):
    push_server.carrier().send(parcel(practice, push_server.phone()))
    scheme, _space, rest = push_server.taken[0].headers["Authorization"].partition(" ")
    fields = dict(one.strip().split("=", 1) for one in rest.split(","))
    assert (scheme, fields["k"]) == ("vapid", push.public_key())
    claims = json.loads(base64.urlsafe_b64decode(fields["t"].split(".")[1] + "=="))
    assert claims["aud"] == f"https://localhost:{push_server.server_address[1]}"
    assert claims["sub"] == "mailto:hello@attune.invalid"


@given(st.text(max_size=120), st.text(alphabet="abcdef/0123456789-", max_size=200))
def test_r24_every_payload_is_as_long_as_every_other(title, path):
    sealed = push.payload(title, f"https://x.test/{path}")
    assert len(sealed) % push.FILLED == 0
    assert sealed.isascii()
    assert json.loads(sealed)["link"].startswith("/")


def test_several_browsers_get_it_once_each(push_server, practice, gone):
    phones = [push_server.phone(f"/{number}") for number in range(3)]
    push_server.answers["/1"] = 503
    push_server.carrier().send(parcel(practice, *phones))
    assert [one.path for one in push_server.taken] == ["/0", "/2"]
    assert gone == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_let_go(push_server, practice, gone, status):
    push_server.answers["/one"] = status
    sent = parcel(practice, push_server.phone(), push_server.phone("/two"))
    push_server.carrier().send(sent)
    assert gone == [sent.devices[0].id]
    sent = parcel(practice, push_server.phone())
    with pytest.raises(Refused):
        push_server.carrier().send(sent)
    assert gone[1:] == [sent.devices[0].id]


@pytest.mark.parametrize(("status", "pause"), [(429, 33), (500, 0), (503, 0)])
def test_r14_a_push_service_that_is_busy_is_asked_again_later(push_server, practice, gone, status, pause):
    push_server.answers["/one"] = status
    with pytest.raises(NotNow) as raised:
        push_server.carrier().send(parcel(practice, push_server.phone()))
    assert raised.value.after == pause
    assert gone == []


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_r14_what_is_refused_is_not_tried_again_and_nobody_is_let_go(push_server, practice, gone, status):
    push_server.answers["/one"] = status
    with pytest.raises(Refused):
        push_server.carrier().send(parcel(practice, push_server.phone()))
    assert gone == []


# ── B134: endpoints that lie ─────────────────────────────────────────────────

FOREIGN = [
    "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://10.0.0.1/x", "https://192.168.1.1/x",
    "https://169.254.169.254/latest", "https://0.0.0.0/x", "https://2130706433/x", "https://example.org/x",
    "http://fcm.googleapis.com/x", "https://fcm.googleapis.com.example.org/x", "https://xfcm.googleapis.com/x",
    "https://fcm.googleapis.com@example.org/x", "https://user:pw@fcm.googleapis.com/x", "ftp://fcm.googleapis.com/x",
    "https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com:99999/x", "https://push.apple.com.evil.test/",
    "https://.push.apple.com.evil.test/x", "https://fcm.googleapis.com\\@example.org/x", "//fcm.googleapis.com/x",
    "https://fcm.googleapis.com./x", "https://ｆcm.googleapis.com/x", "https://fcm.googleapis.com /x", "", None, 7,
    "https://fcm.googleapis.com/" + "x" * 3000, "https://fcm.googleapis.com/\r\nHost: example.org",
]  # fmt: skip


@pytest.mark.parametrize("endpoint", FOREIGN)
def test_b134_only_known_push_services_are_believed(endpoint):
    assert not push.allowed(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    ["https://fcm.googleapis.com/fcm/send/abc", "https://updates.push.services.mozilla.com/wpush/v2/abc",
     "https://web.push.apple.com/abc", "https://wns2-par02p.notify.windows.com/w/?token=abc",
     "https://fcm.googleapis.com:443/x"],
)  # fmt: skip
def test_b134_the_browsers_own_push_services_are(endpoint):
    assert push.allowed(endpoint)


@given(st.text(max_size=80))
def test_b134_no_text_breaks_the_look(endpoint):
    push.allowed(endpoint)
    assert not push.allowed(f"https://{endpoint}.example.org/") or not endpoint


def test_b134_a_name_on_the_list_that_leads_inside_is_not_talked_to(push_server, practice, gone, settings, monkeypatch):
    """Rebinding: the name is right, its address is ours. Nothing is connected to, and nothing is let go."""
    settings.ATTUNE_LOCAL_PROVIDERS = False
    port = push_server.server_address[1]
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)
    monkeypatch.setattr(outside, "WEB_PORTS", frozenset({port}))
    with pytest.raises(NotNow):
        push_server.carrier().send(parcel(practice, push_server.phone()))
    assert push_server.taken == []
    assert gone == []


def test_b134_whoever_has_no_certificate_for_the_name_gets_nothing(push_server, practice):
    with pytest.raises(NotNow):
        push.Push().send(parcel(practice, push_server.phone()))
    assert push_server.taken == []


def test_b134_redirects_are_not_followed(push_server, practice):
    push_server.answers["/one"] = "redirect"
    with pytest.raises(Refused):
        push_server.carrier().send(parcel(practice, push_server.phone()))
    assert push_server.taken == []


def test_b134_a_push_service_that_says_nothing_is_left_in_time(push_server, practice):
    push_server.answers["/one"] = "hang"
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        push_server.carrier(answer_seconds=0.5).send(parcel(practice, push_server.phone()))
    assert time.monotonic() - began < 3


def test_b134_a_handshake_that_never_ends_is_left_in_time(settings, practice, push_server):
    silent = socket.create_server(("127.0.0.1", 0))
    began = time.monotonic()
    with pytest.raises(NotNow):
        push_server.carrier(connect_seconds=0.5).send(
            parcel(practice, Phone(f"https://localhost:{silent.getsockname()[1]}/x"))
        )
    assert time.monotonic() - began < 4
    silent.close()


@pytest.mark.parametrize(
    "keys",
    [{}, None, {"p256dh": "", "auth": ""}, {"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": 7, "auth": []},
     {"p256dh": "B" + "A" * 86, "auth": "A" * 22}],
)  # fmt: skip
def test_b134_keys_that_open_nothing_end_the_subscription(push_server, practice, gone, keys):
    from practice.channels.base import Device

    broken = Device(uuid7(), json.dumps({"endpoint": push_server.phone().endpoint, "keys": keys}))
    sent = parcel(practice, push_server.phone("/two"))
    both = push.Parcel(sent.practice_id, sent.message, (broken, *sent.devices), sent.words, sent.seconds)
    push_server.carrier().send(both)
    assert gone == [broken.id]
    assert [one.path for one in push_server.taken] == ["/two"]


def test_errors_hold_no_endpoint(push_server: PushServer, practice):
    push_server.answers["/one"] = 403
    with pytest.raises(Refused) as raised:
        push_server.carrier().send(parcel(practice, push_server.phone()))
    assert "localhost" not in repr(raised.value)


# ── keys ─────────────────────────────────────────────────────────────────────


def test_a_fresh_key_is_printed_and_can_be_used(settings):
    printed = io.StringIO()
    call_command("make_push_key", stdout=printed)
    key = printed.getvalue().strip()
    assert len(base64.urlsafe_b64decode(key + "=")) == 32
    settings.ATTUNE_VAPID_KEY = key
    assert len(base64.urlsafe_b64decode(push.public_key() + "=")) == 65
    settings.ATTUNE_VAPID_KEY = key + "="
    assert len(base64.urlsafe_b64decode(push.public_key() + "=")) == 65
    settings.ATTUNE_VAPID_KEY = ""
    assert push.public_key() == ""


@pytest.mark.parametrize("key", ["short", "%%%%", "A" * 42, "A" * 60, "ü" * 43])
def test_a_key_that_is_none_stops_the_start(settings, key):
    settings.ATTUNE_VAPID_KEY = key
    assert [one.id for one in checks.notifications_have_a_key()] == ["attune.E003"]
    settings.ATTUNE_VAPID_KEY = push.fresh_key()
    assert checks.notifications_have_a_key() == []
