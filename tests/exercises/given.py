"""What a couple was given, made in one call: an edition of its own, an assignment, its occurrences."""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from clients.models import Client, Couple
from exercises.models import Assignment, Edition, Exercise, Occurrence
from practice import tenancy
from practice.models import Membership, PracticeModel

_numbers = itertools.count(1)

#: One question of every type; 'note' and 'safe' go to the therapist alone.
EVERY_TYPE: list[dict[str, Any]] = [
    {"key": "good", "type": "long_text", "label": "What went well between us"},
    {"key": "near", "type": "scale", "label": "How close I felt", "min": 0, "max": 10, "low": "Far", "high": "Near"},
    {"key": "talked", "type": "yes_no", "label": "We talked every day"},
    {
        "key": "heard",
        "type": "single",
        "label": "I felt heard",
        "options": [
            {"value": "never", "label": "Not at all"},
            {"value": "half", "label": "Half and half"},
            {"value": "mostly", "label": "Mostly"},
        ],
    },
    {
        "key": "ways",
        "type": "multi",
        "label": "What helped",
        "options": [{"value": "walks", "label": "Walks"}, {"value": "tea", "label": "Tea"}],
    },
    {
        "key": "signs",
        "type": "checklist",
        "label": "What I noticed",
        "options": [{"value": "sleep", "label": "Little sleep"}, {"value": "haste", "label": "Haste"}],
    },
    {"key": "hours", "type": "number", "label": "Hours for us two", "unit": "hours", "min": 0, "max": 99},
    {"key": "mood", "type": "mood", "label": "How I am now"},
    {"key": "wish", "type": "short_text", "label": "One wish for the week"},
    {"key": "safe", "type": "yes_no", "label": "I can say what I think", "private": True},
    {"key": "note", "type": "long_text", "label": "What my therapist should know", "private": True},
]

#: Everything a form can hold, once: sections, things to read, groups, conditions, and what repeats.
ALL_TYPES: list[dict[str, Any]] = [
    {"key": "week", "type": "section", "label": "This week", "help": "Think of the last seven days."},
    {
        "key": "read",
        "type": "instructions",
        "body": "Take a **quiet** moment.\n\n- One breath in\n- One breath out",
    },
    {
        "key": "met",
        "type": "date",
        "label": "When we last had time for us",
        "help": "Roughly is fine.",
        "required": True,
    },
    {"key": "bed", "type": "time", "label": "When I went to bed"},
    {"key": "next", "type": "datetime", "label": "When we meet next"},
    {
        "key": "heard",
        "type": "slider",
        "label": "How heard I felt",
        "stops": [
            {"value": 0, "label": "Not at all"},
            {"value": 1, "label": "A little"},
            {"value": 2, "label": "Half and half"},
            {"value": 3, "label": "Mostly"},
            {"value": 4, "label": "Completely"},
        ],
    },
    {
        "key": "days",
        "type": "grid",
        "label": "How these went",
        "rows": [
            {"key": "meals", "label": "Meals together"},
            {"key": "talk", "label": "Talking in the evening"},
            {"key": "sleep", "label": "Going to bed"},
        ],
        "options": [
            {"value": "hard", "label": "Hard"},
            {"value": "fine", "label": "Fine"},
            {"value": "easy", "label": "Easy"},
        ],
    },
    {"key": "song", "type": "url", "label": "A song that fits"},
    {
        "key": "walk",
        "type": "quantity",
        "label": "How far we walked",
        "units": [{"value": "km", "label": "kilometres"}, {"value": "mi", "label": "miles"}],
    },
    {
        "key": "hours",
        "type": "number",
        "label": "Hours for us two",
        "unit": "hours",
        "decimals": 1,
        "min": 0,
        "max": 99,
    },
    {
        "key": "helped",
        "type": "multi",
        "label": "What helped",
        "other": True,
        "options": [
            {"value": "walks", "label": "Walks"},
            {"value": "tea", "label": "Tea"},
            {"value": "nothing", "label": "Nothing did", "exclusive": True},
        ],
    },
    {
        "key": "place",
        "type": "single",
        "label": "Where we talk best",
        "other": True,
        "options": [{"value": "kitchen", "label": "In the kitchen"}, {"value": "outside", "label": "Outside"}],
    },
    {"key": "argued", "type": "yes_no", "label": "We argued"},
    {
        "key": "about",
        "type": "short_text",
        "label": "What it was about",
        "show_if": {"all": [{"question": "argued", "operator": "=", "answer": True}]},
    },
    {
        "key": "mended",
        "type": "scale",
        "label": "How well we mended it",
        "min": 0,
        "max": 10,
        "low": "Not yet",
        "high": "Fully",
        "show_if": {"all": [{"question": "argued", "operator": "=", "answer": True}]},
    },
    {
        "key": "evening",
        "type": "group",
        "label": "An evening for us",
        "help": "One you would like to have.",
        "questions": [
            {"key": "what", "type": "short_text", "label": "What we would do"},
            {"key": "when", "type": "date", "label": "When"},
        ],
    },
    {
        "key": "children",
        "type": "group",
        "label": "Child",
        "repeats": 3,
        "questions": [
            {"key": "name", "type": "short_text", "label": "First name"},
            {"key": "age", "type": "number", "label": "Age", "decimals": 0},
        ],
    },
    {"key": "thanks", "type": "short_text", "label": "Something I am thankful for", "repeats": 3},
    {"key": "more", "type": "link", "label": "Why small things count", "url": "https://example.org/small-things"},
    {"key": "mood", "type": "mood", "label": "How I am now"},
    {"key": "safe", "type": "yes_no", "label": "I can say what I think", "lane": "private"},
    {"key": "note", "type": "long_text", "label": "Anything else", "decline": False},
]

