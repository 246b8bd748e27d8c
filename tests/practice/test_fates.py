"""What becomes of messages after they left: reports move them forward, and an address that is gone falls silent."""

from __future__ import annotations

import base64
import datetime
import itertools
import json
import uuid
from collections.abc import Iterable
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Reach
from practice import clock, fates, mail_hooks, mail_services, providers, suppression, tenancy
from practice.fates import Event, Report
from practice.ids import uuid7
from practice.models import Message, Provider, Suppression
from tests.factories import inside, make_client, make_practice

pytestmark = pytest.mark.django_db

State = Message.State
SECRET = "attune:a-long-secret"
SENDER = "hello@attune.invalid"
ADDRESS = "mara@example.org"
DAY = datetime.timedelta(days=1)
RANK = [State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED]


def left(practice, state: str = State.ACCEPTED, *, provider: str = "email", person=None, **fields: Any) -> Message:
    """Return a message that was handed to a carrier."""
    with inside(practice):
        now = clock.now()
        return Message.objects.create(
            **{
                "practice": practice,
                "kind": "note",
                "occasion": f"note:{uuid7()}",
                "person_id": person or uuid7(),
                "about_id": uuid7(),
                "due_at": now,
                "fresh_until": now + DAY,
                "state": state,
                "handed_off_at": now,
                "begun_at": now,
                "provider": provider,
                **fields,
            }
        )


def now_of(message: Message) -> Message:
    with tenancy.acting(tenancy.as_system(message.practice_id)):
        return Message.objects.get(pk=message.pk)


def report(message: Message, event: Event, at: datetime.datetime | None = None, *, address: str = ADDRESS) -> bool:
    return fates.happened(
        message.practice_id, message.pk, event, at, provider=message.provider, sender=SENDER, address=address
    )


def silent(practice, address: str = ADDRESS, sender: str = SENDER) -> dict[str, str]:
    with inside(practice):
        return suppression.reasons("email", sender, [address])


def choices_of(client) -> list[tuple[str, str]]:
    with inside(client.practice):
        return list(Reach.objects.filter(client=client, channel="email").values_list("topic", "ended_by"))


# --- forward, and never back --------------------------------------------------------------------


@settings(max_examples=2000, deadline=None)
@given(
    st.sampled_from([State.HANDING_OFF, State.UNKNOWN, State.ACCEPTED]), st.lists(st.sampled_from(Event), max_size=12)
)
def test_b133_states_only_move_forward_in_any_order_and_repetition(start: str, events: list[Event]):
    message = Message(state=start, reason="")
    states = [message.state]
    for event in events:
        news = fates._moves(message, event)
        again = fates._moves(message, event)
        assert not again or event == Event.STOPPED
        assert news or states[-1] == message.state
        states.append(message.state)
    ranks = [RANK.index(one) if one in RANK else -1 for one in states]
    assert ranks == sorted(ranks)
    reached = [fates.MOVES[one][1] for one in events]
    assert ranks[-1] == max([ranks[0], *(RANK.index(one) for one in reached)])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_r16_the_end_is_the_same_in_whatever_order_reports_come(practice, data):
    events = data.draw(st.lists(st.sampled_from(Event), min_size=1, max_size=6))
    mixed = data.draw(st.permutations(events))
    one, two = left(practice, State.UNKNOWN), left(practice, State.UNKNOWN)
    for event in events:
        report(one, event, address="")
    fates.apply(practice.pk, [Report(two.pk, event) for event in mixed], provider="email", sender=SENDER)
    assert now_of(one).state == now_of(two).state


@pytest.mark.parametrize(
    ("origin", "state"),
    sorted({(origin, state) for origins, state in fates.MOVES.values() for origin in origins}),
)
def test_the_database_holds_the_same_table_of_moves(practice, origin: str, state: str):
    message = left(practice, origin)
    with inside(practice):
        Message.objects.filter(pk=message.pk).update(state=state)
    assert now_of(message).state == state


@pytest.mark.parametrize("origin", [State.PLANNED, State.SKIPPED, State.CANCELLED, State.DEAD, State.CLAIMED])
def test_b133_what_never_left_is_moved_by_no_report(practice, origin: str):
    message = left(practice, origin)
    assert [report(message, event) for event in Event if event != Event.STOPPED] == [False] * (len(Event) - 1)
    assert now_of(message).state == origin
    assert silent(practice) == {}


