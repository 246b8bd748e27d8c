"""What a couple was given and sent, as rows: by the real verbs' own rules, without their clocks."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any
from zoneinfo import ZoneInfo

from clients.models import Client, Couple
from exercises.lanes import lane_of, lane_of_response, readers_of
from exercises.models import Answer, Assignment, Edition, Exercise, Occurrence, Response
from exercises.signals import response_submitted, response_written
from practice import tenancy
from practice.models import Membership

UTC = datetime.UTC


def home(row: Any) -> AbstractContextManager[Any]:
    """Work as Attune itself in the practice of a row."""
    return tenancy.acting(tenancy.as_system(row.practice_id))


TODAY = datetime.date(2026, 5, 24)
NOW = datetime.datetime(2026, 5, 24, 20, 0, tzinfo=UTC)

SCALE = {"type": "scale", "min": 0, "max": 10, "low": "Not at all", "high": "Very"}
QUESTIONS: list[dict[str, Any]] = [
    {"key": "closeness", "label": "How close do you feel?", "metric": "closeness", **SCALE},
    {"key": "heard", "label": "How heard did you feel?", "metric": "felt_heard", **SCALE},
    {"key": "note", "label": "What stood out?", "type": "long_text"},
    {"key": "worry", "label": "Only for your therapist", "metric": "worry", "private": True, "flag_if": ">=8", **SCALE},
    {"key": "alone", "label": "Anything only for your therapist?", "type": "long_text", "private": True},
]
MOOD = [{"key": "mood", "label": "How are you?", "type": "mood", "metric": "mood"}]


def make_edition(
    questions: list[dict[str, Any]] | None = None, *, title: str = "Weekly check", **content: Any
) -> Edition:
    """An exercise of the practice's own, with one edition."""
    slug = f"own-{uuid.uuid4().hex[:12]}"
    exercise = Exercise.objects.create(
        practice_id=content.pop("practice_id"),
        slug=slug,
        kind="check_in",
        title=title,
        summary="",
        participation="either",
        level="gentle",
        minutes=5,
        lane="shared",
    )
    whole = {
        "kind": "check_in",
        "minutes": 5,
        "questions": QUESTIONS if questions is None else questions,
        "lane": "shared",
        **content,
    }
    return Edition.objects.create(
        practice_id=exercise.practice_id, exercise=exercise, number=1, title=title, content=whole, digest=slug
    )


class Giver:
    """Gives and answers for one couple, at any date."""

    def __init__(self, couple: Couple, by: Membership) -> None:
        self.couple, self.by = couple, by
        self.people = couple.clients

    def edition(self, questions: list[dict[str, Any]] | None = None, **kwargs: Any) -> Edition:
        with home(self.couple):
            return make_edition(questions, practice_id=self.by.practice_id, **kwargs)

    def give(
        self,
        edition: Edition,
        lane: str = "shared",
        *,
        to: list[Client] | None = None,
        rule: str = "FREQ=WEEKLY;BYDAY=SU",
        starts_on: datetime.date = datetime.date(2026, 3, 8),
        why: str = "Because it helps.",
        key: uuid.UUID | None = None,
    ) -> list[Assignment]:
        people = self.people if to is None else to
        audiences = [[one.pk] for one in people] if lane in ("own", "private") else [[one.pk for one in people]]
        with home(self.couple):
            shared = key or uuid.uuid4()
            return [
                Assignment.objects.create(
                    couple=self.couple,
                    edition=edition,
                    given_by=self.by,
                    audience=audience,
                    lane=lane,
                    why=why,
                    starts_on=starts_on,
                    at=datetime.time(18),
                    rule=rule,
                    given_key=shared,
                    opens_by="appointment" if lane == "reveal" else "",
                )
                for audience in audiences
            ]

    def occurrence(
        self, assignment: Assignment, client: Client | None, day: datetime.date, state: str = "open", **fields: Any
    ) -> Occurrence:
        due = datetime.datetime.combine(day, datetime.time(18), ZoneInfo(self.couple.time_zone)).astimezone(UTC)
        with home(self.couple):
            return Occurrence.objects.create(
                couple=self.couple,
                assignment=assignment,
                client=client,
                audience=assignment.audience if client is None else [client.pk],
                slot=f"{day:%Y-%m-%d}T18:00",
                opens_at=due - datetime.timedelta(hours=18),
                due_at=due,
                closes_at=due + datetime.timedelta(days=7),
                state=state,
                **fields,
            )

    def send(
        self,
        assignment: Assignment,
        author: Client,
        day: datetime.date,
        answers: Mapping[str, Any],
        *,
        revealed: datetime.datetime | None = None,
        joint: bool = False,
        sent: list[Client] | None = None,
    ) -> Response:
        """Answer one slot. For a reveal, ``sent`` are all who sent and ``revealed`` is its moment."""
        occurrence = self._slot(assignment, None if joint else author, day)
        at = occurrence.due_at - datetime.timedelta(minutes=30)
        there = [one.pk for one in (self.people if sent is None else sent)]

        def reach(lane: str) -> dict[str, Any]:
            found = readers_of(
                lane, author=author.pk, audience=assignment.audience, sent=there, reveals_at=revealed, now=at
            )
            return {"lane": lane, "readers": list(found.readers), "opens_at": found.opens_at}

        with home(self.couple):
            form = assignment.edition.form
            lanes = {key: lane_of(form[key], assignment.lane) for key in answers}
            response = Response.objects.create(
                couple=self.couple,
                occurrence=occurrence,
                author=author,
                edition=assignment.edition,
                submitted_at=at,
                **reach(lane_of_response(lanes.values())),
            )
            for key, value in answers.items():
                said = {"text": value, "number": None} if isinstance(value, str) else {"text": "", "number": value}
                Answer.objects.create(
                    couple=self.couple, response=response, author=author, key=key, **said, **reach(lanes[key])
                )
            told = {"response": response, "answers": list(response.answers.all())}
            response_written.send(sender=Response, **told)
            response_submitted.send(sender=Response, **told)
            return response

    def _slot(self, assignment: Assignment, client: Client | None, day: datetime.date) -> Occurrence:
        """Return the occurrence of a day, made now when there is none."""
        with home(self.couple):
            slot = f"{day:%Y-%m-%d}T18:00"
            known = Occurrence.objects.filter(assignment=assignment, client=client, slot=slot).first()
        return known or self.occurrence(assignment, client, day, "done")


def weeks(count: int, first: datetime.date = datetime.date(2026, 3, 8)) -> list[datetime.date]:
    return [first + datetime.timedelta(days=7 * at) for at in range(count)]
