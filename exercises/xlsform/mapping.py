"""From pyxform's tree to our form language: each row a question, a text or a group, or a line that says why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext as _

from exercises.clauses import plain_number
from exercises.fhir import wording
from exercises.fhir.names import Names
from exercises.form_language.bounds import IMPORTED, MAX_REPEATS, MAX_STEPS, MAX_STOPS
from exercises.xlsform import kinds
from exercises.xlsform.expressions import Unread
from exercises.xlsform.findings import Telling
from exercises.xlsform.limits import limits_of
from exercises.xlsform.reading import Workbook
from exercises.xlsform.relevance import condition_of
from exercises.xlsform.spots import Spot
from exercises.xlsform.tongues import Tongues

NUMBER_LIMIT = 1_000_000_000
DEEPEST = 8
_REFERENCE = re.compile(r"\$\{[^}]{0,200}\}")
_YES = frozenset({"yes", "true", "true()", "yes()"})
_NO = frozenset({"", "no", "false", "false()", "no()"})
#: Parts of a row that are read somewhere in here.
_KNOWN = frozenset(
    {"type", "name", "label", "hint", "guidance_hint", "bind", "control", "parameters", "children", "choices", "media"}
    | {"itemset", "list_name", "default", "choice_filter", "query", "trigger", "flat", "columns", "action", "actions"}
)
_CONTROL = frozenset({"appearance", "jr:count", "start", "end", "step", "bodyless"})
_BIND = {"relevant", "constraint", "jr:constraintMsg", "required", "jr:requiredMsg", "readonly", "calculate", "type"}


@dataclass
class Row:
    """One row of the sheet and what it becomes, for the page."""

    number: int
    name: str
    kind: str
    key: str


@dataclass
class Mapped:
    """A form in our language, and everything of the sheet that it does not say."""

    questions: list[dict[str, Any]] = field(default_factory=list)
    translations: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    telling: Telling = field(default_factory=Telling)
    language: str = "en"


def map_workbook(book: Workbook, language: str) -> Mapped:
    """The questions of a workbook. ``language``: the tag to take where the sheet names none."""
    return _Mapper(book, language).map()


class _Mapper:
    def __init__(self, book: Workbook, language: str) -> None:
        self.book, self.tree = book, book.tree
        self.mapped = Mapped()
        self.tell = self.mapped.telling
        self.names = Names()
        self.tongues = Tongues(self.tree, book.choices, language)
        self.mapped.language = self.tongues.source
        self.spots: dict[str, Spot] = {}
        self.rows = iter(book.data["rows"])
        self.placed: dict[int, Spot] = {}

    def map(self) -> Mapped:
        for name in self.tongues.unknown:
            self.tell.say(_("Texts in a language that Attune cannot name."), name=name, gone=True)
        children = list(self._own(self.tree.get("children") or []))
        self._place(children, 1)
        self.mapped.questions = self._all(children)
        self._formulas()
        self._beside()
        return self.mapped

    # ── first: which rows become something, so that conditions can look at later ones ──

    def _own(self, nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Without what pyxform adds by itself: the form's own id, and boxes for other choices."""
        for node in nodes:
            if not (node.get("name") == "meta" and (node.get("control") or {}).get("bodyless")):
                yield node

    def _place(self, nodes: list[dict[str, Any]], depth: int) -> None:
        for node in nodes:
            number, kind = self._row_of(node)
            if not number and str(node.get("name", "")).endswith("_other"):
                continue  # the box that pyxform adds for or_other: ours belongs to the question
            spot = self._spot(node, number, kind, depth)
            if spot is not None:
                self.placed[id(node)] = spot
                self.spots.setdefault(spot.name, spot)
                self.mapped.rows.append(Row(number, spot.name, kind, spot.key))
            if spot is not None or node.get("type") not in kinds.SHOWN:
                self._place(list(node.get("children") or []), depth + 1)

    def _row_of(self, node: dict[str, Any]) -> tuple[int, str]:
        """The row that a node came from: names come in the order of the sheet."""
        name = str(node.get("name", ""))
        made = re.fullmatch(r"generated_note_name_(\d+)", name)
        rows = self.book.data["rows"]
        start = getattr(self, "_at", 0)
        for at in range(start, len(rows)):
            number, there, kind = rows[at]
            if there == name or (made and number == int(made[1])):
                self._at = at + 1
                return int(number), str(kind)
        return 0, str(node.get("type", ""))

    def _spot(self, node: dict[str, Any], row: int, kind: str, depth: int) -> Spot | None:
        name, type_ = str(node.get("name", "")), str(node.get("type", ""))
        if depth > DEEPEST:
            self.tell.say(_("Groups lie too deep in each other."), row, name, gone=True)
            return None
        ours = kinds.SHOWN.get(type_) or kinds.ASKED.get(type_)
        if ours is None:
            self.tell.say(kinds.NOT_HERE.get(type_, kinds.UNKNOWN), row, name, gone=True)
            return None
        spot = Spot(name, "", ours, {**node, "_kind": kind}, row)
        if ours in ("single", "multi") and not self._options_of(spot):
            return None
        spot.key = self.names.key(name)
        if type_ == "text" and "multiline" in self._appearance(node):
            spot.type = "long_text"
        if ours == "scale":
            spot.type = self._range_type(node)
        return spot

    def _options_of(self, spot: Spot) -> bool:
        node, itemset = spot.node, str(spot.node.get("itemset", ""))
        listed = self.book.choices.get(str(node.get("list_name", "")))
        if not listed:
            found = kinds.FROM_ANSWERS if itemset.startswith("${") else kinds.EXTERNAL
            self.tell.say(found, spot.row, spot.name, gone=True)
            return False
        own = [one for one in listed if (str(node["list_name"]), str(one.get("name", ""))) in self.book.listed]
        if len(own) > IMPORTED.options:
            text = _("It offers %(n)s choices, and there is room for %(limit)s.")
            self.tell.say(text % {"n": len(own), "limit": IMPORTED.options}, spot.row, spot.name, gone=True)
            return False
        names = Names()
        spot.values = {str(one["name"]): names.value(str(one["name"])) for one in own}
        spot.numbered = all(_decimal(one) is not None for one in spot.values)
        spot.node["_options"] = own
        return bool(own)

    # ── then: each of them as an item ──

    def _all(self, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [item for node in nodes if id(node) in self.placed for item in self._one(self.placed[id(node)])]

    def _one(self, spot: Spot) -> Iterator[dict[str, Any]]:
        item: dict[str, Any] = {"key": spot.key, "type": spot.type}
        match spot.type:
            case "instructions":
                item["body"] = self._text(spot, "label", "body") or "…"
            case "group":
                inside = self._all(list(spot.node.get("children") or []))
                if not inside:
                    return
                label = self._text(spot, "label", "label")
                item |= {**({"label": label} if label else {}), **self._repeats(spot), "questions": inside}
            case _:
                item["label"] = self._text(spot, "label", "label") or _("Question %(name)s") % {"name": spot.name[:60]}
                item |= self._asked(spot)
        item |= self._hint(spot)
        condition = self._condition(spot)
        if condition:
            item["show_if"] = condition
        self._others(spot)
        yield item

    def _text(self, spot: Spot, part: str, ours: str) -> str:
        """The words of a part in the form's own language; in others they become translations."""
        limit = wording.BODY if ours == "body" else wording.LABEL
        words = {tag: self._plain(text, spot, limit) for tag, text in self.tongues.read(spot.node.get(part)).items()}
        for tag, text in words.items():
            self._translate(tag, f"questions.{spot.key}.{ours}", text)
        return words.get(self.tongues.source, "") or next(iter(words.values()), "")

    def _plain(self, text: str, spot: Spot, limit: int) -> str:
        if _REFERENCE.search(text):
            self.tell.say(_("Its text repeats another answer; here “…” stands in that place."), spot.row, spot.name)
            text = _REFERENCE.sub("…", text)
        kept = wording.lines(text, limit) if limit == wording.BODY else wording.line(text, limit)
        if len(text) > limit:
            self.tell.say(_("Its text is longer than can be kept, so its end is left out."), spot.row, spot.name)
        return kept

    def _translate(self, tag: str, path: str, words: str) -> None:
        if words and tag != self.tongues.source:
            self.mapped.translations.setdefault(tag, {})[path] = words

    def _hint(self, spot: Spot) -> dict[str, Any]:
        if spot.node.get("guidance_hint"):
            self.tell.say(_("Guidance for whoever asks."), spot.row, spot.name, gone=True)
        if not spot.node.get("hint"):
            return {}
        text = self._text(spot, "hint", "help")
        return {"help": text} if text else {}

    def _asked(self, spot: Spot) -> dict[str, Any]:
        made: dict[str, Any] = {}
        match spot.type:
            case "single" | "multi":
                made = self._choices(spot)
            case "scale" | "slider" | "number" if spot.node.get("type") == "range":
                made = self._range(spot)
            case "number":
                made = {"min": -NUMBER_LIMIT, "max": NUMBER_LIMIT}
                made["decimals"] = 0 if spot.node.get("type") in ("integer", "int") else 4
        made |= self._limits(spot)
        if self._is_required(spot):
            made["required"] = True
        initial = self._initial(spot)
        return {**made, **({"initial": initial} if initial else {})}

    def _choices(self, spot: Spot) -> dict[str, Any]:
        options = []
        for one in spot.node["_options"]:
            value = spot.values[str(one["name"])]
            words = {
                tag: self._plain(text, spot, wording.OPTION)
                for tag, text in self.tongues.read(one.get("label")).items()
            }
            for tag, text in words.items():
                self._translate(tag, f"questions.{spot.key}.options.{value}", text)
            label = words.get(self.tongues.source) or next(iter(words.values()), "") or str(one["name"])
            option: dict[str, Any] = {"value": value, "label": label}
            number = _decimal(str(one["name"]))
            if spot.numbered and number is not None:
                option["stands_for"] = plain_number(number)
            if set(one) - {"name", "label"}:
                self.tell.say(_("Choices have further columns (such as pictures). Their names and labels are taken."),
                              spot.row, spot.name)  # fmt: skip
            options.append(option)
        made: dict[str, Any] = {"options": options}
        if re.search(r"\bor_other\b|\bor specify other\b", str(spot.node["_kind"]), re.IGNORECASE):
            made["other"] = True
        if spot.node.get("choice_filter"):
            self.tell.say(_("Which choices are offered depends on other answers there; here all are."),
                          spot.row, spot.name)  # fmt: skip
        return made

    # ── numbers on a line ──

    def _range_type(self, node: dict[str, Any]) -> str:
        start, end, step = _range_of(node)
        if any(one != one.to_integral_value() for one in (start, end, step)) or not end - start > 0:
            return "number"
        steps = (end - start) // step + 1 if step > 0 else 0
        if abs(start) > 1000 or abs(end) > 1000 or step < 1:
            return "number"
        if step == 1 and steps <= MAX_STEPS:
            return "scale"
        return "slider" if 2 <= steps <= MAX_STOPS and (end - start) % step == 0 else "number"

    def _range(self, spot: Spot) -> dict[str, Any]:
        start, end, step = _range_of(spot.node)
        if spot.type == "scale":
            return {"min": int(start), "max": int(end), "low": str(int(start)), "high": str(int(end))}
        if spot.type == "slider":
            stops = range(int(start), int(end) + 1, int(step))
            return {"stops": [{"value": one, "label": str(one)} for one in stops]}
        self.tell.say(_("Its steps are no line of ours: it becomes a number with the same ends."), spot.row, spot.name)
        places = -min(0, *(int(one.normalize().as_tuple().exponent) for one in (start, end, step)))
        low, high = min(start, end), max(start, end)
        return {"min": plain_number(low), "max": plain_number(high), "decimals": min(places, 4)}

    def _repeats(self, spot: Spot) -> dict[str, Any]:
        if spot.node.get("type") != "repeat":
            return {}
        count = str((spot.node.get("control") or {}).get("jr:count", "")).strip()
        if count.isascii() and count.isdigit() and 1 <= int(count[:6]) <= MAX_REPEATS:
            return {"repeats": int(count)}
        text = _("It repeats: here up to %(n)s times, as often as whoever answers adds one.")
        self.tell.say(text % {"n": MAX_REPEATS}, spot.row, spot.name)
        return {"repeats": MAX_REPEATS}

    # ── what is said about it ──

    def _limits(self, spot: Spot) -> dict[str, Any]:
        bind = _dict(spot.node.get("bind"))
        text = str(bind.get("constraint", "")).strip()
        if not text:
            return {}
        limits, reasons = limits_of(text, spot)
        for reason in reasons:
            self.tell.say(
                format_lazy("{what} {why}", what=_("Its limit is not taken, or not all of it."), why=reason),
                spot.row, spot.name,
            )  # fmt: skip
        if "pattern" in limits:
            message = self.tongues.first(bind.get("jr:constraintMsg"))
            if message:
                limits["pattern_hint"] = wording.line(message, wording.LABEL)
        elif limits and bind.get("jr:constraintMsg"):
            self.tell.say(
                _("Attune says in its own words when an answer is outside of the limits."), spot.row, spot.name
            )
        return limits

    def _is_required(self, spot: Spot) -> bool:
        said = str(_dict(spot.node.get("bind")).get("required", "")).strip()
        if said.lower() in _YES | _NO:
            return said.lower() in _YES
        self.tell.say(_("It has to be answered under a condition there; here it may stay empty."), spot.row, spot.name)
        return False

    def _condition(self, spot: Spot) -> dict[str, Any] | None:
        text = str(_dict(spot.node.get("bind")).get("relevant", "")).strip()
        if not text or text in _YES:
            return None
        try:
            return condition_of(text, self.spots)
        except Unread as refusal:
            what = _("Its condition is not taken, so it is always asked.")
            self.tell.say(format_lazy("{what} {why}", what=what, why=refusal.message), spot.row, spot.name)
            return None

    def _initial(self, spot: Spot) -> list[str]:
        said = str(spot.node.get("default", "") or "").strip()
        if not said:
            return []
        found: list[str] = []
        if "(" not in said and "${" not in said:
            match spot.type:
                case "single" | "multi":
                    chosen = [spot.values[one] for one in said.split() if one in spot.values]
                    found = chosen[:1] if spot.type == "single" else chosen
                case "number" | "scale" | "slider":
                    found = [said] if _decimal(said) is not None else []
                case "short_text" | "long_text" | "date" | "time":
                    found = [wording.line(said)]
        if not found:
            self.tell.say(_("What is filled in beforehand is not taken."), spot.row, spot.name)
        return found

    def _appearance(self, node: Mapping[str, Any]) -> str:
        return str(_dict(node.get("control")).get("appearance", ""))

    def _others(self, spot: Spot) -> None:
        """Everything of a row that nothing above has read."""
        node, say = spot.node, self.tell.say
        bind, control = _dict(node.get("bind")), _dict(node.get("control"))
        looks = " ".join(
            one for one in self._appearance(node).split() if (spot.type, one) != ("long_text", "multiline")
        )
        if looks:
            say(_("How it should look (its appearance) is left to Attune."), spot.row, spot.name)
        if node.get("media"):
            say(_("The pictures or sounds beside it."), spot.row, spot.name, gone=True)
        if str(bind.get("readonly", "")).strip().lower() not in _NO and spot.type != "instructions":
            say(_("It may only be read there; here it is asked like any other."), spot.row, spot.name)
        if bind.get("calculate") and node.get("type") != "calculate":
            say(_("What is calculated into it."), spot.row, spot.name, gone=True)
        if bind.get("jr:requiredMsg"):
            say(_("Attune says in its own words that an answer is needed."), spot.row, spot.name)
        parameters = set(_dict(node.get("parameters"))) - {"start", "end", "step"}
        further = {str(one) for one in set(node) - _KNOWN if not str(one).startswith("_")} | parameters
        further |= {str(one) for one in (set(bind) - _BIND) | (set(control) - _CONTROL)}
        further |= {one for one in ("trigger", "query", "action", "actions") if node.get(one)}
        for name in sorted(further):
            text = _("The column or parameter “%(name)s”.") % {"name": name[:60]}
            say(text, spot.row, spot.name, gone=True)

    def _formulas(self) -> None:
        for sheet, row, kept in self.book.data["formulas"]:
            text = (
                _("A formula stands in the sheet “%(sheet)s”: its last result is taken, nothing is worked out.")
                if kept
                else _("A formula in the sheet “%(sheet)s” without a result.")
            )
            self.tell.say(text % {"sheet": sheet}, int(row), gone=not kept)

    def _beside(self) -> None:
        """Further sheets, and settings that have no meaning here."""
        for name in self.book.data["sheets"]:
            if name.lower() in ("external_choices", "entities", "osm"):
                self.tell.say(_("A sheet that Attune has no use for."), name=name, gone=True)
        known = {"type", "name", "title", "id_string", "sms_keyword", "default_language", "children", "version"}
        for name in sorted(set(self.tree) - known):
            self.tell.say(_("A setting that Attune has no use for."), name=str(name), gone=True)


def _dict(said: Any) -> dict[str, Any]:
    return said if isinstance(said, dict) else {}


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**12 else None


def _range_of(node: Mapping[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """Start, end and step; what XLSForm takes where a row does not say."""
    said = _dict(node.get("parameters"))
    start, end, step = (
        _decimal(str(said.get(name, default))) for name, default in (("start", "1"), ("end", "10"), ("step", "1"))
    )
    return start or Decimal(0), end if end is not None else Decimal(10), step or Decimal(1)
