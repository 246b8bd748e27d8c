"""Numbers on the session sheet: new scores of measures, and where partners are apart or close."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString

from clients.models import Client, Couple, Partner
from exercises.comparing import CLOSE
from exercises.lanes import OPEN_LANES
from exercises.measured import Result, results
from exercises.models import Answer, Edition, Response
from exercises.questions import Question
from exercises.vocabulary import METRICS, Better, Lane, QuestionType
from practice.written import Written
from reports import charts, findings, reliable_change
from reports.baselines import starts_of
from reports.editions import CLINICAL_ONLY, readable_by_all
from reports.paper import Difference

MOST = 4
MOST_SCORES = 5

Slot = tuple[uuid.UUID, str]


@dataclass(frozen=True)
class ScoreRow:
    """One partner's new score of a measure, with what the rule says about the change; '' where it says nothing."""

    measure: str
    name: str
    position: int
    start: str
    last: str
    now: str
    verdict: str
    is_good: bool = False


@dataclass(frozen=True)
class Compared:
    """One question that several answered: everybody's place on its scale. ``sealed`` for the partners still."""

    label: str
    title: str
    answers: tuple[tuple[str, int, str], ...]
    picture: SafeString
    #: The same as numbers, between the ends of the scale.
    row: Difference
    low: int
    high: int
    sealed: bool
    spread: Decimal
    height: Decimal


# ── scores ───────────────────────────────────────────────────────────────────


def new_scores(couple: Couple, since: datetime, *, client: Client | None = None) -> list[ScoreRow]:
    """Return the scores that are new since then: those for all partners, or what ``client`` keeps to themselves."""
    lanes = OPEN_LANES if client is None else (Lane.PRIVATE,)
    lines: dict[tuple[str, uuid.UUID], list[Result]] = defaultdict(list)
    for one in results(couple, client):
        if one.lane in lanes and one.score.total is not None:
            lines[one.measure.key, one.client_id].append(one)
    day = timezone.localtime(since, couple.zone).date()
    starts = starts_of(couple)
    rows = [
        _score_row(lines[key, partner.client_id], partner, starts.get((partner.client_id, key)))
        for key in dict.fromkeys(key for key, _client in lines)
        for partner in couple.partners.all()
        if (key, partner.client_id) in lines and lines[key, partner.client_id][-1].taken_on >= day
    ]
    return rows[:MOST_SCORES]


def _score_row(line: list[Result], partner: Partner, since: date | None) -> ScoreRow:
    now, first = line[-1], reliable_change.baseline(line, since)
    change = None
    if first is not None and first is not now and first.taken_on <= now.taken_on:
        change = reliable_change.change(first.score, now.score)
    state = change.state if change else None
    return ScoreRow(
        measure=now.measure.name,
        name=partner.client.name,
        position=partner.position,
        start=_number(first.score.total) if first else "–",
        last=_number(line[-2].score.total) if len(line) > 1 else "–",
        now=_number(now.score.total),
        verdict=str(state.label) if state else "",
        is_good=state in (reliable_change.State.RECOVERED, reliable_change.State.IMPROVED),
    )


def _number(value: Decimal | None) -> str:
    return "–" if value is None else findings.number(float(value))


# ── apart and close ──────────────────────────────────────────────────────────


def _between(responses: QuerySet[Response], since: datetime, until: datetime) -> QuerySet[Response]:
    sent = responses.filter(submitted_at__gte=since, submitted_at__lt=until).select_related("edition", "occurrence")
    return sent.defer("occurrence__skip_reason").order_by("submitted_at", "pk")


def _numbers(answers: QuerySet[Answer], responses: list[uuid.UUID]) -> QuerySet[Answer]:
    return answers.filter(response__in=responses, declined=False, number__isnull=False).defer("text")


SENT: Written[Response] = Written(
    lambda couple, since, until: _between(Response.objects.filter(couple=couple, lane__in=OPEN_LANES), since, until),
    couple=uuid.UUID,
    since=datetime,
    until=datetime,
)
_TOLD: Written[Answer] = Written(
    lambda couple, responses: _numbers(Answer.objects.filter(couple=couple, lane__in=OPEN_LANES), responses),
    couple=uuid.UUID,
    responses=[uuid.UUID],
)