def test_b133_a_message_that_has_not_begun_is_moved_by_no_report(practice):
    message = left(practice, State.HANDING_OFF, begun_at=None)
    assert not report(message, Event.BOUNCED)
    assert now_of(message).state == State.HANDING_OFF
    assert silent(practice) == {}


@pytest.mark.parametrize(("event", "state"), [(Event.ACCEPTED, "accepted"), (Event.DELIVERED, "delivered")])
def test_r12_a_report_is_the_proof_that_an_unknown_one_was_taken(practice, event: Event, state: str):
    message = left(practice, State.UNKNOWN, reason="no answer")
    assert report(message, event)
    assert (now_of(message).state, now_of(message).reason) == (state, "")
    assert silent(practice) == {}


# --- silence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "reason", "ended"),
    [
        (Event.BOUNCED, "bounce", Reach.Ended.BOUNCED),
        (Event.COMPLAINED, "complaint", Reach.Ended.COMPLAINED),
        (Event.STOPPED, "stop", Reach.Ended.STOP),
    ],
)
def test_r16_a_final_bounce_or_complaint_silences_the_address_at_once(practice, event: Event, reason: str, ended: str):
    client = make_client(practice, "Mara")
    report(left(practice, person=client.pk), event)
    assert silent(practice) == {ADDRESS: reason}
    assert choices_of(client)
    assert {by for _topic, by in choices_of(client)} == {ended}


def test_r16_a_silence_ends_nobody_elses_choice(practice):
    client, partner = make_client(practice, "Mara"), make_client(practice, "Theo")
    report(left(practice, person=client.pk), Event.BOUNCED)
    assert {by for _topic, by in choices_of(partner)} == {""}


def test_r16_reports_said_again_do_nothing_again(practice):
    client = make_client(practice, "Mara")
    message = left(practice, person=client.pk)
    report(message, Event.BOUNCED)
    with inside(practice):
        suppression.lift("email", SENDER, ADDRESS)
    assert not report(message, Event.BOUNCED)
    assert silent(practice) == {}


@pytest.mark.parametrize("event", [Event.BOUNCED, Event.COMPLAINED, Event.STOPPED])
def test_r16_late_news_from_before_the_address_was_proved_anew_says_nothing(practice, event: Event):
    first, second = left(practice), left(practice)
    report(first, Event.BOUNCED)
    with inside(practice):
        suppression.lift("email", SENDER, ADDRESS)
    report(second, event)
    assert silent(practice) == {}
    third = left(practice)
    with inside(practice):
        Message.objects.filter(pk=third.pk).update(begun_at=clock.Now(), handed_off_at=clock.Now())
    report(third, event, datetime.datetime.now(datetime.UTC) + DAY * 3)  # a clock that runs ahead gains nothing
    assert ADDRESS in silent(practice)


def test_r16_what_comes_back_for_now_counts_and_five_within_a_week_silence(practice):
    client = make_client(practice, "Mara")
    for number in range(1, 6):
        message = left(practice, person=client.pk)
        report(message, Event.RETURNED)
        report(message, Event.RETURNED)  # each message counts once, however often it is said
        assert bool(silent(practice)) == (number == 5)
    assert {by for _topic, by in choices_of(client)} == {Reach.Ended.BOUNCED}


def test_r16_what_is_only_late_is_not_counted(practice):
    for _number in range(8):
        message = left(practice)
        report(message, Event.DEFERRED)
        report(message, Event.DELIVERED)
        report(message, Event.DEFERRED)
        assert now_of(message).state == State.DELIVERED
    assert silent(practice) == {}


def test_r16_a_silence_counts_for_everybody_under_the_same_sender_and_for_nobody_else(practice):
    report(left(practice), Event.COMPLAINED)
    assert ADDRESS in silent(make_practice("Elsewhere"))
    assert silent(practice, sender="other@example.org") == {}


# --- the hooks ----------------------------------------------------------------------------------


