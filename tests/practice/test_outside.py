"""Hosts that practices name themselves lead outside: no way into our own house, however it is spelled."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from practice import outside
from tests.practice.mail_server import free_port

INSIDE = [
    str(IPv4Address(0)),
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.5", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2001:db8::1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"]


@pytest.fixture(autouse=True)
def _as_in_production(settings) -> None:
    settings.ATTUNE_LOCAL_PROVIDERS = False


def resolver(monkeypatch, *answers: list[str]) -> list[str]:
    """Let every name have these addresses, another list at each look-up; return the names that were looked up."""
    asked: list[str] = []
    waiting = list(answers)

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def pinned(watch: outside.Watch | None = None) -> requests.Session:
    session = requests.Session()
    outside.pin(session, watch)
    return session


@pytest.mark.parametrize("address", INSIDE)
def test_b134_addresses_inside_are_refused(monkeypatch, address: str):
    resolver(monkeypatch, [address])
    with pytest.raises(outside.NotOutside):
        outside.check("mail.example", 587, ports=outside.MAIL_PORTS)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_let_through(monkeypatch, address: str):
    resolver(monkeypatch, [address])
    assert outside.check("mail.example", 587, ports=outside.MAIL_PORTS) == [address]


@given(st.ip_addresses(v=4).filter(lambda one: not one.is_global))
def test_b134_no_private_address_passes_in_any_wrapping(address):
    wrapped = [
        str(address),
        f"::ffff:{address}",
        str(outside.ipaddress.ip_address(int(outside.NAT64[0]) + int(address))),
    ]
    assert not any(outside.is_public(one) for one in wrapped)


def test_b134_one_inside_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    resolver(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(outside.NotOutside):
        outside.check("mail.example", 25, ports=outside.MAIL_PORTS)


@pytest.mark.parametrize("port", [22, 80, 443, 5432, 6379, 8000])
def test_b134_only_mail_ports_are_let_through_for_mail(monkeypatch, port: int):
    asked = resolver(monkeypatch, ["1.1.1.1"])
    with pytest.raises(outside.NotOutside):
        outside.check("mail.example", port, ports=outside.MAIL_PORTS)
    assert asked == []


@pytest.mark.parametrize(
    "url",
    ["http://sms.example/", "https://sms.example:8443/", "https://user:word@sms.example/", "ftp://sms.example/",
     "file:///etc/passwd", "https://", "//sms.example", "https://[::1]/", "https://127.0.0.1/", "https://2130706433/",
     "https://0x7f.1/", "https://localhost/", "https://sms.example:99999/", "gopher://sms.example:25/"],
)  # fmt: skip
def test_b134_odd_urls_are_refused(url: str):
    with pytest.raises(OSError, match=r"not an https|not a public|no address|not found|port"):
        outside.check_url(url)


def test_b134_a_name_that_is_rebound_after_the_check_is_refused_at_connect_time(monkeypatch):
    resolver(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    outside.check("sms.example", 443, ports=outside.WEB_PORTS)
    with pytest.raises(outside.NotOutside):
        outside.connect("sms.example", 443, timeout=1, ports=outside.WEB_PORTS)


def test_b134_the_connection_goes_to_the_very_address_that_was_checked(monkeypatch):
    asked = resolver(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    dialled: list[Any] = []

    def dial(address: Any, timeout: float = 0) -> None:
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(ConnectionRefusedError):
        outside.connect("sms.example", 443, timeout=1, ports=outside.WEB_PORTS)
    assert dialled == [("93.184.216.34", 443)]
    assert asked == ["sms.example"]


def test_b134_http_goes_through_the_same_gate(monkeypatch):
    resolver(monkeypatch, ["127.0.0.1"])
    with pytest.raises(requests.ConnectionError) as caught:
        pinned().post("https://sms.example/messages", json={}, timeout=2)
    assert outside.never_left(caught.value)


def test_a_lookup_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(outside, "LOOKUP_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(2) or [])
    before = time.monotonic()
    with pytest.raises(OSError, match="host not found"):
        outside.check("slow.example", 443, ports=outside.WEB_PORTS)
    assert time.monotonic() - before < 1


class Answers(BaseHTTPRequestHandler):
    how: str = "well"
    seen: list[str] = []

    def do_GET(self) -> None:
        type(self).seen.append(self.path)
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/long":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * (outside.LONGEST_ANSWER + 10_000))
        elif self.path == "/dripping":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            try:
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.1)
            except OSError:
                pass
        else:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def web_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Answers.seen = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def local(settings) -> Iterator[str]:
    settings.ATTUNE_LOCAL_PROVIDERS = True
    with web_server() as url:
        yield url


def test_local_servers_answer_where_the_installation_allows_them(local: str):
    assert pinned().get(f"{local}/", timeout=2).text == "ok"


def test_b134_redirects_are_not_followed(local: str):
    with pytest.raises(requests.TooManyRedirects):
        pinned().get(f"{local}/elsewhere", timeout=2)
    assert Answers.seen == ["/elsewhere"]


def test_b134_long_answers_are_cut_off(local: str):
    with pytest.raises(requests.RequestException):
        pinned().get(f"{local}/long", timeout=2)


def test_b134_a_server_that_drips_is_hung_up_on(local: str):
    watch = outside.Watch()
    session = pinned(watch)
    before = time.monotonic()
    with watch.within(0.5), pytest.raises(requests.RequestException) as caught:
        session.get(f"{local}/dripping", timeout=5)
    assert time.monotonic() - before < 3
    assert not outside.never_left(caught.value)


def test_nobody_there_means_that_nothing_left(settings):
    settings.ATTUNE_LOCAL_PROVIDERS = True
    with pytest.raises(requests.ConnectionError) as caught:
        pinned().get(f"http://127.0.0.1:{free_port()}/", timeout=2)
    assert outside.never_left(caught.value)


def test_a_proxy_of_the_environment_is_not_used(local: str, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert pinned().get(f"{local}/", timeout=2).text == "ok"
