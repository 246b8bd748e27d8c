"""How long a sign-in lasts, who sees it and ends it, codes that count once, and what a mailbox alone does not open."""

from __future__ import annotations

import datetime
import gc
import importlib
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.forms import CharField, Form, PasswordInput, TextInput
from django.test import Client as Browser
from django.urls import get_resolver

from clients.views.portal_code import CodeForm
from practice import (
    checks,
    known_browser,
    notices,
    schedule_of_jobs,
    second_factors,
    secret_fields,
    signing_in,
    still_here,
    tasks,
    vault,
)
from practice.browsers import in_words
from practice.models import AccountEvent, Recovery, SignIn, User
from practice.provider_forms import GatewayForm, ServerForm, ServiceForm
from tests.factories import PASSWORD, inside, make_member, make_user, signed_in, user_of
from tests.practice.passkeys import Device, add, asked_at_the_door, enter

pytestmark = pytest.mark.django_db

START = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.UTC)
LONG_ENOUGH = "another long line of words"


@pytest.fixture
def limits_of_life(settings):
    """As in life; elsewhere in the tests a sign-in lasts for ever."""
    settings.SIGN_IN_RESTS = datetime.timedelta(minutes=15)
    settings.SIGN_IN_LASTS = datetime.timedelta(hours=12)


@pytest.fixture
def clock(limits_of_life):
    with time_machine.travel(START, tick=False) as travel:
        yield travel


def wait(clock, **time_: float) -> None:
    clock.shift(datetime.timedelta(**time_))


def is_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


def key_of(browser: Browser) -> str:
    return browser.session.session_key


def password_in(user: User, browser: Browser | None = None, password: str = PASSWORD, **headers: str) -> Browser:
    browser = browser or Browser()
    browser.post("/account/login/", {"login": user.email, "password": password}, **headers)
    return browser


def again(browser: Browser, password: str = PASSWORD) -> None:
    browser.post("/account/reauthenticate/", {"password": password})


