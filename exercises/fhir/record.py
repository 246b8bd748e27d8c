"""One person's record as a collection Bundle: what they were given, what they answered, what it adds up to.

A record holds nothing of anybody else: not their answers, not that there are any. Every id in it is made for
this record alone, so that neither a number nor a time tells of rows that are not in it.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Couple
from exercises import measures
from exercises.answers import Value
from exercises.fhir.answering import AnswerWriter
from exercises.fhir.exporting import canonical, origin_of, plan_of, questionnaire_of
from exercises.measures import MeasureScoring
from exercises.models import Answer, Assignment, Edition, MeasureEntry, Occurrence, Response
from exercises.rounds import zones_of
from exercises.scoring import read_scorings, scores
from exercises.vocabulary import Lane

SERIES = "https://attune.example/series"
SURVEY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}]}
COMPLETE = {"coding": [{"system": "http://hl7.org/fhir/uv/sdc/CodeSystem/temp", "code": "complete-questionnaire"}]}
#: What both partners of a couple may read of each other anyway.
OPEN = (Lane.SHARED, Lane.JOINT)


class NotAuthorised(ValueError):
    """Not every partner said yes to an export about all of them."""


@dataclass(frozen=True)
class Told:
    """What a record may tell, where another look than the bound one decided it: rows by id, scores by response and
    series."""

    rows: Collection[uuid.UUID]
    scores: Collection[tuple[uuid.UUID | None, str]]


def record_of(couple: Couple, client: Client, *, with_name: bool = False, told: Told | None = None) -> dict[str, Any]:
    """The record of one partner, as the bound person may read it; with ``told``, no row and no score besides these."""
    record = _Record(couple, client, with_name=with_name, told=told)
    record.fill()
    return bundle(record.entries)


def record_of_couple(couple: Couple, *, authorised_by: Collection[uuid.UUID]) -> dict[str, Any]:
    """What the partners of a couple share, with the Group they are. Raises :class:`NotAuthorised`.

    ``authorised_by`` are the partners who said yes to this very export. Nothing private of anybody is in it.
    """
    people = [partner.client for partner in couple.partners.all() if partner.left_at is None]
    if not people or {one.pk for one in people} != set(authorised_by):
        raise NotAuthorised("every partner has to agree")
    entries: list[dict[str, Any]] = []
    members = []
    for client in people:
        record = _Record(couple, client, with_name=False, lanes=OPEN)
        record.fill()
        members.append({"entity": {"reference": record.patient}})
        entries += record.entries
    group = {
        "resourceType": "Group",
        "id": made_id(couple.pk, "group", couple.pk),
        "type": "person",
        "actual": True,
        "quantity": len(members),
        "member": members,
    }
    known = {entry["fullUrl"]: entry for entry in [_entry(group), *entries]}
    return bundle(list(known.values()))


def bundle(entries: list[dict[str, Any]]) -> dict[str, Any]:
    now = timezone.now().replace(microsecond=0)
    return {"resourceType": "Bundle", "type": "collection", "timestamp": now.isoformat(), "entry": entries}


def made_id(person: uuid.UUID, kind: str, row: uuid.UUID | str) -> str:
    """An id that nobody can turn back into a row, or compare with another person's."""
    text = f"{person}:{kind}:{row}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), b"fhir record:" + text, hashlib.sha256).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


