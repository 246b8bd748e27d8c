"""Reading pages as a browser does: what they link to, what they would run, and whether two are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponse

#: The part of an address that another server would have, too.
_SITE = re.compile(r"^https?://[^/]+")

#: What differs between two answers that say the same: tokens, the nonce of the policy, a form's own fresh key.
_TOKENS = re.compile(
    rb"""name="csrfmiddlewaretoken"\s+value="[^"]*"|"X-CSRFToken":\s*"[^"]*"|&quot;X-CSRFToken&quot;:\s*&quot;\w+&quot;"""
    rb"""|nonce="[^"]*"|nonce-[A-Za-z0-9+/=_-]+"""
    rb"""|name="key"\s+value="[0-9a-f]{8}-[0-9a-f-]{27}\"|"token":\s*"\w+\""""
)


def path_of(address: str) -> str:
    """Return what a browser asks our server for: an address as a letter carries it, without the site."""
    return _SITE.sub("", address)


def plain(body: bytes) -> bytes:
    """Return a body without tokens and nonces."""
    return _TOKENS.sub(b"", body)


def headers(response: HttpResponse) -> dict[str, str]:
    """Return the headers without the nonce and the cookies' values."""
    found = {name: _TOKENS.sub(b"", value.encode()).decode() for name, value in response.headers.items()}
    found.pop("Content-Length", None)
    found.pop("X-Request-ID", None)  # each has its own
    found.pop("RateLimit", None)  # counts one's own requests
    return {**found, "cookies": ",".join(sorted(response.cookies))}


def same_answer(one: HttpResponse, other: HttpResponse) -> bool:
    return (
        one.status_code == other.status_code
        and plain(one.content) == plain(other.content)
        and headers(one) == headers(other)
    )


#: Where this finds nothing, no parser finds anything inline; it looks through a page in a hundredth of the time.
_MAY_BE_INLINE = re.compile(
    r"""<style|<script[^>]*>(?!</script)|[\s"'/](?:on\w+|style)\s*=|(?:href|src|action)\s*=\s*["']?[jd&\s]""",
    re.IGNORECASE,
)


def inline(body: str) -> list[str]:
    """Return what a strict policy would stop on a page."""
    return Page(body).inline if _MAY_BE_INLINE.search(body) else []


@dataclass
class Field:
    """One control of a form, with what it would send as the page stands."""

    name: str
    kind: str
    values: list[str]


@dataclass
class PageForm:
    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    def data(self) -> dict[str, list[str]]:
        """What pressing the button would send, nothing else touched."""
        return {one.name: list(one.values) for one in self.fields.values() if one.values}


class Page(HTMLParser):
    """A parsed page: title, language, links, forms, and everything that a strict policy would stop."""

    def __init__(self, body: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lang = self.title = ""
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.forms: list[PageForm] = []
        self.inline: list[str] = []
        self._texts: list[str] = []
        self._inside: list[str] = []
        self._is_data = False
        self._select: Field | None = None
        self._area: Field | None = None
        self.feed(body)
        self.close()

    @property
    def text(self) -> str:
        """All that can be read, scripts and styles with it."""
        return "".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag not in ("meta", "link", "input", "br", "img", "hr", "path", "circle", "rect", "line", "source"):
            self._inside.append(tag)
        if tag == "html":
            self.lang = said.get("lang", "")
        if tag == "script":
            self._is_data = said.get("type") == "application/json"  # which no browser runs
        self._note_inline(tag, said)
        self._note_addresses(tag, said)
        self._note_form(tag, said)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if "title" in self._inside and "svg" not in self._inside:
            self.title += data
        if "style" in self._inside or ("script" in self._inside and data.strip() and not self._is_data):
            self.inline.append(f"text in <{self._inside[-1]}>: {data.strip()[:60]}")
        if self._area is not None:
            self._area.values[0] += data.removeprefix("\n") if not self._area.values[0] else data
        self._texts.append(data)

    def _note_inline(self, tag: str, said: dict[str, str]) -> None:
        self.inline += [f"<{tag} {name}=…>" for name in said if name.startswith("on") or name == "style"]
        self.inline += [
            f"<{tag} {name}={said[name][:40]}>"
            for name in ("href", "src", "action")
            if said.get(name, "").strip().lower().startswith(("javascript:", "data:text"))
        ]
        if tag == "style":
            self.inline.append("<style>")

    def _note_addresses(self, tag: str, said: dict[str, str]) -> None:
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        for name in ("hx-get", "hx-post"):
            if name in said:
                self.loaded.append(said[name])
        if tag in ("script", "img", "iframe", "source", "link") and (said.get("src") or said.get("href")):
            self.loaded.append(said.get("src") or said["href"])

    def _note_form(self, tag: str, said: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append(PageForm(said.get("action", ""), said.get("method", "get").lower()))
        form = self.forms[-1] if self.forms else None
        if form is None or "disabled" in said:
            return
        name, kind = said.get("name", ""), said.get("type", "text").lower()
        if tag == "option" and self._select is not None:
            if "selected" in said or not self._select.values:
                self._select.values = [said.get("value", "")]
        elif tag == "select" and name:
            self._select = form.fields.setdefault(name, Field(name, "select", []))
        elif tag == "textarea" and name:
            self._area = form.fields.setdefault(name, Field(name, "textarea", [""]))
        elif tag == "input" and name and kind not in ("submit", "button"):
            one = form.fields.setdefault(name, Field(name, kind, []))
            if kind not in ("radio", "checkbox") or "checked" in said:
                one.values.append(said.get("value", "on" if kind == "checkbox" else ""))