TWO_SCALES: list[dict[str, Any]] = [
    {
        "key": "near",
        "type": "scale",
        "label": "How close I felt",
        "min": 0,
        "max": 10,
        "low": "Far apart",
        "high": "Very close",
    },
    {"key": "good", "type": "short_text", "label": "What went well"},
]
#: An answer to them, as a form sends it.
NEAR = {"near": ["7"], "good": ["Tea in the morning"]}

JOINT: list[dict[str, Any]] = [
    {"key": "agreed", "type": "long_text", "label": "What we agree on"},
    {"key": "mine", "type": "short_text", "label": "What I bring", "each": True},
    {"key": "doubt", "type": "short_text", "label": "A doubt of mine", "private": True},
]


@contextmanager
def as_attune(row: PracticeModel) -> Iterator[None]:
    """Work as Attune itself in the practice of any row."""
    with tenancy.acting(tenancy.as_system(row.practice_id)):
        yield


def make_edition(questions: list[dict[str, Any]], **content: Any) -> Edition:
    """Publish an exercise of the bound practice."""
    number = next(_numbers)
    filled = {
        "title": "Looking back on the week",
        "kind": "check_in",
        "summary": "A short look back, each from your own side.",
        "minutes": 4,
        "participation": "each_alone",
        "points": [],
        "steps": ["Find a few quiet minutes.", "Answer as it was for you."],
        "prompts": [],
        "cautions": [],
        "caution_codes": [],
        "questions": questions,
        "lane": "reveal",
        **content,
    }
    exercise = Exercise.objects.create(
        practice_id=tenancy.current_practice_id(),
        slug=f"made-{number}",
        kind=filled["kind"],
        title=filled["title"],
        summary=filled["summary"],
        participation=filled["participation"],
        level="gentle",
        minutes=filled["minutes"],
        lane=filled["lane"],
    )
    return Edition.objects.create(
        practice_id=exercise.practice_id,
        exercise=exercise,
        number=1,
        title=filled["title"],
        content=filled,
        digest=uuid.uuid4().hex,
    )


def give(
    couple: Couple,
    therapist: Membership,
    lane: str = "reveal",
    questions: list[dict[str, Any]] | None = None,
    *,
    to: list[Client] | None = None,
    due: datetime.datetime | None = None,
    reveals_at: datetime.datetime | None = None,
    opens_by: str = "",
    rule: str = "",
    why: str = "I would like us to begin with what went well.",
    slot: str = "",
    assignment: Assignment | None = None,
    **content: Any,
) -> list[Occurrence]:
    """Give one thing that is open now; return its occurrences, one a person or a joint one.

    With ``assignment`` nothing new is given: that one is asked once more.
    """
    due = due or timezone.now() + datetime.timedelta(hours=2)
    with as_attune(couple):
        if assignment:
            return ask(assignment, due, slot=slot, reveals_at=reveals_at)
        edition = make_edition(TWO_SCALES if questions is None else questions, lane=lane, **content)
        people = [one.pk for one in to or couple.clients]
        audiences = [[pk] for pk in people] if lane in ("own", "private") else [people]
        given = [
            assign(couple, edition, audience, due, given_by=therapist, lane=lane, why=why, rule=rule, opens_by=opens_by)
            for audience in audiences
        ]
        return [asked for one in given for asked in ask(one, due, slot=slot, reveals_at=reveals_at)]


def assign(
    couple: Couple, edition: Edition, audience: list[uuid.UUID], due: datetime.datetime, **fields: Any
) -> Assignment:
    """Write an assignment that begins when it is first due; a reveal opens at its date unless told otherwise."""
    if fields["lane"] == "reveal":
        fields["opens_by"] = fields["opens_by"] or "date"
    return Assignment.objects.create(
        couple=couple, edition=edition, audience=audience, starts_on=due.date(), at=due.time(), **fields
    )


def ask(
    assignment: Assignment,
    due: datetime.datetime,
    *,
    slot: str = "",
    reveals_at: datetime.datetime | None = None,
) -> list[Occurrence]:
    """Write the occurrences of one slot: one for each of its audience, or a joint one for all."""
    asked: list[uuid.UUID | None] = [None] if assignment.lane == "joint" else list(assignment.audience)
    return [
        Occurrence.objects.create(
            couple=assignment.couple,
            assignment=assignment,
            client_id=client,
            audience=assignment.audience if client is None else [client],
            slot=slot or f"{due:%Y-%m-%dT%H:%M}",
            opens_at=due - datetime.timedelta(hours=12),
            due_at=due,
            closes_at=due + datetime.timedelta(days=7),
            reveals_at=reveals_at,
        )
        for client in asked
    ]
