"""Mail services: each letter leaves uncounted and named, and every kind of refusal is understood."""

from __future__ import annotations

import datetime
import email.policy
import uuid
from email.parser import BytesParser
from urllib.parse import parse_qs, unquote_plus

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection, send_mail

from practice import envelopes, mail_services
from practice.channels import email as carriers
from practice.channels.base import Letter, NotNow, Refused, Unreachable
from practice.models import Message
from tests.practice.mail_server import free_port

MOMENT = datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)
LETTER = Letter(
    "You have something to look at", "Words", "<p>Words</p>", link="https://x.test/", unsubscribe="https://x.test/u/1"
)
TO = "mara@example.org"


def message() -> Message:
    return Message(pk=uuid.UUID(int=7), kind="note", handed_off_at=MOMENT)


def carrier_to(server, name: str) -> carriers.Email:
    carrier = carriers.service("hello@linden.example", **server.access(name))
    carrier.open()
    return carrier


def send(server, name: str, *answers) -> str:
    carrier = carrier_to(server, name)
    server.answers = list(answers)
    try:
        return carrier.send(carrier.prepare(message(), LETTER, TO))
    finally:
        carrier.close()


@pytest.mark.parametrize("name", mail_services.SERVICES)
def test_each_service_takes_a_letter_with_our_reference_and_both_stop_headers(service_server, name: str):
    assert send(service_server, name) in ("pm-1", "<mg-1@example.org>", "<br-1@example.org>", "re-1", "7", "sp-1")
    said = unquote_plus(service_server.asked[0].body.decode()).replace("\\/", "/")
    assert message().reference in said
    assert "List-Unsubscribe-Post" in said
    assert "https://x.test/u/1" in said
    assert TO in said
    assert "Attune" in said
    assert "hello@linden.example" in said


@pytest.mark.parametrize(
    ("name", "off"),
    [
        ("postmark", ['"TrackLinks": "None"', '"TrackOpens": false']),
        ("mailjet", ['"TrackClicks": "disabled"', '"TrackOpens": "disabled"']),
        ("sparkpost", ['"click_tracking": false', '"open_tracking": false']),
    ],
)
def test_nobody_counts_openings_or_clicks(service_server, name: str, off: list[str]):
    send(service_server, name)
    assert all(one in service_server.asked[0].body.decode() for one in off)


def test_nobody_counts_openings_or_clicks_at_mailgun(service_server):
    send(service_server, "mailgun")
    said = parse_qs(service_server.asked[0].body.decode())
    assert said["o:tracking-clicks"] == said["o:tracking-opens"] == ["no"]


def test_only_services_that_cannot_are_left_to_their_own_settings():
    assert {one.name for one in mail_services.SERVICES.values() if not one.tracking_by_letter} == {"brevo", "resend"}


def test_a_service_that_takes_once_gets_the_same_key_and_the_same_bytes_at_every_try(service_server):
    send(service_server, "resend")
    send(service_server, "resend")
    first, second = service_server.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == message().reference
    assert first.body == second.body


def test_only_a_service_that_gets_a_key_is_said_to_take_once(service_server):
    for name, service in mail_services.SERVICES.items():
        carrier = carrier_to(service_server, name)
        carrier.send(carrier.prepare(message(), LETTER, TO))
        carrier.close()
        assert carrier.repeats_safely == service.takes_once == ("Idempotency-Key" in service_server.asked[-1].headers)


def test_a_key_used_for_another_wording_means_that_it_was_taken(service_server):
    said = {"name": "invalid_idempotent_request", "message": "used with another payload"}
    assert send(service_server, "resend", (409, said, {})) == ""


# --- what a refusal means -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
@pytest.mark.parametrize("name", ["postmark", "mailgun", "brevo", "resend", "sparkpost"])
def test_r14_busy_services_are_asked_again_after_the_pause_they_want(service_server, name: str, status: int):
    with pytest.raises(NotNow) as caught:
        send(service_server, name, (status, {"message": "later"}, {"Retry-After": "77"}))
    assert not isinstance(caught.value, Unreachable)
    assert caught.value.after == 77
    assert "mara" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 402, 403, 404])