def own_service(practice, name: str = "postmark", **access: Any) -> Provider:
    with inside(practice):
        return Provider.objects.create(
            practice=practice,
            channel="email",
            kind=Provider.Kind.SERVICE,
            sender="post@linden.example",
            access=json.dumps({"service": name, "hook_secret": SECRET, **access}),
        )


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def postmark(message_id: Any, kind: str = "Bounce", **more: Any) -> dict[str, Any]:
    return {
        "RecordType": kind,
        "Type": "HardBounce",
        "Email": ADDRESS,
        "Metadata": {"message": message_id.hex if isinstance(message_id, uuid.UUID) else message_id},
        **more,
    }


def call(path: str, said: Any, secret: str | None = SECRET, **headers: str) -> int:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    sent = headers | (basic(secret) if secret is not None else {})
    return Browser().post(path, body, content_type="application/json", headers=sent).status_code


def hook_of(provider: Provider) -> str:
    return f"/hooks/mail/{provider.pk}/"


@pytest.fixture
def installed(settings) -> str:
    settings.ATTUNE_MAIL_SERVICE = {"service": "sparkpost", "api_key": "k"}
    settings.ATTUNE_MAIL_HOOK_SECRET = SECRET
    return "/hooks/mail/"


def sparkpost(message_id: uuid.UUID, kind: str = "bounce", **more: Any) -> dict[str, Any]:
    event = {"type": kind, "bounce_class": "10", "rcpt_to": ADDRESS, "rcpt_meta": {"message": message_id.hex}, **more}
    return {"msys": {"message_event": event}}


def test_b133_a_signed_report_moves_a_practices_own_message(practice):
    provider = own_service(practice)
    message = left(practice, provider=str(provider.pk))
    assert call(hook_of(provider), postmark(message.pk)) == 204
    assert now_of(message).state == State.BOUNCED
    assert ADDRESS in silent(practice, sender=providers.silence_of(provider))


@pytest.mark.parametrize("secret", [None, "", "attune:wrong", "attune", SECRET + "x", SECRET[:-1], "None", ":"])
def test_b133_without_the_secret_nothing_changes(practice, installed, secret):
    provider = own_service(practice)
    one, two = left(practice, provider=str(provider.pk)), left(practice)
    assert call(hook_of(provider), postmark(one.pk), secret) == 401
    assert call(installed, [sparkpost(two.pk)], secret) == 401
    assert {now_of(one).state, now_of(two).state} == {State.ACCEPTED}


def test_b133_the_secret_of_one_practice_opens_no_other_hook(practice):
    mine, theirs = own_service(practice, hook_secret="attune:mine"), own_service(make_practice("Elsewhere"))
    message = left(practice, provider=str(mine.pk))
    assert call(hook_of(mine), postmark(message.pk), SECRET) == 401
    assert call(hook_of(theirs), postmark(message.pk), SECRET) == 204
    assert now_of(message).state == State.ACCEPTED


def test_b133_a_report_about_another_practices_message_changes_nothing(practice):
    far = make_practice("Elsewhere")
    provider = own_service(practice)
    theirs = [left(far), left(far, provider=str(provider.pk)), left(practice), left(practice, provider="sms")]
    for message in theirs:
        assert call(hook_of(provider), postmark(message.pk)) == 204
    assert {now_of(one).state for one in theirs} == {State.ACCEPTED}


def test_b133_a_practice_cannot_silence_addresses_for_others(practice):
    with inside(practice):
        provider = own_service(practice)
        Provider.objects.filter(pk=provider.pk).update(sender=SENDER)  # it says that it sends as the installation
    message = left(practice, provider=str(provider.pk))
    call(hook_of(provider), postmark(message.pk, Email="somebody@example.org"))
    assert now_of(message).state == State.BOUNCED
    assert silent(practice, "somebody@example.org") == {}


@pytest.mark.parametrize("name", ["", "x", "0" * 32, None, [], {}, 7, "'; DROP TABLE", "\0", "𝟘" * 32])
def test_b133_unknown_ids_are_taken_and_do_nothing(practice, name):
    provider = own_service(practice)
    assert call(hook_of(provider), postmark(name)) == 204
    assert silent(practice, sender=providers.silence_of(provider)) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b'{"RecordType": {}}',
        b'{"FromFull": 1}',
        b"{}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"RecordType": NaN}',
        b'{"RecordType": ' + b"9" * 5000 + b"}",
    ],
)
@pytest.mark.parametrize("name", mail_services.SERVICES)
def test_b133_nonsense_is_refused_without_harm(practice, name: str, body: bytes):
    provider = own_service(practice, name, webhook_signing_key="k")
    assert call(hook_of(provider), body) in (204, 400, 401)


