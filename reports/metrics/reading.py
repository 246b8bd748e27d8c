"""Rows that an edition let in, turned into facts. Which rows those are is the business of reports.editions."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from clients.models import Client, Couple
from exercises import agreements, load
from exercises.models import Agreement, Answer, Assignment, Feedback, Goal, GoalRating, Occurrence
from exercises.vocabulary import Kind, Lane
from practice.models import Practice
from reports.editions import (
    CLINICAL_ONLY,
    OPEN,
    exercise_scores_from,
    given_to_all,
    goals_of_all,
    in_care_together,
    readable_by_all,
    readable_by_therapists,
    scores_from,
    without_measures,
    without_safety,
    without_screens,
)
from reports.material import Period
from reports.metrics.facts import Agreed, Due, Fact, Facts, Said
from reports.models import Score
from reports.reader import Reader

#: What an exercise that keeps a ritual asks.
RITUAL = "ritual_kept"


def clinical(couple: Couple, practice: Practice, period: Period, now: datetime) -> Facts:
    """Return what the therapist's metrics may be counted from. Needs ``with_partners``."""
    _responses, answers = readable_by_therapists(couple)
    given = Assignment.objects.filter(couple=couple).exclude(lane=Lane.OWN)
    reader = FactReader(couple, period, shared=False)
    pieces = load.pieces_of(couple)
    today = timezone.localtime(now, couple.zone).date()
    return Facts(
        partners=reader.partners,
        period=period,
        shared=False,
        facts=reader.facts(
            answers, scores_from(answers, couple), without_screens(exercise_scores_from(answers, couple))
        ),
        dues=reader.dues(given, now),
        said=reader.said(Feedback.objects.filter(couple=couple).exclude(lane=Lane.OWN)),
        agreed=reader.agreed(agreements.of_couple(couple), today),
        aims=reader.aims(
            Goal.objects.filter(couple=couple).exclude(lane=Lane.OWN),
            GoalRating.objects.filter(couple=couple).exclude(lane=Lane.OWN),
            given,
        ),
        minutes={
            partner.position: load.load_of(pieces, partner.client_id, today, practice.weekly_minutes).minutes
            for partner in couple.partners.all()
            if partner.left_at is None
        },
        rituals_running=_rituals(given),
    )


def shared(couple: Couple, period: Period, now: datetime, to: Client | None = None) -> Facts:
    """Return what the couple's own metrics may be counted from: what every partner may read at ``now``.

    ``to`` is the one partner whose edition it is. Needs ``with_partners``. Nothing once they are not in care together.
    """
    reader = FactReader(couple, period, shared=True)
    if not in_care_together(couple, to):
        return Facts(partners=reader.partners, period=period, shared=True)
    _responses, answers = readable_by_all(couple, now)
    given = given_to_all(couple)
    present = [partner.client_id for partner in couple.partners.all() if partner.left_at is None]
    return Facts(
        partners=reader.partners,
        period=period,
        shared=True,
        facts=reader.facts(
            answers.filter(lane__in=OPEN),
            scores_from(answers, couple).filter(lane__in=OPEN),
            without_measures(without_safety(exercise_scores_from(answers, couple).filter(lane__in=OPEN))),
        ),
        agreed=reader.agreed(agreements.of_couple(couple).filter(audience__contains=present), period.ends),
        aims=reader.aims(*goals_of_all(couple, now), given),
        rituals_running=_rituals(given),
    )


def _rituals(given: QuerySet[Assignment]) -> int:
    """How many different rituals go on."""
    running = given.filter(withdrawn_at=None, ended_at=None, edition__content__kind=Kind.RITUAL)
    return running.order_by().values("edition__exercise_id").distinct().count()


