"""Staff sign in through their practice's provider: over real HTTP, to a provider on this machine that can forge."""

from __future__ import annotations

import datetime
import html
import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from clients import calendar_links
from clients.models import StaffCalendar
from practice import inviting, openid, outside, single_sign_on, still_here, tenancy, two_people, vault
from practice.local import openid_provider
from practice.local.openid_provider import CLIENT, KEY_NAME, SECRET, Provider
from practice.models import (
    AccessToken,
    AccountEvent,
    AuditEvent,
    Membership,
    ProviderLink,
    SignInDoor,
    SingleSignOn,
    TwoPersonAct,
    User,
)
from tests import pages
from tests.factories import inside, make_client, make_member, make_practice, signed_in, user_of
from tests.practice.test_signing_in import again, code_now, got_back, password_in, with_app

pytestmark = pytest.mark.django_db

HERE = "/desk/practice/single-sign-on/"
DOMAIN = "linden.example"


@pytest.fixture
def provider() -> Iterator[Provider]:
    one = Provider()
    server = openid_provider.serve(one)
    yield one
    server.shutdown()
    server.server_close()


@contextmanager
def case(name: str) -> Iterator[None]:
    """Name the cell of a loop that fails."""
    try:
        yield
    except BaseException as error:
        error.add_note(name)
        raise


def claims(who: str, **more: Any) -> dict[str, Any]:
    return {"email": f"{who}@{DOMAIN}", "email_verified": True, "name": f"{who.title()} Lund", **more}


def said(provider: Provider, **changes: Any) -> dict[str, Any]:
    """What an owner types."""
    return {
        "issuer": provider.issuer,
        "application_id": CLIENT,
        "client_secret": SECRET,
        "domains": DOMAIN,
        "lets_in_as": "",
        "claim": "",
        "mapping": "",
        "factor_acr": "",
        **changes,
    }


def configure(practice, provider: Provider, **changes: Any) -> SingleSignOn:
    """Have it on, as it is after an owner has tried it."""
    with inside(practice):
        config = single_sign_on.own() or SingleSignOn()
        fields = {
            "issuer": provider.issuer, "application_id": CLIENT, "client_secret": SECRET, "domains": [DOMAIN],
            "tried_at": datetime.datetime.now(datetime.UTC), "on_since": datetime.datetime.now(datetime.UTC),
            **changes,
        }  # fmt: skip
        for name, value in fields.items():
            setattr(config, name, value)
        config.save()
        single_sign_on._show_door(config)
    return config


def linked(practice, config: SingleSignOn, member: Membership, subject: str) -> ProviderLink:
    with inside(practice):
        return single_sign_on._linked(config, member, {"sub": subject})


def member_with(practice, who: str, role: str = "therapist") -> Membership:
    """Somebody with an address in the practice's domain."""
    member = make_member(practice, role, f"{who.title()} Lund")
    User.objects.filter(pk=member.user_id).update(email=f"{who}@{DOMAIN}")
    EmailAddress.objects.filter(user_id=member.user_id).update(email=f"{who}@{DOMAIN}")
    return member


def onward(response) -> str:
    """Where the page leads that a journey begins with."""
    assert response.status_code == 200, response
    found = re.search(r'id="onward" href="([^"]+)"', response.content.decode())
    assert found, response.content.decode()
    return html.unescape(found[1])