def test_b133_hooks_that_are_not_there_are_not_there(practice, settings):
    with inside(practice):
        server = Provider.objects.create(
            practice=practice, channel="email", kind="smtp", sender="a@b.example", access='{"host": "h", "port": 25}'
        )
    silent_service = own_service(make_practice("Elsewhere"), hook_secret="")
    for path in (hook_of(server), hook_of(silent_service), f"/hooks/mail/{uuid.uuid4()}/", "/hooks/mail/"):
        assert call(path, postmark(uuid7())) == 404
    settings.ATTUNE_MAIL_SERVICE = {"service": "postmark", "server_token": "t"}
    settings.ATTUNE_MAIL_HOOK_SECRET = ""
    assert call("/hooks/mail/", postmark(uuid7()), "") == 404


def test_a_hook_answers_to_nothing_but_reports(practice):
    provider = own_service(practice)
    assert Browser().get(hook_of(provider)).status_code == 405
    assert Browser().head(hook_of(provider)).status_code == 204


def test_b133_mailgun_needs_its_own_signature_besides_the_secret(practice):
    import hashlib
    import hmac

    provider = own_service(practice, "mailgun", api_key="k", webhook_signing_key="sign")
    message = left(practice, provider=str(provider.pk))

    def signed(key: str) -> dict[str, Any]:
        signature = hmac.new(key.encode(), b"1700000000token", hashlib.sha256).hexdigest()
        event = {"event": "complained", "recipient": ADDRESS, "user-variables": {"message": message.pk.hex}}
        return {
            "signature": {"timestamp": "1700000000", "token": "token", "signature": signature},
            "event-data": event | {"message": {"headers": {}}, "timestamp": 1700000000.0},
        }

    assert call(hook_of(provider), signed("wrong")) == 401
    assert call(hook_of(provider), signed("sign"), "attune:wrong") == 401
    assert now_of(message).state == State.ACCEPTED
    assert call(hook_of(provider), signed("sign")) == 204
    assert now_of(message).state == State.COMPLAINED


def test_b133_a_signature_that_cannot_be_checked_is_none(practice):
    provider = own_service(practice, "mailgun", api_key="k")
    assert call(hook_of(provider), {"event-data": {"event": "complained"}}) == 401


