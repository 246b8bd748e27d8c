"""The lines to other machines are encrypted, to a server that proves its name, or there are none."""

from __future__ import annotations

import datetime
import ipaddress
import runpy
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as ours
from django.core.cache.backends.redis import RedisCache
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.exceptions import OperationalError

from practice import celery_config, delivery, lines
from practice.lines import InTheOpen
from practice.models import Message
from tests.practice.carrying import now_of, plan
from tests.practice.mail_server import MailServer, free_port

SETTINGS = str(Path(ours.BASE_DIR) / "practice" / "settings.py")
ELSEWHERE = "elsewhere.example.org"
#: What a start in production needs, all of it encrypted.
GOOD = {
    "ATTUNE_ENV": "production",
    "SECRET_KEY": "qG7wVt2mXc9ZrB4nKd8sLp3yHf6uJa1eTo5iWx0vCbNzRkQhYg-MjDs",
    "ATTUNE_MASTER_KEY": "n3Jm8QpYw2vT6rXc1ZsKd9FbGh4LaUe7Ri5No0Mtq-k=",
    "DATABASE_URL": f"postgresql://attune_login:p%40ss@{ELSEWHERE}:6432/attune",
    "CELERY_BROKER_URL": f"rediss://{ELSEWHERE}:6379/0",
    "ATTUNE_HOSTS": "care.example.org",
    "ATTUNE_URL": "https://care.example.org",
    "EMAIL_HOST": ELSEWHERE,
    "ATTUNE_FROM_EMAIL": "hello@example.org",
}


@pytest.fixture
def started(monkeypatch) -> Callable[..., dict[str, Any]]:
    """Read the settings as a start in production does, with other words in the environment."""

    def start(**words: str) -> dict[str, Any]:
        for name in (
            "DATABASE_OWNER_URL",
            "DATABASE_BACKUP_URL",
            "DATABASE_REPLICA_URL",
            "ATTUNE_CACHE_URL",
            "ATTUNE_SMS_URL",
            "EMAIL_USE_TLS",
        ):
            monkeypatch.delenv(name, raising=False)
        for name, value in (GOOD | words).items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(SETTINGS)

    return start


# ── what a start accepts ─────────────────────────────────────────────────────


def test_b116_every_line_to_another_machine_asks_for_proof_by_itself(started):
    others = ("DATABASE_OWNER_URL", "DATABASE_BACKUP_URL", "DATABASE_REPLICA_URL")
    found = started(**dict.fromkeys(others, GOOD["DATABASE_URL"]))
    proof = {"sslmode": "verify-full", "sslrootcert": "system"}
    assert all(one["OPTIONS"].items() >= proof.items() for one in found["DATABASES"].values())
    assert list(found["DATABASES"]) == ["default", "replica"]
    assert found["DATABASE_OWNER"]["OPTIONS"] == found["DATABASE_BACKUP"]["OPTIONS"] == proof
    place = {key: found["DATABASES"]["default"][key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert place == {
        "NAME": "attune", "USER": "attune_login", "PASSWORD": "p@ss", "HOST": ELSEWHERE, "PORT": "6432",
    }  # fmt: skip
    assert found["EMAIL_USE_TLS"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("DATABASE_URL", f"postgresql://u@{ELSEWHERE}/attune?sslmode={mode}") for mode in (
            "disable", "allow", "prefer", "require")],
        ("DATABASE_OWNER_URL", f"postgresql://u@{ELSEWHERE}/attune?sslmode=require"),
        ("DATABASE_BACKUP_URL", f"postgresql://u@{ELSEWHERE}/attune?sslmode=disable"),
        ("DATABASE_URL", f"postgresql://u@localhost,{ELSEWHERE}/attune?sslmode=disable"),
        ("CELERY_BROKER_URL", f"redis://{ELSEWHERE}:6379/0"),
        ("CELERY_BROKER_URL", f"rediss://{ELSEWHERE}:6379/0?ssl_cert_reqs=none"),
        ("CELERY_BROKER_URL", f"rediss://{ELSEWHERE}:6379/0?ssl_cert_reqs=CERT_OPTIONAL"),
        ("CELERY_BROKER_URL", f"rediss://{ELSEWHERE}:6379/0?ssl_check_hostname=false"),
        ("ATTUNE_CACHE_URL", f"redis://{ELSEWHERE}:6379/1"),
        ("ATTUNE_SMS_URL", f"http://{ELSEWHERE}/sms"),
        ("EMAIL_USE_TLS", "0"),
        ("ATTUNE_SCANNER", f"{ELSEWHERE}:3310"),
    ],
)  # fmt: skip
def test_b116_a_line_that_could_be_listened_to_stops_the_start(started, name, value):
    with pytest.raises(ImproperlyConfigured, match=f"{name}.*ATTUNE_PLAIN_HOSTS|{name} must not"):
        started(**{name: value})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "mine"])
def test_b116_what_stays_on_this_machine_or_was_named_needs_no_proof(started, host):
    found = started(
        ATTUNE_PLAIN_HOSTS="mine, other",
        DATABASE_URL=f"postgresql://u@{host}/attune",
        CELERY_BROKER_URL=f"redis://{host}/0",
        ATTUNE_SMS_URL=f"http://{host}/sms",
        EMAIL_HOST=host.strip("[]"),
        EMAIL_USE_TLS="0",
    )
    assert "sslmode" not in found["DATABASES"]["default"]["OPTIONS"]


