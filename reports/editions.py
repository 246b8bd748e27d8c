"""What each edition of a report may be made of. The one place where rows are let in.

Both editions become the same plain :class:`~reports.material.Material`; nothing after this module knows a
row or asks a lane. The clinical edition reads what a therapist may read: every lane but ``own``. The shared
edition reads what *every* partner could read in the portal at this moment, from querysets that let nothing
else in: it is not cleaned afterwards, it never meets a private row. What nobody else may learn of leaves no
word, number, count or gap in it, because nothing in it was counted from more than these rows.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from clients.models import Couple
from exercises.models import Answer, Assignment, Occurrence, Response
from exercises.vocabulary import METRICS, Kind, Lane
from reports.material import Asked, Material, Number, Period, Running, Sent, Words
from reports.models import Score
from reports.paper import Partner

#: Lanes whose answers a partner may come to read.
OPEN = (Lane.REVEAL, Lane.SHARED, Lane.JOINT)
#: Series that speak of safety: not in the couple's hands, even where a form asked openly.
CLINICAL_ONLY = frozenset({"emotional_safety", "boundary_respect", "trust"}) | {
    key for key, metric in METRICS.items() if metric.therapist_only
}
#: Exercises whose answers stay between a person and the therapist.
KEPT_APART = frozenset({Kind.WARNING_SIGNS})
#: Texts that are looked at for words to quote, the newest first.
MOST_TEXTS = 200


# ── what may be read ─────────────────────────────────────────────────────────


def readable_by_all(couple: Couple, now: datetime) -> tuple[QuerySet[Response], QuerySet[Answer]]:
    """Return the responses and answers that every present partner of the couple may read at ``now``.

    Shared and joint ones, and what a reveal has opened for everybody. An answer says for itself who reads
    it, whatever its response does: a question may be narrower than its form.
    """
    present = {partner.client_id for partner in couple.partners.all() if partner.left_at is None}
    for_all = Q(pk__in=[])
    for author in sorted(present):
        for_all |= Q(author_id=author, readers__contains=sorted(present - {author}))
    allowed = for_all & Q(couple=couple, lane__in=OPEN, opens_at__lte=now)
    responses = Response.objects.filter(allowed).exclude(edition__content__kind__in=KEPT_APART)
    answers = Answer.objects.filter(allowed, Exists(responses.filter(pk=OuterRef("response_id"))))
    return responses, answers


def readable_by_therapists(couple: Couple) -> tuple[QuerySet[Response], QuerySet[Answer]]:
    """Return what a therapist of the couple may read: all lanes but the partners' own."""
    allowed = Q(couple=couple) & ~Q(lane=Lane.OWN)
    return Response.objects.filter(allowed), Answer.objects.filter(allowed)


def scores_from(answers: QuerySet[Answer], couple: Couple) -> QuerySet[Score]:
    """Return the numbers that several exercises share, made of these answers and of no others."""
    source = answers.filter(response_id=OuterRef("response_id"), key=OuterRef("questions"))
    return Score.objects.filter(Exists(source), couple=couple, scored=False)


def given_to_all(couple: Couple) -> QuerySet[Assignment]:
    """Return what was given to every present partner in a lane that opens to them."""
    present = sorted(partner.client_id for partner in couple.partners.all() if partner.left_at is None)
    rows = Assignment.objects.filter(couple=couple, lane__in=OPEN, audience__contains=present)
    return rows.exclude(edition__content__kind__in=KEPT_APART)


# ── the two editions ─────────────────────────────────────────────────────────


def shared_material(couple: Couple, period: Period, now: datetime) -> Material:
    """Return what the couple's own copy may say. Needs ``with_partners``."""
    responses, answers = readable_by_all(couple, now)
    reader = _Reader(couple, period, shared=True)
    sent = reader.sent(responses)
    return Material(
        partners=reader.partners,
        period=period,
        shared=True,
        sent=sent,
        numbers=reader.numbers(scores_from(answers, couple).filter(lane__in=OPEN).exclude(series__in=CLINICAL_ONLY)),
        words=reader.words(answers),
        running=reader.running(given_to_all(couple)),
    )


def clinical_material(couple: Couple, period: Period, now: datetime) -> Material:
    """Return what the therapist's copy may say. Needs ``with_partners``."""
    responses, answers = readable_by_therapists(couple)
    reader = _Reader(couple, period, shared=False)
    sent = reader.sent(responses)
    given = Assignment.objects.filter(couple=couple).exclude(lane=Lane.OWN)
    return Material(
        partners=reader.partners,
        period=period,
        shared=False,
        sent=sent,
        numbers=reader.numbers(scores_from(answers, couple)),
        words=reader.words(answers),
        asked=reader.asked(given, now),
        running=reader.running(given),
    )


