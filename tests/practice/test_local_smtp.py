"""The mail sink: what is sent over SMTP can be read again, whatever it is."""

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from practice.local import ports, smtp
from practice.local.servers import wait_until


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "practice.local.smtp", str(tmp_path), str(port)])
    assert wait_until(lambda: ports.listening(port), 20)
    yield port
    process.terminate()
    process.wait()


def test_a_message_arrives_whole(sink: int, tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"] = "Willow Practice <hello@willow.example>"
    message["To"] = "Zoë <zoe@example.com>"
    message["Subject"] = "Grüße — für Sie"
    message["Message-ID"] = "<one@willow.example>"
    message.set_content("Guten Tag, Zoë 🌿\n")
    message.add_alternative("<p>Guten Tag, <b>Zoë</b></p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", sink) as connection:
        connection.send_message(message)
    [mail] = smtp.inbox(tmp_path)
    assert mail.recipients == ("zoe@example.com",)
    assert mail.sender == "hello@willow.example"
    assert mail.subject == "Grüße — für Sie"
    assert mail.text.strip() == "Guten Tag, Zoë 🌿"
    assert "<b>Zoë</b>" in mail.html
    assert ("Message-ID", "<one@willow.example>") in mail.headers
    assert smtp.find(tmp_path, mail.id) == mail
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700


def test_newest_first(tmp_path: Path) -> None:
    for number in range(3):
        smtp.save(tmp_path, f"Subject: {number}\r\n\r\nHello\r\n".encode(), ["a@example.com"])
    assert [mail.subject for mail in smtp.inbox(tmp_path)] == ["2", "1", "0"]
    assert [mail.subject for mail in smtp.inbox(tmp_path, limit=1)] == ["2"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"Subject: =?nonsense?q?=00?=\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=nowhere\r\n\r\n\xe4",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"From: <<<>>>\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
    ],
)
def test_broken_messages_can_be_looked_at(tmp_path: Path, raw: bytes) -> None:
    id = smtp.save(tmp_path, raw, ["a@example.com"])
    assert smtp.find(tmp_path, id) in smtp.inbox(tmp_path)


@pytest.mark.parametrize("id", ["", "../keys/master-key", "1" * 19, "1" * 19 + "-" + "a" * 8, "x" * 5000, "\0"])
def test_an_id_leads_to_messages_only(tmp_path: Path, id: str) -> None:
    assert smtp.find(tmp_path, id) is None


def test_a_half_written_file_is_no_message(tmp_path: Path) -> None:
    assert smtp.inbox(tmp_path) == []
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / ("1" * 19 + "-aaaaaaaa.part")).write_bytes(b"Subject: half")
    assert smtp.inbox(tmp_path) == []
