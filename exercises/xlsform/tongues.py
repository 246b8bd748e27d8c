"""The languages of a sheet: "English (en)", "Deutsch", or no name at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf.locale import LANG_INFO

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_IN_BRACKETS = re.compile(r"\(\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2})\s*\)\s*$")
_NAMED = {
    str(info[name]).casefold(): code
    for code, info in LANG_INFO.items()
    for name in ("name", "name_local")
    if name in info
}
DEFAULT = "default"


def tag_of(name: str) -> str:
    """The tag of a language as sheets name it; empty when nobody can tell which it is."""
    found = _IN_BRACKETS.search(name)
    if found:
        return found[1].lower() if "-" not in found[1] else found[1]
    plain = name.strip()
    return _NAMED.get(plain.casefold(), "") or (plain.lower() if _TAG.fullmatch(plain) and len(plain) <= 3 else "")


class Tongues:
    """Which column is which language. ``source`` is the one that the form is written in."""

    def __init__(self, tree: Mapping[str, Any], choices: Mapping[str, Any], fallback: str) -> None:
        names = list(dict.fromkeys(_names([tree, *(one for listed in choices.values() for one in listed)])))
        said = str(tree.get("default_language") or "")
        self.tags = {name: tag_of(name) for name in names if name != DEFAULT}
        self.unknown = [name for name, tag in self.tags.items() if not tag and name != said]
        first = next((tag for tag in self.tags.values() if tag), "")
        spoken = tag_of(said) if said and said != DEFAULT else ""
        #: Columns without a language are in the language that the settings name, and else in the practice's own.
        self.source = spoken or (fallback if DEFAULT in names or not first else first)
        self.tags |= {DEFAULT: self.source, **({said: self.source} if said else {})}

    def read(self, said: Any) -> dict[str, str]:
        """The texts of a part by the tag of their language."""
        if isinstance(said, dict):
            return {self.tags[name]: str(text) for name, text in said.items() if self.tags.get(name) and text}
        return {self.source: str(said)} if said else {}

    def first(self, said: Any) -> str:
        """The text in the form's own language, or in any."""
        words = self.read(said)
        return words.get(self.source) or next(iter(words.values()), "")


def _names(nodes: list[Any]) -> Iterator[str]:
    waiting = list(nodes)
    while waiting:
        node = waiting.pop(0)
        for part in ("label", "hint"):
            said = node.get(part)
            if isinstance(said, dict):
                yield from (str(name) for name in said)
            elif said:
                yield DEFAULT
        waiting = [*(one for one in node.get("children") or [] if isinstance(one, dict)), *waiting]
