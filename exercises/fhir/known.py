"""What Attune knows of R4: elements and extensions. All else is kept and not used, or stops the import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exercises.fhir.findings import Findings

STATUSES = frozenset({"draft", "active", "retired", "unknown"})

TYPES = frozenset(
    {
        "group", "display", "boolean", "integer", "decimal", "date", "dateTime", "time", "string", "text", "url",
        "choice", "open-choice", "quantity",
    }
)  # fmt: skip
OTHER_RELEASES = frozenset({"coding", "question"})
NOT_ASKED = frozenset({"attachment", "reference"})

KNOWN_ROOT = frozenset(
    {
        "resourceType", "id", "meta", "language", "text", "contained", "extension",
        "modifierExtension", "url", "identifier", "version", "name", "title", "derivedFrom", "status",
        "experimental", "subjectType", "date", "publisher", "contact", "description", "useContext",
        "jurisdiction", "purpose", "copyright", "approvalDate", "lastReviewDate", "effectivePeriod", "code", "item",
    }
)  # fmt: skip
KNOWN_ITEM = frozenset(
    {
        "id", "extension", "modifierExtension", "linkId", "definition", "code", "prefix", "text", "type",
        "enableWhen", "enableBehavior", "required", "repeats", "readOnly", "maxLength", "answerValueSet",
        "answerOption", "initial", "item",
    }
)  # fmt: skip

#: Elements of STU3 and of R5 that decide what is asked or offered.
OF_OTHER_RELEASES = frozenset({"option", "options", "answerConstraint", "disabledDisplay"})

#: Expressions that decide what is asked or offered.
DECIDING = frozenset(
    {"enableWhenExpression", "answerExpression", "candidateExpression", "answerOptionsToggleExpression"}
)
#: Rules that are kept and not enforced.
RULES = frozenset({"constraint", "targetConstraint"})

ROOT_EXTENSIONS = frozenset({"translation"})
#: Extensions of an item that are used, or say nothing that has to be said.
ITEM_EXTENSIONS = frozenset(
    {
        "itemControl", "hidden", "minOccurs", "maxOccurs", "minLength", "minValue", "maxValue", "regex", "unit",
        "unitOption", "entryFormat", "shortText", "sliderStepValue", "maxDecimalPlaces", "choiceOrientation",
        "displayCategory", "optionExclusive",
    }
)  # fmt: skip


def check_modifiers(raw: Mapping[str, Any], findings: Findings, path: str = "") -> None:
    """Refuse every modifierExtension, wherever it stands: it may turn the meaning round."""
    waiting: list[tuple[str, str, Any]] = [(path, "", raw)]
    while waiting:
        place, link_id, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(f"{place}[{index}]", link_id, one) for index, one in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            own = value.get("linkId")
            link_id = own if isinstance(own, str) and own else link_id
            for name, inner in reversed(value.items()):
                inner_place = f"{place}.{name}" if place else name
                if name == "modifierExtension" and inner not in ([], None):
                    findings.refuse("modifier", link_id, inner_place, url=_urls(inner))
                else:
                    waiting.append((inner_place, link_id, inner))


def _urls(value: Any) -> str:
    listed = value if isinstance(value, list) else [value]
    urls = [one.get("url") for one in listed if isinstance(one, dict)]
    return ", ".join(url for url in urls if isinstance(url, str)) or "?"
