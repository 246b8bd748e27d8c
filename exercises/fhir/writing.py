"""Our forms as FHIR: a Questionnaire made from the content of an edition."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exercises.fhir.codings import ANSWERS, coding_of, moment_text
from exercises.fhir.elements import STRUCTURE
from exercises.fhir.findings import Finding
from exercises.fhir.recognising import every
from exercises.fhir.writing_conditions import enable_when, is_expressible
from exercises.vocabulary import MOOD_SCALE, MOOD_WORDS

ADDRESS = "https://attune.example/questionnaires/"
CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"

TYPES = {
    "scale": "integer", "yes_no": "boolean", "single": "choice", "multi": "choice", "checklist": "choice",
    "short_text": "string", "long_text": "text", "date": "date", "time": "time", "datetime": "dateTime",
    "slider": "choice", "grid": "group", "url": "url", "quantity": "quantity", "instructions": "display",
    "image": "display", "link": "display", "section": "display", "group": "group", "mood": "group",
}  # fmt: skip


def questionnaire_from(content: Mapping[str, Any], slug: str, number: int) -> tuple[dict[str, Any], list[Finding]]:
    """A Questionnaire for content that was written here, and what of it FHIR cannot say."""
    writer = ItemWriter(content)
    resource: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "url": f"{ADDRESS}{slug}",
        "version": str(number),
        "name": "".join(part.capitalize() for part in slug.split("-")) or "Form",
        "title": content["title"],
        "status": "active",
        "subjectType": ["Patient"],
        "language": content.get("language") or "en",
    }
    resource |= writer.translated("title", "title")
    if content.get("summary"):
        resource["description"] = content["summary"]
    if content.get("credit"):
        resource["copyright"] = content["credit"]
    items = [writer.item(item) for item in content["questions"]]
    if items:
        resource["item"] = items
    return resource, writer.dropped


def extension(name: str, kind: str, value: Any, base: str = STRUCTURE) -> dict[str, Any]:
    return {"url": base + name, f"value{kind}": value}


def control(code: str) -> dict[str, Any]:
    concept = {"coding": [{"system": CONTROLS, "code": code}]}
    return extension("questionnaire-itemControl", "CodeableConcept", concept)


def number_of(value: Any) -> Any:
    """A number as FHIR writes it, without the traces of binary fractions."""
    return Decimal(str(value)) if isinstance(value, float) else value


class ItemWriter:
    """Writes items of one form. ``content`` is needed for conditions and translations."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self.by_key = {item["key"]: item for item in every(list(content["questions"]))}
        self.dropped: list[Finding] = []

    def item(self, data: Mapping[str, Any], *, nested: bool = True) -> dict[str, Any]:
        """One item with all under it; without ``nested``, the item alone."""
        kind = data["type"]
        made: dict[str, Any] = {"linkId": data.get("link_id") or data["key"]}
        found = self._extensions(data)
        if found:
            made["extension"] = found
        if data.get("codes"):
            made["code"] = [dict(code) for code in data["codes"]]
        if data.get("prefix"):
            made["prefix"] = data["prefix"]
        text = data.get("label") or data.get("body") or data.get("alt")
        if kind == "link":
            text = f"{data.get('label', '')} {data['url']}".strip()
        if text:
            made["text"] = text
        part = "label" if data.get("label") else "body"
        made |= self.translated(f"questions.{data['key']}.{part}", "text")
        made["type"] = self._type(data)
        made |= self._condition(data, made["linkId"])
        for name, there in (("required", data.get("required")), ("repeats", _repeats(data))):
            if there:
                made[name] = True
        if kind in ("short_text", "long_text") and data.get("max_length"):
            made["maxLength"] = data["max_length"]
        if kind in ("single", "multi", "checklist", "slider"):
            made["answerOption"] = self._options(data)
        made |= _initial(data)
        inside = self._parts(data)
        if nested:
            inside += [self.item(child) for child in data.get("questions", [])]
        if inside:
            made["item"] = inside
        return made

    def _condition(self, data: Mapping[str, Any], link_id: str) -> dict[str, Any]:
        if not is_expressible(data.get("show_if")):
            self.dropped.append(Finding("condition_gone", (link_id,), "enableWhen"))
            return {}
        return enable_when(data.get("show_if"), self.by_key)

    def _type(self, data: Mapping[str, Any]) -> str:
        if data["type"] == "number":
            return "integer" if data.get("decimals") == 0 else "decimal"
        if data.get("other"):
            return "open-choice"
        return TYPES[data["type"]]

    def _extensions(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        kind = data["type"]
        found = []
        if data.get("hidden"):
            found.append(extension("questionnaire-hidden", "Boolean", True))
        if kind in ("scale", "slider"):
            found.append(control("slider"))
        elif kind == "checklist":
            found.append(control("check-box"))
        elif kind == "grid":
            found.append(control("gtable"))
        if kind in ("scale", "number", "quantity"):
            whole = kind == "scale" or data.get("decimals") == 0
            for name, limit in (("minValue", data.get("min")), ("maxValue", data.get("max"))):
                if limit is not None and abs(limit) < 1_000_000_000:
                    found.append(extension(name, "Integer" if whole else "Decimal", number_of(limit)))
        if kind == "number" and data.get("unit"):
            found.append(extension("questionnaire-unit", "Coding", {"display": data["unit"]}))
        for unit in data.get("units", []):
            coding = unit.get("code") or {"code": unit["value"], "display": unit["label"]}
            found.append(extension("questionnaire-unitOption", "Coding", dict(coding)))
        if data.get("least_length"):
            found.append(extension("minLength", "Integer", data["least_length"]))
        if data.get("pattern"):
            found.append(extension("regex", "String", data["pattern"]))
        if data.get("most"):
            found.append(extension("questionnaire-maxOccurs", "Integer", data["most"]))
        elif _repeats(data) and data.get("repeats", 1) > 1:
            found.append(extension("questionnaire-maxOccurs", "Integer", data["repeats"]))
        return found

    def _options(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        if data["type"] == "slider":
            stops = [
                {"value": str(one["value"]), "label": one["label"], "weight": one["value"]} for one in data["stops"]
            ]
            return [self._option(data["key"], one) for one in stops]
        return [self._option(data["key"], option) for option in data["options"]]

    def _option(self, key: str, option: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        found = []
        if "weight" in option:
            found.append(extension("ordinalValue", "Decimal", number_of(option["weight"])))
        if option.get("exclusive"):
            found.append(extension("questionnaire-optionExclusive", "Boolean", True))
        if found:
            made["extension"] = found
        made["valueCoding"] = coding_of(option)
        made["valueCoding"] |= self.translated(f"questions.{key}.options.{option['value']}", "display")
        return made

    def _parts(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What our language says in one item and FHIR in several: help, ends of a scale, rows, moods."""
        link_id = data.get("link_id") or data["key"]
        parts = []
        if data.get("help") and data["type"] not in ("section", "instructions"):
            help_ = {
                "linkId": f"{link_id}.help",
                "extension": [control("help")],
                "text": data["help"],
                "type": "display",
            }
            parts.append(help_ | self.translated(f"questions.{data['key']}.help", "text"))
        if data["type"] == "scale":
            for name, code in (("low", "lower"), ("high", "upper")):
                end = {
                    "linkId": f"{link_id}.{name}",
                    "extension": [control(code)],
                    "text": data[name],
                    "type": "display",
                }
                parts.append(end | self.translated(f"questions.{data['key']}.{name}", "text"))
        if data["type"] == "grid":
            parts += [self._row(data, row) for row in data["rows"]]
        if data["type"] == "mood":
            parts += _mood(link_id)
        return parts

    def _row(self, data: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        row_of = {**data, "type": "single", "key": data["key"]}
        return {
            "linkId": f"{data.get('link_id') or data['key']}.{row['key']}",
            "text": row["label"],
            "type": "choice",
            "answerOption": self._options(row_of),
        }

    def translated(self, path: str, name: str) -> dict[str, Any]:
        """The element beside a text that holds its other languages."""
        found = [
            {
                "url": STRUCTURE + "translation",
                "extension": [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": words[path]}],
            }
            for language, words in (self.content.get("translations") or {}).items()
            if words.get(path)
        ]
        return {f"_{name}": {"extension": found}} if found else {}


def _repeats(data: Mapping[str, Any]) -> bool:
    return data["type"] in ("multi", "checklist") or data.get("repeats", 1) > 1


def _mood(link_id: str) -> list[dict[str, Any]]:
    """How it is, in five steps, and words for it."""
    steps = [
        {
            "extension": [extension("ordinalValue", "Decimal", step)],
            "valueCoding": {"system": ANSWERS, "code": str(step), "display": str(label)},
        }
        for step, label in MOOD_SCALE.items()
    ]
    words = [
        {"valueCoding": {"system": ANSWERS, "code": word, "display": str(label)}} for word, label in MOOD_WORDS.items()
    ]
    return [
        {"linkId": f"{link_id}.level", "type": "choice", "answerOption": steps},
        {"linkId": f"{link_id}.words", "type": "choice", "repeats": True, "answerOption": words},
    ]


def _initial(data: Mapping[str, Any]) -> dict[str, Any]:
    raw = data.get("initial") or []
    found: list[dict[str, Any]] = []
    if not raw:
        return {}
    match data["type"]:
        case "single" | "multi" | "checklist":
            by_value = {option["value"]: option for option in data["options"]}
            found = [{"valueCoding": coding_of(by_value[one])} for one in raw if one in by_value]
        case "yes_no":
            found = [{"valueBoolean": raw[0] == "yes"}]
        case "number" | "scale":
            whole = data["type"] == "scale" or data.get("decimals") == 0
            found = [{"valueInteger": int(raw[0])}] if whole else [{"valueDecimal": Decimal(raw[0])}]
        case "quantity":
            unit = next((one for one in data["units"] if one["value"] in raw), None)
            amount = next((one for one in raw if unit is None or one != unit["value"]), "")
            found = [{"valueQuantity": {"value": Decimal(amount), **_unit(unit)}}] if amount else []
        case "date" | "time" | "datetime":
            name = {"date": "Date", "time": "Time", "datetime": "DateTime"}[data["type"]]
            found = [{f"value{name}": moment_text(data["type"], raw[0])}]
        case "url":
            found = [{"valueUri": raw[0]}]
        case _:
            found = [{"valueString": raw[0]}]
    return {"initial": found} if found else {}


def _unit(unit: Mapping[str, Any] | None) -> dict[str, Any]:
    if unit is None:
        return {}
    code = unit.get("code") or {"code": unit["value"]}
    named = {"unit": code.get("display") or unit["label"], "system": code.get("system"), "code": code.get("code")}
    return {name: part for name, part in named.items() if part}
