"""Rows that an edition let in, turned into plain values. Which rows those are is the business of editions.py."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from clients.models import Couple
from exercises import when_words
from exercises.models import Answer, Assignment, Edition, Goal, GoalRating, Occurrence, Response
from exercises.vocabulary import Kind, Lane
from reports.material import Aim, Asked, ExerciseScore, Number, Period, Running, Sent, Words
from reports.models import Score
from reports.paper import Partner
from reports.score_scales import scales_of

#: Texts that are looked at for words to quote, the newest first.
MOST_TEXTS = 200


class Reader:
    """Turns rows that were let in into plain values. Lets in nothing by itself.

    ``people`` names whom it is about, where it is not everybody.
    :meth:`sent` comes first: numbers and words belong to the newest revision of what was sent in the period.
    """

    def __init__(
        self, couple: Couple, period: Period, *, shared: bool, people: Collection[uuid.UUID] | None = None
    ) -> None:
        here = [partner for partner in couple.partners.all() if partner.left_at is None or not shared]
        self.shared = shared
        if people is not None:
            here = [partner for partner in couple.partners.all() if partner.client_id in people]
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
            "edition__number",
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
            edition=row["edition__number"],
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

    def scores(self, scores: QuerySet[Score]) -> tuple[ExerciseScore, ...]:
        rows = scores.filter(response_id__in=self._sent).values_list(
            "response_id",
            "response__edition_id",
            "response__edition__exercise__slug",
            "series",
            "lane",
            "client_id",
            "value",
        )
        found = list(rows)
        editions = Edition.objects.in_bulk({row[1] for row in found})
        slugs = {edition_id: slug for _response, edition_id, slug, *_rest in found}
        scales = {pk: scales_of(slugs[pk], edition) for pk, edition in editions.items()}
        made = [
            ExerciseScore(
                scale=scales[edition_id][series],
                title=self._sent[response_id].what,
                position=None if lane == Lane.JOINT else self.position[client_id],
                on=self._sent[response_id].on,
                value=float(value),
            )
            for response_id, edition_id, _slug, series, lane, client_id, value in found
            if series in scales[edition_id]
        ]
        return tuple(sorted(made, key=lambda one: (one.on, one.title, one.position or 0, one.value)))

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
            # What was taken back, and what rested, was not asked for.
            .exclude(state__in=[Occurrence.State.WITHDRAWN, Occurrence.State.PAUSED])
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
        rows = given.filter(withdrawn_at=None, ended_at=None).exclude(due=Assignment.Due.FOLLOW_UP)
        rows = rows.select_related("edition").defer("edition__content")
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
            when="" if one.due == Assignment.Due.RHYTHM else when_words.said(one),
        )

    def aims(
        self, goals: QuerySet[Goal], ratings: QuerySet[GoalRating], given: QuerySet[Assignment]
    ) -> tuple[Aim, ...]:
        """Goals of the period, those reached or let go in it included; ratings from their beginning on."""
        first, after = self.period.instants
        ended = Q(reached_at__lt=first) | Q(dropped_at__lt=first)
        found = list(goals.filter(started_on__lte=self.period.ends).exclude(ended).order_by("started_on", "pk"))
        values: dict[uuid.UUID, list[tuple[int, float]]] = defaultdict(list)
        for one in ratings.filter(goal__in=found, rated_at__lt=after).order_by("rated_at", "pk"):
            if one.author_id in self.position:
                values[one.goal_id].append((self.position[one.author_id], float(one.value)))
        served: dict[Any, list[str]] = defaultdict(list)
        rows = given.filter(goal__in=found, withdrawn_at=None, starts_on__lte=self.period.ends)
        for goal_id, title in rows.order_by("starts_on", "pk").values_list("goal_id", "edition__title"):
            if title not in served[goal_id]:
                served[goal_id].append(title)
        return tuple(
            Aim(str(one.words), one.lane == Lane.PRIVATE, tuple(values[one.pk]), tuple(served[one.pk])) for one in found
        )


def _kind(value: str) -> str:
    return str(Kind(value).label) if value in Kind.values else ""


def _state(row: Mapping[str, Any]) -> str:
    """One word of the report for where an occurrence stands: what was left out is no failure."""
    if row["state"] in (Occurrence.State.DONE, Occurrence.State.SKIPPED):
        return str(row["state"])
    return "started" if row["started_at"] else "open"
