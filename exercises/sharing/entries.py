"""An exercise of a file, checked part by part: what it says, whose it is, and everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import licences, measures, wording
from exercises.form_language import IMPORTED, FormError
from exercises.measures import MeasureScoring
from exercises.questions import Form
from exercises.recurrence import Recurrence, ScheduleError
from exercises.scoring import ScoringError, read_scorings
from exercises.sharing import terms
from exercises.sharing.portable import checksum, own_pictures, portable
from exercises.translations import TranslationError, read_translations
from exercises.vocabulary import ADAPTATIONS, CAUTIONS, Kind, Lane, Level, Participation, Theme, TimeOfDay
from exercises.writing.starting import blank
from practice.saying_why import SaysWhy

Words = Any
LINE, TEXT, LIST = 200, 5_000, 100
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_ENTRY = {"id", "slug", "title", "edition", "checksum", "licence", "author", "by", "on", "lineage", "content"}
_ORIGIN = {"id", "catalogue", "edition", "checksum", "by", "on", "licence"}
MOST_ANCESTORS = 20


class Wrong(SaysWhy):
    """One part of an entry is not as it should be."""


@dataclass
class Entry:
    """One exercise of a file. ``reasons``: why it cannot be taken; ``notes``: what is good to know."""

    id: str = ""
    slug: str = ""
    title: str = ""
    edition: int = 1
    checksum: str = ""
    licence: str = ""
    author: str = ""
    by: str = ""
    on: str = ""
    lineage: list[dict[str, Any]] = field(default_factory=list)
    content: dict[str, Any] = field(default_factory=dict)
    measure: str = ""
    reasons: list[Words] = field(default_factory=list)
    notes: list[Words] = field(default_factory=list)

    @property
    def terms(self) -> terms.Licence | None:
        return terms.find(self.licence)

    @property
    def form(self) -> Form:
        return Form.from_data(self.content.get("questions") or [], IMPORTED)

    def origin(self) -> dict[str, Any]:
        """What is kept beside the content of the draft: which edition this is, and what it was made of."""
        said = {"id": self.id, "edition": self.edition, "checksum": self.checksum, "by": self.by, "on": self.on}
        return {**{name: part for name, part in said.items() if part}, "lineage": self.lineage}


def read_entry(data: Mapping[str, Any], by: str = "") -> Entry:
    """An entry with everything that is wrong with it. ``by``: whose file it is, where the entry itself names nobody."""
    entry = Entry()
    reader = _Reader(data, entry.reasons)
    reader.only(_ENTRY)
    entry.title = reader.line("title", 160)
    content = data.get("content")
    if not isinstance(content, dict):
        entry.reasons.append(_("It has no content."))
        return entry
    entry.title = entry.title or reader.said(content.get("title"), 160)
    entry.slug = reader.matching("slug", _SLUG, 80)
    entry.id = reader.matching("id", _ID, 80) or entry.slug
    if not entry.id:
        entry.reasons.append(_("It has neither an id nor a slug to be known by."))
    entry.edition = reader.whole("edition", 1, 10_000, 1)
    entry.licence = reader.line("licence", LINE)
    if not entry.licence:
        entry.reasons.append(_("It names no licence."))
    elif entry.terms is None:
        entry.notes.append(_("Attune does not know this licence, so it will not be passed on from here."))
    entry.author, entry.by = reader.line("author", LINE), reader.line("by", LINE) or by
    entry.on = reader.matching("on", _DAY, 10)
    entry.lineage = _lineage(data.get("lineage", []), entry)
    entry.content = _content(content, entry)
    if not entry.reasons:
        _settle(entry, reader.line("checksum", 80))
    return entry


def _lineage(said: Any, entry: Entry) -> list[dict[str, Any]]:
    if not isinstance(said, list) or len(said) > MOST_ANCESTORS or not all(isinstance(one, dict) for one in said):
        entry.reasons.append(_("Its lineage is a list of what it was made of, the nearest first."))
        return []
    made = []
    for one in said:
        reader = _Reader(one, entry.reasons)
        reader.only(_ORIGIN)
        kept: dict[str, Any] = {name: reader.line(name, LINE) for name in sorted(_ORIGIN - {"edition"})}
        kept["edition"] = reader.whole("edition", 1, 10_000, 0) if "edition" in one else 0
        made.append({name: part for name, part in kept.items() if part})
    return made


def _settle(entry: Entry, said: str) -> None:
    entry.checksum = checksum(entry.content)
    if said and said != entry.checksum:
        entry.notes.append(_("Its content was changed since this file was made: what stands here now is taken."))
    if own_pictures(entry.content.get("questions") or []):
        entry.notes.append(_("Pictures do not come along in such files."))
    entry.content = portable(entry.content)
    scoring = entry.content.get("scoring")
    if isinstance(scoring, dict) and "measure" in scoring:
        _check_measure(entry, str(scoring["measure"]))


def _check_measure(entry: Entry, key: str) -> None:
    measure = measures.find(key)
    if measure is None:
        entry.reasons.append(_("Attune does not know the measure that scores it."))
    elif not licences.may_use(measure):
        text = _("{name} may only be used with a licence. Confirm first that your practice holds one.")
        entry.reasons.append(format_lazy(text, name=measure.name))
    elif not _is_that(measure, entry):
        entry.reasons.append(_("It says that it is a published measure, and the codes of its questions say otherwise."))
    else:
        entry.measure = measure.key


def _is_that(measure: measures.Measure, entry: Entry) -> bool:
    """Whether every item is there by its code, as in a questionnaire that is recognised: a name proves nothing."""
    codes = {one.key: [(code.system, code.code) for code in one.codes] for one in entry.form}
    found = measures.recognise([measure.panel_code], codes)
    said = entry.content["scoring"].get("items")
    return found is not None and found.complete and dict(found.items) == said


# ── the parts of its content ─────────────────────────────────────────────────


def _content(said: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """The content with what nobody said filled in; what is wrong goes to the entry's reasons."""
    reader = _Reader(said, entry.reasons)
    reader.only({*_PARTS, "minutes_estimated"})
    kind = said.get("kind", Kind.CHECK_IN.value)
    made = blank(entry.title, kind if isinstance(kind, str) else Kind.CHECK_IN.value)
    for name, part in said.items():
        if name in _PARTS:
            reader.part(name, lambda part=part, name=name: _PARTS[name](part), made)
        elif name == "minutes_estimated":
            reader.part(name, lambda part=part: _truth(part), made)
    if not made["title"]:
        entry.reasons.append(_("It has no title."))
    if not entry.reasons:
        reader.part("questions", lambda: _form(made), {})
        reader.part("scoring", lambda: _scored(made), {})
    return made


