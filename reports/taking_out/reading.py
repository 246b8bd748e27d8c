"""What somebody may read of one couple, response by response, in words and in numbers.

Everything is read as whoever is bound, so that the walls decide: what a partner keeps to themselves is in none of it,
nor is anybody's note. Of each response only the newest revision stands here, as on the pages; what was taken back of
scores from paper does not, and nothing of anybody who was erased.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from clients.models import Client, Couple
from exercises import measures, saying
from exercises.fhir.record import Told, made_id
from exercises.languages import language_of, language_said, spoken
from exercises.models import Answer, Assignment, Edition, MeasureEntry, Occurrence, Response
from exercises.question import Question
from exercises.rounds import zones_of
from exercises.values import Value
from exercises.vocabulary import METRICS, Lane
from practice.models import Practice
from reports.models import Score
from reports.score_scales import scales_of
from reports.taking_out.asking import Wish

#: Responses read at once: four queries for so many.
A_BATCH = 200


@dataclass(frozen=True)
class Person:
    """One partner, as files call them."""

    client: Client
    id: str
    position: int
    zone: ZoneInfo
    language: str


@dataclass(frozen=True)
class Item:
    """One answered item."""

    key: str
    code: str
    wording: str
    type: str
    words: str
    value: Value
    unit: str
    lane: str


@dataclass(frozen=True)
class Figure:
    """One score."""

    series: str
    name: str
    value: Decimal
    band: str
    lane: str
    items: str = ""
    #: An exercise's own, or a measure's; else one answer that feeds a series which several exercises share.
    scored: bool = True


@dataclass(frozen=True)
class Entry:
    """One answering by one person, or one score from paper: then without items and without a moment."""

    person: Person
    id: str
    slug: str
    title: str
    language: str
    edition: int | None
    edition_id: uuid.UUID | None
    lane: str
    day: date
    at: datetime | None
    due_at: datetime | None
    revision: int | None
    source: str
    items: Sequence[Item] = ()
    figures: Sequence[Figure] = ()


@dataclass(frozen=True)
class InWords:
    """An edition as its reader has it: in which language, and what its scores are called."""

    edition: Edition
    language: str
    scores: Mapping[str, str]


@dataclass
class CoupleReader:
    """Reads one couple for one wish. To be used inside of its asker's transaction."""

    couple: Couple
    wish: Wish
    practice: Practice
    people: dict[uuid.UUID, Person] = field(init=False)
    _editions: dict[uuid.UUID, Edition] = field(default_factory=dict)
    _spoken: dict[tuple[uuid.UUID, str], InWords] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = [one for one in self.couple.partners.all() if one.client.erased_at is None]
        zones = zones_of(self.couple, [one.client_id for one in kept])
        self.people = {
            one.client_id: Person(
                one.client,
                made_id(one.client_id, "patient", one.client_id),
                one.position,
                zones[one.client_id],
                language_of(one.client, self.practice),
            )
            for one in kept
        }

    @property
    def couple_id(self) -> str:
        """What files call this couple."""
        return made_id(self.couple.pk, "group", self.couple.pk)

    def batches(self) -> Iterator[list[Entry]]:
        """Give all of it in order of time, so many at once; what staff typed in from paper comes last."""
        ids = list(self._responses().order_by("submitted_at", "pk").values_list("pk", flat=True))
        for first in range(0, len(ids), A_BATCH):
            yield self._batch(ids[first : first + A_BATCH])
        typed_in = [one for row in self._entries() if (one := self._from_paper(row)) is not None]
        if typed_in:
            yield typed_in

    # ── which rows ───────────────────────────────────────────────────────────

    def _responses(self) -> QuerySet[Response]:
        rows = Response.objects.newest().filter(couple=self.couple, author__in=list(self.people))
        return rows.exclude(lane__in=self._left_out).filter(self._within("submitted_at"))

    @property
    def _left_out(self) -> list[Lane]:
        return [Lane.OWN] if self.wish.private else [Lane.OWN, Lane.PRIVATE]

    def _entries(self) -> QuerySet[MeasureEntry]:
        people = list(self.people) if self.wish.private else []
        rows = MeasureEntry.objects.filter(couple=self.couple, client__in=people, taken_back_at=None)
        days = {"taken_on__gte": self.wish.begins_on, "taken_on__lte": self.wish.ends_on}
        return rows.filter(**{name: day for name, day in days.items() if day}).defer("note").order_by("taken_on", "pk")

    def _within(self, column: str) -> Q:
        since, before = self.wish.since(self.practice), self.wish.before(self.practice)
        asked = Q(**{f"{column}__gte": since}) if since else Q()
        return asked & Q(**{f"{column}__lt": before}) if before else asked

    def told(self) -> Told | None:
        """Return what a FHIR record may hold, so that it holds the same; None: all that may be read."""
        if self.wish.private and self.wish.begins_on is None and self.wish.ends_on is None:
            return None
        responses = self._responses().values("pk")
        asked = Occurrence.objects.filter(self._within("due_at"), couple=self.couple)
        given = Assignment.objects.filter(couple=self.couple, pk__in=asked.values("assignment"))
        given = given.exclude(lane__in=self._left_out)
        rows: set[uuid.UUID] = set()
        for found in (
            responses,
            self._entries().values("pk"),
            asked.values("pk"),
            given.values("pk"),
            self._answers(responses).values("pk"),
        ):
            rows |= {one["pk"] for one in found}
        return Told(rows, set(self._scores(responses).values_list("response_id", "series")))

    def _answers(self, responses: Any) -> QuerySet[Answer]:
        return Answer.objects.filter(response__in=responses).exclude(lane__in=self._left_out)

    def _scores(self, responses: Any) -> QuerySet[Score]:
        return Score.objects.filter(response__in=responses).exclude(lane__in=self._left_out)

    # ── responses ────────────────────────────────────────────────────────────

    def _batch(self, ids: Sequence[uuid.UUID]) -> list[Entry]:
        found = Response.objects.filter(pk__in=ids).select_related("occurrence").defer("occurrence__skip_reason")
        rows = sorted(found, key=lambda one: (one.submitted_at, one.pk))
        answers: dict[uuid.UUID, dict[str, Answer]] = defaultdict(dict)
        for one in self._answers(ids):
            answers[one.response_id][one.key] = one
        scores: dict[uuid.UUID, list[Score]] = defaultdict(list)
        for score in self._scores(ids).order_by("series", "questions"):
            scores[score.response_id].append(score)
        self._fetch({one.edition_id for one in rows})
        return [self._entry(one, answers[one.pk], scores[one.pk]) for one in rows]

    def _fetch(self, editions: set[uuid.UUID]) -> None:
        missing = editions - self._editions.keys()
        if missing:
            self._editions |= {one.pk: one for one in Edition.objects.filter(pk__in=missing).select_related("exercise")}

    def _in_words_of(self, person: Person, edition_id: uuid.UUID) -> InWords:
        key = (edition_id, person.language)
        if key not in self._spoken:
            edition = spoken(self._editions[edition_id], person.language)
            language = language_said(self._editions[edition_id], person.language)
            with translation.override(language):
                scales = scales_of(edition.exercise.slug, edition)
                names = {series: scale.what for series, scale in scales.items()}
            self._spoken[key] = InWords(edition, language, names)
        return self._spoken[key]

    def _entry(self, row: Response, answers: Mapping[str, Answer], scores: Iterable[Score]) -> Entry:
        person = self.people[row.author_id]
        told = self._in_words_of(person, row.edition_id)
        edition, language, due = told.edition, told.language, row.occurrence
        with translation.override(language), timezone.override(person.zone):
            return Entry(
                person=person,
                id=made_id(row.author_id, "response", row.pk),
                slug=edition.exercise.slug,
                title=edition.title,
                language=language,
                edition=edition.number,
                edition_id=edition.pk,
                lane=row.lane,
                day=timezone.localtime(row.submitted_at, person.zone).date(),
                at=row.submitted_at,
                due_at=None if due.has_no_date else due.due_at,
                revision=row.revision,
                source="imported" if row.imported_at else "portal",
                items=list(_items(edition, answers)),
                figures=[_figure(one, told.scores) for one in scores],
            )

    def _from_paper(self, row: MeasureEntry) -> Entry | None:
        person = self.people[row.client_id]
        measure = measures.find(row.measure, row.definition_version)
        if measure is None:
            return None
        with translation.override(person.language):
            parts = {part.key: f"{measure.name}, {part.name}" for part in measure.subscales}
            named = [(row.measure, measure.name, row.total)] if row.total is not None else []
            for key, value in sorted(row.subscales.items()):
                named.append((f"{row.measure}.{key}", parts.get(key, key), Decimal(value)))
            return Entry(
                person=person,
                id=made_id(row.client_id, "observation", f"entry:{row.pk}"),
                slug=row.measure,
                title=measure.name,
                language=person.language,
                edition=None,
                edition_id=None,
                lane=Lane.PRIVATE,
                day=row.taken_on,
                at=None,
                due_at=None,
                revision=None,
                source="paper",
                figures=[
                    Figure(series, name, value, _band(series, row.definition_version, value), Lane.PRIVATE)
                    for series, name, value in named
                ],
            )


