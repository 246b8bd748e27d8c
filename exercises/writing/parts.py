"""A manuscript as the parts that people change one at a time.

Each part has a name: ``title``, ``steps``, ``scoring`` and so on for what an edition says as a whole,
``question.<key>`` for one item without what lies inside it, ``outline`` for the order of the items, and
``words.<language>`` for the words of one language. Two people who change different parts do not meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exercises.writing.outline import Outline, outline_of, reconciled

OUTLINE = "outline"
_QUESTION = "question."
_WORDS = "words."

Parts = dict[str, Any]


def question_part(key: str) -> str:
    return _QUESTION + key


def words_part(language: str) -> str:
    return _WORDS + language


def key_of(part: str) -> str:
    """The key of the item that a part is; empty for other parts."""
    return part.removeprefix(_QUESTION) if part.startswith(_QUESTION) else ""


def language_of(part: str) -> str:
    """The language whose words a part is; empty for other parts."""
    return part.removeprefix(_WORDS) if part.startswith(_WORDS) else ""


def parts_of(content: Mapping[str, Any]) -> Parts:
    """Take content apart."""
    made: Parts = {name: value for name, value in content.items() if name not in ("questions", "translations")}
    items = content.get("questions") or []
    made[OUTLINE] = outline_of(items)
    _take_apart(items, made)
    for language, words in (content.get("translations") or {}).items():
        made[words_part(language)] = words
    return made


def _take_apart(items: list[dict[str, Any]], made: Parts) -> None:
    for item in items:
        made[question_part(item["key"])] = {name: value for name, value in item.items() if name != "questions"}
        _take_apart(item.get("questions") or [], made)


def assembled(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Put content together again. Parts that are None are gone; no item is ever lost by an outline."""
    there = {name: value for name, value in parts.items() if value is not None}
    items = {key_of(name): value for name, value in there.items() if key_of(name)}
    made = {
        name: value for name, value in there.items() if name != OUTLINE and not key_of(name) and not language_of(name)
    }
    types = {key: str(item.get("type", "")) for key, item in items.items()}
    made["questions"] = _put_together(reconciled(there.get(OUTLINE, []), items, types), items)
    words = {language_of(name): value for name, value in there.items() if language_of(name)}
    return {**made, "translations": words} if words else made


def _put_together(outline: Outline, items: Mapping[str, Any]) -> list[dict[str, Any]]:
    made = []
    for key, inside in outline:
        item = {**items[key], "key": key}
        if inside:
            item["questions"] = _put_together(inside, items)
        made.append(item)
    return made


def item_at(content: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """One item of the content, without what lies inside it."""
    return parts_of(content).get(question_part(key))
