"""Connections to hosts that practices name themselves: they lead outside, and never into our own house.

A name is resolved once, every address it has must be a public one, and the connection goes to the very address
that was looked at: a name that answers differently a moment later gains nothing. Redirects are not followed,
answers are short, and nobody keeps us waiting by talking slowly (:class:`Watch`).
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

MAIL_PORTS = frozenset({25, 465, 587, 2525})
WEB_PORTS = frozenset({443})
#: Public by their numbers, but reserved, or with a large cloud's own services behind them.
NEVER = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))
NAT64 = ipaddress.ip_network("64:ff9b::/96")
LOOKUP_SECONDS = 5.0
LONGEST_ANSWER = 256 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotOutside(OSError):
    """The host or port is none that a practice may name. Its text holds no address."""


def is_public(text: str) -> bool:
    """Tell whether an IP address, or the one wrapped up in it, belongs to the public internet."""
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def check(host: str, port: int, *, ports: Collection[int]) -> list[str]:
    """Return the addresses of a host that may be talked to; raise :class:`NotOutside` or ``OSError``.

    Installations that talk to servers on the same machine (demo, tests) set ``ATTUNE_LOCAL_PROVIDERS``.
    """
    if settings.ATTUNE_LOCAL_PROVIDERS:
        return _resolved(host, port)
    if port not in ports:
        raise NotOutside("port not allowed")
    found = _resolved(host, port)
    if not found or not all(is_public(one) for one in found):
        raise NotOutside("not a public address")
    return found


def check_url(url: str) -> None:
    """Refuse an address of a web service that is not https, carries a sign-in, or leads into our own house."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise NotOutside("no address") from None
    schemes = {"https", "http"} if settings.ATTUNE_LOCAL_PROVIDERS else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password:
        raise NotOutside("not an https address")
    check(parts.hostname, port, ports=WEB_PORTS)


def connect(host: str, port: int, *, timeout: float, ports: Collection[int]) -> socket.socket:
    """Connect to one of the addresses that were just looked at."""
    trouble: OSError = NotOutside("no address")
    for address in check(host, port, ports=ports)[:3]:
        try:
            return socket.create_connection((address, port), timeout=timeout)
        except OSError as error:
            trouble = error
    raise trouble


def _resolved(host: str, port: int) -> list[str]:
    """Look a name up, and give up in time: the system's own resolver has no time-out that we could set."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(one[4][0]) for one in found)))
        except (OSError, UnicodeError):
            answers.put(None)

    threading.Thread(target=look_up, daemon=True).start()
    with suppress(queue.Empty):
        if (found := answers.get(timeout=LOOKUP_SECONDS)) is not None:
            return found
    raise OSError("host not found")


class Watch:
    """Hangs up on whoever takes too long, however steadily they keep talking."""

    def __init__(self) -> None:
        self._lines: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def add(self, line: socket.socket) -> None:
        """Watch over a connection."""
        self._lines.add(line)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connections when the block takes longer."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        for line in list(self._lines):
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # the line itself, below TLS


def pin(made: requests.Session, watch: Watch | None = None) -> None:
    """Make a library's session careful: outside only, without redirects, proxies of the environment or long answers.

    Give every request a ``timeout``; with a :class:`Watch` the whole of it can be bounded, too.
    """
    made.trust_env = False
    made.max_redirects = 0
    made.mount("https://", _Pinned(watch))
    made.mount("http://", _Pinned(watch))


def never_left(error: requests.RequestException) -> bool:
    """Tell whether it is certain that a request that failed was never sent: there was no connection."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    inner = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError) or isinstance(
        inner, ssl.SSLCertVerificationError
    )


class _Pinned(HTTPAdapter):
    def __init__(self, watch: Watch | None) -> None:
        self.watch = watch or Watch()
        super().__init__(pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        plain, sealed = _pools(self.watch)
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": sealed}

    def send(self, request: Any, stream: bool = False, *args: Any, **kwargs: Any) -> requests.Response:
        if not request.url.startswith("https://") and not settings.ATTUNE_LOCAL_PROVIDERS:
            raise requests.exceptions.InvalidSchema("https only")
        answer = super().send(request, True, *args, **kwargs)
        body = b""
        for piece in answer.iter_content(8192):
            body += piece
            if len(body) > LONGEST_ANSWER:
                answer.close()
                raise requests.exceptions.ContentDecodingError("the answer is too long")
        answer._content = body  # read at once, so that nobody reads it without a limit
        return answer


def _pools(watch: Watch) -> tuple[type[HTTPConnectionPool], type[HTTPSConnectionPool]]:
    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dial(self)

        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class SealedConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dial(self)

        def connect(self) -> None:
            super().connect()
            watch.add(self.sock)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SealedPool(HTTPSConnectionPool):
        ConnectionCls = SealedConnection

    return Pool, SealedPool


def _dial(connection: Any) -> socket.socket:
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else 10.0
    try:
        return connect(connection._dns_host, connection.port, timeout=seconds, ports=WEB_PORTS)
    except TimeoutError:
        raise ConnectTimeoutError(connection, "connect timed out") from None
    except OSError as error:
        raise NewConnectionError(connection, type(error).__name__) from None
