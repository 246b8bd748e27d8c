"""A device that makes passkeys and signs with them, in software, as a browser hands it on."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client as Browser
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from practice.models import User
from tests.factories import PASSWORD

FLAG = AuthenticatorData.FLAG
HOST = "testserver"
ORIGIN = f"https://{HOST}"


@dataclass
class Device:
    """One passkey. What is said of it may be changed before it signs, to lie with."""

    asks_who: bool = True
    counts: int = 0
    host: str = HOST
    origin: str = ORIGIN
    handle: str = ""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _data(self, flags: FLAG, credential: bytes = b"") -> AuthenticatorData:
        flags |= FLAG.UP | (FLAG.UV if self.asks_who else FLAG(0))
        return AuthenticatorData.create(hashlib.sha256(self.host.encode()).digest(), flags, self.counts, credential)

    def make(self, options: dict[str, Any]) -> str:
        """Answer a page that asks for a new passkey."""
        asked = options["publicKey"]
        self.handle = asked["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        data = self._data(FLAG.AT, AttestedCredentialData.create(bytes(16), self.id, public))
        client = CollectedClientData.create("webauthn.create", asked["challenge"], self.origin)
        made = AttestationObject.create("none", data, {})
        return self._said(client, attestationObject=websafe_encode(made))

    def sign(self, options: dict[str, Any]) -> str:
        """Answer a page that asks for this passkey."""
        data = self._data(FLAG(0))
        client = CollectedClientData.create("webauthn.get", options["publicKey"]["challenge"], self.origin)
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._said(
            client, authenticatorData=websafe_encode(data), signature=websafe_encode(signature), userHandle=self.handle
        )

    def _said(self, client: CollectedClientData, **response: str) -> str:
        name = websafe_encode(self.id)
        words = {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {"credProps": {"rk": True}}}
        return json.dumps({**words, "response": {"clientDataJSON": client.b64, **response}})


def options_of(page: Any, kind: str = "request_options") -> dict[str, Any]:
    """Return what a page asks a device for."""
    said = page.json() if page["Content-Type"] == "application/json" else page.context["js_data"]
    options: dict[str, Any] = json.loads(json.dumps(said[kind], default=_text))
    return options


def _text(value: Any) -> Any:
    return websafe_encode(value) if isinstance(value, bytes) else dict(value)


def add(browser: Browser, device: Device) -> Any:
    """Add a passkey to the account that is signed in."""
    browser.post("/account/reauthenticate/", {"password": PASSWORD})
    options = options_of(browser.get("/account/2fa/webauthn/add/"), "creation_options")
    said = {"name": "my phone", "passwordless": "on", "credential": device.make(options)}
    return browser.post("/account/2fa/webauthn/add/", said)


def asked_at_the_door(browser: Browser) -> dict[str, Any]:
    """Return the challenge for somebody who signs in with nothing but a passkey."""
    return options_of(browser.get("/account/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}))


def enter(browser: Browser, said: str) -> bool:
    """Hand a passkey's answer in at the door; tell whether somebody is signed in then."""
    browser.post("/account/2fa/webauthn/login/", {"credential": said})
    return "_auth_user_id" in browser.session


def handle_of(user: User) -> str:
    """Return what a device knows a user by."""
    from allauth.account.utils import user_pk_to_url_str

    return websafe_encode(user_pk_to_url_str(user).encode())


__all__ = ["Device", "add", "asked_at_the_door", "enter", "handle_of", "options_of"]
