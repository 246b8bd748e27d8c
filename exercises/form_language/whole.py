"""What only a whole form can tell: conditions that lead nowhere or in a circle, sizes, and the lanes that follow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.clauses import Clause, Clauses
from exercises.form_language.bounds import MAX_INSTANCES, Errors, Limits, Message
from exercises.form_language.conditions import fitted
from exercises.question import Question
from exercises.settling import Circle, order_of
from exercises.vocabulary import Lane, narrowest


def check_whole(
    items: tuple[Question, ...], limits: Limits, errors: Errors, places: Mapping[str, str]
) -> tuple[Question, ...]:
    """The items with conditions fitted and lanes worked out; notes in `errors` what cannot be."""
    check = _Whole(items, limits, errors, places)
    check.sizes()
    fitted_items = tuple(check.fit(item) for item in items)
    order = check.order()
    return fitted_items if errors else _with_lanes(fitted_items, order)


class _Whole:
    def __init__(self, items: tuple[Question, ...], limits: Limits, errors: Errors, places: Mapping[str, str]) -> None:
        self.items, self.limits, self.errors, self.places = items, limits, errors, places
        self.by_key: dict[str, Question] = {}
        self.above: dict[str, tuple[str, ...]] = {}
        self.place_in_order: dict[str, int] = {}
        for item, above in _walk(items):
            self.place_in_order[item.key] = len(self.by_key)
            self.by_key[item.key] = item
            self.above[item.key] = above

    def sizes(self) -> None:
        options = sum(len(item.options) for item in self.by_key.values())
        if options > self.limits.all_options:
            message = _("All questions together have at most {n} options.")
            self.errors["form"] = [format_lazy(message, n=self.limits.all_options)]
        if _filled(self.items) > MAX_INSTANCES:
            self.errors["form"] = [_("What repeats here adds up to more questions than a form can hold.")]

    def fit(self, item: Question) -> Question:
        """The item, and all inside it, with clauses that look at questions as those are."""
        inside = tuple(self.fit(one) for one in item.questions)
        condition = self._fit(item.show_if, item, "show_if") if item.show_if else None
        if inside == item.questions and condition == item.show_if:
            return item
        return replace(item, questions=inside, show_if=condition)

    def _fit(self, clauses: Clauses, item: Question, place: str) -> Clauses:
        word = "all" if clauses.every else "any"
        parts: list[Clause | Clauses] = []
        for index, part in enumerate(clauses.parts):
            spot = f"{place}.{word}.{index}"
            parts.append(self._fit(part, item, spot) if isinstance(part, Clauses) else self._clause(part, item, spot))
        return Clauses(clauses.every, tuple(parts))

    def _clause(self, clause: Clause, item: Question, spot: str) -> Clause:
        source = self._source(clause.question)
        if source is None:
            self._wrong(item, f"{spot}.question", _("There is no such question to look at."))
        elif clause.base == item.key or item.key in self.above[clause.base]:
            self._wrong(item, f"{spot}.question", _("A question cannot depend on its own answer."))
        elif not self.limits.later_sources and self._comes_later(clause.base, item.key):
            self._wrong(item, f"{spot}.question", _("This question comes later. Please look at an earlier one."))
        else:
            read = fitted(clause, source)
            if read is not None:
                return read
            self._wrong(item, f"{spot}.answer", _("The answer or the comparison does not fit that question."))
        return clause

    def _source(self, key: str) -> Question | None:
        base, _dot, row = key.partition(".")
        source = self.by_key.get(base)
        if source is None or not source.is_asked:
            return None
        if not row:
            return source
        return next((one for one in source.row_questions if one.key == key), None)

    def _comes_later(self, source: str, item: str) -> bool:
        return self.place_in_order[source] > self.place_in_order[item]

    def _wrong(self, item: Question, spot: str, message: Message) -> None:
        self.errors.setdefault(f"{self.places[item.key]}.{spot}", []).append(message)

    def order(self) -> list[str]:
        """The order in which conditions can be settled in one pass."""
        needs = {
            key: [*self.above[key][-1:], *(one.base for one in item.show_if or () if one.base in self.by_key)]
            for key, item in self.by_key.items()
        }
        try:
            return order_of(needs)
        except Circle as circle:
            for key in circle.keys:
                item = self.by_key[key]
                if item.show_if and f"{self.places[key]}.show_if" not in self.errors:
                    self._wrong(item, "show_if", _("These conditions go in a circle: each waits for the other."))
            return []


def _walk(items: Iterable[Question], above: tuple[str, ...] = ()) -> Iterator[tuple[Question, tuple[str, ...]]]:
    for item in items:
        yield item, above
        yield from _walk(item.questions, (*above, item.key))


def _filled(items: Iterable[Question]) -> int:
    """How many items there are when everything that repeats is filled; a row of a grid is one, too."""
    return sum(item.repeats * (1 + len(item.rows) + _filled(item.questions)) for item in items)


def _with_lanes(items: tuple[Question, ...], order: list[str]) -> tuple[Question, ...]:
    """Every item with the lane that follows from its own, from what it lies in, and from what it depends on.

    That a question was asked at all tells of the answer which it depends on: so it is no wider than that.
    """
    by_key = {item.key: (item, above) for item, above in _walk(items)}
    reach: dict[str, tuple[Lane | None, bool]] = {}
    for key in order:
        item, above = by_key[key]
        from_others = [*above[-1:], *(clause.base for clause in item.show_if or ())]
        lanes = [lane for one in from_others if (lane := reach[one][0])]
        reach[key] = (
            narrowest([*lanes, item.lane] if item.lane else lanes),
            item.each or any(reach[one][1] for one in from_others),
        )

    def settled(item: Question) -> Question:
        lane, each = reach[item.key]
        inside = tuple(settled(one) for one in item.questions)
        if (lane, each, inside) == (None, False, item.questions):
            return item
        return replace(item, narrowest=lane, for_each=each, questions=inside)

    return tuple(settled(item) for item in items)
