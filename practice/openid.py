"""OpenID Connect with a provider that a practice names: where it is, sending people there, and what it says of them.

The flow is the code flow with PKCE, through django-allauth's client and its store of states. What that leaves open is
closed here: the provider's own document must name the very issuer that was configured; each of its addresses must be
an outside one; and an id token counts only with a signature by one of the provider's published keys, of an asymmetric
kind, for us, with the nonce of this very journey. Everything is fetched through :mod:`practice.outside`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from practice import outside, serving

WELL_KNOWN = "/.well-known/openid-configuration"
#: Signatures that only the provider can make: never one that our own secret, or nothing, could make as well.
SIGNED_WITH = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
#: Clocks differ by so many seconds; a token is no older than that when it comes, besides.
LEEWAY, FRESH = 60, 600
#: For one answer of a provider, and for all of it, however slowly it talks.
ONE_ANSWER, ALTOGETHER = 5.0, 8.0
LONGEST_TOKEN = 64 * 1024
#: So many of a process's threads may wait for providers at once, and whoever finds no room waits so many seconds for
#: it: a provider that is stuck leaves the others free to serve pages.
AT_ONCE, ROOM_SECONDS = serving.threads // 2, 1.0
_room = threading.BoundedSemaphore(AT_ONCE)


class Trouble(Exception):
    """The provider, or what came in its name, is not to be believed. ``code`` is for the log and names nobody."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Places:
    """The provider's own addresses, as they were when a journey began: it ends at the same ones."""

    issuer: str
    authorize: str
    token: str
    keys: str
    #: Whether the client signs in there with its secret in the header, as opposed to in the form.
    basic: bool


@dataclass(frozen=True)
class Journey:
    """What is kept of somebody who was sent to the provider until they are back."""

    places: Places
    nonce: str
    verifier: str
    began: float

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Journey:
        return cls(**{**kept, "places": Places(**kept["places"])})


class CarefulAdapter(DefaultSocialAccountAdapter):
    """Everything that django-allauth asks a provider for goes outside, and only there."""

    def get_requests_session(self) -> requests.Session:
        return session()


def session() -> requests.Session:
    """Return a session that leads outside only, follows nothing, and ends in time."""
    made, watch = requests.Session(), outside.Watch()
    outside.pin(made, watch)
    ask: Callable[..., requests.Response] = made.request

    def asked(*args: Any, **kwargs: Any) -> requests.Response:
        if not connection.in_atomic_block:
            connection.close()  # others may have it meanwhile
        if not _room.acquire(timeout=ROOM_SECONDS):
            raise requests.ConnectionError("too many wait for providers")
        try:
            with watch.within(ALTOGETHER):
                return ask(*args, **{**kwargs, "timeout": ONE_ANSWER})
        finally:
            _room.release()

    made.request = asked  # type: ignore[method-assign]
    return made


# ── where the provider is ──


def places(issuer: str) -> Places:
    """Read the provider's document. Raises :class:`Trouble`."""
    said = _json(issuer.rstrip("/") + WELL_KNOWN, "document")
    if said.get("issuer") != issuer:
        raise Trouble("another issuer")
    found = {name: str(said.get(f"{name}") or "") for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    for url in found.values():
        if not _may_lead_to(url):
            raise Trouble("an address that is none")
    if "code" not in said.get("response_types_supported", ["code"]):
        raise Trouble("no code flow")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_post" not in methods
    return Places(issuer, found["authorization_endpoint"], found["token_endpoint"], found["jwks_uri"], basic)


def _may_lead_to(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ({"https", "http"} if settings.ATTUNE_LOCAL_PROVIDERS else {"https"})
            and bool(parts.hostname)
            and not parts.username
            and not parts.fragment
        )
    except ValueError:
        return False


def _json(url: str, what: str) -> dict[str, Any]:
    try:
        with session() as made:
            answer = made.get(url, headers={"Accept": "application/json"})
        said = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, OSError, ValueError, RecursionError):
        raise Trouble(f"no {what}") from None
    if not isinstance(said, dict):
        raise Trouble(f"no {what}")
    return said