@pytest.mark.parametrize(
    ("name", "said", "event"),
    [
        ("postmark", {"RecordType": "Bounce", "Type": "SoftBounce"}, Event.RETURNED),
        ("postmark", {"RecordType": "Bounce", "Type": "Transient"}, Event.DEFERRED),
        ("postmark", {"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, Event.COMPLAINED),
        ("postmark", {"RecordType": "Delivery"}, Event.DELIVERED),
        ("postmark", {"RecordType": "Bounce", "Type": "BadEmailAddress"}, Event.BOUNCED),
        ("postmark", {"RecordType": "Open"}, None),
        ("brevo", {"event": "soft_bounce"}, Event.RETURNED),
        ("brevo", {"event": "hard_bounce"}, Event.BOUNCED),
        ("brevo", {"event": "unsubscribe"}, Event.STOPPED),
        ("resend", {"type": "email.bounced", "data": {"bounce": {"message": "", "type": "Transient"}}}, Event.RETURNED),
        ("resend", {"type": "email.bounced", "data": {"bounce": {"message": "", "type": "Permanent"}}}, Event.BOUNCED),
        ("resend", {"type": "email.sent", "data": {}}, Event.ACCEPTED),
        ("mailjet", {"event": "bounce", "hard_bounce": True, "time": 1}, Event.BOUNCED),
        ("mailjet", {"event": "bounce", "hard_bounce": False, "time": 1}, Event.RETURNED),
        ("sparkpost", {"type": "bounce", "bounce_class": "22"}, Event.RETURNED),
        ("sparkpost", {"type": "bounce", "bounce_class": "10"}, Event.BOUNCED),
        ("sparkpost", {"type": "delay"}, Event.DEFERRED),
    ],
)
def test_r16_each_service_tells_final_from_passing(rf, practice, name: str, said: dict[str, Any], event: Event | None):
    pk = uuid7()
    wrapped: dict[str, Any] = {
        "postmark": {**said, "Metadata": {"message": pk.hex}},
        "brevo": {**said, "X-Mailin-custom": json.dumps({"message": pk.hex})},
        "mailjet": {**said, "Payload": json.dumps({"message": pk.hex})},
        "sparkpost": {"msys": {"message_event": {**said, "rcpt_meta": {"message": pk.hex}}}},
        "resend": said,
    }
    if name == "resend":
        headers = [{"name": "X-Metadata", "value": json.dumps({"message": pk.hex})}]
        wrapped["resend"] = {**said, "data": {**said["data"], "headers": headers}}
    body = [wrapped[name]] if name == "sparkpost" else wrapped[name]
    request = rf.post("/", json.dumps(body), content_type="application/json", headers=basic(SECRET))
    hook = mail_hooks.Hook(mail_services.SERVICES[name], "email", SENDER, SECRET)
    assert [(one.message_id, one.event) for one in mail_hooks.read(hook, request)] == ([(pk, event)] if event else [])


def test_b133_ten_thousand_at_once_are_taken_in_one_go(practice, installed, django_assert_max_num_queries):
    far = make_practice("Elsewhere")
    with inside(practice):
        now = clock.now()
    messages = [Message(practice=practice, **_row(number, now)) for number in range(1500)]
    others = [Message(practice=far, **_row(number, now)) for number in range(500)]
    for house, rows in ((practice, messages), (far, others)):
        with inside(house):
            Message.objects.bulk_create(rows)
    said = [sparkpost(one.pk, kind) for kind in ("delivery", "injection", "delay", "delivery", "open") for one in
            itertools.chain(messages, others)]  # fmt: skip
    assert len(said) == 10_000
    with django_assert_max_num_queries(80):
        assert call(installed, said) == 204
    assert _states(practice) == {State.DELIVERED: 1500}
    assert _states(far) == {State.DELIVERED: 500}


def _row(number: int, now: datetime.datetime) -> dict[str, Any]:
    common = {"kind": "note", "occasion": f"note:{number}", "person_id": uuid7(), "about_id": uuid7(), "due_at": now}
    return common | {"fresh_until": now, "state": State.ACCEPTED, "begun_at": now, "provider": "email"}


def _states(practice) -> dict[str, int]:
    with inside(practice):
        found: Iterable[str] = Message.objects.values_list("state", flat=True)
        counts: dict[str, int] = {}
        for state in found:
            counts[state] = counts.get(state, 0) + 1
        return counts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["delivery", "bounce", "delay", "spam_complaint", "open"]),
                          st.booleans()), max_size=10))  # fmt: skip
def test_b133_whatever_comes_through_the_hook_moves_forward_only(practice, installed, steps):
    mine = [left(practice, state) for state in (State.ACCEPTED, State.UNKNOWN, State.PLANNED)]
    ids = [*(one.pk for one in mine), uuid7()]
    before = [RANK.index(one.state) if one.state in RANK else -1 for one in mine]
    for which, kind, knows_secret in steps:
        was = [now_of(one).state for one in mine]
        status = call(installed, [sparkpost(ids[which], kind)], SECRET if knows_secret else "attune:guess")
        assert status == (204 if knows_secret else 401)
        if not knows_secret:
            assert [now_of(one).state for one in mine] == was
        after = [RANK.index(one.state) if one.state in RANK else -1 for one in map(now_of, mine)]
        assert all(later >= earlier for earlier, later in zip(before, after, strict=True))
        before = after
    assert now_of(mine[2]).state == State.PLANNED


def test_hooks_keep_no_address_in_the_clear(practice, installed):
    message = left(practice)
    call(installed, [sparkpost(message.pk)])
    with inside(practice):
        assert ADDRESS not in json.dumps(list(Suppression.objects.values()), default=str)
        assert ADDRESS not in json.dumps(list(Message.objects.values()), default=str)