def at_provider(provider: Provider, there: str, person: str) -> str:
    """Sign in there as somebody; return the path that the browser is sent back to."""
    provider.person = person
    answer = requests.get(there, allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def through(provider: Provider, browser: Browser, path: str, person: str, sent: dict[str, str] | None = None):
    """Press the button at ``path``, sign in at the provider, and come back."""
    return browser.get(at_provider(provider, onward(browser.post(path, sent or {})), person))


def door(practice) -> str:
    return f"/sign-in/{practice.slug}/"


def sign_in(provider: Provider, practice, person: str, browser: Browser | None = None):
    browser = browser or Browser()
    return browser, through(provider, browser, door(practice), person)


def is_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.session


def words(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def lines(practice) -> list[tuple[str, str]]:
    with inside(practice):
        return list(AuditEvent.objects.order_by("id").values_list("act", "subject"))


@pytest.fixture
def anna(practice, provider) -> Membership:
    """A therapist who is linked to the subject ``anna``."""
    member = member_with(practice, "anna")
    linked(practice, configure(practice, provider), member, "anna")
    provider.people = {"anna": claims("anna"), "ole": claims("ole"), "eve": claims("eve")}
    return member


# ── coming in ──


def test_whoever_is_linked_comes_in_and_it_stands_in_the_trail(practice, provider, anna):
    browser, answer = sign_in(provider, practice, "anna")
    assert answer.url == "/"
    assert browser.get("/desk/").status_code == 200
    assert ("came in by the provider", "practice_membership") in lines(practice)
    sent = provider.asked[-1]
    assert sent["code_challenge_method"] == "S256"
    assert sent["nonce"]
    assert sent["state"]
    assert sent["scope"].split()[0] == "openid"
    assert sent["redirect_uri"].endswith(f"/sign-in/{practice.slug}/back/")


def test_the_subject_counts_and_not_the_address(practice, provider, anna):
    provider.people["anna"] = claims("ole")  # she has another address there now
    ole = member_with(practice, "ole")
    browser, _answer = sign_in(provider, practice, "anna")
    assert browser.session["_auth_user_id"] == str(anna.user_id) != str(ole.user_id)
    provider.people["other"] = claims("anna")  # somebody else has hers
    browser, answer = sign_in(provider, practice, "other")
    assert answer.status_code == 403
    assert not is_in(browser)


def test_an_equal_address_links_nothing_whoever_has_it(practice, provider, anna, neighbour):
    mara = make_client(practice, "Mara")
    User.objects.filter(pk=mara.user_id).update(email=f"mara@{DOMAIN}")
    member_with(practice, "ole")
    member_with(neighbour, "nora")
    for who in ("ole", "nora", "mara"):
        provider.people[who] = claims(who)
        with case(who):
            browser, answer = sign_in(provider, practice, who)
            assert answer.status_code == 403
            assert not is_in(browser)
            assert "Nobody here is linked" in words(answer)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"email": "anna@elsewhere.example"}, "its own domains"),
        ({"email": f"anna@sub.{DOMAIN}"}, "its own domains"),
        ({"email": f"anna@{DOMAIN}.evil.example"}, "its own domains"),
        ({"email": f"anna@evil.example@{DOMAIN}"}, "has proved your e-mail"),
        ({"email_verified": False}, "has proved your e-mail"),
        ({"email_verified": None}, "has proved your e-mail"),
        ({"email": ["anna@linden.example"]}, "has proved your e-mail"),
    ],
)
def test_the_rule_of_domains_holds_at_each_sign_in(practice, provider, anna, changes, told):
    provider.people["anna"] = claims("anna") | changes
    browser, answer = sign_in(provider, practice, "anna")
    assert answer.status_code == 403
    assert not is_in(browser)
    assert told in words(answer)


# ── what is not believed ──


def other_key() -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


FORGED: dict[str, Any] = {
    "for another client": {"aud": "another"},
    "for several, and not first of all for us": {"aud": [CLIENT, "another"]},
    "given to another client": {"azp": "another"},
    "of another issuer": {"iss": "https://issuer.example"},
    "run out": {"exp": int(time.time()) - 3600},
    "old": {"iat": int(time.time()) - 7200},
    "of another journey": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "without a subject": {"sub": None},
    "with a subject that is no text": {"sub": 7},
}


def unsigned(token: dict[str, Any]) -> str:
    return jwt.encode(token, None, algorithm="none")


def test_a_token_that_is_not_the_providers_for_us_and_for_this_journey_opens_nothing(practice, provider, anna):
    for name, changes in FORGED.items():
        provider.forge = lambda token, changes=changes: {
            key: value for key, value in (token | changes).items() if value is not None
        }
        with case(name):
            browser, answer = sign_in(provider, practice, "anna")
            assert answer.status_code == 403
            assert not is_in(browser)
            assert "can not be trusted" in words(answer)
    provider.forge = lambda token: token
    public = json.dumps(provider.keys()["keys"][0])
    stranger = other_key()
    signed: dict[str, Any] = {
        "without a signature": unsigned,
        "with our own secret": lambda token: jwt.encode(token, SECRET * 2, "HS256", {"kid": KEY_NAME}),
        "with the public key as a secret": lambda token: hmac_with(public, token),
        "by another key": lambda token: provider.signed(token, key=stranger),
        "by a key that is not published": lambda token: provider.signed(token, key=stranger, name="other"),
        "with a key of its own": lambda token: jwt.encode(
            token, stranger, "RS256", {"jwk": jwt.algorithms.RSAAlgorithm.to_jwk(stranger.public_key(), as_dict=True)}
        ),
        "no token": lambda token: "not.a.token",
        "a very long one": lambda token: "a" * 100_000,
    }
    for name, forge in signed.items():
        provider.token = forge
        with case(name):
            browser, answer = sign_in(provider, practice, "anna")
            assert answer.status_code == 403
            assert not is_in(browser)
    provider.token = None
    assert is_in(sign_in(provider, practice, "anna")[0])


def hmac_with(key: str, token: dict[str, Any]) -> str:
    """As somebody signs who hopes that the public key is taken for a secret; the library itself would not help."""
    import base64
    import hashlib
    import hmac

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    signing = part({"alg": "HS256", "typ": "JWT", "kid": KEY_NAME}) + b"." + part(token)
    made = hmac.new(key.encode(), signing, hashlib.sha256).digest()
    return (signing + b"." + base64.urlsafe_b64encode(made).rstrip(b"=")).decode()


def test_who_comes_back_must_have_gone_from_this_browser_and_once(practice, provider, anna):
    mine, other = Browser(), Browser()
    back = at_provider(provider, onward(mine.post(door(practice))), "anna")
    assert other.get(back).status_code == 403
    assert not is_in(other)
    assert mine.get(back).status_code == 302
    assert is_in(mine)
    mine.post("/account/logout/")
    assert mine.get(back).status_code == 403
    assert not is_in(mine)
    assert mine.get(f"/sign-in/{practice.slug}/back/").status_code == 403
    back = at_provider(provider, onward(mine.post(door(practice))), "anna")
    assert mine.get(back.replace("iss=", "iss=https%3A%2F%2Fevil.example&x=")).status_code == 403
    back = at_provider(provider, onward(mine.post(door(practice))), "anna")
    elsewhere = make_practice("Oak")
    configure(elsewhere, provider)
    assert mine.get(back.replace(practice.slug, elsewhere.slug)).status_code == 403
    assert not is_in(mine)


