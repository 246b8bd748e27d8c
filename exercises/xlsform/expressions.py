"""The part of XPath that forms are written in, as a tree: comparisons, `and`, `or`, and calls of functions.

Nothing is ever worked out here. What it does not know is an :class:`Unread`, which says so in words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from practice.saying_why import SaysWhy

LONGEST = 2_000
DEEPEST = 20
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<ref>\$\{\s*[^{}\s]{1,200}\s*\})
      | (?P<string>'[^']*'|"[^"]*")
      | (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<op><=|>=|!=|=|<|>)
      | (?P<mark>[(),])
      | (?P<dot>\.(?![\w/.]))
      | (?P<minus>-(?=\s*[\d.]))
      | (?P<word>[A-Za-z][\w.:-]*)
    )""",
    re.VERBOSE,
)


class Unread(SaysWhy):
    """An expression that our forms cannot say; ``message`` says which part."""


@dataclass(frozen=True)
class Ref:
    """Another question, by its name."""

    name: str


@dataclass(frozen=True)
class Own:
    """The answer of the question itself: the dot."""


@dataclass(frozen=True)
class Call:
    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Compared:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Several:
    """All of these (``every``), or any."""

    every: bool
    parts: tuple[Node, ...]


Node = Ref | Own | Call | Compared | Several | Decimal | str


def parse(text: str) -> Node:
    """Read an expression. Raises :class:`Unread`."""
    if len(text) > LONGEST:
        raise Unread(_("It is too long."))
    reader = _Reader(_tokens(text.strip()))
    node = reader.any_of(0)
    if reader.left:
        raise Unread(_("It uses more than comparisons of answers."))
    return node


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unread(_("It uses more than comparisons of answers."))
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def left(self) -> bool:
        return self.at < len(self.tokens)

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.left else ("", "")

    def _take(self, kind: str, text: str = "") -> bool:
        found = self._next()
        if found[0] != kind or (text and found[1] != text):
            return False
        self.at += 1
        return True

    def any_of(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise Unread(_("It is nested too deep."))
        parts = [self.all_of(depth)]
        while self._take("word", "or"):
            parts.append(self.all_of(depth))
        return parts[0] if len(parts) == 1 else Several(False, tuple(parts))

    def all_of(self, depth: int) -> Node:
        parts = [self.compared(depth)]
        while self._take("word", "and"):
            parts.append(self.compared(depth))
        return parts[0] if len(parts) == 1 else Several(True, tuple(parts))

    def compared(self, depth: int) -> Node:
        left = self.value(depth)
        kind, operator = self._next()
        if kind != "op":
            return left
        self.at += 1
        return Compared(operator, left, self.value(depth))

    def value(self, depth: int) -> Node:
        kind, text = self._next()
        self.at += 1
        match kind:
            case "ref":
                return Ref(text[2:-1].strip())
            case "dot":
                return Own()
            case "string":
                return text[1:-1]
            case "number":
                return Decimal(text)
            case "minus":
                negative = self.value(depth)
                if isinstance(negative, Decimal):
                    return -negative
            case "mark" if text == "(":
                inside = self.any_of(depth + 1)
                if self._take("mark", ")"):
                    return inside
            case "word" if self._take("mark", "("):
                return Call(text, self._args(depth))
        raise Unread(_("It uses more than comparisons of answers."))

    def _args(self, depth: int) -> tuple[Node, ...]:
        args: list[Node] = []
        if self._take("mark", ")"):
            return ()
        while True:
            args.append(self.any_of(depth + 1))
            if self._take("mark", ")"):
                return tuple(args)
            if not self._take("mark", ",") or len(args) > DEEPEST:
                raise Unread(_("It uses more than comparisons of answers."))