class _Reader:
    """Turns rows that were let in into plain values. Lets in nothing by itself.

    :meth:`sent` comes first: numbers and words belong to the newest revision of what was sent in the period.
    """

    def __init__(self, couple: Couple, period: Period, *, shared: bool) -> None:
        here = [partner for partner in couple.partners.all() if partner.left_at is None or not shared]
        self.partners = tuple(Partner(partner.client.name, partner.position) for partner in here)
        self.position: dict[uuid.UUID, int] = {partner.client_id: partner.position for partner in here}
        self.period = period
        self._sent: dict[uuid.UUID, Sent] = {}

    def sent(self, responses: QuerySet[Response]) -> tuple[Sent, ...]:
        first, after = self.period.instants
        inside = responses.filter(submitted_at__gte=first, submitted_at__lt=after).order_by("revision", "pk")
        rows = inside.annotate(kind=KeyTextTransform("kind", "edition__content")).values(
            "pk",
            "author_id",
            "lane",
            "submitted_at",
            "occurrence_id",
            "occurrence__client_id",
            "occurrence__slot",
            "occurrence__assignment__given_key",
            "edition__title",
            "kind",
        )
        newest: dict[Any, tuple[uuid.UUID, Sent]] = {}
        for row in rows:
            who = (row["occurrence_id"], row["author_id"])
            day = newest[who][1].on if who in newest else self.period.day(row["submitted_at"])
            newest[who] = (row["pk"], self._one_sent(row, day))
        self._sent = dict(newest.values())
        return tuple(sorted(self._sent.values(), key=lambda one: (one.on, one.round, one.position or 0)))

    def _one_sent(self, row: Mapping[str, Any], day: Any) -> Sent:
        together = row["lane"] == Lane.JOINT
        return Sent(
            position=None if together else self.position[row["author_id"]],
            round=(str(row["occurrence__assignment__given_key"]), row["occurrence__slot"]),
            what=row["edition__title"],
            kind=_kind(row["kind"]),
            joint=row["occurrence__client_id"] is None,
            on=day,
        )

    def numbers(self, scores: QuerySet[Score]) -> tuple[Number, ...]:
        rows = scores.filter(response_id__in=self._sent).values_list(
            "response_id", "series", "lane", "client_id", "value", "questions"
        )
        found = [
            (
                Number(
                    series=series,
                    position=None if lane == Lane.JOINT else self.position[client_id],
                    on=self._sent[response_id].on,
                    value=float(value),
                    round=self._sent[response_id].round,
                ),
                questions,
            )
            for response_id, series, lane, client_id, value, questions in rows
        ]
        found.sort(key=lambda one: (one[0].on, one[0].series, one[0].round, one[0].position or 0, one[1]))
        return tuple(number for number, _question in found)

    def words(self, answers: QuerySet[Answer]) -> tuple[Words, ...]:
        rows = answers.filter(response_id__in=self._sent).exclude(text="")
        found = []
        for answer in rows.order_by("-response__submitted_at", "pk")[:MOST_TEXTS]:
            sent = self._sent[answer.response_id]
            found.append(
                Words(
                    text=str(answer.text).strip(),
                    position=None if answer.lane == Lane.JOINT else self.position[answer.author_id],
                    on=sent.on,
                    what=sent.what,
                    private=answer.lane == Lane.PRIVATE,
                )
            )
        return tuple(sorted(found, key=lambda one: (one.on, one.what, one.position or 0, one.text)))

    def asked(self, given: QuerySet[Assignment], now: datetime) -> tuple[Asked, ...]:
        first, after = self.period.instants
        rows = (
            Occurrence.objects.filter(assignment__in=given, due_at__gte=first, due_at__lt=after, opens_at__lte=now)
            .exclude(state=Occurrence.State.WITHDRAWN)
            .annotate(kind=KeyTextTransform("kind", "assignment__edition__content"))
            .values(
                "client_id",
                "audience",
                "slot",
                "due_at",
                "state",
                "started_at",
                "assignment__given_key",
                "assignment__lane",
                "assignment__edition__title",
                "kind",
            )
            .order_by("due_at", "pk")
        )
        rounds: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows:
            rounds[str(row["assignment__given_key"]), row["slot"]].append(row)
        found = [self._one_asked(key, siblings) for key, siblings in rounds.items()]
        return tuple(sorted(found, key=lambda one: (one.due, one.what, one.round)))

    def _one_asked(self, key: tuple[str, str], siblings: list[Mapping[str, Any]]) -> Asked:
        states = {}
        for row in siblings:
            for client_id in [row["client_id"]] if row["client_id"] else row["audience"]:
                if client_id in self.position:
                    states[self.position[client_id]] = _state(row)
        one = siblings[0]
        return Asked(
            round=key,
            what=one["assignment__edition__title"],
            kind=_kind(one["kind"]),
            due=self.period.day(max(row["due_at"] for row in siblings)),
            private=one["assignment__lane"] == Lane.PRIVATE,
            states=tuple(sorted(states.items())),
        )

    def running(self, given: QuerySet[Assignment]) -> tuple[Running, ...]:
        rows = given.filter(withdrawn_at=None, ended_at=None).select_related("edition").defer("edition__content")
        acts: dict[uuid.UUID, list[Assignment]] = defaultdict(list)
        for row in rows.order_by("starts_on", "pk"):
            acts[row.given_key].append(row)
        found = [self._one_running(group) for group in acts.values()]
        return tuple(sorted(found, key=lambda one: (one.starts_on, one.at, one.what, one.positions)))

    def _one_running(self, group: list[Assignment]) -> Running:
        one = group[0]
        people = {client_id for row in group for client_id in row.audience}
        return Running(
            what=one.edition.title,
            positions=tuple(sorted(self.position[who] for who in people if who in self.position)),
            joint=one.is_joint,
            private=one.lane == Lane.PRIVATE,
            rule=one.rule,
            reviews=one.reviews,
            starts_on=one.starts_on,
            at=one.at,
            why=str(one.why),
        )


def _kind(value: str) -> str:
    return str(Kind(value).label) if value in Kind.values else ""


def _state(row: Mapping[str, Any]) -> str:
    """One word of the report for where an occurrence stands: what was left out is no failure."""
    if row["state"] in (Occurrence.State.DONE, Occurrence.State.SKIPPED):
        return str(row["state"])
    return "started" if row["started_at"] else "open"
