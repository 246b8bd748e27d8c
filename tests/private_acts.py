"""What a partner may do alone, door by door: the acts of which the other one must never see a trace.

Every address that a partner may post to is either the door of an act here, or stands in ``NOT_PRIVATE`` with a
reason; ``test_silence_of_doors.py`` looks that none is missing. An act goes through its own door, as a browser would.
"""

from __future__ import annotations

import datetime
import json
import random
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import override_settings
from django.urls import resolve, reverse
from django.utils import timezone

from clients import consents, emergencies, proving, retaining, stopping
from clients.models import AddressProof, Client, Consent, Contact, Couple, ErasureRequest, PushDevice
from exercises import (
    agenda,
    assigning,
    attachments,
    drafts,
    journal,
    plans,
    psychotherapy_notes,
    reviewing,
    stops,
    threads,
)
from exercises.models import Occurrence, Response
from exercises.vocabulary import Lane
from practice import suppression
from practice.channels import push
from practice.ids import uuid7
from practice.models import Archive, ArchivePiece, Limit, Practice, Recovery, SignIn
from reports import alert_ladder, alerts, making
from reports.models import Alert, Report
from reports.signs.reading import set_aside
from reports.signs.sign import Sign
from tests.factories import PASSWORD, acting_as, inside, signed_in, user_of
from tests.practice.passkeys import Device
from tests.practice.push_server import Phone
from tests.world import House, give_one, keep, send
from tests.world_kept import a_picture

ANOTHER = "other everyday words over there"
WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')


class Doer:
    """Mara at a browser of her own. ``n`` varies what she says."""

    def __init__(self, house: House, n: int) -> None:
        self.house, self.n, self.mara = house, n, house["mara"]
        self.doors: list[str] = []
        self.written: set[str] = set()
        self._put_right()
        self.browser = signed_in(self.mara)

    def _put_right(self) -> None:
        """An act finds her as the world knows her, whatever she did before."""
        Limit.objects.all().delete()
        user = user_of(self.mara)
        user.set_password(PASSWORD)
        user.save()
        Authenticator.objects.filter(user=user).delete()
        Recovery.objects.filter(user=user).delete()
        with acting_as(self.mara):
            for about in consents.missing(self.mara):
                consents.give(self.mara, about)

    def post(self, name: str, data: Any = None, *, browser: Browser | None = None, **kwargs: Any) -> HttpResponse:
        """Post to the door of this name (``kwargs`` are what stands in its path); return the answer."""
        return self.post_to(reverse(name, kwargs=kwargs), data, browser=browser)

    def post_to(
        self, path: str, data: Any = None, *, browser: Browser | None = None, of_kind: str = ""
    ) -> HttpResponse:
        kind = {"content_type": of_kind} if of_kind else {}
        with connection.execute_wrapper(self._note):
            answer = (browser or self.browser).post(path, data or {}, **kind)
        self.doors.append(resolve(path.partition("?")[0]).view_name)
        assert answer.status_code in (200, 201, 204, 302), (path, answer.status_code, self._errors(answer))
        return answer

    @staticmethod
    def _errors(answer: HttpResponse) -> list[str]:
        """What the page says was wrong, for a failure's message."""
        return re.findall(r"(?s)error.{0,300}", answer.content.decode("utf-8", "replace"))[:5]

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = WRITES.match(sql)
        if found:
            self.written.add(found[1])
        return execute(sql, params, many, context)

    def prove(self) -> None:
        """The password again, before what cannot be undone."""
        self.browser.post("/account/reauthenticate/", {"password": PASSWORD})

    def given(self, exercise: str = "safety", lane: str = Lane.PRIVATE, **more: Any) -> Occurrence | None:
        """Something fresh for her alone; what may be begun at any time has no round yet."""
        name = f"door{letters()}"
        give_one(self.house, name, exercise, lane, ("mara",), **more)
        self.last = name
        return None if more.get("due") == "on_demand" else self.house.occurrence(name, "mara")


def letters() -> str:
    return "".join(random.choices("abcdefghij", k=10))


Act = Callable[[Doer], object]

# ── how she is signed in ─────────────────────────────────────────────────────


