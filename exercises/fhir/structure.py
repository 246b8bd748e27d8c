"""A questionnaire as Attune understands it: neutral of FHIR's spelling and of our form language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

#: Kinds of a value, as in the names of FHIR's elements: valueInteger, answerCoding.
Kind = str

CHOICES = frozenset({"choice", "open-choice"})
TEXTS = frozenset({"string", "text", "url"})
NOT_ANSWERED = frozenset({"group", "display"})


@dataclass(frozen=True)
class Datum:
    """One value with its kind. ``value`` is text, a number, a flag; ``system`` belongs to codings and quantities.

    Of a quantity, ``display`` is the unit in words and ``unit`` its code.
    """

    kind: Kind
    value: Any
    system: str = ""
    display: str = ""
    unit: str = ""

    def is_like(self, other: Datum) -> bool:
        """Tell whether two values are the same answer."""
        if self.kind != other.kind:
            numbers = {self.kind, other.kind} <= {"Integer", "Decimal"}
            return numbers and Decimal(self.value) == Decimal(other.value)
        if self.kind == "Coding":
            # A coding without a system is the same as the one coding with that code.
            return self.value == other.value and (self.system == other.system or not self.system or not other.system)
        if self.kind == "Quantity":
            return self.value == other.value and (self.unit == other.unit or self.system == other.system != "")
        return bool(self.value == other.value)


@dataclass(frozen=True)
class Choice:
    """One answer to choose from."""

    datum: Datum
    label: str
    weight: Decimal | None = None
    exclusive: bool = False
    selected: bool = False
    prefix: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One enableWhen."""

    question: str
    operator: str
    answer: Datum
    element: str = ""


@dataclass
class Item:
    """One item. ``raw`` is the object of the file it came from; ``path`` is where it stands there."""

    link_id: str
    type: str
    raw: Mapping[str, Any]
    path: str = ""
    text: str = ""
    prefix: str = ""
    help: str = ""
    placeholder: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    parent: Item | None = None
    children: list[Item] = field(default_factory=list)
    codes: list[tuple[str, str]] = field(default_factory=list)
    required: bool = False
    repeats: bool = False
    read_only: bool = False
    hidden: bool = False
    calculated: bool = False
    conditions: list[Condition] = field(default_factory=list)
    behaviour: str = "all"
    choices: list[Choice] = field(default_factory=list)
    initial: list[Datum] = field(default_factory=list)
    control: frozenset[str] = frozenset()
    unit: str = ""
    units: list[Datum] = field(default_factory=list)
    least: Decimal | str | None = None
    most: Decimal | str | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str = ""
    step: Decimal | None = None
    decimals: int | None = None
    fewest: int | None = None
    often: int | None = None

    def walk(self) -> Iterator[Item]:
        """The item and all under it, in the order of the file. Depth is bounded by the reader."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def is_question(self) -> bool:
        return self.type not in NOT_ANSWERED

    @property
    def never_asked(self) -> bool:
        """Computed, hidden, or only to be read: kept in the file, nobody is asked."""
        return self.calculated or self.hidden or (self.read_only and self.is_question)

    @property
    def is_hidden_away(self) -> bool:
        """It is never asked, or something around it is hidden."""
        above = self.parent
        while above is not None:
            if above.hidden:
                return True
            above = above.parent
        return self.never_asked


@dataclass
class Questionnaire:
    """A checked questionnaire. ``raw`` is the resource as it was read, with all that is not used."""

    raw: Mapping[str, Any]
    items: list[Item] = field(default_factory=list)
    url: str = ""
    version: str = ""
    name: str = ""
    title: str = ""
    status: str = "draft"
    description: str = ""
    copyright: str = ""
    publisher: str = ""
    language: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    subject_types: tuple[str, ...] = ()
    codes: list[tuple[str, str]] = field(default_factory=list)

    def walk(self) -> Iterator[Item]:
        for item in self.items:
            yield from item.walk()

    def find(self, link_id: str) -> Item | None:
        return next((one for one in self.walk() if one.link_id == link_id), None)

    @property
    def asked(self) -> list[Item]:
        """The questions that people are asked."""
        return [one for one in self.walk() if one.is_question and not one.is_hidden_away]

    @property
    def languages(self) -> list[str]:
        """Languages of translations found anywhere, besides its own."""
        found = dict.fromkeys(self.translations)
        for item in self.walk():
            found |= dict.fromkeys(item.translations)
            for choice in item.choices:
                found |= dict.fromkeys(choice.translations)
        return list(found)
