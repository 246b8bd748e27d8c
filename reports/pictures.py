"""The pictures of one report, by the address that only its own fetcher knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.safestring import SafeString

from reports.marks import INKS, letter, mark
from reports.paper import Letterhead

Files = dict[str, tuple[bytes, str]]
"""Address to bytes and media type."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as the page names it: an address that only this report's fetcher knows, and its finding."""

    src: str
    alt: str


@dataclass(slots=True)
class Pictures:
    """The drawings of one report, by address."""

    files: Files = field(default_factory=dict)

    def add(self, svg: SafeString, finding: str) -> Picture:
        picture = Picture(f"report:chart/{len(self.files) + 1}", finding)
        self.files[picture.src] = (svg.encode(), "image/svg+xml")
        return picture


def logo_picture(letterhead: Letterhead) -> Files:
    """The practice's logo, if it has one."""
    if not letterhead.logo:
        return {}
    kind = "image/png" if letterhead.logo.startswith(b"\x89PNG") else "image/jpeg"
    return {"report:logo": (letterhead.logo, kind)}


def mark_pictures() -> Files:
    """Every partner's mark, for use beside a name."""
    return {f"report:mark/{letter(position)}": (_mark(position), "image/svg+xml") for position in range(len(INKS))}


def _mark(position: int) -> bytes:
    path = mark(position, 6, 6, 4.4)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12" width="12" height="12">'
        f'<path d="{path}" fill="{INKS[position]}"/></svg>'
    ).encode()
