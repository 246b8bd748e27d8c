"""Files lose what devices write into them, whatever they are called, and what cannot be read is refused kindly."""

from __future__ import annotations

import io
import re
import resource
import struct
import subprocess
import zlib
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import av
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from practice import bare as module
from practice import foreign
from practice.bare import Unkeepable, bare

TELLTALE = "Somewhere Street 12"

SOUNDS = {
    "ogg": ("libopus", "s16", 48000, 960, "audio/ogg"),
    "webm": ("libopus", "s16", 48000, 960, "audio/webm"),
    "mp4": ("aac", "fltp", 44100, 1024, "audio/mp4"),
    "mp3": ("libmp3lame", "s16p", 44100, 1152, "audio/mpeg"),
    "wav": ("pcm_s16le", "s16", 44100, 1024, "audio/wav"),
}


def photograph(kind: str = "JPEG") -> bytes:
    """A photograph that knows where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = TELLTALE
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (48.0, 8.0, 0.0)
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, kind, exif=exif)
    return out.getvalue()


def recording(container: str) -> bytes:
    """A second of silence, recorded somewhere."""
    codec, layout, rate, samples, _type = SOUNDS[container]
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        target.metadata["title"] = TELLTALE
        stream = target.add_stream(codec, rate=rate)
        stream.layout = "mono"
        for number in range(20):
            frame = av.AudioFrame(format=layout, layout="mono", samples=samples)
            frame.sample_rate, frame.pts = rate, number * samples
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            for packet in stream.encode(frame):
                target.mux(packet)
        for packet in stream.encode(None):
            target.mux(packet)
    return out.getvalue()


def letter() -> bytes:
    """A PDF that says who wrote it, and wants to run something."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Author"] = TELLTALE
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


pytestmark = pytest.mark.filterwarnings("ignore::pikepdf.PageCopyWarning")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_b78_a_picture_forgets_where_it_was_taken(kind):
    before = photograph(kind)
    assert TELLTALE.encode() in before

    kept = bare(before)

    assert (kept.kind, kept.width, kept.height) == ("image", 60, 40)
    assert TELLTALE.encode() not in kept.data
    with Image.open(io.BytesIO(kept.data)) as picture:
        assert not picture.getexif()
        assert picture.getpixel((5, 5))[0] > 200


def test_a_picture_stands_upright_without_its_note_on_how_it_was_held():
    exif = Image.Exif()
    exif[0x0112] = 6  # held to the side
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG", exif=exif)
    kept = bare(out.getvalue())
    assert (kept.width, kept.height) == (40, 60)


def test_a_large_picture_is_made_smaller():
    out = io.BytesIO()
    Image.new("RGB", (4000, 1000), "green").save(out, "JPEG")
    kept = bare(out.getvalue())
    assert (kept.width, kept.height) == (2000, 500)


def test_b79_a_picture_with_too_many_points_is_refused_before_it_is_drawn(monkeypatch):
    monkeypatch.setattr(module, "PIXELS", 1000)
    with pytest.raises(Unkeepable, match="more points"):
        bare(photograph())


@pytest.mark.parametrize("container", SOUNDS)
def test_b78_a_recording_keeps_its_sound_and_loses_its_title(container):
    before = recording(container)
    assert TELLTALE.encode() in before

    kept = bare(before)

    assert (kept.kind, kept.content_type) == ("audio", SOUNDS[container][-1])
    assert TELLTALE.encode() not in kept.data
    with av.open(io.BytesIO(kept.data)) as sound:
        assert "title" not in sound.metadata
        assert sum(packet.size for packet in sound.demux(sound.streams.audio[0])) > 0


def test_a_recording_that_goes_on_for_long_is_refused(monkeypatch):
    monkeypatch.setattr(module, "SECONDS", 0)
    with pytest.raises(Unkeepable, match="minutes"):
        bare(recording("ogg"))


def test_b78_a_pdf_loses_its_author_and_what_it_would_run():
    kept = bare(letter())
    assert (kept.kind, kept.content_type) == ("file", "application/pdf")
    with pikepdf.open(io.BytesIO(kept.data)) as pdf:
        assert "/OpenAction" not in pdf.Root
        assert "/Info" not in pdf.trailer
        assert len(pdf.pages) == 1


