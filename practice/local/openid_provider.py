"""An OpenID provider on this machine, for the demo and for tests. Whoever comes chooses who they want to be.

    python -m practice.local.openid_provider [PORT]

It keeps to the rules where a client could break them (PKCE, the redirect's address, the client's secret, codes that
work once), and says what it is told to say: tests forge with it. Nothing of it is for production.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "attune", "a-secret-for-this-machine"
KEY_NAME = "first"

Claims = dict[str, Any]


def people_of_the_demo() -> dict[str, Claims]:
    """Return two people of a practice whose domain is linden.example."""
    return {
        "anna": {
            "name": "Anna Berg", "email": "anna@linden.example", "email_verified": True, "groups": ["therapists"],
        },
        "ole": {"name": "Ole Lund", "email": "ole@linden.example", "email_verified": True, "groups": ["office"]},
    }  # fmt: skip


@dataclass
class Provider:
    """The provider and what it was told to do. ``person``: who everybody is without being asked."""

    port: int = 0
    people: dict[str, Claims] = field(default_factory=people_of_the_demo)
    person: str = ""
    #: Changes the claims, or replaces the whole token, before it leaves.
    forge: Callable[[Claims], Claims] = lambda claims: claims
    token: Callable[[Claims], str] | None = None
    #: Changes the provider's own document.
    document: Callable[[Claims], Claims] = lambda said: said
    #: What was asked of the authorization endpoint, newest last.
    asked: list[dict[str, str]] = field(default_factory=list)
    issuer: str = ""
    #: Other pages by their paths, as plain text.
    pages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, dict[str, str]] = {}

    # ── what it answers ──

    def about(self) -> Claims:
        return self.document(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    def keys(self) -> Claims:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_NAME, "use": "sig", "alg": "RS256"}]}

    def come_in(self, asked: dict[str, str], person: str) -> str:
        """Return where the browser goes with a code for one person."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = {**asked, "person": person, "at": str(time.time())}
        there = asked["redirect_uri"]
        return f"{there}?{urlencode({'code': code, 'state': asked.get('state', ''), 'iss': self.issuer})}"

    def exchange(self, sent: dict[str, str], basic: tuple[str, str]) -> tuple[int, Claims]:
        """Return status and answer of the token endpoint."""
        client = basic if basic[0] else (sent.get("client_id", ""), sent.get("client_secret", ""))
        if client != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        kept = self._codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            kept is None
            or kept["redirect_uri"] != sent.get("redirect_uri")
            or kept.get("code_challenge_method") != "S256"
            or kept.get("code_challenge") != challenge
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": self._token(kept)}

    def _token(self, kept: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": kept["person"],
            "iat": now,
            "exp": now + 300,
            "nonce": kept.get("nonce", ""),
            **({"auth_time": now} if "max_age" in kept else {}),
            **self.people.get(kept["person"], {}),
        }
        claims = self.forge(claims)
        return self.token(claims) if self.token else self.signed(claims)

    def signed(self, claims: Claims, *, key: Any = None, name: str = KEY_NAME) -> str:
        """Return an id token."""
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers={"kid": name})


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            match parts.path:
                case "/.well-known/openid-configuration":
                    self._json(200, provider.about())
                case "/keys":
                    self._json(200, provider.keys())
                case "/authorize" if asked.get("client_id") == CLIENT:
                    self._authorize(asked)
                case page if page in provider.pages:
                    self._answer(200, "text/plain; charset=utf-8", provider.pages[page].encode())
                case _:
                    self._json(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            sent = {name: values[-1] for name, values in parse_qs(body).items()}
            raw = self.headers.get("Authorization", "").removeprefix("Basic ")
            user, _sign, password = base64.b64decode(raw).decode().partition(":")
            self._json(*provider.exchange(sent, (user, password)))

        def _authorize(self, asked: dict[str, str]) -> None:
            person = asked.pop("person", "") or provider.person
            if person:
                provider.asked.append(asked)
                self.send_response(302)
                self.send_header("Location", provider.come_in(asked, person))
                self.end_headers()
                return
            rows = "".join(
                f'<li><a href="?{html.escape(urlencode({**asked, "person": name}))}">'
                f"{html.escape(str(one.get('email', name)))}</a></li>"
                for name, one in provider.people.items()
            )
            page = f'<!doctype html><html lang="en"><title>Provider</title><h1>Who are you?</h1><ul>{rows}</ul></html>'
            self._answer(200, "text/html; charset=utf-8", page.encode())

        def _json(self, status: int, said: Claims) -> None:
            self._answer(status, "application/json", json.dumps(said).encode())

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def serve(provider: Provider) -> ThreadingHTTPServer:
    """Listen on this machine alone, in threads of its own; the caller shuts it down."""
    server = ThreadingHTTPServer(("127.0.0.1", provider.port), _handler(provider))
    server.daemon_threads = True
    provider.port = server.server_address[1]
    provider.issuer = provider.issuer or f"http://127.0.0.1:{provider.port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def main(words: list[str]) -> None:
    provider = Provider(port=int(words[0]) if words else 8030)
    server = serve(provider)
    print(f"Issuer: {provider.issuer}\nClient id: {CLIENT}\nClient secret: {SECRET}\nDomain: linden.example")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1:])