class FactReader(Reader):
    """Turns rows that were let in into facts. Lets in nothing by itself."""

    def facts(self, answers: QuerySet[Answer], series: QuerySet[Score], scored: QuerySet[Score]) -> tuple[Fact, ...]:
        """Answers with a number or a choice, each with the metric it feeds, and exercises' own scores."""
        _first, after = self.period.instants
        rows = list(
            answers.filter(response__submitted_at__lt=after, declined=False)
            .filter(Q(number__isnull=False) | ~Q(choices=[]))
            .order_by("response__submitted_at", "pk")
            .values_list(
                "response_id",
                "author_id",
                "lane",
                "key",
                "number",
                "choices",
                "response__submitted_at",
                "response__occurrence_id",
                "response__revision",
                "response__edition__exercise__slug",
                "response__edition__exercise__adapted_from__exercise__slug",
            )
        )
        newest: dict[tuple[uuid.UUID, uuid.UUID], int] = {}
        for _response, author, _lane, _key, _number, _choices, _at, occurrence, revision, *_slugs in rows:
            newest[occurrence, author] = max(newest.get((occurrence, author), 0), revision)
        metrics = dict(self._metrics(series))
        found = []
        slugs: dict[uuid.UUID, str] = {}
        for response, author, lane, key, number, choices, at, occurrence, revision, slug, original in rows:
            if author not in self.position or revision < newest[occurrence, author]:
                continue
            slugs[response] = original or slug
            metric = metrics.get((response, key), "")
            if self.shared and metric in CLINICAL_ONLY:
                continue
            found.append(
                Fact(
                    position=None if lane == Lane.JOINT else self.position[author],
                    on=self.period.day(at),
                    exercise=slugs[response],
                    key=key,
                    series=metric,
                    number=None if number is None else float(number),
                    choices=tuple(choices),
                )
            )
        return (*found, *self._scores(scored, slugs))

    def _metrics(self, series: QuerySet[Score]) -> list[tuple[tuple[uuid.UUID, str], str]]:
        rows = series.values_list("response_id", "questions", "series")
        return [((response, key), name) for response, key, name in rows]

    def _scores(self, scored: QuerySet[Score], slugs: dict[uuid.UUID, str]) -> list[Fact]:
        rows = scored.filter(response_id__in=slugs).order_by("at", "pk")
        return [
            Fact(
                position=None if lane == Lane.JOINT else self.position[client],
                on=self.period.day(at),
                exercise=slugs[response],
                series=name,
                number=float(value),
            )
            for response, client, lane, at, name, value in rows.values_list(
                "response_id", "client_id", "lane", "at", "series", "value"
            )
            if client in self.position
        ]

    def dues(self, given: QuerySet[Assignment], now: datetime) -> tuple[Due, ...]:
        """What fell due in the period, once for each partner it was for."""
        first, after = self.period.instants
        rows = Occurrence.objects.filter(
            assignment__in=given, due_at__gte=first, due_at__lt=min(after, now), opens_at__lte=now
        ).select_related("assignment__edition__exercise")
        found = []
        for row in rows.order_by("due_at", "pk").defer("skip_reason", "assignment__why"):
            edition = row.assignment.edition
            ritual = any(question.get("metric") == RITUAL for question in edition.content.get("questions", ()))
            late = (row.done_at - row.on_time_until).total_seconds() / 86400 if row.done_at else None
            for client in [row.client_id] if row.client_id else row.audience:
                if client in self.position:
                    found.append(
                        Due(
                            position=self.position[client],
                            on=self.period.day(row.due_at),
                            exercise=edition.exercise.slug,
                            title=edition.title,
                            state=row.state,
                            days_late=late,
                            is_ritual=ritual,
                        )
                    )
        return tuple(found)

    def said(self, feedback: QuerySet[Feedback]) -> tuple[Said, ...]:
        first, after = self.period.instants
        rows = feedback.filter(given_at__gte=first, given_at__lt=after).order_by("given_at", "pk")
        return tuple(
            Said(self.position[author], self.period.day(at), title, usefulness, too_much)
            for author, at, title, usefulness, too_much in rows.values_list(
                "author_id", "given_at", "occurrence__assignment__edition__title", "usefulness", "too_much"
            )
            if author in self.position
        )

    def agreed(self, kept: QuerySet[Agreement], today: date) -> tuple[Agreed, ...]:
        running = agreements.of(kept.filter(ended_at=None))
        return tuple(
            Agreed(
                is_clear=one.holding is not None and one.proposal is None,
                is_overdue=one.agreement.review_on is not None and one.agreement.review_on < today,
            )
            for one in running
        )
