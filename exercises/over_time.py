"""What was answered for all to read, over time: a list that outlives the assignment it came from."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from django.http import Http404
from django.utils import timezone

from clients.models import Client, Partner
from exercises import attachments
from exercises.answers import words
from exercises.comparing import value_of
from exercises.lanes import OPEN_LANES
from exercises.models import Answer, Assignment, Attachment, Edition, Response
from exercises.together import by_slot, readable
from exercises.vocabulary import Lane
from practice import tenancy

#: How far back one page reaches.
AT_MOST = 200


@dataclass(frozen=True)
class Entry:
    """What one person said, one time."""

    name: str
    position: int
    said: tuple[tuple[str, str], ...]
    files: tuple[Attachment, ...] = ()
    #: Written by all of them in one, so it is nobody's side.
    joint: bool = False


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
    found = readable(person, couples, now).filter(occurrence__in=rounds).order_by("-submitted_at", "-pk")
    # What is ready to open and was not looked at keeps its moment: it comes here after that.
    groups = [one for one in by_slot(person, list(found[:AT_MOST])) if one.unfolded]
    if assignment is None or not groups:
        raise Http404
    responses = sorted((one for group in groups for one in group.responses), key=_sent, reverse=True)
    return OverTime(groups[0].edition, _days(assignment, groups[0].edition, responses))


def more_than(
    assignment_id: uuid.UUID, slot: str, person: Client, couples: list[uuid.UUID], now: datetime.datetime
) -> bool:
    """Tell whether other rounds of an assignment have something to read for this person as well."""
    with tenancy.elevated():
        others = list(
            Assignment.objects.get(pk=assignment_id).occurrences.exclude(slot=slot).values_list("pk", flat=True)
        )
    return bool(others) and readable(person, couples, now).filter(occurrence__in=others).exists()


def _sent(response: Response) -> tuple[datetime.datetime, uuid.UUID]:
    return response.submitted_at, response.pk


def _days(assignment: Assignment, edition: Edition, responses: list[Response]) -> list[Day]:
    partners = {
        one.client_id: one for one in Partner.objects.filter(couple=assignment.couple_id).select_related("client")
    }
    said: dict[uuid.UUID, dict[str, Answer]] = {}
    for answer in Answer.objects.filter(response__in=responses, lane__in=OPEN_LANES):
        said.setdefault(answer.response_id, {})[answer.key] = answer
    files = attachments.of_responses(responses)
    found: dict[datetime.date, Day] = {}
    for response in responses:
        lines = _lines(edition, said.get(response.pk, {}))
        added = tuple(files.get(response.pk, ()))
        author = partners.get(response.author_id)
        if not (lines or added) or author is None:
            continue
        day = found.setdefault(timezone.localtime(response.submitted_at).date(), Day(response.submitted_at))
        entry = Entry(author.client.name, author.position, lines, added, response.lane == Lane.JOINT)
        day.entries.append(entry)
    for day in found.values():
        day.entries.sort(key=lambda one: one.position)
    return list(found.values())


def _lines(edition: Edition, answers: dict[str, Answer]) -> tuple[tuple[str, str], ...]:
    lines = []
    for question in edition.form.in_order(answers):
        answer = answers[question.key]
        spoken = "" if answer.declined else words(question, value_of(answer))
        if spoken:
            lines.append((question.label, spoken))
    return tuple(lines)