def carrying() -> bytes:
    """A PDF that brings along and does everything that a PDF can, and whose picture knows where it was taken."""
    named, text = pikepdf.Name, pikepdf.String
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page().obj
        acts = {
            "js": pikepdf.Dictionary(S=named.JavaScript, JS=text("app.alert('run')")),
            "launch": pikepdf.Dictionary(S=named.Launch, F=text("cmd.exe")),
            "remote": pikepdf.Dictionary(S=named.GoToR, F=text("//evil.example/share")),
            "submit": pikepdf.Dictionary(S=named.SubmitForm, F=text("http://evil.example/")),
            "import": pikepdf.Dictionary(S=named.ImportData, F=text("evil.fdf")),
            "script in an address": pikepdf.Dictionary(S=named.URI, URI=text("javascript:run")),
            "a page of the web": pikepdf.Dictionary(
                S=named.URI,
                URI=text("https://example.org/"),
                Next=pikepdf.Dictionary(S=named.JavaScript, JS=text("run")),
            ),
        }
        link = {"Type": named.Annot, "Subtype": named.Link, "Rect": [0, 0, 10, 10]}
        carried = pdf.make_stream(TELLTALE.encode())
        file = pikepdf.Dictionary(Type=named.Filespec, F=text("run.exe"), EF=pikepdf.Dictionary(F=carried))
        page.Annots = pikepdf.Array(
            [
                *(pikepdf.Dictionary(**link, A=act) for act in acts.values()),
                pikepdf.Dictionary(**link | {"Subtype": named.FileAttachment}, FS=file),
                pikepdf.Dictionary(**link | {"Subtype": named.Widget}, AA=pikepdf.Dictionary(E=acts["js"])),
            ]
        )
        taken = pdf.make_stream(photograph())
        taken.update({"/Type": named.XObject, "/Subtype": named.Image, "/Filter": named.DCTDecode, "/Width": 60,
                      "/Height": 40, "/ColorSpace": named.DeviceRGB, "/BitsPerComponent": 8,
                      "/Metadata": pdf.make_stream(TELLTALE.encode())})  # fmt: skip
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=taken))
        pdf.Root.Outlines = pdf.make_indirect(pikepdf.Dictionary(First=pikepdf.Dictionary(A=acts["launch"])))
        pdf.Root.AcroForm = pikepdf.Dictionary(XFA=pdf.make_stream(b"<xdp>run</xdp>"), Fields=pikepdf.Array())
        pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=[text("a"), file]))
        pdf.Root.AF = pikepdf.Array([file])
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def test_b78_a_pdf_keeps_nothing_that_acts_or_is_carried_along():
    kept = bare(carrying())
    with pikepdf.open(io.BytesIO(kept.data)) as pdf:
        notes = list(pdf.pages[0].Annots)
        assert [str(one.A.URI) for one in notes if "/A" in one] == ["https://example.org/"]
        assert not [one for one in notes if "/AA" in one or str(one.Subtype) == "/FileAttachment"]
        assert not {"/Names", "/AF", "/AcroForm", "/Metadata"} & set(pdf.Root.keys())
        words = b"".join(one.unparse(resolved=True) for one in pdf.objects if not isinstance(one, pikepdf.Stream))
        picture = pdf.pages[0].Resources.XObject.P
        assert "/Metadata" not in picture
        with Image.open(io.BytesIO(picture.read_raw_bytes())) as shown:
            assert shown.size == (60, 40)
            assert shown.convert("RGB").getpixel((30, 20))[0] > 250
            assert not shown.getexif()
    for gone in (b"run", b"evil", b"cmd.exe", b"JavaScript", b"Launch"):
        assert gone not in words
    assert TELLTALE.encode() not in kept.data


