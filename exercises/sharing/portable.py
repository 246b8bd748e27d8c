"""What of an edition goes along to others: its words and questions, in one spelling, and a checksum of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from exercises.catalogue.library import digest_of
from exercises.writing.editions import tidied

#: What says where an exercise lies or came from, and not what it is.
APART = frozenset({"slug", "fhir", "xlsform", "shared", "rights", "measure"})
_PREFIX = "sha256:"


def portable(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as it is shared: tidied, and without pictures of the practice's own.

    Equal content gives equal data, whoever wrote it down last.
    """
    made = json.loads(json.dumps({name: part for name, part in content.items() if name not in APART}))
    made["questions"] = list(_without_pictures(made.get("questions") or []))
    said = tidied(made)
    said.setdefault("language", "en")
    said.setdefault("scoring", None)
    return {name: said[name] for name in sorted(said)}


def checksum(content: Mapping[str, Any]) -> str:
    """A fingerprint of what is shared: the same in every practice for as long as nobody changes it."""
    return _PREFIX + digest_of(portable(content))


def own_pictures(items: list[dict[str, Any]]) -> int:
    """How many pictures of the practice's own stand in a form: they stay where they are."""
    return sum(
        (one.get("type") == "image" and bool(one.get("attachment"))) + own_pictures(one.get("questions") or [])
        for one in items
    )


def _without_pictures(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if item.get("type") == "image" and item.get("attachment"):
            continue
        if "questions" in item:
            item["questions"] = list(_without_pictures(item["questions"]))
            if not item["questions"]:
                if item["type"] == "group":
                    continue
                del item["questions"]
        yield item
