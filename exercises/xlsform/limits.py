"""`constraint` as the limits of a question: lengths, ends, patterns, how many may be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import moments
from exercises.clauses import plain_number
from exercises.xlsform.expressions import Call, Compared, Node, Own, Several, Unread, parse
from exercises.xlsform.findings import Words
from exercises.xlsform.spots import Spot

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_NOT_A_LIMIT = _("It is no limit that a question here can have.")
_MOMENTS = {"date": moments.iso_date, "time": moments.iso_time, "datetime": moments.iso_datetime}
Limits = dict[str, Any]


def limits_of(text: str, spot: Spot) -> tuple[Limits, list[Words]]:
    """What of a constraint can be said as limits, and why the rest cannot."""
    try:
        node = parse(text)
    except Unread as refusal:
        return {}, [refusal.message]
    limits: Limits = {}
    reasons: list[Words] = []
    for one in _parts(node):
        try:
            for name, value in _limit(one, spot).items():
                limits[name] = _tighter(name, limits.get(name), value)
        except Unread as refusal:
            reasons.append(refusal.message)
    return limits, list(dict.fromkeys(reasons))


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, Several) and node.every:
        for one in node.parts:
            yield from _parts(one)
    else:
        yield node


def _tighter(name: str, had: Any, new: Any) -> Any:
    if had is None or name == "pattern":
        return new
    return max(had, new) if name in ("min", "least", "least_length", "earliest") else min(had, new)


def _limit(node: Node, spot: Spot) -> Limits:
    match node:
        case Call("regex", (Own(), str() as pattern)) if spot.type in ("short_text", "long_text"):
            return {"pattern": pattern}
        case Compared(operator, left, right):
            if not _is_own(left):
                left, right, operator = right, left, _FLIPPED[operator]
            return _compared(operator, left, right, spot)
    raise Unread(_NOT_A_LIMIT)


def _is_own(node: Node) -> bool:
    return isinstance(node, Own) or (isinstance(node, Call) and node.args == (Own(),))


def _compared(operator: str, left: Node, right: Node, spot: Spot) -> Limits:
    match left:
        case Call("string-length", (Own(),)) if spot.type in ("short_text", "long_text"):
            return _whole(operator, right, "least_length", "max_length")
        case Call("count-selected", (Own(),)) if spot.type == "multi":
            return _whole(operator, right, "least", "most")
        case Own() if spot.type == "number" and isinstance(right, Decimal):
            if spot.node.get("type") == "integer":
                return _whole(operator, right, "min", "max")
            if operator in (">=", "<="):
                return {"min" if operator == ">=" else "max": plain_number(right)}
            raise Unread(_("Above or below, without the number itself, can be asked of whole numbers alone."))
        case Own() if spot.type in _MOMENTS and operator in (">=", "<="):
            words = right.args[0] if isinstance(right, Call) and right.name == "date" and right.args else right
            found = _MOMENTS[spot.type](words) if isinstance(words, str) else None
            if found is None:
                raise Unread(_("Limits that move with the day of answering are not known here."))
            return {"earliest" if operator == ">=" else "latest": found}
    if isinstance(left, Call):
        raise Unread(format_lazy(_("It uses {name}(), which is not worked out here."), name=left.name[:40]))
    raise Unread(_NOT_A_LIMIT)


def _whole(operator: str, said: Node, least: str, most: str) -> Limits:
    if not isinstance(said, Decimal) or said != said.to_integral_value() or abs(said) > 10**9:
        raise Unread(_NOT_A_LIMIT)
    number = int(said)
    match operator:
        case ">=":
            return {least: number}
        case ">":
            return {least: number + 1}
        case "<=":
            return {most: number}
        case "<":
            return {most: number - 1}
        case "=":
            return {least: number, most: number}
    raise Unread(_NOT_A_LIMIT)
