"""A TCP proxy that can be cut: to a port or a socket file, on a port of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.chaos.loop import Looped

Target = int | str


class Proxy(Looped):
    """One line between two parties. ``cut`` resets what is open and refuses what comes; ``freeze`` says nothing."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.refuses = False
        self.writers: set[asyncio.StreamWriter] = set()
        #: Set: what comes goes on. Each connection keeps the one that it began with.
        self.flows = asyncio.Event()
        self.flows.set()
        super().__init__()

    def _call(self, job) -> None:
        self.loop.call_soon_threadsafe(job)

    def cut(self) -> None:
        """Reset every connection, and every new one."""
        self.refuses = True
        self._call(self._reset)

    def reset(self) -> None:
        """Reset every connection; new ones go through."""
        self._call(self._reset)

    def freeze(self) -> None:
        """Let nothing through and tell nobody: the connections look alive."""
        self._call(lambda: self.flows.clear())

    def deafen(self) -> None:
        """Let nothing through on the connections there are, for good; new ones work. Nobody is told."""
        self._call(self._deafen)

    def _deafen(self) -> None:
        self.flows.clear()
        self.flows = asyncio.Event()
        self.flows.set()

    def heal(self) -> None:
        self.refuses = False
        self._call(lambda: self.flows.set())

    def close(self) -> None:
        self._call(self._reset)
        super().close()

    def _reset(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        try:
            if isinstance(self.target, int):
                there, out = await asyncio.open_connection("127.0.0.1", self.target)
            else:
                there, out = await asyncio.open_unix_connection(self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, out}
        self.writers |= both
        try:
            flows = self.flows
            await asyncio.gather(self._pump(reader, out, flows), self._pump(there, writer, flows))
        finally:
            self.writers -= both
            for one in both:
                one.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await flows.wait()
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            if writer.can_write_eof():
                writer.write_eof()
