"""JSON from outside: bounded in depth and number, without what a database can not hold."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

#: Bytes of a body, levels in it, and things in it all together.
LARGEST, DEEPEST, MOST = 1024 * 1024, 20, 20_000
#: Digits of a number: more than any answer has, and less than takes long to read.
LONGEST_NUMBER = 40
NO_FIELD = "There is no such field."


class BoundedJSON(BaseParser):
    """Read JSON as RFC 8259 has it: UTF-8, no NaN, each name once; no NUL, no half characters."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise ParseError(f"The body is larger than {LARGEST} bytes.")
        try:
            read = json.loads(
                raw.decode(),
                parse_constant=_refuse,
                object_pairs_hook=_once,
                parse_int=_int,
                parse_float=_float,
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is no JSON that can be read: {_place(error)}") from None
        _look_through(read)
        return read


def _place(error: Exception) -> str:
    # Never what was sent: only where.
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}."
    return str(error) if isinstance(error, Unfit) else "not UTF-8, or too deep."


class Unfit(ValueError):
    """Something that JSON of ours does not have; the words are ours."""


def _refuse(name: str) -> Any:
    raise Unfit("NaN and Infinity are no numbers here.")


def _int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise Unfit("a number is too long.")
    return int(text)


def _float(text: str) -> float:
    if len(text) > LONGEST_NUMBER:
        raise Unfit("a number is too long.")
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise Unfit("a number is too large.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unfit("a name stands twice in one object.")
    return found


def _look_through(whole: Any) -> None:
    """Refuse what is too deep or too much, and text that no database holds."""
    waiting, seen = [(whole, 0)], 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST:
            raise ParseError(f"The body has more than {DEEPEST} levels or {MOST} values.")
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif isinstance(one, list):
            waiting += [(part, depth + 1) for part in one]
        elif isinstance(one, str) and ("\x00" in one or any("\ud800" <= sign <= "\udfff" for sign in one)):
            raise ParseError("A text holds a sign that is none: NUL, or half of a pair.")


def strays(sent: Any, judge: BaseSerializer) -> dict[str, Any]:
    """Return what stands in ``sent`` and is no field of the serializer, as its errors are said."""
    if isinstance(judge, ListSerializer):
        if not isinstance(sent, list) or judge.child is None:
            return {}
        inside = {str(number): strays(one, judge.child) for number, one in enumerate(sent)}
        return {number: found for number, found in inside.items() if found}
    if not isinstance(judge, Serializer) or not isinstance(sent, dict):
        return {}
    fields = {name: field for name, field in judge.fields.items() if not field.read_only}
    found: dict[str, Any] = {name: [NO_FIELD] for name in sent if name not in fields}
    for name in sent.keys() & fields.keys():
        field = fields[name]
        deeper = strays(sent[name], field) if isinstance(field, BaseSerializer) else {}
        if deeper:
            found[name] = deeper
    return found
