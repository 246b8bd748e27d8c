"""What would be taken from a workbook: worked out whole before anything is saved."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext as _

from exercises.fhir import wording
from exercises.fhir.planning import QUESTIONS_A_MINUTE, marked
from exercises.form_language import IMPORTED, FormError
from exercises.questions import Form
from exercises.vocabulary import Kind, Lane, QuestionType
from exercises.writing.condition_words import condition_words
from exercises.writing.starting import blank
from exercises.xlsform.findings import Refused, Told
from exercises.xlsform.mapping import Mapped, map_workbook
from exercises.xlsform.reading import Workbook, read_workbook

#: Parts that can be left out of a question when they cannot be kept; without any other it is no question.
_LEFT_OUT = frozenset(
    {"show_if", "pattern", "pattern_hint", "min", "max", "least", "most", "least_length", "max_length", "earliest"}
    | {"latest", "initial", "repeats", "help", "decimals"}
)
_TRIES = 40


@dataclass(frozen=True)
class Choices:
    """What whoever brings a form decided. ``marks``: its safety questions and their rules."""

    title: str
    summary: str = ""
    lane: str = Lane.PRIVATE
    licence: str = ""
    author: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One row of the sheet on the page: what it becomes, and when it is asked."""

    row: int
    name: str
    kind: str
    label: str
    type: str
    options: tuple[str, ...]
    condition: str


@dataclass(frozen=True)
class Plan:
    """One workbook, ready to be taken."""

    book: Workbook
    mapped: Mapped
    form: Form

    @property
    def title(self) -> str:
        said = self.book.tree
        title = str(said.get("title") or "")
        first = next((one.label for one in self.form), "")
        return wording.line(title if title != said.get("id_string") else first or title, 160) or _("Imported form")

    @property
    def rows(self) -> int:
        """How many rows of the survey say anything but the end of a group."""
        kinds = [str(kind).lower().replace(" ", "_") for _row, _name, kind in self.book.data["rows"]]
        return sum(not kind.startswith("end_") for kind in kinds)

    @property
    def form_id(self) -> str:
        said = str(self.book.tree.get("id_string") or "")
        return "" if said == "data" else wording.line(said, 120)

    @property
    def version(self) -> str:
        return wording.line(str(self.book.tree.get("version") or ""), 60)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """Every question that is asked, as data, for marking those about safety."""
        keys = {one.key for one in self.form}
        return [one for one in _every(self.mapped.questions) if one["key"] in keys]

    @property
    def gone(self) -> list[Told]:
        return self.mapped.telling.lines(gone=True)

    @property
    def changed(self) -> list[Told]:
        return self.mapped.telling.lines(gone=False)

    def lines(self) -> list[Line]:
        """Each row that becomes something, in the order of the sheet."""
        items = {one["key"]: one for one in _every(self.mapped.questions)}
        labels = {key: str(one.get("label") or one.get("body") or "") for key, one in items.items()}
        answers = {(key, part["value"]): part["label"] for key, one in items.items() for part in one.get("options", ())}
        types = dict(QuestionType.choices)
        return [
            Line(
                row.number,
                row.name,
                row.kind,
                labels[row.key],
                str(types[items[row.key]["type"]]),
                tuple(part["label"] for part in items[row.key].get("options", ())),
                condition_words(items[row.key].get("show_if"), labels, answers),
            )
            for row in self.mapped.rows
            if row.key in items
        ]

    def content(self, choices: Choices) -> dict[str, Any]:
        """Everything that the draft says."""
        return {
            **blank(choices.title, Kind.SELF_ASSESSMENT, language=self.mapped.language),
            "reminder_title": _("A questionnaire"),
            "cadence": {"words": _("Once"), "rule": "once", "time_of_day": "any"},
            "minutes": min(240, max(1, -(-len(self.form) // QUESTIONS_A_MINUTE))),
            "summary": wording.lines(choices.summary, 600),
            "questions": marked(copy.deepcopy(self.mapped.questions), choices.marks),
            "lane": Lane(choices.lane).value,
            "translations": self.mapped.translations,
            "rights": {"licence": choices.licence, "author": wording.line(choices.author, 200)},
            "xlsform": {
                "form_id": self.form_id,
                "version": self.version,
                "sha256": self.book.sha256,
            },
        }


def plan_workbook(data: bytes, language: str, kind: str = ".xlsx") -> Plan:
    """Work out what a workbook becomes. Raises :class:`~exercises.xlsform.findings.Refused`; nothing is saved."""
    book = read_workbook(data, kind)
    mapped = map_workbook(book, language)
    form = _judged(mapped)
    if not len(form):
        raise Refused(_("No row of this form becomes a question here."), *(str(one.message) for one in _gone(mapped)))
    return Plan(book, mapped, form)


def _gone(mapped: Mapped) -> list[Told]:
    return [
        Told(f"{one.place}: {one.message}" if one.place else one.message) for one in mapped.telling.lines(gone=True)
    ]


def _judged(mapped: Mapped) -> Form:
    """Let our own language judge the outcome: a part that it cannot say is left out, and told."""
    for _try in range(_TRIES):
        try:
            return Form.from_data(mapped.questions, IMPORTED)
        except FormError as error:
            if "form" in error.errors:
                raise Refused(*error.errors["form"]) from error
            for place, reasons in reversed(error.errors.items()):
                _mend(mapped, place.split("."), str(reasons[0]))
            mapped.questions = list(_without_empty(mapped.questions))
    raise Refused(_("This form cannot be said in the language of Attune's forms."))


def _mend(mapped: Mapped, place: list[str], reason: str) -> None:
    """Leave out the part that does not fit, or the whole question."""
    item, holder, index = None, mapped.questions, 0
    at = 0
    while at < len(place) and place[at].isdigit() and int(place[at]) < len(holder):
        index = int(place[at])
        item = holder[index]
        if place[at + 1 : at + 2] != ["questions"] or not place[at + 2 : at + 3]:
            break
        holder, at = item["questions"], at + 2
    if item is None or "key" not in item:
        return
    row = next((one for one in mapped.rows if one.key == item["key"]), None)
    number, name = (row.number, row.name) if row else (0, "")
    part = place[at + 1] if len(place) > at + 1 else ""
    if part in _LEFT_OUT and part in item:
        del item[part]
        words = {
            "show_if": _("Its condition is not taken, so it is always asked."),
            "initial": _("What is filled in beforehand is not taken."),
        }.get(part, _("Its limit is not taken, or not all of it."))
        mapped.telling.say(format_lazy("{what} {why}", what=words, why=reason), number, name)
    else:
        holder[index] = {"gone": True}
        mapped.telling.say(reason, number, name, gone=True)


def _without_empty(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if item.get("gone"):
            continue
        if "questions" in item:
            item["questions"] = list(_without_empty(item["questions"]))
            if not item["questions"]:
                continue
        yield item


def _every(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from _every(item.get("questions", []))
