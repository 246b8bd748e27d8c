"""One request to a provider over HTTP: what no general client promises, in one place.

Connecting and asking are two steps, so that "nothing was sent" is a fact and not a guess. Redirects are answers
like any other, proxies of the environment and cookies are not used, an answer is read up to a limit, and the
whole of it ends at a deadline, the handshake of TLS too, however slowly bytes drip. Unless it may lead ``inside``,
only public addresses are connected to (:mod:`practice.outside`).
"""

from __future__ import annotations

import datetime
import email.utils
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from practice import outside

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024


class NotConnected(Exception):
    """There was nobody to talk to: not a byte of the request left."""


class NoAnswer(Exception):
    """The request left, or part of it, and no answer that can be understood came back: nobody knows."""


@dataclass(frozen=True)
class Answer:
    """What came back. Shaped like the answers of `requests`, as far as pywebpush looks."""

    status_code: int
    reason: str
    headers: http.client.HTTPMessage
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


@dataclass(frozen=True)
class Wire:
    """Makes requests. ``inside``: it may lead into our own network. ``trust`` is a certificate file, for tests."""

    inside: bool = False
    trust: str = ""
    connect_seconds: float = CONNECT_SECONDS
    answer_seconds: float = ANSWER_SECONDS

    def post(
        self,
        url: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Post and return the answer, whatever its status. ``timeout`` is for all of it once connected."""
        return self.ask("POST", url, data, headers, timeout)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", url, None, headers)

    def ask(
        self,
        method: str,
        url: str,
        data: bytes | None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Ask once. Raise :class:`NotConnected` or :class:`NoAnswer`; neither holds an address or a body."""
        connection, path = self._connected(url)
        try:
            with _deadline(connection, timeout or self.answer_seconds):
                connection.request(method, path, body=data, headers=dict(headers or {}))
                answer = connection.getresponse()
                content = answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Also a name or a header that can not be written: it makes no difference to who asks.
            raise NoAnswer(type(error).__name__) from None
        finally:
            connection.close()
        return Answer(answer.status, answer.reason, answer.msg, content)

    def _connected(self, url: str) -> tuple[http.client.HTTPConnection, str]:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise NotConnected("no address") from None
        if not parts.hostname or parts.scheme not in ("https", "http"):
            raise NotConnected("no address")
        try:
            connection = self._dial(parts.scheme, parts.hostname, port)
        except (OSError, UnicodeError) as error:
            raise NotConnected(type(error).__name__) from None
        return connection, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _dial(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(host, port)
        connection.sock = self._line(host, port)
        try:
            if scheme == "https":
                context = ssl.create_default_context(cafile=self.trust or None)
                connection.sock = context.wrap_socket(
                    connection.sock, server_hostname=host, do_handshake_on_connect=False
                )
                with _deadline(connection, self.connect_seconds):
                    connection.sock.do_handshake()
        except OSError:
            connection.close()
            raise
        connection.sock.settimeout(self.answer_seconds)
        return connection

    def _line(self, host: str, port: int) -> socket.socket:
        if self.inside:
            return socket.create_connection((host, port), self.connect_seconds)
        return outside.connect(host, port, timeout=self.connect_seconds, ports=outside.WEB_PORTS)


@contextmanager
def _deadline(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the line after so long: a time-out for each read alone lets a slow server hold on for ever."""
    line = connection.sock

    def cut() -> None:
        with suppress(OSError):
            # The line itself: TLS would first want to say goodbye.
            socket.socket.shutdown(line, socket.SHUT_RDWR)

    clock = threading.Timer(seconds, cut)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def seconds_until(retry_after: str | None, now: datetime.datetime | None = None) -> float:
    """Return the pause that a Retry-After asks for, in seconds; 0 where it says nothing. At most a day.

    A date is the provider's, so it is judged by the world's clock and not by ours.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 86400))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return 0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    return min(max((moment - (now or datetime.datetime.now(datetime.UTC))).total_seconds(), 0), 86400)
