"""Text messages: out through a gateway, and what comes back from it."""

from __future__ import annotations

import datetime
import json
import socket
import threading
import time
import uuid
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from practice import checks, clock, delivery, dispatch, moves, outbox, suppression, sweeping, tenancy, texts
from practice.channels import gsm, sms, wire
from practice.channels.base import Fate, Letter, NotNow, Refused, Unreachable
from practice.channels.wire import NoAnswer, Wire
from practice.ids import uuid7
from practice.local import texts as gateways
from practice.models import Message, Provider, Suppression
from tests.factories import inside, make_practice
from tests.practice.carrying import change, lease_ends, now_of

State = Message.State
SENDER, NUMBER = "+447700900100", "+447700900123"
OF_THIS = "of this practice"
SECRET = "shared with the gateway"
LETTER = Letter("You have something to look at", "", short="You have something to look at", link="https://x.test/open/")


@pytest.fixture
def state(tmp_path) -> Path:
    return tmp_path


@pytest.fixture
def gateway(state, settings):
    running = gateways.serve_in_thread(state)
    settings.ATTUNE_SMS_URL, settings.ATTUNE_SMS_TOKEN = running.url, "token"
    settings.ATTUNE_SMS_FROM, settings.ATTUNE_SMS_SECRET = SENDER, SECRET
    yield running
    running.shutdown()
    running.server_close()


def carrier(gateway, **timing: float) -> sms.Sms:
    return sms.Sms(gateway.url, "token", SENDER, wire=Wire(inside=True, **timing))


def a_message() -> Message:
    return Message(pk=uuid7(), channel=Message.Channel.SMS)


def parcel(message: Message | None = None) -> dict[str, str]:
    return carrier_without_gateway().prepare(message or a_message(), LETTER, NUMBER)


def carrier_at(url: str) -> sms.Sms:
    return sms.Sms(url, "token", SENDER, wire=Wire(inside=True))


def carrier_without_gateway() -> sms.Sms:
    return sms.Sms("http://127.0.0.1:9", "token", SENDER, wire=Wire(inside=True))


# ── the adapter ──────────────────────────────────────────────────────────────


def test_a_text_is_handed_over_with_its_reference(gateway, state):
    message = a_message()
    named = carrier(gateway).send(parcel(message))
    (kept,) = gateways.inbox(state)
    assert (kept.id, kept.sender, kept.recipient, kept.reference) == (named, SENDER, NUMBER, message.reference)
    assert kept.text == "You have something to look at https://x.test/open/"


def test_r12_the_same_reference_is_taken_once(gateway, state):
    message = a_message()
    assert len({carrier(gateway).send(parcel(message)) for _ in range(5)}) == 1
    assert len(gateways.inbox(state)) == 1


