"""enableWhen: read, and checked against the questions it looks at."""

from __future__ import annotations

from collections.abc import Mapping

from exercises.fhir.elements import Elements
from exercises.fhir.findings import Findings
from exercises.fhir.structure import CHOICES, Condition, Datum, Item, Questionnaire
from exercises.fhir.values import KINDS, datum, kinds_in

ORDERING = frozenset({">", "<", ">=", "<="})
OPERATORS = frozenset({"exists", "=", "!="}) | ORDERING
UNORDERED = frozenset({"Boolean", "Coding"})


def read_conditions(elements: Elements) -> list[Condition]:
    """The conditions of an item, those that are proper in themselves."""
    found = []
    for path, raw in elements.objects("enableWhen"):
        condition = _condition(elements.inner(path, raw))
        if condition:
            found.append(condition)
    return found


def _condition(one: Elements) -> Condition | None:
    refuse, link_id = one.findings.refuse, one.link_id
    if "hasAnswer" in one.raw:
        refuse("other_release", link_id, one.at("hasAnswer"), name="hasAnswer")
        return None
    question, operator = one.text("question"), one.text("operator")
    kinds = kinds_in(one.raw, "answer")
    if not question:
        refuse("condition_no_question", link_id, one.path)
    elif not operator:
        refuse("condition_no_operator", link_id, one.path)
    elif operator not in OPERATORS:
        refuse("condition_operator", link_id, one.at("operator"), name=operator)
    elif not kinds:
        refuse("condition_no_answer", link_id, one.path)
    elif len(kinds) > 1:
        refuse("condition_answers", link_id, one.path)
    else:
        # Whether the value is a proper one is asked only once its kind fits: one reason for each condition.
        answer = datum(kinds[0], one.raw[f"answer{kinds[0]}"])
        return Condition(question, operator, answer or Datum(kinds[0], None), one.path)
    return None


def check_conditions(form: Questionnaire, findings: Findings) -> None:
    """Refuse what points nowhere, does not fit, or goes round in a circle."""
    items: dict[str, Item] = {}
    for item in form.walk():
        items.setdefault(item.link_id, item)
    for item in form.walk():
        for condition in item.conditions:
            _check(item, condition, items, findings)
    for circle in circles(form, items):
        named = " → ".join(circle[:10])
        findings.refuse("condition_cycle", circle[0], "enableWhen", names=named)


def _check(item: Item, condition: Condition, items: Mapping[str, Item], findings: Findings) -> None:
    source = items.get(condition.question)
    if source is None:
        findings.refuse("condition_nowhere", item.link_id, condition.element, question=condition.question)
        return
    if not source.is_question:
        findings.refuse("condition_not_asked", item.link_id, condition.element, question=condition.question)
        return
    kind, operator = condition.answer.kind, condition.operator
    fits = kind == "Boolean" if operator == "exists" else kind in kinds_compared(source)
    if not fits:
        findings.refuse("condition_fit", item.link_id, condition.element, type=source.type, kind=kind)
    elif operator in ORDERING and kind in UNORDERED:
        findings.refuse("condition_order", item.link_id, condition.element, operator=operator, kind=kind)
    elif condition.answer.value is None:
        findings.refuse("condition_answer", item.link_id, condition.element, kind=kind)
    elif source.is_hidden_away and not source.initial:
        findings.notice("depends_on_unasked", item.link_id, "enableWhen", question=condition.question)


def kinds_compared(source: Item) -> frozenset[str]:
    """The kinds of answer a condition may compare a question with."""
    kinds = KINDS.get(source.type, frozenset())
    if source.type in CHOICES and source.choices:
        kinds = kinds | {one.datum.kind for one in source.choices}
        if source.type == "choice":
            kinds = frozenset(one.datum.kind for one in source.choices)
    if "Integer" in kinds or "Decimal" in kinds:
        kinds = kinds | {"Integer", "Decimal"}
    return kinds


def circles(form: Questionnaire, items: Mapping[str, Item]) -> list[list[str]]:
    """Conditions that wait for each other, each circle once.

    An item waits for the questions of its conditions, and for the item it lies in.
    """
    waits: dict[str, list[str]] = {link_id: [] for link_id in items}
    for item in form.walk():
        names = [one.question for one in item.conditions if one.question in items]
        if item.parent is not None:
            names.append(item.parent.link_id)
        waits[item.link_id] += names
    return _circles(waits)


def _circles(waits: Mapping[str, list[str]]) -> list[list[str]]:
    """A walk in depth without recursion; a name met again on its own path closes a circle."""
    done: set[str] = set()
    found: list[list[str]] = []
    for start in waits:
        path: list[str] = []
        on_path: dict[str, int] = {}
        waiting = [(start, iter(waits[start]))] if start not in done else []
        if waiting:
            path.append(start)
            on_path[start] = 0
        while waiting:
            name, following = waiting[-1]
            for other in following:
                if other in on_path:
                    found.append([*path[on_path[other] :], other])
                elif other not in done:
                    on_path[other] = len(path)
                    path.append(other)
                    waiting.append((other, iter(waits[other])))
                    break
            else:
                waiting.pop()
                path.pop()
                del on_path[name]
                done.add(name)
    return found