# ── items and scores ─────────────────────────────────────────────────────────


def _items(edition: Edition, answers: Mapping[str, Answer]) -> Iterator[Item]:
    """What was answered in the order of the form, a grid row by row; each in the lane that its own row carries."""
    for one in saying.said(edition.form, {key: answer.value for key, answer in answers.items()}):
        asked = f"{one.head}: {one.label}" if one.head else one.label
        if not one.rows:
            yield _item(one.question, asked, one.words, one.value, answers[one.key])
        for row in one.rows:
            if not row.value.blank:
                key = row.question.key
                yield _item(row.question, f"{asked}: {row.label}", row.words, row.value, answers[key])


def _item(question: Question, wording: str, words: str, value: Value, answer: Answer) -> Item:
    codes = question.codes
    units = [question.unit_label(one) for one in value.choices] if question.units else [question.unit]
    return Item(
        key=question.key,
        code=f"{codes[0].system}|{codes[0].code}" if codes else "",
        wording=wording,
        type=str(question.type),
        words=words,
        value=value,
        unit=", ".join(filter(None, units)) if value.number is not None else "",
        lane=answer.lane,
    )


def _figure(score: Score, names: Mapping[str, str]) -> Figure:
    key, _at, version = score.rule.partition("@")
    if score.scored:
        name = names.get(score.series, score.series)
    else:
        name = str(METRICS[score.series].label) if score.series in METRICS else score.series
    return Figure(
        series=score.series,
        name=name,
        value=score.value,
        band=_band(score.series, version, score.value) if key == score.series else "",
        lane=score.lane,
        items=score.questions.replace(",", ";"),
        scored=score.scored,
    )


def _band(series: str, version: str, value: Decimal) -> str:
    """The band of a measure's total, in the active language."""
    measure = measures.find(series, version)
    if measure is None or not measure.band_sets:
        return ""
    found = measure.band_sets[0].of(value)
    return found.name if found is not None else ""