@pytest.mark.parametrize("name", ["postmark", "mailgun", "brevo", "resend", "sparkpost", "mailjet"])
def test_a_service_that_does_not_let_us_in_has_no_quarrel_with_the_letter(service_server, name: str, status: int):
    with pytest.raises(Unreachable):
        send(service_server, name, (status, {"ErrorCode": "x", "message": "who are you?"}, {}))


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("postmark", 422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'mara@example.org'."}),
        ("postmark", 422, {"ErrorCode": 406, "Message": "You tried to send to a recipient that has been marked as "
         "inactive.\nFound inactive addresses: mara@example.org.\nInactive recipients are ones that have generated a "
         "hard bounce or a spam complaint."}),
        ("mailgun", 400, {"message": "to parameter is not a valid address. please check documentation"}),
        ("brevo", 400, {"code": "invalid_parameter", "message": "email is not valid in to"}),
        ("resend", 422, {"name": "validation_error", "message": "Invalid `to` field."}),
        ("sparkpost", 400, {"errors": [{"message": "at least one valid recipient is required"}]}),
    ],
)  # fmt: skip
def test_r14_an_address_that_a_service_refuses_is_never_tried_again(service_server, name: str, status: int, said):
    with pytest.raises(Refused) as caught:
        send(service_server, name, (status, said, {}))
    assert caught.value.address
    assert "mara" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("postmark", 422, {"ErrorCode": 400, "Message": "The 'From' address you supplied is not a Sender Signature"}),
        ("brevo", 400, {"message": "Sending has been rejected because the sender you used is not valid"}),
        ("mailgun", 400, {"message": "from parameter is not a valid address. please check documentation"}),
        ("sparkpost", 400, {"errors": [{"description": "Unconfigured or unverified sending domain."}]}),
    ],
)
def test_a_sender_that_is_not_set_up_costs_no_letter(service_server, name: str, status: int, said):
    with pytest.raises(Unreachable):
        send(service_server, name, (status, said, {}))


def test_a_letter_refused_for_its_own_sake_is_not_held_against_the_address(service_server):
    with pytest.raises(Refused) as caught:
        send(service_server, "brevo", (400, {"message": "htmlContent is missing"}, {}))
    assert not caught.value.address


@pytest.mark.parametrize("answer", ["hang up", (502, {}, {}), (504, {}, {}), (200, b"<html>", {}), (200, {"x": 1}, {})])
@pytest.mark.parametrize("name", ["postmark", "mailgun", "brevo", "sparkpost"])
def test_r12_an_answer_that_tells_nothing_leaves_it_unknown(service_server, name: str, answer):
    with pytest.raises(Exception) as caught:  # noqa: PT011 exactly: none that means 'not taken'
        send(service_server, name, answer)
    assert not isinstance(caught.value, NotNow | Refused)


@pytest.mark.parametrize("answer", ["hang up", (502, {}, {})])
def test_r12_where_a_repeat_is_harmless_it_is_tried_again(service_server, answer):
    with pytest.raises(NotNow):
        send(service_server, "resend", answer)


def test_r12_a_service_that_stalls_leaves_it_unknown_in_time(service_server, monkeypatch):
    monkeypatch.setattr(mail_services, "SECONDS", (1, 0.3))
    with pytest.raises(TimeoutError):
        send(service_server, "postmark", "stall")


def test_nobody_there_is_nobodys_letter(service_server):
    access = service_server.access("postmark") | {"api_url": f"http://127.0.0.1:{free_port()}/"}
    carrier = carriers.service("hello@linden.example", **access)
    with pytest.raises(Unreachable):
        carrier.send(carrier.prepare(message(), LETTER, TO))


def test_a_redirect_is_not_followed(service_server):
    with pytest.raises(Unreachable):
        send(service_server, "postmark", (307, {}, {"Location": f"{service_server.url}elsewhere"}))
    assert len(service_server.asked) == 1


def test_b134_a_practice_cannot_point_a_service_elsewhere(service_server, settings):
    settings.ATTUNE_LOCAL_PROVIDERS = False
    carrier = carriers.service("hello@linden.example", **service_server.access("postmark"))
    assert carrier.backend.api_url == "https://api.postmarkapp.com/"


# --- the installation's choice ------------------------------------------------------------------


