"""What questions are made of: options, rows, stops, units, and the codes that name them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exercises.clauses import plain_number

Number = int | Decimal


@dataclass(frozen=True)
class Code:
    """What an item or an option is called in a coding system, such as LOINC. The system may be unknown."""

    code: str
    system: str = ""
    display: str = ""

    def as_data(self) -> dict[str, str]:
        return {
            name: getattr(self, name) for name in ("system", "code", "display") if getattr(self, name) or name == "code"
        }


@dataclass(frozen=True)
class Option:
    """One thing to choose. The value is a stable key, the label is what people read.

    weight: what it counts in a score. exclusive: it cannot be chosen together with others.
    stands_for: a number, date or time that conditions with `>` and `<` compare.
    """

    value: str
    label: str
    weight: Number | None = None
    exclusive: bool = False
    stands_for: Number | str | None = None
    code: Code | None = None

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"value": self.value, "label": self.label}
        if self.weight is not None:
            data["weight"] = plain_number(self.weight)
        if self.exclusive:
            data["exclusive"] = True
        if self.stands_for is not None:
            data["stands_for"] = self.stands_for if isinstance(self.stands_for, str) else plain_number(self.stands_for)
        if self.code:
            data["code"] = self.code.as_data()
        return data


@dataclass(frozen=True)
class Row:
    """One line of a grid, answered under the key "<grid>.<row>". Its own rule for a flag replaces the grid's."""

    key: str
    label: str
    flag_if: str = ""

    def as_data(self) -> dict[str, str]:
        data = {"key": self.key, "label": self.label}
        return {**data, "flag_if": self.flag_if} if self.flag_if else data


@dataclass(frozen=True)
class Stop:
    """One place on a slider, with its words."""

    value: int
    label: str

    def as_data(self) -> dict[str, Any]:
        return {"value": self.value, "label": self.label}


@dataclass(frozen=True)
class Unit:
    """One unit that a quantity may be given in."""

    value: str
    label: str
    code: Code | None = None

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"value": self.value, "label": self.label}
        return {**data, "code": self.code.as_data()} if self.code else data
