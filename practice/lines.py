"""The lines to other machines: encrypted, to a server that proves its name, or not at all.

PostgreSQL, broker, cache, mail and text gateway may stand elsewhere, and what goes over these lines are people's words,
keys and addresses. In production a line that could be listened to stops the start. What stays on this machine, over a
socket or the loopback, needs none of it; neither do the hosts that ``ATTUNE_PLAIN_HOSTS`` names, because their line
never leaves a machine or a network of one's own.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs, urlsplit

HERE = ("", "localhost", "127.0.0.1", "::1")
#: Both look at the certificate; the first one at the name in it, too.
PROVEN = ("verify-full", "verify-ca")


class InTheOpen(ValueError):
    """A line could be listened to. The text says which one and what to write instead."""


def stays_here(host: str, plain: Collection[str] = ()) -> bool:
    """Tell whether a line to ``host`` stays on this machine, or goes to a host that was named as one's own."""
    return host in HERE or host.startswith("/") or host in plain


def of_database(name: str, hosts: str, options: dict[str, Any], plain: Collection[str] = ()) -> dict[str, Any]:
    """Return libpq's options for a line to ``hosts`` (several are separated by commas): with proof, unless it is here.

    Raises :class:`InTheOpen` where the options ask for less.
    """
    if all(stays_here(host, plain) for host in hosts.split(",")):
        return options
    options = {"sslmode": "verify-full"} | options
    if options["sslmode"] == "verify-full":
        options = {"sslrootcert": "system"} | options
    if options["sslmode"] not in PROVEN:
        raise InTheOpen(f"{name}: sslmode must be verify-full (or verify-ca), or its host in ATTUNE_PLAIN_HOSTS.")
    return options


def check_url(name: str, url: str, encrypted: str, plain: Collection[str] = ()) -> None:
    """Raise :class:`InTheOpen` for an address that leads elsewhere and has not the scheme ``encrypted``."""
    parts = urlsplit(url)
    if not url or parts.scheme == "redis+socket" or stays_here(parts.hostname or "", plain):
        return
    if parts.scheme != encrypted:
        raise InTheOpen(f"{name} must begin with {encrypted}://, or its host stand in ATTUNE_PLAIN_HOSTS.")
    asked = parse_qs(parts.query)
    reqs = {one.lower().removeprefix("cert_") for one in asked.get("ssl_cert_reqs", [])}
    if reqs - {"required"} or "false" in {one.lower() for one in asked.get("ssl_check_hostname", [])}:
        raise InTheOpen(f"{name} must not switch off the look at the server's certificate.")


def check_unencrypted(name: str, host: str, plain: Collection[str] = ()) -> None:
    """Raise :class:`InTheOpen` for a line to elsewhere by a protocol that knows no encryption."""
    if not stays_here(host, plain):
        raise InTheOpen(f"{name} can not be encrypted: name a socket, or let its host stand in ATTUNE_PLAIN_HOSTS.")


def of_broker(url: str) -> dict[str, Any] | None:
    """Return what is asked of a broker with an encrypted line, so that it depends on nobody's defaults."""
    if urlsplit(url).scheme != "rediss":
        return None
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