def _form(made: Mapping[str, Any]) -> None:
    try:
        Form.from_data(made["questions"], IMPORTED)
    except FormError as error:
        place, reasons = next(iter(error.errors.items()))
        raise Wrong(format_lazy("{place}: {why}", place=place, why=reasons[0])) from error


def _scored(made: Mapping[str, Any]) -> None:
    scoring = made.get("scoring")
    try:
        form = Form.from_data(made["questions"], IMPORTED)
        if isinstance(scoring, dict) and "measure" in scoring:
            MeasureScoring.from_data(scoring, form)
        else:
            read_scorings(scoring, form)
    except FormError:
        return  # which was told already
    except (ScoringError, TypeError, KeyError, AttributeError) as error:
        raise Wrong(str(error) or _("This is no score.")) from error


def _text(limit: int, *, lines: bool = False) -> Callable[[Any], str]:
    def read(said: Any) -> str:
        if not isinstance(said, str):
            raise Wrong(_("This is a text."))
        if len(said) > limit:
            raise Wrong(format_lazy(_("There is room for {n} characters."), n=limit))
        try:
            return wording.tidy(said, lines=lines)
        except wording.UnkeepableText as refusal:
            raise Wrong(refusal.message) from refusal

    return read


def _texts(said: Any) -> list[str]:
    if not isinstance(said, list) or len(said) > LIST:
        raise Wrong(format_lazy(_("This is a list of up to {n} texts."), n=LIST))
    return [_text(TEXT)(one) for one in said]


def _word(known: Collection[str]) -> Callable[[Any], str]:
    def read(said: Any) -> str:
        if not isinstance(said, str) or said not in known:
            raise Wrong(format_lazy(_("“{said}” is not known here."), said=str(said)[:60]))
        return said

    return read


def _words(known: Collection[str]) -> Callable[[Any], list[str]]:
    def read(said: Any) -> list[str]:
        if not isinstance(said, list) or len(said) > LIST:
            raise Wrong(_("This is a list of words."))
        return list(dict.fromkeys(_word(known)(one) for one in said))

    return read