def test_the_environment_names_a_service_and_its_keys():
    said = {"ATTUNE_MAIL_SERVICE": "Mailgun", "ATTUNE_MAIL_SERVICE_API_KEY": "k", "ATTUNE_MAIL_SERVICE_REGION": "eu"}
    access = mail_services.from_environment(said)
    assert access == {"service": "mailgun", "api_key": "k", "region": "eu"}
    assert mail_services.from_environment({}) == {}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"ATTUNE_MAIL_SERVICE": "pigeon"}, "one of postmark, mailgun"),
        ({"ATTUNE_MAIL_SERVICE": "postmark"}, "SERVER_TOKEN must be set"),
        (
            {"ATTUNE_MAIL_SERVICE": "brevo", "ATTUNE_MAIL_SERVICE_API_KEY": "k", "ATTUNE_MAIL_SERVICE_APIKEY": "k"},
            "APIKEY means nothing",
        ),
    ],
)
def test_a_wrong_choice_stops_the_start_and_says_its_name(said, complaint: str):
    with pytest.raises(ImproperlyConfigured, match=complaint):
        mail_services.from_environment(said)


def test_a_region_leads_to_its_own_address(settings):
    settings.ATTUNE_LOCAL_PROVIDERS = False
    backend = mail_services.backend({"service": "mailgun", "api_key": "k", "region": "eu"})
    assert backend.api_url == "https://api.eu.mailgun.net/v3/"


def test_all_mail_of_an_installation_goes_through_its_service(service_server, settings):
    settings.EMAIL_BACKEND = "practice.mail_services.installation"
    settings.ATTUNE_MAIL_SERVICE = service_server.access("postmark")
    send_mail("Your code", "123456", None, [TO])
    assert service_server.asked[0].json["TrackOpens"] is False
    carrier = carriers.installation()
    carrier.open()
    assert carrier.send(carrier.prepare(message(), LETTER, TO)) == "pm-1"
    assert service_server.asked[1].json["Metadata"] == {"message": message().reference}


# --- the envelope -------------------------------------------------------------------------------


def on_paper(letter: Letter = LETTER) -> bytes:
    """Return the very bytes that a mail server gets."""
    return envelopes.enclose(message(), letter, TO).ready


def test_the_envelope_stands_up_to_a_strict_reader():
    words = Letter("Grüße, schau mal — 日本語", "Ä" * 2000, f"<p>{'Ä' * 2000}</p>", unsubscribe="https://x.test/u/1")
    read = BytesParser(policy=email.policy.SMTP.clone(raise_on_defect=True)).parsebytes(on_paper(words))
    assert read["Subject"] == words.subject
    assert read.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in read.iter_parts()] == ["text/plain", "text/html"]
    assert [one.get_content().strip() for one in read.iter_parts()] == [words.text, words.html]
    assert max(len(line) for line in on_paper(words).split(b"\r\n")) <= 998
    assert not [name for name in set(read.keys()) if len(read.get_all(name)) > 1]


def test_r17_both_headers_of_one_click_are_there():
    read = BytesParser(policy=email.policy.SMTP).parsebytes(on_paper())
    assert read["List-Unsubscribe"] == "<https://x.test/u/1>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_date_is_that_of_the_one_clock():
    read = BytesParser(policy=email.policy.SMTP).parsebytes(on_paper())
    assert read["Date"].datetime == MOMENT


def test_the_sender_is_the_practices_own_under_the_neutral_name(settings):
    settings.DEFAULT_FROM_EMAIL = "Attune <hello@attune.invalid>"
    carrier = carriers.Email(get_connection(), "post@linden.example")
    assert carrier.prepare(message(), LETTER, TO).from_email == "Attune <post@linden.example>"
    assert carriers.Email(get_connection()).prepare(message(), LETTER, TO).from_email == settings.DEFAULT_FROM_EMAIL


@pytest.mark.parametrize("header", ["subject", "address", "unsubscribe"])
def test_b77_no_header_can_be_slipped_in(header: str):
    evil = "x\r\nBcc: everybody@example.org"
    letter = Letter(evil if header == "subject" else "s", "t", unsubscribe=evil if header == "unsubscribe" else "")
    with pytest.raises(ValueError, match=r"newline|[Ii]nvalid"):
        envelopes.enclose(message(), letter, evil if header == "address" else TO)
