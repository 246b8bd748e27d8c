"""Sending mail so that one always knows what may have happened.

``smtplib`` answers every trouble in one way. For a letter that must never arrive twice the moment matters:
until the last byte was handed over nobody has it, and it may be tried again (:class:`NotNow`); after that,
only the server's own answer tells, and where none comes the error is passed on as it is: nobody knows.
"""

from __future__ import annotations

import re
import smtplib
import socket
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
#: Nothing in it needs another look.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LINE_THAT_STARTS_WITH_A_DOT = re.compile(rb"(?m)^\.")


class CarefulBackend(smtp.EmailBackend):
    """Django's SMTP backend with errors that tell whether a letter may be sent again.

    The texts of these errors hold reply codes and never an address, so that they may be logged.
    """

    def open(self) -> bool | None:
        """Connect, or make sure that the connection there is still lives."""
        if self.connection and not _answers(self.connection):
            self.drop()
        try:
            return super().open()
        except OSError as error:
            raise Unreachable(f"no connection: {type(error).__name__}") from None

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
        sender = _address(email_message.from_email, encoding)
        recipients = [_address(one, encoding) for one in email_message.recipients()]
        if not recipients:
            return False
        ready: bytes | None = getattr(email_message, "ready", None)
        content = ready or email_message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        server = self.connection
        if server is None:
            raise Unreachable("no connection")
        try:
            _hand_over(server, sender, recipients, content)
        except (NotNow, Refused):
            self.drop()
            raise
        except OSError as error:
            self.drop()
            raise NotNow(f"before the end: {type(error).__name__}") from None
        try:
            _expect(server.getreply(), 250)
        except OSError:
            self.drop()
            raise
        return True


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


def _address(written: str, encoding: str) -> str:
    return written if PLAIN_ADDRESS.fullmatch(written) else _sanitized(written, encoding)


@lru_cache(maxsize=64)
def _sanitized(written: str, encoding: str) -> str:
    return sanitize_address(written, encoding)


def _answers(server: smtplib.SMTP) -> bool:
    with suppress(OSError):
        return server.noop()[0] == 250
    return False


def _hand_over(server: smtplib.SMTP, sender: str, recipients: list[str], content: bytes) -> None:
    """Say everything up to the last dot. An error in here means that nobody has the letter."""
    server.ehlo_or_helo_if_needed()
    options = ["BODY=8BITMIME"] if server.has_extn("8bitmime") else []
    _expect(server.mail(sender, options), 250, is_about_letter=False)
    for recipient in recipients:
        _expect(server.rcpt(recipient), 250, 251, is_about_address=True)
    _expect(server.docmd("DATA"), 354)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    server.send(LINE_THAT_STARTS_WITH_A_DOT.sub(b"..", content) + b".\r\n")


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
