"""What somebody wrote themselves, for them to read whatever became of their care: sent, or begun and never sent."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field

from django.db.models import QuerySet

from clients.models import Client
from exercises.answers import clean_form
from exercises.conditions import visible
from exercises.languages import language_of, spoken
from exercises.models import Answer, Draft, Edition, Occurrence, Response
from exercises.refill import raw_from_json
from exercises.saying import SaidAnswer, lines
from exercises.values import Value
from practice import tenancy
from practice.models import Practice


@dataclass
class Own:
    """One thing somebody wrote: its name, when, and their answers in words."""

    title: str
    at: datetime.datetime
    sent: bool
    #: False for what they chose to send without keeping a copy: only the therapist reads it.
    copy: bool = True
    answers: list[SaidAnswer] = field(default_factory=list)


def sent_by(author: Client) -> QuerySet[Response]:
    """Return what ``author`` sent, the newest first; of what they amended, what stands now."""
    rows = Response.objects.newest().filter(author=author).select_related("edition")
    return rows.order_by("-submitted_at", "-pk")


def begun_by(author: Client) -> list[tuple[Draft, Edition]]:
    """Return what ``author`` typed and never sent, with the form it belongs to."""
    drafts = list(Draft.objects.filter(author=author).order_by("-saved_at"))
    # What was to be one answer together is closed once they parted; which form it was is nobody's secret.
    with tenancy.elevated():
        rows = Occurrence.objects.filter(pk__in=[one.occurrence_id for one in drafts])
        editions = {one.pk: one.assignment.edition for one in rows.select_related("assignment__edition")}
    return [(one, editions[one.occurrence_id]) for one in drafts if one.occurrence_id in editions]


def read(response: Response, author: Client, practice: Practice) -> Own:
    """Return one's own answers of a response in words."""
    values = {one.key: one.value for one in Answer.objects.filter(response=response, author=author)}
    made = _own(response.edition, values, response.submitted_at, author, practice, sent=True)
    made.copy = response.author_keeps
    return made


def read_draft(draft: Draft, edition: Edition, author: Client, practice: Practice) -> Own:
    """Return what was typed into a form and never sent, as far as it can be put in words."""
    values = clean_form(edition.form, raw_from_json(draft.answers))[0]
    return _own(edition, values, draft.saved_at, author, practice, sent=False)


def _own(
    edition: Edition,
    values: dict[str, Value],
    at: datetime.datetime,
    author: Client,
    practice: Practice,
    *,
    sent: bool,
) -> Own:
    said = spoken(edition, language_of(author, practice))
    asked = visible(said.form, values).questions
    answered = [line for line in lines(said.form, values, asked) if not line.blank]
    return Own(said.neutral_title, at, sent, answers=answered)


def draft_of(author: Client, pk: uuid.UUID) -> tuple[Draft, Edition] | None:
    """Return one of their own drafts."""
    return next((pair for pair in begun_by(author) if pair[0].pk == pk), None)