def test_a_document_that_names_another_issuer_or_leads_nowhere_is_not_followed(practice, provider, anna, settings):
    for changes in (
        {"issuer": "https://issuer.example"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": "http://user@127.0.0.1/keys"},
        {"authorization_endpoint": ""},
    ):
        provider.document = lambda about, changes=changes: about | changes
        with case(str(changes)):
            assert Browser().post(door(practice)).status_code == 403
    provider.document = lambda about: about
    settings.ATTUNE_LOCAL_PROVIDERS = False  # as in life: nobody of our own house is asked
    with pytest.raises(openid.Trouble):
        openid.places(provider.issuer)
    with pytest.raises(outside.NotOutside):
        outside.check_url(provider.issuer)


def test_a_broken_provider_locks_no_owner_out(practice, provider, anna, owner):
    User.objects.filter(pk=owner.user_id).update(email=f"olu@{DOMAIN}")
    EmailAddress.objects.filter(user_id=owner.user_id).update(email=f"olu@{DOMAIN}")
    configure(practice, provider, required=True, issuer="http://127.0.0.1:9")
    answer = Browser().post(door(practice))
    assert answer.status_code == 403
    assert "could not be reached" in words(answer)
    browser = password_in(user_of(owner))
    assert browser.get("/desk/").status_code == 200
    again(browser)
    assert browser.post(f"{HERE}switch/", {"on": "0"}).status_code == 302
    with inside(practice):
        assert single_sign_on.own().on_since is None
    assert not SignInDoor.objects.exists()
    assert Browser().get(door(practice)).status_code == 404


# ── what it reaches ──


def test_it_reaches_this_practice_as_staff_and_nothing_else_of_the_account(practice, provider, anna, neighbour):
    with inside(neighbour):
        Membership.objects.create(user_id=anna.user_id, role="owner", name="Anna")
    third = make_practice("Where she is a client")
    client = make_client(third, "Anna")
    with inside(third):
        type(client).objects.filter(pk=client.pk).update(user_id=anna.user_id)
    browser, _answer = sign_in(provider, practice, "anna")
    assert browser.get("/").url == "/desk/"
    assert browser.get("/today/").status_code == 404
    assert browser.get("/desk/practice/").status_code == 404  # hers elsewhere, not here
    for path in (
        "/choose/", "/account/email/", "/account/password/change/", "/account/password/set/", "/account/2fa/",
        "/account/2fa/totp/activate/", "/account/sign-ins/", "/account/providers/", "/join/team/x/",
    ):  # fmt: skip
        with case(path):
            assert browser.get(path).url == "/account/provider/limits/"
            assert browser.post(path, {"practice": str(neighbour.pk)}).url == "/account/provider/limits/"
    session = browser.session
    session["practice"] = str(neighbour.pk)
    session.save()
    assert browser.get("/desk/practice/").status_code == 404
    own = password_in(user_of(anna))
    assert own.get("/").url == "/choose/"


def test_an_ended_link_and_a_switched_off_provider_end_what_came_through_them(practice, provider, anna, owner):
    browser, _answer = sign_in(provider, practice, "anna")
    desk = signed_in(owner)
    again(desk)
    with inside(practice):
        link = ProviderLink.objects.get()
    assert desk.post(f"{HERE}links/{link.pk}/end/").status_code == 302
    assert browser.get("/desk/").status_code == 404
    assert sign_in(provider, practice, "anna")[1].status_code == 403
    assert AccountEvent.objects.filter(user_id=anna.user_id, what="unlinked").exists()
    with inside(practice):
        link.refresh_from_db()
        ProviderLink.objects.filter(pk=link.pk).update(ended_at=None)
    browser, _answer = sign_in(provider, practice, "anna")
    assert browser.get("/desk/").status_code == 200
    desk.post(f"{HERE}switch/", {"on": "0"})
    assert browser.get("/desk/").status_code == 404


def test_where_it_is_required_a_password_opens_everything_but_this_practice(practice, provider, anna, neighbour):
    ole = member_with(practice, "ole")
    far = make_member(practice, "therapist", "Far")  # an address of another domain
    with inside(neighbour):
        Membership.objects.create(user_id=ole.user_id, role="therapist", name="Ole")
    configure(practice, provider, required=True)
    browser = password_in(user_of(ole))
    assert browser.get("/").url == "/desk/"
    browser.post("/choose/", {"practice": str(practice.pk)})
    assert browser.get("/desk/").wsgi_request.practice.pk == neighbour.pk
    assert password_in(user_of(far)).get("/desk/").status_code == 200
    alone = password_in(user_of(anna))
    assert alone.get("/desk/").status_code == 404
    assert "through its own provider" in words(alone.get("/"))
    User.objects.filter(pk=anna.user_id).update(email="anna@elsewhere.example")
    EmailAddress.objects.filter(user_id=anna.user_id).update(email="anna@elsewhere.example")
    moved = password_in(user_of(anna))
    assert moved.get("/desk/").status_code == 404  # another address is no way around
    again(moved)
    assert moved.post(f"/account/providers/{practice.pk}/end/").status_code == 404  # and neither is ending the link


# ── a second step ──


def test_attune_asks_for_its_own_second_step_unless_the_provider_shows_one_and_that_counts(
    practice, provider, anna, settings
):
    settings.STAFF_NEED_SECOND_FACTOR = True
    secret = with_app(user_of(anna))
    browser, answer = sign_in(provider, practice, "anna")
    assert answer.url == "/account/2fa/authenticate/"
    assert not is_in(browser)
    browser.post("/account/2fa/authenticate/", {"code": code_now(secret)})
    assert browser.get("/desk/").status_code == 200
    provider.people["anna"] = claims("anna", amr=["pwd", "mfa"])
    assert sign_in(provider, practice, "anna")[1].url == "/account/2fa/authenticate/"  # nobody said that it counts
    configure(practice, provider, trusts_factor=True, factor_acr=["two"])
    assert sign_in(provider, practice, "anna")[1].url == "/"
    assert provider.asked[-1]["acr_values"] == "two"
    for shown, there in (
        ({"amr": ["pwd"]}, "/account/2fa/authenticate/"), ({"acr": "one"}, "/account/2fa/authenticate/"),
        ({"amr": "mfa"}, "/account/2fa/authenticate/"), ({"acr": "two"}, "/"),
    ):  # fmt: skip
        provider.people["anna"] = claims("anna", **shown)
        with case(str(shown)):
            assert sign_in(provider, practice, "anna")[1].url == there


def test_no_second_step_is_set_up_in_it_and_the_way_to_a_first_one_is_through_the_mailbox(
    practice, provider, anna, settings
):
    settings.STAFF_NEED_SECOND_FACTOR = True
    for password in (user_of(anna).password, "!"):
        User.objects.filter(pk=anna.user_id).update(password=password)
        browser, _answer = sign_in(provider, practice, "anna")
        assert browser.get("/desk/").url == "/account/2fa/?needed=1"
        for path in ("/account/2fa/?needed=1", "/account/2fa/totp/activate/", "/account/2fa/webauthn/add/"):
            with case(path):
                assert browser.get(path).url == "/account/provider/limits/"
                assert browser.post(path, {}).url == "/account/provider/limits/"
        assert "needs a second step" in words(browser.get("/account/provider/limits/"))
    assert not Authenticator.objects.exists()
    own = got_back(user_of(anna))
    assert own.get("/desk/").url == "/account/2fa/?needed=1"
    assert own.get("/account/2fa/?needed=1").status_code == 200


def test_a_fresh_sign_in_is_one_at_the_provider_that_says_when(practice, provider, anna):
    browser, _answer = sign_in(provider, practice, "anna")
    tokens = "/desk/account/tokens/"
    leads = browser.get(tokens).url
    assert leads.startswith("/account/provider/again/")
    page = browser.get(leads)
    assert page.status_code == 200

    def once_more(person: str = "anna"):
        return through(provider, browser, "/account/provider/again/", person, {"next": tokens})

    provider.forge = lambda token: {key: value for key, value in token.items() if key != "auth_time"}
    assert once_more().status_code == 403
    provider.forge = lambda token: token | {"auth_time": int(time.time()) - 3600}
    assert once_more().status_code == 403
    provider.forge = lambda token: token
    assert once_more("ole").status_code == 403
    assert browser.get(tokens).status_code == 302
    assert once_more().url == tokens
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert browser.get(tokens).status_code == 200


def test_it_leads_nowhere_else_afterwards(practice, provider, anna):
    browser, _answer = sign_in(provider, practice, "anna")
    for then in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"):
        with case(then):
            assert through(provider, browser, "/account/provider/again/", "anna", {"next": then}).url == "/"


# ── linking ──


def test_the_owner_of_an_account_links_it_after_a_fresh_sign_in(practice, provider, anna):
    ole = member_with(practice, "ole")
    browser = signed_in(ole)
    assert browser.post(f"/account/providers/{practice.pk}/link/").url.startswith("/account/reauthenticate/")
    again(browser)
    assert "Not linked" in words(browser.get("/account/providers/"))
    answer = through(provider, browser, f"/account/providers/{practice.pk}/link/", "anna")
    assert answer.status_code == 403
    assert "Somebody else" in words(answer)
    answer = through(provider, browser, f"/account/providers/{practice.pk}/link/", "ole")
    assert answer.url == "/account/providers/"
    assert AccountEvent.objects.filter(user_id=ole.user_id, what="linked").exists()
    mine, _answer = sign_in(provider, practice, "ole")
    assert mine.session["_auth_user_id"] == str(ole.user_id)
    assert browser.post(f"/account/providers/{practice.pk}/end/").url == "/account/providers/"
    assert sign_in(provider, practice, "ole")[1].status_code == 403


def test_a_journey_to_link_ends_with_whoever_began_it(practice, provider, anna):
    ole = member_with(practice, "ole")
    browser = signed_in(ole)
    again(browser)
    there = onward(browser.post(f"/account/providers/{practice.pk}/link/"))
    kept = browser.session["socialaccount_states"]
    other = password_in(user_of(anna))
    again(other)
    session = other.session
    session["socialaccount_states"] = kept
    session.save()
    assert other.get(at_provider(provider, there, "eve")).status_code == 403
    with inside(practice):
        assert ProviderLink.objects.count() == 1


def test_nobody_links_where_they_do_not_work(practice, provider, anna, neighbour):
    for who in (make_member(neighbour), make_client(practice, "Mara")):
        browser = signed_in(who)
        again(browser)
        assert browser.post(f"/account/providers/{practice.pk}/link/").status_code == 404
    ole = member_with(practice, "ole")
    with inside(practice):
        configured = single_sign_on.own()
        Membership.objects.filter(pk=ole.pk).update(ended_at=datetime.datetime.now(datetime.UTC))
        with pytest.raises(single_sign_on.Refused):
            single_sign_on.link(configured, user_of(ole), claims("ole", sub="ole"))


# ── invitations, and people without one ──


def invited(practice, owner, who: str, role: str = "therapist") -> str:
    with inside(practice):
        one = inviting.invite(name=f"{who.title()} Lund", email=f"{who}@{DOMAIN}", role=role, by=owner)
        return pages.path_of(inviting.link(one))


def test_an_invitation_is_accepted_by_whom_the_provider_vouches_for(practice, provider, anna, owner):
    path = invited(practice, owner, "eve")
    browser = Browser()
    assert f"{path}provider/" in browser.get(path).content.decode()
    answer = through(provider, browser, f"{path}provider/", "ole")
    assert answer.status_code == 403
    assert not is_in(browser)
    answer = through(provider, browser, f"{path}provider/", "anna")
    assert answer.status_code == 403
    answer = through(provider, browser, f"{path}provider/", "eve")
    assert answer.url == "/"
    assert browser.get("/desk/").status_code == 200
    user = User.objects.get(email=f"eve@{DOMAIN}")
    assert not user.has_usable_password()
    assert is_in(sign_in(provider, practice, "eve")[0])
    assert Browser().post(f"{path}provider/").status_code == 404


def test_an_invitation_takes_no_account_over(practice, provider, anna, owner, neighbour):
    eve = member_with(neighbour, "eve")
    path = invited(practice, owner, "eve")
    assert "provider/" not in Browser().get(path).content.decode()
    browser = Browser()
    answer = through(provider, browser, f"{path}provider/", "eve")
    assert answer.status_code == 403
    assert not is_in(browser)
    with inside(practice):
        assert not Membership.objects.filter(user_id=eve.user_id).exists()


def test_people_without_an_invitation_come_in_only_where_an_owner_says_so_and_with_a_proved_domain(
    practice, provider, anna, owner
):
    assert sign_in(provider, practice, "eve")[1].status_code == 403
    configure(practice, provider, lets_in_as="coordinator")  # nobody has proved the domain
    assert sign_in(provider, practice, "eve")[1].status_code == 403
    assert not User.objects.filter(email=f"eve@{DOMAIN}").exists()
    configure(practice, provider, lets_in_as="coordinator", proved=[DOMAIN])
    mail.outbox.clear()
    browser, answer = sign_in(provider, practice, "eve")
    assert answer.url == "/account/confirm-email/"
    assert not is_in(browser)
    [letter] = [one for one in mail.outbox if one.to == [f"eve@{DOMAIN}"]]
    code = re.search(r"\b\d{6}\b", letter.body)[0]
    browser.post("/account/confirm-email/", {"code": code})
    assert browser.get("/desk/").url == "/desk/couples/"
    assert browser.get("/account/email/").url == "/account/provider/limits/"
    with inside(practice):
        assert Membership.objects.get(user__email=f"eve@{DOMAIN}").role == "coordinator"
    assert AccountEvent.objects.filter(user_id=owner.user_id, what="team_by_provider").exists()


def test_nobody_learns_whether_an_address_has_an_account(practice, provider, anna, neighbour):
    configure(practice, provider, lets_in_as="coordinator", proved=[DOMAIN])
    ole = member_with(neighbour, "ole")
    known, said_to_known = sign_in(provider, practice, "ole")
    unknown, said_to_unknown = sign_in(provider, practice, "eve")
    assert said_to_known.url == said_to_unknown.url
    first, second = (words(one.get("/account/confirm-email/")) for one in (known, unknown))
    assert first.replace("ole@", "eve@") == second
    with inside(practice):
        assert not Membership.objects.filter(user_id=ole.user_id).exists()
    assert not is_in(known)


def test_the_general_door_looks_at_a_proved_domain_alone(practice, provider, anna, neighbour):
    browser = Browser()
    known, unknown = (browser.post("/sign-in/", {"email": f"{who}@{DOMAIN}"}) for who in ("anna", "nobody"))
    assert known.status_code == unknown.status_code == 422
    configure(practice, provider, proved=[DOMAIN])
    for who in ("anna", "nobody"):
        assert browser.post("/sign-in/", {"email": f"{who}@{DOMAIN}"}).url == door(practice)
    configure(neighbour, provider, proved=[DOMAIN])  # two say that it is theirs: it leads to neither
    assert browser.post("/sign-in/", {"email": f"anna@{DOMAIN}"}).status_code == 422


# ── groups and roles ──

MAPPING = [["office", "coordinator"], ["therapists", "therapist"], ["leads", "supervisor"]]


def groups(provider: Provider, who: str, *names: str, **more: Any) -> None:
    provider.people[who] = claims(who, groups=list(names), **more)


def role_of(practice, member: Membership) -> str:
    with inside(practice):
        return Membership.objects.get(pk=member.pk).role


def test_groups_give_the_role_at_each_sign_in_and_those_concerned_are_told(practice, provider, anna, owner):
    configure(practice, provider, claim="groups", mapping=MAPPING)
    groups(provider, "anna", "office", "leads", "elsewhere")
    sign_in(provider, practice, "anna")
    assert role_of(practice, anna) == "supervisor"
    assert AccountEvent.objects.filter(user_id=anna.user_id, what="role_by_provider").count() == 1
    assert AccountEvent.objects.filter(user_id=owner.user_id, what="team_by_provider").count() == 1
    assert ("update", "practice_membership") in lines(practice)
    sign_in(provider, practice, "anna")
    assert AccountEvent.objects.filter(user_id=anna.user_id, what="role_by_provider").count() == 1
    configure(practice, provider, claim="realm_access.roles", mapping=MAPPING)
    provider.people["anna"] = claims("anna", realm_access={"roles": ["office"]})
    sign_in(provider, practice, "anna")
    assert role_of(practice, anna) == "coordinator"


def test_whoever_is_in_no_group_any_more_loses_access_by_every_way_in(practice, provider, anna, owner):
    configure(practice, provider, claim="groups", mapping=MAPPING)
    groups(provider, "anna", "therapists")
    browser, _answer = sign_in(provider, practice, "anna")
    own = password_in(user_of(anna))
    assert own.get("/desk/").status_code == 200
    with inside(practice):
        token = AccessToken.objects.create(
            membership=anna, user_id=anna.user_id, name="x", scopes=[], digest="0" * 64,
            expires_at=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1),
        )  # fmt: skip
    groups(provider, "anna", "elsewhere")
    other, answer = sign_in(provider, practice, "anna")
    assert answer.status_code == 403
    assert not is_in(other)
    assert not is_in(browser)
    assert not is_in(own)
    with inside(practice):
        token.refresh_from_db()
    assert token.ended_at is not None
    late = password_in(user_of(anna))
    assert late.get("/desk/").status_code == 404
    again(late)
    assert late.post(f"/account/providers/{practice.pk}/end/").status_code == 404
    assert AccountEvent.objects.filter(user_id=owner.user_id, what="team_by_provider").exists()
    groups(provider, "anna", "therapists")
    assert is_in(sign_in(provider, practice, "anna")[0])
    assert password_in(user_of(anna)).get("/desk/").status_code == 200


