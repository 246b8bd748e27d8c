"""A practice that has been at work for a while, as rows: what was asked, what was sent, what it adds up to."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from clients.models import Appointment, Couple
from exercises.lanes import lane_of
from exercises.models import Answer, Edition, Occurrence, Response
from exercises.vocabulary import Lane
from practice.models import Membership, Practice
from reports.models import Score
from tests.exercises.given import assign, make_edition
from tests.factories import inside, make_couple, make_member, make_practice, user_of

State = Occurrence.State
HOURS = datetime.timedelta(hours=1)
DAYS = datetime.timedelta(days=1)

#: What is asked again and again: two numbers, a word on it, and one thing for the therapist alone.
WEEKLY: list[dict[str, Any]] = [
    {
        "key": "near",
        "type": "scale",
        "label": "How close I felt",
        "min": 0,
        "max": 10,
        "low": "Far",
        "high": "Near",
        "metric": "closeness",
    },
    {"key": "mood", "type": "mood", "label": "How I am now", "metric": "mood"},
    {"key": "good", "type": "long_text", "label": "What went well between us"},
    {"key": "talked", "type": "yes_no", "label": "We talked every day"},
    {"key": "safe", "type": "yes_no", "label": "I can say what I think", "private": True, "flag_if": "no"},
]
SAID = "We came back to it the same evening, and that was new."


@dataclass
class Rows:
    """What is written at once."""

    occurrences: list[Occurrence] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)

    def write(self) -> None:
        Occurrence.objects.bulk_create(self.occurrences)
        Response.objects.bulk_create(self.responses)
        Answer.objects.bulk_create(self.answers)
        Score.objects.bulk_create(self.scores)


def at_work(role: str = "therapist") -> tuple[Practice, Membership]:
    """Return a practice and one of its staff, who has a second factor as everybody must."""
    practice = make_practice()
    member = make_member(practice, role)
    Authenticator.objects.create(user=user_of(member), type=Authenticator.Type.TOTP, data={"secret": "none"})
    return practice, member


def caseload(practice: Practice, therapist: Membership, count: int, days: int = 28) -> list[Couple]:
    """Return couples in care, each asked twice a week for so long, with a session ahead."""
    names = [(f"Ada {number}", f"Ben {number}") for number in range(count)]
    couples = [make_couple(practice, pair, therapist=therapist) for pair in names]
    now, rows = timezone.now(), Rows()
    with inside(practice):
        edition = make_edition(WEEKLY, title="Weekly check", lane="shared")
        Appointment.objects.bulk_create(
            Appointment(couple=couple, starts_at=now + (1 + number % 9) * DAYS) for number, couple in enumerate(couples)
        )
        for number, couple in enumerate(couples):
            answered(rows, couple, therapist, edition, [now - day * DAYS for day in range(days, -3, -3)], number)
        rows.write()
    return couples


def answered(
    rows: Rows,
    couple: Couple,
    therapist: Membership,
    edition: Edition,
    due: Sequence[datetime.datetime],
    number: int = 0,
) -> None:
    """Ask both partners at these moments; the past was answered but for each seventh, which was missed."""
    people = [one.pk for one in couple.clients]
    given = assign(
        couple, edition, people, due[0], given_by=therapist, lane="shared", why="", rule="FREQ=DAILY", opens_by=""
    )
    now = timezone.now()
    for at, moment in enumerate(due):
        for who, client in enumerate(couple.clients):
            over = moment + 2 * DAYS <= now
            sent = moment <= now and (at + who + number) % 7 != 6
            one = Occurrence(
                practice_id=couple.practice_id,
                couple=couple,
                assignment=given,
                client=client,
                audience=[client.pk],
                slot=f"{moment:%Y-%m-%dT%H:%M}",
                opens_at=moment - 12 * HOURS,
                due_at=moment,
                closes_at=moment + 2 * DAYS,
                state=State.DONE if sent else State.MISSED if over else State.OPEN,
                done_at=moment - HOURS if sent else None,
            )
            rows.occurrences.append(one)
            if sent:
                _sent(rows, one, (at * 7 + who + number) % 5, people)


def _sent(rows: Rows, one: Occurrence, level: int, people: list[Any]) -> None:
    author, at = one.client_id, one.due_at - HOURS
    common = {"practice_id": one.practice_id, "couple_id": one.couple_id}
    response = Response(
        **common,
        occurrence=one,
        author_id=author,
        edition=one.assignment.edition,
        lane=Lane.SHARED,
        readers=people,
        opens_at=at,
        submitted_at=at,
    )
    rows.responses.append(response)
    values: dict[str, dict[str, Any]] = {
        "near": {"number": 4 + level},
        "mood": {"number": 1 + level, "choices": ["calm"]},
        "good": {"text": SAID},
        "talked": {"number": 1},
        "safe": {"number": 1},
    }
    for question in one.assignment.edition.form:
        lane = lane_of(question, Lane.SHARED)
        readers = people if lane == Lane.SHARED else [author]
        value = values[question.key]
        rows.answers.append(
            Answer(
                **common,
                response=response,
                author_id=author,
                lane=lane,
                readers=readers,
                opens_at=at,
                key=question.key,
                **value,
            )
        )
        if question.metric:
            rows.scores.append(
                Score(
                    **common,
                    client_id=author,
                    response=response,
                    series=question.metric,
                    questions=question.key,
                    rule="answer@1",
                    value=value["number"],
                    at=at,
                    lane=lane,
                )
            )
