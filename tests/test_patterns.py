"""Every pattern that the code looks through texts with, tried on what makes careless ones take for ever (B75)."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product
from typing import Any

import regex

from tests.test_written_rules import sources

#: A text of this length tells at little cost which patterns are to be tried on the whole one.
SHORT, WHOLE = 2_000, 100_000
#: Seconds of this thread's own work: what a short text may take before longer ones are tried, and what needs no more
#: looking into.
DOUBTFUL, MOST = 0.001, 0.05
#: How much longer a text of ten times the length may take. Work that grows with the length takes ten times as long,
#: work that grows with its square a hundred times, however slow or busy the machine is.
STEEPEST = 30
ASKED = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer", "subn")
#: What repeats in hostile texts, besides the signs of the pattern itself.
PIECES = (
    "a",
    "0",
    " ",
    "\n",
    "\n ",
    "\t",
    "a-",
    "a.",
    "a,",
    "0,",
    '"',
    "\\",
    '\\"',
    "[",
    "<",
    "é",
    "e\u0301",
    "x" * 50 + " ",
    "a1 ",
)
ENDS = ("", "!", "\n!", "@", '"')


@cache
def patterns() -> list[tuple[str, str, Any]]:
    """Found when a test asks: to read all of the code takes seconds, for whoever collects tests."""
    return list(used())


def used() -> Iterator[tuple[str, str, Any]]:
    """Each pattern of the code with how it is asked: ``(place, how, pattern)``."""
    for file, tree in sources().items():
        module = None
        named: dict[str, set[str]] = {}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKED):
                continue
            target = node.func.value
            if isinstance(target, ast.Name) and target.id in ("re", "regex"):
                if node.args and isinstance(node.args[0], ast.Constant):
                    yield f"{file}:{node.lineno}", node.func.attr, re.compile(node.args[0].value)
            elif isinstance(target, ast.Name):
                named.setdefault(target.id, set()).add(node.func.attr)
        if named:
            module = importlib.import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for name, asked in named.items():
            found = getattr(module, name, None)
            if isinstance(found, re.Pattern | regex.Pattern):
                yield from ((f"{file}:{name}", how, found) for how in sorted(asked))


def ask(pattern: Any, how: str) -> Callable[[str], Any]:
    if how in ("sub", "subn"):
        return lambda text: pattern.sub("", text)
    if how == "finditer":
        return lambda text: sum(1 for _one in pattern.finditer(text))
    return getattr(pattern, how)


def pieces(pattern: Any) -> Iterator[str]:
    own = sorted(set(re.sub(r"[\\^$*+?{}()|\[\]]", "", str(pattern.pattern))))[:20]
    yield from dict.fromkeys((*PIECES, *own))


def test_b75_the_patterns_of_the_code_are_found():
    assert len(patterns()) > 40
    assert {"practice/logs.py:_DOORS", "exercises/wording.py:"} <= {
        place if "wording" not in place else "exercises/wording.py:" for place, _how, _pattern in patterns()
    }


def seconds(ask_it: Callable[[str], Any], piece: str, end: str, length: int) -> float:
    text = piece * (length // len(piece)) + end
    start = time.thread_time()
    ask_it(text)
    return time.thread_time() - start


def quickest(ask_it: Callable[[str], Any], piece: str, end: str, length: int) -> float:
    return min(seconds(ask_it, piece, end, length) for _once_more in range(3))  # the machine may be busy


def slow_for(pattern: Any, how: str, hostile: Iterable[str]) -> dict[str, float]:
    """Return the texts that take too long, tried at growing lengths: what is slow for a part is not tried whole."""
    ask_it, slow = ask(pattern, how), {}
    for piece, end in product(hostile, ENDS):
        if seconds(ask_it, piece, end, SHORT) < DOUBTFUL:
            continue
        took = part = quickest(ask_it, piece, end, WHOLE // 10)
        if part <= MOST:
            took = quickest(ask_it, piece, end, WHOLE)
        if part > MOST or took > max(MOST, STEEPEST * part):
            slow[f"{piece!r} and {end!r}"] = round(took, 2)
    return slow


def test_b75_no_pattern_takes_long_for_any_text():
    slow = {f"{place} {how}": slow_for(pattern, how, pieces(pattern)) for place, how, pattern in patterns()}
    assert {place: texts for place, texts in slow.items() if texts} == {}


def test_b75_a_careless_pattern_would_be_found():
    assert slow_for(re.compile(r"[.!?]+(?:\s|$)"), "split", "!") != {}
    assert slow_for(re.compile(r"(?<![.!?])[.!?]++(?:\s|$)"), "split", "!") == {}