def leaves_quickly(d: Doer) -> None:
    """The beacon of the quick exit, with what she had typed and not saved."""
    one = d.given()
    d.browser.get("/today/")
    draft = urlencode({"question": "words", "words": f"half a thought {d.n}", "base_version": "0"})
    d.post("leave", {"save": reverse("do_save", args=[one.pk]), "draft": [draft]})


def ends_one_sign_in(d: Doer) -> None:
    there = elsewhere(d)
    d.prove()
    one = SignIn.objects.get(user=d.mara.user_id, session_key=there.session.session_key)
    d.post("sign_in_end", pk=one.pk)


def ends_all_other_sign_ins(d: Doer) -> None:
    elsewhere(d)
    d.prove()
    d.post("sign_ins_end_others")


def elsewhere(d: Doer) -> Browser:
    there = Browser()
    there.post("/account/login/", {"login": user_of(d.mara).email, "password": PASSWORD})
    assert there.get("/today/").status_code == 200
    return there


def lets_a_sign_in_rest(d: Doer) -> None:
    d.post("rest", {"path": "/space/new/", "text": f"what was typed {d.n}"})


def lets_a_kept_form_go(d: Doer) -> None:
    d.browser.post("/account/rest/", {"path": "/space/new/", "text": "what was typed and kept"})
    d.browser.post("/account/login/", {"login": user_of(d.mara).email, "password": PASSWORD})
    d.post("kept_form")


def signs_in(d: Doer) -> None:
    d.post("account_login", {"login": user_of(d.mara).email, "password": PASSWORD}, browser=Browser())


def signs_in_by_a_code(d: Doer) -> None:
    there = Browser()
    d.post("account_request_login_code", {"email": user_of(d.mara).email}, browser=there)
    d.post("account_confirm_login_code", {"code": _mailed(r"\b\d{6}\b")}, browser=there)


def _mailed(pattern: str) -> str:
    found = re.search(pattern, str(mail.outbox[-1].body))
    assert found
    return found[found.lastindex or 0]


def gets_back_in(d: Doer) -> None:
    there = Browser()
    d.post("account_reset_password", {"email": user_of(d.mara).email}, browser=there)
    page = there.get(_mailed(r"https?://[^/]+(/\S+)"))
    d.post_to(page["Location"], {"password1": ANOTHER, "password2": ANOTHER}, browser=there)


def signs_out(d: Doer) -> None:
    d.post("account_logout")


def proves_who_she_is(d: Doer) -> None:
    d.post("account_reauthenticate", {"password": PASSWORD})


def moves_to_another_address(d: Doer) -> None:
    d.prove()
    d.post("account_email", {"email": f"{letters()}@example.org", "action_add": ""})


def changes_her_password(d: Doer) -> None:
    d.prove()
    d.post("account_change_password", {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER})


def with_app(d: Doer) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user_of(d.mara), secret)
    d.browser = signed_in(d.mara)
    return secret


def _code(secret: str) -> str:
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def takes_a_second_step(d: Doer) -> None:
    d.prove()
    d.browser.get("/account/2fa/totp/activate/")
    d.post("mfa_activate_totp", {"code": _code(d.browser.session["mfa.totp.secret"])})


def does_without_the_second_step(d: Doer) -> None:
    with_app(d)
    d.prove()
    d.post("mfa_deactivate_totp")


def takes_new_recovery_codes(d: Doer) -> None:
    with_app(d)
    d.prove()
    d.post("mfa_generate_recovery_codes")


def signs_in_with_a_second_step(d: Doer) -> None:
    secret, there = with_app(d), Browser()
    there.post("/account/login/", {"login": user_of(d.mara).email, "password": PASSWORD})
    d.post("mfa_authenticate", {"code": _code(secret)}, browser=there)


def proves_who_she_is_by_the_second_step(d: Doer) -> None:
    secret = with_app(d)
    d.post("mfa_reauthenticate", {"code": _code(secret)})


def passkey(d: Doer) -> Device:
    """Add one to her account, as her phone would."""
    d.prove()
    device = Device()
    page = d.browser.get("/account/2fa/webauthn/add/").content.decode()
    d.post("mfa_add_webauthn", {"name": "my phone", "passwordless": "on", "credential": device.make(_asked(page))})
    return device


