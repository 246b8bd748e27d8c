"""Icons as inline SVG: our own drawings, and the lucide set for everything else."""

from __future__ import annotations

from functools import lru_cache

import lucide
from django.template import TemplateSyntaxError
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Our own drawings on a 20-unit grid: the five lane marks, the house, a half-full circle,
# the seal of something sent, and the evening sun of a page with nothing to do.
DRAWINGS = {
    "own": '<rect x="4" y="3" width="12" height="14" rx="2"/><path d="M7.25 3v14M10.25 7h3"/>',
    "private": '<rect x="4" y="9" width="12" height="8" rx="2"/>'
    '<path d="M6.75 9V6.5a3.25 3.25 0 0 1 6.5 0V9M10 12v2"/>',
    "reveal": '<rect x="2.5" y="4.5" width="15" height="11" rx="2"/><path d="m3.25 6 6.75 5 6.75-5"/>',
    "shared": '<circle cx="7.5" cy="10" r="5"/><circle cx="12.5" cy="10" r="5"/>',
    "joint": '<rect x="1.75" y="5" width="16.5" height="10" rx="5"/>'
    '<g fill="currentColor"><circle cx="7" cy="10" r="1.25"/><circle cx="13" cy="10" r="1.25"/></g>',
    "house": '<path d="M10 17.5V9m0 3.5L6.75 9.75M10 10.75 13 8'
    'M10 2.5C6 5 4.25 8 4.25 10.75a5.75 5.5 0 0 0 11.5 0C15.75 8 14 5 10 2.5Z"/>',
    "half": '<circle cx="10" cy="10" r="6.5"/><path d="M10 3.5a6.5 6.5 0 0 1 0 13z" fill="currentColor"/>',
    "seal": '<rect x="1.75" y="4" width="16.5" height="12.5" rx="1.75"/><path d="m2.5 5.25 7.5 6 7.5-6"/>'
    '<circle cx="10" cy="11.75" r="2.6" fill="var(--paper)"/><path d="m9 11.75.75.8 1.4-1.6"/>',
    "sunset": '<path d="M3 14.25h14M5 14.25a5 5 0 0 1 10 0M10 5v1.75M3.75 8l1.3 1.3M16.25 8l-1.3 1.3M6.5 16.75h7"/>',
}
_ON_OUR_GRID = (
    '<svg viewBox="0 0 20 20" width="{0}" height="{0}" fill="none" stroke="currentColor" stroke-width="1.6"'
    ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{1}</svg>'
)


@lru_cache(maxsize=512)
def drawing(name: str, size: int) -> SafeString:
    """The SVG of one icon, decorative: whoever uses it writes the word beside it."""
    if name in DRAWINGS:
        return format_html(_ON_OUR_GRID, size, SafeString(DRAWINGS[name]))
    try:
        # A drawing from the installed package, chosen by a name in our templates: no user's text.
        return SafeString(lucide._render_icon(name, size, stroke_width="1.9", aria_hidden="true", focusable="false"))
    except lucide.IconDoesNotExist:
        raise TemplateSyntaxError(f"There is no icon called {name!r}.") from None


@lru_cache(maxsize=64)
def face(lift: float) -> SafeString:
    """A face whose mouth bends from -1 (low) over 0 (level) to 1 (high)."""
    corners, middle = 19.5 - 1.5 * lift, 19.5 + 4.5 * lift
    return format_html(
        '<svg viewBox="0 0 32 32" width="32" height="32" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" aria-hidden="true" focusable="false"><circle cx="16" cy="16" r="13"/>'
        '<path d="M11.5 12.5v.5M20.5 12.5v.5M10.5 {0}Q16 {1} 21.5 {0}"/></svg>',
        f"{corners:.1f}",
        f"{middle:.1f}",
    )
