"""Text to read: a little form, and never anybody's HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.prose import as_html


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, list]] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found.append((tag, attrs))


def tags(text: str) -> list[tuple[str, list]]:
    reader = Tags()
    reader.feed(as_html(text))
    return reader.found


def test_paragraphs_lists_and_emphasis():
    assert as_html("Take **your** time.\n\n- one\n- *two*") == (
        "<p>Take <strong>your</strong> time.</p>\n<ul>\n<li>one</li>\n<li><em>two</em></li>\n</ul>\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[press](javascript:alert(1))",
        "![](x)",
        "# heading",
        "<img src=x onerror=alert(1)>",
        "&lt;b&gt;",
    ],
)
def test_b66_everything_else_is_the_characters_it_is_made_of(text):
    assert {tag for tag, _attrs in tags(text)} == {"p"}


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>&\"'*_-`[]()!#\n ab:/\\", max_size=60))
def test_b66_no_text_makes_a_tag_with_attributes(text):
    made = tags(text)
    assert {tag for tag, _attrs in made} <= {"p", "ul", "ol", "li", "strong", "em", "br"}
    assert all(name == "start" for _tag, attrs in made for name, _value in attrs)