def test_too_many_groups_are_not_the_same_as_none(practice, provider, anna):
    configure(practice, provider, claim="groups", mapping=MAPPING)
    provider.people["anna"] = claims("anna", _claim_names={"groups": "src1"})
    _browser, answer = sign_in(provider, practice, "anna")
    assert answer.status_code == 403
    assert "too many" in words(answer)
    with inside(practice):
        assert ProviderLink.objects.get().barred_at is None


def test_groups_make_no_owner_unless_told_and_take_the_last_one_away_never(practice, provider, anna):
    config = configure(practice, provider, claim="groups", mapping=MAPPING)
    owner = member_with(practice, "olu", "owner")
    linked(practice, config, owner, "olu")
    groups(provider, "olu", "office")
    assert is_in(sign_in(provider, practice, "olu")[0])
    assert role_of(practice, owner) == "owner"
    configure(practice, provider, mapping=[*MAPPING, ["bosses", "owner"]])
    assert is_in(sign_in(provider, practice, "olu")[0])
    assert role_of(practice, owner) == "owner"  # the last one
    groups(provider, "anna", "bosses", "office")
    sign_in(provider, practice, "anna")
    assert role_of(practice, anna) == "owner"
    sign_in(provider, practice, "olu")
    assert role_of(practice, owner) == "coordinator"
    groups(provider, "anna")
    _browser, answer = sign_in(provider, practice, "anna")
    assert answer.status_code == 403
    assert role_of(practice, anna) == "owner"
    assert password_in(user_of(anna)).get("/desk/").status_code == 200


