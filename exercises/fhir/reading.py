"""JSON of unknown origin, read within bounds.

Whatever arrives, the outcome is a tree of plain dictionaries, lists, strings, integers, `Decimal` and
booleans that every later step can walk without care for its size, or one refusal that says where it went
wrong. Decimals keep the digits they were written with: 1.0 stays 1.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from exercises.fhir.findings import Finding, Refused

LARGEST_FILE = 2 * 1024 * 1024
#: Of JSON, not of items: eight levels of items with answers between them stay far below.
DEEPEST = 100
LONGEST_NUMBER = 40

#: A string that never ends is taken to the end of the text, so that no quote in it is tried again.
_OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_NOT_IN_TEXT = re.compile("[\x00\ud800-\udfff]")
_SPECIAL = re.compile(r"-?(?:NaN|Infinity)")


def read(data: bytes) -> tuple[str, dict[str, Any]]:
    """Return the text exactly as it arrived, and what it says. Raises :class:`Refused`."""
    if len(data) > LARGEST_FILE:
        _refuse("too_large", limit=LARGEST_FILE // (1024 * 1024))
    text = _decoded(data)
    return text, parse(text)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        _refuse("not_utf8", line=line)


def parse(text: str) -> dict[str, Any]:
    """Return the object that a text holds. A byte order mark before it is allowed."""
    body = text.removeprefix("\ufeff")
    if not body.strip():
        _refuse("empty_file")
    if body.lstrip().startswith("<"):
        _refuse("xml")
    _refuse_depth(body)
    reader = _Reader(body)
    try:
        tree = json.loads(
            body,
            object_pairs_hook=reader.pairs,
            parse_float=reader.decimal,
            parse_int=reader.integer,
            parse_constant=reader.constant,
        )
    except json.JSONDecodeError as error:
        _refuse("broken_json", line=error.lineno, column=error.colno)
    except RecursionError:
        _refuse("too_deep_json", limit=DEEPEST)
    if not isinstance(tree, dict):
        _refuse("no_object")
    for place in _unkeepable(tree):
        _refuse("unkeepable", element=place)
    return tree


def _refuse(code: str, element: str = "", **values: Any) -> NoReturn:
    raise Refused([Finding(code, element=element, values=values)])


def _refuse_depth(text: str) -> None:
    """Count brackets outside of strings, before anything recursive sees them."""
    depth = 0
    for found in _OUTSIDE.finditer(text):
        mark = found.group()
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                _refuse("too_deep_json", limit=DEEPEST)
        elif mark in "]}":
            depth -= 1


class _Reader:
    """What the parser asks us about: numbers, and names that occur twice."""

    def __init__(self, text: str) -> None:
        self.text = text

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            names = [name for name, _value in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            link_id = made.get("linkId")
            raise Refused(
                [
                    Finding(
                        "twice",
                        link_ids=(link_id,) if isinstance(link_id, str) else (),
                        values={"name": twice[:60].encode("utf-8", "replace").decode()},
                    )
                ]
            )
        return made

    def decimal(self, written: str) -> Decimal:
        try:
            number = Decimal(written)
        except InvalidOperation:
            self._refuse_number(written)
        if len(written) > LONGEST_NUMBER or abs(number.adjusted()) > LONGEST_NUMBER:
            self._refuse_number(written)
        return number

    def integer(self, written: str) -> int:
        if len(written) > LONGEST_NUMBER:
            self._refuse_number(written)
        return int(written)

    def constant(self, written: str) -> NoReturn:
        found = next((one for one in _SPECIAL.finditer(self.text) if one.group() == written), None)
        line, column = self._place(found.start() if found else 0)
        _refuse("broken_json", line=line, column=column)

    def _refuse_number(self, written: str) -> NoReturn:
        line, column = self._place(self.text.find(written))
        _refuse("huge_number", line=line, column=column)

    def _place(self, at: int) -> tuple[int, int]:
        return self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)


def _unkeepable(tree: Any) -> Iterator[str]:
    """Yield the places of strings that no database can hold: with NUL, or half a character."""
    waiting: list[tuple[str, Any]] = [("", tree)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            if _NOT_IN_TEXT.search(value):
                yield place
        elif isinstance(value, dict):
            for name, inner in value.items():
                if _NOT_IN_TEXT.search(name):
                    yield place
                else:
                    waiting.append((f"{place}.{name[:60]}" if place else name[:60], inner))
        elif isinstance(value, list):
            waiting += [(f"{place}[{index}]", inner) for index, inner in enumerate(value)]


def written(value: Any, *, indent: int | None = 2) -> str:
    """Return JSON text of a tree as :func:`read` gives it: decimals with the digits they had."""
    return _Writer(indent).text(value)


class _Writer:
    """`json` would turn a Decimal into a float; everything else is left to it."""

    def __init__(self, indent: int | None) -> None:
        self.indent = indent

    def text(self, value: Any, level: int = 0) -> str:
        if isinstance(value, Decimal):
            return format(value, "f") if abs(value.adjusted()) < LONGEST_NUMBER else str(value)
        if isinstance(value, dict):
            gap = " " if self.indent is not None else ""
            inner = [
                f"{json.dumps(str(name), ensure_ascii=False)}:{gap}{self.text(one, level + 1)}"
                for name, one in value.items()
            ]
            return self._wrapped("{", inner, "}", level)
        if isinstance(value, (list, tuple)):
            return self._wrapped("[", [self.text(one, level + 1) for one in value], "]", level)
        return json.dumps(value, ensure_ascii=False)

    def _wrapped(self, begin: str, inner: list[str], end: str, level: int) -> str:
        if not inner:
            return begin + end
        if self.indent is None:
            return begin + ",".join(inner) + end
        space = "\n" + " " * self.indent * (level + 1)
        return begin + space + f",{space}".join(inner) + "\n" + " " * self.indent * level + end
