"""A push service on this machine, by HTTPS, that answers as told and keeps what it took; and browsers for it."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from practice.channels import push
from practice.channels.base import Device
from practice.channels.wire import Wire


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Phone:
    """A browser's side of a subscription: it can open what was sealed for it."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"sixteen bytes 16"

    @property
    def subscription(self) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "keys": {"p256dh": b64(point), "auth": b64(self.secret)}}

    @property
    def device(self) -> Device:
        return Device(uuid.uuid4(), json.dumps(self.subscription))

    def opened(self, sealed: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(sealed, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return json.loads(plain)


@dataclass
class Pushed:
    path: str
    headers: Message
    body: bytes


class PushServer(ThreadingHTTPServer):
    """``answers``: a path's status, or words such as "hang" and "redirect"; 201 otherwise."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.certificate = make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: dict[str, Any] = {}
        self.taken: list[Pushed] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def phone(self, path: str = "/one") -> Phone:
        return Phone(f"https://localhost:{self.server_address[1]}{path}")

    def carrier(self, **timing: float) -> push.Push:
        return push.Push(Wire(trust=str(self.certificate), **timing))  # type: ignore[arg-type]

    def handle_error(self, request: Any, address: Any) -> None:
        """Who hung up has hung up."""


class _Line(BaseHTTPRequestHandler):
    server: PushServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.answers.get(self.path, 201)
        if answer == "hang":
            time.sleep(30)
            return
        if answer == 201:
            self.server.taken.append(Pushed(self.path, self.headers, body))
        self.send_response(307 if answer == "redirect" else answer)
        if answer == "redirect":
            self.send_header("Location", "/elsewhere")
        if answer == 429:
            self.send_header("Retry-After", "33")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *words: object) -> None:
        """Tests say what matters."""


def make_certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate of this machine's own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    return path


@pytest.fixture
def push_server(tmp_path: Path, settings: Any) -> Iterator[PushServer]:
    settings.ATTUNE_VAPID_KEY = push.fresh_key()
    settings.ATTUNE_PUSH_HOSTS = ["localhost"]
    settings.ATTUNE_LOCAL_PROVIDERS = True
    server = PushServer(tmp_path)
    yield server
    server.shutdown()
    server.server_close()
