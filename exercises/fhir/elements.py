"""Taking elements out of a resource: each of the kind it should be, or found wanting and left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext_noop as _

from exercises.fhir.findings import Findings

LONGEST_TEXT = 10_000

#: Said in findings; kept there as English words and translated by whoever reads them.
WANTED = {
    "text": _("text"),
    "flag": _("true or false"),
    "list": _("a list"),
    "object": _("an object"),
    "number": _("a number"),
}

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"


def tail(url: str) -> str:
    """The name of an extension without the guide it comes from: ``calculatedExpression``."""
    name = url.rstrip("/").rpartition("/")[2]
    for start in ("sdc-questionnaire-", "questionnaire-"):
        name = name.removeprefix(start)
    return name


class Elements:
    """The elements of one object, for one item (or the resource itself, whose linkId is empty)."""

    def __init__(self, raw: Mapping[str, Any], findings: Findings, link_id: str = "", path: str = "") -> None:
        self.raw = raw
        self.findings = findings
        self.link_id = link_id
        self.path = path

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, wanted: str) -> None:
        self.findings.refuse("wrong_kind", self.link_id, self.at(name), wanted=WANTED[wanted])

    def text(self, name: str, limit: int = LONGEST_TEXT) -> str:
        value = self.raw.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(name, "text")
            return ""
        if len(value) > limit:
            self.findings.refuse("too_long", self.link_id, self.at(name), limit=limit)
            return ""
        return value

    def flag(self, name: str) -> bool:
        value = self.raw.get(name)
        if isinstance(value, str) and value.strip().lower() in ("true", "false"):
            self.findings.notice("text_as_flag", self.link_id, self.at(name))
            return value.strip().lower() == "true"
        if value is not None and not isinstance(value, bool):
            self.wrong(name, "flag")
        return value is True

    def whole(self, name: str) -> int | None:
        """A whole number, also where it was written as text or with a decimal point."""
        number = self.number(name)
        if number is None:
            return None
        if number != number.to_integral_value():
            self.wrong(name, "number")
            return None
        return int(number)

    def number(self, name: str) -> Decimal | None:
        value = self.raw.get(name)
        if value is None:
            return None
        if isinstance(value, str):
            made = decimal_of(value)
            if made is None:
                self.wrong(name, "number")
                return None
            self.findings.notice("number_as_text", self.link_id, self.at(name))
            return made
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            self.wrong(name, "number")
            return None
        return Decimal(value)

    def object(self, name: str) -> Mapping[str, Any]:
        value = self.raw.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(name, "object")
            return {}
        return value

    def list(self, name: str) -> list[Any]:
        value = self.raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(name, "list")
            return []
        return value

    def objects(self, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every object of a list, with its path."""
        for index, one in enumerate(self.list(name)):
            place = f"{name}[{index}]"
            if isinstance(one, dict):
                yield self.at(place), one
            else:
                self.wrong(place, "object")

    def inner(self, path: str, raw: Mapping[str, Any]) -> Elements:
        return Elements(raw, self.findings, self.link_id, path)

    def extensions(self, name: str = "extension") -> Sequence[Extension]:
        """The plain extensions of the object."""
        found = []
        for path, one in self.objects(name):
            url = one.get("url")
            if not isinstance(url, str) or not url:
                self.findings.refuse("wrong_kind", self.link_id, f"{path}.url", wanted=WANTED["text"])
                continue
            found.append(Extension(url, Elements(one, self.findings, self.link_id, path)))
        return found

    def translations(self, name: str) -> dict[str, str]:
        """Other languages of a text, by language, from the extensions beside it."""
        beside = self.raw.get(f"_{name}")
        if not isinstance(beside, dict):
            return {}
        found: dict[str, str] = {}
        for one in self.inner(self.at(f"_{name}"), beside).extensions():
            if tail(one.url) == "translation":
                parts = {part.url: part.value for part in one.elements.extensions()}
                language, content = parts.get("lang"), parts.get("content")
                if isinstance(language, str) and isinstance(content, str) and language and content.strip():
                    found[language[:20]] = content[:LONGEST_TEXT]
        return found


class Extension:
    """One plain extension and its value, of whatever kind."""

    def __init__(self, url: str, elements: Elements) -> None:
        self.url = url
        self.elements = elements

    @property
    def name(self) -> str:
        return tail(self.url)

    @property
    def kind(self) -> str:
        """``Integer`` for ``valueInteger``; empty without a value."""
        return next((one[5:] for one in self.elements.raw if one.startswith("value") and len(one) > 5), "")

    @property
    def value(self) -> Any:
        return self.elements.raw.get(f"value{self.kind}") if self.kind else None

    def number(self) -> Decimal | None:
        return self.elements.number(f"value{self.kind}") if self.kind else None

    def whole(self) -> int | None:
        return self.elements.whole(f"value{self.kind}") if self.kind else None

    def flag(self) -> bool:
        return self.elements.flag(f"value{self.kind}") if self.kind else False

    def text(self) -> str:
        return self.elements.text(f"value{self.kind}") if self.kind else ""

    def codes(self) -> list[str]:
        """The codes of a CodeableConcept, a Coding or a code."""
        value = self.value
        if isinstance(value, str):
            return [value]
        if not isinstance(value, dict):
            return []
        codings = value.get("coding") if self.kind == "CodeableConcept" else [value]
        if not isinstance(codings, list):
            return []
        return [one["code"] for one in codings if isinstance(one, dict) and isinstance(one.get("code"), str)]


def decimal_of(text: str) -> Decimal | None:
    """The number in a text, if it is one of ordinary size."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and len(text) <= 40 and abs(number.adjusted()) < 40 else None
