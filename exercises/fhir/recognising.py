"""Which measure an imported form is, or whether its weights can be added up. Expressions are never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exercises import measures
from exercises.fhir.findings import Findings
from exercises.fhir.mapping import Mapped
from exercises.fhir.spots import Spot
from exercises.fhir.structure import Questionnaire
from exercises.measures import Measure

#: Types that are one choice and so have one weight.
WEIGHTED = frozenset({"single", "multi"})


@dataclass(frozen=True)
class Offer:
    """How the form can be scored.

    ``measure`` with the number of each item's question: scored natively. Else ``sum_of``: the questions whose
    weights can be added up once a person confirms it, and the range of that sum. Else neither.
    """

    measure: Measure | None = None
    items: dict[str, int] = field(default_factory=dict)
    sum_of: tuple[str, ...] = ()
    low: int | float = 0
    high: int | float = 0
    safety: dict[str, str] = field(default_factory=dict)

    def native(self) -> dict[str, Any] | None:
        if self.measure is None:
            return None
        return {"measure": self.measure.key, "version": self.measure.version, "items": self.items}


def offer_for(form: Questionnaire, mapped: Mapped, findings: Findings) -> Offer:
    """Recognise a form by its codes. An item's weights may come from the codes of its answers."""
    asked = {spot.key: spot for spot in mapped.spots.values() if _is_asked(spot)}
    codes = {key: spot.item.codes for key, spot in asked.items()}
    found = measures.recognise(form.codes, codes)
    if found is not None:
        name = found.measure.name
        if found.missing:
            missing = ", ".join(map(str, found.missing))
            findings.notice("missing_item", element="item.code", measure=name, missing=missing)
        elif found.doubled:
            findings.notice("doubled_item", element="item.code", measure=name)
        elif not _fill_weights(found.measure, found.items, asked, mapped):
            findings.notice("weights_differ", element="answerOption", measure=name)
        else:
            _ask_no_total(found.not_scored, asked, mapped, findings)
            safety = _safety_rules(asked, mapped)
            return Offer(measure=found.measure, items=dict(found.items), safety=safety)
    return _sum(asked, mapped)


def _is_asked(spot: Spot) -> bool:
    return spot.item.is_question and not spot.item.is_hidden_away


def every(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every item of a form as data, those inside others too."""
    for item in items:
        yield item
        yield from every(item.get("questions", []))


def _fill_weights(measure: Measure, items: Any, asked: dict[str, Spot], mapped: Mapped) -> bool:
    """Make sure that every answer counts what the measure says; False when some counts otherwise."""
    by_key = {item["key"]: item for item in every(mapped.questions)}
    for key, number in items.items():
        item = measure.item(number)
        if by_key[key]["type"] != "single" or "repeats" in by_key[key] or _lies_in_repeats(asked[key]):
            return False
        for option in by_key[key]["options"]:
            code = option.get("code", {})
            known = measure.weight_of(code.get("system"), code.get("code"))
            if "weight" not in option and known is not None:
                option["weight"] = int(known)
            weight = option.get("weight")
            if weight is None or not item.low <= weight <= item.high or (known is not None and known != weight):
                return False
    return True


def _ask_no_total(aside: Mapping[str, str], asked: dict[str, Spot], mapped: Mapped, findings: Findings) -> None:
    """A measure's own total is worked out here; nobody is asked for it, however the file means it."""
    for item in every(mapped.questions):
        if aside.get(item["key"]) == "total":
            spot = asked.pop(item["key"])
            spot.item.calculated = True
            item.pop("required", None)
            item["hidden"] = True
            findings.notice("total_not_asked", spot.item.link_id)


def _lies_in_repeats(spot: Spot) -> bool:
    above = spot.item.parent
    while above is not None:
        if above.repeats:
            return True
        above = above.parent
    return False


def _safety_rules(asked: dict[str, Spot], mapped: Mapped) -> dict[str, str]:
    """Items that are known to ask about safety: every answer above the lowest raises the flag."""
    rules = {}
    for item in every(mapped.questions):
        spot = asked.get(item["key"])
        if spot and any(measures.is_safety_item(system, code) for system, code in spot.item.codes):
            weights = [option.get("weight") for option in item.get("options", [])]
            raising = [
                option["value"]
                for option in item.get("options", [])
                if option.get("weight") is not None
                and option["weight"] > min(one for one in weights if one is not None)
            ]
            if raising:
                rules[item["key"]] = "any:" + ",".join(raising)
    return rules


def _sum(asked: dict[str, Spot], mapped: Mapped) -> Offer:
    low = high = 0
    keys = []
    for item in every(mapped.questions):
        spot = asked.get(item["key"])
        if spot is None or item["type"] not in WEIGHTED or item.get("hidden") or "repeats" in item:
            continue
        weights = [option["weight"] for option in item["options"] if "weight" in option]
        if not weights or _lies_in_repeats(spot):
            continue
        keys.append(item["key"])
        if item["type"] == "multi":
            low += sum(one for one in weights if one < 0)
            high += sum(one for one in weights if one > 0)
        else:
            low += min(weights)
            high += max(weights)
    return Offer(sum_of=tuple(keys), low=low, high=high, safety=_safety_rules(asked, mapped))
