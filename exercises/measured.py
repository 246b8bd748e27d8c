"""What partners scored on measures over time: from forms they sent, and from scores that staff entered.

Scores of forms are worked out anew from the answers, each with the version of the definition that its edition
names; entered ones keep the version they were entered with. For therapists: no partner reads any of it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from clients.models import Client, Couple
from exercises import measures, signals
from exercises.comparing import value_of
from exercises.conditions import visible
from exercises.measures import Measure, MeasureScore, MeasureScoring
from exercises.models import Answer, Edition, MeasureEntry, Response
from exercises.values import Value
from exercises.vocabulary import Lane
from practice import tenancy
from practice.models import Membership
from practice.written import Written

Row = TypeVar("Row", Response, MeasureEntry)


@dataclass(frozen=True)
class Result:
    """One score of one person on one day."""

    id: uuid.UUID
    client_id: uuid.UUID
    taken_on: date
    score: MeasureScore
    source: Literal["form", "entered"]
    lane: str
    entry: MeasureEntry | None = None
    #: The number of the form's edition, for one that was sent.
    edition: int | None = None

    @property
    def measure(self) -> Measure:
        return self.score.measure


class AlreadyThere(Exception):
    """There is a score of this measure for that person and day."""


class Changed(Exception):
    """Somebody else corrected the entry or took it back in the meantime."""


def results(couple: Couple, client: Client | None = None, *, only: Collection[uuid.UUID] | None = None) -> list[Result]:
    """Return every score of a couple's partners (or of one of them), oldest first.

    ``only`` names the responses and entries that may be read; no other one is loaded.
    """
    entered = _read(ENTERED, couple, "client", client, only)
    found = [*_entered(entered), *_answered(couple, _read(SENT, couple, "author", client, only))]
    return sorted(found, key=lambda one: (one.taken_on, one.id))


def _read(
    written: Written[Row], couple: Couple, by: str, client: Client | None, only: Collection[uuid.UUID] | None
) -> Iterable[Row]:
    """Return a couple's rows, or those of one client (``by`` whose column), or those that are named."""
    if client is None and only is None:
        return written.all(couple=couple.pk)
    rows = written.build(couple=couple.pk)
    if client is not None:
        rows = rows.filter(**{by: client})
    return rows if only is None else rows.filter(pk__in=only)


# ── from forms ───────────────────────────────────────────────────────────────


def scoring_of(edition: Edition) -> MeasureScoring | None:
    """Return how an edition is a measure, if it is one."""
    return measures.scoring_in(edition.content, edition.form)


SENT: Written[Response] = Written(
    lambda couple: (
        Response.objects.filter(couple=couple, edition__exercise__measure__gt="")
        .exclude(lane=Lane.OWN)
        .order_by("revision")
    ),
    couple=uuid.UUID,
)


def _answered(couple: Couple, rows: Iterable[Response]) -> Iterable[Result]:
    # A later revision of the same takes the place of the earlier one.
    newest = {(one.occurrence_id, one.author_id): one for one in rows}
    editions = Edition.objects.in_bulk({one.edition_id for one in newest.values()})
    scorings = {pk: found for pk, edition in editions.items() if (found := scoring_of(edition))}
    scored = [one for one in newest.values() if one.edition_id in scorings]
    answers = _answers(scored)
    for one in scored:
        scoring = scorings[one.edition_id]
        yield Result(
            id=one.pk,
            client_id=one.author_id,
            taken_on=timezone.localtime(one.submitted_at, couple.zone).date(),
            score=scoring.score(answers[one.pk], _hidden(scoring, answers[one.pk])),
            source="form",
            lane=Lane.PRIVATE if scoring.measure.person_only else one.lane,
            edition=editions[one.edition_id].number,
        )


def _hidden(scoring: MeasureScoring, answers: Mapping[str, Value]) -> list[str]:
    asked = visible(scoring.form, answers)
    return [key for key in scoring.keys if key not in asked]


def _answers(responses: Iterable[Response]) -> Mapping[uuid.UUID, dict[str, Value]]:
    found: dict[uuid.UUID, dict[str, Value]] = defaultdict(dict)
    for answer in Answer.objects.filter(response__in=list(responses)).exclude(lane=Lane.OWN):
        found[answer.response_id][answer.key] = value_of(answer)
    return found


# ── from staff ───────────────────────────────────────────────────────────────


ENTERED: Written[MeasureEntry] = Written(
    lambda couple: MeasureEntry.objects.filter(couple=couple, taken_back_at=None).select_related("entered_by"),
    couple=uuid.UUID,
)


def _entered(rows: Iterable[MeasureEntry]) -> Iterable[Result]:
    for one in rows:
        yield Result(one.pk, one.client_id, one.taken_on, score_of(one), "entered", Lane.PRIVATE, one)


def score_of(entry: MeasureEntry) -> MeasureScore:
    """Return an entered score with its band and flags, by the definition it was entered with."""
    return measures.read(
        measures.get(entry.measure, entry.definition_version),
        entry.total,
        {key: Decimal(value) for key, value in entry.subscales.items()},
        {int(number): Decimal(value) for number, value in entry.safety.items()},
        entry.prorated,
    )


@dataclass(frozen=True)
class Entry:
    """What staff write down of a score: the numbers as they are kept, the day and a note."""

    taken_on: date
    score: MeasureScore
    safety: Mapping[int, Decimal]
    note: str = ""

    def as_fields(self) -> dict[str, Any]:
        measure = self.score.measure
        parts = {part.key: self.score.subscales.get(part.key) for part in measure.parts}
        return {
            "measure": measure.key,
            "definition_version": str(measure.version),
            "taken_on": self.taken_on,
            "total": self.score.total,
            "subscales": {key: str(value) for key, value in parts.items() if value is not None},
            "safety": {str(number): str(value) for number, value in self.safety.items()},
            "prorated": self.score.prorated,
            "note": self.note,
        }


def enter(couple: Couple, client: Client, entry: Entry, *, by: Membership) -> MeasureEntry:
    """Keep a score. The same one again changes nothing; another for the same day raises :class:`AlreadyThere`."""
    fields = entry.as_fields()
    try:
        with transaction.atomic():
            made = MeasureEntry.objects.create(couple=couple, client=client, entered_by=by, **fields)
            with tenancy.elevated():  # what asks for a look exists together with the score, or not at all
                signals.score_entered.send(sender=MeasureEntry, entry=made)
            return made
    except IntegrityError:
        there = MeasureEntry.objects.get(
            client=client, measure=fields["measure"], taken_on=entry.taken_on, taken_back_at=None
        )
        if any(getattr(there, name) != value for name, value in fields.items()):
            raise AlreadyThere from None
        return there


def correct(old: MeasureEntry, entry: Entry, *, by: Membership) -> MeasureEntry:
    """Put a corrected score in the place of an entry, which stays in the record as taken back.

    Raises :class:`Changed` when it no longer stands, and :class:`AlreadyThere` as :func:`enter` does.
    """
    with transaction.atomic():
        _take_back(old)
        return enter(old.couple, old.client, entry, by=by)


def take_back(old: MeasureEntry) -> None:
    """End an entry. Who did it, and when, stands in the audit trail; taking it back again changes nothing."""
    with transaction.atomic():
        try:
            _take_back(old)
        except Changed:
            return


def _take_back(old: MeasureEntry) -> None:
    standing = MeasureEntry.objects.filter(pk=old.pk, taken_back_at=None)
    if not standing.update(taken_back_at=timezone.now()):
        raise Changed
