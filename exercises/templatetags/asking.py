"""Questions on a page: in the portal, and in the therapist's preview of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from exercises.asking import ask
from exercises.questions import Question

register = template.Library()


@register.inclusion_tag("exercises/portal/_question.html")
def question_fields(
    question: Question, raw: Sequence[str] = (), error: object = "", preview: bool = False
) -> dict[str, Any]:
    """The question with its controls: ``{% question_fields question raw=… error=… preview=True %}``."""
    return {"asked": ask(question, raw, error, preview)}
