"""A text message gateway that sends nothing: what the demo would text lands in `<state>/texts/`, one file a message.

It speaks what `practice.channels.sms` says a gateway speaks, takes a reference once, and hands people's answers to
Attune's own door, signed (`practice.texts`). The demo's mailbox reads the messages with `inbox` and answers with
`answer`. The gateway is a process of its own:

    python -m practice.local.texts STATE PORT

Tests make it misbehave with `misbehave`: busy (503), hang (takes it and says nothing), deaf (says nothing and takes
nothing), garbage (takes it and answers in no language), same (every message gets the same id), number (refuses the
number), locked (401), elsewhere (redirects).
"""

import argparse
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FILE_NAME = re.compile(r"\d{19}-[0-9a-f]{8}")
REFERENCE = re.compile(r"[0-9A-Za-z-]{1,64}")
LARGEST = 16 * 1024
HANG_SECONDS = 60


@dataclass(frozen=True)
class Text:
    """A text message: one of ours, or an answer of somebody (`theirs`)."""

    id: str
    sender: str
    recipient: str
    text: str
    reference: str = ""
    theirs: bool = False

    @property
    def received(self) -> datetime:
        return datetime.fromtimestamp(int(self.id[:19]) / 1e9, UTC)


def inbox(state: Path, limit: int | None = None) -> list[Text]:
    """All messages of both directions, newest first."""
    ids = sorted((path.stem for path in _files(state)), reverse=True)
    return [text for text in (find(state, id) for id in ids[:limit]) if text]


