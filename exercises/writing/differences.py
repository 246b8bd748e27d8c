"""What changed between two states of an exercise, in words, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exercises.flags import Severity
from exercises.vocabulary import CAUTIONS, Direction, Kind, Lane, Level, Method, Participation, QuestionType, Theme
from exercises.writing.condition_words import condition_words
from exercises.writing.outline import places
from exercises.writing.parts import OUTLINE, key_of, language_of, parts_of

NAMES: Mapping[str, str | Promise] = {
    "title": gettext_lazy("Title"),
    "reminder_title": gettext_lazy("Neutral title"),
    "kind": gettext_lazy("Kind"),
    "summary": gettext_lazy("Summary"),
    "themes": gettext_lazy("Themes"),
    "participation": gettext_lazy("Who does it"),
    "level": gettext_lazy("Depth"),
    "minutes": gettext_lazy("Minutes"),
    "lane": gettext_lazy("Who reads"),
    "cadence": gettext_lazy("Rhythm"),
    "points": gettext_lazy("Good to know"),
    "steps": gettext_lazy("Steps"),
    "prompts": gettext_lazy("Cards"),
    "cautions": gettext_lazy("Cautions"),
    "cautions_for_therapist": gettext_lazy("Cautions for therapists"),
    "caution_codes": gettext_lazy("Before it is given"),
    "adaptations": gettext_lazy("Adapting it"),
    "needs_clearance": gettext_lazy("Needs clearance"),
    "scoring": gettext_lazy("Scores"),
    OUTLINE: gettext_lazy("Order of the questions"),
    "language": gettext_lazy("Language"),
}
PARTS_OF_ITEMS: Mapping[str, str | Promise] = {
    "label": gettext_lazy("Question"),
    "help": gettext_lazy("Help"),
    "body": gettext_lazy("Text"),
    "type": gettext_lazy("Answer"),
    "min": gettext_lazy("Lowest"),
    "max": gettext_lazy("Highest"),
    "low": gettext_lazy("Words at the low end"),
    "high": gettext_lazy("Words at the high end"),
    "unit": gettext_lazy("Unit"),
    "options": gettext_lazy("Options"),
    "rows": gettext_lazy("Rows"),
    "stops": gettext_lazy("Stops"),
    "units": gettext_lazy("Units"),
    "lane": gettext_lazy("Who reads"),
    "show_if": gettext_lazy("Shown"),
    "flag_if": gettext_lazy("Calls for help"),
    "severity": gettext_lazy("How soon it is looked at"),
    "required": gettext_lazy("Needed before sending"),
    "decline": gettext_lazy("Offers “rather not say”"),
    "url": gettext_lazy("Address"),
    "alt": gettext_lazy("Picture in words"),
    "attachment": gettext_lazy("Picture"),
    "repeats": gettext_lazy("Times"),
    "metric": gettext_lazy("Series"),
}
#: Parts of an edition that say nothing about the exercise.
_SILENT = frozenset({"slug", "fhir", "xlsform", "shared", "rights", "minutes_estimated", "measure"})
_LABELS: Mapping[str, type] = {"kind": Kind, "participation": Participation, "level": Level, "lane": Lane}


@dataclass(frozen=True)
class Run:
    """Some words of a text: ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One part that differs. ``kind`` is ``new``, ``gone`` or ``changed``; texts are in words, by line."""

    part: str
    name: str
    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def runs(self) -> list[Run]:
        """Before and after in one text, word by word."""
        return words_between("\n".join(self.before), "\n".join(self.after))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Every part that differs between two contents, in the order of the later one."""
    old, new = parts_of(before), parts_of(after)
    numbers = _numbers(after) | {key: n for key, n in _numbers(before).items() if key not in _numbers(after)}
    labels = {**_labels(before), **_labels(after)}
    names = [name for name in _in_order(old, new, numbers) if old.get(name) != new.get(name)]
    made = []
    for name in names:
        then, now = said(name, old.get(name), labels), said(name, new.get(name), labels)
        if then != now:
            kind = "changed" if name in old and name in new else "new" if name in new else "gone"
            made.append(Change(name, name_of(name, numbers), kind, then, now))
    return made


def name_of(part: str, numbers: Mapping[str, int]) -> str:
    """What a part is called on a page."""
    if key := key_of(part):
        return _("Question %(n)s") % {"n": numbers.get(key, "?")}
    if language := language_of(part):
        return _("Words in “%(language)s”") % {"language": language}
    return str(NAMES.get(part, part))