def test_r12_repeats_at_the_same_moment_are_taken_once(gateway, state):
    sent, message = [], a_message()
    threads = [threading.Thread(target=lambda: sent.append(carrier(gateway).send(parcel(message)))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(sent)) == 1
    assert len(sent) == 8
    assert len(gateways.inbox(state)) == 1


@pytest.mark.parametrize(
    ("mood", "error"), [("busy", NotNow), ("locked", Unreachable), ("elsewhere", Unreachable), ("number", Refused)]
)
def test_a_gateway_that_says_no_has_taken_nothing(gateway, state, mood, error):
    gateways.misbehave(state, mood)
    with pytest.raises(error) as raised:
        carrier(gateway).send(parcel())
    assert type(raised.value) is error
    assert gateways.inbox(state) == []
    assert NUMBER not in repr(raised.value)
    assert getattr(raised.value, "after", 0) == (7 if mood == "busy" else 0)
    assert getattr(raised.value, "address", False) == (mood == "number")


@pytest.mark.parametrize(("mood", "arrived"), [("hang", True), ("deaf", False), ("garbage", True)])
def test_r12_who_gets_no_clear_answer_knows_nothing_and_asks_the_log(gateway, state, mood, arrived):
    gateways.misbehave(state, mood)
    message = a_message()
    began = time.monotonic()
    with pytest.raises(NoAnswer) as raised:
        carrier(gateway, answer_seconds=0.5).send(parcel(message))
    assert time.monotonic() - began < 3
    assert NUMBER not in repr(raised.value)
    assert carrier(gateway).fate_of(message) is (Fate.TAKEN if arrived else Fate.NOT_TAKEN)


def test_nothing_was_sent_where_nobody_listens():
    with pytest.raises(Unreachable) as raised:
        carrier_without_gateway().send(parcel())
    assert NUMBER not in repr(raised.value)
    assert carrier_without_gateway().fate_of(a_message()) is Fate.UNKNOWN


def test_a_page_that_knows_no_references_is_no_log(gateway):
    wrong = sms.Sms(f"{gateway.url}/other", "token", SENDER, wire=Wire(inside=True))
    assert wrong.fate_of(a_message()) is Fate.UNKNOWN


class Raw:
    """A server that says to each caller what it is told to say, byte by byte if it has to."""

    def __init__(self, *answers: bytes, pause: float = 0) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.calls = 0
        self.answers, self.pause = list(answers), pause
        threading.Thread(target=self.run, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def listen(self, line: socket.socket) -> None:
        """Hear the request out: a line that is closed before its end breaks the answer."""
        said = b""
        while b"\r\n\r\n" not in said:
            said += line.recv(65536)
        head, _end, body = said.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += line.recv(65536)

    def run(self) -> None:
        for answer in self.answers:
            line, _address = self.listener.accept()
            self.calls += 1
            self.listen(line)
            try:
                for byte in answer:
                    line.sendall(bytes([byte]))
                    time.sleep(self.pause)
            except OSError:
                pass
            line.close()


def answer_of(status: str, body: bytes = b"", **headers: str) -> bytes:
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


def raw(server: Raw, **timing: float) -> sms.Sms:
    return sms.Sms(server.url, "token", SENDER, wire=Wire(inside=True, **timing))


def test_a_line_that_broke_is_tried_once_more_with_the_same_reference():
    server = Raw(b"", answer_of("200 OK", b'{"id": "7"}'))
    assert raw(server).send(parcel()) == "7"
    assert server.calls == 2


def test_b134_a_slow_answer_ends_at_the_deadline():
    server = Raw(answer_of("200 OK", b'{"id": "7"}'), pause=0.2)
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        raw(server, answer_seconds=0.6).send(parcel())
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("status", "body", "error", "address"),
    [
        ("429 Too Many", b"", NotNow, False), ("500 Oh", b"", NotNow, False), ("409 Busy", b"", NotNow, False),
        ("400 Bad", b"", Refused, False), ("422 No", b'{"error": "number"}', Refused, True),
        ("404 Not Found", b"<html>", Unreachable, False), ("404 Not Found", b'{"error": "number"}', Refused, True),
        ("403 Forbidden", b"", Unreachable, False), ("301 Moved", b"", Unreachable, False),
        ("200 OK", b"[]", NoAnswer, False), ("200 OK", b"{", NoAnswer, False), ("204 Fine", b"", NoAnswer, False),
    ],
)  # fmt: skip
def test_r14_every_answer_has_one_meaning(status, body, error, address):
    with pytest.raises(error) as raised:
        raw(Raw(answer_of(status, body), answer_of(status, body))).send(parcel())
    assert type(raised.value) is error
    assert getattr(raised.value, "address", False) is address


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("0", 0), ("", 0), ("soon", 0), ("-5", 0), ("9" * 40, 86400), ("Sun, 22 Nov 2026 12:01:30 GMT", 90),
     ("Sun, 22 Nov 2020 12:00:00 GMT", 0), ("٣", 0)],
)  # fmt: skip
def test_r14_retry_after_is_understood_as_seconds_or_a_date(said, seconds):
    now = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)
    assert wire.seconds_until(said, now) == seconds


@given(st.text(max_size=60))
def test_r14_no_retry_after_is_too_odd(said):
    assert 0 <= wire.seconds_until(said, datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)) <= 86400


def test_a_practices_own_gateway_is_never_inside_our_house(gateway, settings):
    settings.ATTUNE_LOCAL_PROVIDERS = False
    own = sms.gateway(SENDER, url=gateway.url, token="token", secret="x")
    with pytest.raises(Unreachable):
        own.send(parcel())
    sealed = sms.gateway(SENDER, url=gateway.url.replace("http:", "https:"), token="token")
    with pytest.raises(Unreachable):
        sealed.send(parcel())


