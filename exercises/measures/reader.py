"""Takes the parts of a definition, each as what it must be, and knows at the end what was not taken."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.db.models import TextChoices

from exercises.measures.definition import Licence

_WORD = TypeVar("_WORD", bound=TextChoices)
_REQUIRED: Any = object()


class DefinitionError(ValueError):
    """A definition is not as it should be."""


class Reader:
    """One thing of a file. Every method raises DefinitionError for what does not fit."""

    def __init__(self, name: str, data: Any) -> None:
        self.name = name
        if not isinstance(data, dict):
            raise DefinitionError(f"{name}: is a set of named parts")
        self.data = dict(data)

    def wrong(self, key: str, why: str) -> DefinitionError:
        return DefinitionError(f"{self.name}: {key}: {why}")

    def done(self) -> None:
        if self.data:
            raise self.wrong(", ".join(map(str, self.data)), "not known here")

    def take(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.data.pop(key, default)
        if value is _REQUIRED:
            raise self.wrong(key, "is missing")
        return value

    def part(self, key: str) -> dict[str, Any]:
        value = self.take(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "is a set of named parts")
        return value

    def text(self, key: str, default: Any = _REQUIRED) -> str:
        value = self.take(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "is a line of text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, [])
        if not isinstance(value, list) or not {type(line) for line in value} <= {str}:
            raise self.wrong(key, "is a list of lines")
        return tuple(value)

    def word(self, key: str, choices: type[_WORD]) -> _WORD:
        value = self.take(key)
        if value not in choices.values:
            raise self.wrong(key, f"{value!r} is not one of {', '.join(choices.values)}")
        return choices(value)

    def one_of(self, key: str, known: Iterable[str]) -> str:
        value = self.take(key)
        if value not in known:
            raise self.wrong(key, f"{value!r} is not known")
        return str(value)

    def named(self, key: str, known: dict[str, Licence]) -> Licence:
        return known[self.one_of(key, known)]

    def whole(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.take(key, default)
        if value is not default and type(value) is not int:
            raise self.wrong(key, "is a whole number")
        return value

    def number(self, key: str, default: Any = _REQUIRED) -> Any:
        value = self.take(key, default)
        return default if value is default else self._decimal(key, value)

    def ends(self, key: str, value: Any) -> tuple[Decimal, Decimal]:
        if not isinstance(value, list) or len(value) != 2:
            raise self.wrong(key, "is a lowest and a highest number")
        return self._decimal(key, value[0]), self._decimal(key, value[1])

    def truth(self, key: str, default: bool) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "is true or false")
        return value

    def _decimal(self, key: str, value: Any) -> Decimal:
        try:
            # Through text: 70.9 is seventy and nine tenths, not the nearest binary fraction.
            return Decimal(str(value))
        except InvalidOperation as error:
            raise self.wrong(key, "is a number") from error