def test_b116_a_database_behind_a_socket_is_one_of_this_machine(started):
    found = started(DATABASE_URL="postgresql://u@/attune?host=/run/postgresql")
    assert found["DATABASES"]["default"]["HOST"] == "/run/postgresql"
    assert set(found["DATABASES"]["default"]["OPTIONS"]) == {"pool"}


def test_b116_a_certificate_of_one_s_own_authority_is_taken_as_said():
    asked = {"sslmode": "verify-ca", "sslrootcert": "/etc/ours.pem"}
    assert lines.of_database("X", ELSEWHERE, asked) == asked
    assert lines.of_database("X", ELSEWHERE, {"sslrootcert": "/etc/ours.pem"})["sslrootcert"] == "/etc/ours.pem"
    with pytest.raises(InTheOpen):
        lines.of_database("X", ELSEWHERE, {"sslmode": "require", "sslrootcert": "/etc/ours.pem"})


def test_b116_an_address_that_can_not_be_read_is_refused_without_being_told(started):
    with pytest.raises(ImproperlyConfigured) as refused:
        started(DATABASE_URL="postgresql://u:sec%ret@host/attune")
    assert "sec%ret" not in str(refused.value)


# ── what a server must show ──────────────────────────────────────────────────


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> ssl.SSLContext:
    """The certificate of a server that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@contextmanager
def listening(answer: Callable[[socket.socket, list[bytes]], None]) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers each who connects; what it heard is there afterwards."""
    heard: list[bytes] = []

    def serve(server: socket.socket) -> None:
        while True:
            try:
                line, _address = server.accept()
            except OSError:
                return
            with closing(line), suppress(OSError):
                line.settimeout(5)
                answer(line, heard)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        try:
            yield server.getsockname()[1], heard
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)


def postgres_asks_for_tls(yes: ssl.SSLContext | None) -> Callable[[socket.socket, list[bytes]], None]:
    def answer(line: socket.socket, heard: list[bytes]) -> None:
        line.recv(8)
        line.sendall(b"S" if yes else b"N")
        heard.append((yes.wrap_socket(line, server_side=True) if yes else line).recv(1000))

    return answer


def redis_of(yes: ssl.SSLContext | None) -> Callable[[socket.socket, list[bytes]], None]:
    def answer(line: socket.socket, heard: list[bytes]) -> None:
        heard.append((yes.wrap_socket(line, server_side=True) if yes else line).recv(1000))

    return answer


def test_b116_a_database_without_tls_or_with_a_strange_certificate_hears_nothing(stranger):
    options = lines.of_database("X", ELSEWHERE, {})
    for context, why in ((None, "does not support SSL"), (stranger, "certificate verify failed")):
        with (
            listening(postgres_asks_for_tls(context)) as (port, heard),
            pytest.raises(psycopg.OperationalError, match=why),
        ):
            psycopg.connect(host="127.0.0.1", port=port, user="u", dbname="d", connect_timeout=5, **options)
        assert b"".join(heard) == b""


def test_b116_nor_does_a_broker(stranger):
    for context in (None, stranger):
        with listening(redis_of(context)) as (port, heard):
            url = f"rediss://:secret@127.0.0.1:{port}/0"
            options = {"socket_connect_timeout": 5, "socket_timeout": 5, "max_retries": 1, "interval_start": 0}
            with (
                Connection(url, ssl=lines.of_broker(url), transport_options=options) as broker,
                pytest.raises(OperationalError),
            ):
                broker.default_channel.client.ping()
        # Without TLS the other side hears the first words of TLS, and no word of ours.
        assert b"secret" not in b"".join(heard)
        assert all(one[:1] in (b"", b"\x16") for one in heard), heard


def test_b116_the_worker_s_settings_ask_for_it_wherever_the_address_does():
    assert lines.of_broker("redis://127.0.0.1/0") is None
    assert lines.of_broker("rediss://127.0.0.1/0") == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    assert celery_config.broker_use_ssl == lines.of_broker(celery_config.broker_url)


def test_b116_nor_does_a_cache(stranger):
    import redis

    for context in (None, stranger):
        with listening(redis_of(context)) as (port, heard):
            cache = RedisCache(f"rediss://:secret@127.0.0.1:{port}/0", {"OPTIONS": {"socket_timeout": 5}})
            with pytest.raises(redis.ConnectionError):
                cache.get("anything")
        assert b"secret" not in b"".join(heard)
        assert all(one[:1] in (b"", b"\x16") for one in heard), heard


# ── mail waits ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("troubled", ["stripped", "stranger"])
@pytest.mark.django_db(transaction=True)
def test_b116_mail_waits_where_tls_was_taken_away_or_the_certificate_is_a_stranger_s(
    practice, note, settings, stranger, troubled
):
    server, port = MailServer(), free_port()
    more: dict[str, Any] = {"tls_context": stranger} if troubled == "stranger" else {}
    controller = Controller(server, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        settings.EMAIL_BACKEND = "practice.mail.CarefulBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        settings.EMAIL_USE_TLS = True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "post", "secret"
        message = plan(practice)
        delivery.deliver(seconds=3)
    finally:
        controller.stop()
    assert now_of(message).state == Message.State.PLANNED, "it goes as soon as the line is one"
    assert server.taken == server.raw == []