def test_a_text_fits_into_one_message():
    plain = Letter("", "", short="Something to look at", link="https://x.test/")
    assert sms.text_of(plain) == "Something to look at https://x.test/"
    folded = Letter(
        "", "", short="Coś czeka na Ciebie, zajrzyj proszę, kiedy znajdziesz chwilę " * 2, link="https://x.test/"
    )
    assert sms.text_of(folded).startswith("Cos czeka")
    far_too_long = Letter("", "", short="word " * 60, link="https://x.test/")
    assert sms.text_of(far_too_long) == "https://x.test/"
    with pytest.raises(ValueError, match="too long"):
        sms.text_of(Letter("", "", short="", link="https://x.test/" + "a" * 160))


@given(st.text(max_size=200))
def test_what_fits_is_what_a_telephone_shows_as_one(text):
    if gsm.fits(text):
        assert len(text) <= 160
        assert len(text) <= 70 or all(one in gsm.BASIC | gsm.EXTENDED for one in text)


# ── the door for gateways ────────────────────────────────────────────────────


def call(words: dict | bytes, *, provider: uuid.UUID | None = None, secret: str = SECRET, at: float | None = None):
    body = words if isinstance(words, bytes) else json.dumps(words).encode()
    timestamp = str(int(time.time() if at is None else at))
    path = f"/hooks/texts/{provider}/" if provider else "/hooks/texts/"
    headers = {"X-Attune-Timestamp": timestamp, "X-Attune-Signature": texts.signature(secret, timestamp, body)}
    browser = Browser(enforce_csrf_checks=True)
    return browser.post(path, body, content_type="application/json", headers=headers)


def silent(number: str = NUMBER, sender: str = SENDER) -> bool:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        return bool(suppression.suppressed("sms", sender, {number}))


def says(text: str, number: str = NUMBER, **kwargs):
    # Each text is a call of its own, also within the same second.
    return call({"from": number, "to": SENDER, "text": text, "call": uuid.uuid4().hex}, **kwargs)


@pytest.fixture
def hooked(db, settings):
    settings.ATTUNE_SMS_FROM, settings.ATTUNE_SMS_SECRET = SENDER, SECRET
    cache.clear()


def own_gateway(practice, sender: str = SENDER, secret: str = OF_THIS) -> Provider:
    with inside(practice):
        return Provider.objects.create(
            practice=practice, channel="sms", kind="gateway", sender=sender,
            access=json.dumps({"url": "https://gateway.example.org", "token": "t", "secret": secret}),
        )  # fmt: skip


def test_b133_who_does_not_sign_is_not_heard(hooked, settings):
    stop = {"from": NUMBER, "to": SENDER, "text": "STOP"}
    assert Browser().post("/hooks/texts/", json.dumps(stop), content_type="application/json").status_code == 401
    assert call(stop, secret="wrong").status_code == 401
    assert call(stop, secret="").status_code == 401
    assert call(stop, provider=uuid.uuid4()).status_code == 401
    settings.ATTUNE_SMS_SECRET = ""
    assert call(stop, secret="").status_code == 401
    assert Browser().get("/hooks/texts/").status_code == 405
    assert not silent()


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_b133_an_old_call_is_not_heard(hooked, minutes):
    assert says("STOP", at=time.time() + minutes * 60).status_code == 401
    assert not silent()


def test_b133_a_call_that_was_changed_is_not_heard(hooked):
    body, timestamp = b'{"from": "+447700900123", "text": "STOP"}', str(int(time.time()))
    headers = {"X-Attune-Timestamp": timestamp, "X-Attune-Signature": texts.signature(SECRET, timestamp, body)}
    changed = body.replace(b"123", b"124")
    browser = Browser()
    for sent, when in ((changed, timestamp), (body, str(int(timestamp) + 1)), (body, ""), (body, "x" * 9)):
        answer = browser.post(
            "/hooks/texts/", sent, content_type="application/json", headers={**headers, "X-Attune-Timestamp": when}
        )
        assert answer.status_code == 401


def test_b133_a_replayed_stop_does_not_undo_a_start(hooked):
    stop, at = {"from": NUMBER, "to": SENDER, "text": "STOP"}, time.time()
    first = call(stop, at=at)
    says("START")
    assert call(stop, at=at).content == first.content
    assert not silent()


def test_b133_one_practices_gateway_does_not_speak_for_another(hooked, practice, neighbour):
    ours, theirs = own_gateway(practice), own_gateway(neighbour, secret="of the neighbour", sender="+447700900999")
    assert call({"from": NUMBER, "text": "STOP"}, provider=ours.pk, secret="of the neighbour").status_code == 401
    assert call({"from": NUMBER, "text": "STOP"}, provider=ours.pk, secret=SECRET).status_code == 401
    assert says("STOP", provider=theirs.pk, secret="of the neighbour").status_code == 200
    assert silent(sender="+447700900999")
    assert not silent()


