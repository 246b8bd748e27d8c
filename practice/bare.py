"""Files as they may be kept: of a kind we know by its content, small, and without what devices write into them.

A picture is drawn anew; sound is copied into a fresh container, and a PDF loses its properties and anything that acts
by itself, both in a process of their own (:mod:`practice.foreign`). What a camera or a recorder notes (place, time,
device, names) does not come along. A virus scanner that is named looks before any of that (:mod:`practice.scanner`).
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from practice import foreign, scanner
from practice.saying_why import SaysWhy

#: Bytes of one file, as it arrives and as it is kept.
LIMIT = 5_000_000
PIXELS = 40_000_000
#: The longer side of a picture that is kept.
LONGEST_SIDE = 2000
SECONDS = 600
PAGES = 100

#: Named one by one: these readers are there, and no others are asked. (MPO is a JPEG with more behind it.)
_READERS = (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile)
_PICTURES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
#: How sound begins, which reader opens it, and the container and type it is kept in.
_SOUNDS = (
    (b"OggS", "ogg", "ogg", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "matroska", "webm", "audio/webm"),
    (b"ID3", "mp3", "mp3", "audio/mpeg"),
    (b"\xff\xfb", "mp3", "mp3", "audio/mpeg"),
    (b"\xff\xf3", "mp3", "mp3", "audio/mpeg"),
)


class Unkeepable(SaysWhy):
    """The file cannot be kept; ``message`` says why, and what would help."""


@dataclass(frozen=True)
class Bare:
    """A file as it may be kept. ``kind`` is image, audio or file."""

    kind: str
    content_type: str
    data: bytes
    width: int = 0
    height: int = 0


def bare(data: bytes) -> Bare:
    """Return the file without its metadata. Its content alone tells what it is: names and claims are not asked.

    Raises :class:`Unkeepable`.
    """
    if not data:
        raise Unkeepable(_("This file is empty."))
    if len(data) > LIMIT:
        raise Unkeepable(
            format_lazy(_("There is room for {n} MB. A smaller picture or a shorter recording fits."), n=LIMIT // 10**6)
        )
    searched(data)
    if data.startswith(b"%PDF-"):
        found = _document(data)
    elif sound := _sound_of(data):
        found = _sound(data, *sound)
    else:
        found = _picture(data)
    if len(found.data) > LIMIT:
        raise Unkeepable(_("This file is too large to keep."))
    return found


def picture(data: bytes) -> Bare:
    """Draw a picture anew, upright and at most 2,000 pixels long. Raises :class:`Unkeepable`."""
    searched(data)
    return _picture(data)


def searched(data: bytes) -> None:
    """Let the scanner look first, where the installation has one: nothing is opened before. Raises Unkeepable."""
    try:
        scanner.search(data)
    except scanner.Infected:
        raise Unkeepable(
            _("This file can't be kept: our virus scanner found something in it. Your device may need a look, too.")
        ) from None
    except scanner.Silent:
        raise Unkeepable(
            _("Files can't be checked for viruses just now, so none can be added. Please try again in a while.")
        ) from None


def _picture(data: bytes) -> Bare:
    try:
        with Image.open(io.BytesIO(data), formats=[one.format for one in _READERS]) as opened:
            if opened.width * opened.height > PIXELS:
                raise Unkeepable(_("This picture has more points than can be kept. A smaller one fits."))
            content_type = _PICTURES[opened.format or ""]
            drawn = _drawn(ImageOps.exif_transpose(_smaller(opened)), content_type)
    except Unkeepable:
        raise
    except Exception as error:  # whatever a broken or hostile picture does to its decoder
        raise Unkeepable(_("This can't be kept. Pictures (JPEG, PNG, WebP), voice notes and PDF files can.")) from error
    out = io.BytesIO()
    if content_type == "image/jpeg":
        drawn.save(out, "JPEG", quality=85, optimize=True)
    else:
        drawn.save(out, "PNG" if content_type == "image/png" else "WEBP")
    return Bare("image", content_type, out.getvalue(), drawn.width, drawn.height)


def _smaller(opened: Image.Image) -> Image.Image:
    """Make it smaller before anything else: a picture in full takes hundreds of megabytes, a copy as much again."""
    smooth = opened.convert("RGBA") if opened.mode in ("P", "PA", "1") else opened
    smooth.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return smooth


def _drawn(upright: Image.Image, content_type: str) -> Image.Image:
    """Only the points: a fresh picture knows no profile, comment, place or thumbnail."""
    clear = upright.has_transparency_data and content_type != "image/jpeg"
    mode = "RGBA" if clear else "RGB"
    fresh = Image.new(mode, upright.size)
    fresh.paste(upright.convert(mode))
    return fresh


def _sound_of(data: bytes) -> tuple[str, str, str] | None:
    if data[4:8] == b"ftyp":
        return "mp4", "mp4", "audio/mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav", "wav", "audio/wav"
    return next((rest for start, *rest in _SOUNDS if data.startswith(start)), None)  # type: ignore[return-value]


def _sound(data: bytes, reader: str, container: str, content_type: str) -> Bare:
    """Copy the sound, packet by packet and unchanged, into a container that says nothing else."""
    kept = _apart(
        data,
        ["sound", reader, container, str(SECONDS)],
        {
            foreign.SILENT: _("There is no sound in this file."),
            foreign.TOO_LONG: format_lazy(_("A recording may last {n} minutes."), n=SECONDS // 60),
        },
        _("This recording can't be read. Recording it once more may help."),
    )
    return Bare("audio", content_type, kept)


def _document(data: bytes) -> Bare:
    """A PDF without its properties, scripts, attachments and actions."""
    kept = _apart(
        data,
        ["document", str(PAGES)],
        {foreign.TOO_LONG: format_lazy(_("A file may have {n} pages."), n=PAGES)},
        _("This PDF can't be opened. One without a password works."),
    )
    return Bare("file", "application/pdf", kept)


def _apart(data: bytes, words: list[str], why: dict[int, Any], otherwise: Any) -> bytes:
    """Let :mod:`practice.foreign` open it, in a process that has none of our keys and not all of our memory."""
    code, kept = opened_apart(foreign.__file__, words, data, seconds=foreign.SECONDS_OF_WORK * 2)
    if code != 0 or not kept:
        raise Unkeepable(why.get(code, otherwise))
    return kept


#: What a process ended with that was still at it when its time was up.
LATE = -1


def opened_apart(script: str, words: list[str], data: bytes, *, seconds: int) -> tuple[int, bytes]:
    """Run one of our scripts on a file from elsewhere, without our environment; return how it ended and what it wrote.

    The script itself takes as little memory and time as it needs; ``seconds`` by the clock are for what hangs.
    """
    command = [sys.executable, "-I", script, *words]
    try:
        told = subprocess.run(command, input=data, capture_output=True, env={}, cwd="/", timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return LATE, b""
    return told.returncode, told.stdout
