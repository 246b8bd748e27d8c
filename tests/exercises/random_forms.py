"""Forms with conditions, made by chance, and an evaluator of conditions that is slow and plain.

The evaluator knows nothing of levels, orders or instances kept in tables: it writes the form out as a tree of
everything that stands on paper, and asks each thing by itself whether it is to be shown.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from exercises.answers import Value
from exercises.form_language import FormError
from exercises.questions import Form

OPTIONS = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}, {"value": "c", "label": "C"}]
TYPES: list[dict[str, Any]] = [
    {"type": "yes_no"},
    {"type": "scale", "min": 0, "max": 3, "low": "no", "high": "yes"},
    {"type": "single", "options": OPTIONS},
    {"type": "multi", "options": OPTIONS},
    {"type": "grid", "options": OPTIONS, "rows": [{"key": "one", "label": "1"}, {"key": "two", "label": "2"}]},
    {"type": "short_text"},
]


def random_form(chance: random.Random, size: int = 10) -> Form:
    """A form of about this many items, some in groups, some repeating, many under a condition."""
    count = iter(range(1000))
    data = _items(chance, size, 1, count)
    flat = list(_flat(data))
    for item in flat:
        if chance.random() < 0.6:
            item["show_if"] = _clauses(chance, [one for one in flat if one["type"] != "group"], 1)
            try:
                Form.from_data(data)
            except FormError:
                del item["show_if"]
    return Form.from_data(data)


def random_answers(chance: random.Random, form: Form) -> dict[str, Value]:
    """Answers to some of it, in some instances; hidden ones, too."""
    keys = []
    for item in form:
        levels = form.spots[item.key].levels
        for _again in range(2 if levels else 1):
            numbers = ".".join(str(chance.randint(1, form[level].repeats)) for level in levels)
            keys.append(f"{item.key}~{numbers}" if levels else item.key)
    answers = {}
    for key in keys:
        question = form[key]
        for one in question.row_questions or (question,):
            if chance.random() < 0.7:
                answers[one.key] = _value(chance, one.type)
    return answers


def _value(chance: random.Random, type_: str) -> Value:
    if chance.random() < 0.1:
        return Value(declined=True)
    match type_:
        case "yes_no":
            return Value(number=Decimal(chance.randint(0, 1)))
        case "scale":
            return Value(number=Decimal(chance.randint(0, 3)))
        case "single":
            return Value(choices=(chance.choice("abc"),))
        case "multi":
            return Value(choices=tuple(sorted(chance.sample("abc", chance.randint(1, 3)))))
    return Value(text=chance.choice(["x", "y"]))


def _items(chance: random.Random, size: int, depth: int, count: Iterator[int]) -> list[dict[str, Any]]:
    items = []
    while size > 0:
        key = f"i{next(count)}"
        item: dict[str, Any]
        if depth < 4 and chance.random() < 0.25:
            inside = chance.randint(1, 3)
            item = {"key": key, "type": "group", "questions": _items(chance, inside, depth + 1, count)}
            size -= inside
        else:
            item = {"key": key, "label": key, **chance.choice(TYPES)}
            if depth < 4 and chance.random() < 0.15:
                item["questions"] = _items(chance, 1, depth + 1, count)
                size -= 1
        if chance.random() < 0.25:
            item["repeats"] = 3
        items.append(item)
        size -= 1
    return items


def _flat(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from _flat(item.get("questions", []))


def _clauses(chance: random.Random, sources: list[dict[str, Any]], depth: int) -> dict[str, Any]:
    parts = []
    for _part in range(chance.randint(1, 3)):
        if depth < 3 and chance.random() < 0.2:
            parts.append(_clauses(chance, sources, depth + 1))
        elif sources:
            parts.append(_clause(chance, chance.choice(sources)))
    return {chance.choice(["all", "any"]): parts or [{"any": []}]}


def _clause(chance: random.Random, source: dict[str, Any]) -> dict[str, Any]:
    key = source["key"]
    if chance.random() < 0.2:
        return {"question": key, "operator": "exists", "answer": chance.random() < 0.6}
    word = chance.choice(["=", "!="])
    match source["type"]:
        case "yes_no":
            return {"question": key, "operator": word, "answer": chance.random() < 0.5}
        case "scale":
            word = chance.choice(["=", "!=", "<", ">", "<=", ">="])
            return {"question": key, "operator": word, "answer": chance.randint(0, 3)}
        case "grid":
            return {"question": f"{key}.{chance.choice(['one', 'two'])}", "operator": word, "answer": "a"}
        case "short_text":
            return {"question": key, "operator": chance.choice([word, "<", ">="]), "answer": chance.choice("xy")}
    return {"question": key, "operator": word, "answer": chance.choice("abc")}


# The slow, plain evaluator.


@dataclass
class Thing:
    """One thing on paper."""

    data: dict[str, Any]
    path: tuple[int, ...]
    above: Thing | None
    inside: list[Thing] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.data["key"] + ("~" + ".".join(map(str, self.path)) if self.path else "")

    def everything(self) -> Iterator[Thing]:
        for one in self.inside:
            yield one
            yield from one.everything()


def reference(form: Form, answers: Mapping[str, Value]) -> list[str]:
    """The keys of everything that is shown, in order."""
    paper = Thing({"key": "", "type": "paper"}, (), None)
    _write(form.as_data(), paper, answers)
    return [thing.key for thing in paper.everything() if _is_shown(thing, paper, answers)]


def _write(items: list[dict[str, Any]], above: Thing, answers: Mapping[str, Value]) -> None:
    for data in items:
        for path in _paths(data, above.path, answers):
            thing = Thing(data, path, above)
            above.inside.append(thing)
            _write(data.get("questions", []), thing, answers)


def _paths(data: dict[str, Any], path: tuple[int, ...], answers: Mapping[str, Value]) -> list[tuple[int, ...]]:
    if data.get("repeats", 1) == 1:
        return [path]
    mine = {one["key"] for one in _flat([data])}
    found = set()
    for key in answers:
        name, _tilde, numbers = key.partition("~")
        there = tuple(map(int, numbers.split("."))) if numbers else ()
        if name.partition(".")[0] in mine and there[: len(path)] == path:
            found.add((*path, there[len(path)]))
    return sorted(found) or [(*path, 1)]


def _is_shown(thing: Thing, paper: Thing, answers: Mapping[str, Value]) -> bool:
    if thing is paper:
        return True
    assert thing.above
    if not _is_shown(thing.above, paper, answers):
        return False
    condition = thing.data.get("show_if")
    return condition is None or _holds(condition, thing, paper, answers)


def _holds(condition: dict[str, Any], thing: Thing, paper: Thing, answers: Mapping[str, Value]) -> bool:
    if "question" not in condition:
        ((word, parts),) = condition.items()
        return (all if word == "all" else any)([_holds(part, thing, paper, answers) for part in parts])
    given = [
        value
        for source in _nearest(condition["question"].partition(".")[0], thing, paper)
        if _is_shown(source, paper, answers)
        for key in _keys(source, condition["question"])
        if (value := answers.get(key)) is not None and not value.declined
    ]
    word, answer = condition["operator"], condition["answer"]
    if word == "exists":
        return bool(given) == answer
    if word == "!=":
        return not any(_is(value, answer, operator.eq) for value in given)
    compare = {"=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}[word]
    return any(_is(value, answer, compare) for value in given)


def _is(value: Value, answer: Any, compare: Any) -> bool:
    if value.choices:
        return answer in value.choices
    return bool(compare(value.text if value.number is None else value.number, answer))


def _keys(source: Thing, question: str) -> list[str]:
    base, _dot, row = question.partition(".")
    tail = source.key.removeprefix(base)
    rows = [one["key"] for one in source.data.get("rows", [])]
    if row:
        return [f"{question}{tail}"]
    return [f"{base}.{one}{tail}" for one in rows] or [source.key]


def _nearest(base: str, thing: Thing, paper: Thing) -> list[Thing]:
    """Up through what the thing lies in, until the question is found below; then the nearest, with its like."""
    order = [id(one) for one in paper.everything()]
    above: Thing | None = thing
    while above is not None:
        there = [one for one in [above, *above.everything()] if one.data["key"] == base]
        if there:
            before = [one for one in there if order.index(id(one)) < order.index(id(thing))]
            nearest = before[-1] if before else there[0]
            return [one for one in there if one.above is nearest.above]
        above = above.above
    return []
