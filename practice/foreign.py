"""Documents and recordings from elsewhere, opened in a process of their own that knows nothing and may do little.

    python -I practice/foreign.py document PAGES | sound READER CONTAINER SECONDS     < file > bare file

A few kilobytes can ask for gigabytes, and what reads PDF and sound is written in C: so it runs without our keys, our
database and our memory, and ends when it takes too much. It imports nothing of Attune. It ends with 0 and the file as
it may be kept, or with one of the codes below and nothing.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator
from typing import Any

BROKEN, TOO_LONG, SILENT = 10, 11, 12
MOST_MEMORY = 700_000_000
SECONDS_OF_WORK = 20
#: Bytes that one packed part of a PDF may become; none that people make comes near.
UNPACKED = 60_000_000


class NotKept(Exception):
    """The file is not kept; the code says why."""

    def __init__(self, code: int) -> None:
        self.code = code


# ── PDF ──────────────────────────────────────────────────────────────────────

#: What acts by itself, brings other files along, or tells who made it and with what.
DROPPED = (
    "/AA", "/AF", "/AcroForm", "/Collection", "/EF", "/JS", "/Metadata", "/Names", "/OpenAction", "/Perms",
    "/PieceInfo",
)  # fmt: skip
#: Acts that a reader asks for by pressing: going to a place inside, or to a page of the web.
PRESSED = ("/GoTo", "/URI")
#: Notes on a page that carry something to be played, opened or run.
CARRYING = ("/FileAttachment", "/Movie", "/Sound", "/Screen", "/RichMedia", "/3D")
#: Parts of a JPEG that say how it looks: all other notes (place, time, device) go.
LOOKS = (0xE0, 0xE2, 0xEE)


def document(data: bytes, pages: int) -> bytes:
    """Return a PDF without its properties, scripts, attachments and what its pictures know of their making."""
    import pikepdf

    pikepdf.settings.set_qpdf_limits(
        parser_max_nesting=100,
        flate_max_memory=UNPACKED,
        png_max_memory=UNPACKED,
        tiff_max_memory=UNPACKED,
        run_length_max_memory=UNPACKED,
        dct_max_memory=UNPACKED,
    )
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        if len(pdf.pages) > pages:
            raise NotKept(TOO_LONG)
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        for page in pdf.pages:
            _without_carriers(page)
        for one in pdf.objects:
            for inner in _below(one):
                _bare(inner)
        kept = pikepdf.StreamDecodeLevel.none
        pdf.save(out, deterministic_id=True, fix_metadata_version=False, stream_decode_level=kept)
    return out.getvalue()


def _below(one: Any) -> Iterator[Any]:
    """Yield a part and all that lies in it; what it only points to comes by itself."""
    import pikepdf

    if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
        yield one
        inside = [value for _key, value in one.items()]
    elif isinstance(one, pikepdf.Array):
        inside = list(one)
    else:
        return
    for value in inside:
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield from _below(value)


def _bare(one: Any) -> None:
    import pikepdf

    for name in DROPPED:
        if name in one:
            del one[name]
    if "/A" in one and not _is_pressed(one["/A"]):
        del one["/A"]
    if "/S" in one and "/Next" in one:  # an act that goes on to others
        del one["/Next"]
    if isinstance(one, pikepdf.Stream):
        _picture_without_notes(one)


def _picture_without_notes(one: Any) -> None:
    """Take out of a picture's own file what it says of its making, however many packings lie around that file.

    A JPEG inside of another one, and JPEG 2000 that cannot be read to its end, are refused.
    """
    packings = _listed(one.get("/Filter"))
    pictures = [place for place, packing in enumerate(packings) if str(packing) in PICTURES]
    if not pictures:
        return
    first, *more = pictures
    if more:
        raise NotKept(BROKEN)
    how = _listed(one.get("/DecodeParms"))
    if how and len(how) != len(packings):
        raise NotKept(BROKEN)
    if first:
        one.write(one.read_raw_bytes(), filter=_as_list(packings[:first]), decode_parms=_as_list(how[:first]))
    body = one.read_bytes() if first else one.read_raw_bytes()
    bare = PICTURES[str(packings[first])](body)
    one.write(bare, filter=_as_list(packings[first:]), decode_parms=_as_list(how[first:]))


def _listed(value: Any) -> list[Any]:
    import pikepdf

    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


def _as_list(values: list[Any]) -> Any:
    import pikepdf

    return pikepdf.Array(values) if values else None


def _is_pressed(act: Any) -> bool:
    import pikepdf

    if not isinstance(act, pikepdf.Dictionary):
        return False
    if str(act.get("/S")) == "/URI":
        return str(act.get("/URI", "")).lower().startswith(("https://", "http://", "mailto:"))
    return str(act.get("/S")) in PRESSED


def _without_carriers(page: Any) -> None:
    import pikepdf

    notes = page.get("/Annots")
    if isinstance(notes, pikepdf.Array):
        page.Annots = pikepdf.Array([one for one in notes if str(one.get("/Subtype")) not in CARRYING])


def without_notes(picture: bytes) -> bytes:
    """Return a JPEG's bytes without comments and notes on how it was taken; its points stay as they are."""
    if picture[:2] != b"\xff\xd8":
        return b""
    kept, place = bytearray(picture[:2]), 2
    while place + 4 <= len(picture) and picture[place] == 0xFF:
        kind, length = picture[place + 1], int.from_bytes(picture[place + 2 : place + 4], "big")
        if kind == 0xDA:  # the points themselves
            return bytes(kept) + picture[place:]
        if not (0xE0 <= kind <= 0xEF or kind == 0xFE) or kind in LOOKS:
            kept += picture[place : place + 2 + length]
        place += 2 + length
    return bytes(kept)


