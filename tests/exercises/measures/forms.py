"""Forms that refer to a measure, for tests. Questions are called by their number: no wording is ours to show."""

from __future__ import annotations

from typing import Any

from exercises import measures


def questions_of(key: str, **extra: dict[str, Any]) -> list[dict[str, Any]]:
    """A form's questions, one for each item; ``extra`` adds to some of them ("item_9": {…})."""
    return [
        {
            "key": f"item_{item.number}",
            "type": "single",
            "label": f"Question {item.number}",
            "options": [
                {"value": f"v{weight}", "label": f"Answer {weight}", "weight": weight}
                for weight in range(int(item.low), int(item.high) + 1)
            ],
            **extra.get(f"item_{item.number}", {}),
        }
        for item in measures.get(key).items
    ]


def scoring_of(key: str) -> dict[str, Any]:
    """How such a form is scored."""
    items = {f"item_{item.number}": item.number for item in measures.get(key).items}
    return {"measure": key, "version": 1, "items": items}


def raw(answers: str) -> dict[str, list[str]]:
    """What a browser sends: weights in the order of the items, '–' for one left out."""
    said = enumerate(answers.split(), start=1)
    return {f"item_{number}": [f"v{weight}"] for number, weight in said if weight != "–"}
