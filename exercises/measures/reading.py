"""Reading the definitions, strictly: what is not understood is refused, with the name of the measure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from exercises.measures.definition import (
    FORBIDDEN_CODES,
    About,
    Band,
    BandSet,
    Codes,
    Confidence,
    Cut,
    Fact,
    Item,
    Licence,
    Measure,
    Reliable,
    Scale,
    Status,
    Subscale,
)
from exercises.measures.reader import DefinitionError, Reader
from exercises.measures.words import BAND_SET_WORDS, BAND_WORDS, PART_WORDS, RHYTHM_WORDS
from exercises.vocabulary import Direction

_HERE = Path(__file__).parent / "definitions"
_LICENCES = "licences.yaml"
_CUTS = ("clinical", "positive", "concern")

Definitions = dict[str, tuple[Measure, ...]]
"""Every version of every measure by its key, the newest last."""


class UnknownMeasure(KeyError):
    """There is no measure, or no version of one, by that name."""


def all() -> tuple[Measure, ...]:
    """The newest version of every measure."""
    return tuple(versions[-1] for versions in load().values())


def get(key: str, version: int | str | None = None) -> Measure:
    """One measure; without a version, the newest. Raises :class:`UnknownMeasure`."""
    found = find(key, version)
    if found is None:
        raise UnknownMeasure(key if version is None else f"{key}, version {version}")
    return found


def find(key: str, version: int | str | None = None) -> Measure | None:
    """One measure, or None."""
    versions = load().get(key, ())
    if version is None:
        return versions[-1] if versions else None
    return next((one for one in versions if str(one.version) == str(version)), None)


def series(*, for_one_alone: bool = False) -> frozenset[str]:
    """The names of the series that scores of measures go into: the measure's own and its parts'."""
    found = [one for versions in load().values() for one in versions if one.person_only or not for_one_alone]
    return frozenset(f"{one.key}.{part.key}" for one in found for part in one.subscales) | {one.key for one in found}


def is_for_one_alone(name: str) -> bool:
    """Whether a series is that of a screen which nobody but the person and the therapist may know of."""
    return name in series(for_one_alone=True)


@cache
def load() -> Definitions:
    """The definitions as they ship. Raises :class:`DefinitionError` when a file is damaged."""
    return read_definitions(_HERE)


def read_definitions(folder: Path) -> Definitions:
    """Definitions in another folder of the same shape."""
    licences = {key: _licence(Reader(key, data)) for key, data in _mapping(folder / _LICENCES).items()}
    found: dict[str, list[Measure]] = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.name != _LICENCES:
            for key, data in _mapping(file).items():
                for version in data if isinstance(data, list) else [data]:
                    found.setdefault(key, []).append(read_measure(key, version, licences))
    for key, versions in found.items():
        versions.sort(key=lambda one: one.version)
        if [one.version for one in versions] != list(range(1, len(versions) + 1)):
            raise DefinitionError(f"{key}: versions are counted from 1, each once")
    order = list(About)
    return {key: tuple(found[key]) for key in sorted(found, key=lambda key: order.index(found[key][-1].about))}


def read_measure(key: str, data: Any, licences: dict[str, Licence]) -> Measure:
    """One version of a measure, from the data of its file."""
    reader = Reader(key, data)
    items = tuple(_items(reader))
    numbers = tuple(item.number for item in items)
    total = reader.take("range", None)
    scale = None if total is None else Scale(numbers, *reader.ends("range", total), reader.whole("decimals", 0))
    measure = Measure(
        key=key,
        version=reader.whole("version"),
        name=reader.text("name"),
        title=reader.text("title"),
        about=reader.word("about", About),
        items=items,
        total=scale,
        direction=reader.word("better", Direction),
        how_often=reader.one_of("how_often", RHYTHM_WORDS),
        licence=reader.named("licence", licences),
        subscales=tuple(_subscale(reader, name, part) for name, part in reader.part("subscales").items()),
        band_sets=tuple(_band_set(reader, name, rows) for name, rows in reader.part("bands").items()),
        cut=_cut(reader),
        reliable=_reliable(reader),
        sem=reader.number("sem", None),
        most_missing=reader.whole("most_missing", None),
        all_highest=tuple(reader.take("all_highest", ())),
        score_only=reader.truth("score_only", False),
        limits=reader.texts("limits"),
        facts=tuple(_fact(reader, name, line) for name, line in reader.part("facts").items()),
        codes=_codes(reader),
    )
    reader.done()
    _check(measure)
    return measure


# ── parts ────────────────────────────────────────────────────────────────────


def _items(reader: Reader) -> Iterable[Item]:
    """Items are written as runs with the same weights: ``{first, last, low, high}``."""
    reverse, safety = reader.take("reverse", ()), reader.take("safety", ())
    for run in reader.take("items"):
        part = Reader(reader.name, run)
        first, last = part.whole("first"), part.whole("last")
        low, high, decimals = part.number("low"), part.number("high"), part.whole("decimals", 0)
        part.done()
        for number in range(first, last + 1):
            yield Item(number, low, high, decimals, number in reverse, number in safety)


def _subscale(reader: Reader, name: str, data: Any) -> Subscale:
    part = Reader(f"{reader.name}.{name}", data)
    if name not in PART_WORDS:
        raise reader.wrong(name, "is no known part")
    low, high = part.ends("range", part.take("range"))
    found = Subscale(tuple(part.take("items")), low, high, part.whole("decimals", 0), name)
    part.done()
    return found


def _band_set(reader: Reader, name: str, rows: Any) -> BandSet:
    if name not in BAND_SET_WORDS or not isinstance(rows, dict) or not set(rows) <= set(BAND_WORDS):
        raise reader.wrong("bands", f"{name} is not a known set of bands")
    return BandSet(name, tuple(Band(key, *reader.ends(key, ends)) for key, ends in rows.items()))


def _cut(reader: Reader) -> Cut | None:
    data = reader.take("cut", None)
    if data is None:
        return None
    part = Reader(reader.name, data)
    kind = part.take("kind")
    cut = Cut(kind, *(part.number(name, None) for name in ("at_least", "at_most", "below")))
    part.done()
    if kind not in _CUTS or sum(one is not None for one in (cut.at_least, cut.at_most, cut.below)) != 1:
        raise reader.wrong("cut", "has a kind and one limit")
    return cut


def _reliable(reader: Reader) -> Reliable | None:
    """Every definition says it: ``none``, or the smallest change that counts."""
    data = reader.take("reliable")
    if data == "none":
        return None
    part = Reader(reader.name, data)
    at_least, more_than = part.number("at_least", None), part.number("more_than", None)
    part.done()
    threshold = more_than if at_least is None else at_least
    if threshold is None or (at_least is not None and more_than is not None):
        raise reader.wrong("reliable", "is none, at_least or more_than")
    return Reliable(threshold, inclusive=at_least is not None)


def _fact(reader: Reader, name: str, line: Any) -> Fact:
    part = Reader(f"{reader.name}.{name}", line)
    fact = Fact(name, part.text("source"), part.word("sure", Confidence))
    part.done()
    return fact


def _licence(reader: Reader) -> Licence:
    made = Licence(
        key=reader.name,
        status=reader.word("status", Status),
        credit=reader.text("credit"),
        notice=reader.text("notice", ""),
        source=reader.text("source"),
    )
    reader.done()
    return made


def _codes(reader: Reader) -> Codes:
    data = reader.take("codes", None)
    if data is None:
        return Codes()
    part = Reader(reader.name, data)
    items = part.take("items")
    codes = Codes(
        panel=part.text("panel"),
        total=part.text("total"),
        items=dict(enumerate(items, start=1)),
        answers=part.take("answers"),
        not_scored=part.take("not_scored", {}),
    )
    part.done()
    return codes


# ── what must hold ───────────────────────────────────────────────────────────


def _check(measure: Measure) -> None:
    def wrong(what: str) -> DefinitionError:
        return DefinitionError(f"{measure.key}: {what}")

    numbers = [item.number for item in measure.items]
    if numbers != list(range(1, len(numbers) + 1)):
        raise wrong("items are counted from 1, each once")
    if any(item.low >= item.high for item in measure.items):
        raise wrong("an item's highest weight is above its lowest")
    if measure.total is None and not measure.subscales:
        raise wrong("has neither a total nor parts")
    if any(number not in measure for part in measure.subscales for number in part.items):
        raise wrong("a part has an item that is not there")
    if measure.codes and len(measure.codes.items) != len(numbers):
        raise wrong("every item has a code or none has")
    used = {measure.codes.panel, measure.codes.total, *measure.codes.items.values()}
    if used & FORBIDDEN_CODES:
        raise wrong("a code belongs to another instrument")
    if measure.total is not None:
        _check_bands(measure, measure.total)
    if measure.person_only and measure.reliable:
        raise wrong("a screen for violence shows no change")


def _check_bands(measure: Measure, total: Scale) -> None:
    for one in measure.band_sets:
        step = Decimal(1).scaleb(-total.decimals)
        for band, following in zip(one.bands, one.bands[1:], strict=False):
            if band.high + step != following.low:
                raise DefinitionError(f"{measure.key}: {one.key}: bands follow each other without a gap")
        if one.bands[0].low != total.low or one.bands[-1].high > total.high:
            raise DefinitionError(f"{measure.key}: {one.key}: bands begin at the lowest score and stay in the range")


def _mapping(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DefinitionError(f"{file.name}: {error}") from error
    if not isinstance(data, dict):
        raise DefinitionError(f"{file.name}: holds no definitions by key")
    return data
