"""A mail server that delivers nothing: what the demo sends lands in `<state>/mail/`, one file a message.

The demo's page of mails reads them with `inbox` and `find`. The server is a process of its own:

    python -m practice.local.smtp STATE PORT
"""

import argparse
import asyncio
import email.policy
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import Any

LARGEST_MESSAGE = 32 * 1024 * 1024
FILE_NAME = re.compile(r"(\d{19})-[0-9a-f]{8}")


@dataclass(frozen=True)
class Mail:
    """A message as it arrived; `text` and `html` are empty where it has no such part."""

    id: str
    received: datetime
    recipients: tuple[str, ...]
    sender: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


def inbox(state: Path, limit: int | None = None) -> list[Mail]:
    """The messages that arrived, newest first."""
    ids = sorted((path.stem for path in _files(state)), reverse=True)
    return [mail for mail in (find(state, id) for id in ids[:limit]) if mail]


def find(state: Path, id: str) -> Mail | None:
    """The message with this id, or None. The id may come from anywhere: it is not trusted as a file name."""
    named = FILE_NAME.fullmatch(id)
    if named is None:
        return None
    try:
        raw = (_folder(state) / f"{id}.eml").read_bytes()
    except FileNotFoundError:
        return None
    message = BytesParser(EmailMessage, policy=email.policy.default).parsebytes(raw)
    # As in any mailbox, the server has written on top for whom it took the message; that is not part of
    # what was sent.
    delivered = tuple(str(address) for address in message.get_all("Delivered-To", []))
    del message["Delivered-To"]
    return Mail(
        id=id,
        received=datetime.fromtimestamp(int(named[1]) / 1e9, UTC),
        recipients=delivered,
        sender=", ".join(address for _, address in getaddresses([str(message["From"] or "")])),
        subject=str(message["Subject"] or ""),
        headers=tuple((name, str(value)) for name, value in message.items()),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def save(state: Path, content: bytes, recipients: list[str]) -> str:
    """Keep a message and return its id. A reader sees the whole file or none."""
    folder = _folder(state)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    id = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
    delivered = "".join(f"Delivered-To: {recipient}\r\n" for recipient in recipients)
    unfinished = folder / f"{id}.part"
    unfinished.write_bytes(delivered.encode() + content)
    unfinished.rename(folder / f"{id}.eml")
    return id


def _folder(state: Path) -> Path:
    return state / "mail"


def _files(state: Path) -> Iterator[Path]:
    return (path for path in _folder(state).glob("*.eml") if FILE_NAME.fullmatch(path.stem))


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a character set that does not exist, or a broken encoding
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)


class _Mailbox:
    """Takes every message, whoever it is for."""

    def __init__(self, state: Path) -> None:
        self.state = state

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        save(self.state, envelope.original_content, envelope.rcpt_tos)
        return "250 Message accepted for delivery"


async def serve(state: Path, port: int, host: str = "127.0.0.1") -> None:
    """Receive mail until cancelled."""
    from aiosmtpd.smtp import SMTP  # only where the demo runs: production reads no mail

    def connection() -> SMTP:
        return SMTP(_Mailbox(state), data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True, hostname="localhost")

    server = await asyncio.get_running_loop().create_server(connection, host, port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run the mail server that the command line asks for."""
    parser = argparse.ArgumentParser(prog="practice.local.smtp", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.state, options.port))


if __name__ == "__main__":
    main()
