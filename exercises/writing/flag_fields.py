"""Which answers call for help: a rule of the form language, as a few controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from exercises.flags import CHOSEN, COUNTED, FlagError, FlagRule, Severity
from exercises.vocabulary import MOOD_SCALE, QuestionType


@dataclass(frozen=True)
class FlagFields:
    """The controls: how (``word``) with a number or with options, and the choices there are."""

    word: str
    number: str
    options: tuple[str, ...]
    words: list[tuple[str, str | Promise]]
    choices: list[tuple[str, str]]
    takes_number: bool
    severity: str
    severities: list[tuple[str, str | Promise]]


def flag_fields(item: Mapping[str, Any]) -> FlagFields:
    """The controls for an item's rule."""
    rule = _parsed(str(item.get("flag_if", "")))
    word = rule.word if rule else ""
    number = "" if rule is None or rule.number is None else f"{rule.number.normalize():f}"
    return FlagFields(
        word,
        number,
        rule.options if rule else (),
        words_for(item),
        _choices(item),
        item.get("type") in COUNTED,
        str(item.get("severity") or Severity.URGENT),
        list(Severity.choices),
    )


def words_for(item: Mapping[str, Any]) -> list[tuple[str, str | Promise]]:
    """How an answer of this type may call for help."""
    kind = item.get("type")
    words: list[tuple[str, str | Promise]] = [("", _("No answer does"))]
    if kind == QuestionType.YES_NO:
        return [*words, ("yes", _("Yes does")), ("no", _("No does"))]
    if kind in CHOSEN:
        words += [("any", _("Any of the options ticked here")), ("none", _("None of the options ticked here"))]
        if item.get("other"):
            words.append(("other", _("Something in their own words")))
    if kind in COUNTED:
        words += [
            (">=", _("This number or more")),
            ("<=", _("This number or less")),
            (">", _("More than this number")),
            ("<", _("Less than this number")),
            ("=", _("Exactly this number")),
        ]
    return [*words, ("answered", _("Any answer at all"))]


def read_flag(data: QueryDict, item: Mapping[str, Any], before: str) -> str:
    """The rule that was chosen; what cannot be read as one is left as it stood."""
    word = data.get("flag", "")
    if word not in dict(words_for(item)):
        return before if data.get("flag") is None else ""
    if word in ("any", "none"):
        known = {value for value, _label in _choices(item)}
        chosen = [one for one in data.getlist("flag-option") if one in known]
        return f"{word}:{','.join(chosen)}" if chosen else ""
    if word in (">=", "<=", ">", "<", "="):
        number = data.get("flag-number", "").strip().replace(",", ".")
        rule = f"{'' if word == '=' else word}{number}"
        return rule if number and _parsed(rule) else ""
    return word


def raises_flag(item: Mapping[str, Any]) -> bool:
    """Whether an answer to this item, or to one of its rows, may call for a look."""
    return bool(item.get("flag_if") or any(row.get("flag_if") for row in item.get("rows") or ()))


def read_severity(data: QueryDict, before: str) -> str:
    """How soon somebody looks, as chosen; empty for what is urgent, which is what nothing said means."""
    said = data.get("severity", before)
    return said if said in (Severity.SOON, Severity.NOTE) else ""


def _choices(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    if item.get("type") == QuestionType.MOOD:
        return [(str(step), str(label)) for step, label in MOOD_SCALE.items()]
    return [(str(one.get("value")), str(one.get("label", ""))) for one in item.get("options") or ()]


def _parsed(text: str) -> FlagRule | None:
    try:
        return FlagRule.parse(text) if text else None
    except FlagError:
        return None
