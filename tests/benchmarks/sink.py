"""A mail server that takes everything at once and keeps nothing but the Message-IDs: `python -m tests.benchmarks.sink`.

It prints its port. `STAT` answers with how many letters came and how many of them were different, and forgets them.
"""

from __future__ import annotations

import asyncio
import re
from typing import ClassVar

MESSAGE_ID = re.compile(rb"(?im)^message-id:\s*(\S+)")


class Session(asyncio.Protocol):
    taken: ClassVar[list[bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""
        self.in_letter = False
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n.\r\n" if self.in_letter else b"\r\n")) >= 0:
            if self.in_letter:
                self._letter(self.buffer[:end])
                self.buffer = self.buffer[end + 5 :]
            else:
                line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
                self._command(line[:4].upper())

    def _letter(self, letter: bytes) -> None:
        found = MESSAGE_ID.search(letter)
        self.taken.append(found[1] if found else b"")
        self.in_letter = False
        self.transport.write(b"250 taken\r\n")

    def _command(self, word: bytes) -> None:
        if word == b"DATA":
            self.in_letter = True
            self.transport.write(b"354 go on\r\n")
        elif word == b"EHLO":
            self.transport.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
        elif word == b"STAT":
            self.transport.write(f"250 {len(self.taken)} {len(set(self.taken))}\r\n".encode())
            self.taken.clear()
        elif word == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 fine\r\n")


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
