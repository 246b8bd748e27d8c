"""A virus scanner that looks at every file before anything else does: clamd, by its own protocol, where one is named.

``ATTUNE_SCANNER`` is the path of clamd's socket, or ``host:port``. Nothing is kept meanwhile: a file lies in memory
until the scanner has called it clean, and whatever is not exactly that (found, too large for it, no answer, an answer
that we do not know) lets nothing in. Without the setting files are made anew and searched by nobody.
"""

from __future__ import annotations

import logging
import socket
import struct
import time

from django.conf import settings

log = logging.getLogger(__name__)

#: Seconds for one file, from the first byte to the answer: somebody waits for the page.
PATIENCE = 15.0
#: Bytes handed over at once.
CHUNK = 65536
#: Of an answer nobody needs more.
LONGEST_ANSWER = 1024


class Infected(Exception):
    """The scanner found something."""


class Silent(Exception):
    """The scanner did not say that the file is clean, nor that it is not."""


def search(data: bytes) -> None:
    """Return when the scanner calls ``data`` clean, or where none is named. Raises :class:`Infected`, :class:`Silent`.

    The log gets no word of what was in the file, nor the name under which the scanner knows it.
    """
    if not settings.ATTUNE_SCANNER:
        return
    answer = _ask(b"zINSTREAM\0", data)
    if answer == "stream: OK":
        return
    if answer.endswith(" FOUND"):
        log.warning("The scanner found something in a file; it was not kept.")
        raise Infected
    log.error("The scanner could not search a file; it was not kept.")
    raise Silent


def answers() -> bool:
    """Tell whether the scanner that is named is there."""
    try:
        return _ask(b"zPING\0") == "PONG"
    except Silent:
        return False


def place(setting: str) -> str | tuple[str, int]:
    """Return where the scanner listens: a path or a host and its port. Raises ValueError for what is neither."""
    if setting.startswith("/"):
        return setting
    host, _colon, port = setting.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("neither a path nor host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _ask(command: bytes, data: bytes | None = None) -> str:
    until = time.monotonic() + PATIENCE
    try:
        with _line(place(settings.ATTUNE_SCANNER)) as line:
            line.sendall(command)
            if data is not None:
                _hand_over(line, data, until)
            return _answer(line, until)
    except OSError as error:
        log.error("The scanner does not answer: %s", type(error).__name__)
        raise Silent from error


def _line(where: str | tuple[str, int]) -> socket.socket:
    if isinstance(where, tuple):
        return socket.create_connection(where, timeout=PATIENCE)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(PATIENCE)
    try:
        line.connect(where)
    except OSError:
        line.close()
        raise
    return line


def _hand_over(line: socket.socket, data: bytes, until: float) -> None:
    """Each piece with its length before it, and a length of nothing at the end."""
    try:
        for start in range(0, len(data), CHUNK):
            piece = data[start : start + CHUNK]
            line.settimeout(_left(until))
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return  # it has had enough, and says why


def _answer(line: socket.socket, until: float) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
        line.settimeout(_left(until))
        more = line.recv(LONGEST_ANSWER)
        if not more:
            break
        said += more
    if not said.endswith(b"\0"):
        raise ConnectionError("half an answer")
    return said[:-1].decode("utf-8", "replace")


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