def code_now(secret: str, at: float | None = None) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int((at or time.time()) // 30)))


def with_app(user: User) -> str:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    return secret


# ── how long ──


def test_b58_a_sign_in_ends_a_quarter_of_an_hour_after_the_last_act(mara, clock):
    browser = signed_in(mara)
    for _act in range(5):
        wait(clock, minutes=13)
        assert browser.get("/today/").status_code == 200
    wait(clock, minutes=15)
    assert browser.get("/today/").url == "/account/login/?next=%2Ftoday%2F"
    assert not is_in(browser)


@pytest.mark.parametrize("who", ["mara", "therapist", "owner", "coordinator"])
def test_b58_it_ends_after_half_a_day_whatever_is_done(who, clock, request):
    person = request.getfixturevalue(who)
    browser = signed_in(person)
    path = "/today/" if who == "mara" else "/desk/"
    for _act in range(12 * 6 - 1):
        wait(clock, minutes=10)
        browser.get(path)
        assert is_in(browser)
    wait(clock, minutes=10)
    assert browser.get(path).status_code == 302
    assert not is_in(browser)


def background(browser: Browser, occurrence) -> list[int]:
    calls = [
        browser.get("/you/reach/", headers={"HX-Request": "true", "X-By-Itself": "1"}),
        browser.post(f"/do/{occurrence}/save/", {"base_version": "0"}),
        browser.get(f"/do/{occurrence}/steps/state/"),
        browser.get("/portal/devices/here/"),
        browser.get("/you/reach/?skip_timeout=1&keep_alive=1", headers={"X-By-Itself": "0"}),
    ]
    return [one.status_code for one in calls]


def test_b57_what_a_page_does_by_itself_neither_extends_nor_skips_the_end(mara, clock):
    browser = signed_in(mara)
    nowhere = "019ab000-0000-7000-8000-000000000000"
    for _round in range(14):
        wait(clock, minutes=1)
        background(browser, nowhere)
        assert is_in(browser)
    wait(clock, minutes=1)
    assert background(browser, nowhere)[0] == 401
    assert not is_in(browser)


@pytest.mark.parametrize("query", ["?poll=1", "?ajax=1", "?skip_timeout_reset=1", "?heartbeat=true"])
def test_b57_no_parameter_gets_past_the_end(mara, clock, query):
    browser = signed_in(mara)
    wait(clock, minutes=16)
    assert browser.get(f"/today/{query}").status_code == 302
    assert not is_in(browser)


def test_b57_every_region_that_asks_again_and_again_says_so():
    found = 0
    for path in (django_settings.BASE_DIR / "templates").rglob("*.html"):
        for tag in re.findall(r"<[^>]*hx-trigger=\"every [^>]*>", path.read_text()):
            found += 1
            assert still_here.HEADER in tag, path
    assert found >= 3


def test_a_page_that_asks_again_is_led_to_sign_in(mara, clock):
    browser = signed_in(mara)
    wait(clock, minutes=16)
    headers = {"HX-Request": "true", "X-By-Itself": "1", "HX-Current-URL": "http://testserver/you/reach/"}
    answer = browser.get("/you/reach/", headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/account/login/?next=%2Fyou%2Freach%2F")


def test_saying_that_one_is_still_there_is_an_act(mara, clock):
    browser = signed_in(mara)
    wait(clock, minutes=14)
    assert browser.post("/account/still-here/").status_code == 204
    wait(clock, minutes=14)
    assert browser.get("/today/").status_code == 200


def test_a_session_that_does_not_say_when_it_began_is_over(mara, limits_of_life):
    browser = signed_in(mara)
    session = browser.session
    del session[still_here.BEGAN]
    session.save()
    assert browser.get("/today/").status_code == 302


# ── nothing typed is lost ──

TYPED = {"name": "Mara of the hills", "pronouns": "she", "time_zone": "Europe/London", "country": "GB"}


def too_late(browser: Browser, clock) -> None:
    wait(clock, minutes=16)
    assert browser.post("/you/", TYPED).url == "/account/login/?next=%2Faccount%2Fkept%2F"


def test_b57_a_form_that_comes_too_late_waits_for_its_author(mara, clock, practice):
    browser = signed_in(mara)
    too_late(browser, clock)
    with inside(practice):
        mara.refresh_from_db()
        assert mara.name == "Mara"
    signed = browser.post(
        "/account/login/", {"login": user_of(mara).email, "password": PASSWORD, "next": "/account/kept/"}
    )
    assert signed.url == "/account/kept/"
    page = browser.get("/account/kept/").content.decode()
    assert "Mara of the hills" in page
    assert 'action="/you/"' in page
    assert browser.post("/you/", TYPED).url == "/you/"
    with inside(practice):
        mara.refresh_from_db()
        assert mara.name == "Mara of the hills"


def test_what_waits_is_sealed_and_nobody_elses(mara, theo, clock):
    browser = signed_in(mara)
    too_late(browser, clock)
    held = Session.objects.get(pk=key_of(browser)).get_decoded()
    assert "hills" not in json.dumps(held)
    password_in(user_of(theo), browser)
    assert browser.get("/account/kept/").url == "/"
    assert still_here.KEPT not in browser.session


def test_b40_what_waits_is_not_shown_to_who_came_in_by_the_mailbox_alone(mara, clock):
    browser = signed_in(mara)
    too_late(browser, clock)
    by_code(user_of(mara), browser)
    assert browser.get("/account/kept/").url == "/account/closed/"
    again(browser)
    assert "Mara of the hills" in browser.get("/account/kept/").content.decode()


def test_what_waits_is_let_go_of_by_a_press_and_by_time(mara, clock):
    browser = signed_in(mara)
    too_late(browser, clock)
    password_in(user_of(mara), browser)
    assert browser.get("/account/kept/").status_code == 200
    browser.post("/account/kept/")
    assert browser.get("/account/kept/").url == "/"
    too_late(browser, clock)
    wait(clock, hours=3)
    password_in(user_of(mara), browser)
    assert browser.get("/account/kept/").url == "/"


@pytest.mark.parametrize("field", ["password1", "code", "oldpassword", "csrfmiddlewaretoken", "secret_word"])
def test_secrets_never_wait(field):
    assert still_here.form_to_keep("/you/", [(field, ["x"])]) is None


def test_no_form_has_a_secret_that_waits():
    """Every field of every form, the libraries' own among them; a field that is forgotten fails `check` as well."""
    assert secret_fields.misnamed() == []
    assert checks.secrets_say_so_in_their_names() == []
    widgets = [PasswordInput(), TextInput({"autocomplete": "one-time-code"}), TextInput({"class": "input--secret"})]
    for widget in widgets:
        made = type("Forgotten", (Form,), {"word": CharField(widget=widget), "__module__": __name__})
        assert secret_fields.misnamed() == [f"{__name__}.Forgotten.word"]
        assert [one.id for one in checks.secrets_say_so_in_their_names()] == ["attune.E005"]
        del made
        gc.collect()  # a class that is gone is among no subclasses


def test_keys_of_a_provider_and_a_code_of_ones_own_do_not_wait():
    for form in (ServerForm, ServiceForm, GatewayForm, CodeForm):
        names = [name for name, field in form.base_fields.items() if secret_fields.takes_a_secret(field)]
        assert names, form
        assert still_here.form_to_keep("/x/", [(name, ["canary"]) for name in names]) is None


def test_a_page_at_which_nobody_is_hands_over_what_it_held(mara, clock):
    browser = signed_in(mara)
    assert browser.post("/account/rest/", {**TYPED, "path": "/you/"}).status_code == 204
    assert not is_in(browser)
    password_in(user_of(mara), browser)
    assert "Mara of the hills" in browser.get("/account/kept/").content.decode()


@pytest.mark.parametrize("path", ["//evil.example/x", "https://evil.example/", "javascript:alert(1)", ""])
def test_what_waits_is_sent_to_our_own_pages_only(mara, path):
    browser = signed_in(mara)
    browser.post("/account/rest/", {**TYPED, "path": path})
    assert not is_in(browser)
    assert still_here.KEPT not in browser.session


# ── whose sign-ins, and their end ──

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0"


def test_b29_sign_ins_are_listed_for_their_owner_without_a_place(mara):
    password_in(user_of(mara), HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="198.51.100.77")
    again(browser := signed_in(mara))
    page = browser.get("/account/sign-ins/").content.decode()
    assert "Firefox, Android" in page
    assert "198.51" not in page
    assert "144.0" not in page
    assert {one.name for one in SignIn._meta.get_fields()} == {
        "id", "user", "session_key", "device", "began_at", "seen_at",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["therapist", "supervisor", "coordinator", "portal", "system"])
@pytest.mark.parametrize("table", ["practice_signin", "practice_accountevent"])
def test_b29_no_role_of_a_practice_reads_sign_ins(role, table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, 'SELECT')", [f"attune_{role}", table])
        allowed = cursor.fetchone()[0]
    assert allowed == (role == "system" and table == "practice_accountevent")


@pytest.mark.parametrize("act", ["", "others/end/", "{}/end/"])
def test_b29_b43_an_unlocked_phone_shows_no_other_sign_ins_and_ends_none(mara, act):
    here, there = signed_in(mara), signed_in(mara)
    path = f"/account/sign-ins/{act}".format(SignIn.objects.get(session_key=key_of(there)).pk)
    answer = here.post(path) if act else here.get(path)
    assert answer.url.startswith("/account/reauthenticate/")
    assert is_in(there)
    assert there.get("/today/").status_code == 200


def test_b60_one_ends_a_sign_in_of_ones_own_and_nobody_elses(mara, theo):
    here, there, others = signed_in(mara), signed_in(mara), signed_in(theo)
    again(here)
    theirs = SignIn.objects.get(session_key=key_of(others))
    assert here.post(f"/account/sign-ins/{theirs.pk}/end/").status_code == 404
    mine = SignIn.objects.get(session_key=key_of(there))
    here.post(f"/account/sign-ins/{mine.pk}/end/")
    assert there.get("/today/").status_code == 302
    assert here.get("/today/").status_code == others.get("/today/").status_code == 200


def test_b60_all_others_end_at_once(therapist):
    here, *others = [signed_in(therapist) for _n in range(3)]
    again(here)
    here.post("/account/sign-ins/others/end/")
    assert [one.get("/desk/account/").status_code for one in others] == [302, 302]
    assert here.get("/desk/account/").status_code == 200
    assert SignIn.objects.filter(user=therapist.user_id).count() == 1


def test_b59_a_cookie_is_dead_after_signing_out(mara):
    browser, thief = signed_in(mara), Browser()
    thief.cookies["session"] = browser.cookies["session"].value
    browser.post("/account/logout/")
    assert thief.get("/today/").status_code == 302
    assert not SignIn.objects.filter(user=mara.user_id).exists()


@pytest.mark.parametrize("door", ["/leave/", "/account/logout/"])
def test_b59_leaving_and_signing_out_ask_the_browser_to_clear_itself(mara, door):
    browser = signed_in(mara)
    assert browser.post(door)["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.get("/today/").status_code == 302


def test_b57_b59_a_sign_in_that_ends_by_itself_leaves_what_was_typed_on_the_device(mara, clock):
    browser = signed_in(mara)
    wait(clock, minutes=16)
    assert "Clear-Site-Data" not in browser.get("/today/")


@pytest.mark.parametrize("change", ["password", "app", "app gone", "codes"])
def test_b60_changing_how_one_signs_in_ends_all_other_sign_ins(mara, change):
    user = user_of(mara)
    if change != "password" and change != "app":
        with_app(user)
    here, there = signed_in(mara), signed_in(mara)
    again(here)
    key = key_of(there)
    match change:
        case "password":
            new = {"oldpassword": PASSWORD, "password1": LONG_ENOUGH, "password2": LONG_ENOUGH}
            here.post("/account/password/change/", new)
        case "app":
            secret = here.get("/account/2fa/totp/activate/").context["form"].secret
            here.post("/account/2fa/totp/activate/", {"code": code_now(secret)})
        case "app gone":
            here.post("/account/2fa/totp/deactivate/")
        case "codes":
            here.post("/account/2fa/recovery-codes/generate/")
    assert there.get("/today/").status_code == 302
    assert not Session.objects.filter(pk=key).exists()
    assert here.get("/today/").status_code == 200


def test_b46_a_deactivated_user_is_out_from_the_next_request(therapist):
    browser = signed_in(therapist)
    User.objects.filter(pk=therapist.user_id).update(is_active=False)
    assert browser.get("/desk/account/").status_code == 302
    assert password_in(user_of(therapist)).get("/desk/account/").status_code == 302


def test_what_is_left_of_sign_ins_that_ran_out_is_forgotten(mara, clock):
    here, gone = signed_in(mara), signed_in(mara)
    Session.objects.filter(pk=key_of(gone)).delete()
    assert signing_in.forget_ended() == 0  # it may be getting another key right now
    wait(clock, hours=2)
    assert signing_in.forget_ended() == 1
    assert [one.session_key for one in SignIn.objects.all()] == [key_of(here)]
    wait(clock, hours=11)
    tasks.forget_signing_in()
    assert not SignIn.objects.exists()
    assert not Session.objects.exists()


def test_limits_and_sign_ins_are_forgotten_every_hour():
    job = schedule_of_jobs.JOBS["forget old sign-ins"]
    assert job == {"task": tasks.forget_signing_in.name, "schedule": 3600.0}


# ── session ids and cookies ──


def test_b56_each_step_up_has_a_session_id_of_its_own_and_the_old_one_is_dead(mara):
    user, browser = user_of(mara), Browser()
    secret = with_app(user)
    browser.get("/account/login/")
    keys = []
    password_in(user, browser)
    keys.append(key_of(browser))
    browser.post("/account/2fa/authenticate/", {"code": code_now(secret)})
    keys.append(key_of(browser))
    again(browser)
    keys.append(key_of(browser))
    assert len(set(keys)) == 3
    assert browser.get("/today/").status_code == 200
    for key in keys[:-1]:
        thief = Browser()
        thief.cookies["session"] = key
        assert thief.get("/today/").status_code == 302
    assert [one.session_key for one in SignIn.objects.filter(user=user)] == [keys[-1]]


def test_b56_going_to_another_practice_has_a_session_id_of_its_own(therapist, neighbour):
    with inside(neighbour):
        therapist.__class__.objects.create(practice=neighbour, user_id=therapist.user_id, role="therapist", name="Ines")
    browser = signed_in(therapist)
    before = key_of(browser)
    browser.post("/choose/", {"practice": str(neighbour.pk)})
    assert key_of(browser) != before
    assert not Session.objects.filter(pk=before).exists()


def test_b61_cookies_are_kept_to_ourselves(mara):
    browser = password_in(user_of(mara))
    browser.get("/you/")
    assert set(browser.cookies) == {"session", "csrf", "known"}
    for name, cookie in browser.cookies.items():
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name
        assert len(cookie.value) < 400, name
        assert bool(cookie["httponly"]) == (name != "csrf"), name
    assert not browser.cookies["session"]["max-age"]
    again(browser)
    page = browser.get("/account/sign-ins/").content.decode()
    assert key_of(browser) not in page


def test_b61_in_production_cookies_are_bound_to_the_host():
    text = (django_settings.BASE_DIR / "practice/settings.py").read_text()
    for name in ("__Host-session", "__Host-csrf", "__Host-known"):
        assert f'"{name}" if PRODUCTION' in text
    assert "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION" in text


def test_a_known_browser_says_nothing_of_whom_it_knows(mara):
    browser = password_in(user_of(mara))
    assert user_of(mara).email.split("@")[0] not in browser.cookies["known"].value
    assert str(mara.user_id) not in browser.cookies["known"].value
    for _n in range(known_browser.MOST + 2):
        browser.post("/account/logout/")
        password_in(make_user(), browser)
    assert browser.cookies["known"].value.count(".") == known_browser.MOST


# ── codes that count once ──


def test_b35_a_code_of_an_app_counts_once_ever(mara):
    user = user_of(mara)
    with time_machine.travel(START, tick=False) as clock:
        secret = with_app(user)
        code = code_now(secret)
        assert second_factors.matching(user, code)
        for seconds in (0, 31, 30, 30):
            clock.shift(seconds)
            assert second_factors.matching(user, code) is None
        assert second_factors.matching(user, code_now(secret))


def test_b35_an_older_code_is_dead_once_a_newer_one_was_used(mara):
    user = user_of(mara)
    with time_machine.travel(START, tick=False):
        secret = with_app(user)
        before = code_now(secret, time.time() - 30)
        assert second_factors.matching(user, code_now(secret))
        assert second_factors.matching(user, before) is None


def at_once(user: User, code: str, number: int = 20) -> int:
    def one(_number: int) -> bool:
        try:
            return second_factors.matching(user, code) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        return sum(pool.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
def test_b35_b36_of_twenty_at_once_one_is_let_through():
    user = make_user()
    assert at_once(user, code_now(with_app(user))) == 1
    codes = RecoveryCodes.activate(user).generate_codes()
    assert at_once(user, codes[3]) == 1
    assert at_once(user, codes[3]) == 0
    assert at_once(user, codes[4]) == 1


def test_b36_recovery_codes_are_sealed_at_rest(mara):
    user = user_of(mara)
    wrapper = RecoveryCodes.activate(user)
    data = json.dumps(Authenticator.objects.get(user=user).data)
    assert len(wrapper.generate_codes()) >= 8
    assert not any(code in data for code in wrapper.generate_codes())
    assert not re.search(r"[0-9a-f]{40}", data)


def test_b36_b109_a_secret_in_somebody_elses_row_opens_nothing(mara, theo):
    """Whoever writes to the database copies a secret that they know, or hands their whole row over."""
    his, hers = user_of(theo), user_of(mara)
    secret, paper = with_app(his), RecoveryCodes.activate(his).generate_codes()
    with_app(hers)
    RecoveryCodes.activate(hers)
    of_his, of_hers = Authenticator.objects.filter(user=his), Authenticator.objects.filter(user=hers)
    for kind in ("totp", "recovery_codes"):
        of_hers.filter(type=kind).update(data=of_his.get(type=kind).data)
    for code in (code_now(secret), paper[0]):
        assert second_factors.matching(hers, code) is None
        browser = password_in(hers)
        assert browser.post("/account/2fa/authenticate/", {"code": code}).status_code != 302
        assert not is_in(browser)
    assert second_factors.matching(his, paper[0])
    of_hers.delete()
    of_his.update(user=hers)
    assert second_factors.matching(hers, code_now(secret)) is None
    assert second_factors.matching(hers, paper[1]) is None


def test_b109_secrets_bound_to_nobody_open_only_to_be_sealed_anew(mara):
    user, before = user_of(mara), vault.seal_for_installation
    secret, seed = totp.generate_totp_secret(), RecoveryCodes.generate_seed()
    app = Authenticator.objects.create(user=user, type="totp", data={"secret": before(secret, "mfa"), "used_until": 1})
    Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": before(seed, "mfa"), "used_mask": 1})
    assert second_factors.matching(user, code_now(secret)) is None
    migration = importlib.import_module("practice.migrations.0017_second_steps_of_their_users")
    migration.seal_anew(apps, None)
    app.refresh_from_db()
    assert app.data["used_until"] == 1
    with time_machine.travel(START, tick=False):
        assert second_factors.matching(user, code_now(secret))
    codes = Authenticator.objects.get(user=user, type="recovery_codes").wrap().generate_codes()
    assert second_factors.matching(user, codes[0]) is None  # used up before
    assert second_factors.matching(user, codes[1])
    migration.seal_as_before(apps, None)
    kept = Authenticator.objects.get(pk=app.pk).data["secret"]
    assert vault.unseal_for_installation(kept, "mfa") == secret


def test_b36_recovery_codes_are_shown_once_and_new_ones_end_the_old(mara):
    user, browser = user_of(mara), signed_in(mara)
    with_app(user)
    browser = signed_in(mara)
    again(browser)
    browser.post("/account/2fa/recovery-codes/generate/")
    shown = re.findall(r"<code>(\d+)</code>", browser.get("/account/2fa/recovery-codes/").content.decode())
    assert len(shown) >= 8
    later = browser.get("/account/2fa/recovery-codes/").content.decode()
    assert not any(code in later for code in shown)
    assert browser.get("/account/2fa/recovery-codes/download/").status_code == 403
    browser.post("/account/2fa/recovery-codes/generate/")
    assert second_factors.matching(user, shown[0]) is None


def test_b36_a_used_recovery_code_is_told_to_its_owner_and_tries_are_few(mara):
    user = user_of(mara)
    with_app(user)
    code = RecoveryCodes.activate(user).generate_codes()[0]
    browser = password_in(user)
    wrong = [browser.post("/account/2fa/authenticate/", {"code": f"0000000{n}"}) for n in range(7)]
    assert "Too many codes" in wrong[-1].content.decode()
    assert "Too many codes" in browser.post("/account/2fa/authenticate/", {"code": code}).content.decode()
    signing_in.limits.give_back("code", str(user.pk), signing_in.limits.CODES)
    assert browser.post("/account/2fa/authenticate/", {"code": code}).status_code == 302
    again(browser)
    assert "A recovery code was used." in browser.get("/account/sign-ins/").content.decode()


# ── being told ──


def test_notices_go_by_what_is_registered_and_clients_without_it_get_no_mail(mara, monkeypatch):
    told = []
    notices.tell(user_of(mara), notices.What.FACTOR_ADDED)
    assert mail.outbox == []
    monkeypatch.setattr(notices, "_tellers", [lambda user, what: told.append((user.pk, what)) or True])
    notices.tell(user_of(mara), notices.What.FACTOR_ADDED)
    assert told == [(mara.user_id, "factor_added")]
    assert AccountEvent.objects.filter(user=mara.user_id).count() == 2


def test_staff_are_told_by_a_letter_that_says_nothing(therapist):
    notices.tell(user_of(therapist), notices.What.FACTOR_REMOVED)
    [letter] = mail.outbox
    assert letter.to == [user_of(therapist).email]
    assert not any(word in letter.body.lower() for word in ("passkey", "app for codes", "ines", "couple", "therap"))


def test_no_page_waits_for_a_letter_about_an_account_to_leave(therapist, monkeypatch):
    later: list[Callable[[], None]] = []
    monkeypatch.setattr("practice.unwaited.begin", later.append)
    notices.tell(user_of(therapist), notices.What.FACTOR_REMOVED)
    assert mail.outbox == []
    [job] = later
    job()
    assert [one.to for one in mail.outbox] == [[user_of(therapist).email]]


def test_b107_each_thing_that_can_befall_an_account_is_written_down_once(mara, couple, therapist):
    """All of :class:`AccountEvent.What`, one act after the other, by the doors that people use."""
    user, browser = user_of(mara), Browser()
    seen: list[str] = []

    def app() -> None:
        secret = browser.get("/account/2fa/totp/activate/").context["form"].secret
        browser.post("/account/2fa/totp/activate/", {"code": code_now(secret)})

    def by_paper() -> None:
        code = RecoveryCodes(Authenticator.objects.get(user=user, type="recovery_codes")).get_unused_codes()[0]
        password_in(user, Browser()).post("/account/2fa/authenticate/", {"code": code})

    def password() -> None:
        new = {"oldpassword": PASSWORD, "password1": LONG_ENOUGH, "password2": LONG_ENOUGH}
        browser.post("/account/password/change/", new)

    def address() -> None:
        browser.post("/account/email/", {"email": "quite.another@example.org", "action_add": ""})
        code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)
        browser.post("/account/confirm-email/", {"code": code.group() if code else ""})

    def lost_and_back() -> None:
        Browser().post("/account/password/reset/", {"email": User.objects.get(pk=user.pk).email})
        path = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body).group(1)
        there = Browser()
        form = there.get(path, follow=True)
        there.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})

    def opened_by_the_therapist() -> None:
        signing_in.settle(signing_in.open_recovery(user), Recovery.How.IN_PERSON)

    What = AccountEvent.What
    for act, written in (
        (lambda: password_in(user, browser), [What.NEW_BROWSER]),
        (lambda: again(browser), []),
        (lambda: password_in(user, Browser(), "wrong"), []),
        (app, [What.FACTOR_ADDED, What.CODES_MADE]),
        (by_paper, [What.CODE_USED, What.NEW_BROWSER]),
        (lambda: browser.post("/account/2fa/recovery-codes/generate/"), [What.CODES_MADE]),
        (lambda: browser.post("/account/2fa/totp/deactivate/"), [What.FACTOR_REMOVED]),
        (password, [What.PASSWORD_CHANGED]),
        (address, [What.ADDRESS_CHANGED]),
        (lost_and_back, [What.RECOVERED]),
        (opened_by_the_therapist, [What.OPENED_AGAIN]),
    ):
        before = AccountEvent.objects.filter(user=user).count()
        act()
        rows = list(AccountEvent.objects.filter(user=user).order_by("at", "pk"))[before:]
        assert sorted(one.what for one in rows) == sorted(written), getattr(act, "__name__", act)
        seen += [one.what for one in rows]
    of_staff = {What.TOKEN_MADE, What.TOKEN_ENDED, What.TOKENS_ENDED}  # in api/test_tokens_page.py
    # In test_single_sign_on.py.
    of_staff |= {What.LINKED, What.UNLINKED, What.ROLE_BY_PROVIDER, What.TEAM_BY_PROVIDER}
    of_staff |= {What.CALENDAR_MADE}  # in clients/test_calendars.py
    assert set(seen) == set(What.values) - of_staff, "a new kind of event has an act that it follows from"
    columns = {one.name for one in AccountEvent._meta.concrete_fields}
    assert columns == {"id", "user", "what", "at"}, "who, what and when; no place, and no words"