def packed_picture(body: bytes, *packings: str) -> bytes:
    """A PDF with one picture, in these packings from the outermost on."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page().obj
        one = pdf.make_stream(body)
        one.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 60, "/Height": 40})
        one["/Filter"] = pikepdf.Array([pikepdf.Name(f"/{packing}Decode") for packing in packings])
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=one))
        out = io.BytesIO()
        pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def photograph_2000(points_alone: bool = False) -> bytes:
    """A JPEG 2000 picture with a comment among its points and, as a file, a note beside them."""
    out = io.BytesIO()
    image = Image.new("RGB", (60, 40), "red")
    image.save(out, "JPEG2000", comment=TELLTALE, no_jp2=points_alone)
    note = b"uuid" + bytes(16) + TELLTALE.encode()
    return out.getvalue() if points_alone else out.getvalue() + (len(note) + 4).to_bytes(4, "big") + note


@pytest.mark.parametrize(
    "made",
    [
        lambda: packed_picture(zlib.compress(photograph()), "Flate", "DCT"),
        lambda: packed_picture(zlib.compress(photograph()).hex().encode() + b">", "ASCIIHex", "Flate", "DCT"),
        lambda: packed_picture(photograph_2000(), "JPX"),
        lambda: packed_picture(photograph_2000(points_alone=True), "JPX"),
        lambda: packed_picture(zlib.compress(photograph_2000()), "Flate", "JPX"),
    ],
    ids=["flate", "hex and flate", "2000", "points of 2000", "flate and 2000"],
)
def test_b78_a_picture_in_a_pdf_loses_its_notes_however_it_is_packed(made):
    with pikepdf.open(io.BytesIO(bare(made()).data)) as pdf:
        picture = pdf.pages[0].Resources.XObject.P
        assert len(picture.Filter) == 1 if isinstance(picture.Filter, pikepdf.Array) else picture.Filter
        body = picture.read_raw_bytes()
    assert TELLTALE.encode() not in body
    with Image.open(io.BytesIO(body)) as shown:
        assert shown.size == (60, 40)
        assert shown.convert("RGB").getpixel((30, 20))[0] > 250


@pytest.mark.parametrize("packings", [("DCT", "DCT"), ("JPX", "DCT"), ("DCT", "Flate", "JPX")])
def test_b78_a_picture_inside_of_a_picture_is_refused(packings):
    with pytest.raises(Unkeepable):
        bare(packed_picture(photograph(), *packings))


@pytest.mark.parametrize("place", range(12, 90, 7))
def test_b78_a_picture_of_2000_that_breaks_off_is_refused_or_bare(place):
    whole = photograph_2000()
    try:
        kept = foreign.without_notes_2000(whole[:place] + b"\xff" * 9 + whole[place + 9 :])
    except foreign.NotKept:
        return
    assert TELLTALE.encode() not in kept


def swelling(unpacked: int, packing: str) -> bytes:
    """A small PDF whose list of objects becomes ``unpacked`` bytes when somebody opens it."""
    head = b"1 0 2 60 "
    objects = head + b"<</Type/Catalog/Pages 2 0 R>>".ljust(60) + b"<</Type/Pages/Kids[]/Count 0>>"
    if packing == "Flate":
        made = zlib.compressobj(9)
        packed = made.compress(objects) + b"".join(made.compress(b" " * 10**6) for _ in range(unpacked // 10**6))
        packed += made.flush()
    else:
        packed = runs_of_spaces(objects, unpacked)
    stream = b"3 0 obj<</Type/ObjStm/N 2/First %d/Filter/%sDecode/Length %d>>stream\n" % (
        len(head), packing.encode(), len(packed)
    )  # fmt: skip
    body = b"%PDF-1.5\n"
    third = len(body)
    body += stream + packed + b"\nendstream endobj\n"
    rows = [(0, 0, 65535), (2, 3, 0), (2, 3, 1), (1, third, 0), (1, len(body), 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    table = b"4 0 obj<</Type/XRef/Size 5/W[1 4 2]/Root 1 0 R/Length %d>>stream\n%s\nendstream endobj\n" % (
        len(table), table
    )  # fmt: skip
    return body + table + b"startxref\n%d\n%%%%EOF" % len(body)


def runs_of_spaces(first: bytes, most: int) -> bytes:
    """Pack a text and ``most`` spaces as LZW does, the spaces as tightly as it can."""
    codes: list[tuple[int, int]] = [(256, 9), *((one, 9) for one in first)]  # short: its table stays small
    total = 0
    while total < most:
        codes += [(256, 9), (32, 9)]
        width, known, length = 9, 258, 2
        while known < 4090:
            width += known + 1 >= 1 << width and width < 12
            codes.append((known, width))
            known, total, length = known + 1, total + length, length + 1
    bits = "".join(f"{code:0{width}b}" for code, width in codes)
    return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")


@pytest.mark.parametrize(("packing", "unpacked"), [("Flate", 200_000_000), ("LZW", 1_000_000_000)])
def test_b71_b79_a_pdf_that_swells_is_refused_and_takes_no_memory_of_ours(packing, unpacked):
    assert bare(swelling(0, packing)).kind == "file", "it is a PDF like others, but for its size"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = swelling(unpacked, packing)
    assert len(bomb) < 1_100_000
    with pytest.raises(Unkeepable):
        bare(bomb)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kilobytes"


def test_b79_a_picture_just_below_the_limit_is_made_smaller():
    out = io.BytesIO()
    Image.new("L", (8000, 4999)).save(out, "PNG")
    assert module.PIXELS > 8000 * 4999
    kept = bare(out.getvalue())
    assert (kept.width, kept.height) == (2000, 1250)


def test_b71_what_opens_foreign_files_knows_nothing_of_us(monkeypatch):
    """Its process is given the file, and no key, no address and no word of ours."""
    ran: dict[str, Any] = {}
    run = subprocess.run

    def note(*args: Any, **kwargs: Any) -> Any:
        ran.update(kwargs, command=args[0])
        return run(*args, **kwargs)

    monkeypatch.setenv("ATTUNE_MASTER_KEY", "secret")
    monkeypatch.setattr(subprocess, "run", note)
    bare(letter())
    assert ran["env"] == {}
    assert ran["timeout"] <= 60
    assert "-I" in ran["command"]
    imported = re.findall(r"^\s*(?:from|import) (\w+)", Path(foreign.__file__).read_text(), re.MULTILINE)
    assert set(imported) <= {"__future__", "io", "resource", "sys", "collections", "typing", "pikepdf", "av"}


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"%PDF-1.4 nonsense", b"\x1aE\xdf\xa3junk", b"OggSjunk", b"<svg onload=alert(1)>", b"MZ\x90\x00",
     b"\x00\x00\x00\x20ftypM4A junk", b"RIFF\x00\x00\x00\x00WAVEjunk", b"GIF89a\x01\x00\x01\x00"],
)  # fmt: skip
def test_b78_what_we_do_not_know_is_refused_kindly(data):
    with pytest.raises(Unkeepable) as refusal:
        bare(data)
    assert str(refusal.value.message)


def test_b79_a_file_beyond_the_limit_is_refused_unread():
    with pytest.raises(Unkeepable, match="5 MB"):
        bare(b"\xff" * (module.LIMIT + 1))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_b79_broken_files_are_kept_without_their_notes_or_refused(data):
    whole = data.draw(st.sampled_from([photograph(), photograph("PNG"), *recordings(), letter(), carrying()]))
    broken = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        broken[place] = data.draw(st.integers(0, 255))
    try:
        with mock.patch.object(module, "_apart", opened_here):  # as in its own process, without a new one each time
            kept = bare(bytes(broken[: data.draw(st.integers(1, len(whole)))]))
    except Unkeepable:
        return
    assert TELLTALE.encode() not in kept.data


def opened_here(data: bytes, words: list[str], why: dict[int, Any], otherwise: Any) -> bytes:
    try:
        if words[0] == "document":
            return foreign.document(data, int(words[1]))
        return foreign.sound(data, words[1], words[2], int(words[3]))
    except Exception as error:
        raise Unkeepable(otherwise) from error


@cache
def recordings() -> tuple[bytes, ...]:
    return recording("ogg"), recording("mp4")
