"""What was answered for all to read, over time: a list that outlives the assignment it came from."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from django.http import Http404

from clients.models import Client, Partner
from exercises.answers import words
from exercises.comparing import value_of
from exercises.lanes import OPEN_LANES
from exercises.models import Answer, Assignment, Edition, Response
from exercises.together import readable
from practice import tenancy

#: How far back one page reaches.
AT_MOST = 200


@dataclass(frozen=True)
class Entry:
    """What one person said, one time."""

    name: str
    position: int
    said: tuple[tuple[str, str], ...]


@dataclass
class Day:
    """One day, and what everybody said on it."""

    on: datetime.datetime
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class OverTime:
    """Everything of one assignment that this person may read, the newest day first."""

    edition: Edition
    days: list[Day]


def of(person: Client, couples: list[uuid.UUID], assignment_id: uuid.UUID, now: datetime.datetime) -> OverTime:
    """Return what has opened of an assignment. With nothing to read in it: the same 404 as unknown."""
    with tenancy.elevated():
        assignment = (
            Assignment.objects.filter(pk=assignment_id, couple__in=couples, audience__contains=[person.pk])
            .select_related("edition")
            .first()
        )
        rounds = list(assignment.occurrences.values_list("pk", flat=True)) if assignment else []
    responses = list(
        readable(person, couples, now).filter(occurrence__in=rounds).order_by("-submitted_at", "-pk")[:AT_MOST]
    )
    if assignment is None or not responses:
        raise Http404
    return OverTime(assignment.edition, _days(assignment, responses))


def _days(assignment: Assignment, responses: list[Response]) -> list[Day]:
    partners = {
        one.client_id: one for one in Partner.objects.filter(couple=assignment.couple_id).select_related("client")
    }
    said: dict[uuid.UUID, dict[str, Answer]] = {}
    for answer in Answer.objects.filter(response__in=responses, lane__in=OPEN_LANES):
        said.setdefault(answer.response_id, {})[answer.key] = answer
    found: dict[datetime.date, Day] = {}
    for response in responses:
        answers = said.get(response.pk, {})
        lines = _lines(assignment.edition, answers)
        author = partners.get(response.author_id)
        if not lines or author is None:
            continue
        day = found.setdefault(response.submitted_at.date(), Day(response.submitted_at))
        day.entries.append(Entry(author.client.name, author.position, lines))
    return list(found.values())


def _lines(edition: Edition, answers: dict[str, Answer]) -> tuple[tuple[str, str], ...]:
    lines = []
    for question in edition.form.in_order(answers):
        answer = answers[question.key]
        spoken = "" if answer.declined else words(question, value_of(answer))
        if spoken:
            lines.append((question.label, spoken))
    return tuple(lines)