def test_a_browser_that_is_new_is_noted_once(mara):
    browser = password_in(user_of(mara))
    browser.post("/account/logout/")
    password_in(user_of(mara), browser)
    assert AccountEvent.objects.filter(user=mara.user_id, what="new_browser").count() == 1


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605 Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_browsers_are_named_in_words(agent, words):
    assert in_words(agent) == words


# ── the ways in ──

WAYS_IN = {"account_login", "account_confirm_login_code", "mfa_authenticate", "mfa_login_webauthn",
           "account_email_verification_sent", "sign_up", "join", "join_team", "pass"}  # fmt: skip


def test_b45_the_ways_to_become_somebody_are_these():
    """Whoever adds one says so here, and what it proves in practice/signing_in.py."""
    assert django_settings.AUTHENTICATION_BACKENDS == ["allauth.account.auth_backends.AuthenticationBackend"]
    installed = {one for one in django_settings.INSTALLED_APPS if "allauth" in one or "admin" in one}
    assert installed == {"allauth", "allauth.account", "allauth.mfa"}
    assert not any("RemoteUser" in one for one in django_settings.MIDDLEWARE)
    from allauth.account import app_settings as account
    from allauth.mfa import app_settings as mfa

    assert account.LOGIN_BY_CODE_ENABLED
    assert not account.LOGIN_ON_PASSWORD_RESET
    assert not account.LOGIN_ON_EMAIL_CONFIRMATION
    assert not account.LOGIN_BY_CODE_TRUST_ENABLED
    assert mfa.PASSKEY_LOGIN_ENABLED
    assert not mfa.PASSKEY_SIGNUP_ENABLED
    assert not mfa.TRUST_ENABLED
    assert not mfa.TOTP_INSECURE_BYPASS_CODE
    open_to_all = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert open_to_all >= WAYS_IN
    calls = set()
    for app in ("practice", "clients", "exercises", "reports"):
        for path in (django_settings.BASE_DIR / app).rglob("*.py"):
            if re.search(r"\b(perform_login|complete_signup|login)\(request", path.read_text()):
                calls.add(str(path.relative_to(django_settings.BASE_DIR)))
    assert calls == {
        "practice/narrow.py",
        "practice/views/joining.py",
        "practice/views/sign_up.py",
        "practice/views/single_sign_on.py",  # held to one practice: practice/through_provider.py
    }


