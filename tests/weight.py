"""What a page weighs over the wire: itself compressed, and the files that it names as production compresses them."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

import brotli
from django.contrib.staticfiles import finders

#: Bytes, at most: with the fonts cached, and on a first visit.
MOST_WARM, MOST_COLD = 60_000, 150_000
#: The letters of Western Europe; others are fetched by pages that use them.
LETTERS = ("practice/fonts/source-sans-latin.woff2", "practice/fonts/source-serif-latin.woff2")

_FILES = re.compile(r'(?:<script[^>]*src|<link rel="(?:stylesheet|icon)" href|<img[^>]*src)="/static/([^"]+)"')


@cache
def of_file(name: str) -> int:
    path = Path(str(finders.find(name)))
    return path.stat().st_size if path.suffix == ".woff2" else len(brotli.compress(path.read_bytes()))


def warm(html: str) -> int:
    """Bytes of a page with all that it names, fonts apart."""
    return len(gzip.compress(html.encode())) + sum(of_file(name) for name in set(_FILES.findall(html)))


def cold(html: str) -> int:
    return warm(html) + sum(map(of_file, LETTERS))
