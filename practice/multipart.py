"""A letter as the bytes that go to a mail server: plain text and HTML, written down quickly.

Python's own e-mail package takes longer for one letter than the rest of its journey. What a letter of ours
may hold is simple, so it is written by hand; anything else (a long line, a header that needs encoding) is left
to that package.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping

LONGEST_LINE = 900


def write(headers: Mapping[str, str], text: str, html: str) -> bytes | None:
    """Return the letter, with every line ended as mail servers want it; None when it is not that simple."""
    if not html or not all(_is_plain(name) and _is_plain(value) for name, value in headers.items()):
        return None
    parts = [_part("plain", text), _part("html", html)]
    if None in parts:
        return None
    seam = uuid.uuid4().hex
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["MIME-Version: 1.0", f'Content-Type: multipart/alternative; boundary="{seam}"', ""]
    for part in parts:
        lines += [f"--{seam}", part or ""]
    return "\r\n".join([*lines, f"--{seam}--", ""]).encode()


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) < LONGEST_LINE


def _part(kind: str, words: str) -> str | None:
    lines = words.splitlines()
    if any(len(line) > LONGEST_LINE // 4 and len(line.encode()) > LONGEST_LINE for line in lines):
        return None
    coding = "7bit" if words.isascii() else "8bit"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {coding}\r\n'
    return "\r\n".join([head, *lines])
