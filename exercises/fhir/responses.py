"""Answers from another system, kept as a response of a named partner of a couple. Never over the wall of a lane.

What is imported is private: whoever brought it in may read it, and nobody else's page learns that it is there.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from clients.models import Client, Couple
from exercises import signals
from exercises.answers import Value
from exercises.fhir.exporting import plan_of
from exercises.fhir.findings import Finding, Refused
from exercises.fhir.planning import Plan
from exercises.fhir.received import Checked, Received, authored_at, check_response, read_response
from exercises.flags import raised
from exercises.measures import MeasureScoring
from exercises.models import Answer, Assignment, Edition, Exercise, Occurrence, QuestionnaireFile, Response
from exercises.rounds import zones_of
from exercises.safety import safety_unmarked
from exercises.scoring import read_scorings
from exercises.vocabulary import Lane
from practice import clock, tenancy
from practice.models import Membership

#: Every file has one place in a couple's record, so bringing it in twice changes nothing.
_SPACE = uuid.UUID("6f0b7c52-6d0e-5a51-9d0c-6f2d64a1d6b1")


@dataclass(frozen=True)
class Ready:
    """A response that can be taken: its form, its answers, its time, and what to know about it."""

    received: Received
    file: QuestionnaireFile
    checked: Checked
    at: datetime
    notices: list[Finding] = field(default_factory=list)

    @property
    def edition(self) -> Edition:
        return self.file.edition


def prepare(data: bytes, couple: Couple, client: Client, *, named: Exercise | None = None) -> Ready:
    """Check a file against its form. ``named`` is the form a person says it is. Raises :class:`Refused`."""
    received = read_response(data)
    notices: list[Finding] = []
    file = _resolve(received, named, notices)
    plan = plan_of(file)
    if plan is None:
        raise Refused([Finding("unknown_form", element="questionnaire", values={"url": received.url})])
    zone = zones_of(couple, [client.pk])[client.pk]
    at = _moment(received, zone, notices)
    if safety_unmarked(file.edition):
        raise Refused([Finding("not_marked")])
    checked = check_response(received, plan, scoring=file.edition.content.get("scoring"))
    if not checked.values:
        raise Refused([Finding("before_version", element="item")])
    notices += checked.notices
    for key in flags_in(file.edition, checked.values):
        link_id = _link_id(plan, key)
        day = date_format(timezone.localtime(at, zone).date())
        notices.append(Finding("safety", (link_id,) if link_id else (), "answer", {"date": day}))
    return Ready(received, file, checked, at, notices)


def _resolve(received: Received, named: Exercise | None, notices: list[Finding]) -> QuestionnaireFile:
    """The form that the answers belong to: by their link, or by a person's word where they have none."""
    rows = QuestionnaireFile.objects.select_related("edition", "exercise").order_by("-imported_at")
    if not received.url:
        file = rows.filter(exercise=named).first() if named is not None else None
        if file is None:
            raise Refused([Finding("no_form", element="questionnaire")])
        notices.append(Finding("no_link", element="questionnaire"))
        return file
    known = list(rows.filter(url=received.url, exercise__retired_at=None))
    if named is not None:
        if known and all(one.exercise_id != named.pk for one in known):
            raise Refused([Finding("other_form", element="questionnaire", values={"url": received.url})])
        known = [one for one in known if one.exercise_id == named.pk] or list(rows.filter(exercise=named, url=""))
    if not known:
        raise Refused([Finding("unknown_form", element="questionnaire", values={"url": received.url})])
    if received.version:
        of_version = [one for one in known if one.version == received.version]
        if not of_version:
            values = {"version": received.version, "known": ", ".join(one.version or "–" for one in known)}
            raise Refused([Finding("other_version", element="questionnaire", values=values)])
        return of_version[0]
    if known[0].version:
        notices.append(Finding("no_version", element="questionnaire"))
    return known[0]


def _moment(received: Received, zone: ZoneInfo, notices: list[Finding]) -> datetime:
    now = clock.now()
    at = authored_at(received, zone)
    if at is None:
        notices.append(Finding("no_authored", element="authored"))
        return now
    if at > now:
        raise Refused([Finding("in_future", element="authored")])
    return at


def _link_id(plan: Plan, key: str) -> str:
    spot = plan.mapped.spot_of(key.partition("~")[0])
    return spot.item.link_id if spot else ""


def flags_in(edition: Edition, values: dict[str, Value]) -> list[str]:
    """The questions whose answers call for a look: marked ones, and those a measure knows."""
    keys = [flag.key for flag in raised(edition.form, values)]
    for scoring in read_scorings(edition.content.get("scoring"), edition.form):
        if isinstance(scoring, MeasureScoring):
            keys += [flag.key for flag in scoring.raised(values)]
    return list(dict.fromkeys(keys))


def take_response(ready: Ready, *, couple: Couple, client: Client, by: Membership) -> Response:
    """Keep the answers as that person's, on the day they were given; return what is there already.

    The caller has checked that ``by`` may write about this couple. Raises :class:`Refused` for a stranger.
    """
    if client.pk not in {partner.client_id for partner in couple.partners.all()}:
        raise Refused([Finding("not_partner")])
    now = clock.now()
    with transaction.atomic(), tenancy.elevated():
        key = uuid.uuid5(_SPACE, f"{client.pk}:{hashlib.sha256(ready.received.text.encode()).hexdigest()}")
        locked = Couple.objects.select_for_update(of=("self",)).get(pk=couple.pk)
        known = Response.objects.filter(couple=locked, author=client, occurrence__assignment__given_key=key).first()
        if known is not None:
            return known
        occurrence = _occurrence(ready, locked, client, by, key, now)
        response = Response.objects.create(
            couple=locked,
            occurrence=occurrence,
            author=client,
            edition=ready.edition,
            lane=Lane.PRIVATE,
            readers=[],
            submitted_at=ready.at,
            imported_at=now,
        )
        answers = [_answer(response, one, value) for one, value in ready.checked.values.items()]
        Answer.objects.bulk_create(answers)
        signals.response_written.send(sender=Response, response=response, answers=answers)
        signals.response_submitted.send(sender=Response, response=response, answers=answers)
    return response


def _occurrence(
    ready: Ready, couple: Couple, client: Client, by: Membership, key: uuid.UUID, now: datetime
) -> Occurrence:
    """An assignment that has ended, with its one round done: nothing is asked and nobody is reminded."""
    local = timezone.localtime(ready.at, zones_of(couple, [client.pk])[client.pk])
    assignment = Assignment.objects.create(
        couple=couple,
        edition=ready.edition,
        given_by=by,
        audience=[client.pk],
        lane=Lane.PRIVATE,
        why="",
        starts_on=local.date(),
        at=local.time().replace(second=0, microsecond=0),
        remind=False,
        given_key=key,
        planned_until=local.date(),
        ended_at=now,
    )
    return Occurrence.objects.create(
        couple=couple,
        assignment=assignment,
        client=client,
        audience=[client.pk],
        slot=f"{local:%Y-%m-%dT%H:%M}",
        opens_at=ready.at,
        due_at=ready.at,
        closes_at=ready.at,
        state=Occurrence.State.DONE,
        done_at=ready.at,
    )


def _answer(response: Response, key: str, value: Value) -> Answer:
    return Answer(
        practice_id=response.practice_id,
        couple_id=response.couple_id,
        response=response,
        author_id=response.author_id,
        lane=Lane.PRIVATE,
        readers=[],
        key=key,
        number=value.number,
        choices=list(value.choices),
        text=value.text,
        declined=value.declined,
    )
