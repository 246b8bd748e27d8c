"""Conditions of our language as enableWhen."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exercises.fhir.codings import coding_of, moment_text


def enable_when(show_if: Mapping[str, Any] | None, by_key: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The conditions of an item. What is nested is laid flat where it says the same."""
    if not show_if:
        return {}
    behaviour, clauses = flat(show_if)
    made = [one for clause in clauses if (one := _condition(clause, by_key)) is not None]
    if not made:
        return {}
    return {"enableWhen": made, **({"enableBehavior": behaviour} if len(made) > 1 else {})}


def flat(show_if: Mapping[str, Any]) -> tuple[str, list[Mapping[str, Any]]]:
    """One level of clauses: inner levels of the same kind, or of one clause, join the outer one."""
    behaviour = "all" if "all" in show_if else "any"
    clauses: list[Mapping[str, Any]] = []
    for clause in show_if[behaviour]:
        if "question" in clause:
            clauses.append(clause)
            continue
        inner, below = flat(clause)
        if inner == behaviour or len(below) == 1:
            clauses += below
        elif len(show_if[behaviour]) == 1:
            return inner, below
    return behaviour, clauses


def is_expressible(show_if: Mapping[str, Any] | None) -> bool:
    """Tell whether one level of conditions can say the same."""
    if not show_if:
        return True
    behaviour = "all" if "all" in show_if else "any"
    for clause in show_if[behaviour]:
        if "question" not in clause:
            inner, below = flat(clause)
            if not is_expressible(clause) or not (
                inner == behaviour or len(below) == 1 or len(show_if[behaviour]) == 1
            ):
                return False
    return True


def _condition(clause: Mapping[str, Any], by_key: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    key = clause["question"]
    base, _dot, row = key.partition(".")
    source = by_key.get(base)
    if source is None:
        return None
    link_id = source.get("link_id") or base
    made = {"question": f"{link_id}.{row}" if row else link_id, "operator": clause["operator"]}
    if clause["operator"] == "exists":
        return {**made, "answerBoolean": bool(clause["answer"])}
    answer = _answer(clause["answer"], source)
    return {**made, **answer} if answer else None


def _answer(answer: Any, source: Mapping[str, Any]) -> dict[str, Any] | None:
    match source["type"]:
        case "yes_no":
            return {"answerBoolean": answer in (True, 1, "yes")}
        case "single" | "multi" | "checklist" | "grid":
            option = next((one for one in source["options"] if one["value"] == answer), None)
            return {"answerCoding": coding_of(option)} if option else {"answerString": str(answer)}
        case "slider":
            stop = next((one for one in source["stops"] if one["value"] == answer), None)
            option = {"value": str(answer), "label": stop["label"] if stop else str(answer)}
            return {"answerCoding": coding_of(option)}
        case "scale":
            return {"answerInteger": int(answer)}
        case "number":
            whole = source.get("decimals") == 0 and float(answer).is_integer()
            return {"answerInteger": int(answer)} if whole else {"answerDecimal": Decimal(str(answer))}
        case "quantity":
            value = answer["number"] if isinstance(answer, dict) else answer
            return {"answerQuantity": {"value": Decimal(str(value))}}
        case "date":
            return {"answerDate": str(answer)}
        case "time":
            return {"answerTime": moment_text("time", str(answer))}
        case "datetime":
            return {"answerDateTime": moment_text("datetime", str(answer))}
    return {"answerString": str(answer)}
