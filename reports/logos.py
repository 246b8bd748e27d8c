"""A logo as it may stand on a practice's paper: drawn anew, small, and with nothing of the file that came."""

from __future__ import annotations

import io
import warnings

from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from practice.bare import Unkeepable, searched

#: Bytes of the file as it comes, and pixels of the picture: more is not opened.
LIMIT = 2_000_000
PIXELS = 4_000_000
LONGEST_SIDE = 1_200

#: Each reader is named, and no other one is asked: an SVG is no picture here, nor is anything with code in it.
_READERS = (JpegImagePlugin.JpegImageFile, PngImagePlugin.PngImageFile, WebPImagePlugin.WebPImageFile)
_FORMATS = ("JPEG", "PNG", "WEBP")


def redrawn(file: UploadedFile) -> bytes:
    """Return the logo as a PNG of at most 1,200 pixels a side. Raises :class:`Unkeepable` with what would help."""
    if (file.size or 0) > LIMIT:
        raise Unkeepable(format_lazy(_("There is room for {n} MB. A smaller picture fits."), n=LIMIT // 10**6))
    data = file.read(LIMIT + 1)
    if not data or len(data) > LIMIT:
        raise Unkeepable(_("This file is empty, or too large."))
    searched(data)
    try:
        return _drawn(data)
    except Unkeepable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unkeepable(_too_many()) from error
    except Exception as error:  # readers of pictures fail in many ways on what is none
        raise Unkeepable(_("This is no picture that can be printed. A PNG, JPEG or WebP can.")) from error


def _drawn(data: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as found:
            if not isinstance(found, _READERS):
                raise Unkeepable(_("This is no picture that can be printed. A PNG, JPEG or WebP can."))
            # Asked of what the file says of itself, before a single pixel is unpacked.
            if found.width * found.height > PIXELS:
                raise Unkeepable(_too_many())
            upright = ImageOps.exif_transpose(found)
            picture = upright.convert("RGBA")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGBA", picture.size)
    bare.paste(picture)  # pixels alone: no profile, no text, no place
    kept = io.BytesIO()
    bare.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _too_many() -> Promise:
    return format_lazy(_("This picture has too many pixels. {n} million are the most."), n=PIXELS // 10**6)