def text_at(url: str) -> str:
    """Return the text of a page outside, empty where there is none."""
    try:
        with session() as made:
            answer = made.get(url)
            return answer.text if answer.status_code == 200 else ""
    except (requests.RequestException, OSError, ValueError):
        return ""


# ── there and back ──


def set_out(found: Places) -> Journey:
    """Begin a journey, with a nonce and a verifier of its own."""
    verifier = generate_code_challenge()["code_verifier"]
    return Journey(found, secrets.token_urlsafe(32), verifier, time.time())


def address(journey: Journey, *, client_id: str, back: str, state: str, again: bool = False, acr: str = "") -> str:
    """Return where the browser goes. ``again``: the provider must ask for a sign-in, however lately there was one."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": back,
        "scope": "openid email profile",
        "state": state,
        "nonce": journey.nonce,
        "code_challenge": _challenge(journey.verifier),
        "code_challenge_method": "S256",
    }
    if again:
        asked |= {"prompt": "login", "max_age": "0"}
    if acr:
        asked["acr_values"] = acr
    there = journey.places.authorize
    return f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def claims(request: HttpRequest, journey: Journey, code: str, *, client_id: str, secret: str, back: str) -> dict:
    """Exchange the code, and return what the provider says of whoever came back. Raises :class:`Trouble`."""
    client = OAuth2Client(
        request, client_id, secret, "POST", journey.places.token, back, basic_auth=journey.places.basic
    )
    try:
        said = client.get_access_token(code, pkce_code_verifier=journey.verifier)
    except (OAuth2Error, requests.RequestException, OSError, ValueError, KeyError, RecursionError):
        raise Trouble("no token") from None
    token = said.get("id_token") if isinstance(said, dict) else None
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise Trouble("no id token")
    return believed(token, journey, client_id)


def believed(token: str, journey: Journey, client_id: str) -> dict[str, Any]:
    """Return the claims of an id token that is the provider's, for us and for this journey. Raises :class:`Trouble`."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in SIGNED_WITH:
            raise Trouble("signature of another kind")
        key = _key(_json(journey.places.keys, "keys"), header.get("kid"), algorithm)
        said = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=client_id,
            issuer=journey.places.issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
    except jwt.PyJWTError as error:
        raise Trouble(f"id token: {type(error).__name__}") from None
    except (TypeError, ValueError, KeyError, AttributeError):
        raise Trouble("id token: broken") from None
    _is_ours(said, journey, client_id)
    return said


def _key(published: dict[str, Any], kid: Any, algorithm: str) -> Any:
    """Return the one published key that may have signed. Without a name in the token there must be only one."""
    rows = published.get("keys")
    fitting = [
        one
        for one in (rows if isinstance(rows, list) else [])
        if isinstance(one, dict)
        and one.get("kty") == _kind(algorithm)
        and one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and (kid is None or one.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise Trouble("no such key")
    public = {name: value for name, value in fitting[0].items() if name != "d"}
    key = jwt.PyJWK.from_dict(public, algorithm=algorithm)
    if getattr(key.key, "key_size", 4096) < (2048 if key.key_type == "RSA" else 256) and key.key_type != "OKP":
        raise Trouble("a short key")
    return key.key


def _kind(algorithm: str) -> str:
    return {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}[algorithm[:2]]


def _is_ours(said: dict[str, Any], journey: Journey, client_id: str) -> None:
    if not hmac.compare_digest(str(said["nonce"]).encode(), journey.nonce.encode()):
        raise Trouble("another nonce")
    audience = said["aud"]
    if (isinstance(audience, list) and len(audience) > 1 and "azp" not in said) or said.get(
        "azp", client_id
    ) != client_id:
        raise Trouble("for somebody else")
    if not isinstance(said["sub"], str) or not 0 < len(said["sub"]) <= 255:
        raise Trouble("no subject")
    if not isinstance(said["iat"], int | float) or time.time() - said["iat"] > FRESH:
        raise Trouble("an old token")


def was_asked_again(said: dict[str, Any], journey: Journey) -> bool:
    """Tell whether the provider asked for a sign-in on this journey: it says when, and that is not before it began."""
    at = said.get("auth_time")
    if isinstance(at, bool) or not isinstance(at, int | float):
        return False
    return journey.began - LEEWAY <= at <= time.time() + LEEWAY
