"""A page of a form, block by block, from one template: rendered once for all who see it so, then filled for each.

What is kept lies with the question itself, and so with the form of its edition. Nobody's answer and nobody's name is
in it: they stand open (practice/markup.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from exercises.asking import Asked
from exercises.screens import Block, Screen
from exercises.vocabulary import Lane, QuestionType
from practice.markup import Markup, Open

TEMPLATE = "exercises/portal/_block.html"
#: Where an answer shows as text, or as what is chosen, and as nothing else.
SIMPLE = frozenset(
    {
        *(QuestionType.SCALE, QuestionType.SLIDER, QuestionType.YES_NO, QuestionType.SINGLE, QuestionType.MULTI),
        *(QuestionType.CHECKLIST, QuestionType.MOOD, QuestionType.NUMBER, QuestionType.URL),
        *(QuestionType.SHORT_TEXT, QuestionType.LONG_TEXT),
    }
)
#: What is only read, and says the same wherever Attune is mounted.
READ = frozenset({"section", "lead", "group", "time", "instructions", "link"})
_KEPT = "_markup"


class _Look(NamedTuple):
    """All by which the markup of one item differs from time to time, and nothing that is anybody's."""

    language: str | None
    kind: str
    level: int
    #: Which time it is, of something answered again and again.
    turn: int
    may_go: bool
    hidden: bool
    #: Whether the page's own heading says the same as its label.
    is_heading: bool
    lane: Lane | None


@dataclass(frozen=True)
class _Unanswered(Asked):
    """A question whose answer stands open."""

    @property
    def value(self) -> Any:
        return Open("value")

    @property
    def chosen(self) -> Any:
        return Open("chosen")

    @property
    def declined(self) -> bool:
        return False


def listed(screen: Screen) -> SafeString:
    """Return the blocks of a page in their order."""
    language = get_language()
    return format_html_join("", "{}", ((_block(one, screen, language),) for one in screen.blocks))


def _block(block: Block, screen: Screen, language: str | None) -> SafeString:
    if screen.preview or not _may_be_kept(block):
        return render_to_string(TEMPLATE, {"block": block, "screen": screen})
    asked, said = block.asked, block.said
    look = _Look(
        language=language,
        kind=block.kind,
        level=asked.level if asked else block.level,
        turn=asked.count if asked else block.count,
        may_go=block.remove,
        hidden=block.hidden,
        is_heading=(asked or block).label == screen.heading,
        lane=said.lane if said else None,
    )
    kept: dict[_Look, Markup] = block.item.__dict__.setdefault(_KEPT, {})
    markup = kept.get(look)
    if markup is None:
        markup = kept[look] = _rendered(block, screen)
    values = {
        "value": asked.value if asked else "",
        "chosen": asked.chosen if asked else (),
        "said": said.line if said else "",
    }
    return markup.filled(values.__getitem__)


def _rendered(block: Block, screen: Screen) -> Markup:
    asked = _Unanswered(block.asked.question, level=block.asked.level, count=block.asked.count) if block.asked else None
    said = replace(block.said, line=str(Open("said"))) if block.said else None
    bare = replace(block, asked=asked, said=said)
    return Markup.of(render_to_string(TEMPLATE, {"block": bare, "screen": screen}))


def _may_be_kept(block: Block) -> bool:
    """Tell whether all that differs stands in the look, or is an answer or a name that stands open."""
    if block.asked is None:
        return block.kind in READ
    question, asked = block.asked.question, block.asked
    if asked.error or question.type not in SIMPLE or question.other:
        return False
    return question.decline or not asked.declined
