"""A page of a form as it stands on a screen: heads, things to read, questions, and 'add another'.

The same for whoever answers and for whoever only wants to see what it will look like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from exercises.answers import clean_form
from exercises.asking import Asked, ask, spot_of
from exercises.conditions import NOTHING_KNOWN, Visible, visible
from exercises.lane_words import Said
from exercises.pages import Page, is_short, pages_of
from exercises.prose import as_html
from exercises.questions import Form, Question
from exercises.translations import translated
from exercises.vocabulary import QuestionType

Raw = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Block:
    """One thing on a screen.

    kind: ``question``, ``section`` (``lead``: only what it says), ``instructions``, ``image``, ``link``,
    ``group``; ``time``, the head of one of several times something is answered, which ``remove`` may take away;
    ``add``, the button for one more. ``key`` is the key of its item; of ``add``, that of the instance to begin.
    ``hidden``: not asked at present.
    """

    kind: str
    key: str
    item: Question
    hidden: bool = False
    asked: Asked | None = None
    count: int = 0
    remove: bool = False
    said: Said | None = None
    level: int = 2

    @property
    def spot(self) -> str:
        return spot_of(self.key)

    @property
    def heading(self) -> str:
        return f"h{min(self.level, 4)}"

    @property
    def label(self) -> str:
        return f"{self.item.prefix} {self.item.label}".strip()

    @property
    def prose(self) -> str:
        return as_html(self.item.body)

    @property
    def host(self) -> str:
        """Where a link leads: shown beside it."""
        return self.item.url.partition("://")[2].partition("/")[0].rpartition("@")[2]


@dataclass(frozen=True)
class Screen:
    """One page. ``alone``: the one question it is about, whose label is then the page's heading."""

    blocks: tuple[Block, ...]
    heading: str = ""
    help: str = ""
    kicker: str = ""
    alone: Asked | None = None
    preview: bool = False
    page: Page | None = None
    said: Said | None = field(default=None)

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(block.asked for block in self.blocks if block.asked is not None)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every input name on the page, in order."""
        return tuple(name for one in self.asked for name in one.names)

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each input name is called, for a list of what needs another look."""
        found = {one.name: one.label for one in self.asked}
        return {**found, **{row.name: row.question.label for one in self.asked for row in one.rows}}


def screen(
    form: Form,
    page: Page,
    raw: Raw,
    shown: Visible | None = None,
    *,
    errors: Mapping[str, object] | None = None,
    said_of: Callable[[Question], Said] | None = None,
    heading: str = "",
    preview: bool = False,
) -> Screen:
    """Lay out one page of a form, filled with ``raw``. ``shown``: what is asked at present; None for all of it.

    ``said_of`` tells who reads an answer: above the page when it is one for all, else above each question.
    """
    there = [one for one in form.instances(raw) if one.base in page.bases]
    alone = None if heading else page.alone
    lanes = {said_of(one) for one in page.questions} if said_of else set()
    maker = _Maker(form, page, raw, there, shown, errors or {}, said_of if len(lanes) > 1 else None, preview)
    blocks = tuple(maker.blocks(heading=bool(heading)))
    if preview:
        blocks = tuple(block for block in blocks if not block.hidden and block.kind != "add")
    head = _head(form, page)
    return Screen(
        blocks=blocks,
        heading="" if alone else heading or _heading(page),
        help="" if alone or heading else _help(page),
        kicker="" if heading else head,
        alone=next((block.asked for block in blocks if block.asked), None) if alone else None,
        preview=preview,
        page=page,
        said=next(iter(lanes)) if len(lanes) == 1 else None,
    )


@dataclass
class _Maker:
    form: Form
    page: Page
    raw: Raw
    there: list[Question]
    shown: Visible | None
    errors: Mapping[str, object]
    said_of: Callable[[Question], Said] | None
    preview: bool

    @cached_property
    def visible_keys(self) -> frozenset[str] | None:
        return None if self.shown is None else frozenset(one.key for one in self.shown.items)

    @cached_property
    def inside(self) -> dict[str, list[Question]]:
        """The items that lie in each, on this page; under '' those that lie in nothing of it."""
        found: dict[str, list[Question]] = {}
        keys = {one.key for one in self.there}
        for one in self.there:
            above = [item.key for item in self.form.above(one.key) if item.key in keys]
            found.setdefault(above[-1] if above else "", []).append(one)
        return found

    def blocks(self, parent: str = "", *, level: int = 2, heading: bool = False) -> Iterator[Block]:
        children = self.inside.get(parent, [])
        for one in children:
            same = [other for other in children if other.base == one.base]
            yield from self._item(one, same, level=level, heading=heading)
            if one.repeats > 1 and one is same[-1]:
                yield from self._add(one, same)

    def _item(self, one: Question, same: list[Question], *, level: int, heading: bool) -> Iterator[Block]:
        hidden = self.visible_keys is not None and one.key not in self.visible_keys
        count = same.index(one) + 1 if one.repeats > 1 else 0
        remove = len(same) > 1
        if one.type is QuestionType.GROUP:
            headed = bool(count) or bool(one.label and (heading or self._is_inner(one)))
            if headed:
                kind = "time" if count else "group"
                yield Block(kind, one.key, one, hidden, count=count, remove=remove, level=level)
            yield from self.blocks(one.key, level=level + headed, heading=heading)
            return
        if one.is_shown_only:
            # On a page of its own a section's label stands above the heading already.
            kind = "lead" if one.type is QuestionType.SECTION and not heading else one.type.value
            if kind != "lead" or one.help:
                yield Block(kind, one.key, one, hidden, level=level)
            return
        alone = self.page.alone is not None and not heading
        asked = ask(
            one,
            self.raw,
            preview=self.preview,
            level=(3 if self.preview else 1) if alone else level,
            count=count if len(same) > 1 else 0,
            errors=self.errors,
        )
        said = self.said_of(one) if self.said_of else None
        yield Block("question", one.key, one, hidden, asked, count, remove, said, level)
        yield from self.blocks(one.key, level=level, heading=heading)

    def _is_inner(self, one: Question) -> bool:
        """Whether this head is not already the heading of the page."""
        return one.base != next((item.base for item in self.page.items if not item.is_shown_only), "")

    def _add(self, one: Question, same: list[Question]) -> Iterator[Block]:
        key = self.form.next_key(self.raw, one.key)
        first = self.visible_keys is not None and not any(other.key in self.visible_keys for other in same)
        if key is not None:
            yield Block("add", key, one, first)