def test_b133_a_gateway_that_was_let_go_is_not_heard(hooked, practice):
    gone = own_gateway(practice)
    with inside(practice):
        Provider.objects.filter(pk=gone.pk).update(ended_at=clock.now())
    assert says("STOP", provider=gone.pk, secret="of this practice").status_code == 401


@given(st.binary(max_size=200))
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_b133_signed_nonsense_does_nothing(hooked, body):
    assert call(body).status_code == 204


@pytest.mark.parametrize(
    "said", [[], 1, None, "x", {"from": [], "text": {}}, {"from": "1", "text": "STOP"}, {"state": []}]
)
def test_b133_signed_shapes_of_all_kinds_do_nothing(hooked, said):
    assert call(json.dumps(said).encode()).status_code == 204


def test_b133_a_long_call_is_not_read(hooked):
    assert says("STOP" + "x" * 20_000).status_code == 401


# ── STOP, START, HELP ────────────────────────────────────────────────────────


def test_r18_stop_is_confirmed_once_and_then_there_is_silence(hooked):
    first = says("Stop")
    assert first.status_code == 200
    assert "no more text messages" in first.json()["reply"]
    assert silent()
    for again in ("STOP", "stop!!", "HELP", "unsubscribe", "hello?"):
        assert says(again).status_code == 204
    assert says("START").json()["reply"].startswith("You will get text messages")
    assert not silent()
    assert says("START").status_code == 204
    assert says("STOP").status_code == 200


def test_r18_a_call_that_is_repeated_gets_the_same_answer(hooked):
    at = time.time()
    stop = {"from": NUMBER, "to": SENDER, "text": "STOP"}
    assert call(stop, at=at).content == call(stop, at=at).content != b""


@pytest.mark.parametrize("written", ["447700900123", "00447700900123", "+44 7700 900123", "+44-7700-900-123"])
def test_r18_the_number_counts_however_the_gateway_writes_it(hooked, written):
    says("STOP", number=written)
    assert silent()


def test_help_is_answered_neutrally_and_not_to_machines(hooked):
    words = says("HELP").json()["reply"]
    assert "Reply STOP" in words
    assert not any(one in words.lower() for one in ("therap", "couple", "practice", "partner"))
    assert says("HELP").status_code == 204


def test_r18_a_number_that_bounced_and_then_says_stop_stays_silent_for_that(hooked):
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        suppression.suppress("sms", SENDER, NUMBER, Suppression.Reason.BOUNCE)
    assert says("STOP").status_code == 200
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        assert texts.is_stopped("+44 7700 900123", SENDER)


def test_r18_nothing_but_a_hash_is_kept(hooked):
    says("STOP")
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        kept = Suppression.objects.values().get()
    assert "7700900123" not in repr(kept)


# ── from the outbox to the gateway ───────────────────────────────────────────


class Note(outbox.Handler):
    def compose(self, message):
        return Letter("x", "x", short="Something", link="https://x.test/", to_address=NUMBER)


@pytest.fixture
def note(monkeypatch):
    for kind in ("note", "proof"):
        monkeypatch.setitem(outbox._handlers, kind, Note())


def plan(practice, kind: str = "note", channel: str = "sms") -> Message:
    with inside(practice):
        planned = outbox.plan(
            kind, person_id=uuid7(), about_id=uuid7(), couple_id=None, occasion=f"note:{uuid7()}", channel=channel,
            due_at=clock.now() - datetime.timedelta(minutes=1), fresh_for=datetime.timedelta(hours=1),
        )  # fmt: skip
    assert planned is not None
    return planned