def test_nobody_becomes_an_owner_who_came_in_by_the_provider_alone(practice, provider, anna, owner):
    configure(
        practice, provider, lets_in_as="coordinator", proved=[DOMAIN], claim="groups",
        mapping=[["bosses", "owner"], ["leads", "supervisor"]],
    )  # fmt: skip
    for who, names, role in (("eve", ["bosses"], "coordinator"), ("ole", ["bosses", "leads"], "supervisor")):
        groups(provider, who, *names)
        for _time in range(2):
            sign_in(provider, practice, who)
            with case(who), inside(practice):
                assert Membership.objects.get(user__email=f"{who}@{DOMAIN}").role == role


def test_what_two_people_decide_is_neither_asked_for_nor_confirmed_in_it(practice, provider, anna, owner):
    mara = make_client(practice, "Mara")
    linked(practice, configure(practice, provider), owner, "ole")
    second = make_member(practice, "owner", "Una")
    with inside(practice):
        act = two_people.ask("practice_export", by=second, why="Moving house", details={})
    browser, _answer = sign_in(provider, practice, "ole")
    through(provider, browser, "/account/provider/again/", "ole", {"next": "/desk/"})
    for path, sent in (
        (reverse("second_person_act", args=[act.pk]), {"do": "confirm"}),
        (reverse("practice_export"), {"why": "x", "passphrase": "y"}),
        (reverse("retention_record", args=[mara.pk]), {"do": "erase", "erase-why": "x"}),
    ):
        with case(path):
            assert browser.post(path, sent).url == "/account/provider/limits/"
    with inside(practice):
        assert [one.outcome for one in TwoPersonAct.objects.all()] == [""]


