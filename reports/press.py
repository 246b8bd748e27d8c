"""WeasyPrint, held by the hand: what it may fetch, what it may say, and what is put right afterwards.

Nothing outside the task that prints imports this module, and nothing here knows what a report is.
"""

from __future__ import annotations

import gc
import logging
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: Where the site finds them, too: a preview on the screen is drawn by the same sheets.
SHEETS = HERE / "static" / "reports"
# Read once, when the library below starts: only the fonts that ship with Attune, whatever the machine has.
os.environ["FONTCONFIG_FILE"] = str(HERE / "fonts" / "fonts.conf")

import pydyf  # noqa: E402
from weasyprint import CSS, HTML, Attachment  # noqa: E402
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse  # noqa: E402

from reports.enclosures import Enclosure  # noqa: E402
from reports.pdf import NotPrinted  # noqa: E402

Files = Mapping[str, tuple[bytes, str]]
OPTIONS = {"pdf_variant": "pdf/ua-1"}
POINTS_PER_PIXEL = 0.75
PRINTED = 4  # the annotation flag that PDF/UA asks for
#: How much one report may add to what its process holds. The longest table that a report has takes a quarter of it.
MOST_MEMORY = 800 * 2**20
#: Ways out of the process that Python tells of before they are taken.
WAYS_OUT = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"})
_printing: ContextVar[bool] = ContextVar("_printing", default=False)

logging.getLogger("fontTools").setLevel(logging.ERROR)
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)


class ReportFetcher(URLFetcher):
    """Knows the pictures of one report by name and refuses every other address. Never shared or cached."""

    def __init__(self, files: Files | None = None) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self.files = files or {}
        self.denied: list[str] = []

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url in self.files:
            body, kind = self.files[url]
            return URLFetcherResponse(url, body, {"Content-Type": kind})
        self.denied.append(url)
        raise FatalURLFetchingError("resource refused")


@dataclass(frozen=True, slots=True)
class Printed:
    pdf: bytes
    pages: int
    notes: tuple[str, ...]


def print_html(
    html: str,
    files: Files,
    *,
    paper: str = "a4",
    sheet: str = "paper.css",
    colour: str = "",
    issued: date,
    enclosed: Sequence[Enclosure] = (),
) -> Printed:
    """Turn a page into a tagged PDF. Raises NotPrinted rather than return one with something missing."""
    fetcher = ReportFetcher(files)
    sheets = [stylesheet(sheet)] + ([stylesheet("letter.css")] if paper == "letter" else [])
    if colour:
        sheets.append(CSS(string=f".cover {{ background: {colour} }}", url_fetcher=ReportFetcher()))
    try:
        with listening() as heard, dated(issued), resting_collector(), without_network(), within_memory():
            pdf, pages = _set(html, fetcher, sheets, [_attached(one, issued) for one in enclosed])
    except FatalURLFetchingError:  # a BaseException, which would take the worker with it
        raise NotPrinted("a resource outside the report was refused") from None
    # A refusal inside a drawing is swallowed there, so ask again.
    if fetcher.denied:
        raise NotPrinted("a resource outside the report was refused")
    if heard.errors:
        raise NotPrinted(f"the page did not come out whole: {heard.errors[0]}")
    return Printed(pdf, pages, tuple(dict.fromkeys(heard.notes)))


def _set(html: str, fetcher: ReportFetcher, sheets: list[CSS], enclosed: list[Attachment]) -> tuple[bytes, int]:
    """Return the file and its number of pages; the tree that they were drawn from is dropped with this frame."""
    document = HTML(string=html, url_fetcher=fetcher).render(stylesheets=sheets, **OPTIONS)
    return document.write_pdf(finisher=finish, attachments=enclosed, **OPTIONS), len(document.pages)