def find(state: Path, id: str) -> Text | None:
    """The message with this id, or None. The id may come from anywhere: it is not trusted as a file name."""
    if FILE_NAME.fullmatch(id) is None:
        return None
    try:
        return Text(**json.loads((_folder(state) / f"{id}.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def taken(state: Path, reference: str) -> str:
    """The id under which a reference was taken, or ''."""
    if REFERENCE.fullmatch(reference) is None:
        return ""
    with suppress(FileNotFoundError):
        return (_folder(state) / "references" / reference).read_text()
    return ""


def take(state: Path, sender: str, recipient: str, text: str, reference: str) -> str:
    """Keep a message and return its id; a reference that was taken before returns the first one's."""
    folder = _folder(state) / "references"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Text(_new_id(), sender, recipient, text, reference)
    unfinished = folder / f".{made.id}"
    unfinished.write_text(made.id)
    try:
        (folder / reference).hardlink_to(unfinished)  # whole, or not at all, and never over another's
    except FileExistsError:
        return taken(state, reference)
    finally:
        unfinished.unlink()
    _keep(state, made)
    return made.id


def answer(state: Path, id: str, text: str, *, hook: str, secret: str) -> None:
    """Answer a message as its recipient would: tell Attune at its door, and keep what it replies."""
    ours = find(state, id)
    if ours is None or ours.theirs:
        raise LookupError(id)
    _keep(state, Text(_new_id(), ours.recipient, ours.sender, text, theirs=True))
    said = call(hook, secret, {"from": ours.recipient, "to": ours.sender, "text": text})
    if said.get("reply"):
        _keep(state, Text(_new_id(), ours.sender, ours.recipient, str(said["reply"])))


def call(hook: str, secret: str, words: dict[str, Any]) -> dict[str, Any]:
    """Call Attune's door, signed, and return what it says; an error where it does not take the call."""
    body, timestamp = json.dumps(words).encode(), str(int(time.time()))
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Attune-Timestamp": timestamp, "X-Attune-Signature": signed}
    request = urllib.request.Request(hook, body, headers)  # noqa: S310 an address of our own
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        said = json.loads(response.read() or b"{}")
    return said if isinstance(said, dict) else {}


def misbehave(state: Path, mood: str) -> None:
    """Let the gateway of `state` misbehave from now on, or behave again ('')."""
    _folder(state).mkdir(mode=0o700, parents=True, exist_ok=True)
    (_folder(state) / "mood").write_text(mood)


def _mood(state: Path) -> str:
    with suppress(FileNotFoundError):
        return (_folder(state) / "mood").read_text().strip()
    return ""


def _folder(state: Path) -> Path:
    return state / "texts"


def _files(state: Path) -> Iterator[Path]:
    return (path for path in _folder(state).glob("*.json") if FILE_NAME.fullmatch(path.stem))


def _new_id() -> str:
    return f"{time.time_ns():019d}-{secrets.token_hex(4)}"


def _keep(state: Path, text: Text) -> None:
    """Write a message down. A reader sees the whole file or none."""
    folder = _folder(state)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{text.id}.part"
    unfinished.write_text(json.dumps(asdict(text)))
    unfinished.rename(folder / f"{text.id}.json")


class Gateway(ThreadingHTTPServer):
    """Takes every message, whoever it is for."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, state: Path, port: int = 0, host: str = "127.0.0.1") -> None:
        self.state = state
        super().__init__((host, port), _Line)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Line(BaseHTTPRequestHandler):
    server: Gateway
    timeout = 30

    def do_POST(self) -> None:
        said = self._said()
        if self.path != "/messages" or not self._let_in() or self._misbehaves(said):
            return
        self._take(said)

    def do_GET(self) -> None:
        if not self._let_in():
            return
        reference = self.path.removeprefix("/messages/")
        known = bool(taken(self.server.state, reference))
        self._answer(200 if known else 404, {"reference": reference, "state": "accepted" if known else "unknown"})

    def _said(self) -> dict[str, str]:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST))
        try:
            said = json.loads(body)
        except ValueError:
            return {}
        return {key: str(value) for key, value in said.items()} if isinstance(said, dict) else {}

    def _let_in(self) -> bool:
        if self.headers.get("Authorization", "").startswith("Bearer "):
            return True
        self._answer(401, {"error": "token"})
        return False

    def _misbehaves(self, said: dict[str, str]) -> bool:
        match _mood(self.server.state):
            case "busy":
                self._answer(503, {"error": "busy"}, {"Retry-After": "7"})
            case "locked":
                self._answer(401, {"error": "token"})
            case "number":
                self._answer(422, {"error": "number"})
            case "elsewhere":
                self._answer(307, {}, {"Location": "/messages"})
            case "hang":
                self._take(said, aloud=False)
                time.sleep(HANG_SECONDS)
            case "deaf":
                time.sleep(HANG_SECONDS)
            case "garbage":
                self._take(said, aloud=False)
                self._send(200, b"<html>taken")
            case "same":
                self._take(said, aloud=False)
                self._answer(200, {"id": "the-same"})
            case _:
                return False
        return True

    def _take(self, said: dict[str, str], *, aloud: bool = True) -> None:
        reference = said.get("reference", "")
        if REFERENCE.fullmatch(reference) is None or not said.get("to") or not said.get("text"):
            self._answer(400, {"error": "message"})
            return
        id = take(self.server.state, said.get("from", ""), said["to"], said["text"], reference)
        if aloud:
            self._answer(200, {"id": id})

    def _answer(self, status: int, words: dict[str, str], headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(words).encode(), headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        with suppress(OSError):  # whoever asked may have gone
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing: numbers stand in no log."""


def serve_in_thread(state: Path) -> Gateway:
    """Run a gateway beside the caller; `shutdown` ends it."""
    gateway = Gateway(state)
    threading.Thread(target=gateway.serve_forever, args=(0.05,), daemon=True).start()
    return gateway


def main() -> None:
    """Run the gateway that the command line asks for."""
    parser = argparse.ArgumentParser(prog="practice.local.texts", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    with suppress(KeyboardInterrupt), Gateway(options.state, options.port) as gateway:
        gateway.serve_forever()


if __name__ == "__main__":
    main()
