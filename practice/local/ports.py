"""Which ports the demo takes on this machine."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

WEB = 8000
SMTP = 8025
TEXTS = 8045
TRIES = 100


class Ports(NamedTuple):
    """The ports of the demo, all on this machine's own address."""

    web: int
    smtp: int
    texts: int


def choose(say: Callable[[str], object] = print) -> Ports:
    """Choose free ports, the usual ones or those wished for in the environment if they can be had.

    The wishes are ATTUNE_WEB_PORT, ATTUNE_SMTP_PORT and ATTUNE_TEXTS_PORT. Says so when it takes another than
    wished.
    """
    web = _next_free("web", int(os.environ.get("ATTUNE_WEB_PORT") or WEB), set(), say)
    smtp = _next_free("mail", int(os.environ.get("ATTUNE_SMTP_PORT") or SMTP), {web}, say)
    texts = _next_free("text messages", int(os.environ.get("ATTUNE_TEXTS_PORT") or TEXTS), {web, smtp}, say)
    return Ports(web, smtp, texts)


def current() -> Ports:
    """The ports that the environment names: of a process that the demo has started."""
    wished = ("ATTUNE_WEB_PORT", "ATTUNE_SMTP_PORT", "ATTUNE_TEXTS_PORT")
    return Ports(*(int(os.environ[name]) for name in wished))


@contextmanager
def held(at: Ports) -> Iterator[None]:
    """Keep others from taking the ports while the demo gets ready. OSError when one is taken already."""
    with ExitStack() as stack:
        for port in at:
            holder = stack.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", port))
            holder.listen()
        yield


def listening(port: int) -> bool:
    """Whether somebody on this machine takes connections on `port`, as 127.0.0.1 or as ::1."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as caller:
                caller.settimeout(1)
                caller.connect((address, port))
                return True
        except OSError:
            continue
    return False


def _next_free(what: str, wished: int, taken: set[int], say: Callable[[str], object]) -> int:
    for port in range(wished, min(wished + TRIES, 65536)):
        if port not in taken and _free(port):
            if port != wished:
                say(f"Port {wished} is taken; {what} uses {port}.")
            return port
    raise OSError(errno.EADDRINUSE, f"No free port for {what} between {wished} and {wished + TRIES}")


def _free(port: int) -> bool:
    if listening(port):
        return False
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