def test_whoever_is_barred_stays_so_while_it_is_off_and_under_another_issuer(practice, provider, anna, desk):
    configure(practice, provider, claim="groups", mapping=MAPPING)
    groups(provider, "anna", "elsewhere")
    sign_in(provider, practice, "anna")
    now = {"claim": "groups", "mapping": "therapists = therapist"}

    def is_shut_out() -> bool:
        return password_in(user_of(anna)).get("/desk/").status_code == 404

    assert desk.post(HERE, said(provider, client_secret="another", **now)).url == HERE
    with inside(practice):
        assert not single_sign_on.own().is_on
    assert is_shut_out()
    assert desk.post(HERE, said(provider, issuer=f"{provider.issuer}/other", **now)).url == HERE
    assert is_shut_out()
    with inside(practice):
        link = ProviderLink.objects.get()
    desk.post(f"{HERE}links/{link.pk}/end/")
    assert not is_shut_out()


def test_tokens_and_calendar_links_of_whoever_is_linked_end_with_it(practice, provider, anna, desk):
    def programs() -> tuple[AccessToken, StaffCalendar]:
        with inside(practice):
            token = AccessToken.objects.create(
                membership=anna, user_id=anna.user_id, name="x", scopes=[], digest=uuid.uuid4().hex * 2,
                expires_at=datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1),
            )  # fmt: skip
            row = calendar_links.of_member(anna)
            calendar_links.renew(row)
        return token, row

    def by_hand() -> None:
        with inside(practice):
            link = ProviderLink.objects.get(ended_at=None)
        desk.post(f"{HERE}links/{link.pk}/end/")

    def by_the_groups() -> None:
        linked(practice, configure(practice, provider, claim="groups", mapping=MAPPING), anna, "anna")
        groups(provider, "anna", "elsewhere")
        sign_in(provider, practice, "anna")

    for act in (lambda: desk.post(f"{HERE}switch/", {"on": "0"}), by_hand, by_the_groups):
        token, row = programs()
        act()
        with inside(practice):
            token.refresh_from_db()
            row.refresh_from_db()
        assert token.ended_at is not None
        assert not row.is_on
        configure(practice, provider)
    assert AccountEvent.objects.filter(user_id=anna.user_id, what="tokens_ended").count() == 3


