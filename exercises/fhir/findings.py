"""What is found in a file: reasons to refuse it, and things to know about it once it is taken.

A finding is data (a code, where it is, the values it names), so that it can be kept with the file and said
in the language of whoever reads it, today or in a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from exercises.fhir.words import WORDS

#: How many places a message names before it only counts.
NAMED = 5
_ITEMS = re.compile(r"^.*item\[\d+\]\.?")
_INDEX = re.compile(r"\[\d+\]")
LONGEST_NAME = 120


@dataclass(frozen=True)
class Finding:
    """One thing that was found. ``link_ids`` are the items it is about, ``element`` the part of them."""

    code: str
    link_ids: tuple[str, ...] = ()
    element: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The reason in words, translated now."""
        text = str(WORDS[self.code])
        return text % {name: _said(name, value) for name, value in self.values.items()} if self.values else text

    @property
    def place(self) -> str:
        """Where it is, in words: the items by linkId, and the element."""
        parts = []
        if self.link_ids:
            named = ", ".join(_shortened(one) for one in self.link_ids[:NAMED])
            more = len(self.link_ids) - NAMED
            parts.append(_("%(names)s and %(n)d more") % {"names": named, "n": more} if more > 0 else named)
        if self.element:
            parts.append(_shortened(self.element))
        return " · ".join(parts)

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"code": self.code}
        if self.link_ids:
            data["link_ids"] = list(self.link_ids)
        if self.element:
            data["element"] = self.element
        if self.values:
            data["values"] = dict(self.values)
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Finding:
        return cls(
            code=data["code"],
            link_ids=tuple(data.get("link_ids", ())),
            element=data.get("element", ""),
            values=data.get("values", {}),
        )


def _said(name: str, value: Any) -> Any:
    # What should have been there is kept as an English word, and said in the reader's language.
    return _(value) if name == "wanted" and isinstance(value, str) else _shortened(value)


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_NAME:
        return value[: LONGEST_NAME - 1] + "…"
    return value


class Refused(ValueError):
    """The file is not taken and nothing was saved. ``findings`` are all the reasons at once."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("; ".join(f"{one.code} {one.place}" for one in self.findings))


def outcome(found: Iterable[Finding], severity: str = "error") -> dict[str, Any]:
    """The same list for machines: an OperationOutcome. FHIR wants at least one issue in it."""
    if not (found := list(found)):
        return {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "information", "code": "informational", "diagnostics": _("All of it was taken.")}],
        }
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": severity,
                "code": "not-supported" if one.link_ids else "invalid",
                "details": {"coding": [{"code": one.code.replace("_", "-")}], "text": str(one)},
                "diagnostics": one.message,
                **({"expression": [one.element]} if one.element else {}),
            }
            for one in found
        ],
    }


#: Nobody reads more reasons than this, and a hostile file could hold a million.
MOST_REFUSALS = 1_000


class Findings:
    """Collects while a file is read. The same notice about many items becomes one that names them all."""

    def __init__(self) -> None:
        self._refusals: dict[tuple[Any, ...], Finding] = {}
        self._notices: dict[tuple[Any, ...], dict[str, None]] = {}

    def refuse(
        self, code: str, link_id: str = "", element: str = "", *, also: Iterable[str] = (), **values: Any
    ) -> None:
        """Note a reason, once. ``also`` are more items that it is about."""
        named = tuple(one for one in (link_id, *also) if one)
        key = (code, named, element, tuple(sorted(values.items())))
        if len(self._refusals) < MOST_REFUSALS:
            self._refusals.setdefault(key, Finding(code, named, element, values))

    def notice(self, code: str, link_id: str = "", element: str = "", **values: Any) -> None:
        if link_id:
            element = _INDEX.sub("", _ITEMS.sub("", element))
        key = (code, element, tuple(sorted(values.items())))
        places = self._notices.setdefault(key, {})
        if link_id:
            places.setdefault(link_id)

    @property
    def refusals(self) -> list[Finding]:
        return list(self._refusals.values())

    @property
    def notices(self) -> list[Finding]:
        return [
            Finding(code, tuple(places), element, dict(values))
            for (code, element, values), places in self._notices.items()
        ]
