"""Codes and moments as FHIR writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The code system of answers that were written here.
ANSWERS = "https://attune.example/answers"


def coding_of(option: Mapping[str, Any]) -> dict[str, Any]:
    code = option.get("code") or {"system": ANSWERS, "code": option["value"]}
    return {"display": option["label"], **code}


def moment_text(kind: str, text: str, zone: str = "Z") -> str:
    """A date or time with the seconds that FHIR wants; a moment has a zone."""
    if kind == "date":
        return text
    if len(text.rpartition("T")[2]) == 5:
        text += ":00"
    return text if kind == "time" else text + zone