class _Record:
    """Gathers one person's entries. Every row is asked for by that person, and by nothing of another's."""

    def __init__(
        self,
        couple: Couple,
        client: Client,
        *,
        with_name: bool,
        lanes: Collection[str] = tuple(Lane),
        told: Told | None = None,
    ) -> None:
        self.couple = couple
        self.client = client
        self.with_name = with_name
        self.told = told
        self.lanes = list(lanes)
        self.zone = zones_of(couple, [client.pk])[client.pk]
        self.patient = f"urn:uuid:{self._id('patient', client.pk)}"
        self.entries: list[dict[str, Any]] = []
        self.forms: dict[uuid.UUID, tuple[dict[str, Any], str, Any]] = {}
        self.sent: dict[uuid.UUID, list[str]] = {}

    def _id(self, kind: str, row: uuid.UUID | str) -> str:
        return made_id(self.client.pk, kind, row)

    def fill(self) -> None:
        person: dict[str, Any] = {"resourceType": "Patient", "id": self._id("patient", self.client.pk)}
        if self.with_name:
            person["name"] = [{"text": self.client.name}]
        self.entries.append(_entry(person))
        for response in self._responses():
            self._response(response)
        if Lane.PRIVATE in self.lanes:
            entries = MeasureEntry.objects.filter(couple=self.couple, client=self.client, taken_back_at=None)
            for entered in self._only_told(entries):
                self._entered(entered)
        for assignment in self._assignments():
            self._task(assignment)

    def _responses(self) -> Iterable[Response]:
        rows = Response.objects.newest().filter(couple=self.couple, author=self.client, lane__in=self.lanes)
        rows = rows.select_related("edition__exercise").prefetch_related("answers").order_by("submitted_at", "pk")
        return self._only_told(rows)

    def _tells(self, answer: Answer) -> bool:
        return answer.lane in self.lanes and (self.told is None or answer.pk in self.told.rows)

    def _only_told(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows if self.told is None else rows.filter(pk__in=self.told.rows)

    def _form(self, edition: Edition) -> tuple[dict[str, Any], str, Any]:
        """The form's Questionnaire, how it is referred to, and its plan; it joins the bundle once."""
        if edition.pk not in self.forms:
            file = origin_of(edition)
            resource = dict(questionnaire_of(edition).resource)
            resource["id"] = self._id("questionnaire", edition.pk)
            link = f"{resource['url']}|{resource['version']}" if resource.get("version") and resource.get("url") else ""
            link = link or resource.get("url") or canonical(edition, file)
            resource.setdefault("url", link.partition("|")[0])
            self.entries.append(_entry(resource))
            self.forms[edition.pk] = (resource, link, plan_of(file) if file is not None else None)
        return self.forms[edition.pk]

    def _response(self, response: Response) -> None:
        resource, link, plan = self._form(response.edition)
        values = {one.key: one.value for one in response.answers.all() if self._tells(one)}
        at = timezone.localtime(response.submitted_at, self.zone)
        writer = AnswerWriter(response.edition.form, response.edition.content, values, plan, _offset(at))
        made: dict[str, Any] = {
            "resourceType": "QuestionnaireResponse",
            "id": self._id("response", response.pk),
            "questionnaire": link,
            "status": "completed" if response.revision == 1 else "amended",
            "subject": {"reference": self.patient},
            "authored": at.isoformat(timespec="seconds"),
            "source": {"reference": self.patient},
        }
        items = writer.items(resource.get("item") or [])
        if items:
            made["item"] = items
        entry = _entry(made)
        self.entries.append(entry)
        self.sent.setdefault(response.occurrence_id, []).append(entry["fullUrl"])
        self._scores(response, values, entry["fullUrl"], at)

    def _scores(self, response: Response, values: dict[str, Value], source: str, at: datetime) -> None:
        """A number for each score, and for each part of a measure one that its whole has as a member."""
        form, content = response.edition.form, response.edition.content
        scorings = read_scorings(content.get("scoring"), form)
        native = next((one for one in scorings if isinstance(one, MeasureScoring)), None)
        parts = []
        whole: dict[str, Any] | None = None
        for one in scores(form, scorings, values):
            if one.source == "metric" or (one.private and Lane.PRIVATE not in self.lanes):
                continue
            if self.told is not None and (response.pk, one.series) not in self.told.scores:
                continue
            code = _code(native, one.series)
            made = self._observation(f"{response.pk}:{one.series}", code, one.value, at)
            made["derivedFrom"] = [{"reference": source}]
            if one.prorated:
                words = _("%(answered)d of %(of)d answered") % {"answered": one.answered, "of": one.of}
                made["note"] = [{"text": words}]
            if native is not None and one.series == native.measure.key:
                whole = made
            elif native is not None:
                parts.append(made)
            self.entries.append(_entry(made))
        if whole is not None and parts:
            whole["hasMember"] = [{"reference": f"urn:uuid:{part['id']}"} for part in parts]

    def _entered(self, entered: MeasureEntry) -> None:
        """A score that was added up elsewhere has no answers behind it."""
        measure = measures.find(entered.measure)
        if measure is None or entered.total is None:
            return
        at = datetime.combine(entered.taken_on, datetime.min.time().replace(hour=12), tzinfo=self.zone)
        system, code = measure.total_code
        coding = {"system": system, "code": code, "display": measure.name}
        self.entries.append(_entry(self._observation(f"entry:{entered.pk}", coding, entered.total, at)))

    def _observation(self, row: str, code: dict[str, Any], value: Decimal, at: datetime) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": self._id("observation", row),
            "status": "final",
            "category": [SURVEY],
            "code": {"coding": [code]},
            "subject": {"reference": self.patient},
            "performer": [{"reference": self.patient}],
            "effectiveDateTime": at.isoformat(timespec="seconds"),
            "valueQuantity": {"value": value.normalize() if value != value.to_integral_value() else int(value)},
        }

    def _assignments(self) -> Iterable[Assignment]:
        rows = Assignment.objects.filter(
            couple=self.couple, audience__contains=[self.client.pk], lane__in=self.lanes
        ).exclude(lane=Lane.OWN)
        return self._only_told(rows.select_related("edition__exercise").order_by("given_at", "pk"))

    def _task(self, assignment: Assignment) -> None:
        """What was asked of this person, with what they sent; nothing says whom else it was for."""
        _resource, link, _plan = self._form(assignment.edition)
        mine = self._only_told(Occurrence.objects.filter(assignment=assignment, audience__contains=[self.client.pk]))
        outputs = [
            url for one in mine.order_by("due_at").values_list("pk", flat=True) for url in self.sent.get(one, [])
        ]
        period = {"start": assignment.starts_on.isoformat()}
        if assignment.ended_at:
            period["end"] = timezone.localtime(assignment.ended_at, self.zone).date().isoformat()
            if period["end"] < period["start"]:
                del period["end"]
        made: dict[str, Any] = {
            "resourceType": "Task",
            "id": self._id("task", assignment.pk),
            "status": _status(assignment, done=mine.filter(state=Occurrence.State.DONE).exists()),
            "intent": "order",
            "code": COMPLETE,
            "for": {"reference": self.patient},
            "executionPeriod": period,
            "owner": {"reference": self.patient},
            "input": [{"type": {"text": "questionnaire"}, "valueCanonical": link}],
        }
        if outputs:
            made["output"] = [{"type": {"text": "response"}, "valueReference": {"reference": url}} for url in outputs]
        self.entries.append(_entry(made))


def _status(assignment: Assignment, *, done: bool) -> str:
    if assignment.withdrawn_at:
        return "cancelled"
    if assignment.ended_at:
        return "completed" if done else "cancelled"
    return "in-progress" if done else "requested"


def _code(native: MeasureScoring | None, series: str) -> dict[str, Any]:
    if native is None:
        return {"system": SERIES, "code": series}
    measure = native.measure
    if series == measure.key:
        system, code = measure.total_code
        return {"system": system, "code": code, "display": measure.name}
    part = series.partition(".")[2]
    system, code = measure.subscale_code(part)
    return {"system": system, "code": code, "display": f"{measure.name} {part}"}


def _offset(at: datetime) -> str:
    text = f"{at:%z}"
    return f"{text[:3]}:{text[3:5]}" if text else "Z"
