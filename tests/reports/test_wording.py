"""Hostile words: printed as words, in time, and in the order in which they were written."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from reports import wording
from reports.paper import Headline, Partner, Point, Quote
from reports.pdf import render
from tests.reports import sample
from tests.reports.reading import problems, text_of

HOSTILE = {
    "markup": "<img src=file:///etc/hostname><script>alert(1)</script>",
    "stylesheet": "</style><link rel=stylesheet href=http://169.254.169.254/>@import url(file:///etc/passwd);",
    "one word": "a" * 200_000,
    "prose": "We talked about it for a long while. " * 6000,
    "lines": "line\n" * 20_000,
    "marks": "e" + "\u0301" * 20_000,
    "controls": "".join(map(chr, range(32))) + "\x7f\x85" + "here",
    "surrogate": "a lone \ud800 half",
    "bidi": "\u202edrowssap\u202c \u2067isolated\u2069",
    "emoji": "👩‍👩‍👧 🏳️‍🌈 ❤️",
    "hebrew": "שלום לכולם",
    "arabic": "مرحبا بكم",
    "braces": "{{ report.prepared_by }} {% now 'Y' %} %(name)s %s",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_b65_b85_hostile_words_are_printed_as_words(name: str) -> None:
    words = HOSTILE[name]
    begun = time.process_time()
    report = sample.report(
        summary=(words,),
        quotes=(Quote(words, 0),),
        partners=(Partner(words[:300], 0), Partner("Theo", 1)),
        headlines=(Headline(words[:200], words[:20]),),
        about=(words,),
    )
    rendered = render(report)
    assert time.process_time() - begun < 20, "the page setter was stalled"
    assert rendered.pages < 40
    assert problems(rendered.pdf) == []
    if name in ("hebrew", "arabic"):
        assert rendered.notes == (), "a letter has no font"
    if name in ("markup", "stylesheet", "braces"):
        plain = "".join(text_of(rendered, "-raw").split()).replace("\u200b", "")
        assert "".join(words.split()) in plain


def test_tidy_breaks_long_words_only() -> None:
    assert wording.tidy("a" * 40) == "a" * 40
    assert wording.tidy("b" * 50) == "\u200b".join(("b" * 24, "b" * 24, "bb"))


def test_tidy_twice_is_tidy_once() -> None:
    for words in HOSTILE.values():
        once = wording.tidy(words)
        assert wording.tidy(once) == once


def test_tidy_caps_and_says_so() -> None:
    assert wording.tidy("word " * 5001).endswith("…")
    whole = ("x y " * 5000).strip()
    assert wording.tidy(whole) == whole, "20,000 signs are printed whole"
    assert len(wording.tidy("x y " * 6000)) <= wording.LONGEST + 1


def test_tidy_strips_what_hides_the_order() -> None:
    assert wording.tidy("\u202edrowssap") == "drowssap"
    assert wording.tidy("a\x00b\x1b[31m\r\nc") == "ab[31m\nc"
    assert wording.tidy("می‌خواهم") == "می‌خواهم"


def test_direction_follows_the_first_letter() -> None:
    assert wording.direction("12, שלום") == "rtl"
    assert wording.direction("مرحبا hello") == "rtl"
    assert wording.direction("“Hello” שלום") == "ltr"
    assert wording.direction("12:30") == "ltr"


def test_tidied_reaches_every_text_and_keeps_the_rest() -> None:
    report = sample.report(quotes=(Quote("\u202ex", 0, sample.STARTS),))
    tidy = wording.tidied(report)
    assert tidy.quotes[0].text == "x"
    assert tidy.series[0].lines[0].points[0] == Point(sample.STARTS + timedelta(days=6), 13)
    assert tidy.letterhead == report.letterhead