#: Parts of a JPEG 2000 file that say how it looks; the others are notes.
LOOKS_2000 = (b"jP  ", b"ftyp", b"jp2h", b"jp2c")


def without_notes_2000(picture: bytes) -> bytes:
    """Return a JPEG 2000 file, or its bare points, without notes and comments. Raises :class:`NotKept`."""
    if picture[:2] == b"\xff\x4f":
        return _points_without_comments(picture)
    kept, place = b"", 0
    while place < len(picture):
        length, kind, head = int.from_bytes(picture[place : place + 4], "big"), picture[place + 4 : place + 8], 8
        if length == 1:
            length, head = int.from_bytes(picture[place + 8 : place + 16], "big"), 16
        end = place + length if length else len(picture)
        if end < place + head or end > len(picture):
            raise NotKept(BROKEN)
        if kind == b"jp2c":
            points = _points_without_comments(picture[place + head : end])
            kept += (8 + len(points)).to_bytes(4, "big") + kind + points
        elif kind in LOOKS_2000:
            kept += picture[place:end]
        place = end
    return kept


def _points_without_comments(points: bytes) -> bytes:
    """Blank the comments (COM) before the first tile and before each part of one; lengths and places stay."""
    out, place, ends = bytearray(points), 2, None
    while points[place : place + 2] != b"\xff\xd9":
        mark, length = points[place : place + 2], int.from_bytes(points[place + 2 : place + 4], "big")
        if mark == b"\xff\x93" and ends is not None:  # the points of this part
            place, ends = ends, None
            continue
        if len(mark) < 2 or mark[0] != 0xFF or length < 2 or place + 2 + length > len(points):
            raise NotKept(BROKEN)
        if mark == b"\xff\x90":  # a part of a tile begins, and says how long it is; nought: up to the end
            tile = int.from_bytes(points[place + 6 : place + 10], "big")
            ends = place + tile if tile else len(points) - 2
            if not place < ends <= len(points) - 2:
                raise NotKept(BROKEN)
        if mark == b"\xff\x64":
            out[place + 6 : place + 2 + length] = bytes(length - 4)
        place += 2 + length
    return bytes(out[: place + 2])


#: How the packings of pictures are called in a PDF, and what takes the notes out of the files inside.
PICTURES = {"/DCTDecode": without_notes, "/DCT": without_notes, "/JPXDecode": without_notes_2000}


# ── sound ────────────────────────────────────────────────────────────────────


def sound(data: bytes, reader: str, container: str, seconds: int) -> bytes:
    """Copy the sound, packet by packet and unchanged, into a container that says nothing else."""
    import av

    out = io.BytesIO()
    with (
        av.open(io.BytesIO(data), "r", format=reader, timeout=10) as source,
        av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as target,
    ):
        if not source.streams.audio:
            raise NotKept(SILENT)
        heard = source.streams.audio[0]
        copy = target.add_stream_from_template(heard)
        copy.metadata.clear()
        target.metadata.clear()
        for packet in source.demux(heard):
            if packet.dts is None:
                continue
            if packet.pts is not None and float(packet.pts * packet.time_base) > seconds:
                raise NotKept(TOO_LONG)
            packet.stream = copy
            target.mux(packet)
    return out.getvalue()


# ── the process ──────────────────────────────────────────────────────────────


def bounded() -> None:
    """Take little memory and time, and write no file."""
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS_OF_WORK),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, MOST_MEMORY),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(words: list[str]) -> int:
    bounded()
    data = sys.stdin.buffer.read()
    try:
        if words[0] == "document":
            kept = document(data, int(words[1]))
        else:
            kept = sound(data, words[1], words[2], int(words[3]))
    except NotKept as error:
        return error.code
    except Exception:  # whatever a broken or hostile file does to who reads it: its text may quote the file
        return BROKEN
    sys.stdout.buffer.write(kept)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