# ── sensitive acts ──

SENSITIVE = {
    "/account/2fa/totp/activate/": {"code": "123456"},
    "/account/2fa/totp/deactivate/": {},
    "/account/2fa/webauthn/add/": {"name": "x", "credential": "{}"},
    "/account/2fa/recovery-codes/generate/": {},
    "/account/email/": {"email": "new@example.org", "action_add": ""},
}


@pytest.mark.parametrize("path", sorted(SENSITIVE))
def test_b43_sensitive_acts_are_not_reached_by_a_direct_post(mara, path):
    user = user_of(mara)
    if "deactivate" in path or "recovery" in path:
        with_app(user)
    before = [(one.pk, one.data) for one in Authenticator.objects.filter(user=user)]
    answer = signed_in(mara).post(path, SENSITIVE[path])
    assert "reauthenticate" in answer.url
    assert [(one.pk, one.data) for one in Authenticator.objects.filter(user=user)] == before
    assert user_of(mara).email == user.email


# ── what a mailbox alone does not open ──


def by_code(user: User, browser: Browser | None = None) -> Browser:
    browser = browser or Browser()
    asked = browser.post("/account/login/code/", {"email": user.email})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body).group()
    browser.post(asked.url, {"code": code})
    return browser


def got_back(user: User) -> Browser:
    Browser().post("/account/password/reset/", {"email": user.email})
    path = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body).group(1)
    browser = Browser()
    form = browser.get(path, follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": LONG_ENOUGH, "password2": LONG_ENOUGH})
    return password_in(user, Browser(), LONG_ENOUGH)


def is_closed(browser: Browser) -> bool:
    return browser.get("/account/closed/").status_code == 200


def test_b40_a_password_chosen_through_the_mailbox_leaves_private_things_closed(mara):
    elsewhere = signed_in(mara)
    browser = got_back(user_of(mara))
    assert browser.get("/today/").status_code == 200
    assert is_closed(browser)
    assert elsewhere.get("/today/").status_code == 302
    assert AccountEvent.objects.filter(user=mara.user_id, what="recovered").exists()


def test_b40_typing_the_new_password_again_opens_nothing(mara):
    browser = got_back(user_of(mara))
    again(browser, LONG_ENOUGH)
    assert is_closed(browser)


def test_b40_a_factor_from_before_opens_it_and_one_from_after_does_not(mara):
    user = user_of(mara)
    browser = got_back(user)
    later = with_app(user)
    browser = password_in(user, Browser(), LONG_ENOUGH)
    browser.post("/account/2fa/authenticate/", {"code": code_now(later)})
    assert is_closed(browser)
    Authenticator.objects.filter(user=user).update(created_at=START.replace(year=2020), data={"secret": ""})
    app = Authenticator.objects.get(user=user)
    app.data = {"secret": totp.encrypt(later)}
    app.save()
    browser = password_in(user, Browser(), LONG_ENOUGH)
    browser.post("/account/2fa/authenticate/", {"code": code_now(later)})
    assert not is_closed(browser)
    assert Recovery.objects.get(user=user).settled_how == "factor"


def test_b40_a_second_recovery_does_not_make_a_factor_from_after_the_first_one_older(mara):
    user = user_of(mara)
    got_back(user)
    secret = with_app(user)
    got_back(user)
    browser = password_in(user, Browser(), LONG_ENOUGH)
    browser.post("/account/2fa/authenticate/", {"code": code_now(secret)})
    assert is_in(browser)
    assert is_closed(browser)
    assert Recovery.objects.get(user=user).settled_at is None


def shown_code(browser: Browser) -> str:
    found = re.search(r"<code>(\d{3} \d{3})</code>", browser.get("/account/closed/").content.decode())
    return found.group(1) if found else ""


def test_b40_the_therapist_who_has_met_them_opens_the_sign_in_that_shows_the_code(
    mara, theo, couple, therapist, coordinator, colleague
):
    browser = got_back(user_of(mara))
    path = f"/desk/couples/{couple.pk}/partners/{mara.pk}/"
    assert "chose a new password" in signed_in(therapist).get(path).content.decode()
    assert "chose a new password" not in signed_in(coordinator).get(path).content.decode()
    code = shown_code(browser)
    for other in (coordinator, colleague, theo, mara):
        assert signed_in(other).post(f"{path}met/", {"code": code}).status_code == 404
    browser = password_in(user_of(mara), Browser(), LONG_ENOUGH)
    assert is_closed(browser)
    assert signed_in(therapist).post(f"{path}met/", {"code": shown_code(browser)}).status_code == 302
    assert not is_closed(browser)
    assert Recovery.objects.get().settled_how == "in_person"
    assert "chose a new password" not in signed_in(therapist).get(path).content.decode()


def test_b40_all_other_sign_ins_of_that_account_end_and_second_steps_from_meanwhile_go(mara, couple, therapist):
    user = user_of(mara)
    thief = got_back(user)
    mine = password_in(user, Browser(), LONG_ENOUGH)
    secret = totp.encrypt(totp.generate_totp_secret())
    Authenticator.objects.bulk_create([Authenticator(user=user, type="totp", data={"secret": secret})])
    assert shown_code(thief) != shown_code(mine)
    path = f"/desk/couples/{couple.pk}/partners/{mara.pk}/met/"
    assert signed_in(therapist).post(path, {"code": shown_code(mine)}).status_code == 302
    assert not is_closed(mine)
    assert mine.get("/today/").status_code == 200
    assert thief.get("/today/").status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()


@pytest.mark.parametrize("typed", ["", "000 000", "\u0661\u0662", "x" * 30])
def test_b40_a_wrong_code_opens_nothing_and_is_said_beside_the_field(mara, couple, therapist, typed, monkeypatch):
    browser = got_back(user_of(mara))
    monkeypatch.setattr(signing_in, "code_of", lambda key: "123456")
    answer = signed_in(therapist).post(f"/desk/couples/{couple.pk}/partners/{mara.pk}/met/", {"code": typed})
    assert answer.status_code == 422
    assert answer.context["met"].errors["code"]
    assert 'id="id_code_error"' in answer.content.decode()
    assert is_closed(browser)


def test_b40_few_codes_are_tried(mara, couple, therapist):
    got_back(user_of(mara))
    desk, path = signed_in(therapist), f"/desk/couples/{couple.pk}/partners/{mara.pk}/met/"
    answers = [desk.post(path, {"code": f"{number:06}"}).status_code for number in range(6)]
    assert answers == [422] * 5 + [429]


def test_b40_a_sign_in_by_a_code_from_the_mailbox_has_nothing_to_show(mara, couple, therapist):
    """Whoever chose the password would be in again at once: its owner chooses another one first."""
    got_back(user_of(mara))
    browser = by_code(user_of(mara))
    assert shown_code(browser) == ""
    code = signing_in.code_of(key_of(browser))
    path = f"/desk/couples/{couple.pk}/partners/{mara.pk}/met/"
    assert signed_in(therapist).post(path, {"code": code}).status_code == 422
    assert is_closed(browser)
    again(browser, LONG_ENOUGH)
    assert signed_in(therapist).post(path, {"code": shown_code(browser)}).status_code == 302
    assert not is_closed(browser)


def test_b40_a_factor_from_before_ends_all_other_sign_ins_before_it_opens(mara):
    user = user_of(mara)
    secret = with_app(user)
    Authenticator.objects.update(created_at=START.replace(year=2020))
    Recovery.objects.create(user=user, at=START.replace(year=2021))
    thief = signed_in(mara)
    assert is_closed(thief)
    mine = password_in(user)
    mine.post("/account/2fa/authenticate/", {"code": code_now(secret)})
    assert is_in(mine)
    assert not is_closed(mine)
    assert thief.get("/today/").status_code == 302


def test_b60_a_sign_in_that_changed_its_password_stays_listed(mara):
    here = signed_in(mara)
    new = {"oldpassword": PASSWORD, "password1": LONG_ENOUGH, "password2": LONG_ENOUGH}
    here.post("/account/password/change/", new)
    assert [one.session_key for one in SignIn.objects.filter(user=user_of(mara))] == [key_of(here)]


def test_b40_a_code_from_the_mailbox_is_closed_until_the_password_is_typed(mara):
    browser = by_code(user_of(mara))
    assert is_closed(browser)
    assert "Why, and what opens it" in browser.get("/today/").content.decode()
    again(browser)
    assert not is_closed(browser)


def brought_in(person) -> User:
    """As an import makes accounts: no password, an address that is good."""
    user = user_of(person)
    user.set_unusable_password()
    user.save()
    return user


def test_b40_a_first_password_chosen_after_a_code_from_the_mailbox_opens_nothing(mara):
    user = brought_in(mara)
    browser = by_code(user)
    browser.post("/account/password/set/", {"password1": LONG_ENOUGH, "password2": LONG_ENOUGH})
    assert user_of(mara).check_password(LONG_ENOUGH)
    assert is_closed(browser)
    again(browser, LONG_ENOUGH)
    assert is_closed(browser)
    assert is_closed(password_in(user, Browser(), LONG_ENOUGH))


def test_b40_a_first_factor_added_after_a_code_from_the_mailbox_opens_nothing(mara):
    user = brought_in(mara)
    browser = by_code(user)
    secret = browser.get("/account/2fa/totp/activate/").context["form"].secret
    browser.post("/account/2fa/totp/activate/", {"code": code_now(secret)})
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    assert is_closed(browser)
    Recovery.objects.get(user=user, settled_at=None)
    browser.post("/account/2fa/reauthenticate/", {"code": code_now(secret, time.time() + 30)})
    assert is_closed(browser)
    later = by_code(user)
    later.post("/account/2fa/authenticate/", {"code": RecoveryCodes.activate(user).get_unused_codes()[0]})
    assert is_in(later)
    assert is_closed(later)


def test_b40_a_passkey_added_after_a_code_from_the_mailbox_opens_nothing(mara):
    user = brought_in(mara)
    browser = by_code(user)
    device = Device()
    added = add(browser, device)
    assert added.status_code == 302
    assert Authenticator.objects.filter(user=user, type="webauthn").exists()
    assert is_closed(browser)
    later = Browser()
    assert enter(later, device.sign(asked_at_the_door(later)))
    assert is_closed(later)


def test_b40_an_address_changed_after_a_code_from_the_mailbox_opens_nothing(mara):
    user = brought_in(mara)
    browser = by_code(user)
    browser.post("/account/email/", {"email": "elsewhere@example.org", "action_add": ""})
    code = re.search(r"\b\d{6}\b", mail.outbox[-1].body).group()
    browser.post("/account/confirm-email/", {"code": code})
    assert user_of(mara).email == "elsewhere@example.org"
    assert is_closed(browser)
    assert Recovery.objects.filter(user=user, settled_at=None).exists()


def test_b40_another_password_by_the_old_one_closes_nothing(mara):
    browser = by_code(user_of(mara))
    new = {"oldpassword": PASSWORD, "password1": LONG_ENOUGH, "password2": LONG_ENOUGH}
    browser.post("/account/password/change/", new)
    assert not Recovery.objects.exists()
    assert not is_closed(password_in(user_of(mara), Browser(), LONG_ENOUGH))


def test_b40_ordinary_sign_ins_are_open(mara):
    assert not is_closed(password_in(user_of(mara)))
    assert not is_closed(signed_in(mara))


def test_b40_staff_read_that_their_work_is_open_and_clients_that_their_therapist_opens_it(practice, mara):
    member = make_member(practice)
    work, therapist = "What you work with as staff is not closed.", "<li>Your therapist, once you have met"
    for who, is_staff in ((member, True), (mara, False)):
        said = got_back(user_of(who)).get("/account/closed/").content.decode()
        assert (work in said, therapist in said) == (is_staff, not is_staff)
        assert ("Where you are a client, your therapist there" in said) == is_staff
    said = by_code(user_of(member)).get("/account/closed/").content.decode()
    assert work in said


def test_b40_staff_are_not_closed_but_still_need_their_second_step(practice, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    member = make_member(practice)
    browser = got_back(user_of(member))
    assert browser.get("/desk/").url.startswith("/account/2fa/")