def _asked(page: str) -> dict[str, Any]:
    found = re.search(r'<script[^>]*id="js_data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    said = json.loads(found[1])
    return said.get("creation_options") or said["request_options"]


def adds_a_passkey(d: Doer) -> None:
    passkey(d)


def _newest_passkey(d: Doer) -> int:
    return Authenticator.objects.filter(user=d.mara.user_id, type="webauthn").latest("pk").pk


def renames_a_passkey(d: Doer) -> None:
    passkey(d)
    d.post("mfa_edit_webauthn", {"name": f"old phone {d.n}"}, pk=_newest_passkey(d))


def removes_a_passkey(d: Doer) -> None:
    passkey(d)
    d.post("mfa_remove_webauthn", pk=_newest_passkey(d))


def signs_in_with_a_passkey(d: Doer) -> None:
    device, there = passkey(d), Browser()
    asked = there.get("/account/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    d.post("mfa_login_webauthn", {"credential": device.sign(asked["request_options"])}, browser=there)


def proves_who_she_is_by_a_passkey(d: Doer) -> None:
    device = passkey(d)
    page = d.browser.get("/account/2fa/webauthn/reauthenticate/").content.decode()
    d.post("mfa_reauthenticate_webauthn", {"credential": device.sign(_asked(page))})


# ── what she agreed to, and what is hers ─────────────────────────────────────


def takes_her_consent_back_and_gives_it_again(d: Doer) -> None:
    """She may stop in between: an even number leaves it taken back for the next act to find."""
    for about in (Consent.About.CARE, Consent.About.LANES, Consent.About.SECRETS):
        d.post("portal_take_back", about=about)
    d.post("welcome")
    for about in (Consent.About.LANES, Consent.About.SECRETS, Consent.About.CARE):
        d.post("welcome_step", {"adult": "on"}, step=about)
    with acting_as(d.mara):
        assert not consents.missing(d.mara)


def takes_her_consent_back(d: Doer) -> None:
    d.post("portal_take_back", about=(Consent.About.CARE, Consent.About.LANES, Consent.About.SECRETS)[d.n % 3])


def asks_for_a_copy(d: Doer) -> None:
    d.prove()
    d.post("portal_copy")


def takes_a_copy_away(d: Doer) -> None:
    d.prove()
    now = timezone.now()
    with inside(d.house.practice):
        made = Archive.objects.create(
            kind=Archive.Kind.OWN_COPY, user_id=d.mara.user_id, person_id=d.mara.pk, state=Archive.State.DONE, size=6,
            sha256="0" * 64, finished_at=now, expires_at=now + datetime.timedelta(hours=9),
        )  # fmt: skip
        piece = ArchivePiece(practice=d.house.practice, archive=made, number=0)
        piece.seal(b"a copy", d.mara.pk)
        piece.save()
    assert d.post("portal_copy_take")["Content-Type"] == "application/zip"


def throws_a_copy_away(d: Doer) -> None:
    asks_for_a_copy(d)
    d.post("portal_copy_away")


def asks_for_erasure(d: Doer) -> None:
    d.prove()
    d.post("portal_erasure", {"sure": "on"})
    if d.n % 2:
        d.post("portal_erasure", {"do": "take_back"})
        with inside(d.house.practice):
            assert not ErasureRequest.objects.filter(client=d.mara, answer="").exists()


def changes_where_she_lives(d: Doer) -> None:
    """Her zone, language and country are hers; her name is theirs."""
    with acting_as(d.mara):
        now = Client.objects.get(pk=d.mara.pk)
    zone = ("Pacific/Auckland", "America/Lima", "Asia/Kathmandu")[d.n % 3]
    said = {"name": now.name, "pronouns": now.pronouns, "time_zone": zone, "country": ("NZ", "DE", "")[d.n % 3]}
    assert d.post("portal_you", said).status_code == 302


# ── how she is reached ───────────────────────────────────────────────────────


def changes_how_she_is_reached(d: Doer) -> None:
    if d.n % 3 == 0:
        d.post("portal_reach", {"only": "pages"})
    else:
        told = {"quiet_from": "17:00", "quiet_until": "09:30", "remind_at": "", "email_news": "on"}
        assert d.post("portal_reach", told).status_code == 302


def tries_a_way_out(d: Doer) -> None:
    d.post("portal_reach_try", {"channel": "portal"})


def proves_a_number(d: Doer) -> None:
    with inside(d.house.practice):
        AddressProof.objects.filter(client=d.mara).delete()
    d.post("portal_number", {"number": "07911 123499"})
    with inside(d.house.practice):
        code = proving.code_of(AddressProof.objects.filter(client=d.mara).latest("made_at"))
    d.post("portal_proof", {"code": code})
    with inside(d.house.practice):
        assert Contact.objects.get(client=d.mara).phone == "+447911123499"


def forgets_her_number(d: Doer) -> None:
    with inside(d.house.practice):
        contact = Contact.objects.get(client=d.mara)
        contact.phone = "+447911123488"
        contact.save()
    d.post("portal_number_forget")


def asks_to_be_written_to_again(d: Doer) -> None:
    with inside(d.house.practice):
        suppression.suppress("email", "hello@attune.invalid", user_of(d.mara).email, "bounce")
        AddressProof.objects.filter(client=d.mara).delete()
    d.post("portal_address_again")


def has_notifications(d: Doer) -> str:
    phone = Phone(f"https://fcm.googleapis.com/fcm/send/{letters()}")
    with override_settings(ATTUNE_VAPID_KEY=push.fresh_key()):
        d.post_to(reverse("portal_devices"), json.dumps(phone.subscription), of_kind="application/json")
        words = json.dumps({"endpoint": phone.endpoint})
        d.post_to(reverse("portal_device_here"), words, of_kind="application/json")
    return phone.endpoint


def has_no_notifications_any_more(d: Doer) -> None:
    has_notifications(d)
    with inside(d.house.practice):
        newest = PushDevice.objects.filter(client=d.mara).latest("pk")
    d.post("portal_device_end", pk=newest.pk)


def has_a_calendar(d: Doer) -> None:
    d.prove()
    said = {"act": "renew", "alarm": ("", "60")[d.n % 2]}
    assert "/calendar/" in d.post("portal_calendar", said).content.decode()


def chooses_a_code(d: Doer) -> None:
    digits = str(730649 + 1000 * d.n)
    d.post("portal_code", {"code": digits, "code_again": digits})


def does_without_a_code(d: Doer) -> None:
    chooses_a_code(d)
    d.post("portal_code_forget")


def stops_reminders_by_their_letter(d: Doer) -> None:
    stop = stopping.Stop(d.house.practice.pk, d.mara.pk, "email", ("reminders", "news")[d.n % 2])
    d.post_to(reverse("stop", args=[stopping.token(stop)]), {"List-Unsubscribe": "One-Click"}, browser=Browser())


# ── what she answers alone ───────────────────────────────────────────────────


def types_half_a_thought(d: Doer) -> None:
    one = d.given()
    d.post("do_question", {"close": [str(d.n % 11)], "base_version": "0", "to": "stop"}, occurrence_id=one.pk, number=1)
    typed = {"question": "words", "words": f"not sent {d.n}", "base_version": "1"}
    d.post("do_save", typed, occurrence_id=one.pk)


def answers_alone(d: Doer) -> None:
    """Some of it frightening, sometimes without a copy for herself."""
    one = d.given()
    keep(d.house, d.last, "mara", f"only for her {d.n}")
    typed = {"question": "safe", "safe": ("yes", "no")[d.n % 2], "base_version": "1"}
    d.post("do_save", typed, occurrence_id=one.pk)
    d.post("do_send", {"copy": "none"} if d.n % 3 == 0 else {}, occurrence_id=one.pk)


def changes_what_she_sent_alone(d: Doer) -> None:
    one = d.given(lane=Lane.OWN, exercise="open")
    send(d.house, d.last, "mara", "as it was")
    d.post("do_amend", occurrence_id=one.pk)
    d.post("do_amend", {"to": "keep"}, occurrence_id=one.pk) if d.n % 2 else d.post("do_send", occurrence_id=one.pk)


def changes_what_is_still_sealed(d: Doer) -> None:
    one = d.house.occurrence("sealed", "mara")
    d.post("do_amend", occurrence_id=one.pk)
    with acting_as(d.mara):
        known = drafts.kept(one, d.mara)
    typed = {"question": "words", "words": f"put otherwise {d.n}", "base_version": str(known.version)}
    d.post("do_save", typed, occurrence_id=one.pk)
    d.post("do_send", occurrence_id=one.pk)


def puts_something_aside(d: Doer) -> None:
    one = d.given()
    d.post("do_skip", {"reason": f"he was in the room {d.n}"}, occurrence_id=one.pk)
    d.post("do_after", {"extent": "not", "too_much": "on", "words": "not safe here"}, occurrence_id=one.pk)


def goes_step_by_step_alone(d: Doer) -> None:
    one = d.given()
    d.post("do_steps_move", {"act": "begin"}, occurrence_id=one.pk)
    d.post("do_steps_move", {"act": "pause"}, occurrence_id=one.pk)
    if d.n % 2:
        d.post("do_steps_move", {"act": "end"}, occurrence_id=one.pk)


def draws_a_card_alone(d: Doer) -> None:
    d.post("do_cards_draw", occurrence_id=d.given().pk)


def begins_something_of_her_own(d: Doer) -> None:
    d.given(due="on_demand")
    begun = d.post("portal_begin", assignment_id=d.house.given[f"{d.last}:mara"].pk)
    assert begun["Location"].startswith("/do/")


def looks_at_what_has_opened(d: Doer) -> None:
    d.post("portal_unfold", occurrence_id=d.house.occurrence("opened", "mara").pk)


def tells_how_it_went(d: Doer) -> None:
    said = {"extent": "mostly", "usefulness": str(d.n % 11), "too_much": "on", "words": f"w{d.n}", "win": "I slept"}
    d.post("do_after", said, occurrence_id=d.house.occurrence("told", "mara").pk)


def adds_a_file_to_a_draft(d: Doer) -> None:
    one = d.given()
    d.post("do_file", {"file": a_picture(f"{letters()}.png"), "words": "a bruise"}, occurrence_id=one.pk)


def takes_a_file_from_a_draft(d: Doer) -> None:
    one = d.given()
    with acting_as(d.mara):
        file = attachments.add_to_draft(
            Occurrence.objects.select_related("assignment").get(pk=one.pk), d.mara, a_picture()
        )
    d.post("do_file_remove", file_id=file.pk)


# ── what she writes, wants and shows ─────────────────────────────────────────


def writes_to_the_therapist_alone(d: Doer) -> None:
    d.post("portal_thread_new", {"to": "alone", "text": f"only us {d.n}", "key": str(uuid7())})
    d.post(
        "portal_thread", {"text": f"and this {d.n}", "key": str(uuid7())}, thread_id=d.house.things["thread_alone"].pk
    )


def reads_what_was_written(d: Doer) -> None:
    for name in ("thread_alone", "thread"):
        d.post("portal_thread_seen", thread_id=d.house.things[name].pk)


def has_a_goal_of_her_own(d: Doer) -> None:
    said = {"to": "alone", "words": f"to be free {d.n}", "key": str(uuid7())}
    d.post("portal_goal_new", said)
    rated = {"value": str(d.n % 11), "key": str(uuid7())}
    d.post("portal_goal", rated, goal_id=d.house.things["goal_alone"].pk)


def says_who_sees_a_measure(d: Doer) -> None:
    said = {"couple": str(d.house.couple.pk), "series": ("gad7", "who5")[d.n % 2], "shows": ("yes", "no")[d.n // 2 % 2]}
    d.post("portal_showing", said)


def own_page(d: Doer, text: str = "only mine") -> Any:
    with acting_as(d.mara):
        return journal.begin(d.mara, d.house.couple.pk, text, uuid7())


def writes_a_page(d: Doer) -> None:
    d.post("portal_space_new", {"key": str(uuid7()), "base_version": "0", "text": f"a page {d.n}"})
    page = own_page(d)
    d.post("portal_space_entry", {"base_version": str(page.version), "text": f"more {d.n}"}, entry_id=page.pk)


def hands_a_page_to_the_therapist_alone(d: Doer) -> None:
    page = own_page(d)
    d.post("portal_space_release", {"lane": "private"}, entry_id=page.pk)
    if d.n % 2:
        d.post("portal_space_take_back", entry_id=page.pk)


def takes_a_page_back(d: Doer) -> None:
    page = own_page(d)
    d.post("portal_space_release", {"lane": "private"}, entry_id=page.pk)
    d.post("portal_space_take_back", entry_id=page.pk)


def tears_a_page_out(d: Doer) -> None:
    d.post("portal_space_tear_out", entry_id=own_page(d).pk)


def puts_a_file_on_a_page(d: Doer) -> None:
    page = own_page(d)
    d.post("portal_space_file", {"file": a_picture(), "words": "mine"}, entry_id=page.pk)


def takes_a_file_off_a_page(d: Doer) -> None:
    page = own_page(d)
    with acting_as(d.mara):
        file = attachments.add_to_journal(page, a_picture())
    d.post("portal_space_file_remove", file_id=file.pk)


#: Every act, and the doors it goes through.
ACTS: dict[Act, tuple[str, ...]] = {
    leaves_quickly: ("leave",),
    ends_one_sign_in: ("sign_in_end",),
    ends_all_other_sign_ins: ("sign_ins_end_others",),
    lets_a_sign_in_rest: ("rest",),
    lets_a_kept_form_go: ("kept_form",),
    signs_in: ("account_login",),
    signs_in_by_a_code: ("account_request_login_code", "account_confirm_login_code"),
    gets_back_in: ("account_reset_password", "account_reset_password_from_key"),
    signs_out: ("account_logout",),
    proves_who_she_is: ("account_reauthenticate",),
    moves_to_another_address: ("account_email",),
    changes_her_password: ("account_change_password",),
    takes_a_second_step: ("mfa_activate_totp",),
    does_without_the_second_step: ("mfa_deactivate_totp",),
    takes_new_recovery_codes: ("mfa_generate_recovery_codes",),
    signs_in_with_a_second_step: ("mfa_authenticate",),
    proves_who_she_is_by_the_second_step: ("mfa_reauthenticate",),
    adds_a_passkey: ("mfa_add_webauthn",),
    renames_a_passkey: ("mfa_edit_webauthn",),
    removes_a_passkey: ("mfa_remove_webauthn",),
    signs_in_with_a_passkey: ("mfa_login_webauthn",),
    proves_who_she_is_by_a_passkey: ("mfa_reauthenticate_webauthn",),
    takes_her_consent_back_and_gives_it_again: ("portal_take_back", "welcome", "welcome_step"),
    takes_her_consent_back: ("portal_take_back",),
    asks_for_a_copy: ("portal_copy",),
    takes_a_copy_away: ("portal_copy_take",),
    throws_a_copy_away: ("portal_copy_away",),
    asks_for_erasure: ("portal_erasure",),
    changes_where_she_lives: ("portal_you",),
    changes_how_she_is_reached: ("portal_reach",),
    tries_a_way_out: ("portal_reach_try",),
    proves_a_number: ("portal_number", "portal_proof"),
    forgets_her_number: ("portal_number_forget",),
    asks_to_be_written_to_again: ("portal_address_again",),
    has_notifications: ("portal_devices", "portal_device_here"),
    has_no_notifications_any_more: ("portal_device_end",),
    has_a_calendar: ("portal_calendar",),
    chooses_a_code: ("portal_code",),
    does_without_a_code: ("portal_code_forget",),
    stops_reminders_by_their_letter: ("stop",),
    types_half_a_thought: ("do_question", "do_save"),
    answers_alone: ("do_save", "do_send"),
    changes_what_she_sent_alone: ("do_amend",),
    changes_what_is_still_sealed: ("do_amend", "do_send"),
    puts_something_aside: ("do_skip", "do_after"),
    goes_step_by_step_alone: ("do_steps_move",),
    draws_a_card_alone: ("do_cards_draw",),
    begins_something_of_her_own: ("portal_begin",),
    looks_at_what_has_opened: ("portal_unfold",),
    tells_how_it_went: ("do_after",),
    adds_a_file_to_a_draft: ("do_file",),
    takes_a_file_from_a_draft: ("do_file_remove",),
    writes_to_the_therapist_alone: ("portal_thread_new", "portal_thread"),
    reads_what_was_written: ("portal_thread_seen",),
    has_a_goal_of_her_own: ("portal_goal_new", "portal_goal"),
    says_who_sees_a_measure: ("portal_showing",),
    writes_a_page: ("portal_space_new", "portal_space_entry"),
    hands_a_page_to_the_therapist_alone: ("portal_space_release",),
    takes_a_page_back: ("portal_space_take_back",),
    tears_a_page_out: ("portal_space_tear_out",),
    puts_a_file_on_a_page: ("portal_space_file",),
    takes_a_file_off_a_page: ("portal_space_file_remove",),
}


# ── what the practice does on account of it ──────────────────────────────────


def _raised(d: Doer) -> Alert:
    d.given()
    send(d.house, d.last, "mara", f"I am afraid of him {d.n}", safe="no")
    with inside(d.house.practice):
        return Alert.objects.latest("raised_at", "pk")


def is_called_about_an_alert(d: Doer) -> None:
    """Taken, judged and, mostly, closed; nobody else is told."""
    alert, by = _raised(d), d.house["therapist"]
    with acting_as(by):
        alert = alerts.acknowledge(alert, by=by)
        said = alerts.Assessment("watch", ("spoke",), f"called her {d.n}")
        alerts.assess(alert, said, by=by) if d.n % 3 == 0 else alerts.close(alert, said, by=by)


def has_an_alert_that_nobody_takes(d: Doer) -> None:
    _raised(d)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1 + d.n % 4), tick=False):
        alert_ladder.climb(d.house.practice.pk)


def is_opened_in_an_emergency(d: Doer) -> None:
    alert = _raised(d)
    by, owner = d.house["colleague"], d.house["owner"]
    browser = signed_in(by)
    with inside(d.house.practice):
        couple = couple_of(d.house)
    with acting_as(by):
        access = emergencies.open_up(couple, by=by, why="She answered that she is afraid.", hours=1)
    for name in ("couple", "couple_private", "alert"):
        words = {"couple_id": d.house.couple.pk}
        words |= {"client_id": d.mara.pk} if name == "couple_private" else {}
        words |= {"alert_id": alert.pk} if name == "alert" else {}
        assert browser.get(reverse(name, kwargs=words)).status_code == 200
    with acting_as(by):
        emergencies.end(access, by=by)
    if d.n % 2:
        with acting_as(owner):
            emergencies.review(access, by=owner, finding="It was right.")


def tells_in_person_how_she_is_safe(d: Doer) -> None:
    by = d.house["therapist"]
    said = {
        "safe_channel": ("portal", "email")[d.n % 2], "never_call": "on", "call_when": f"before noon {d.n}",
        "call_as": "the library", "asked_apart": "on",
    }  # fmt: skip
    place = {"couple_pk": d.house.couple.pk, "pk": d.mara.pk}
    assert d.post_to(reverse("safe_contact", kwargs=place), said, browser=signed_in(by)).status_code == 302


def is_answered_in_private(d: Doer) -> None:
    by = d.house["therapist"]
    with acting_as(by):
        told = Response.objects.select_related("occurrence__assignment").get(pk=d.house.things["told:mara"].pk)
        reviewing.mark(told, by, apart=True)
        agenda.bring(told, by, apart=True)
        threads.answer_to(told, [d.mara.pk], by=by, text=f"for you alone {d.n}", key=uuid7())
        threads.say(d.house.things["thread_alone"], by=by, text=f"I hear you {d.n}", key=uuid7())
        psychotherapy_notes.write(couple_of(d.house), by, f"about her {d.n}")


def has_a_reminder_moved_or_called_off(d: Doer) -> None:
    """Of something that she was given alone: moved, left out, put back, ended or taken away again."""
    by = d.house["therapist"]
    d.given(starts_on=timezone.localdate(timezone=d.house.couple.zone) + datetime.timedelta(days=2))
    given = d.house.given[f"{d.last}:mara"]
    one = d.house.occurrence(d.last, "mara")
    later = timezone.localdate(timezone=d.house.couple.zone) + datetime.timedelta(days=4)
    with acting_as(by):
        if d.n % 4 == 0:
            plans.move(given, one.slot, later, datetime.time(9))
        elif d.n % 4 == 1:
            plans.skip(given, one.slot, by=by, reason="not this week")
        elif d.n % 4 == 2:
            plans.end(given)
        else:
            assigning.withdraw(given, by)


def has_reminders_that_stopped(d: Doer) -> None:
    """Reminders of what she was given alone end, and begin again, for her."""
    d.given()
    given = d.house.given[f"{d.last}:mara"]
    with inside(d.house.practice):
        stops.begin([(d.house.couple.pk, given.pk, d.mara.pk)])
    if d.n % 2:
        with acting_as(d.house["therapist"]):
            stops.start_again(given, by=d.house["therapist"])


def has_a_report_of_her_own(d: Doer) -> None:
    """One about her for the therapist, one for herself: drawn from what is private, kept and handed over."""
    by, today = d.house["therapist"], timezone.localdate(timezone=d.house.couple.zone)
    with acting_as(by):
        couple = couple_of(d.house)
        practice = Practice.objects.get(pk=d.house.practice.pk)
        for audience in ("clinical", "partner"):
            wish = making.Wish(
                begins_on=today - datetime.timedelta(weeks=9), ends_on=today, audience=audience, key=uuid.uuid4(),
                partner_id=d.mara.pk, summary=f"what she told alone {d.n}",
            )  # fmt: skip
            made = making.ask(couple, wish, by=by, practice=practice)
        Report.objects.filter(pk=made.pk).update(
            state=Report.State.DONE, finished_at=timezone.now(), readers=[d.mara.pk], released_at=timezone.now()
        )


def is_kept_longer_or_held(d: Doer) -> None:
    owner = d.house["owner"]
    with acting_as(owner):
        if d.n % 2:
            retaining.hold(d.mara, f"a court asked {d.n}", by=owner)
        else:
            until = timezone.localdate() + datetime.timedelta(days=4000)
            retaining.keep_longer(d.mara, until, f"she asked {d.n}", by=owner)


def has_a_sign_set_aside(d: Doer) -> None:
    by = d.house["therapist"]
    with acting_as(by):
        sign = Sign("too_much", d.mara.pk, timezone.now(), ())
        set_aside(couple_of(d.house), sign, d.mara, by=by, note=f"we spoke {d.n}")


def couple_of(house: House) -> Couple:
    return Couple.objects.with_partners().get(pk=house.couple.pk)


#: What others do on account of what she did in private. It goes through no door of hers.
BY_STAFF: tuple[Act, ...] = (
    is_called_about_an_alert, has_an_alert_that_nobody_takes, is_opened_in_an_emergency,
    tells_in_person_how_she_is_safe, is_answered_in_private, has_a_reminder_moved_or_called_off,
    has_reminders_that_stopped, has_a_report_of_her_own, is_kept_longer_or_held, has_a_sign_set_aside,
)  # fmt: skip

NOTHING_WRITTEN = "writes nothing"
OF_BOTH = "what it does is for both of them, and says so"
#: Doors that a partner may post to, and why what happens behind them is no private act.
NOT_PRIVATE: dict[str, str] = {
    "choose": NOTHING_WRITTEN,  # she has one practice
    "still_here": NOTHING_WRITTEN,
    "sign_up": "of practices that begin",
    "join_team": "of staff who were invited",
    "join": "of whoever is not here yet",
    "join_by_provider": "of staff who were invited",
    "sign_in_by_address": "of staff who sign in by their practice's provider",
    "provider_sign_in": "of staff who sign in by their practice's provider",
    "provider_again": "of staff who signed in by their practice's provider",
    "provider_link": "of staff",
    "provider_unlink": "of staff",
    "mail_hook": "of providers",
    "mail_hook_own": "of providers",
    "texts_came": "of providers",
    "texts_came_of": "of providers",
    "portal_end": "ends the couple for both; what it must not tell is in test_silence_of_sums.py",
    "portal_rest": OF_BOTH,
    "do_ready": OF_BOTH,
    "do_pass": "hands the phone to the other one",
    "pass": "the phone is in the other one's hands",
    "portal_agreement_new": OF_BOTH,
    "portal_agreement_change": OF_BOTH,
    "portal_agreement_away": OF_BOTH,
    "portal_agreement_yes": OF_BOTH,
    "portal_agreement_not_any_more": OF_BOTH,
    "portal_space_shared": "opens what the other one handed over: they are told that it stays handed over",
    "account_signup": "closed: everybody is invited",
    "account_set_password": NOTHING_WRITTEN,
    "account_email_verification_sent": NOTHING_WRITTEN,
    "mfa_download_recovery_codes": NOTHING_WRITTEN,
}


def perform(act: Act, house: House, n: int) -> None:
    """Do it; make sure that it went through the doors it names, and that something came of it."""
    doer = Doer(house, n)
    act(doer)
    assert set(ACTS.get(act, ())) <= set(doer.doors), (act.__name__, doer.doors)
    assert act in BY_STAFF or doer.written - {"practice_limit"}, f"{act.__name__} wrote nothing"