def compared(couple: Couple, since: datetime, until: datetime, now: datetime) -> tuple[list[Compared], list[Compared]]:
    """Return where partners are furthest apart and where they agree, in what is meant for all of them."""
    sent = SENT.all(couple=couple.pk, since=since, until=until)
    return _apart_and_close(sent, lambda ids: _TOLD.all(couple=couple.pk, responses=ids), couple, now)


def compared_for_all(
    couple: Couple, since: datetime, until: datetime, now: datetime
) -> tuple[list[Compared], list[Compared]]:
    """The same, from what every partner may read at this moment."""
    responses, answers = readable_by_all(couple, now)
    sent = _between(responses, since, until)
    return _apart_and_close(sent, lambda ids: _numbers(answers, ids), couple, now, for_all=True)


def _apart_and_close(
    sent: Iterable[Response],
    numbers_of: Callable[[list[uuid.UUID]], Iterable[Answer]],
    couple: Couple,
    now: datetime,
    *,
    for_all: bool = False,
) -> tuple[list[Compared], list[Compared]]:
    latest = _latest_slots(sent)
    told: dict[tuple[uuid.UUID, str], dict[uuid.UUID, Answer]] = defaultdict(dict)
    of = {one.pk: (one.occurrence.assignment_id, one) for group in latest.values() for one in group}
    for answer in numbers_of(list(of)):
        told[of[answer.response_id][0], answer.key][answer.author_id] = answer
    found = []
    for assignment_id, group in latest.items():
        found += _questions(group[0].edition, assignment_id, told, couple, now, for_all=for_all)
    far = sorted((one for one in found if one.spread > CLOSE), key=lambda one: (-one.spread, one.label))
    near = sorted((one for one in found if one.spread <= CLOSE), key=lambda one: (-one.height, one.label))
    return far[:MOST], near[:MOST]


def _latest_slots(sent: Iterable[Response]) -> dict[uuid.UUID, list[Response]]:
    """Return what came back for the latest slot of each assignment that two have answered; last revisions only."""
    slots: dict[Slot, dict[uuid.UUID, Response]] = defaultdict(dict)
    for one in sent:
        slots[one.occurrence.assignment_id, one.occurrence.slot][one.author_id] = one
    latest: dict[uuid.UUID, tuple[str, list[Response]]] = {}
    for (assignment_id, slot), group in slots.items():
        if len(group) > 1 and slot >= latest.get(assignment_id, ("", []))[0]:
            latest[assignment_id] = (slot, list(group.values()))
    return {assignment_id: group for assignment_id, (_slot, group) in latest.items()}


def _questions(
    edition: Edition,
    assignment_id: uuid.UUID,
    told: dict[tuple[uuid.UUID, str], dict[uuid.UUID, Answer]],
    couple: Couple,
    now: datetime,
    *,
    for_all: bool,
) -> list[Compared]:
    found = []
    for question in edition.form:
        there = told.get((assignment_id, question.key), {})
        if len(there) < 2 or len(question.steps) < 2 or question.type is QuestionType.MOOD:
            continue
        if for_all and question.metric in CLINICAL_ONLY:
            continue
        sealed = any(one.opens_at is None or one.opens_at > now for one in there.values())
        found.append(_compared(question, edition.title, there, couple, sealed=sealed))
    return found


def _compared(
    question: Question, title: str, there: dict[uuid.UUID, Answer], couple: Couple, *, sealed: bool
) -> Compared:
    low, high = question.steps.start, question.steps[-1]
    people = [partner for partner in couple.partners.all() if partner.client_id in there]
    numbers = [there[partner.client_id].number or Decimal(0) for partner in people]
    row = Difference(question.label, tuple((p.position, float(n)) for p, n in zip(people, numbers, strict=True)))
    names = {partner.position: partner.client.name for partner in people}
    answers = tuple((p.client.name, p.position, _number(n)) for p, n in zip(people, numbers, strict=True))
    down = question.metric in METRICS and METRICS[question.metric].better is Better.DOWN
    middle = (sum(numbers, Decimal(0)) / len(numbers) - low) / (high - low)
    return Compared(
        label=question.label,
        title=title,
        answers=answers,
        picture=charts.dumbbell(row, low, high, title=findings.of_difference(row, names)),
        row=row,
        low=low,
        high=high,
        sealed=sealed,
        spread=(max(numbers) - min(numbers)) / (high - low),
        height=1 - middle if down else middle,
    )
