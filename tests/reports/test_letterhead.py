"""A practice's own paper: its logo drawn anew, a colour that words can be read on, and never anybody else's."""

from __future__ import annotations

import io
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from practice.bare import Unkeepable
from reports import letterheads, logos, pdf, progress
from reports.models import Letterhead
from tests.factories import inside, make_couple, make_member, signed_in
from tests.reports.factories import NOW, home
from tests.reports.orders import asked, fresh, practice_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


def picture(kind: str = "PNG", size: tuple[int, int] = (30, 20), colour: str = "#aa3311", **how) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **how)
    return file.getvalue()


def upload(body: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def put(owner, **fields):
    return signed_in(owner).post(reverse("letterhead"), {"colour": "", **fields})


def kept(practice) -> Letterhead:
    with inside(practice):
        return Letterhead.objects.get()


# ── the logo ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_as_a_png(owner, practice, kind):
    assert put(owner, logo=upload(picture(kind))).status_code == 302
    with Image.open(io.BytesIO(bytes(kept(practice).logo))) as found:
        assert (found.format, found.size) == ("PNG", (30, 20))


def test_nothing_of_the_file_comes_along():
    exif = Image.Exif()
    exif[0x010F] = "A camera of Mara's"
    bare = logos.redrawn(upload(picture("JPEG", exif=exif, comment=b"taken at home")))
    with Image.open(io.BytesIO(bare)) as found:
        assert not found.getexif()
        assert not found.info
    assert b"camera" not in bare


def test_a_large_one_is_made_smaller():
    with Image.open(io.BytesIO(logos.redrawn(upload(picture(size=(1900, 500)))))) as found:
        assert max(found.size) == logos.LONGEST_SIDE


def bomb() -> bytes:
    """A file of a few bytes that says of itself to be 12,000 pixels a side."""
    return picture("PNG", size=(1, 1)).replace(
        *_header((1, 1), (12_000, 12_000)),
    )


def _header(old: tuple[int, int], new: tuple[int, int]) -> tuple[bytes, bytes]:
    def chunk(size: tuple[int, int]) -> bytes:
        body = b"IHDR" + size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
        return body + zlib.crc32(body).to_bytes(4, "big")

    return chunk(old), chunk(new)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no picture that can be printed"),
        (b"%PDF-1.7", "no picture that can be printed"),
        (b"\x89PNG\r\n\x1a\n broken", "no picture that can be printed"),
        (picture("GIF"), "no picture that can be printed"),
        (picture("BMP"), "no picture that can be printed"),
        (picture(size=(2100, 2100)), "too many pixels"),
        (bomb(), "too many pixels"),
        (b"x" * (logos.LIMIT + 1), "There is room for 2 MB"),
        (b"", "empty"),
    ],
)
def test_what_is_no_logo_is_refused_kindly_and_changes_nothing(owner, practice, body, said):
    put(owner, logo=upload(picture()))
    before = bytes(kept(practice).logo)
    answer = put(owner, logo=upload(body, "logo.svg"), colour="#102030")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "#102030" in answer.content.decode()
    assert bytes(kept(practice).logo) == before


def test_a_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(Unkeepable, match="too many pixels"):
        logos.redrawn(upload(bomb()))


def test_a_logo_stays_until_it_is_taken_away(owner, practice):
    put(owner, logo=upload(picture()))
    put(owner, colour="#1f4044")
    assert kept(practice).logo
    put(owner, without_logo="on", colour="#1f4044")
    assert not kept(practice).logo
    assert kept(practice).colour == "#1f4044"


# ── the colour ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("colour", "said"),
    [
        ("green", "Write a colour like #1f4044."),
        ("#12345", "Write a colour like #1f4044."),
        ("#ffffff", "hard to read"),
        ("#8fc4bd", "hard to read"),
        ("red;}*{", "Write a colour like #1f4044."),
    ],
)
def test_a_colour_that_cannot_be_read_on_is_refused(owner, practice, colour, said):
    answer = put(owner, colour=colour)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with inside(practice):
        assert not Letterhead.objects.exists()


def test_a_dark_colour_is_kept(owner, practice):
    assert put(owner, colour="#3B1F4A").status_code == 302
    assert kept(practice).colour == "#3b1f4a"
    sheet = signed_in(owner).get(reverse("letterhead_colour", args=["3b1f4a"]))
    assert (sheet.content, sheet["Content-Type"]) == (b".cover { background: #3b1f4a }", "text/css")
    assert signed_in(owner).get(reverse("letterhead_colour", args=["ffffff"])).status_code == 404


# ── on paper ─────────────────────────────────────────────────────────────────


def said_on_paper(couple, therapist):
    with home(couple):
        row = asked(couple, therapist)
        return progress.of_report(row, fresh(couple), practice_of(couple), NOW)


def test_it_stands_on_every_report_of_the_practice_and_on_nobody_elses(couple, therapist, owner, neighbour):
    put(owner, logo=upload(picture()), colour="#3b1f4a")
    other = make_member(neighbour, "owner", "Nell Next-Door")
    put(other, logo=upload(picture(colour="#0000ff")))
    far = make_couple(neighbour, ("Nia", "Oz"), therapist=other)
    ours, theirs = said_on_paper(couple, therapist).letterhead, said_on_paper(far, other).letterhead
    assert ours.logo
    assert theirs.logo
    assert ours.logo != theirs.logo
    assert (ours.colour, theirs.colour) == ("#3b1f4a", "")
    assert pdf.render(said_on_paper(couple, therapist)).pages


def test_another_practices_paper_is_behind_the_wall(couple, owner, neighbour):
    put(owner, logo=upload(picture()), colour="#3b1f4a")
    with inside(neighbour):
        assert not Letterhead.objects.exists()
        assert letterheads.letterhead_of(neighbour).logo is None


def test_only_owners_change_it(therapist, coordinator, mara, owner):
    for who in (therapist, coordinator, mara):
        assert signed_in(who).get(reverse("letterhead")).status_code == 404
        assert put(who, colour="#1f4044").status_code == 404
    page = signed_in(owner).get(reverse("letterhead")).content.decode()
    assert "Linden House" in page
    assert reverse("letterhead") in signed_in(owner).get(reverse("practice_settings")).content.decode()
