"""B83: a virus scanner that is named sees every file first, and whatever it does not call clean is not kept.

The scanner of these tests speaks clamd's protocol (`zPING`, `zINSTREAM`, pieces with their length, a piece of nothing
at the end, answers that end with NUL), and knows EICAR's test file.
"""

from __future__ import annotations

import logging
import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exercises import attachments
from practice import checks, scanner
from practice.bare import Unkeepable, bare, picture
from reports import logos
from tests.exercises.given import give
from tests.factories import acting_as, signed_in
from tests.world_kept import a_picture

#: In two halves, so that no scanner on a developer's machine takes this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
INFECTED, SILENT = "virus scanner found something", "can't be checked for viruses just now"


class Clamd(socketserver.ThreadingUnixStreamServer):
    """``mood``: '' as it should be, or what it does instead of an answer. ``seen`` holds each file that came whole."""

    daemon_threads = True
    mood = ""
    most = 25_000_000

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Line)
        self.seen: list[bytes] = []
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Line(socketserver.StreamRequestHandler):
    server: Clamd

    def handle(self) -> None:
        command = self._until_nul()
        if command == b"zPING":
            self._say("PONG")
        elif command == b"zINSTREAM":
            self._scan()
        else:
            self._say("UNKNOWN COMMAND")

    def _until_nul(self) -> bytes:
        said = b""
        while not said.endswith(b"\0"):
            said += self.rfile.read(1) or b"\0"
        return said[:-1]

    def _scan(self) -> None:
        data = b""
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
            if len(data) > self.server.most:
                self._say("INSTREAM size limit exceeded. ERROR")
                return
        self.server.seen.append(data)
        match self.server.mood:
            case "hangs":
                self.server.over.wait(20)
            case "hangs up":
                pass
            case "half an answer":
                self.wfile.write(b"stream: OK")
            case "" if EICAR in data:
                self._say("stream: Win.Test.EICAR_HDB-1 FOUND")
            case mood:
                self._say(mood or "stream: OK")

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\0")


@pytest.fixture
def clamd(tmp_path_factory, settings) -> Iterator[Clamd]:
    path = tmp_path_factory.mktemp("c") / "s"
    server = Clamd(path)
    settings.ATTUNE_SCANNER = str(path)
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()


def refusal(data: bytes, door=bare) -> str:
    with pytest.raises(Unkeepable) as refused:
        door(data)
    return str(refused.value)


def a_png() -> bytes:
    return a_picture().read()


def test_b83_what_is_clean_is_kept_and_the_scanner_saw_all_of_it(clamd):
    data = a_png() + b"behind the picture" * 20_000  # several pieces
    assert bare(data).kind == picture(data).kind == "image"
    assert clamd.seen == [data, data]


def test_b83_what_the_scanner_finds_is_refused_at_every_door_before_it_is_opened(clamd, caplog):
    infected = a_png() + EICAR
    assert INFECTED in refusal(infected)
    assert INFECTED in refusal(infected, picture)
    assert INFECTED in refusal(infected, lambda data: logos.redrawn(SimpleUploadedFile("logo.png", data)))
    assert INFECTED in refusal(b"%PDF-1.7 " + EICAR), "a PDF that nobody could read: nobody tried"
    assert "EICAR" not in caplog.text


@pytest.mark.parametrize(
    "mood",
    ["hangs", "hangs up", "half an answer", "stream: Can't allocate memory ERROR", "OK", "stream: OK, but", "", "gone"],
)
def test_b83_no_clear_answer_lets_nothing_in(clamd, mood, monkeypatch, settings, caplog):
    monkeypatch.setattr(scanner, "PATIENCE", 0.2)
    clamd.mood, data = mood, a_png()
    if mood == "gone":
        settings.ATTUNE_SCANNER += "-gone"
    elif not mood:
        clamd.most = 10  # more comes than it takes
        data = a_png() + b"0" * 1_000_000
    with caplog.at_level(logging.ERROR):
        assert SILENT in refusal(data)
    assert "scanner" in caplog.text


@pytest.mark.django_db
def test_b83_on_the_page_a_refused_file_is_nowhere_and_the_reader_is_told_kindly(clamd, couple, therapist, mara):
    occurrence = give(couple, therapist, "private", to=[mara])[0]
    browser = signed_in(mara)

    def add(file: SimpleUploadedFile) -> str:
        return browser.post(f"/do/{occurrence.pk}/files/", {"file": file}, follow=True).content.decode()

    def kept() -> int:
        with acting_as(mara):
            return attachments.of_draft(occurrence, mara).count()

    assert "our virus scanner found something in it" in add(SimpleUploadedFile("us.png", a_png() + EICAR))
    clamd.mood = "hangs up"
    assert "checked for viruses just now" in add(a_picture())
    assert kept() == 0
    clamd.mood = ""
    assert "Added." in add(a_picture())
    assert kept() == 1


def test_b83_without_a_scanner_files_come_in_as_ever(settings):
    settings.ATTUNE_SCANNER = ""
    assert bare(a_png()).kind == "image"
    assert checks.scanner_answers() == []


def test_b83_the_check_before_a_start_says_when_the_scanner_is_not_there(clamd, settings):
    assert checks.scanner_answers() == []
    settings.ATTUNE_SCANNER += "-gone"
    assert [one.id for one in checks.scanner_answers()] == ["attune.E006"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
        ("127.0.0.1:3310", ("127.0.0.1", 3310)),
        ("[::1]:3310", ("::1", 3310)),
    ],
)
def test_b83_a_scanner_is_a_path_or_a_host_and_its_port(written, meant):
    assert scanner.place(written) == meant
    for wrong in ("clamd.ctl", "localhost", "localhost:", ":3310", "localhost:99999", "tcp://x"):
        with pytest.raises(ValueError, match="neither"):
            scanner.place(wrong)
