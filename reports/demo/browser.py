"""A very small browser: pages, links and forms over real HTTP, with cookies. For the demo's own check."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

TIMEOUT = 30


@dataclass
class Form:
    """A form as a browser would send it: everything that is filled in, ticked or chosen."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    id: str = ""


@dataclass
class Page:
    """What came back."""

    url: str
    status: int
    body: bytes
    text: str
    forms: list[Form]
    links: list[tuple[str, str]]

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path

    def link(self, words: str = "", to: str = "") -> str:
        """Return the address of the first link with these words in it, and this in its address."""
        for address, said in self.links:
            if words in said and to in address:
                return address
        raise LookupError(f"a link {words or to!r} on {self.path}")

    def form(self, with_field: str) -> Form:
        """Return the form that has this field."""
        for one in self.forms:
            if with_field in one.names:
                return one
        raise LookupError(f"a form with {with_field!r} on {self.path}")


class Browser:
    """One person's browser."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, address: str, data: dict[str, list[str]] | None = None, at: str = "") -> Page:
        url = urllib.parse.urljoin(at or self.home, address)
        body = urllib.parse.urlencode(data, doseq=True).encode() if data is not None else None
        request = urllib.request.Request(url, body, {"Referer": at} if at else {})  # noqa: S310  our own server
        try:
            with self.opener.open(request, timeout=TIMEOUT) as response:
                return _page(response.geturl(), response.status, response.read())
        except urllib.error.HTTPError as error:
            return _page(error.geturl() or url, error.code, error.read())

    def send(self, page: Page, with_field: str, **filled: str | list[str]) -> Page:
        """Fill in the form of `page` that has the field, and send it."""
        form = page.form(with_field)
        said = {name: [one] if isinstance(one, str) else one for name, one in filled.items()}
        return self.open(form.action or page.url, {**form.values, **said}, at=page.url)


class _Reader(HTMLParser):
    """Takes forms and links out of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.inside: Form | None = None
        self.loose: list[tuple[str, dict[str, str]]] = []
        self.select = ""
        self.chosen = False
        self.area: tuple[Form, str] | None = None
        self.anchor: tuple[str, list[str]] | None = None
        self.hidden = 0

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in pairs}
        if tag == "form":
            self.inside = Form(given.get("action", ""), id=given.get("id", ""))
            self.forms.append(self.inside)
        elif tag in ("script", "style"):
            self.hidden += 1
        elif tag == "a":
            self.anchor = (given.get("href", ""), [])
        elif tag in ("input", "select", "textarea", "button"):
            self._field(tag, given)
        elif tag == "option" and self.inside and self.select and ("selected" in given or not self.chosen):
            # Without a choice a browser sends the first option.
            self.inside.values[self.select] = [given.get("value", "")]
            self.chosen = True

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name, form = given.get("name", ""), self.inside
        if form is None or not name:
            return
        form.names.add(name)
        kind = given.get("type", "text")
        if tag == "select":
            self.select, self.chosen = name, False
        elif tag == "textarea":
            self.area = (form, name)
            form.values[name] = [""]
        elif tag == "button" or kind in ("submit", "button", "file"):
            return
        elif kind not in ("checkbox", "radio"):
            form.values[name] = [given.get("value", "")]
        elif "checked" in given:
            form.values.setdefault(name, []).append(given.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag in ("script", "style"):
            self.hidden -= 1
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = None
        elif tag == "a" and self.anchor:
            self.links.append((self.anchor[0], " ".join("".join(self.anchor[1]).split())))
            self.anchor = None

    def handle_data(self, data: str) -> None:
        if self.area:
            form, name = self.area
            form.values[name][0] += data
            return
        if self.hidden:
            return
        self.words.append(data)
        if self.anchor:
            self.anchor[1].append(data)


def _page(url: str, status: int, body: bytes) -> Page:
    reader = _Reader()
    if not body.startswith(b"%PDF"):
        reader.feed(body.decode("utf-8", "replace"))
    text = html.unescape(re.sub(r"\s+", " ", " ".join(reader.words))).strip()
    return Page(url, status, body, text, reader.forms, reader.links)
