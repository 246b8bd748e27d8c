"""A mail service's API on this machine: it answers as told, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Asked:
    """One request: its path, headers and body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


#: What each service says when it took a letter.
WELL: dict[str, Any] = {
    "postmark": {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "mara@example.org"},
    "mailgun": {"id": "<mg-1@example.org>", "message": "Queued. Thank you."},
    "brevo": {"messageId": "<br-1@example.org>"},
    "resend": {"id": "re-1"},
    "mailjet": {"Messages": [{"Status": "success", "To": [{"Email": "mara@example.org", "MessageID": 7}]}]},
    "sparkpost": {"results": {"id": "sp-1", "total_accepted_recipients": 1, "total_rejected_recipients": 0}},
}


@dataclass
class ServiceServer:
    """``answers`` are given to coming requests, one each: (status, body, headers), 'hang up' or 'stall'."""

    url: str = ""
    well: Any = None
    answers: list[Any] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def access(self, name: str) -> dict[str, Any]:
        """Return how a practice reaches this service under one of their names."""
        self.well = WELL[name]
        keys = {"server_token": "t", "api_key": "k", "secret_key": "s"}
        return {"service": name, "api_url": self.url, "sender_domain": "example.org", **keys}


def _handler(server: ServiceServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append(Asked(self.path, dict(self.headers.items()), body))
            answer = server.answers.pop(0) if server.answers else (200, server.well, {})
            if answer == "hang up":
                self.close_connection = True
                return
            if answer == "stall":
                time.sleep(3)
                self.close_connection = True
                return
            status, said, headers = answer
            words = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(words), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(words)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def running() -> Iterator[ServiceServer]:
    server = ServiceServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}/"
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


@pytest.fixture
def service_server() -> Iterator[ServiceServer]:
    """A mail service on this machine."""
    with running() as server:
        yield server