# ── the owner's page ──


@pytest.fixture
def desk(owner) -> Browser:
    browser = signed_in(owner)
    again(browser)
    return browser


def test_it_is_tried_before_it_is_switched_on(practice, provider, desk, owner):
    assert desk.post(HERE, said(provider)).url == HERE
    with inside(practice):
        config = single_sign_on.own()
        assert config.client_secret == SECRET
        assert not config.is_on
    with connection.cursor() as cursor, inside(practice):
        cursor.execute("SELECT client_secret FROM practice_singlesignon")
        assert SECRET.encode() not in bytes(cursor.fetchone()[0])
    desk.post(f"{HERE}switch/", {"on": "1"})
    assert "Try it first" in words(desk.get(HERE))
    provider.people["olu"] = claims("olu", email="olu@elsewhere.example")
    assert through(provider, desk, f"{HERE}try/", "olu").url == HERE
    assert "would not be let in" in words(desk.get(HERE))
    provider.people["olu"] = claims("olu")
    through(provider, desk, f"{HERE}try/", "olu")
    page = desk.get(HERE)
    assert "It works" in words(page)
    assert f"olu@{DOMAIN}" in words(page)
    assert SECRET not in page.content.decode()
    assert "It works" not in words(desk.get(HERE))
    with inside(practice):
        assert not ProviderLink.objects.exists()
    assert Browser().get(door(practice)).status_code == 404
    desk.post(f"{HERE}switch/", {"on": "1"})
    assert Browser().get(door(practice)).status_code == 200
    desk.post(HERE, said(provider, client_secret="", domains=f"{DOMAIN}\noak.example"))
    assert Browser().get(door(practice)).status_code == 200
    desk.post(HERE, said(provider, client_secret="another"))
    assert Browser().get(door(practice)).status_code == 404  # it has to be tried anew