def _named(said: Any) -> dict[str, str]:
    if not isinstance(said, dict):
        raise Wrong(_("These are texts by name."))
    return {_word(ADAPTATIONS)(name): _text(TEXT)(one) for name, one in said.items()}


def _cadence(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict) or not set(said) <= {"words", "rule", "time_of_day", "reviews", "on_demand"}:
        raise Wrong(_("A rhythm has words and a rule."))
    rule, reviews = _text(500)(said.get("rule", "once")), said.get("reviews", False)
    try:
        Recurrence.parse(rule, reviews=_truth(reviews))
    except ScheduleError as error:
        raise Wrong(str(error)) from error
    made: dict[str, Any] = {
        "words": _text(LINE)(said.get("words", "")),
        "rule": rule,
        "time_of_day": _word(TimeOfDay.values)(said.get("time_of_day", TimeOfDay.ANY.value)),
    }
    return {**made, **{name: True for name in ("reviews", "on_demand") if _truth(said.get(name, False))}}


def _truth(said: Any) -> bool:
    if not isinstance(said, bool):
        raise Wrong(_("This is either true or false."))
    return said


def _minutes(said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= 240:
        raise Wrong(_("This is a whole number of minutes from 1 to 240."))
    return said


def _questions(said: Any) -> list[Any]:
    if not isinstance(said, list):
        raise Wrong(_("A form is a list of questions."))
    return said


def _scoring(said: Any) -> Any:
    if said is not None and not isinstance(said, dict | list):
        raise Wrong(_("This is no score."))
    return said


def _translations(said: Any) -> dict[str, dict[str, str]]:
    try:
        return read_translations(said)
    except TranslationError as error:
        place, reasons = next(iter(error.errors.items()))
        raise Wrong(format_lazy("{place}: {why}", place=place, why=reasons[0])) from error


def _language(said: Any) -> str:
    if not isinstance(said, str) or not _LANGUAGE.fullmatch(said):
        raise Wrong(_("There is no such language."))
    return said


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "title": _text(160),
    "reminder_title": _text(160),
    "summary": _text(2_000, lines=True),
    "credit": _text(2_000, lines=True),
    "kind": _word(Kind.values),
    "participation": _word(Participation.values),
    "level": _word(Level.values),
    "lane": _word(Lane.values),
    "themes": _words(Theme.values),
    "caution_codes": _words(CAUTIONS),
    "adaptations": _named,
    "cadence": _cadence,
    "minutes": _minutes,
    "needs_clearance": _truth,
    "points": _texts,
    "steps": _texts,
    "prompts": _texts,
    "cautions": _texts,
    "cautions_for_therapist": _texts,
    "questions": _questions,
    "scoring": _scoring,
    "language": _language,
    "translations": _translations,
}


class _Reader:
    """Takes named parts, each as what it must be, and notes what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], reasons: list[Words]) -> None:
        self.data, self.reasons = data, reasons

    def wrong(self, name: str, why: Words) -> None:
        self.reasons.append(format_lazy("{name}: {why}", name=str(name)[:60], why=why))

    def only(self, known: Collection[str]) -> None:
        for name in self.data:
            if name not in known:
                self.wrong(name, _("This is not known here. The file may be of a newer Attune."))

    def part(self, name: str, read: Callable[[], Any], made: dict[str, Any]) -> None:
        try:
            made[name] = read()
        except Wrong as refusal:
            self.wrong(name, refusal.message)

    def line(self, name: str, limit: int) -> str:
        return self.said(self.data.get(name, ""), limit, name)

    def said(self, said: Any, limit: int, name: str = "title") -> str:
        made: dict[str, Any] = {}
        self.part(name, lambda: _text(limit)(said), made)
        return str(made.get(name, ""))

    def matching(self, name: str, pattern: re.Pattern[str], limit: int) -> str:
        said = self.line(name, limit)
        if said and not pattern.fullmatch(said):
            self.wrong(name, _("This is not spelled as such a name is."))
            return ""
        return said

    def whole(self, name: str, low: int, high: int, otherwise: int) -> int:
        said = self.data.get(name, otherwise)
        if not isinstance(said, int) or isinstance(said, bool) or not low <= said <= high:
            self.wrong(name, format_lazy(_("This is a whole number from {low} to {high}."), low=low, high=high))
            return otherwise
        return said
