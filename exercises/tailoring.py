"""What was chosen for these people out of what an exercise holds: cards, adaptations, a smaller measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exercises.vocabulary import ADAPTATIONS


def tailored(content: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return an edition's content as these people get it: without the cards that were taken out.

    ``tailored`` in it holds what is said to them besides: ``adaptations`` (label and text) and ``smaller``.
    """
    left_out = set(chosen.get("left_out", ()))
    prompts = [card for place, card in enumerate(content.get("prompts", [])) if place not in left_out]
    texts = content.get("adaptations") or {}
    adaptations = [
        {"label": ADAPTATIONS.get(key, key), "text": texts[key]}
        for key in chosen.get("adaptations", ())
        if key in texts
    ]
    said = {"adaptations": adaptations, "smaller": bool(chosen.get("smaller"))}
    return {**content, "prompts": prompts, "tailored": said}
