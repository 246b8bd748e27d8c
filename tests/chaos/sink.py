"""A mail server that misbehaves when told, and remembers every letter that it took responsibility for.

A letter counts as taken the moment before its '250' leaves: whether that answer arrives is another matter.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from contextlib import suppress

from tests.chaos.loop import Looped

MESSAGE_ID = re.compile(rb"(?mi)^message-id:\s*(<[^>]+>)")
CANARY = "canary@example.org"
#: Where in a conversation the server may stop talking.
STAGES = ("greeting", "ehlo", "mail", "rcpt", "data", "end")


class Sink(Looped):
    """``stalls_at`` is a stage at which nothing more is said; ``then`` is what happens once a letter is taken."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, str, str]] = []
        self.stalls_at = ""
        self.drops = False
        self.refuses_for_now = False
        self.greylists = False
        self.refused: set[str] = set()
        self.seen: set[str] = set()
        self.conversations = 0
        super().__init__()

    def behave(self) -> None:
        """Take everything at once, as a good server does."""
        self.stalls_at, self.drops, self.refuses_for_now, self.greylists = "", False, False, False

    @property
    def counts(self) -> Counter[str]:
        """How often each Message-ID was taken, without the canary's."""
        return Counter(one for _at, one, to in list(self.taken) if to != CANARY)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.conversations += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            await _Conversation(self, reader, writer).run()
        writer.transport.abort()


class _Conversation:
    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink, self.reader, self.writer = sink, reader, writer
        self.to = ""

    async def says(self, words: str, stage: str = "") -> None:
        if stage and self.sink.stalls_at == stage:
            await asyncio.sleep(3600)
        self.writer.write(f"{words}\r\n".encode())
        await self.writer.drain()

    async def run(self) -> None:
        await self.says("220 sink", "greeting")
        while line := (await self.reader.readline()).decode(errors="replace").strip():
            word = line[:4].upper()
            if word == "QUIT":
                await self.says("221 bye")
                return
            await self.answers(word, line)

    async def answers(self, word: str, line: str) -> None:
        match word:
            case "EHLO" | "HELO":
                await self.says("250-sink\r\n250 8BITMIME", "ehlo")
            case "MAIL":
                await self.says("451 later" if self.sink.refuses_for_now else "250 ok", "mail")
            case "RCPT":
                self.to = line.partition("<")[2].partition(">")[0]
                await self.says(self.verdict(), "rcpt")
            case "DATA":
                await self.says("354 go on", "data")
                await self.takes()
            case _:
                await self.says("250 ok")

    def verdict(self) -> str:
        if self.to in self.sink.refused:
            return f"550 <{self.to}>: nobody here of that name"  # as real ones do
        if self.sink.greylists and self.to not in self.sink.seen:
            self.sink.seen.add(self.to)
            return f"450 <{self.to}>: later"
        return "250 ok"

    async def takes(self) -> None:
        content = await self.reader.readuntil(b"\r\n.\r\n")
        found = MESSAGE_ID.search(content)
        if self.sink.stalls_at == "end":
            await asyncio.sleep(3600)
        self.sink.taken.append((time.monotonic(), found[1].decode() if found else "", self.to))
        if self.sink.drops:
            raise ConnectionResetError
        await self.says("250 taken")
