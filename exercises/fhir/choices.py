"""Answers to choose from: answerOption, value sets inside the file, and the two LOINC lists Attune knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from exercises.fhir.elements import Elements, Extension
from exercises.fhir.findings import Findings
from exercises.fhir.structure import Choice, Datum
from exercises.fhir.values import datum, kinds_in

LOINC = "http://loinc.org"
OFFERED = frozenset({"String", "Integer", "Date", "Time", "Coding"})
WEIGHTS = frozenset({"ordinalValue", "itemWeight", "valueset-ordinalValue", "codesystem-ordinalValue"})
KNOWN_HERE = frozenset({"optionExclusive", "optionPrefix", "translation"})
MOST_CHOICES = 500
DEEPEST_SET = 8


def _list(*rows: tuple[str, str, int | None]) -> list[Choice]:
    return [
        Choice(Datum("Coding", code, LOINC, words), words, None if weight is None else Decimal(weight))
        for code, words, weight in rows
    ]


#: Answer lists of LOINC that files point at without holding them.
BUILT_IN: Mapping[str, list[Choice]] = {
    "LL358-3": _list(
        ("LA6568-5", "Not at all", 0),
        ("LA6569-3", "Several days", 1),
        ("LA6570-1", "More than half the days", 2),
        ("LA6571-9", "Nearly every day", 3),
    ),
    "LL359-1": _list(
        ("LA6572-7", "Not difficult at all", None),
        ("LA6573-5", "Somewhat difficult", None),
        ("LA6575-0", "Very difficult", None),
        ("LA6574-3", "Extremely difficult", None),
    ),
}


def built_in(url: str) -> list[Choice] | None:
    """The copy of a LOINC list, by any of the addresses it goes by."""
    address = url.partition("|")[0].rstrip("/")
    start, _slash, name = address.rpartition("/")
    known = {"http://loinc.org/vs", "https://loinc.org/vs", "http://loinc.org/ValueSet", "https://loinc.org/ValueSet"}
    known |= {"http://fhir.loinc.org/ValueSet", "https://fhir.loinc.org/ValueSet"}
    return BUILT_IN.get(name) if start in known else None


def weight_in(extensions: Sequence[Extension]) -> Decimal | None:
    return next((one.number() for one in extensions if one.name in WEIGHTS), None)


def offered(elements: Elements) -> list[Choice]:
    """The answerOption list of an item."""
    found: list[Choice] = []
    for path, raw in elements.objects("answerOption"):
        choice = _option(elements.inner(path, raw))
        if choice is None:
            continue
        if any(choice.datum == one.datum or _same(choice.datum, one.datum) for one in found):
            elements.findings.notice("same_option", elements.link_id, "answerOption", name=choice.label)
            continue
        found.append(choice)
    return found


def _same(one: Datum, other: Datum) -> bool:
    return one.kind == other.kind and one.value == other.value and one.system == other.system


def _option(elements: Elements) -> Choice | None:
    kinds = kinds_in(elements.raw, "value")
    if not kinds:
        elements.findings.refuse("empty_option", elements.link_id, elements.path)
        return None
    kind = kinds[0]
    if kind not in OFFERED or len(kinds) > 1:
        elements.findings.refuse("option_kind", elements.link_id, elements.path, name=", ".join(kinds))
        return None
    name = f"value{kind}"
    written = elements.whole(name) if kind == "Integer" else elements.raw[name]
    value = datum(kind, written)
    if value is None:
        elements.findings.refuse("empty_option", elements.link_id, elements.at(name))
        return None
    extensions = elements.extensions()
    inner = elements
    if kind == "Coding":
        inner = elements.inner(elements.at(name), elements.raw[name])
        extensions = [*extensions, *inner.extensions()]
    for one in extensions:
        if one.name not in WEIGHTS | KNOWN_HERE:
            elements.findings.notice("kept", elements.link_id, "answerOption", name=one.url)
    return Choice(
        datum=value,
        label=_label(value),
        weight=weight_in(extensions),
        exclusive=any(one.name == "optionExclusive" and one.flag() for one in extensions),
        selected=elements.flag("initialSelected"),
        prefix=next((one.text() for one in extensions if one.name == "optionPrefix"), ""),
        translations=inner.translations("display" if kind == "Coding" else name),
    )


def _label(value: Datum) -> str:
    return value.display or str(value.value)


class ValueSets:
    """The value sets that a questionnaire carries, by their id."""

    def __init__(self, root: Elements, findings: Findings) -> None:
        self.findings = findings
        self.sets: dict[str, Elements] = {}
        self.systems: dict[str, Elements] = {}
        for path, raw in root.objects("contained"):
            one = root.inner(path, raw)
            if raw.get("resourceType") == "ValueSet" and isinstance(raw.get("id"), str):
                self.sets[raw["id"].lstrip("#")] = one
            if raw.get("resourceType") == "ValueSet" and isinstance(raw.get("url"), str) and raw["url"]:
                # Some files name a set that they hold by its address.
                self.sets[raw["url"].partition("|")[0]] = one
            if raw.get("resourceType") == "CodeSystem" and isinstance(raw.get("url"), str):
                self.systems[raw["url"]] = one
        self._known: dict[str, list[Choice] | None] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.sets

    def choices(self, name: str) -> list[Choice] | None:
        """What a contained set lists, or None when it only says where to look."""
        if name not in self._known:
            self._known[name] = self._read(self.sets[name])
        return self._known[name]

    def _read(self, one: Elements) -> list[Choice] | None:
        compose = one.inner(one.at("compose"), one.object("compose"))
        composed, complete = self._composed(compose)
        expansion = one.inner(one.at("expansion"), one.object("expansion"))
        expanded = list(self._expanded(expansion, "contains", 0))
        if expanded:
            by_value = {(choice.datum.system, choice.datum.value): choice for choice in composed}
            return _unique(_with_weight(choice, by_value) for choice in expanded)[:MOST_CHOICES]
        if not complete:
            return None
        gone = {
            (include.raw.get("system"), concept.get("code"))
            for include in self._includes(compose, "exclude")
            for _path, concept in include.objects("concept")
        }
        return _unique(one for one in composed if (one.datum.system, one.datum.value) not in gone)[:MOST_CHOICES]

    def _includes(self, compose: Elements, name: str) -> Iterator[Elements]:
        for path, raw in compose.objects(name):
            yield compose.inner(path, raw)

    def _composed(self, compose: Elements) -> tuple[list[Choice], bool]:
        found: list[Choice] = []
        complete = bool(compose.raw)
        for include in self._includes(compose, "include"):
            system = include.text("system")
            if include.raw.get("concept"):
                found += self._concepts(include, system)
            elif system in self.systems and not include.raw.get("filter"):
                found += self._concepts(self.systems[system], system)
            else:
                complete = False
        return found, complete

    def _concepts(self, where: Elements, system: str, level: int = 0) -> Iterator[Choice]:
        for path, raw in where.objects("concept"):
            one = where.inner(path, raw)
            choice = _concept(one, system)
            if choice:
                yield choice
            if level < DEEPEST_SET and raw.get("concept"):
                yield from self._concepts(one, system, level + 1)

    def _expanded(self, where: Elements, name: str, level: int) -> Iterator[Choice]:
        for path, raw in where.objects(name):
            one = where.inner(path, raw)
            choice = None if raw.get("abstract") is True or raw.get("inactive") is True else _concept(one, "")
            if choice:
                yield choice
            if level < DEEPEST_SET:
                yield from self._expanded(one, name, level + 1)


def _concept(one: Elements, system: str) -> Choice | None:
    value = datum("Coding", {"system": system or one.text("system"), **_words(one)})
    if value is None:
        return None
    extensions = one.extensions()
    translations = one.translations("display")
    for _path, raw in one.objects("designation"):
        language, words = raw.get("language"), raw.get("value")
        if isinstance(language, str) and language and isinstance(words, str) and words.strip():
            translations.setdefault(language[:20], words)
    return Choice(value, _label(value), weight_in(extensions), translations=translations)


def _words(one: Elements) -> dict[str, str]:
    return {name: text for name in ("code", "display") if (text := one.text(name))}


def _with_weight(choice: Choice, known: Mapping[tuple[Any, Any], Choice]) -> Choice:
    other = known.get((choice.datum.system, choice.datum.value))
    if other is None or choice.weight is not None:
        return choice
    return Choice(choice.datum, choice.label, other.weight, translations=choice.translations or other.translations)


def _unique(choices: Iterator[Choice]) -> list[Choice]:
    return list({(one.datum.system, one.datum.value): one for one in choices}.values())
