"""The questions of an edition, as data.

A form is a list of items in a small language of plain lists and dictionaries: the catalogue is written in
it, an edition stores it, the editor for a practice's own exercises produces it. `Form.from_data` is the only
way in and accepts nothing that it does not know (form_language/): whatever holds a `Form` can rely on it.

Every answer has a key, and `form[key]` is the question it answers:

    mood            a question
    week.sleep      one row of the grid `week`
    child_name~2    the second time, inside something that repeats; one number for each level that does
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from exercises.question import (
    ASKED_TYPES,
    CHOICE_TYPES,
    DATE_TYPES,
    NUMBER_LIMIT,
    NUMBER_TYPES,
    SHOWN_TYPES,
    STEP_TYPES,
    TEXT_TYPES,
    Question,
)
from exercises.question_parts import Code, Option, Row, Stop, Unit
from exercises.settling import order_of
from exercises.vocabulary import QuestionType

if TYPE_CHECKING:
    from exercises.form_language import Limits

_ANSWER_KEY = re.compile(r"([a-z][a-z0-9_.]*)(?:~([1-9][0-9]?(?:\.[1-9][0-9]?)*))?")
_MOST_INSTANCES_KEPT = 2_000

Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Spot:
    """Where an item stands in its form: what it lies in, the heading above it, the levels that repeat."""

    order: int
    parent: str
    section: str
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """The items of a form as a tree. Iterate it for the questions, ask `key in form`, take `form[key]`."""

    items: tuple[Question, ...] = ()

    @classmethod
    def from_data(cls, data: Any, limits: Limits | None = None) -> Form:
        """Raises form_language.FormError, with everything that is wrong at once."""
        from exercises.form_language import STORED, read_items  # which needs the classes of this module

        return cls(read_items(data, limits or STORED))

    def as_data(self) -> list[dict[str, Any]]:
        return [item.as_data() for item in self.items]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Everything that is asked, in its order: no headings, no groups, each question once."""
        return tuple(item for item in self.every if item.is_asked)

    @cached_property
    def every(self) -> tuple[Question, ...]:
        """Every item, those inside others after what they lie in."""
        return tuple(_flat(self.items))

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def __len__(self) -> int:
        return len(self.questions)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __getitem__(self, key: str) -> Question:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    @cached_property
    def repeats(self) -> bool:
        """Whether anything can be answered more than once."""
        return any(item.repeats > 1 for item in self.every)

    def above(self, key: str) -> tuple[Question, ...]:
        """What an item lies in, outermost first, each as the instance that holds it."""
        numbers = self[key].numbers
        found: list[Question] = []
        parent = self.spots[_base(key)].parent
        while parent:
            spot = self.spots[parent]
            found.append(self.instance(parent, numbers[: len(spot.levels)]))
            parent = spot.parent
        return tuple(reversed(found))

    def section_of(self, key: str) -> Question | None:
        """The heading that the item stands under."""
        section = self.spots[_base(key)].section
        return self._by_base[section] if section else None

    def in_order(self, keys: Iterable[str]) -> list[Question]:
        """The questions of these answer keys, rows of grids too, in the order of the form. Unknown ones left out."""
        found = [question for key in set(keys) if (question := self._find(key)) is not None]
        return sorted(found, key=self.place_of)

    def place_of(self, question: Question) -> tuple[Any, ...]:
        """A sort key: instances in their order, and within one the items as the form has them."""
        row = question.key.partition("~")[0].partition(".")[2]
        parts: list[tuple[int, int]] = []
        for item in (*self.above(question.key), question):
            levels = self.spots[_base(item.key)].levels
            repeats = bool(levels) and levels[-1] == _base(item.key) and len(item.numbers) == len(levels)
            parts.append((self.spots[_base(item.key)].order, item.numbers[-1] if repeats else 0))
        rows = [one.key for one in self._by_base[_base(question.key)].rows]
        return (*parts, (-1, rows.index(row) if row else -1))

    # Instances: what repeats, as often as it was answered.

    def instances(self, keys: Iterable[str]) -> list[Question]:
        """Every item, as often as these answer keys have it, at least once; in the order of the form."""
        return [self.instance(base, numbers) for base, numbers in self.numbered(keys)]

    def numbered(self, keys: Iterable[str]) -> list[tuple[str, Numbers]]:
        """As `instances`, but each as its base and its numbers."""
        if not self.repeats:
            return [(item.key, ()) for item in self.every]
        there = self._numbers_in(keys)
        found: list[tuple[str, Numbers]] = []

        def walk(items: Iterable[Question], numbers: Numbers) -> None:
            for item in items:
                if item.repeats > 1:
                    each = [(*numbers, one) for one in sorted(there.get((item.key, numbers), {1}))]
                else:
                    each = [numbers]
                for one in each:
                    found.append((item.key, one))
                    walk(item.questions, one)

        walk(self.items, ())
        return found

    def next_key(self, keys: Iterable[str], key: str) -> str | None:
        """The key of one more instance beside `key`; None when there is no room, or when it does not repeat."""
        item = self[key]
        numbers = item.numbers
        if self._by_base[_base(key)].repeats == 1 or not numbers:
            return None
        taken = self._numbers_in(keys).get((_base(key), numbers[:-1]), {1})
        free = next((one for one in range(1, item.repeats + 1) if one not in taken), None)
        return None if free is None else _joined(item.base, (*numbers[:-1], free))

    def instance(self, base: str, numbers: Numbers) -> Question:
        """The item with this base as one of its instances."""
        if not numbers:
            return self._by_base[base]
        found = self._made.get((base, numbers))
        if found is None:
            found = replace(self._by_base[base], key=_joined(base, numbers))
            if len(self._made) < _MOST_INSTANCES_KEPT:
                self._made[base, numbers] = found
        return found

    @cached_property
    def spots(self) -> dict[str, Spot]:
        """Where each item stands, by its base key."""
        found: dict[str, Spot] = {}

        def walk(items: Iterable[Question], parent: str, section: str, levels: tuple[str, ...]) -> None:
            for item in items:
                if item.type is QuestionType.SECTION:
                    section = ""
                own = (*levels, item.key) if item.repeats > 1 else levels
                found[item.key] = Spot(len(found), parent, section, own)
                walk(item.questions, item.key, section, own)
                if item.type is QuestionType.SECTION:
                    section = item.key

        walk(self.items, "", "", ())
        return found

    @cached_property
    def settling_order(self) -> list[str]:
        """The base keys so that each comes after what its being asked depends on."""
        return order_of(
            {
                item.key: [
                    *filter(None, [self.spots[item.key].parent]),
                    *(clause.base for clause in item.show_if or ()),
                ]
                for item in self.every
            }
        )

    def _numbers_in(self, keys: Iterable[str]) -> dict[tuple[str, Numbers], set[int]]:
        found: dict[tuple[str, Numbers], set[int]] = {}
        for key in keys:
            if "~" in key and (item := self._find(key)) is not None:
                numbers = item.numbers
                for depth, level in enumerate(self.spots[_base(key)].levels):
                    found.setdefault((level, numbers[:depth]), set()).add(numbers[depth])
        return found

    def _find(self, key: str) -> Question | None:
        plain = self._by_base.get(key)
        if plain is not None:
            return plain
        said = _ANSWER_KEY.fullmatch(key)
        if not said:
            return None
        base, _dot, row = said[1].partition(".")
        item = self._by_base.get(base)
        if item is None:
            return None
        if said[2]:
            numbers = tuple(int(one) for one in said[2].split("."))
            levels = self.spots[base].levels
            fits = len(numbers) == len(levels) and all(
                one <= self._by_base[level].repeats for one, level in zip(numbers, levels, strict=True)
            )
            if not fits:
                return None
            item = self.instance(base, numbers)
        if not row:
            return item if "." not in said[1] else None
        return next((one for one in item.row_questions if one.base == said[1]), None)

    @cached_property
    def _by_base(self) -> dict[str, Question]:
        return {item.key: item for item in self.every}

    @cached_property
    def _made(self) -> dict[tuple[str, Numbers], Question]:
        return {}


def _flat(items: Iterable[Question]) -> Iterator[Question]:
    for item in items:
        yield item
        yield from _flat(item.questions)


def _base(key: str) -> str:
    """The key of the item itself, without row and numbers."""
    return key.partition("~")[0].partition(".")[0]


def _joined(base: str, numbers: Numbers) -> str:
    return f"{base}~{'.'.join(map(str, numbers))}" if numbers else base


__all__ = [
    "ASKED_TYPES",
    "CHOICE_TYPES",
    "DATE_TYPES",
    "NUMBER_LIMIT",
    "NUMBER_TYPES",
    "SHOWN_TYPES",
    "STEP_TYPES",
    "TEXT_TYPES",
    "Code",
    "Form",
    "Option",
    "Question",
    "Row",
    "Stop",
    "Unit",
]
