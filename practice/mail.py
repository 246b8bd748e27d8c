"""Sending mail so that one always knows what may have happened.

``smtplib`` answers every trouble in one way. For a letter that must never arrive twice the moment matters:
until the last byte was handed over nobody has it, and it may be tried again (:class:`NotNow`); after that,
only the server's own answer tells, and where none comes the error is passed on as it is: nobody knows.
"""

from __future__ import annotations

import re
import smtplib
import socket
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.core.mail.message import sanitize_address

from practice import outside
from practice.channels.base import NotNow, Refused, Unreachable

#: For each answer of a server that a practice named; everything it says about one letter may take twice that.
OUTSIDE_SECONDS = 10.0
#: A connection that was silent this long is asked whether it still lives.
IDLE_SECONDS = 5.0
#: Who ended a connection earlier shows it within these seconds. What takes longer is a server in trouble.
AT_ONCE = 1.0
#: Nothing in it needs another look.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


class Ended(NotNow):
    """A server ended a connection before it heard of the next letter: it takes so many over one, and no more."""


class CarefulBackend(smtp.EmailBackend):
    """Django's SMTP backend with errors that tell whether a letter may be sent again.

    The texts of these errors hold reply codes and never an address, so that they may be logged.
    """

    #: When the server was heard last, by this process's own clock, and whether it took a letter on this connection.
    heard_at = float("-inf")
    has_carried = False

    def open(self) -> bool | None:
        """Connect, or make sure that a connection that was silent for a while still lives."""
        if self.connection and time.monotonic() - self.heard_at > IDLE_SECONDS:
            if _answers(self.connection):
                self.heard_at = time.monotonic()
            else:
                self.drop()
        try:
            is_new = super().open()
        except OSError as error:
            raise Unreachable(f"no connection: {type(error).__name__}") from None
        if is_new:
            self.heard_at, self.has_carried = time.monotonic(), False
        return is_new

    def close(self) -> None:
        """Say goodbye. A server that does not answer that changes nothing about what it took."""
        try:
            super().close()
        except OSError:
            self.drop()

    def drop(self) -> None:
        """Forget the connection without a word."""
        if self.connection:
            with suppress(OSError):
                self.connection.close()
        self.connection = None

    def _send(self, email_message: EmailMessage) -> bool:
        encoding = email_message.encoding or settings.DEFAULT_CHARSET
        sender = _path(email_message.from_email, encoding)
        recipients = [_path(one, encoding) for one in email_message.recipients()]
        if not recipients:
            return False
        ready: bytes | None = getattr(email_message, "ready", None)
        content = ready or email_message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        try:
            self._announce(sender, recipients)
            _hand_over(self._server(), content)
        except (NotNow, Refused):
            self.drop()
            raise
        except OSError as error:
            self.drop()
            raise NotNow(f"before the end: {type(error).__name__}") from None
        try:
            _expect(self._server().getreply(), 250)
        except OSError:
            self.drop()
            raise
        self.heard_at, self.has_carried = time.monotonic(), True
        return True

    def _announce(self, sender: str, recipients: list[str]) -> None:
        """Announce a letter; once more over a new connection when the one there had been ended meanwhile."""
        began = time.monotonic()
        try:
            _announce(self._server(), sender, recipients)
        except Ended:
            if not self.has_carried or time.monotonic() - began > AT_ONCE:
                raise
            self.drop()
            self.open()
            _announce(self._server(), sender, recipients)

    def _server(self) -> smtplib.SMTP:
        if self.connection is None:
            raise Unreachable("no connection")
        return self.connection


