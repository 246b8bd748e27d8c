"""Names: from whatever a file calls its items, answers and units to the small keys of our forms."""

from __future__ import annotations

import re
import unicodedata

KEY_LENGTH = 40
VALUE_LENGTH = 60

_NOT_IN_KEY = re.compile(r"[^a-z0-9]+")
_NOT_IN_VALUE = re.compile(r"[^A-Za-z0-9_.-]+")


class Names:
    """Hands out names that are valid and used once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def key(self, wished: str) -> str:
        """A key of a question: small letters, digits, underscores, a letter first."""
        plain = _NOT_IN_KEY.sub("_", _ascii(wished).lower()).strip("_")
        if not plain or not plain[0].isalpha():
            plain = f"q_{plain}" if plain else "q"
        return self._free(plain, KEY_LENGTH)

    def value(self, wished: str) -> str:
        """The value of an option."""
        plain = _NOT_IN_VALUE.sub("-", _ascii(wished)).lstrip("_.-")
        return self._free(plain or "option", VALUE_LENGTH)

    def unit(self, wished: str) -> str:
        """The value of a unit: a letter first."""
        plain = _NOT_IN_VALUE.sub("_", _ascii(wished)).replace(".", "_").replace("-", "_").strip("_")
        if not plain or not plain[0].isalpha():
            plain = f"unit_{plain}" if plain else "unit"
        return self._free(plain, VALUE_LENGTH)

    def _free(self, plain: str, limit: int) -> str:
        name, number = plain[:limit], 1
        while name in self.taken:
            number += 1
            end = f"_{number}"
            name = plain[: limit - len(end)] + end
        self.taken.add(name)
        return name


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text[:500]).encode("ascii", "ignore").decode()
