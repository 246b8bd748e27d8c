"""An edited form and the file it came from: what was left alone stays as it was received.

Untouched items keep everything, unknown extensions too. Edited items are written anew. What can no longer be
true is dropped and listed: an expression that names an item which is gone, and whatever builds on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from exercises.fhir.findings import Finding
from exercises.fhir.planning import Plan
from exercises.fhir.recognising import every
from exercises.fhir.structure import Item
from exercises.fhir.writing import ADDRESS, ItemWriter

#: Parts of our items that say nothing about the form itself.
ASIDE = ("risk", "flag_if", "severity", "lane", "each", "metric", "questions")


class Merger:
    """Puts an edited form together with its origin. ``dropped`` lists what did not survive."""

    def __init__(
        self, plan: Plan, before: list[dict[str, Any]], content: Mapping[str, Any], slug: str, number: int
    ) -> None:
        self.plan = plan
        self.content = content
        self.slug = slug
        self.number = number
        self.writer = ItemWriter(content)
        self.before = {item["link_id"]: item for item in every(before) if "link_id" in item}
        self.now = {item["link_id"]: item for item in every(list(content["questions"])) if "link_id" in item}
        self.items = {item.link_id: item for item in plan.one.questionnaire.walk()}
        self.dropped: list[Finding] = []
        self.lost_names: set[str] = set()
        self.gone = {link_id for link_id in self.before if link_id not in self.now}

    def resource(self) -> dict[str, Any]:
        """The Questionnaire of the edited form: a version of its own, derived from the file's."""
        raw = self.plan.one.questionnaire.raw
        for link_id in self.gone:
            self.dropped.append(Finding("item_gone", (link_id,), "item"))
        made = {name: value for name, value in raw.items() if name not in ("item", "id", "text", "meta", "extension")}
        if raw.get("url"):
            made["derivedFrom"] = [self._canonical(raw)]
        made["url"], made["version"] = f"{ADDRESS}{self.slug}", str(self.number)
        made["title"] = self.content["title"]
        extensions = self._kept(raw.get("extension", []), "")
        if extensions:
            made["extension"] = extensions
        items = self._items(list(self.content["questions"]), self.plan.one.questionnaire.items)
        made["item"] = self._without_lost(items)
        return made

    def _canonical(self, raw: Mapping[str, Any]) -> str:
        return f"{raw['url']}|{raw['version']}" if raw.get("version") else str(raw["url"])

    def _items(self, ours: list[Mapping[str, Any]], originals: list[Item]) -> list[dict[str, Any]]:
        made = [self._item(one) for one in ours]
        # What has no counterpart in our form (computed items, help texts) stays beside what it stood beside.
        at = 0
        for original in originals:
            places = [index for index, one in enumerate(made) if one.get("linkId") == original.link_id]
            if places:
                at = places[0] + 1
            elif original.link_id not in self.before:
                made.insert(at, self._whole(original))
                at += 1
        return made

    def _item(self, ours: Mapping[str, Any]) -> dict[str, Any]:
        link_id = ours.get("link_id", "")
        original = self.items.get(link_id)
        children = list(ours.get("questions", []))
        if original is None or not self._is_untouched(ours):
            made = self.writer.item(ours, nested=False)
            if original is not None:
                self._list_lost(original)
            inside = made.get("item", []) + self._items(children, original.children if original else [])
        else:
            made = {name: value for name, value in original.raw.items() if name != "item"}
            kept = self._kept(original.raw.get("extension", []), link_id)
            made.pop("extension", None)
            if kept:
                made["extension"] = kept
            inside = self._items(children, original.children)
        if inside:
            made["item"] = inside
        return made

    def _is_untouched(self, ours: Mapping[str, Any]) -> bool:
        before = self.before.get(ours.get("link_id", ""), {})
        return _essence(ours) == _essence(before)

    def _whole(self, original: Item) -> dict[str, Any]:
        made = {name: value for name, value in original.raw.items() if name != "item"}
        kept = self._kept(original.raw.get("extension", []), original.link_id)
        made.pop("extension", None)
        if kept:
            made["extension"] = kept
        inside = [self._whole(child) for child in original.children]
        return {**made, **({"item": inside} if inside else {})}

    def _kept(self, extensions: Any, link_id: str) -> list[Any]:
        kept = []
        for one in extensions if isinstance(extensions, list) else []:
            expression = one.get("valueExpression") if isinstance(one, dict) else None
            if isinstance(expression, dict) and self._is_lost(str(expression.get("expression", ""))):
                self.lost_names.add(str(expression.get("name") or ""))
                self.dropped.append(Finding("expression_gone", (link_id,) if link_id else (), str(one.get("url"))))
            else:
                kept.append(one)
        return kept

    def _is_lost(self, expression: str) -> bool:
        """Whether it names an item that is gone, or a variable that went with one."""
        if any(f"'{link_id}'" in expression or f'"{link_id}"' in expression for link_id in self.gone):
            return True
        return any(re.search(rf"%{re.escape(name)}\b", expression) for name in self.lost_names if name)

    def _without_lost(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Leave out items whose computing was dropped: without it they would be asked."""
        lost = {link_id for one in self.dropped if one.code == "expression_gone" for link_id in one.link_ids}
        made = []
        for item in items:
            original = self.items.get(item.get("linkId", ""))
            if original is not None and original.calculated and item["linkId"] in lost:
                self.dropped.append(Finding("item_gone", (item["linkId"],), "item"))
                continue
            if item.get("item"):
                item = {**item, "item": self._without_lost(item["item"])}
            made.append(item)
        return made

    def _list_lost(self, original: Item) -> None:
        """An edited item is written anew: what only the file knew of it is listed."""
        for notice in self.plan.one.notices:
            if notice.code in ("kept", "not_enforced") and original.link_id in notice.link_ids:
                name = str(notice.values.get("name", ""))
                self.dropped.append(Finding("extension_gone", (original.link_id,), name))


def _essence(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in item.items() if name not in ASIDE}