def _attached(one: Enclosure, issued: date) -> Attachment:
    """A file dated like the report, so that equal reports stay equal bytes."""
    day = datetime(issued.year, issued.month, issued.day, tzinfo=UTC)
    return Attachment(
        string=one.text,
        url_fetcher=ReportFetcher(),
        name=one.name,
        description=one.about,
        created=day,
        modified=day,
        relationship="Supplement",
    )


@cache
def stylesheet(name: str) -> CSS:
    """A stylesheet, parsed once per process, with a fetcher of its own that knows nothing."""
    return CSS(string=(SHEETS / name).read_text("utf-8"), url_fetcher=ReportFetcher())


@dataclass(slots=True)
class Heard(logging.Handler):
    """Keeps the patterns of what WeasyPrint logs, without the values: they may be somebody's words."""

    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        logging.Handler.__init__(self, logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        pile = self.errors if record.levelno >= logging.ERROR else self.notes
        pile.append(str(record.msg))

    __hash__ = logging.Handler.__hash__


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear WeasyPrint's complaints and keep them out of every log: they quote what they complain about."""
    log, heard = logging.getLogger("weasyprint"), Heard()
    handlers, propagate, level = log.handlers[:], log.propagate, log.level
    log.handlers, log.propagate = [heard], False
    log.setLevel(logging.WARNING)
    try:
        yield heard
    finally:
        log.handlers, log.propagate = handlers, propagate
        log.setLevel(level)


@contextmanager
def dated(day: date) -> Iterator[None]:
    """Whatever stamps a time into the file stamps the day of issue, so that equal reports are equal bytes."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()))
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("SOURCE_DATE_EPOCH")
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before


@contextmanager
def within_memory(most: int = MOST_MEMORY) -> Iterator[None]:
    """Whatever asks for more than ``most`` bytes above what the process holds now gets a MemoryError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    bounds = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([held + most, *bounds]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def without_network() -> Iterator[None]:
    """Nothing that runs here reaches the network, whatever a library may come to do: the fetcher is the first door."""
    token = _printing.set(True)
    try:
        yield
    finally:
        _printing.reset(token)


def _refuse_network(event: str, _args: Any) -> None:
    if event in WAYS_OUT and _printing.get():
        raise PermissionError("no network while a report is printed")


# For this process and for good; it says no only in the midst of printing.
sys.addaudithook(_refuse_network)


@contextmanager
def resting_collector() -> Iterator[None]:
    """No garbage collection while pages are laid out: it walks a growing tree again and again for nothing.

    Afterwards only what came meanwhile is looked through; all that the process held before is set aside.
    """
    was = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if was:
            gc.enable()


def finish(document: Any, pdf: Any) -> None:
    """What WeasyPrint leaves undone for PDF/UA: the scope of header cells, figure boxes, the print flag."""
    objects = {thing.number: thing for thing in pdf.objects if isinstance(thing, pydyf.Dictionary)}
    heights = _page_heights(objects)

    def behind(reference: Any) -> Any:
        return objects.get(int(bytes(reference).split()[0]))

    for thing in objects.values():
        kind = thing.get("S")
        if thing.get("Type") == "/Annot":
            thing["F"] = PRINTED
        elif kind == "/TH":
            group = behind(behind(thing["P"])["P"])
            head = group is not None and group.get("S") == "/THead"
            thing["A"]["Scope"] = "/Column" if head else "/Row"
        elif kind == "/Figure" and "BBox" in thing.get("A", {}):
            x1, y1, x2, y2 = (float(edge) * POINTS_PER_PIXEL for edge in thing["A"]["BBox"])
            height = heights.get(int(bytes(thing["Pg"]).split()[0]), 0) if "Pg" in thing else 0
            if height:
                thing["A"]["BBox"] = pydyf.Array((x1, height - y2, x2, height - y1))


def _page_heights(objects: Mapping[int, Any]) -> dict[int, float]:
    return {
        number: float(thing["MediaBox"][3])
        for number, thing in objects.items()
        if thing.get("Type") == "/Page" and "MediaBox" in thing
    }
