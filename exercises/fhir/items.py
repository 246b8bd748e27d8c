"""The items of a questionnaire: each read on its own; what concerns several is checked afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exercises.fhir.choices import offered
from exercises.fhir.conditions import read_conditions
from exercises.fhir.elements import Elements, Extension
from exercises.fhir.known import (
    DECIDING,
    ITEM_EXTENSIONS,
    KNOWN_ITEM,
    NOT_ASKED,
    OF_OTHER_RELEASES,
    OTHER_RELEASES,
    RULES,
    TYPES,
)
from exercises.fhir.markup import without_tags
from exercises.fhir.structure import Datum, Item
from exercises.fhir.values import datum, kinds_in

LONGEST_LINK_ID = 255
#: Deeper than what is taken, so that the refusal can say how deep it is; the JSON itself is bounded too.
_STOP = 40


def read_items(root: Elements) -> list[Item]:
    """All items of the resource, in a tree."""
    return _items(root, None, 1)


def _items(where: Elements, parent: Item | None, level: int) -> list[Item]:
    found = []
    for path, raw in where.objects("item"):
        item = _item(Elements(raw, where.findings, _link_id(raw), path), parent)
        if level < _STOP:
            item.children = _items(Elements(raw, where.findings, item.link_id, path), item, level + 1)
        found.append(item)
    _lift(found, where)
    return found


def _link_id(raw: Mapping[str, Any]) -> str:
    value = raw.get("linkId")
    return value if isinstance(value, str) and len(value) <= LONGEST_LINK_ID else ""


def _lift(items: list[Item], where: Elements) -> None:
    """A display has no items under it: move them beside it, in its place among the others."""
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if item.type == "display" and item.children:
            where.findings.notice("children_lifted", item.link_id, "item")
            for child in item.children:
                child.parent = item.parent
                # The children were there only while the display was.
                child.conditions, child.behaviour = _both(item, child)
            items[index + 1 : index + 1] = item.children
            item.children = []


def _both(item: Item, child: Item) -> tuple[list[Any], str]:
    if not item.conditions:
        return child.conditions, child.behaviour
    if not child.conditions:
        return list(item.conditions), item.behaviour
    if item.behaviour == child.behaviour == "all" or len(item.conditions) == len(child.conditions) == 1:
        return [*item.conditions, *child.conditions], "all"
    return child.conditions, child.behaviour


def _item(one: Elements, parent: Item | None) -> Item:
    kind = _type(one)
    _check_link_id(one)
    _other_releases(one)
    item = Item(
        link_id=one.link_id,
        type=kind,
        raw=one.raw,
        path=one.path,
        parent=parent,
        text=_text(one),
        prefix=one.text("prefix", 500),
        translations=one.translations("text"),
        codes=_codes(one),
        required=one.flag("required"),
        repeats=one.flag("repeats"),
        read_only=one.flag("readOnly"),
        longest=one.whole("maxLength"),
        behaviour=_behaviour(one),
        conditions=read_conditions(one),
        choices=offered(one),
        initial=_initial(one),
    )
    _extensions(item, one)
    if len(item.conditions) > 1 and "enableBehavior" not in one.raw:
        one.findings.notice("all_assumed", item.link_id, "enableBehavior")
    for name in one.raw:
        if not name.startswith("_") and name not in KNOWN_ITEM | OF_OTHER_RELEASES and not name.startswith("initial"):
            one.findings.notice("kept", item.link_id, name, name=name)
    return item


def _type(one: Elements) -> str:
    kind = one.text("type", 60)
    if kind in TYPES:
        return kind
    if not kind:
        if not one.raw.get("type"):
            one.findings.refuse("no_type", one.link_id, one.at("type"))
    elif kind in OTHER_RELEASES:
        one.findings.refuse("other_release_type", one.link_id, one.at("type"), name=kind)
    elif kind in NOT_ASKED:
        one.findings.refuse("not_asked_type", one.link_id, one.at("type"), name=kind)
    else:
        one.findings.refuse("unknown_type", one.link_id, one.at("type"), name=kind)
    return kind or "display"


def _check_link_id(one: Elements) -> None:
    value = one.raw.get("linkId")
    if value is None or (isinstance(value, str) and not value.strip()):
        one.findings.refuse("no_link_id", "", one.at("linkId"))
    elif not isinstance(value, str):
        one.wrong("linkId", "text")
    elif len(value) > LONGEST_LINK_ID:
        one.findings.refuse("too_long", value[:60], one.at("linkId"), limit=LONGEST_LINK_ID)


def _other_releases(one: Elements) -> None:
    for name in one.raw:
        stu3 = name.startswith("initial") and name != "initial"
        if name in OF_OTHER_RELEASES or stu3:
            one.findings.refuse("other_release", one.link_id, one.at(name), name=name)


def _text(one: Elements) -> str:
    """The plain text; without one, what formatted text says without its formatting."""
    plain = one.text("text")
    beside = one.raw.get("_text")
    styled = short = ""
    if isinstance(beside, dict):
        for extension in one.inner(one.at("_text"), beside).extensions():
            if extension.name == "rendering-xhtml":
                styled = without_tags(extension.text())
            elif extension.name == "rendering-markdown":
                styled = extension.text()
            elif extension.name == "shortText":
                short = extension.text()
            elif extension.name != "translation" and not extension.name.startswith("rendering-"):
                one.findings.notice("kept", one.link_id, "text", name=extension.url)
    return plain if plain.strip() else styled or short


def _codes(one: Elements) -> list[tuple[str, str]]:
    found = []
    for path, raw in one.objects("code"):
        coding = one.inner(path, raw)
        code = coding.text("code", 500)
        system = coding.text("system", 500)
        if code:
            found.append((system, code))
    return found


def _behaviour(one: Elements) -> str:
    name = one.text("enableBehavior", 40)
    if name and name not in ("all", "any"):
        one.findings.refuse("condition_behaviour", one.link_id, one.at("enableBehavior"), name=name)
    return "any" if name == "any" else "all"


def _initial(one: Elements) -> list[Datum]:
    found = []
    for _path, raw in one.objects("initial"):
        kinds = kinds_in(raw, "value")
        value = datum(kinds[0], raw[f"value{kinds[0]}"]) if len(kinds) == 1 else None
        if value is None:
            one.findings.notice("initial_kind", one.link_id, "initial", type=str(one.raw.get("type"))[:40])
        else:
            found.append(value)
    return found


def _extensions(item: Item, one: Elements) -> None:
    names = {extension.name for extension in one.extensions()}
    item.calculated = "calculatedExpression" in names
    for extension in one.extensions():
        name = extension.name
        if name in DECIDING:
            if name != "enableWhenExpression" or not item.calculated:
                one.findings.refuse("expression", item.link_id, extension.elements.path, name=name)
        elif name == "subQuestionnaire":
            one.findings.refuse("sub_questionnaire", item.link_id, extension.elements.path)
        elif name == "calculatedExpression":
            one.findings.notice("calculated", item.link_id, name)
        elif name in RULES:
            one.findings.notice("not_enforced", item.link_id, "extension", name=name)
        elif name in ITEM_EXTENSIONS:
            _use(item, extension)
        else:
            _numbers_as_text(extension)
            one.findings.notice("kept", item.link_id, "extension", name=extension.url)


def _numbers_as_text(extension: Extension) -> None:
    """Say where an extension that is kept has a number in quotes, though nothing here reads it."""
    value = extension.value
    if isinstance(value, dict) and isinstance(value.get("value"), str) and extension.kind in (
        "Duration", "Quantity", "Age", "Count", "Distance",
    ):  # fmt: skip
        extension.elements.inner(extension.elements.at(f"value{extension.kind}"), value).number("value")
    elif isinstance(value, str) and extension.kind in ("Integer", "Decimal", "PositiveInt", "UnsignedInt"):
        extension.number()


def _use(item: Item, extension: Extension) -> None:
    match extension.name:
        case "itemControl":
            item.control = item.control | frozenset(extension.codes())
        case "hidden":
            item.hidden = item.hidden or extension.flag()
        case "minOccurs":
            item.fewest = extension.whole()
        case "maxOccurs":
            item.often = extension.whole()
        case "minLength":
            item.shortest = extension.whole()
        case "minValue":
            item.least = _limit(extension)
        case "maxValue":
            item.most = _limit(extension)
        case "regex":
            item.pattern = extension.text()
        case "sliderStepValue":
            item.step = extension.number()
        case "maxDecimalPlaces":
            item.decimals = extension.whole()
        case "shortText":
            item.text = item.text if item.text.strip() else extension.text()
        case "entryFormat":
            item.placeholder = extension.text()
        case "unit":
            found = unit_of(extension)
            item.unit = found.unit if found else ""
        case "unitOption":
            found = unit_of(extension)
            if found and not any(one.value == found.value for one in item.units):
                item.units.append(found)


def unit_of(extension: Extension) -> Datum | None:
    """A unit: its code as the value, its words as the unit."""
    value = extension.value
    made = datum("Coding", value) if isinstance(value, dict) else None
    if made is None:
        extension.elements.wrong(f"value{extension.kind or 'Coding'}", "object")
        return None
    return Datum("Coding", made.value, made.system, made.display, made.display or str(made.value))


def _limit(extension: Extension) -> Decimal | str | None:
    """A limit: a number, or a date or time as text. A Quantity gives its number."""
    if extension.kind in ("Integer", "Decimal"):
        return extension.number()
    if extension.kind == "Quantity" and isinstance(extension.value, dict):
        inner = extension.elements.inner(extension.elements.at("valueQuantity"), extension.value)
        return inner.number("value")
    made = datum(extension.kind, extension.value) if extension.kind in ("Date", "DateTime", "Time") else None
    if made is None:
        extension.elements.wrong(f"value{extension.kind}", "number")
        return None
    return str(made.value)