@pytest.mark.django_db(transaction=True)
class TestDelivering:
    @pytest.fixture(autouse=True)
    def _home(self, gateway, note):
        cache.clear()
        self.practice = make_practice()

    def test_a_message_reaches_the_gateway_and_its_report_comes_back(self, state):
        message = plan(self.practice)
        delivery.deliver(5)
        (kept,) = gateways.inbox(state)
        assert now_of(message).state == State.ACCEPTED
        assert now_of(message).provider_id == kept.id
        assert call({"reference": message.reference, "state": "delivered"}).status_code == 204
        assert now_of(message).state == State.DELIVERED

    def test_r16_reports_out_of_order_move_nothing_back(self):
        message = plan(self.practice)
        delivery.deliver(5)
        for state in ("failed", "delivered", "accepted", "delivered", "nonsense"):
            assert call({"reference": message.reference, "state": state, "at": "2026-01-01"}).status_code == 204
        assert now_of(message).state == State.BOUNCED

    def test_b133_an_id_that_several_messages_have_means_none_of_them(self, state, settings, monkeypatch):
        settings.ATTUNE_LOCAL_PROVIDERS = True
        own = own_gateway(self.practice)
        with inside(self.practice):
            own.access = json.dumps({"url": settings.ATTUNE_SMS_URL, "token": "t", "secret": OF_THIS})
            own.save()
        # The one on this machine stands at a port of its own.
        monkeypatch.setattr(sms, "gateway", lambda sender, **access: carrier_at(settings.ATTUNE_SMS_URL))
        gateways.misbehave(state, "same")
        messages = [plan(self.practice), plan(self.practice)]
        delivery.deliver(5)
        assert {now_of(one).provider_id for one in messages} == {"the-same"}
        assert call({"id": "the-same", "state": "failed"}, provider=own.pk, secret=OF_THIS).status_code == 204
        assert {now_of(one).state for one in messages} == {State.ACCEPTED}
        gateways.misbehave(state, "")
        alone = plan(self.practice)
        delivery.deliver(5)
        named = {"id": now_of(alone).provider_id, "state": "delivered"}
        assert call(named, provider=own.pk, secret=OF_THIS).status_code == 204
        assert now_of(alone).state == State.DELIVERED

    def test_b133_reports_about_what_is_not_theirs_do_nothing(self):
        other = make_practice("Harbour Rooms")
        ours, message = own_gateway(other), plan(self.practice)
        delivery.deliver(5)
        report = {"reference": message.reference, "state": "failed"}
        assert call(report, provider=ours.pk, secret="of this practice").status_code == 204
        assert call({"reference": uuid7().hex, "state": "failed"}).status_code == 204
        assert call({"id": "unknown", "state": "failed"}).status_code == 204
        assert now_of(message).state == State.ACCEPTED

    def test_b133_a_report_about_what_never_left_does_nothing(self):
        message = plan(self.practice)
        call({"reference": message.reference, "state": "delivered"})
        assert now_of(message).state == State.PLANNED

    def test_r16_a_number_that_takes_nothing_is_left_alone(self):
        message = plan(self.practice)
        delivery.deliver(5)
        call({"reference": message.reference, "state": "failed", "permanent": True, "to": NUMBER})
        assert now_of(message).state == State.BOUNCED
        assert silent()

    def test_r16_a_number_that_the_gateway_refuses_is_left_alone(self, state):
        gateways.misbehave(state, "number")
        message = plan(self.practice)
        delivery.deliver(5)
        assert now_of(message).state == State.DEAD
        assert silent()

    def test_r18_a_stop_holds_for_every_practice_on_that_sender(self, state):
        neighbour = make_practice("Harbour Rooms")
        waiting = [plan(self.practice), plan(neighbour), plan(self.practice, "proof")]
        says("STOP")
        delivery.deliver(5)
        assert gateways.inbox(state) == []
        assert {(now_of(one).state, now_of(one).reason) for one in waiting} == {(State.SKIPPED, "suppressed")}
        says("START")
        plan(neighbour)
        delivery.deliver(5)
        assert len(gateways.inbox(state)) == 1

    def test_r18_a_stop_silences_the_number_and_no_other_channel(self, mail_server, state, monkeypatch):
        monkeypatch.setitem(outbox._handlers, "note", ByMail())
        by_text, by_mail = plan(self.practice), plan(self.practice, channel="email")
        says("STOP")
        delivery.deliver(5)
        assert now_of(by_text).state == State.SKIPPED
        assert now_of(by_mail).state == State.ACCEPTED

    def test_r18_a_stop_between_hand_off_and_first_byte_still_holds(self, state, monkeypatch):
        message = plan(self.practice)
        courier = delivery.Courier(time.monotonic() + 5)
        with courier:
            claimed = moves.claim(self.practice.pk, courier.name)
            departures = courier.prepares(self.practice.pk, claimed)
            assert now_of(message).state == State.HANDING_OFF
            says("STOP")
            courier.hands_over(self.practice.pk, departures)
        assert gateways.inbox(state) == []
        delivery.deliver(5)
        assert gateways.inbox(state) == []
        assert (now_of(message).state, now_of(message).reason) == (State.SKIPPED, "suppressed")

    def test_a_code_still_goes_to_a_number_that_came_back(self, state, monkeypatch):
        monkeypatch.setattr(Note, "despite", frozenset({Suppression.Reason.BOUNCE.value}))
        with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
            suppression.suppress("sms", SENDER, NUMBER, Suppression.Reason.BOUNCE)
        message = plan(self.practice, "proof")
        delivery.deliver(5)
        assert now_of(message).state == State.ACCEPTED
        says("STOP")
        stopped = plan(self.practice, "proof")
        delivery.deliver(5)
        assert now_of(stopped).state == State.SKIPPED
        assert len(gateways.inbox(state)) == 1

    @pytest.mark.parametrize("mood", ["hang", "deaf"])
    def test_r12_an_unknown_text_is_settled_by_the_gateways_log(self, state, mood, monkeypatch):
        gateways.misbehave(state, mood)
        message = plan(self.practice)
        self.deliver_quickly(monkeypatch)
        assert now_of(message).state == State.UNKNOWN
        gateways.misbehave(state, "")
        # "Not taken" is believed when nothing of ours can be on its way any more.
        change(message, begun_at=clock.now() - sweeping.SETTLED)
        sweeping.resolve(self.practice.pk)
        assert now_of(message).state == (State.ACCEPTED if mood == "hang" else State.PLANNED)
        assert len(gateways.inbox(state)) == (1 if mood == "hang" else 0)

    def deliver_quickly(self, monkeypatch) -> None:
        real = Wire.ask
        monkeypatch.setattr(Wire, "ask", lambda self, *args: real(Wire(inside=True, answer_seconds=0.5), *args))
        delivery.deliver(3)
        monkeypatch.setattr(Wire, "ask", real)

    def test_r12_a_dead_workers_text_is_repeated_under_its_reference(self, state):
        message = plan(self.practice)
        delivery.deliver(5)
        # As if the worker had died after the gateway took it and before it was written down.
        from tests.databases import superuser

        with superuser(now_of(message)._state.db and _database()) as server:
            server.execute("ALTER TABLE practice_message DISABLE TRIGGER only_forward")
            server.execute("UPDATE practice_message SET state = 'handing_off', finished_at = NULL")
            server.execute("ALTER TABLE practice_message ENABLE TRIGGER only_forward")
        lease_ends(message)
        sweeping.sweep()
        change(message, due_at=clock.now() - datetime.timedelta(minutes=1))
        delivery.deliver(5)
        assert now_of(message).state == State.ACCEPTED
        assert len(gateways.inbox(state)) == 1


