"""From a checked questionnaire to our form language.

:func:`map_form` is a pure function of the questionnaire: the same file gives the same keys, so that answers
can be matched with it at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from exercises.fhir import showing, wording
from exercises.fhir.findings import Findings
from exercises.fhir.names import Names
from exercises.fhir.questions import MOST_REPEATS, question_data, repeats_of
from exercises.fhir.spots import Spot, make_spot
from exercises.fhir.structure import Item, Questionnaire

ABSORBED = frozenset({"help", "flyover", "prompt", "unit", "lower", "upper", "tab"})


@dataclass
class Mapped:
    """A form in our language. ``spots`` tells for each linkId where its answers are kept."""

    questions: list[dict[str, Any]] = field(default_factory=list)
    translations: dict[str, dict[str, str]] = field(default_factory=dict)
    spots: dict[str, Spot] = field(default_factory=dict)
    notices: Findings = field(default_factory=Findings)

    def spot_of(self, key: str) -> Spot | None:
        return next((spot for spot in self.spots.values() if spot.key == key), None)


def map_form(form: Questionnaire, most: int = MOST_REPEATS) -> Mapped:
    """The questions of a questionnaire, with where each of its items went. Nothing repeats beyond ``most``."""
    return _Mapper(form, most).map()


class _Mapper:
    def __init__(self, form: Questionnaire, most: int) -> None:
        self.form = form
        self.most = most
        self.mapped = Mapped()
        self.names = Names()
        self.looked_at = {one.question for item in form.walk() for one in item.conditions}
        self.language = form.language or "en"

    def map(self) -> Mapped:
        for item in self.form.walk():
            spot = make_spot(item, self.names)
            if spot:
                self.mapped.spots[item.link_id] = spot
        self.mapped.questions = self._all(self.form.items)
        for language, words in self.form.translations.items():
            self._translate(language, "title", wording.line(words, 160))
        return self.mapped

    def _all(self, items: list[Item]) -> list[dict[str, Any]]:
        return [made for item in items for made in self._one(item)]

    def _one(self, item: Item) -> Iterator[dict[str, Any]]:
        if item.type == "display":
            if not item.is_hidden_away:
                yield from self._shown(item)
        elif item.is_hidden_away:
            yield from self._unasked(item)
        elif item.type == "group":
            yield from self._group(item)
        else:
            yield from self._asked(item)

    # --- shown ---------------------------------------------------------------------------------

    def _shown(self, item: Item) -> Iterator[dict[str, Any]]:
        body = wording.lines(" ".join(part for part in (item.prefix, item.text) if part.strip()))
        if not body:
            return
        spot = self.mapped.spots[item.link_id]
        yield self._base(item, {"key": spot.key, "type": "instructions", "body": body})
        self._translate_all(item, f"questions.{spot.key}.body", prefix=item.prefix)

    def _group(self, item: Item) -> Iterator[dict[str, Any]]:
        inner = self._all(item.children)
        if not inner:
            return
        spot = self.mapped.spots[item.link_id]
        data = {"key": spot.key, "type": "group", **self._heading(item, spot.key)}
        if item.repeats:
            data["repeats"] = repeats_of(item, spot, self.most)
        yield from self._too_long(item, spot)
        yield self._base(item, {**data, "questions": inner})

    def _heading(self, item: Item, key: str) -> dict[str, Any]:
        label = wording.line(item.text)
        if not label:
            return {}
        self._translate_all(item, f"questions.{key}.label")
        return {"label": label}

    # --- asked ---------------------------------------------------------------------------------

    def _asked(self, item: Item) -> Iterator[dict[str, Any]]:
        spot = self.mapped.spots[item.link_id]
        absorbed, others = self._helpers(item)
        yield from self._too_long(item, spot)
        data = self._base(item, {"key": spot.key, "type": spot.type, "label": self._label(item, absorbed, spot.key)})
        helps = [wording.line(one.text) for one in absorbed.get("help", []) + absorbed.get("prompt", [])]
        helps += [wording.line(one.text) for one in absorbed.get("flyover", []) if item.text.strip()]
        if item.placeholder:
            helps.append(wording.line(item.placeholder))
        if any(helps):
            data["help"] = " ".join(one for one in helps if one)[: wording.LABEL]
            self._translate_help(item, absorbed, spot.key)
        low, high = (wording.line(" ".join(one.text for one in absorbed.get(name, []))) for name in ("lower", "upper"))
        data |= question_data(item, spot, (low, high), self.mapped.notices, self.most)
        self._translate_all(item, f"questions.{spot.key}.label")
        self._translate_options(item, spot)
        inner = self._all(others)
        if inner and spot.holds_children:
            data["questions"] = inner
            inner = []
        yield data
        yield from inner

    def _helpers(self, item: Item) -> tuple[dict[str, list[Item]], list[Item]]:
        """What only explains the question, by its kind, and everything else under it."""
        absorbed: dict[str, list[Item]] = {}
        others = []
        for child in item.children:
            kinds = child.control & ABSORBED
            if child.type == "display" and kinds and not child.conditions and not child.hidden:
                absorbed.setdefault(next(iter(sorted(kinds))), []).append(child)
                self.mapped.spots.pop(child.link_id, None)
            else:
                others.append(child)
        return absorbed, others

    def _label(self, item: Item, absorbed: dict[str, list[Item]], key: str) -> str:
        label = wording.line(item.text)
        if not label:
            label = wording.line(" ".join(one.text for one in absorbed.get("flyover", [])))
            for one in absorbed.get("flyover", []):
                self._translate_all(one, f"questions.{key}.label")
        if len(item.text) > wording.LABEL:
            label = wording.line(item.text, 300) + " …"
        return label or _("Question %(name)s") % {"name": item.link_id[:60]}

    def _too_long(self, item: Item, spot: Spot) -> Iterator[dict[str, Any]]:
        """A very long text is shown whole above its question."""
        if len(item.text) > wording.LABEL:
            key = self.names.key(f"{spot.key}_text")
            yield self._base(item, {"key": key, "type": "instructions", "body": wording.lines(item.text)}, linked=False)

    # --- never asked ---------------------------------------------------------------------------

    def _unasked(self, item: Item) -> Iterator[dict[str, Any]]:
        """What is hidden stays as a constant where it has a value, or a condition looks at it."""
        if item.read_only and not item.hidden and not item.calculated and item.initial:
            yield from self._told(item)
        spot = self.mapped.spots.get(item.link_id)
        needed = item.link_id in self.looked_at or (bool(item.initial) and not item.calculated)
        if item.is_question and needed and spot and spot.can_be_constant:
            data = self._base(item, {"key": spot.key, "type": spot.type, "label": self._label(item, {}, spot.key)})
            data |= question_data(item, spot, ("", ""), self.mapped.notices, self.most)
            data.pop("required", None)
            data["hidden"] = True
            if item.calculated:
                data.pop("initial", None)
            yield data
        elif spot:
            del self.mapped.spots[item.link_id]
        yield from self._all(item.children)

    def _told(self, item: Item) -> Iterator[dict[str, Any]]:
        """A value that is only to be read."""
        words = ", ".join(showing.words(one) for one in item.initial)
        body = wording.lines(f"{item.text.strip()} {words}".strip())
        key = self.names.key(f"{item.link_id}_shown")
        yield self._base(item, {"key": key, "type": "instructions", "body": body}, linked=False)

    # --- parts of every item -------------------------------------------------------------------

    def _base(self, item: Item, data: dict[str, Any], *, linked: bool = True) -> dict[str, Any]:
        if linked:
            data["link_id"] = item.link_id
            codes = [{**({"system": system} if system else {}), "code": code[:500]} for system, code in item.codes[:10]]
            if codes:
                data["codes"] = codes
            prefix = wording.line(item.prefix)
            if prefix and item.type != "display":
                if len(prefix) <= wording.PREFIX:
                    data["prefix"] = prefix
                elif "label" in data:
                    data["label"] = f"{prefix} {data['label']}"[: wording.LABEL]
        clauses = [showing.clause(one, self.form, self.mapped.spots) for one in item.conditions]
        if clauses:
            data["show_if"] = {item.behaviour: clauses}
        return data

    def _translate(self, language: str, path: str, words: str) -> None:
        if words and language != self.language:
            self.mapped.translations.setdefault(language, {})[path] = words

    def _translate_all(self, item: Item, path: str, prefix: str = "") -> None:
        for language, words in item.translations.items():
            self._translate(language, path, wording.lines(f"{prefix} {words}".strip(), wording.LABEL))

    def _translate_help(self, item: Item, absorbed: dict[str, list[Item]], key: str) -> None:
        for one in absorbed.get("help", []):
            self._translate_all(one, f"questions.{key}.help")

    def _translate_options(self, item: Item, spot: Spot) -> None:
        for value, choice in spot.values.items():
            for language, words in choice.translations.items():
                self._translate(language, f"questions.{spot.key}.options.{value}", wording.line(words))
