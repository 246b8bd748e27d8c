"""A mail server on this machine that answers as told, and keeps what it took."""

from __future__ import annotations

import asyncio
import email.policy
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class MailServer:
    """``answers`` are given to coming letters, one each, before it goes back to taking everything."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        #: Whether it takes several commands in one trip, and goes on with DATA though nobody is left to write to.
        self.pipelines = self.goes_on = False
        #: After so many letters it ends a connection.
        self.letters_per_connection: int | None = None
        self.announced = 0
        self.lock = threading.Lock()

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name, session.letters = hostname, 0
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelines else []), responses[-1]]

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        self.announced += 1
        if self.letters_per_connection is not None and session.letters >= self.letters_per_connection:
            server.transport.write(b"421 no more over this connection\r\n")
            server.transport.close()
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list) -> str:
        with self.lock:
            if self.answers and self.answers[0].startswith("RCPT "):
                answer = self.answers.pop(0).removeprefix("RCPT ")
                if answer == "hang up":
                    server.transport.close()
                if self.goes_on:
                    envelope.rcpt_tos.append(address)
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        with self.lock:
            answer = self.answers.pop(0) if self.answers else "250 OK"
            if answer.startswith(("250", "take")):
                self.raw.append(envelope.original_content)
                self.taken.append(
                    BytesParser(EmailMessage, policy=email.policy.default).parsebytes(envelope.original_content)
                )
                self.recipients += envelope.rcpt_tos
            session.letters += 1
        if answer.endswith("hang up"):
            server.transport.close()
        if answer.endswith("stall"):
            await asyncio.sleep(3600)
        return answer

    @property
    def ids(self) -> list[str]:
        return [str(one["Message-ID"]) for one in self.taken]

    def wait_for(self, count: int, seconds: float = 30) -> bool:
        """Wait until so many letters were taken."""
        end = time.monotonic() + seconds
        while len(self.taken) < count and time.monotonic() < end:
            time.sleep(0.05)
        return len(self.taken) >= count


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running() -> Iterator[tuple[MailServer, int]]:
    server, port = MailServer(), free_port()
    logging.getLogger("mail.log").setLevel("WARNING")
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield server, port
    finally:
        controller.stop()


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A real mail server, and settings that lead to it."""
    with running() as (server, port):
        settings.EMAIL_BACKEND = "practice.mail.CarefulBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        settings.EMAIL_USE_TLS = False
        yield server