def _database() -> str:
    from django.db import connection

    return str(connection.settings_dict["NAME"])


class ByMail(outbox.Handler):
    def compose(self, message):
        address = NUMBER if message.channel == "sms" else "somebody@example.org"
        return Letter("x", "x", short="Something", link="https://x.test/", to_address=address)


# ── the demo's phone ─────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_one_can_type_stop_in_the_demo(gateway, state, settings, live_server):
    settings.DEMO, settings.STATE, settings.ATTUNE_URL = True, state.parent, live_server.url
    demo = state.parent / "demo"
    pk = gateways.take(demo, SENDER, NUMBER, "Something https://x.test/", uuid7().hex)
    browser = Browser()
    assert "Reply to this text" in browser.get(f"/demo/mail/{pk}/").content.decode()
    answered = browser.post(f"/demo/texts/{pk}/answer/", {"text": "STOP"}, follow=True)
    assert "no more text messages" in answered.content.decode()
    assert silent()
    assert [one.theirs for one in gateways.inbox(demo)] == [False, True, False]
    assert browser.post("/demo/texts/nothing/answer/", {"text": "STOP"}).status_code == 404


def test_the_demos_phone_is_in_the_demo_only(db):
    assert Browser().post("/demo/texts/1/answer/", {"text": "STOP"}).status_code == 404


def test_texts_that_nobody_could_stop_are_not_started(settings):
    settings.ATTUNE_SMS_URL, settings.ATTUNE_SMS_FROM, settings.ATTUNE_SMS_SECRET = "https://x.test", SENDER, ""
    assert [one.id for one in checks.text_messages_can_be_stopped()] == ["attune.E002"]
    settings.ATTUNE_SMS_SECRET = SECRET
    assert checks.text_messages_can_be_stopped() == []