def _in_order(old: Mapping[str, Any], new: Mapping[str, Any], numbers: Mapping[str, int]) -> list[str]:
    there = [name for name in dict.fromkeys([*new, *old]) if name not in _SILENT]
    order = list(NAMES)
    return sorted(there, key=lambda name: (order.index(name) if name in order else 99, numbers.get(key_of(name), 0)))


def _numbers(content: Mapping[str, Any]) -> dict[str, int]:
    """The number of each item among all of them, from 1."""
    return {place.key: number for number, place in enumerate(places(parts_of(content)[OUTLINE]), start=1)}


def _labels(content: Mapping[str, Any]) -> dict[str, str]:
    return {key_of(name): str(part.get("label") or "") for name, part in parts_of(content).items() if key_of(name)}


def said(part: str, value: Any, labels: Mapping[str, str]) -> tuple[str, ...]:
    """What a part says, in lines that people read."""
    if value in (None, "", [], {}):
        return ()
    if key_of(part):
        return said_of_item(value, labels)
    if part == OUTLINE:
        return tuple(labels.get(place.key) or place.key for place in places(value))
    if part == "scoring":
        return tuple(_said_of_score(one, labels) for one in (value if isinstance(value, list) else [value]))
    if part == "cadence":
        return (str(value.get("words") or value.get("rule", "")),)
    if part in _LABELS:
        return (_label(_LABELS[part], value),)
    if part == "themes":
        return (", ".join(_label(Theme, one) for one in value),)
    if part == "caution_codes":
        return tuple(str(CAUTIONS.get(one, one)) for one in value)
    if isinstance(value, bool):
        return (_("Yes") if value else _("No"),)
    if isinstance(value, dict):
        return tuple(str(text) for text in value.values())
    return tuple(str(one) for one in value) if isinstance(value, list) else tuple(str(value).splitlines())


def said_of_item(item: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[str, ...]:
    """A question in lines: what is asked, how it is answered, and the rules about it."""
    lines = []
    for name, title in PARTS_OF_ITEMS.items():
        value = item.get(name)
        if value in (None, "", [], {}):
            continue
        if name in ("label", "body", "help"):
            lines += str(value).splitlines()
        elif name == "type":
            lines.append(f"{title}: {_label(QuestionType, value)}")
        elif name in ("options", "rows", "stops", "units"):
            lines.append(f"{title}: " + " · ".join(_said_of_choice(one) for one in value if isinstance(one, dict)))
        elif name in ("lane", "severity"):
            lines.append(f"{title}: {_label(Lane if name == 'lane' else Severity, value)}")
        elif name == "show_if":
            lines.append(f"{title}: {condition_words(value, labels)}")
        elif isinstance(value, bool):
            lines.append(f"{title}: {_('yes') if value else _('no')}")
        else:
            lines.append(f"{title}: {value}")
    return tuple(lines)


def _said_of_choice(part: Mapping[str, Any]) -> str:
    weight = part.get("weight")
    return str(part.get("label", "")) + (f" ({weight})" if weight is not None else "")


def _said_of_score(one: Any, labels: Mapping[str, str]) -> str:
    if not isinstance(one, dict) or "method" not in one:
        return _("As the measure is scored")
    keys = ", ".join(labels.get(key) or key for key in one.get("questions", ()))
    parts = [one.get("name") or one.get("series", ""), _label(Method, one["method"]), keys]
    return " · ".join(str(part) for part in [*parts, _label(Direction, one.get("direction", ""))] if part)


def _label(words: Any, value: Any) -> str:
    return str(words(value).label) if value in words.values else str(value)


def words_between(before: str, after: str) -> list[Run]:
    """The words that stayed, went and came, in reading order."""
    old, new = _tokens(before), _tokens(after)
    runs: list[Run] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            runs.append(Run("same", _joined(old[a:b])))
            continue
        if b > a:
            runs.append(Run("gone", _joined(old[a:b])))
        if d > c:
            runs.append(Run("new", _joined(new[c:d])))
    return runs


def _tokens(text: str) -> list[str]:
    return [token for line in text[:20_000].split("\n") for token in (*line.split(), "\n")][:-1]


def _joined(tokens: Iterable[str]) -> str:
    return " ".join(tokens).replace(" \n ", "\n").strip(" ")
