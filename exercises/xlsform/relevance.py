"""`relevant` in the words of our conditions. What cannot be said exactly is not said at all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import moments
from exercises.clauses import plain_number
from exercises.xlsform.expressions import Call, Compared, Node, Ref, Several, Unread, parse
from exercises.xlsform.spots import Spot

Condition = dict[str, Any]
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}
COUNTED = frozenset({"number", "scale", "slider"})
_MOMENTS = {"date": moments.iso_date, "time": moments.iso_time, "datetime": moments.iso_datetime}


def condition_of(text: str, spots: Mapping[str, Spot]) -> Condition:
    """An expression as `show_if`. Raises :class:`~exercises.xlsform.expressions.Unread` with the reason."""
    found = _Words(spots).said(parse(text), True)
    return found if "question" not in found else {"all": [found]}


class _Words:
    def __init__(self, spots: Mapping[str, Spot]) -> None:
        self.spots = spots

    def said(self, node: Node, holds: bool) -> Condition:
        """The condition under which this holds, or does not."""
        match node:
            case Several(every, parts):
                return {"all" if every is holds else "any": [self.said(one, holds) for one in parts]}
            case Call("not", (inside,)):
                return self.said(inside, not holds)
            case Call("selected", (Ref(name), wanted)):
                return self._selected(self._spot(name), wanted, holds)
            case Compared(operator, left, right):
                return self._compared(operator, left, right, holds)
            case Call(name, _args):
                raise Unread(format_lazy(_("It uses {name}(), which is not worked out here."), name=name[:40]))
        raise Unread(_("It uses more than comparisons of answers."))

    def _spot(self, name: str) -> Spot:
        spot = self.spots.get(name)
        if spot is None or spot.type in ("group", "instructions"):
            raise Unread(format_lazy(_("It looks at “{name}”, which is not asked here."), name=name[:60]))
        return spot

    def _selected(self, spot: Spot, wanted: Node, holds: bool) -> Condition:
        value = spot.values.get(_as_name(wanted))
        if value is None:
            raise Unread(format_lazy(_("It looks for a choice that “{name}” does not have."), name=spot.name[:60]))
        return _clause(spot, "=" if holds else "!=", value)

    def _compared(self, operator: str, left: Node, right: Node, holds: bool) -> Condition:
        if not isinstance(left, Ref | Call):
            left, right, operator = right, left, _FLIPPED[operator]
        if isinstance(left, Call):
            return self._counted(left, operator, right, holds)
        if not isinstance(left, Ref) or isinstance(right, Ref):
            raise Unread(_("It compares two answers with each other."))
        spot = self._spot(left.name)
        if right == "" and operator in ("=", "!="):
            return _clause(spot, "exists", (operator == "!=") is holds)
        answer = self._answer(spot, operator, right)
        if holds:
            return _clause(spot, operator, answer)
        if operator in ("=", "!="):
            return _clause(spot, "!=" if operator == "=" else "=", answer)
        # What is not answered is neither above nor below: "not above" is true of it.
        return {"any": [_clause(spot, _OPPOSITE[operator], answer), _clause(spot, "exists", False)]}

    def _counted(self, call: Call, operator: str, right: Node, holds: bool) -> Condition:
        """How much was written or chosen: here one can only ask whether anything was."""
        match call:
            case Call("selected", (Ref(), _wanted)) if operator in ("=", "!=") and isinstance(right, Call):
                if right.name in ("true", "false") and not right.args:
                    return self.said(call, holds is ((operator == "=") is (right.name == "true")))
            case Call("count-selected" | "string-length", (Ref(name),)) if isinstance(right, Decimal):
                if (operator, right) in ((">", 0), (">=", 1), ("!=", 0)):
                    return _clause(self._spot(name), "exists", holds)
                if (operator, right) in (("=", 0), ("<", 1), ("<=", 0)):
                    return _clause(self._spot(name), "exists", not holds)
        raise Unread(format_lazy(_("It uses {name}(), which is not worked out here."), name=call.name[:40]))

    def _answer(self, spot: Spot, operator: str, said: Node) -> Any:
        found: Any = None
        if spot.type in COUNTED:
            number = _number(said)
            found = None if number is None else plain_number(number)
        elif spot.type == "single":
            found = self._option(spot, operator, said)
        elif spot.type == "yes_no" and operator in ("=", "!=") and said == "OK":
            found = True
        elif spot.type in _MOMENTS:
            words = (
                said.args[0] if isinstance(said, Call) and said.name in ("date", "date-time") and said.args else said
            )
            found = _MOMENTS[spot.type](words) if isinstance(words, str) else None
        elif spot.type in ("short_text", "long_text") and operator in ("=", "!="):
            found = said if isinstance(said, str) and said.isprintable() else None
        elif spot.type == "multi":
            raise Unread(_("It compares several choices at once; selected() can be taken."))
        if found is None:
            raise Unread(format_lazy(_("It compares “{name}” with something no answer is."), name=spot.name[:60]))
        return found

    def _option(self, spot: Spot, operator: str, said: Node) -> Any:
        if operator in ("=", "!="):
            return spot.values.get(_as_name(said))
        number = _number(said)
        return plain_number(number) if spot.numbered and number is not None else None


def _clause(spot: Spot, operator: str, answer: Any) -> Condition:
    return {"question": spot.key, "operator": operator, "answer": answer}


def _as_name(said: Node) -> str:
    return format(said, "f") if isinstance(said, Decimal) else said if isinstance(said, str) else ""


def _number(said: Node) -> Decimal | None:
    if isinstance(said, Decimal):
        return said
    try:
        number = Decimal(said) if isinstance(said, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