class OutsideBackend(CarefulBackend):
    """For servers that practices name themselves: outside only, with TLS, and never longer than it may take.

    Nothing is taken from the installation's settings: its password is nobody else's.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        username: str = "",
        password: str = "",
        use_tls: bool = True,
        use_ssl: bool = False,
        timeout: float = OUTSIDE_SECONDS,
        **unused: Any,
    ) -> None:
        super().__init__(
            host=host,
            port=port,
            username=username,
            password=password,
            use_tls=use_tls and not use_ssl,
            use_ssl=use_ssl,
            timeout=timeout,
        )
        self.watch = outside.Watch()

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _lines(self.watch)[bool(self.use_ssl)]

    def open(self) -> bool | None:
        with self.watch.within(2 * OUTSIDE_SECONDS):
            return super().open()

    def _send(self, email_message: EmailMessage) -> bool:
        with self.watch.within(2 * OUTSIDE_SECONDS):
            return super()._send(email_message)


def _lines(watch: outside.Watch) -> tuple[type[smtplib.SMTP], type[smtplib.SMTP_SSL]]:
    """Return smtplib's two kinds of connection, dialling with care."""

    def dial(host: str, port: int, timeout: float) -> socket.socket:
        return outside.connect(host, port, timeout=timeout, ports=outside.MAIL_PORTS)

    class Line(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            line = dial(host, port, timeout)
            watch.add(line)
            return line

        def starttls(self, *args: Any, **kwargs: Any) -> Any:
            said = super().starttls(*args, **kwargs)
            watch.add(self.sock)  # type: ignore[arg-type]
            return said

    class SealedLine(smtplib.SMTP_SSL):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            line = self.context.wrap_socket(dial(host, port, timeout), server_hostname=host)
            watch.add(line)
            return line

    return Line, SealedLine


def _path(written: str, encoding: str) -> str:
    """Return an address as it stands in a command, without a name."""
    return f"<{written}>" if PLAIN_ADDRESS.fullmatch(written) else _sanitized(written, encoding)


@lru_cache(maxsize=64)
def _sanitized(written: str, encoding: str) -> str:
    path = smtplib.quoteaddr(sanitize_address(written, encoding))
    if not path.isprintable():
        raise ValueError("An address holds no line breaks.")
    return path


def _answers(server: smtplib.SMTP) -> bool:
    with suppress(OSError):
        return server.noop()[0] == 250
    return False


def _announce(server: smtplib.SMTP, sender: str, recipients: list[str]) -> None:
    """Say from whom and to whom, in one trip where the server lets us (RFC 2920). Nobody has the letter yet.

    Whatever is refused, the connection is dropped: a server that went on to DATA all the same gets no letter.
    """
    server.ehlo_or_helo_if_needed()
    eight = " BODY=8BITMIME" if server.has_extn("8bitmime") else ""
    commands = [f"MAIL FROM:{sender}{eight}", *(f"RCPT TO:{one}" for one in recipients), "DATA"]
    trips = [commands] if server.has_extn("pipelining") else [[one] for one in commands]
    for trip in trips:
        _say(server, trip)
        for command in trip:
            _hear(server, command[:4])


def _say(server: smtplib.SMTP, commands: list[str]) -> None:
    try:
        server.send("".join(f"{one}\r\n" for one in commands))
    except smtplib.SMTPServerDisconnected as error:
        if commands[0].startswith("MAIL"):
            raise Ended(f"before the end: {type(error).__name__}") from None
        raise


def _hear(server: smtplib.SMTP, command: str) -> None:
    try:
        reply = server.getreply()
    except smtplib.SMTPServerDisconnected as error:
        if command == "MAIL":
            raise Ended(f"before the end: {type(error).__name__}") from None
        raise
    match command:
        case "MAIL" if reply[0] == 421:
            raise Ended("reply 421")
        case "MAIL":
            _expect(reply, 250, is_about_letter=False)
        case "RCPT":
            _expect(reply, 250, 251, is_about_address=True)
        case _:
            _expect(reply, 354)


def _hand_over(server: smtplib.SMTP, content: bytes) -> None:
    """Say everything up to the last dot. An error in here means that nobody has the letter."""
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.startswith(b"."):
        content = b"." + content
    server.send(content.replace(b"\n.", b"\n..") + b".\r\n")


def _expect(
    reply: tuple[int, bytes], *codes: int, is_about_letter: bool = True, is_about_address: bool = False
) -> None:
    code = reply[0]
    if code in codes:
        return
    if 500 <= code < 600 and is_about_letter:
        raise Refused(f"reply {code}", address=is_about_address)
    if 400 <= code < 600:
        raise NotNow(f"reply {code}")
    raise smtplib.SMTPResponseException(code, b"")
