"""What is known of a measure: how its answers add up, what the numbers mean, and who may use it.

A definition holds facts and numbers, never an item's wording: that belongs to others and comes in by import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from exercises.measures.words import BAND_SET_WORDS, BAND_WORDS, PART_WORDS, RHYTHM_WORDS
from exercises.vocabulary import Direction

LOINC = "http://loinc.org"
#: Our own codes, for measures that LOINC does not have.
SYSTEM = "https://attune.example/measures"

#: Published integers are often mislabelled with these: the total of another instrument.
FORBIDDEN_CODES = frozenset({"70273-8", "71969-0"})

Code = tuple[str, str]
"""A code system and a code of it."""


class About(TextChoices):
    """What a measure asks about."""

    SYMPTOMS = "symptoms", _("Mood, worry and well-being")
    RELATIONSHIP = "relationship", _("The relationship")
    APPOINTMENT = "appointment", _("How the work goes")
    ATTACHMENT = "attachment", _("Attachment")
    VIOLENCE = "violence", _("Violence: one person alone")


class Status(TextChoices):
    """What the licence allows. The item texts of none of them are part of Attune."""

    SHIP = "ship", _("Free to use, with its credit line")
    NOTICE = "notice", _("Freely available, with a notice")
    PACK = "pack", _("Free for non-commercial use, switched on by the practice")
    LICENSED = "licensed", _("Only with the holder's licence")


class Confidence(TextChoices):
    """How well a fact is known. What is low is kept for whoever maintains it, and shown to nobody."""

    VERIFIED = "V", _("seen in the source")
    COMPUTED = "C", _("computed here")
    HIGH = "H", _("well known")
    MEDIUM = "M", _("probable")
    LOW = "L", _("uncertain")


@dataclass(frozen=True)
class Item:
    """One item: which weights its answers may have. ``reverse``: it counts the other way round.

    ``safety``: any answer above its lowest must be looked at, whatever the total is.
    """

    number: int
    low: Decimal
    high: Decimal
    decimals: int = 0
    reverse: bool = False
    safety: bool = False

    def scored(self, value: Decimal) -> Decimal:
        """What an answer's printed weight adds to the sum."""
        return self.low + self.high - value if self.reverse else value


@dataclass(frozen=True)
class Scale:
    """Items and the range they are brought to: the whole measure or a part of it."""

    items: tuple[int, ...]
    low: Decimal
    high: Decimal
    decimals: int = 0

    def rounded(self, value: Decimal) -> Decimal:
        """Half up, as scoring sheets do."""
        return value.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Subscale(Scale):
    """A part with a name of its own."""

    key: str = ""

    @property
    def name(self) -> str:
        return str(PART_WORDS[self.key])


@dataclass(frozen=True)
class Band:
    """A stretch of the range with a name, both ends included."""

    key: str
    low: Decimal
    high: Decimal

    @property
    def name(self) -> str:
        return str(BAND_WORDS[self.key])


@dataclass(frozen=True)
class BandSet:
    """One way to cut the range into bands; the first set of a measure is the one that is shown first."""

    key: str
    bands: tuple[Band, ...]

    @property
    def name(self) -> str:
        return str(BAND_SET_WORDS[self.key])

    def of(self, total: Decimal) -> Band | None:
        return next((band for band in self.bands if band.low <= total <= band.high), None)


@dataclass(frozen=True)
class Cut:
    """Beyond which total a score means something. Exactly one of the three limits is set.

    kind: ``clinical`` (the range in which many people who seek help are), ``positive`` (a screen that asks
    for a closer look), ``concern`` (something to talk about).
    """

    kind: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None

    def holds(self, total: Decimal) -> bool:
        if self.at_least is not None:
            return total >= self.at_least
        if self.at_most is not None:
            return total <= self.at_most
        return self.below is not None and total < self.below


@dataclass(frozen=True)
class Reliable:
    """The smallest change that is more than chance. Published ones count from the number on, computed ones beyond."""

    threshold: Decimal
    inclusive: bool

    def holds(self, size: Decimal) -> bool:
        return size >= self.threshold if self.inclusive else size > self.threshold


@dataclass(frozen=True)
class Licence:
    """Whose it is and what it may be used for. ``credit`` stands on the form, in the PDF and in exports."""

    key: str
    status: Status
    credit: str
    notice: str = ""
    source: str = ""

    @property
    def needs_confirmation(self) -> bool:
        """Whether a practice must say that it holds a licence, before import and before entering scores."""
        return self.status is Status.LICENSED


