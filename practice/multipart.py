"""A letter as the bytes that go to a mail server: plain text and HTML, written down quickly.

Python's own e-mail package takes longer for one letter than the rest of its journey. What a letter of ours
may hold is simple, so it is written by hand; anything else (a long line, a header that needs encoding) is left
to that package.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

LONGEST_LINE = 900


def write(headers: Mapping[str, str], text: str, html: str) -> bytes | None:
    """Return the letter, with every line ended as mail servers want it; None when it is not that simple."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if not html or not _are_plain(lines):
        return None
    parts = [_part("plain", text), _part("html", html)]
    if None in parts:
        return None
    seam = uuid.uuid4().hex
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{seam}"', ""]
    for part in parts:
        lines += [f"--{seam}", part or ""]
    return "\r\n".join([*lines, f"--{seam}--", ""]).encode()


def _are_plain(lines: Sequence[str]) -> bool:
    together = "".join(lines)
    return together.isascii() and together.isprintable() and _longest(lines) < LONGEST_LINE


def _part(kind: str, words: str) -> str | None:
    lines = words.splitlines()
    if _longest(lines) > LONGEST_LINE // 4 and any(len(line.encode()) > LONGEST_LINE for line in lines):
        return None
    coding = "7bit" if words.isascii() else "8bit"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {coding}\r\n'
    return "\r\n".join([head, *lines])


def _longest(lines: Sequence[str]) -> int:
    return max(map(len, lines), default=0)
