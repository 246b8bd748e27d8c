"""A request as a server hands it to the application: what both sides are asked, byte by byte alike.

It asks for no compression: that would take both sides the same time, and hide what else takes time.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

#: A secret of the right length stands for itself as a token.
CSRF = "c" * 32
HOST = "localhost"


@dataclass(frozen=True)
class Request:
    """One request. ``marker`` must stand in the body of the answer, or in ``Location`` where it leads on."""

    path: str
    marker: str
    method: str = "GET"
    status: int = 200
    body: str = ""
    kind: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return it as what JSON can carry."""
        return asdict(self)

    def environ(self) -> dict[str, Any]:
        """Return a fresh WSGI environment of it."""
        address, body = urlsplit(self.path), self.body.encode()
        given = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "CONTENT_TYPE": self.kind,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if self.method == "POST":
            given["HTTP_ORIGIN"] = f"http://{HOST}"
        return given | {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}


def form(
    path: str, fields: Mapping[str, str | Sequence[str]], marker: str, *, cookies: Mapping[str, str], status: int = 200
) -> Request:
    """Return what a browser sends when a form is sent, its token among the fields."""
    body = urlencode({"csrfmiddlewaretoken": CSRF, **fields}, doseq=True)
    return Request(path, marker, "POST", status, body, "application/x-www-form-urlencoded", {**cookies, "csrf": CSRF})