@dataclass(frozen=True)
class Fact:
    """Where something in a definition comes from, and how sure that is."""

    about: str
    text: str
    confidence: Confidence


@dataclass(frozen=True)
class Codes:
    """LOINC codes of the panel, the total, the items and their answers; and of what is asked but not scored."""

    panel: str = ""
    total: str = ""
    items: Mapping[int, str] = field(default_factory=dict)
    answers: Mapping[str, int] = field(default_factory=dict)
    not_scored: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.panel)


@dataclass(frozen=True)
class Measure:
    """One version of a measure's definition. A past score keeps the version that it was scored with."""

    key: str
    version: int
    name: str
    title: str
    about: About
    items: tuple[Item, ...]
    total: Scale | None
    direction: Direction
    how_often: str
    licence: Licence
    subscales: tuple[Subscale, ...] = ()
    band_sets: tuple[BandSet, ...] = ()
    cut: Cut | None = None
    reliable: Reliable | None = None
    sem: Decimal | None = None
    #: How many items may be left out; None: the rule for all, one in five.
    most_missing: int | None = None
    #: Items that speak for themselves when all of them have their highest answer.
    all_highest: tuple[int, ...] = ()
    score_only: bool = False
    limits: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    codes: Codes = Codes()

    def __str__(self) -> str:
        return self.name

    @property
    def person_only(self) -> bool:
        """Whether it is for one person alone: never in a couple's view, never shared."""
        return self.about is About.VIOLENCE

    @property
    def rule(self) -> str:
        """What a score names as the rule that made it: "phq9@1"."""
        return f"{self.key}@{self.version}"

    @property
    def credit(self) -> str:
        return self.licence.credit

    @property
    def low(self) -> Decimal | None:
        return self.total.low if self.total else None

    @property
    def high(self) -> Decimal | None:
        return self.total.high if self.total else None

    @property
    def safety_items(self) -> tuple[int, ...]:
        return tuple(item.number for item in self.items if item.safety)

    @property
    def asks_about_safety(self) -> bool:
        """Whether an answer may call for help, so that the therapist always reads them."""
        return self.person_only or bool(self.safety_items)

    @property
    def shown_facts(self) -> tuple[Fact, ...]:
        """What a therapist may be told; uncertain facts are not."""
        return tuple(fact for fact in self.facts if fact.confidence is not Confidence.LOW)

    @property
    def rhythm(self) -> str:
        return str(RHYTHM_WORDS[self.how_often])

    @property
    def parts(self) -> tuple[Subscale, ...]:
        """The subscales that say more than the total: not its own mean."""
        return tuple(part for part in self.subscales if self.total is None or set(part.items) != set(self.total.items))

    @property
    def parts_add_up(self) -> bool:
        """Whether the parts together make the total."""
        items = sorted(number for part in self.parts for number in part.items)
        return (
            self.total is not None
            and items == sorted(self.total.items)
            and sum(part.high for part in self.parts) == self.total.high
            and sum(part.low for part in self.parts) == self.total.low
        )

    @cached_property
    def _by_number(self) -> dict[int, Item]:
        return {item.number: item for item in self.items}

    def item(self, number: int) -> Item:
        return self._by_number[number]

    def __contains__(self, number: object) -> bool:
        return number in self._by_number

    def part(self, key: str) -> Subscale | None:
        return next((part for part in self.subscales if part.key == key), None)

    # ── codes, for exchange with other systems ───────────────────────────────

    @property
    def panel_code(self) -> Code:
        return (LOINC, self.codes.panel) if self.codes.panel else (SYSTEM, self.key)

    @property
    def total_code(self) -> Code:
        return (LOINC, self.codes.total) if self.codes.total else (SYSTEM, f"{self.key}-total")

    def item_code(self, number: int) -> Code:
        code = self.codes.items.get(number, "")
        return (LOINC, code) if code else (SYSTEM, f"{self.key}-{number}")

    def subscale_code(self, key: str) -> Code:
        return SYSTEM, f"{self.key}-{key}"

    def weight_of(self, system: str | None, code: str) -> int | None:
        """The weight of a coded answer, if it is one of this measure's own."""
        return self.codes.answers.get(code) if system in (LOINC, "", None) else None