def test_what_makes_no_sense_is_said_beside_its_field(practice, provider, desk):
    for changes, told in (
        ({"issuer": "ftp://x.example"}, "public internet"),
        ({"issuer": f"{provider.issuer}?x=1"}, "issuer alone"),
        ({"client_secret": ""}, "fill this in"),
        ({"domains": "not a domain"}, "is no domain"),
        ({"domains": "\n"}, "fill this in"),
        ({"claim": "groups"}, "said together"),
        ({"claim": "groups", "mapping": "a = boss"}, "not of the form"),
        ({"claim": "groups", "mapping": "therapist"}, "not of the form"),
        ({"lets_in_as": "owner"}, "valid choice"),
    ):
        with case(str(changes)):
            answer = desk.post(HERE, said(provider, **changes))
            assert answer.status_code == 422
            assert told in " ".join(str(errors) for errors in answer.context["form"].errors.values())


def test_a_secret_goes_to_no_other_provider_and_another_issuer_ends_links(practice, provider, anna, desk):
    assert desk.post(HERE, said(provider, issuer=f"{provider.issuer}/other", client_secret="")).status_code == 422
    desk.post(HERE, said(provider, issuer=f"{provider.issuer}/other"))
    with inside(practice):
        assert ProviderLink.objects.get().ended_at is not None
        assert not single_sign_on.own().is_on


def test_only_an_owner_who_came_in_by_their_own_means_says_any_of_this(practice, provider, anna, owner):
    linked(practice, configure(practice, provider), owner, "ole")
    browser, _answer = sign_in(provider, practice, "ole")
    assert browser.get("/desk/practice/").status_code == 200
    assert browser.get(HERE).url == "/account/provider/limits/"
    assert browser.post(f"{HERE}switch/", {"on": "0"}).url == "/account/provider/limits/"
    assert signed_in(anna).get(HERE).status_code == 404
    assert signed_in(owner).get(HERE).url.startswith("/account/reauthenticate/")


def test_a_domain_is_proved_by_a_line_on_it(practice, provider, desk, monkeypatch):
    desk.post(HERE, said(provider))
    monkeypatch.setattr(single_sign_on, "proof_address", lambda domain: f"{provider.issuer}{single_sign_on.PROOF}")
    desk.post(f"{HERE}prove/", {"domain": DOMAIN})
    with inside(practice):
        assert single_sign_on.own().proved == []
        line = single_sign_on.proof_of(practice.pk, DOMAIN)
    assert line in desk.get(HERE).content.decode()
    provider.pages[single_sign_on.PROOF] = f"{line}0\n"
    desk.post(f"{HERE}prove/", {"domain": DOMAIN})
    with inside(practice):
        assert single_sign_on.own().proved == []
    provider.pages[single_sign_on.PROOF] = f"# whose it is\n{line}\n"
    desk.post(f"{HERE}prove/", {"domain": DOMAIN})
    with inside(practice):
        assert single_sign_on.own().proved == [DOMAIN]
    assert desk.post(f"{HERE}prove/", {"domain": "other.example"}).status_code == 404


def test_whoever_leaves_is_linked_no_more(practice, provider, anna, owner):
    from practice import team

    with tenancy.acting(tenancy.as_system(practice.pk)):
        team.leave(anna, to=owner)
    assert sign_in(provider, practice, "anna")[1].status_code == 403
    with inside(practice):
        assert ProviderLink.objects.get().ended_at is not None


def test_what_was_typed_elsewhere_waits_for_another_sign_in(practice, provider, anna):
    browser, _answer = sign_in(provider, practice, "anna")
    for path, status in (("/today/", 302), ("/desk/couples/", 200)):
        session = browser.session
        form = json.dumps({"path": path, "fields": [["words", ["typed for nobody else"]]]})
        user = str(anna.user_id)
        sealed = vault.seal_for_installation(form, f"{still_here.PLACE} {user}")
        session[still_here.KEPT] = {"user": user, "form": sealed, "at": time.time()}
        session.save()
        assert browser.get("/account/kept/").status_code == status, path


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_provider_is_waited_for(provider, monkeypatch):
    """One that is stuck would hold it, and a connection to the database with it."""
    practice = make_practice()
    linked(practice, configure(practice, provider), member_with(practice, "anna"), "anna")
    waiting, ask = [], openid.session

    def session() -> requests.Session:
        waiting.append(connection.in_atomic_block)
        return ask()

    monkeypatch.setattr("practice.openid.session", session)
    browser = Browser()
    came = through(provider, browser, f"/sign-in/{practice.slug}/", "anna")
    assert came.status_code == 302
    assert "_auth_user_id" in browser.session
    assert len(waiting) >= 3, "its document, its token and its keys"
    assert not any(waiting)


def test_who_finds_too_many_waiting_for_providers_is_told_so_at_once(provider, practice, monkeypatch):
    configure(practice, provider)
    monkeypatch.setattr("practice.openid.ROOM_SECONDS", 0)
    for _ in range(openid.AT_ONCE):
        assert openid._room.acquire(blocking=False)
    try:
        assert Browser().post(f"/sign-in/{practice.slug}/").status_code == 403
    finally:
        for _ in range(openid.AT_ONCE):
            openid._room.release()
    assert Browser().post(f"/sign-in/{practice.slug}/").status_code == 200
