"""Files lose what devices write into them, whatever they are called, and what cannot be read is refused kindly."""

from __future__ import annotations

import io

import av
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from practice import bare as module
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
    whole = data.draw(st.sampled_from([photograph(), photograph("PNG"), recording("ogg"), recording("mp4"), letter()]))
    broken = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)):
        broken[place] = data.draw(st.integers(0, 255))
    try:
        kept = bare(bytes(broken[: data.draw(st.integers(1, len(whole)))]))
    except Unkeepable:
        return
    assert TELLTALE.encode() not in kept.data
