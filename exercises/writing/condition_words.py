"""A condition as people read it: 'when “I felt heard” is Never, and “Closeness” is less than 4'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from exercises.vocabulary import Operator


def condition_words(
    condition: Any, labels: Mapping[str, str], answers: Mapping[tuple[str, str], str] | None = None
) -> str:
    """``labels`` of the questions by key; ``answers``: labels of options by question and value."""
    if not isinstance(condition, Mapping):
        return ""
    if "all" in condition or "any" in condition:
        parts = condition.get("all") if "all" in condition else condition.get("any")
        said = [condition_words(part, labels, answers) for part in parts or ()]
        said = [f"({one})" if " " in one and "(" not in one and len(said) > 1 else one for one in said if one]
        return (_(" and ") if "all" in condition else _(" or ")).join(said)
    return _clause(condition, labels, answers or {})


def _clause(clause: Mapping[str, Any], labels: Mapping[str, str], answers: Mapping[tuple[str, str], str]) -> str:
    key, operator, answer = str(clause.get("question", "")), clause.get("operator"), clause.get("answer")
    label = labels.get(key) or labels.get(key.partition(".")[0]) or _("a question that is gone")
    if operator == Operator.EXISTS:
        said = _("“%(label)s” has no answer") if answer is False else _("“%(label)s” has an answer")
        return said % {"label": label}
    word = Operator(operator).label if operator in Operator.values else str(operator)
    return f"“{label}” {word} {_answer(key, answer, answers)}"


def _answer(key: str, answer: Any, answers: Mapping[tuple[str, str], str]) -> str:
    if isinstance(answer, bool):
        return _("Yes") if answer else _("No")
    if isinstance(answer, Mapping):
        return f"{answer.get('number', '')} {answer.get('unit', '')}".strip()
    return answers.get((key, str(answer)), str(answer))
