"""A form cut into the pages of a phone: one question a page, and together what belongs together.

Pages are numbered once for the whole form, whatever conditions hide: an address stays the address of the same
questions, and going on skips what is not asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from exercises.questions import Form, Question
from exercises.vocabulary import QuestionType

#: A group with more questions than this is a heading over single pages.
TOGETHER = 6
#: A form with no more questions than this, all of them easy (nothing to write), is one page.
SHORT = 3
EASY = frozenset(
    {
        QuestionType.SCALE,
        QuestionType.SLIDER,
        QuestionType.YES_NO,
        QuestionType.SINGLE,
        QuestionType.NUMBER,
        QuestionType.DATE,
        QuestionType.TIME,
    }
)
FEW_OPTIONS = 5


@dataclass(frozen=True)
class Page:
    """The items of one page as the form has them: in their order, those inside others after what they lie in."""

    number: int
    items: tuple[Question, ...]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(item for item in self.items if item.is_asked)

    @cached_property
    def bases(self) -> frozenset[str]:
        return frozenset(item.base for item in self.items)

    @property
    def alone(self) -> Question | None:
        """The one question of this page, when there is just one, asked once."""
        there = [item for item in self.items if not item.is_shown_only]
        return there[0] if len(there) == 1 and there[0].is_asked and there[0].repeats == 1 else None


def pages_of(form: Form, asked: Collection[str] | None = None, *, whole: bool = False) -> tuple[Page, ...]:
    """Cut a form into pages; ``asked`` are the keys of the questions that this person answers, None for all.

    What is only shown stands on the page of the question that follows it; at the end, on a page of its own.
    """
    if whole:
        items = tuple(_kept(_flat(form.items), asked))
        return (Page(1, items),) if items else ()
    made: list[tuple[Question, ...]] = []
    waiting: list[Question] = []
    for run in _runs(form.items):
        kept = list(_kept(run, asked))
        if any(item.is_asked for item in kept):
            made.append((*waiting, *kept))
            waiting = []
        elif kept and kept[0].is_shown_only:
            waiting += kept
    if waiting and any(item.type is not QuestionType.SECTION for item in waiting):
        made.append(tuple(waiting))
    return tuple(Page(number, items) for number, items in enumerate(made, start=1))


def is_short(form: Form) -> bool:
    """Tell whether a form is so short and easy that one page is kinder than several."""
    return (
        1 < len(form) <= SHORT
        and all(item.is_asked and item.repeats == 1 and not item.questions for item in form.items)
        and all(one.type in EASY and len(one.options) <= FEW_OPTIONS and not one.show_if for one in form)
        and len({one.narrowest for one in form}) == 1
        and len({one.for_each for one in form}) == 1
    )


def branches(form: Form) -> bool:
    """Tell whether anything is asked only under a condition."""
    return any(item.show_if for item in form.every)


def _runs(items: Iterable[Question]) -> Iterator[list[Question]]:
    """What stays together, in order; without what is never shown."""
    for item in items:
        if item.hidden:
            continue
        if item.repeats > 1 or (item.type is QuestionType.GROUP and _fits(item)):
            yield list(_flat([item]))
        elif item.type is QuestionType.GROUP:
            yield from _runs(item.questions)
        else:
            yield [item]
            yield from _runs(item.questions)


def _fits(group: Question) -> bool:
    return sum(len(one.rows) or 1 for one in _flat([group]) if one.is_asked) <= TOGETHER


def _kept(items: Iterable[Question], asked: Collection[str] | None) -> Iterator[Question]:
    """Without what is not asked of this person."""
    return (item for item in items if asked is None or not item.is_asked or item.base in asked)


def _flat(items: Iterable[Question]) -> Iterator[Question]:
    for item in items:
        if not item.hidden:
            yield item
            yield from _flat(item.questions)


@dataclass(frozen=True)
class Progress:
    """Where somebody is. Under conditions ``of`` is the most there can be, so that it never grows on the way."""

    at: int
    of: int
    at_most: bool = False
    single: bool = True

    def __str__(self) -> str:
        told = {"at": self.at, "of": self.of}
        if not self.single:
            return (_("Page %(at)s of at most %(of)s") if self.at_most else _("Page %(at)s of %(of)s")) % told
        return (_("Question %(at)s of at most %(of)s") if self.at_most else _("Question %(at)s of %(of)s")) % told
