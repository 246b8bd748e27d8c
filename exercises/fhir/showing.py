"""enableWhen in our language, and single values as a browser would send them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exercises.fhir.spots import Spot
from exercises.fhir.structure import Condition, Datum, Questionnaire
from exercises.fhir.values import day_of, moment_of

_ORDER = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


def clause(condition: Condition, form: Questionnaire, spots: Mapping[str, Spot]) -> dict[str, Any]:
    """One condition. What can never be true, or is always true, is said as such."""
    spot = spots.get(condition.question)
    if spot is None:  # nothing can ever be answered there
        return _never_asked(condition, form, spots)
    if condition.operator == "exists":
        return _about(spot, "exists", bool(condition.answer.value))
    if spot.type in ("single", "multi"):
        return _choice(condition, spot)
    answer = _answer(condition, spot)
    if answer is None:
        return always(spot) if condition.operator == "!=" else never(spot)
    return _about(spot, condition.operator, answer)


def _about(spot: Spot, operator_: str, answer: Any) -> dict[str, Any]:
    return {"question": spot.key, "operator": operator_, "answer": answer}


def never(spot: Spot) -> dict[str, Any]:
    return {"all": [_about(spot, "exists", True), _about(spot, "exists", False)]}


def always(spot: Spot) -> dict[str, Any]:
    return {"any": [_about(spot, "exists", True), _about(spot, "exists", False)]}


def _never_asked(condition: Condition, form: Questionnaire, spots: Mapping[str, Spot]) -> dict[str, Any]:
    other = next((one for one in spots.values() if one.item.is_question), None)
    if other is None:
        return {"all": []}
    unanswered = condition.operator == "!=" or (condition.operator == "exists" and condition.answer.value is False)
    return always(other) if unanswered else never(other)


def _choice(condition: Condition, spot: Spot) -> dict[str, Any]:
    if condition.operator in _ORDER:
        compare = _ORDER[condition.operator]
        right = _sortable(condition.answer)
        fits = [
            _about(spot, "=", value)
            for value, choice in spot.values.items()
            if _comparable(left := _sortable(choice.datum), right) and compare(left, right)
        ]
        return {"any": fits[:50]} if fits else never(spot)
    value = spot.value_of(condition.answer)
    if value is None and spot.item.type == "open-choice" and condition.answer.kind == "String":
        value = str(condition.answer.value)
    if value is None:
        return always(spot) if condition.operator == "!=" else never(spot)
    return _about(spot, condition.operator, value)


def _sortable(datum: Datum) -> Any:
    if datum.kind in ("Integer", "Decimal"):
        return Decimal(datum.value)
    if datum.kind == "Date":
        return day_of(str(datum.value))
    return str(datum.value)


def _comparable(left: Any, right: Any) -> bool:
    return left is not None and type(left) is type(right)


def _answer(condition: Condition, spot: Spot) -> Any:
    """The answer to compare with, as our language says it; None when no answer can equal it."""
    datum = condition.answer
    if spot.type == "yes_no":
        return bool(datum.value)
    if spot.type in ("number", "scale", "slider") and datum.kind in ("Integer", "Decimal", "Quantity"):
        return number(Decimal(datum.value))
    if spot.type == "quantity":
        unit = spot.unit_of(datum) if datum.unit else None
        if datum.unit and unit is None:
            return None
        return {"number": number(datum.value), "unit": unit} if unit else number(datum.value)
    if spot.type in ("date", "time", "datetime"):
        if condition.operator in ("=", "!=") and datum.kind in ("Date", "DateTime") and len(str(datum.value)) < 10:
            return None  # a month or a year is no day
        return moment(spot.type, str(datum.value))
    return str(datum.value)


def number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def moment(kind: str, written: str) -> str | None:
    """A date or time as our forms write it: wall time, to the minute."""
    if kind == "time":
        return written[:5]
    if kind == "date":
        day = day_of(written[:10])
        return day.isoformat() if day else None
    found = moment_of(written)
    if found is None:
        day = day_of(written[:10])
        found = datetime(day.year, day.month, day.day) if day else None
    return f"{found:%Y-%m-%dT%H:%M}" if found else None


def stands_for(datum: Datum) -> int | float | str | None:
    """What an option is when conditions compare sizes."""
    if datum.kind == "Integer":
        return int(datum.value)
    if datum.kind == "Date" and len(str(datum.value)) == 10:
        return str(datum.value)
    if datum.kind == "Time":
        return str(datum.value)[:5]
    return None


def raw(spot: Spot, datum: Datum) -> list[str]:
    """A value as a browser would send it for this question; empty when the question cannot hold it."""
    match spot.type:
        case "yes_no":
            return ["yes" if datum.value else "no"]
        case "scale" | "slider" | "number":
            return [written(Decimal(datum.value))]
        case "quantity":
            unit = spot.unit_of(datum)
            return [written(Decimal(datum.value)), *([unit] if unit else [])]
        case "date" | "time" | "datetime":
            found = moment(spot.type, str(datum.value))
            return [found] if found else []
    return [str(datum.value)]


def written(value: Decimal) -> str:
    return format(value, "f")


def words(datum: Datum) -> str:
    """A value as people read it."""
    if datum.kind == "Boolean":
        return _("Yes") if datum.value else _("No")
    if datum.kind == "Date":
        day = day_of(str(datum.value))
        return date_format(day) if isinstance(day, date) and len(str(datum.value)) == 10 else str(datum.value)
    if datum.kind == "Quantity":
        return f"{written(datum.value)} {datum.display}".strip()
    return datum.display or str(datum.value)
