"""Answers of ours as the items of a QuestionnaireResponse, in the shape of the form they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from exercises.answers import Value
from exercises.fhir.codings import ANSWERS, coding_of, moment_text
from exercises.fhir.elements import STRUCTURE
from exercises.fhir.planning import Plan
from exercises.fhir.recognising import every
from exercises.fhir.structure import Datum
from exercises.questions import Form, Question

Numbers = tuple[int, ...]


class AnswerWriter:
    """Walks the items of a Questionnaire and fills in what was answered. ``offset`` is the person's: "+01:00"."""

    def __init__(
        self, form: Form, content: Mapping[str, Any], values: Mapping[str, Value], plan: Plan | None, offset: str = "Z"
    ) -> None:
        self.form = form
        self.values = values
        self.plan = plan
        self.offset = offset
        self.keys = {item.get("link_id") or item["key"]: item["key"] for item in every(list(content["questions"]))}
        self.options = {item["key"]: item.get("options") or [] for item in every(list(content["questions"]))}
        self.there = [(key.partition("~")[0], _numbers(key)) for key, value in values.items() if not value.blank]

    def items(self, raw_items: Iterable[Mapping[str, Any]], numbers: Numbers = ()) -> list[dict[str, Any]]:
        """The items that have something in them, in the order of the form."""
        found = []
        for raw in raw_items:
            found += self._item(raw, numbers)
        return found

    def _item(self, raw: Mapping[str, Any], numbers: Numbers) -> list[dict[str, Any]]:
        link_id = raw["linkId"]
        head = {"linkId": link_id, **({"text": raw["text"]} if raw.get("text") else {})}
        key = self.keys.get(link_id, "")
        children = raw.get("item") or []
        if raw["type"] == "display":
            return []
        if raw["type"] == "group":
            return self._group(head, key, children, numbers)
        if not key:
            return self._part(head, link_id, raw, numbers)
        answers = []
        declined = False
        for own in self._instances(key, numbers):
            value = self.values.get(_key(key, own), Value())
            declined = declined or value.declined
            given = self._answers(key, raw, value)
            inside = self.items(children, own)
            if inside:
                given = [{**(given[0] if given else {}), "item": inside}, *given[1:]]
            answers += given
        if declined and not answers:
            refused = {"url": STRUCTURE + "data-absent-reason", "valueCode": "asked-declined"}
            return [{**head, "extension": [refused]}]
        return [{**head, "answer": answers}] if answers else []

    def _group(
        self, head: dict[str, Any], key: str, children: list[Mapping[str, Any]], numbers: Numbers
    ) -> list[dict[str, Any]]:
        found = []
        for own in self._instances(key, numbers) if key else [numbers]:
            inside = self.items(children, own)
            if inside:
                found.append({**head, "item": inside})
        return found

    def _instances(self, key: str, numbers: Numbers) -> list[Numbers]:
        """The instances of an item that were answered, itself or inside."""
        spot = self.form.spots.get(key)
        if spot is None or len(spot.levels) <= len(numbers):
            return [numbers]
        depth = len(numbers)
        found = {
            one[depth]
            for base, one in self.there
            if len(one) > depth
            and one[:depth] == numbers
            and self.form.spots[base.partition(".")[0]].levels[depth] == key
        }
        return [(*numbers, number) for number in sorted(found)]

    def _levels(self, base: str) -> tuple[str, ...]:
        return self.form.spots[base.partition(".")[0]].levels

    def _part(
        self, head: dict[str, Any], link_id: str, raw: Mapping[str, Any], numbers: Numbers
    ) -> list[dict[str, Any]]:
        """A row of a grid, or a part of a mood, which FHIR has as items of their own."""
        above, _dot, part = link_id.rpartition(".")
        key = self.keys.get(above, "")
        if not key or key not in self.form:
            return []
        question = self.form[key]
        if question.rows:
            value = self.values.get(_key(f"{key}.{part}", numbers), Value())
            answers = self._codings(key, value)
        else:
            value = self.values.get(_key(key, numbers), Value())
            codes = [str(value.number.to_integral_value())] if part == "level" and value.number is not None else []
            codes += list(value.choices) if part == "words" else []
            answers = [
                {"valueCoding": one["valueCoding"]}
                for one in raw.get("answerOption", [])
                if one["valueCoding"]["code"] in codes and one["valueCoding"].get("system") == ANSWERS
            ]
        return [{**head, "answer": answers}] if answers else []

    def _answers(self, key: str, raw: Mapping[str, Any], value: Value) -> list[dict[str, Any]]:
        if not value.answered or key not in self.form:
            return []
        question = self.form[key]
        match question.type.value:
            case "single" | "multi" | "checklist":
                return self._codings(key, value)
            case "yes_no":
                return [{"valueBoolean": value.number == 1}]
            case "quantity":
                return [{"valueQuantity": self._quantity(question, value)}]
            case "slider":
                return self._stop(question, value, raw)
            case "scale" | "number":
                return [_number(value, raw)]
            case "date":
                return [{"valueDate": value.text}]
            case "time":
                return [{"valueTime": moment_text("time", value.text)}]
            case "datetime":
                return [{"valueDateTime": moment_text("datetime", value.text, self.offset)}]
            case "url":
                return [{"valueUri": value.text}]
        return [{"valueString": value.text}] if value.text else []

    def _codings(self, key: str, value: Value) -> list[dict[str, Any]]:
        spot = self.plan.mapped.spot_of(key) if self.plan is not None else None
        options = {option["value"]: option for option in self.options.get(key, [])}
        found: list[dict[str, Any]] = []
        for choice in value.choices:
            known = spot.values.get(choice) if spot is not None else None
            if known is not None:
                found.append(answer_of(known.datum))
            elif choice in options:
                found.append({"valueCoding": coding_of(options[choice])})
        if value.text:
            found.append({"valueString": value.text})
        return found

    def _stop(self, question: Question, value: Value, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        if value.number is None:
            return []
        if raw["type"] == "integer":
            return [{"valueInteger": int(value.number)}]
        label = question.stop_label(int(value.number))
        return [{"valueCoding": {"system": ANSWERS, "code": str(int(value.number)), "display": label}}]

    def _quantity(self, question: Question, value: Value) -> dict[str, Any]:
        made: dict[str, Any] = {"value": _plain(value.number or Decimal(0))}
        for unit in question.units:
            if unit.value in value.choices:
                made["unit"] = unit.label
                if unit.code:
                    made |= {"system": unit.code.system} if unit.code.system else {}
                    made["code"] = unit.code.code
        return made


def answer_of(datum: Datum) -> dict[str, Any]:
    """The answer that a file's own option stands for."""
    if datum.kind != "Coding":
        return {f"value{datum.kind}": datum.value}
    coding = {"system": datum.system, "code": str(datum.value), "display": datum.display}
    return {"valueCoding": {name: part for name, part in coding.items() if part}}


def _number(value: Value, raw: Mapping[str, Any]) -> dict[str, Any]:
    number = value.number or Decimal(0)
    match raw["type"]:
        case "integer":
            return {"valueInteger": int(number)}
        case "quantity":
            return {"valueQuantity": {"value": _plain(number)}}
    return {"valueDecimal": _plain(number)}


def _plain(number: Decimal) -> Decimal:
    """Without the zeros that a column adds."""
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


def _numbers(key: str) -> Numbers:
    numbers = key.partition("~")[2]
    return tuple(int(number) for number in numbers.split(".")) if numbers else ()


def _key(base: str, numbers: Numbers) -> str:
    return f"{base}~{'.'.join(map(str, numbers))}" if numbers else base
