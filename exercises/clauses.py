"""When an item is asked at all: what is said about earlier answers, as data.

    {"all": [{"question": "kept", "operator": "=", "answer": true},
             {"any": [{"question": "close", "operator": "<", "answer": 4},
                      {"question": "close", "operator": "exists", "answer": false}]}]}

How it is read stands in form_language/, what follows from it in conditions.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from exercises.vocabulary import Operator


@dataclass(frozen=True)
class Amount:
    """A number in a unit, as a condition compares with it."""

    number: Decimal
    unit: str


@dataclass(frozen=True)
class Clause:
    """One thing said about one answer. `question` is a key, or "grid.row" for one row of a grid.

    answer: a bool (exists, yes or no), a Decimal, an Amount, or text (an option's value, a date, words).
    """

    question: str
    operator: Operator
    answer: bool | Decimal | Amount | str

    @property
    def base(self) -> str:
        """The key of the item that is looked at."""
        return self.question.partition(".")[0]

    @property
    def needs_an_answer(self) -> bool:
        """Whether it can only be true of a question that was answered."""
        if self.operator is Operator.EXISTS:
            return self.answer is True
        return self.operator is not Operator.IS_NOT

    def as_data(self) -> dict[str, Any]:
        answer: Any = self.answer
        if isinstance(answer, Decimal):
            answer = plain_number(answer)
        elif isinstance(answer, Amount):
            answer = {"number": plain_number(answer.number), "unit": answer.unit}
        return {"question": self.question, "operator": self.operator.value, "answer": answer}


@dataclass(frozen=True)
class Clauses:
    """Several of them, of which all must hold, or any."""

    every: bool
    parts: tuple[Clause | Clauses, ...]

    def __iter__(self) -> Iterator[Clause]:
        """Every single clause, however deep."""
        for part in self.parts:
            if isinstance(part, Clauses):
                yield from part
            else:
                yield part

    def as_data(self) -> dict[str, Any]:
        return {"all" if self.every else "any": [part.as_data() for part in self.parts]}


def plain_number(number: int | Decimal) -> int | float:
    """A number as JSON has it: whole where it is whole."""
    return int(number) if number == int(number) else float(number)