def first_answer_key(form: Form, key: str) -> str:
    """The key of the first answer in an instance: saving something under it, even nothing, makes it exist."""
    item = form[key]
    for one in _inner(item):
        if one.is_asked:
            base = f"{one.base}.{one.rows[0].key}" if one.rows else one.base
            levels = len(form.spots[one.base].levels)
            numbers = (*item.numbers, *[1] * (levels - len(item.numbers)))
            return f"{base}~{'.'.join(map(str, numbers))}"
    return key


def keys_inside(form: Form, key: str, keys: Iterable[str]) -> list[str]:
    """Those of the answer keys that lie in an instance: what goes when it is removed."""
    item = form[key]
    bases = {one.base for one in _inner(item)}
    found = []
    for one in keys:
        base, _tilde, numbers = one.partition("~")
        own = tuple(int(number) for number in numbers.split(".")) if numbers else ()
        if base.partition(".")[0] in bases and own[: len(item.numbers)] == item.numbers:
            found.append(one)
    return found


def _inner(item: Question) -> Iterator[Question]:
    yield item
    for one in item.questions:
        yield from _inner(one)


def _heading(page: Page) -> str:
    first = next((item for item in page.items if not item.is_shown_only), None)
    if first is None:
        return next((item.label for item in page.items if item.label), "") or _("Before you go on")
    return f"{first.prefix} {first.label}".strip() or _("These belong together")


def _help(page: Page) -> str:
    first = next((item for item in page.items if not item.is_shown_only), None)
    return first.help if first is not None and first.type is QuestionType.GROUP else ""


def _head(form: Form, page: Page) -> str:
    """What stands above the questions of a page: the section, and the large groups they lie in."""
    first = next((item for item in page.items if not item.is_shown_only), None)
    if first is None:
        return ""
    section = form.section_of(first.key)
    above = [item.label for item in form.above(first.key) if item.label]
    return " · ".join([*([section.label] if section and section.label else []), *above])


# ── what it will look like ───────────────────────────────────────────────────


def preview_screens(content: Mapping[str, Any], *, language: str = "", raw: Raw | None = None) -> list[Screen]:
    """Return the pages as a phone shows them, with ``raw`` as sample answers; nothing hidden is among them.

    ``content`` is any content of an edition, published or not. Raises FormError when its questions are no form.
    """
    form, shown = _for_preview(content, language, raw)
    whole = is_short(form)
    made = [screen(form, page, raw or {}, shown, preview=True) for page in pages_of(form, whole=whole)]
    return [one for one in made if one.blocks]


def preview_screen(content: Mapping[str, Any], key: str, *, language: str = "") -> Screen | None:
    """Return the page that the item with this key stands on, whatever its condition says."""
    form, _shown = _for_preview(content, language, None)
    for page in pages_of(form):
        if key in page.bases:
            return screen(form, page, {}, preview=True)
    return None


def preview_whole(content: Mapping[str, Any], *, language: str = "", raw: Raw | None = None) -> Screen | None:
    """Return all of it as one page; None when there is nothing in it."""
    form, shown = _for_preview(content, language, raw)
    pages = pages_of(form, whole=True)
    said = translated(dict(content), language) if language else content
    title = str(said.get("title") or _("Your answers"))
    return screen(form, pages[0], raw or {}, shown, heading=title, preview=True) if pages else None


def _for_preview(content: Mapping[str, Any], language: str, raw: Raw | None) -> tuple[Form, Visible]:
    said = translated(dict(content), language) if language else content
    form = Form.from_data(said.get("questions", []))
    values, _errors = clean_form(form, raw or {})
    return form, visible(form, values, NOTHING_KNOWN)
