"""Which item of a form each item of a response answers, and under which key of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from exercises.answers import OTHER
from exercises.fhir import showing
from exercises.fhir.elements import Elements
from exercises.fhir.findings import Findings
from exercises.fhir.planning import Plan
from exercises.fhir.spots import Spot
from exercises.fhir.structure import Datum, Item
from exercises.fhir.values import KINDS, datum, kinds_in

#: Which instance of each repeating item we are in: {key: number}.
Numbers = Mapping[str, int]

DEEPEST = 40


class Matcher:
    """Walks a response beside its form. ``raw`` are the answers as a browser would have sent them."""

    def __init__(self, plan: Plan, findings: Findings) -> None:
        self.plan = plan
        self.findings = findings
        self.items: dict[str, Item] = {item.link_id: item for item in plan.one.questionnaire.walk()}
        self.raw: dict[str, list[str]] = {}
        self.totals: list[Decimal] = []
        self.total_items: list[str] = []

    def match(self, root: Elements) -> None:
        self._items(root, self.plan.one.questionnaire.items, {}, None, 0)

    def link_id_of(self, key: str) -> str:
        spot = self.plan.mapped.spot_of(key.partition("~")[0])
        return spot.item.link_id if spot else key

    def _items(
        self, where: Elements, expected: Sequence[Item], numbers: Numbers, parent: Item | None, level: int
    ) -> None:
        seen: Counter[str] = Counter()
        for path, raw in where.objects("item"):
            link_id = raw.get("linkId")
            one = Elements(raw, self.findings, link_id if isinstance(link_id, str) else "", path)
            item = self.items.get(one.link_id)
            if item is None:
                self.findings.refuse("unknown_item", one.link_id, path)
            elif level < DEEPEST:
                seen[item.link_id] += 1
                if not any(item is other for other in expected):
                    self._misplaced(item, parent)
                self._one(one, item, numbers, seen[item.link_id], level)
        for link_id, times in seen.items():
            item = self.items[link_id]
            if times > 1 and not (item.type == "group" and item.repeats):
                self.findings.refuse("item_repeated", link_id, where.at("item"), count=times)

    def _misplaced(self, item: Item, parent: Item | None) -> None:
        above = item.parent
        while above is not None and above.type == "group" and above is not parent:
            above = above.parent
        flat = above is parent
        self.findings.notice("flat" if flat else "nested", item.link_id, "item")

    def _one(self, one: Elements, item: Item, numbers: Numbers, time: int, level: int) -> None:
        answers = list(one.objects("answer"))
        spot = self.plan.mapped.spots.get(item.link_id)
        if not item.is_question:
            if answers:
                self.findings.refuse("answer_in_group", item.link_id, one.at("answer"))
            inside = {**numbers, spot.key: time} if spot and item.repeats else numbers
            self._items(one, item.children, inside, item, level + 1)
            return
        if one.raw.get("item"):
            self._items(one, item.children, numbers, item, level + 1)
        if item.is_hidden_away or spot is None:
            self._not_asked(one, item)
            return
        many = spot.type == "multi" or self._repeats(spot)
        if len(answers) > 1 and not many:
            self.findings.refuse("answer_many", item.link_id, one.at("answer"), count=len(answers))
            return
        for number, (path, raw) in enumerate(answers, start=1):
            inside = {**numbers, spot.key: number} if self._repeats(spot) else numbers
            answer = Elements(raw, self.findings, item.link_id, path)
            value = self._value(answer, item)
            if value is not None:
                self._keep(spot, value, inside, answer)
            self._items(answer, item.children, inside, item, level + 1)

    def _repeats(self, spot: Spot) -> bool:
        return spot.key in self.plan.form and self.plan.form.spots[spot.key].levels[-1:] == (spot.key,)

    def _not_asked(self, one: Elements, item: Item) -> None:
        """A computed value is looked at for its number alone; a constant says nothing new."""
        if not item.calculated:
            return
        self.findings.notice("calculated_dropped", item.link_id, "answer")
        for _path, raw in one.objects("answer"):
            for kind in kinds_in(raw, "value"):
                value = datum(kind, raw[f"value{kind}"])
                if value is not None and value.kind in ("Integer", "Decimal", "Quantity"):
                    self.totals.append(Decimal(value.value))
                    self.total_items.append(item.link_id)

    def _value(self, answer: Elements, item: Item) -> Datum | None:
        kinds = kinds_in(answer.raw, "value")
        if not kinds:
            if answer.raw.get("extension") or answer.raw.get("item"):
                return None  # it says why there is none, or only holds what belongs under it
            self.findings.refuse("answer_empty", item.link_id, answer.path)
            return None
        kind = kinds[0]
        allowed = KINDS[item.type]
        if item.choices:
            offered = frozenset(choice.datum.kind for choice in item.choices)
            allowed = offered | ({"String"} if item.type == "open-choice" else frozenset())
        value = datum(kind, answer.raw[f"value{kind}"])
        if kind not in allowed or len(kinds) > 1:
            self.findings.refuse("answer_kind", item.link_id, answer.path, kind=", ".join(kinds), type=item.type)
            return None
        if value is None:
            self.findings.refuse("condition_answer", item.link_id, answer.path, kind=kind)
        return value

    def _keep(self, spot: Spot, value: Datum, numbers: Numbers, answer: Elements) -> None:
        key = self.key_of(spot, numbers)
        if spot.type in ("single", "multi"):
            chosen = spot.value_of(value)
            if chosen is not None:
                self.raw.setdefault(key, []).append(chosen)
            elif spot.item.type == "open-choice" and value.kind == "String":
                self.raw.setdefault(key, []).extend([OTHER, str(value.value)])
            else:
                self.findings.refuse("answer_option", spot.item.link_id, answer.path, name=value.display or value.value)
            return
        if spot.type == "quantity" and spot.unit_of(value) is None:
            self.findings.refuse("answer_option", spot.item.link_id, answer.path, name=value.display or "")
            return
        if spot.type == "number" and value.kind == "Quantity" and value.unit:
            self.findings.notice("unit_dropped", spot.item.link_id, "answer", name=value.display)
        said = showing.raw(spot, value)
        if not said:
            self.findings.refuse("answer_limits", spot.item.link_id, answer.path)
        self.raw.setdefault(key, []).extend(said)

    def key_of(self, spot: Spot, numbers: Numbers) -> str:
        """The answer's key: with a number for each level that repeats around it."""
        levels = self.plan.form.spots[spot.key].levels if spot.key in self.plan.form else ()
        if not levels:
            return spot.key
        return f"{spot.key}~" + ".".join(str(numbers.get(level, 1)) for level in levels)
